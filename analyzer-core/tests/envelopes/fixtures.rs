//! Every text fixture through envelopes: each gets several, and each envelope several fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use super::{report, substance, wraps};

/// Larger fixtures cost much and say no more.
const BYTES: u64 = 12 << 10;
/// Envelopes for each fixture: with the next fixture, the next ones are taken.
const ENVELOPES_EACH: usize = 6;

fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    for path in paths {
        let size = fs::metadata(&path).expect("file").len();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "txt") && size <= BYTES {
            found.push(path);
        }
    }
}

#[test]
fn every_fixture_says_the_same_in_its_envelopes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths = Vec::new();
    // What programs print into logs; the tables of tools are of a terminal.
    texts(&root.join("goroutine_dump"), &mut paths);
    assert!(paths.len() > 40, "{}", paths.len());
    let mut wrong = Vec::new();
    let mut next = 0;
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let (_, plain) = report("capture.txt", text.as_bytes());
        if plain["sources"][0]["status"] == "unrecognized" {
            continue;
        }
        for _ in 0..ENVELOPES_EACH {
            let (envelope, wrap) = wraps::ENVELOPES[next % wraps::ENVELOPES.len()];
            next += 1;
            let (_, wrapped) = report("capture.txt", &wrap(&text));
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            if substance(&wrapped) != substance(&plain) {
                wrong.push(format!("{name} in {envelope}: {} {}", wrapped["sources"], wrapped["verdict"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong of {next}:\n{}", wrong.len(), wrong.join("\n"));
}
