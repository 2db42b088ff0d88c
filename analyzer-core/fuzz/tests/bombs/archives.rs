//! Compression and archives.

use std::io::{Cursor, Write};

use analyzer_core::base::limits;
use analyzer_core::report::{Report, SourceStatus};
use zip::write::SimpleFileOptions;

use crate::support::{Alone, MIB, assert_note, gzip};

/// What a stream may give before it is refused, and the doubling of its buffer.
const GRACE: usize = 3 * 96 * MIB;

#[test]
fn archives_in_archives_are_refused_at_the_depth() {
    let alone = Alone::new();
    let mut bytes = b"goroutine 1 [running]:\n".to_vec();
    for level in 0..=limits::CONTAINER_DEPTH {
        bytes = if level % 2 == 0 { gzip(&bytes) } else { zip_of(&[("inner", &bytes)]) };
    }
    let report = alone.survive("deep.zip", bytes, MIB);
    assert_note(&report.sources[0], "limit-exceeded", "more than 5 levels");
}

#[test]
fn a_gzip_bomb_is_refused_at_its_ratio() {
    let alone = Alone::new();
    let report = alone.survive("zeros.gz", gzip(&vec![0; 300 * MIB]), GRACE);
    assert_note(&report.sources[0], "limit-exceeded", "expands more than 400 times");
}

#[test]
fn a_zstd_bomb_is_refused_at_its_ratio() {
    let alone = Alone::new();
    // Blocks of one byte repeated: 4 bytes stand for 128 KiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for _ in 0..16_384 {
        let header: u32 = (128 << 10) << 3 | 1 << 1;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    let report = alone.survive("zeros.zst", frame, GRACE);
    assert_note(&report.sources[0], "limit-exceeded", "expands more than 400 times");
}

#[test]
fn a_zstd_window_of_terabytes_is_not_allocated() {
    let alone = Alone::new();
    let report =
        alone.survive("window.zst", vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0x00, 0x00], 16 * MIB);
    assert_eq!(report.sources[0].status, SourceStatus::Failed);
    assert_note(&report.sources[0], "malformed", "cannot be read");
}

#[test]
fn a_zip_of_bombs_is_given_up_after_some() {
    let alone = Alone::new();
    let zeros = vec![0; 120 * MIB];
    let members: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| (name, zeros.as_slice())).to_vec();
    let report = alone.survive("bombs.zip", zip_of(&members), GRACE + 16 * MIB);
    assert_eq!(report.sources.len(), 6);
    assert_note(&report.sources[2], "limit-exceeded", "expands more than 400 times");
    assert_note(&report.sources[4], "limit-exceeded", "3 streams of this file were rejected");
}

/// Many members, each below every limit of a stream, which share their compressed bytes.
#[test]
fn a_zip_whose_members_overlap_is_refused_as_a_whole() {
    let alone = Alone::new();
    let report = alone.survive("overlap.zip", overlapping(40, &vec![0; 64 * MIB]), GRACE + 64 * MIB);
    let refused = report.sources.iter().filter(|source| source.status == SourceStatus::Failed).count();
    assert!(refused >= 38, "{refused} of 40 refused");
    assert!(said(&report, "limit-exceeded"));
}

#[test]
fn a_size_that_an_archive_only_claims_is_not_believed() {
    let alone = Alone::new();
    for (name, size) in [
        ("octal", *b"77777777777\0"),
        ("binary", [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ] {
        let mut tar = tar_of(&[("heap.txt", b"# runtime.MemStats\n")]);
        tar[124..136].copy_from_slice(&size);
        set_checksum(&mut tar);
        let report = alone.survive(&format!("{name}.tar"), tar, MIB);
        let source = &report.sources[0];
        assert!(!source.notes.is_empty(), "{name}: {source:?}");
    }
}

#[test]
fn a_sparse_file_of_terabytes_is_not_filled_with_zeros() {
    let alone = Alone::new();
    let mut tar = tar_of(&[("sparse", b"x")]);
    tar[156] = b'S';
    tar[257..265].copy_from_slice(b"ustar  \0");
    tar[483..495].copy_from_slice(b"77777777777\0");
    set_checksum(&mut tar);
    alone.survive("sparse.tar", tar, MIB);
}

#[test]
fn more_members_than_the_limit_are_not_read() {
    let alone = Alone::new();
    let mut builder = tar::Builder::new(Vec::new());
    for number in 0..limits::ARCHIVE_MEMBERS + 10 {
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        header.set_cksum();
        builder.append_data(&mut header, format!("f{number}"), b"x".as_slice()).expect("memory");
    }
    let report = alone.survive("many.tar", builder.into_inner().expect("memory"), 64 * MIB);
    assert_eq!(report.sources.len(), limits::ARCHIVE_MEMBERS + 2);
    assert_note(&report.sources[limits::ARCHIVE_MEMBERS], "limit-exceeded", "more than 20000 files");
}

#[test]
fn names_of_members_lead_nowhere_and_doubles_are_kept_apart() {
    let alone = Alone::new();
    let names =
        ["../../etc/passwd", "/etc/passwd", "a\\..\\b", "same", "same", "SAME", "", "./", &"x".repeat(90)];
    let dump = b"goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d\n";
    let zip = stored_zip(&names.map(|name| (name, dump.as_slice())));
    let report = alone.survive("tricks.zip", zip, MIB);
    let paths: Vec<_> = report.sources.iter().map(|source| source.path.as_str()).collect();
    let cleaned =
        ["etc/passwd", "etc/passwd", "a/b", "same", "SAME"].map(|path| format!("tricks.zip/{path}"));
    assert_eq!(paths[..5], cleaned);
    let (last, members) = report.sources[..report.sources.len() - 1].split_last().expect("members");
    assert!(members.iter().all(|source| source.status == SourceStatus::Parsed), "{members:?}");
    assert_note(last, "archive-doubles", "1 more file in");
}

#[test]
fn a_path_of_a_mebibyte_is_cut() {
    let alone = Alone::new();
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_cksum();
    builder.append_data(&mut header, "d/".repeat(MIB / 2) + "f", b"x".as_slice()).expect("memory");
    let report = alone.survive("long.tar", builder.into_inner().expect("memory"), 32 * MIB);
    assert!(report.sources[0].path.len() <= limits::PATH_BYTES + "long.tar/".len());
}

fn said(report: &Report, code: &str) -> bool {
    report.sources.iter().flat_map(|source| &source.notes).any(|note| note.code == code)
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a name");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, path, *bytes).expect("memory");
    }
    builder.into_inner().expect("memory")
}

/// The sum of the first header's bytes, its own field counted as spaces.
fn set_checksum(tar: &mut [u8]) {
    tar[148..156].fill(b' ');
    let sum: u32 = tar[..512].iter().map(|&byte| u32::from(byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A zip of members that are not compressed, written by hand: writers refuse some of the names.
fn stored_zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in members {
        let offset = zip.len();
        let entry = entry(name, crc(bytes), bytes.len(), bytes.len(), 0);
        zip.extend_from_slice(b"PK\x03\x04");
        zip.extend_from_slice(&entry);
        zip.extend_from_slice(name.as_bytes());
        zip.extend_from_slice(bytes);
        add_to_directory(&mut directory, &entry, name, offset);
    }
    finish(zip, &directory, members.len())
}

/// Members that all have the same place in the archive.
fn overlapping(count: usize, content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).expect("memory");
    let packed = encoder.finish().expect("memory");
    let entry = entry("f", crc(content), packed.len(), content.len(), 8);
    let zip = [b"PK\x03\x04".as_slice(), &entry, b"f", &packed].concat();
    let mut directory = Vec::new();
    for number in 0..count {
        add_to_directory(&mut directory, &entry, &char::from(b'A' + number as u8).to_string(), 0);
    }
    finish(zip, &directory, count)
}

/// What a local header and the directory's entry have in common: versions to sizes and lengths.
fn entry(name: &str, crc: u32, packed: usize, size: usize, method: u16) -> Vec<u8> {
    let mut entry = vec![20, 0, 0, 0];
    entry.extend_from_slice(&method.to_le_bytes());
    entry.extend_from_slice(&[0; 4]);
    for value in [crc, packed as u32, size as u32] {
        entry.extend_from_slice(&value.to_le_bytes());
    }
    entry.extend_from_slice(&(name.len() as u16).to_le_bytes());
    entry.extend_from_slice(&[0; 2]);
    entry
}

fn add_to_directory(directory: &mut Vec<u8>, entry: &[u8], name: &str, offset: usize) {
    directory.extend_from_slice(b"PK\x01\x02\x14\x03");
    directory.extend_from_slice(entry);
    directory.extend_from_slice(&[0; 10]);
    directory.extend_from_slice(&(offset as u32).to_le_bytes());
    directory.extend_from_slice(name.as_bytes());
}

fn finish(mut zip: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let start = zip.len() as u32;
    zip.extend_from_slice(directory);
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        zip.extend_from_slice(&(count as u16).to_le_bytes());
    }
    zip.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    zip.extend_from_slice(&start.to_le_bytes());
    zip.extend_from_slice(&[0; 2]);
    zip
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
