//! What can be attacked: the whole session, and every parser by itself.

use std::sync::LazyLock;

use analyzer_core::base::index::IndexVec;
use analyzer_core::base::limits::EXPANSION_GRACE_BYTES;
use analyzer_core::base::source::{Input, SourceId};
use analyzer_core::evidence::Evidence;
use analyzer_core::evidence::sources::Source;
use analyzer_core::formats::{self, Facts, Format};
use analyzer_core::report::Report;
use analyzer_core::session::{FileInfo, Filters, Order, Query, Session, TreeOptions, assemble, read};

use crate::mutate::Shape;
use crate::questions::ask_everything;
use crate::{drop, memory, plain_pprof};

/// Something that takes hostile bytes.
#[derive(Debug)]
pub struct Target {
    /// How it is called on the command line.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Several files into one session, see [`drop`].
    Drop,
    /// One file without a telling name: containers, recognition, all questions.
    File,
    /// One parser, whatever recognition says, and the report of what it read.
    Format(&'static Format),
    /// Filters of a query on a small profile.
    Filters,
    /// One file to be redacted, with a line in it that nobody may see.
    Redaction,
}

impl Target {
    /// How inputs are made of what they are made of.
    pub fn shape(&self) -> Shape {
        match self.kind {
            Kind::Format(format) if matches!(format.name, "pprof" | "otlp-profiles") => Shape::Protobuf,
            Kind::Format(format) if format.name == "go-trace" => Shape::Trace,
            Kind::Format(format) if format.is_text() => Shape::Text,
            Kind::Filters | Kind::Drop | Kind::Redaction => Shape::Text,
            Kind::Format(_) | Kind::File => Shape::Bytes,
        }
    }

    /// Feeds an input to the engine.
    ///
    /// # Panics
    /// Where the engine breaks a promise.
    pub fn run(&self, input: &[u8]) {
        let mut allowed = 0;
        let peak = memory::peak(|| allowed = self.feed(input));
        assert!(peak <= allowed, "{} bytes allocated at once, {allowed} allowed", peak);
    }

    /// Feeds an input; what may be allocated for it.
    fn feed(&self, input: &[u8]) -> usize {
        match self.kind {
            Kind::Drop => session(drop::split(input)),
            Kind::File => session([("unknown".to_owned(), input.to_vec())]),
            Kind::Format(format) => parse(format, input),
            Kind::Filters => filter(input),
            Kind::Redaction => redact(input),
        }
    }
}

/// Every target.
pub fn all() -> &'static [Target] {
    static ALL: LazyLock<Vec<Target>> = LazyLock::new(|| {
        let parsers = formats::all().map(|format| Target { name: format.name, kind: Kind::Format(format) });
        [
            ("drop", Kind::Drop),
            ("file", Kind::File),
            ("filters", Kind::Filters),
            ("redaction", Kind::Redaction),
        ]
        .map(|(name, kind)| Target { name, kind })
        .into_iter()
        .chain(parsers)
        .collect()
    });
    &ALL
}

/// The target of a name.
pub fn named(name: &str) -> Option<&'static Target> {
    all().iter().find(|target| target.name == name)
}

fn session(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> usize {
    let mut session = Session::default();
    let mut bytes = 0;
    for (path, content) in files {
        bytes += content.len();
        session.add(&path, content);
    }
    let report = ask_everything(&mut session);
    for source in &report.sources {
        bytes += usize::try_from(source.decoded_bytes).unwrap_or(0);
        // Between two layers of compression.
        bytes += usize::try_from(source.bytes).unwrap_or(0).min(bytes << 10);
    }
    memory::ceiling(bytes) + refused(&report)
}

/// What a stream had given before it was refused: it is counted nowhere else.
fn refused(report: &Report) -> usize {
    let notes = report.sources.iter().flat_map(|source| &source.notes);
    let is_refused = notes.into_iter().any(|note| note.code == "limit-exceeded");
    if is_refused { usize::try_from(4 * EXPANSION_GRACE_BYTES).unwrap_or(usize::MAX) } else { 0 }
}

fn parse(format: &Format, bytes: &[u8]) -> usize {
    let mut evidence = Evidence::default();
    let mut source = Source::new("unknown".to_owned(), 0, 0);
    source.format = Some(format.name);
    evidence.sources.push(source);
    let mut facts = Facts::default();
    let input = Input { source: SourceId(0), path: "unknown", bytes };
    let mut trace_sums = IndexVec::default();
    let result = read(format, &input, &mut evidence, &mut trace_sums, &mut facts);
    if format.name == "pprof" && result.is_ok() && facts.notes.rows().is_empty() {
        plain_pprof::compare(bytes, &evidence);
    }
    let report = assemble(&evidence, &trace_sums, Default::default());
    std::hint::black_box(serde_json::to_vec(&report).expect("a report is always JSON"));
    memory::ceiling(bytes.len())
}

/// What is planted: no part of it is a word of any format.
const SECRET: &str = "qz9wkvjgyhb";

/// Redacts a file in which a line of a log stands after one of its lines. What is left of it is read again by the
/// session, which compares figures.
fn redact(input: &[u8]) -> usize {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', input).collect();
    let at = ends.get(input.len() % ends.len().max(1)).map_or(input.len(), |end| end + 1);
    let (before, after) = input.split_at(at);
    // In bytes that are no text it could become a function's name, which stays.
    let is_text = std::str::from_utf8(input).is_ok() && !input.contains(&0);
    let line = if is_text { SECRET } else { "nobody" };
    let planted = [before, format!("user {line}=1 of [{line}] said \"{line}\"\n").as_bytes(), after].concat();
    let mut plain = Session::default();
    plain.add("unknown", planted.clone());
    let report = plain.report();
    let decoded = report.sources.iter().map(|source| usize::try_from(source.decoded_bytes).unwrap_or(0));
    let bytes = planted.len() + decoded.sum::<usize>();
    let mut session = Session::default();
    let file = session.open(FileInfo { path: "unknown".to_owned(), bytes: 0, modified_at: None });
    session.chunk(file, planted);
    session.close_to_redact(file);
    let redacted = session.redact();
    for (info, content) in redacted.each_file() {
        for part in SECRET.as_bytes().windows(6) {
            let is_left = memchr::memmem::find(content, part).is_some()
                || info.path.as_bytes().windows(6).any(|of| of == part);
            assert!(!is_left, "{}: {}", info.path, String::from_utf8_lossy(content));
        }
    }
    std::hint::black_box(redacted.report());
    4 * memory::ceiling(bytes) + refused(&report)
}

/// The first byte says which filter.
fn filter(input: &[u8]) -> usize {
    static PROFILE: &[u8] = include_bytes!("../../tests/fixtures/pprof/go1.26.6/heap.pb.gz");
    let Some((&which, text)) = input.split_first() else { return usize::MAX };
    let mut session = Session::default();
    let source = session.add("heap", PROFILE.to_vec())[0];
    let mut filters = Filters::default();
    let name = Filters::ALL[usize::from(which) % Filters::ALL.len()].name;
    if let Some(filter) = filters.get_mut(name) {
        *filter = Some(String::from_utf8_lossy(text).into_owned());
    }
    let query = Query { filters, ..Query::new(source) };
    let _ = session.top(&query, Order::Flat);
    let _ = session.call_tree(&query, &TreeOptions::default());
    memory::ceiling(PROFILE.len() * 20 + input.len())
}
