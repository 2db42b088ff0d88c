//! Inputs to start from: the engine's fixtures, sorted by the target that they
//! are for, and a text of each format that no fixture has.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use analyzer_core::formats::container::{Budget, Leaf, unwrap};
use analyzer_core::formats::{Probe, recognize};

use crate::{all, drop};

/// Larger fixtures make slow inputs without reaching other code.
const LARGEST: usize = 96 << 10;

/// Redacting reads an input four times.
const REDACTED: usize = 8 << 10;

/// Some filters, the first byte says which.
const FILTERS: [&[u8]; 8] = [
    b"\x02main\\.(work|handle)$",
    b"\x03(?i)RUNTIME|net/http",
    b"\x04[^a-z]{2,}?\\pL*\\x{10FFFF}",
    b"\x06^main\\.[[:alpha:]]+",
    b"\x0732kb:64kb",
    b"\x07endpoint=/cart|/pay,id=:10ms",
    b"\x00endpoint,bytes",
    b"\x05((a*)*)*$|(?s).+",
];

/// The inputs of each target, by its name, in the order of the fixtures' paths.
///
/// # Errors
/// A fixture that cannot be read.
pub fn by_target() -> io::Result<BTreeMap<&'static str, Vec<Vec<u8>>>> {
    let mut seeds: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    seeds.insert("filters", FILTERS.map(<[u8]>::to_vec).to_vec());
    for (path, bytes) in fixtures()? {
        for leaf in unwrap(Leaf::new(path.display().to_string(), bytes.clone()), &mut Budget::default()) {
            let format = recognize(&Probe { path: &leaf.path, bytes: &leaf.bytes });
            let Some(format) = format.filter(|_| leaf.bytes.len() <= LARGEST) else { continue };
            if leaf.bytes.len() <= REDACTED {
                seeds.entry("redaction").or_default().push(leaf.bytes.clone());
            }
            seeds.entry(format.name).or_default().push(leaf.bytes);
        }
        seeds.entry("file").or_default().push(bytes);
    }
    for target in all() {
        for path in files_below(&folder_of("seeds", target.name))? {
            seeds.entry(target.name).or_default().push(fs::read(path)?);
        }
    }
    for bundle in fs::read_dir(folder_of_fixtures().join("bundles"))? {
        let bundle = bundle?.path();
        if bundle.is_dir() {
            seeds.entry("drop").or_default().extend(drops(&bundle)?);
        }
    }
    Ok(seeds)
}

/// Captures as they are dropped, each once, with their paths. What is packed stays so: to read it is to
/// read what is in it.
///
/// # Errors
/// A file that cannot be read.
pub fn captures() -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut captures = fixtures()?;
    // A drop is of another form than a file.
    for target in all().iter().filter(|target| target.name != "drop") {
        for path in files_below(&folder_of("seeds", target.name))? {
            let bytes = fs::read(&path)?;
            captures.push((path, bytes));
        }
    }
    let mut seen = HashSet::new();
    captures.retain(|(_, bytes)| seen.insert(bytes.clone()));
    Ok(captures)
}

/// The engine's fixtures that are not too large, by path.
fn fixtures() -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut fixtures = Vec::new();
    for path in files_below(&folder_of_fixtures())? {
        let bytes = fs::read(&path)?;
        if bytes.len() <= LARGEST && !path.ends_with("README.md") {
            fixtures.push((path, bytes));
        }
    }
    Ok(fixtures)
}

fn folder_of_fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

/// The stored inputs of a target that once broke something.
///
/// # Errors
/// An input that cannot be read.
pub fn stored(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    files_below(&folder_of_stored(target))?
        .into_iter()
        .map(|path| Ok((path.clone(), fs::read(path)?)))
        .collect()
}

/// Where a target's inputs are stored.
pub fn folder_of_stored(target: &str) -> PathBuf {
    folder_of("stored", target)
}

fn folder_of(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target)
}

/// The small files of a bundle, one drop for each moment.
fn drops(bundle: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut drops = Vec::new();
    for moment in fs::read_dir(bundle)? {
        let moment = moment?.path();
        let mut files = Vec::new();
        for path in if moment.is_dir() { files_below(&moment)? } else { vec![moment] } {
            let bytes = fs::read(&path)?;
            if bytes.len() <= LARGEST / 16 {
                files.push((path.strip_prefix(bundle).unwrap_or(&path).display().to_string(), bytes));
            }
        }
        drops.push(drop::join(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))));
    }
    drops.sort();
    Ok(drops)
}

/// Every file at any depth, by path; none if there is no such folder.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending: Vec<_> = folder.is_dir().then(|| folder.to_path_buf()).into_iter().collect();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { pending.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
