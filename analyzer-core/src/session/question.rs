//! What can be asked of a session. Each question is a type that knows the type
//! of its answer, so that who asks need not look what came back.
//!
//! A [`Request`] is any of them, for whoever carries questions to a session and
//! answers back: the page's worker.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Session;
use super::message::{ExportForm, Redacted, TextLines, TraceQuery, TraceWindow};
use super::source::SourceView;
use super::trace;
use crate::analysis::profile::{
    self, CallGraph, CallTree, Nodes, Order, Query, QueryError, TreeOptions, Trim,
};
use crate::analysis::trace::details::{self, GoroutineDetails, TraceHits};
use crate::analysis::trace::mmu::Utilization;
use crate::base::limits::TRACE_HITS;
use crate::base::packed::PackedU8;
use crate::base::source::SourceId;
use crate::report::{self, MappingPage, SubjectId};

/// A question to the engine.
pub trait Question: Clone + PartialEq + Into<Request> + TryFrom<Request> + 'static {
    /// What the engine answers.
    type Answer: Serialize + DeserializeOwned + 'static;

    /// Answers it.
    ///
    /// # Errors
    /// Why there is no answer.
    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer>;
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoAnswer {
    /// What it asks about is not there, or is not kept.
    Missing,
    /// The query of a profile does not fit the profile.
    Query(QueryError),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => write!(f, "the requested item does not exist"),
            Self::Query(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoAnswer {}

impl From<QueryError> for NoAnswer {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

/// Takes an answer of any type, to carry it.
pub trait Carrier {
    /// What it makes of the answer.
    type Carried;

    /// Takes the answer.
    fn carry<A: Serialize>(self, answer: &Result<A, NoAnswer>) -> Self::Carried;
}

/// The only list of questions.
macro_rules! questions {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {
        /// Any question to the engine.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Request {
            $($(#[$about])* $name($name),)*
        }

        impl Request {
            /// Answers it, and hands the answer to `carrier`.
            pub fn answer<C: Carrier>(self, session: &mut Session, carrier: C) -> C::Carried {
                match self {
                    $(Self::$name(question) => carrier.carry(&question.answer(session)),)*
                }
            }
        }

        $(impl From<$name> for Request {
            fn from(question: $name) -> Self {
                Self::$name(question)
            }
        }

        impl TryFrom<Request> for $name {
            type Error = Request;

            fn try_from(request: Request) -> Result<Self, Request> {
                match request {
                    Request::$name(question) => Ok(question),
                    other => Err(other),
                }
            }
        })*
    };
}

questions! {
    /// Everything known so far.
    Report,
    /// Lines of a text source.
    Text,
    /// Mappings of a process.
    Mappings,
    /// The nodes of a profile.
    Top,
    /// The call tree of a profile.
    Tree,
    /// Nodes of a profile with their neighbors.
    Peek,
    /// The call graph of a profile.
    Calls,
    /// The labels of a profile.
    Labels,
    /// What the filters of a query leave.
    Effects,
    /// What a profile is beyond its summary.
    Details,
    /// A function beside its source.
    Source,
    /// Nodes over several profiles.
    Trend,
    /// A profile as a file.
    Export,
    /// A part of an execution trace.
    TracePart,
    /// A goroutine of an execution trace.
    TraceGoroutine,
    /// Goroutines of an execution trace, by id or name.
    TraceSearch,
    /// How much of the processors the GC left to the program.
    TraceUtilization,
    /// Files without their secrets.
    Redact,
}

/// Everything known so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report;

impl Question for Report {
    type Answer = report::Report;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.report())
    }
}

/// Lines of a text source; missing if the source is not kept as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Which source.
    pub source: SourceId,
    /// The first line, from 1.
    pub first_line: u64,
    /// How many.
    pub lines: u64,
}

impl Question for Text {
    type Answer = TextLines;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        session.text(self.source, self.first_line, self.lines).ok_or(NoAnswer::Missing)
    }
}

/// Mappings of a snapshot's main process, the most resident first; missing if
/// there is no such snapshot, or it has no `smaps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mappings {
    /// Whose snapshot.
    pub subject: SubjectId,
    /// Its label, as the report's memory section has it.
    pub snapshot: String,
    /// Id of the class of mappings; all, if there is none.
    pub class: Option<String>,
    /// The first row, from 0.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl Question for Mappings {
    type Answer = MappingPage;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let page =
            session.mappings(self.subject, &self.snapshot, self.class.as_deref(), self.first, self.count);
        page.ok_or(NoAnswer::Missing)
    }
}

/// The nodes of a profile with their amounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    /// What is asked of the profile.
    pub query: Query,
    /// How rows are sorted.
    pub order: Order,
}

impl Question for Top {
    type Answer = profile::Top;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.top(&self.query, self.order)?)
    }
}

/// The call tree of a profile, laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// What is asked of the profile.
    pub query: Query,
    /// Which tree.
    pub options: TreeOptions,
}

impl Question for Tree {
    type Answer = CallTree;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.call_tree(&self.query, &self.options)?)
    }
}

/// Nodes of a profile with their callers and callees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peek {
    /// What is asked of the profile.
    pub query: Query,
    /// Which nodes.
    pub nodes: Nodes,
    /// How the nodes are sorted.
    pub order: Order,
}

impl Question for Peek {
    type Answer = profile::Peek;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let (_, peek) = session.peek(&self.query, &self.nodes, self.order)?;
        Ok(peek)
    }
}

/// The functions of a profile and the calls between them, as far as they can be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// What is asked of the profile.
    pub query: Query,
    /// What is left out.
    pub trim: Trim,
}

impl Question for Calls {
    type Answer = CallGraph;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.call_graph(&self.query, self.trim)?)
    }
}

/// What each label of a profile accounts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// What is asked of the profile.
    pub query: Query,
}

impl Question for Labels {
    type Answer = profile::Labels;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.labels(&self.query)?)
    }
}

/// What each filter of a query leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// What is asked of the profile.
    pub query: Query,
}

impl Question for Effects {
    type Answer = profile::Effects;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.effects(&self.query)?)
    }
}

/// What a profile is beyond its summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Only its profile and sample type matter.
    pub query: Query,
}

impl Question for Details {
    type Answer = profile::Details;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.details(&self.query)?)
    }
}

/// A function of the program: its source, what its lines cost, the goroutines at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The profile that says what lines cost, and how it is filtered; none, if there is none.
    pub query: Option<Query>,
    /// The function's name.
    pub function: String,
    /// Its file, where the captures do not say or several programs have a function of the name.
    pub file: Option<String>,
    /// A line of it that is to be shown, whatever it costs.
    pub line: Option<u32>,
}

impl Question for Source {
    type Answer = SourceView;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.source_view(&self)?)
    }
}

/// The nodes of several profiles with their amounts in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// What is asked of each profile.
    pub query: Query,
    /// The profiles, the earliest first.
    pub sources: Vec<SourceId>,
    /// Whether growth of flat or of cum comes first.
    pub order: Order,
}

impl Question for Trend {
    type Answer = profile::Trend;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(session.trend(&self.query, &self.sources, self.order)?)
    }
}

/// A profile as a file to save; the answer is the file's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// What is asked of the profile.
    pub query: Query,
    /// What kind of file.
    pub form: ExportForm,
}

impl Question for Export {
    type Answer = PackedU8;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        Ok(PackedU8(session.export(&self.query, self.form)?))
    }
}

/// A part of an execution trace; missing if there is no such trace, or its
/// bytes are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracePart {
    /// Which part.
    pub query: TraceQuery,
}

impl Question for TracePart {
    type Answer = TraceWindow;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        session.trace_window(&self.query).ok_or(NoAnswer::Missing)
    }
}

/// A goroutine over a part of an execution trace; missing as the part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceGoroutine {
    /// The trace.
    pub source: SourceId,
    /// The goroutine's id.
    pub goroutine: u64,
    /// First moment, in nanoseconds since the trace's first batch.
    pub from: u64,
    /// Last moment.
    pub to: u64,
    /// A moment of the stay to tell more of.
    pub at: Option<u64>,
}

impl Question for TraceGoroutine {
    type Answer = GoroutineDetails;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let (trace, sums, bytes) = session.trace(self.source).ok_or(NoAnswer::Missing)?;
        trace::goroutine(trace, sums, bytes, &self).ok_or(NoAnswer::Missing)
    }
}

/// Goroutines of an execution trace whose id begins with a number, or whose
/// start function contains a text; missing if there is no such trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSearch {
    /// The trace.
    pub source: SourceId,
    /// The number or text.
    pub text: String,
}

impl Question for TraceSearch {
    type Answer = TraceHits;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let (trace, sums, _) = session.trace(self.source).ok_or(NoAnswer::Missing)?;
        Ok(details::search(&sums.summary, &trace.names, &self.text, TRACE_HITS))
    }
}

/// Minimum mutator utilization of a part of an execution trace; missing as the part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceUtilization {
    /// The trace.
    pub source: SourceId,
    /// First moment, in nanoseconds since the trace's first batch.
    pub from: u64,
    /// Last moment.
    pub to: u64,
}

impl Question for TraceUtilization {
    type Answer = Utilization;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let (trace, sums, bytes) = session.trace(self.source).ok_or(NoAnswer::Missing)?;
        trace::utilization(trace, sums, bytes, &self).ok_or(NoAnswer::Missing)
    }
}

/// The files that were closed to be redacted, without their secrets. They are forgotten then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redact;

impl Question for Redact {
    type Answer = RedactedReport;

    fn answer(self, session: &mut Session) -> Result<Self::Answer, NoAnswer> {
        let redacted = session.redact();
        let markdown = redacted.report().to_markdown();
        Ok(RedactedReport { redacted, markdown })
    }
}

/// Files without their secrets, and the report of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RedactedReport {
    /// The files.
    pub redacted: Redacted,
    /// Their report as Markdown.
    pub markdown: String,
}
