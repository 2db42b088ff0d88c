use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::*;
use crate::base::error::NoteSeverity;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(to_u64(bytes.len()));
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn unwrap_bytes(path: &str, bytes: Vec<u8>) -> Vec<Leaf> {
    unwrap(Leaf::new(path.to_owned(), bytes), &mut Budget::default())
}

fn contents(leaves: &[Leaf]) -> Vec<(&str, &[u8])> {
    leaves.iter().map(|leaf| (leaf.path.as_str(), leaf.bytes.as_slice())).collect()
}

#[test]
fn tar_gz_of_gzipped_members_is_unwrapped_to_the_members() {
    let tar = tar_of(&[("t0/smaps", b"plain"), ("t0/heap.pb.gz", &gzip(b"profile"))]);
    let leaves = unwrap_bytes("pod.tar.gz", gzip(&tar));
    assert_eq!(
        contents(&leaves),
        [("pod.tar.gz/t0/smaps", b"plain".as_slice()), ("pod.tar.gz/t0/heap.pb.gz", b"profile")]
    );
    assert_eq!(leaves[0].modified_at, Some(Nanos(1_700_000_000_000_000_000)));
}

#[test]
fn zip_members_are_unwrapped_and_parent_steps_are_dropped() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("../../etc/heap.txt", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(b"text").unwrap();
    let leaves = unwrap_bytes("a.zip", writer.finish().unwrap().into_inner());
    assert_eq!(contents(&leaves), [("a.zip/etc/heap.txt", b"text".as_slice())]);
}

#[test]
fn several_gzip_members_are_one_stream_and_zero_padding_is_said() {
    let mut bytes = [gzip(b"one "), gzip(b"two")].concat();
    bytes.extend([0; 512]);
    let leaves = unwrap_bytes("x.gz", bytes);
    assert_eq!(leaves[0].bytes, b"one two");
    assert_eq!(leaves[0].notes.rows()[0].code, "gzip-zero-padding");
}

#[test]
fn a_cut_gzip_stream_keeps_what_stands_before_the_cut() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let encoded = gzip(&text);
    let leaves = unwrap_bytes("x.gz", encoded[..encoded.len() / 2].to_vec());
    let kept = &leaves[0].bytes;
    assert!(!kept.is_empty() && text.starts_with(kept));
    assert_eq!(leaves[0].notes.rows()[0].code, "compressed-truncated");
    assert_eq!(leaves[0].notes.worst(), Some(NoteSeverity::DataLoss));
}

#[test]
fn a_gzip_header_without_a_body_is_a_truncation_error() {
    let leaves = unwrap_bytes("x.gz", gzip(b"profile")[..10].to_vec());
    assert_eq!(leaves[0].error.as_ref().map(|e| e.kind), Some(ErrorKind::Truncated));
}

#[test]
fn a_wrong_checksum_keeps_the_data_and_says_so() {
    let mut bytes = gzip(b"profile");
    let crc_at = bytes.len() - 8;
    bytes[crc_at] ^= 1;
    let leaves = unwrap_bytes("x.gz", bytes);
    assert_eq!(leaves[0].bytes, b"profile");
    assert_eq!(leaves[0].notes.rows()[0].code, "compressed-damaged");
}

#[test]
fn zlib_zstd_base64_and_utf16_are_decoded() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(b"profile").unwrap();
    assert_eq!(unwrap_bytes("x", zlib.finish().unwrap())[0].bytes, b"profile");

    let zstd =
        ruzstd::encoding::compress_to_vec(b"profile".as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    assert_eq!(unwrap_bytes("x.zst", zstd)[0].bytes, b"profile");

    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, gzip(b"profile"));
    assert_eq!(unwrap_bytes("x", (base64 + "\n").into_bytes())[0].bytes, b"profile");

    let utf16: Vec<u8> = "\u{feff}gor\u{f6}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(unwrap_bytes("x", utf16)[0].bytes, "gor\u{f6}".as_bytes());
}

#[test]
fn nesting_past_the_limit_is_refused() {
    let mut bytes = b"deep".to_vec();
    for _ in 0..=limits::CONTAINER_DEPTH {
        bytes = gzip(&bytes);
    }
    let leaves = unwrap_bytes("x.gz", bytes);
    assert_eq!(leaves[0].error.as_ref().map(|e| e.kind), Some(ErrorKind::LimitExceeded));
}

#[test]
fn a_bomb_is_cut_at_the_expansion_ratio_and_the_others_are_read() {
    let bomb = gzip(&vec![0; 200 << 20]);
    let tar = tar_of(&[("bomb.gz", &bomb), ("good", b"good")]);
    let leaves = unwrap_bytes("x.tar", tar);
    assert_eq!(leaves[0].error.as_ref().map(|e| e.kind), Some(ErrorKind::LimitExceeded));
    assert!(leaves[0].bytes.is_empty());
    assert_eq!(leaves[1].bytes, b"good");
}

#[test]
fn a_cut_tar_keeps_whole_members_and_says_what_is_missing() {
    let tar = tar_of(&[("a", &[1; 600]), ("b", &[2; 600])]);
    let leaves = unwrap_bytes("x.tar", tar[..512 + 1024 + 512 + 100].to_vec());
    assert_eq!(leaves[0].bytes, [1; 600]);
    assert_eq!(leaves[1].bytes.len(), 100);
    assert_eq!(leaves[1].notes.rows()[0].code, "member-truncated");
}

#[test]
fn an_archive_without_files_and_a_broken_one_say_so() {
    let empty = unwrap_bytes("x.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec());
    assert_eq!(empty[0].error.as_ref().map(|e| e.kind), Some(ErrorKind::Empty));
    let broken = unwrap_bytes("x.zip", b"PK\x03\x04 not a zip".to_vec());
    assert_eq!(broken[0].error.as_ref().map(|e| e.kind), Some(ErrorKind::Malformed));
}
