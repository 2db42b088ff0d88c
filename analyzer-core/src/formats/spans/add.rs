//! What the readers of spans share: ids, times, and one way into the table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::base::convert::wire_to_i64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::{JSON_BYTES, SPANS};
use crate::base::source::{Input, Position};
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::spans::{Span, SpanKind};
use crate::formats::Facts;
use crate::formats::record::nothing_found;
use crate::formats::tables::Places;

/// A span as a format has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw<'a> {
    pub trace: u128,
    pub id: u64,
    pub parent: Option<u64>,
    pub service: &'a str,
    pub instance: &'a str,
    pub name: &'a str,
    pub peer: &'a str,
    pub kind: Option<SpanKind>,
    pub start: i64,
    pub end: i64,
}

/// Spans on their way into the table.
pub(super) struct Adder<'e> {
    evidence: &'e mut Evidence,
    facts: &'e mut Facts,
    source: crate::base::source::SourceId,
    count: usize,
    broken: u64,
}

impl<'e> Adder<'e> {
    pub(super) fn new(input: &Input<'_>, evidence: &'e mut Evidence, facts: &'e mut Facts) -> Self {
        Self { evidence, facts, source: input.source, count: 0, broken: 0 }
    }

    /// Adds a span; `None` is one whose ids cannot be read.
    pub(super) fn add(&mut self, raw: Option<Raw<'_>>, at: Position) {
        let Some(raw) = raw else {
            self.broken += 1;
            return;
        };
        self.count += 1;
        if self.evidence.spans.spans.len() >= SPANS {
            self.facts.is_partial = true;
            let message = format!("There are more than {SPANS} spans; the rest is ignored.");
            self.facts.notes.data_loss("spans-left-out", Some(at), message);
            return;
        }
        let strings = &mut self.evidence.strings;
        let span = Span {
            source: self.source,
            at,
            trace: raw.trace,
            id: raw.id,
            parent: raw.parent.filter(|parent| *parent != 0),
            service: strings.intern(raw.service),
            instance: strings.intern(raw.instance),
            name: strings.intern(raw.name),
            peer: strings.intern(raw.peer),
            kind: raw.kind.unwrap_or(SpanKind::Internal),
            start: raw.start,
            end: raw.end.max(raw.start),
        };
        self.evidence.spans.spans.push(span);
    }

    /// Says what the file was.
    /// # Errors
    /// `Malformed` without a span.
    pub(super) fn finish(self, kind: &'static str) -> Result<(), ParseError> {
        if self.count == 0 {
            return Err(nothing_found(kind, "at least one span"));
        }
        if self.broken > 0 {
            self.facts.is_partial = true;
            let message = one_or_many(
                self.broken,
                "span has no readable trace and span ID and is omitted.",
                "spans have no readable trace and span ID and are omitted.",
            );
            self.facts.notes.data_loss("broken-spans", None, message);
        }
        self.facts.kind = Some(kind.to_owned());
        self.facts.notes.info("what-it-says", None, "Used to find spans lost between services. To view a single trace, use Jaeger, Tempo or Zipkin. Spans alone do not distinguish sampling from loss.");
        Ok(())
    }
}

/// Refuses a document that is too large to be held twice.
pub(super) fn bounded(bytes: &[u8]) -> Result<(), ParseError> {
    if bytes.len() <= JSON_BYTES {
        return Ok(());
    }
    let message =
        format!("the document is larger than {JSON_BYTES} bytes; split it, or write one object per line");
    Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "spans", message))
}

/// The error of JSON that breaks.
pub(super) fn broken(error: &serde_json::Error) -> ParseError {
    let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
    let line = u64::try_from(error.line()).unwrap_or(1);
    ParseError::new(kind, Position::line(line), "spans", error.to_string())
}

/// The bytes of an id: hex, or base64 where its length says so.
fn id_bytes(text: &str) -> Option<u128> {
    let is_hex = !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex {
        return u128::from_str_radix(text, 16).ok();
    }
    let bytes = STANDARD.decode(text).ok().filter(|bytes| matches!(bytes.len(), 8 | 16))?;
    Some(bytes.iter().fold(0, |id, byte| (id << 8) | u128::from(*byte)))
}

/// A trace's id.
pub(super) fn trace_id(text: &str) -> Option<u128> {
    id_bytes(text).filter(|id| *id != 0)
}

/// A span's id; zero is none.
pub(super) fn span_id(text: &str) -> Option<u64> {
    id_bytes(text).and_then(|id| u64::try_from(id).ok())
}

/// A number that may be written as a string.
pub(super) fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .or_else(|| crate::base::convert::rounded_i64(value.as_f64()?).and_then(|n| u64::try_from(n).ok()))
}

/// Nanoseconds of Unix time.
pub(super) fn nanos(value: &Value) -> i64 {
    number(value).map_or(0, wire_to_i64).max(0)
}

/// Microseconds of Unix time.
pub(super) fn micros(value: &Value) -> i64 {
    number(value).map_or(0, wire_to_i64).max(0).saturating_mul(1000)
}

/// What an attribute says, of those that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attribute {
    Service,
    Instance,
    Peer,
}

/// The attributes that are looked at, each kind's best last.
const ATTRIBUTES: [(&str, Attribute); 13] = [
    ("service.name", Attribute::Service),
    ("host.name", Attribute::Instance),
    ("hostname", Attribute::Instance),
    ("k8s.pod.name", Attribute::Instance),
    ("service.instance.id", Attribute::Instance),
    ("net.sock.peer.name", Attribute::Peer),
    ("net.peer.name", Attribute::Peer),
    ("network.peer.address", Attribute::Peer),
    ("http.host", Attribute::Peer),
    ("server.address", Attribute::Peer),
    ("peer.address", Attribute::Peer),
    ("rpc.peer", Attribute::Peer),
    ("peer.service", Attribute::Peer),
];

/// The value of the best attribute of a kind.
pub(super) fn best<'v>(kind: Attribute, pairs: impl Iterator<Item = (&'v str, &'v str)>) -> &'v str {
    let rank = |key: &str| ATTRIBUTES.iter().position(|(name, of)| *name == key && *of == kind);
    let found =
        pairs.filter(|(_, value)| !value.is_empty()).filter_map(|(key, value)| Some((rank(key)?, value)));
    found.max_by_key(|(rank, _)| *rank).map_or("", |(_, value)| value)
}

/// True for an attribute that is read.
pub(super) fn is_read(key: &[u8]) -> bool {
    ATTRIBUTES.iter().any(|(name, _)| name.as_bytes() == key)
}

/// The kind of a name: `server`, `SPAN_KIND_SERVER`.
pub(super) fn kind_of_name(name: &str) -> Option<SpanKind> {
    let name = name.to_ascii_lowercase();
    Some(match name.trim_start_matches("span_kind_") {
        "internal" => SpanKind::Internal,
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => return None,
    })
}

/// The kind of a number of OTLP.
pub(super) const fn kind_of_number(number: u64) -> Option<SpanKind> {
    Some(match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => return None,
    })
}

/// Where the next span with this id stands.
pub(super) fn place(places: &mut Places<'_>, id: &str) -> Position {
    if id.is_empty() { places.position() } else { places.next(&format!("\"{id}\"")) }
}
