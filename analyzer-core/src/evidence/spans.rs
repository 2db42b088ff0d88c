//! Spans of distributed tracing (OpenTelemetry, Jaeger, Zipkin), and what exporters count of lost ones.

use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};

/// Which end of what a span is (SpanKind of OpenTelemetry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// Work within a service, and what no kind is stated of.
    Internal,
    /// The callee's end of a call.
    Server,
    /// The caller's end of a call.
    Client,
    /// Sends a message that is handled later.
    Producer,
    /// Handles a message.
    Consumer,
}

impl SpanKind {
    /// True for the end that a remote parent causes.
    pub const fn is_callee(self) -> bool {
        matches!(self, Self::Server | Self::Consumer)
    }
}

/// One span. Its id is unique in its trace, but for Zipkin's shared ones: both ends of a call can have one id.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// Where it stands.
    pub at: Position,
    /// Its trace; ids of 64 bits are widened.
    pub trace: u128,
    /// Its id.
    pub id: u64,
    /// Its parent's; `None` for a root.
    pub parent: Option<u64>,
    /// Its service (`service.name`).
    pub service: StrId,
    /// Which instance of it, or on which host; empty if not stated.
    pub instance: StrId,
    /// Its name.
    pub name: StrId,
    /// Of a call, whom it is to, as its attributes state (`server.address`, `peer.service`); empty if they do not.
    pub peer: StrId,
    /// Which end it is.
    pub kind: SpanKind,
    /// Begin in nanoseconds of Unix time.
    pub start: i64,
    /// End; before `start` never.
    pub end: i64,
}

/// What a counter of an exporter or a collector says of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanCount {
    /// Taken in: what a collector says where it does not say what it passed on.
    Accepted,
    /// Passed on.
    Handled,
    /// Given up.
    Lost,
    /// Sent back to the sender, who may try again.
    Refused,
}

/// A counter of spans in Prometheus text: since its process began.
#[derive(Clone, Copy, Debug)]
pub struct SpanCounter {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// Its name.
    pub metric: StrId,
    /// The part of the pipeline that it is of, or the error, as labels state; empty if they do not.
    pub part: StrId,
    /// What it says.
    pub count: SpanCount,
    /// How many.
    pub value: u64,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct SpanTables {
    /// Spans, by source, in file order.
    pub spans: Vec<Span>,
    /// Counters, by source.
    pub counters: Vec<SpanCounter>,
}
