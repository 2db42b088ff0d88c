//! Damaged input never panics, is never silent, and never costs its neighbours.
//!
//! Every fixture is cut at many places and has bits flipped; a seed that fails
//! is reproducible, for nothing here is random.

use std::fs;
use std::path::{Path, PathBuf};

use analyzer_core::report::{Report, SourceStatus};
use analyzer_core::session::Session;

/// Larger fixtures would make the run long without another kind of damage.
const LARGEST: u64 = 256 * 1024;
const CUTS: usize = 12;
const FLIP_SEEDS: u64 = 12;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { pending.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn fixtures() -> Vec<PathBuf> {
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    assert!(files.len() > 20, "the fixtures are missing");
    files.into_iter().filter(|path| path.metadata().is_ok_and(|data| data.len() <= LARGEST)).collect()
}

/// The report of one damaged file beside a good one, which must stay whole.
fn report_beside_good(name: &str, bytes: Vec<u8>) -> Report {
    let mut session = Session::default();
    session.add(name, bytes);
    session.add("good/goroutine.txt", GOOD_DUMP.to_vec());
    let report = session.report();
    let good = report.sources.last().expect("the good file is listed");
    assert_eq!(good.status, SourceStatus::Parsed, "{name} damaged its neighbour: {:?}", good.notes);
    for source in &report.sources {
        let is_whole = source.status == SourceStatus::Parsed;
        assert!(
            is_whole || !source.notes.is_empty(),
            "{name}: {} is {:?} without a word",
            source.path,
            source.status
        );
    }
    report
}

const GOOD_DUMP: &[u8] = b"goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d\n";

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[test]
fn fixtures_cut_anywhere_are_survived() {
    for path in fixtures() {
        let bytes = fs::read(&path).expect("fixture");
        for cut in 0..CUTS {
            report_beside_good(&name_of(&path), bytes[..bytes.len() * cut / CUTS].to_vec());
        }
    }
}

#[test]
fn fixtures_with_flipped_bits_are_survived() {
    for path in fixtures() {
        let bytes = fs::read(&path).expect("fixture");
        for seed in 0..FLIP_SEEDS {
            report_beside_good(&name_of(&path), flip_bits(bytes.clone(), seed));
        }
    }
}

/// Flips `1 + 3 × seed` bits at places drawn from a multiplicative generator.
fn flip_bits(mut bytes: Vec<u8>, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for _ in 0..=3 * seed {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bits = bytes.len() as u64 * 8;
        if let Some(bit) = state.checked_rem(bits) {
            bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
    }
    bytes
}

/// The broken inputs of the corpus, all in one drop: each has an answer, and the good file is analyzed.
#[test]
fn the_malformed_corpus_is_answered_file_by_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/malformed");
    let files = files_below(&folder);
    if files.is_empty() {
        println!("skipped: no corpus beside the project");
        return;
    }
    for path in &files {
        report_beside_good(&name_of(path), fs::read(path).expect("corpus file"));
    }
}
