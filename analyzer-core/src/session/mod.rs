//! The whole engine behind one door, for the program, the worker and the tests.
//!
//! ```text
//! open ─ chunk… ─ close      a file's bytes come in
//! report                     everything known so far
//! ask(question) -> answer    what a view asks for
//! ```

mod assemble;
mod diagnose;
mod ingest;
mod message;
mod policy;
mod profiles;
pub mod question;
mod redact;
mod source;
mod text;
mod trace;

use crate::analysis::Settings;
use crate::analysis::memory;
use crate::analysis::profile;
use crate::analysis::trace::sums::TraceSums;
use crate::base::convert::{to_u64, to_usize};
use crate::base::error::{ErrorKind, Note, ParseError};
use crate::base::index::IndexVec;
use crate::base::limits;
use crate::base::source::{Position, SourceId};
use crate::base::units::Nanos;
use crate::evidence::sources::{Source, SourceStatus};
use crate::evidence::trace::TraceId;
use crate::evidence::{self, Evidence};
use crate::formats::container::{self, Budget, Leaf};
use crate::redact::Redaction;
use crate::report::{MappingPage, MemorySnapshot, Report, SubjectId};

pub use crate::analysis::profile::{
    Base, CallGraph, CallTree, Calls, Details, Direction, Effect, Effects, Filter, Filters, Granularity,
    GraphEdge, GraphNode, Inlining, LabelKey, Labels, Left, LineCall, ListedFunction, ListedLine, Listing,
    MappingRow, Nodes, Order, Peek, PeekNode, Query, QueryError, Share, Takes, Top, TopRow, TreeNames,
    TreeOptions, Trend, Trim, Viewport, list_text, peek_text, top_text,
};
pub use crate::analysis::trace::details::{
    GoroutineDetails, GoroutineHit, Peer, StateSum, StayDetails, TraceHits, WakeEdge, Waker,
};
pub use crate::analysis::trace::lanes;
pub use crate::analysis::trace::mmu::{Utilization, UtilizationPoint};
pub use crate::base::limits::{DECODED_FILE_BYTES as FILE_BYTES, DECODED_SESSION_BYTES as SESSION_BYTES};
pub use crate::base::source_map::{Found, SourceMap, fits, module_of};
pub use crate::detectors::{Rule, is_in};
pub use crate::formats::redaction::Kind as NameKind;
pub use crate::redact::{Digest, LeftOut, Replacement, Summary as RedactionSummary};
pub use message::{ExportForm, FileId, FileInfo, Redacted, TextLines, TraceQuery, TraceWindow};
pub use policy::policy;
pub use question::{NoAnswer, Question, Request};
pub use source::{SourceLine, SourceView, Waiting};
#[cfg(feature = "internals")]
pub use {assemble::assemble, ingest::read};

/// One drop: what was parsed of it, and what was computed.
#[derive(Debug, Default)]
pub struct Session {
    evidence: Evidence,
    /// What the traces of `evidence` add up to: their events are not kept.
    trace_sums: IndexVec<TraceId, TraceSums>,
    /// Decoded bytes of text sources, for the page's raw view, and of traces, for a closer look.
    texts: ingest::Texts,
    /// Files whose bytes are still coming; `None` once closed or dropped.
    open: IndexVec<FileId, Option<OpenFile>>,
    budget: Budget,
    /// Made on demand, dropped when evidence is added.
    report: Option<Report>,
    /// Files that are to be redacted.
    redaction: Redaction,
    /// What the user set.
    settings: Settings,
}

#[derive(Debug)]
struct OpenFile {
    info: FileInfo,
    bytes: Vec<u8>,
    /// Set when the file is refused; further chunks are dropped.
    error: Option<ParseError>,
}

impl OpenFile {
    /// Makes room for a chunk: on the first, for the whole file, so that it is never moved.
    fn has_room(&mut self, chunk: usize) -> bool {
        let stated = self.info.bytes.min(limits::DECODED_FILE_BYTES);
        let whole = if self.bytes.is_empty() { to_usize(stated).unwrap_or(usize::MAX) } else { 0 };
        self.bytes.try_reserve(whole.max(chunk)).is_ok()
    }

    fn refuse(&mut self, message: String) {
        self.error = Some(ParseError::new(ErrorKind::LimitExceeded, Position::offset(0), "file", message));
        self.bytes = Vec::new();
    }
}

impl Session {
    /// Answers a question.
    ///
    /// ```
    /// use analyzer_core::session::{Session, question};
    ///
    /// let mut session = Session::default();
    /// let source = session.add("notes.txt", b"one\ntwo\nthree\n".to_vec())[0];
    /// let text = session.ask(question::Text { source, first_line: 2, lines: 1 })?;
    /// assert_eq!((text.total_lines, text.lines), (3, vec!["two".to_owned()]));
    /// # Ok::<(), analyzer_core::session::NoAnswer>(())
    /// ```
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn ask<Q: Question>(&mut self, question: Q) -> Result<Q::Answer, NoAnswer> {
        question.answer(self)
    }

    /// Announces a file.
    pub fn open(&mut self, info: FileInfo) -> FileId {
        let too_big = info.bytes > limits::DECODED_FILE_BYTES;
        let error = too_big.then(|| {
            let message = format!("more than {} MiB in one file", limits::DECODED_FILE_BYTES >> 20);
            ParseError::new(ErrorKind::LimitExceeded, Position::offset(0), "file", message)
        });
        self.open.push(Some(OpenFile { info, bytes: Vec::new(), error }))
    }

    /// True if further bytes of a file are of no use: it is past a limit already.
    pub fn refuses(&self, file: FileId) -> bool {
        self.open.get(file).and_then(Option::as_ref).is_some_and(|open| open.error.is_some())
    }

    /// Adds the next bytes of an open file.
    pub fn chunk(&mut self, file: FileId, bytes: Vec<u8>) {
        let Some(open) = self.open.get_mut(file).and_then(Option::as_mut) else { return };
        if open.error.is_some() {
            return;
        }
        if open.bytes.is_empty() && to_u64(bytes.len()) >= open.info.bytes {
            open.bytes = bytes;
        } else if open.has_room(bytes.len()) {
            open.bytes.extend_from_slice(&bytes);
        } else {
            let message = format!("a file of {} MiB does not fit into memory", open.info.bytes >> 20);
            open.refuse(message);
        }
        if to_u64(open.bytes.len()) > limits::DECODED_FILE_BYTES {
            open.refuse(format!("more than {} MiB in one file", limits::DECODED_FILE_BYTES >> 20));
        }
    }

    /// All bytes of a file are there: unwraps and parses it, and names the
    /// sources that it gave.
    pub fn close(&mut self, file: FileId) -> Vec<SourceId> {
        let Some(open) = self.take_open(file) else { return Vec::new() };
        let mut leaf = Leaf::new(open.info.path, open.bytes);
        leaf.encoded_bytes = leaf.encoded_bytes.max(open.info.bytes);
        leaf.modified_at = open.info.modified_at;
        leaf.error = open.error;
        self.report = None;
        let into = ingest::Into {
            evidence: &mut self.evidence,
            trace_sums: &mut self.trace_sums,
            texts: &mut self.texts,
        };
        ingest::ingest(leaf, &mut self.budget, into)
    }

    /// Notes a file that could not be read: a source of its own says why. It is no loss if the
    /// file was not asked for.
    pub fn miss(&mut self, path: &str, why: &str, is_loss: bool) -> SourceId {
        let mut source = Source::new(path.to_owned(), 0, 0);
        source.status = SourceStatus::Failed;
        source.format = Some(container::FORMAT_NAME);
        if is_loss {
            source.notes.data_loss("not-read", None, why);
        } else {
            source.notes.info("not-followed", None, why);
        }
        self.report = None;
        self.texts.push(None);
        self.evidence.sources.push(source)
    }

    /// No more bytes of a file will come: forgets it.
    pub fn abort(&mut self, file: FileId) {
        self.take_open(file);
    }

    /// Adds a whole file at once.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> Vec<SourceId> {
        let info = FileInfo { path: path.to_owned(), bytes: to_u64(bytes.len()), modified_at: None };
        let file = self.open(info);
        self.chunk(file, bytes);
        self.close(file)
    }

    /// Age from which a process is no longer taken to be warming up.
    pub fn set_warm_up(&mut self, age: Nanos) {
        self.settings.warm_up = age;
        self.report = None;
    }

    /// The path of a source; empty for an id of another session.
    pub fn path(&self, source: SourceId) -> &str {
        self.evidence.sources.get(source).map_or("", |source| source.path.as_str())
    }

    /// What reading a source gave to say, which [`SourceRow::notes`] has as well.
    ///
    /// [`SourceRow::notes`]: crate::report::SourceRow::notes
    pub fn notes(&self, source: SourceId) -> &[Note] {
        self.evidence.sources.get(source).map_or(&[], |source| source.notes.rows())
    }

    /// Everything known so far.
    pub fn report(&mut self) -> Report {
        self.made().clone()
    }

    /// The report, made if evidence was added since.
    fn made(&mut self) -> &Report {
        self.report.get_or_insert_with(|| {
            let mut report = assemble::assemble(&self.evidence, &self.trace_sums, self.settings);
            source::quote(&mut report, &self.evidence, &self.texts);
            report
        })
    }

    /// A function beside its source.
    fn source_view(&mut self, asked: &question::Source) -> Result<SourceView, QueryError> {
        let lines = match &asked.query {
            Some(query) => Some(profile::function_lines(&self.evidence, query, &asked.function)?),
            None => None,
        };
        self.made();
        let goroutines = self.report.as_ref().and_then(|report| report.goroutines.as_ref());
        Ok(source::view(&self.evidence, &self.texts, goroutines, lines, asked))
    }

    /// Lines of a source, if it is kept as text.
    fn text(&self, source: SourceId, first_line: u64, lines: u64) -> Option<TextLines> {
        let is_text = self.evidence.sources.get(source).is_some_and(|source| source.is_text);
        let bytes = self.texts.get(source).and_then(Option::as_deref).filter(|_| is_text);
        text::lines(bytes.map(Vec::as_slice), first_line, lines)
    }

    /// Mappings of a snapshot's main process, the most resident first.
    fn mappings(
        &mut self,
        subject: SubjectId,
        snapshot: &str,
        class: Option<&str>,
        first: u64,
        count: u64,
    ) -> Option<MappingPage> {
        let report = self.made();
        let is_meant = |moment: &MemorySnapshot| moment.subject == subject && moment.snapshot == snapshot;
        let place = report.memory.as_ref()?.snapshots.iter().position(is_meant)?;
        let subjects = report.subjects.clone();
        let moment = memory::moments(&self.evidence, &subjects).nth(place)?;
        let mut page = memory::listing::page(&self.evidence, &moment, class, first, count)?;
        page.rows.iter_mut().for_each(|row| row.relocate(|source, at| self.evidence.place(source, at)));
        Some(page)
    }

    /// A part of an execution trace, read again from the generations that it
    /// overlaps with; `None` if there is no such trace.
    pub fn trace_window(&mut self, query: &TraceQuery) -> Option<TraceWindow> {
        let own = self.made().traces.iter().filter(|trace| trace.source == query.source);
        let suspects: Vec<u32> = own.flat_map(|trace| &trace.leaks).map(|leak| leak.group).collect();
        let (trace, sums, bytes) = self.trace(query.source)?;
        trace::window(trace, sums, bytes, query, &suspects)
    }

    /// A trace with its sums and bytes.
    fn trace(&self, source: SourceId) -> Option<(&evidence::trace::Trace, &TraceSums, &[u8])> {
        let bytes = self.texts.get(source)?.as_deref()?;
        let traces = &self.evidence.traces;
        let id = traces.iter_enumerated().find(|(_, trace)| trace.source == source)?.0;
        Some((traces.get(id)?, self.trace_sums.get(id)?, bytes))
    }

    fn take_open(&mut self, file: FileId) -> Option<OpenFile> {
        self.open.get_mut(file).and_then(Option::take)
    }
}

/// Every code that a finding can carry, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    crate::detectors::rules()
}
