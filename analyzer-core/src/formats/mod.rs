//! The formats: how each is told by its content, and read into evidence.
//!
//! Adding one is a file and a name in the [`formats!`] list below.

use crate::base::error::{Notes, ParseError};
use crate::base::source::{Input, file_name};
use crate::evidence::Evidence;

/// How sure a format is that a source is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sniff {
    /// Not this format.
    No,
    /// The content could be, and the name says so (a bare integer named `memory.current`).
    ByName,
    /// The content says so.
    ByContent,
}

/// What a format looks at to recognize a source.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The path as dropped.
    pub path: &'a str,
    /// The decoded bytes, whole. Sniffing looks at a bounded part of them.
    pub bytes: &'a [u8],
}

impl<'a> Probe<'a> {
    /// The first bytes: enough for every signature, preambles of logs included.
    pub fn head(&self) -> &'a [u8] {
        self.bytes.get(..SNIFF_BYTES).unwrap_or(self.bytes)
    }

    /// The head without the line that its end cuts.
    pub fn head_lines(&self) -> &'a [u8] {
        let head = self.head();
        let is_cut = head.len() < self.bytes.len();
        let end = memchr::memrchr(b'\n', head).filter(|_| is_cut).map_or(head.len(), |end| end + 1);
        head.get(..end).unwrap_or(head)
    }

    /// The last part of the path, without compression suffixes.
    pub fn file_name(&self) -> &'a str {
        file_name(self.path)
    }
}

/// Bytes at the start that sniffing looks at.
const SNIFF_BYTES: usize = 64 * 1024;

/// Where a parser's findings about its own source go, beside the rows.
#[derive(Debug, Default)]
pub struct Facts {
    /// Repairs, losses, things to know.
    pub notes: Notes,
    /// When the capture was taken, as the content says (Unix time).
    pub captured_at: Option<crate::base::units::Nanos>,
    /// Process id that the content names.
    pub pid: Option<u64>,
    /// Go version that the content names ("go1.26.6").
    pub go_version: Option<String>,
    /// When the process started, as the content says (Unix time).
    pub started_at: Option<crate::base::units::Nanos>,
    /// What whoever captured says of the process: its pod, its node, its image.
    pub labels: std::collections::BTreeMap<String, String>,
    /// See [`crate::evidence::sources::Source::kind`].
    pub kind: Option<String>,
    /// True if part of the source is not in the figures.
    pub is_partial: bool,
}

/// How the sources of a format come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Bytes that no page can show.
    Binary,
    /// Text that is one whole: what stands in it is its own.
    Document,
    /// Text that people paste among other text: other captures may stand beside it.
    Lines,
    /// Text that feeds nothing: a capture may stand in it.
    Unread,
}

/// One format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Stable name in the report.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// How its sources come.
    pub content: Content,
    /// Tells whether a source is of this format.
    pub sniff: fn(&Probe<'_>) -> Sniff,
    /// Reads a source into evidence.
    pub parse: Parse,
    /// Marks what of a source is a secret.
    pub secrets: redaction::Secrets,
}

impl Format {
    /// True if the page can show its sources.
    pub const fn is_text(&self) -> bool {
        !matches!(self.content, Content::Binary)
    }

    /// True if other captures may stand beside or in a text that looks like this format.
    pub const fn is_open(&self) -> bool {
        matches!(self.content, Content::Lines | Content::Unread)
    }

    /// True if its sources are only named.
    pub const fn is_unread(&self) -> bool {
        matches!(self.content, Content::Unread)
    }
}

/// Reads a source into evidence, and says what to know about it.
pub type Parse = fn(&Input<'_>, &mut Evidence, &mut Facts) -> Result<(), ParseError>;

/// The only list of formats: earlier ones win ties.
macro_rules! formats {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every format, in the order in which they are asked.
        pub const ALL: &[&[Format]] = &[$(&$module::FORMATS),*];
    };
}

pub mod container;
pub mod names;
pub mod record;
pub mod redaction;
pub mod sampled;
pub mod tables;
mod wire;
pub mod yaml;

formats! {
    bundle,
    perf_script,
    bpftrace_stacks,
    otlp_profiles,
    cpuprofile,
    speedscope,
    go_trace,
    smaps,
    goroutine_dump,
    spans,
    pprof,
    bpftrace,
    bcc,
    threads,
    proc,
    sockets,
    sysctl,
    cgroup,
    memstats,
    registry,
    pod,
    containers,
    manifest,
    dockerfile,
    promql,
    procps,
    oom_log,
    gctrace,
    pprof_top,
    notices,
    analyzers,
    go_source,
    go_env,
    known,
    left_out,
    folded,
    other,
}

/// Every format, in the order in which they are asked.
pub fn all() -> impl Iterator<Item = &'static Format> {
    ALL.iter().flat_map(|group| group.iter())
}

/// True if a format of one of these names could be the source's.
pub fn could_be_of(names: &[&str], probe: &Probe<'_>) -> bool {
    all().filter(|format| names.contains(&format.name)).any(|format| (format.sniff)(probe) != Sniff::No)
}

/// True if a text is longer than what tells formats apart, and goroutines may stand behind that.
pub fn may_end_in_dump(probe: &Probe<'_>) -> bool {
    probe.bytes.len() > probe.head().len() && could_be_of(&["goroutine-dump"], probe)
}

/// The format of a source: the first that is sure by content, else by name.
pub fn recognize(probe: &Probe<'_>) -> Option<&'static Format> {
    let mut by_name = None;
    for format in all() {
        match (format.sniff)(probe) {
            Sniff::ByContent => return Some(format),
            Sniff::ByName => by_name = by_name.or(Some(format)),
            Sniff::No => {}
        }
    }
    by_name
}
