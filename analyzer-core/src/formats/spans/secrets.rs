//! Of spans, ids, times, kinds and the formats' own words stay. Ids are random numbers that join spans and name
//! nobody. Names of services, hosts, operations and every other text get pseudonyms.

use super::add::is_read;
use super::otlp_proto::{Value, fields};
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, Part, Verdict, is_number, walk_json};

type Outcome = Result<(), &'static str>;

/// Members of all the formats.
const MEMBERS: &str = "resourceSpans resource_spans batches resource scopeSpans scope_spans instrumentationLibrarySpans \
    scope spans attributes key value stringValue intValue boolValue doubleValue arrayValue values traceId spanId parentSpanId \
    trace_id span_id parent_span_id name version kind startTimeUnixNano endTimeUnixNano start_time_unix_nano \
    end_time_unix_nano status code message flags events links schemaUrl droppedAttributesCount timeUnixNano traceState \
    data traceID spanID operationName references refType startTime duration tags type logs fields timestamp processID \
    processes serviceName warnings total limit offset errors id parentId localEndpoint remoteEndpoint ipv4 ipv6 port \
    annotations shared debug";

/// Values that name nobody.
const VALUES: &str = "CHILD_OF FOLLOWS_FROM string bool int64 float64 client server internal producer consumer CLIENT SERVER \
    PRODUCER CONSUMER INTERNAL SPAN_KIND_INTERNAL SPAN_KIND_SERVER SPAN_KIND_CLIENT SPAN_KIND_PRODUCER SPAN_KIND_CONSUMER \
    span.kind go";

fn has(list: &str, text: &[u8]) -> bool {
    list.split_ascii_whitespace().any(|word| word.as_bytes() == text)
}

/// The members that hold ids.
fn is_id(key: &[u8]) -> bool {
    has("traceId spanId parentSpanId trace_id span_id parent_span_id traceID spanID id parentId", key)
}

/// A process of Jaeger: `p1`.
fn is_process(text: &[u8]) -> bool {
    text.strip_prefix(b"p").is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    // One document, or one a line.
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(input.bytes).is_ok();
    if is_whole {
        return document(input.bytes, marks);
    }
    input
        .bytes
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .try_for_each(|line| document(line, marks))
}

fn document(bytes: &[u8], marks: &mut Marks<'_>) -> Outcome {
    walk_json(bytes, marks, &mut |_, keys, part, text| {
        let own = keys.last().copied().unwrap_or_default();
        let is_hex = || text.iter().all(u8::is_ascii_hexdigit);
        match part {
            Part::Key if has(MEMBERS, text) || is_process(text) => Verdict::Keep,
            Part::Value if is_id(own) && is_hex() => Verdict::Keep,
            Part::Value if own == b"key" && (is_read(text) || has(VALUES, text)) => Verdict::Keep,
            Part::Value if own == b"processID" && is_process(text) => Verdict::Keep,
            Part::Value if has(VALUES, text) => Verdict::Keep,
            Part::Number | Part::Value if own.ends_with(b"UnixNano") && is_number(text) => Verdict::Keep,
            Part::Number if has("kind startTime duration timestamp flags code total limit offset", own) => {
                Verdict::Keep
            }
            _ => Verdict::Replace(Kind::Label),
        }
    })
}

/// Everything but texts stays: ids, times, kinds, and the keys of attributes that are read.
pub(super) fn proto(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    marks.keep_binary(input.bytes);
    message(input.bytes, Level::Data, marks)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Data,
    Resource,
    Attributes,
    Scope,
    Span,
    Pair,
}

fn message(bytes: &[u8], level: Level, marks: &mut Marks<'_>) -> Outcome {
    for field in fields(bytes) {
        let (number, value) = field.map_err(|_| "protobuf that breaks within a message")?;
        let Value::Bytes(part) = value else { continue };
        match (level, number) {
            (Level::Data, 1) => message(part, Level::Resource, marks)?,
            (Level::Resource, 1) => message(part, Level::Attributes, marks)?,
            (Level::Resource, 2) => message(part, Level::Scope, marks)?,
            (Level::Scope, 2) => message(part, Level::Span, marks)?,
            (Level::Attributes, 1) | (Level::Span, 9) => message(part, Level::Pair, marks)?,
            (Level::Span, 1 | 2 | 4) if matches!(part.len(), 0 | 8 | 16) => {}
            (Level::Pair, 1) if is_read(part) => {}
            (Level::Span, 5) => marks.words(part, Kind::Label),
            (Level::Pair, 2) => value_of(part, marks)?,
            _ => marks.blank(part),
        }
    }
    Ok(())
}

/// `AnyValue`: its text gets pseudonyms, anything else is blanked.
fn value_of(bytes: &[u8], marks: &mut Marks<'_>) -> Outcome {
    for field in fields(bytes) {
        match field.map_err(|_| "protobuf that breaks within a value")? {
            (1, Value::Bytes(text)) => marks.words(text, Kind::Label),
            (_, Value::Bytes(other)) => marks.blank(other),
            _ => {}
        }
    }
    Ok(())
}
