//! Loading profiles the way a session does.

use std::path::{Path, PathBuf};

use analyzer_core::base::error::{Note, ParseError};
use analyzer_core::base::source::Input;
use analyzer_core::evidence::Evidence;
use analyzer_core::evidence::profiles::Profile;
use analyzer_core::evidence::sources::Source;
use analyzer_core::formats::container::{Budget, Leaf, unwrap};
use analyzer_core::formats::{self, Facts, Format, Probe, Sniff};

/// A profile with everything that was said about it.
pub struct Loaded {
    pub evidence: Evidence,
    pub facts: Facts,
    /// Notes of the container, then of the profile.
    pub notes: Vec<Note>,
}

impl Loaded {
    pub fn profile(&self) -> &Profile {
        self.evidence.profiles.iter().next().unwrap()
    }

    pub fn codes(&self) -> Vec<&str> {
        self.notes.iter().map(|note| note.code.as_str()).collect()
    }

    pub fn text(&self, id: analyzer_core::base::intern::StrId) -> &str {
        self.evidence.strings.get(id)
    }
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pprof")
}

/// The names of the project's own profiles ("go1.26.6/heap").
pub fn fixture_names() -> Vec<String> {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let path = file.strip_prefix(fixtures()).unwrap().to_str().unwrap().to_owned();
            names.extend(path.strip_suffix(".pb.gz").map(str::to_owned));
        }
    }
    names.sort();
    assert!(names.len() >= 18, "fixtures are missing: {names:?}");
    names
}

pub fn fixture(name: &str) -> Loaded {
    let path = fixtures().join(format!("{name}.pb.gz"));
    load(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The decoded bytes of a fixture.
pub fn fixture_bytes(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(fixtures().join(format!("{name}.pb.gz"))).unwrap();
    let mut leaves = unwrap(Leaf::new(name.to_owned(), bytes), &mut Budget::default());
    leaves.remove(0).bytes
}

/// Reads a file that should be a profile.
pub fn load(path: &Path) -> Result<Loaded, ParseError> {
    parse(&path.display().to_string(), std::fs::read(path).unwrap())
}

/// Reads one more profile beside those that are there.
pub fn load_into(loaded: &mut Loaded, path: &Path) {
    add(loaded, &path.display().to_string(), std::fs::read(path).unwrap()).unwrap();
}

/// Reads bytes that should be a profile, wrapped or not.
pub fn parse(path: &str, bytes: Vec<u8>) -> Result<Loaded, ParseError> {
    let mut loaded = Loaded { evidence: Evidence::default(), facts: Facts::default(), notes: Vec::new() };
    add(&mut loaded, path, bytes)?;
    Ok(loaded)
}

fn add(loaded: &mut Loaded, path: &str, bytes: Vec<u8>) -> Result<(), ParseError> {
    let leaf = unwrap(Leaf::new(path.to_owned(), bytes), &mut Budget::default()).remove(0);
    if let Some(error) = leaf.error {
        return Err(error);
    }
    let size = u64::try_from(leaf.bytes.len()).unwrap();
    let source = loaded.evidence.sources.push(Source::new(leaf.path.clone(), leaf.encoded_bytes, size));
    let format = pprof();
    loaded.facts = Facts::default();
    let input = Input { source, path: &leaf.path, bytes: &leaf.bytes };
    (format.parse)(&input, &mut loaded.evidence, &mut loaded.facts)?;
    loaded.notes.extend(leaf.notes.rows().iter().chain(loaded.facts.notes.rows()).cloned());
    Ok(())
}

/// The format under test.
fn pprof() -> &'static Format {
    formats::all().find(|format| format.name == "pprof").unwrap()
}

/// What sniffing says of decoded bytes.
pub fn sniff(path: &str, bytes: &[u8]) -> Sniff {
    (pprof().sniff)(&Probe { path, bytes })
}

/// The optional corpus of captures beside the project.
pub fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no ../shared/corpus");
    None
}
