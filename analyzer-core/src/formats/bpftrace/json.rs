//! ```text
//! {"type": "map", "data": {"@bytes": {"\n    main.f+26\n,video": 4063232, "\n    main.f+26\n,video": 5308416}}}
//! {"type": "hist", "data": {"@us": [{"min": 8, "max": 15, "count": 32}]}}
//! {"type": "stats", "data": {"@st": {"count": 1465, "average": 45, "total": 66419}}}
//! ```
//! Objects are read as lists of pairs, since keys repeat.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::rows::Rows;
use crate::base::convert::{clamp_i64, rounded_i64, to_u64};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

/// What bpftrace calls its lines.
const TYPES: [&str; 11] = [
    "attached_probes",
    "map",
    "value",
    "hist",
    "lhist",
    "stats",
    "printf",
    "time",
    "lost_events",
    "syscall",
    "join",
];

/// A value of JSON whose objects keep every member.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(i64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    Other,
}

impl Node {
    /// The first member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    pub(super) fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    pub(super) const fn number(&self) -> Option<i64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(clamp_i64(i128::from(value))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(rounded_i64(value).map_or(Node::Other, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Node::Object(members))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// The lines, whole: a map can be longer than any other line.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (Position, &[u8])> {
    let mut offset = 0;
    bytes.split(|&byte| byte == b'\n').zip(1..).map(move |(line, number)| {
        let at = Position { line: Some(number), column: None, offset: Some(offset) };
        offset += to_u64(line.len()) + 1;
        (at, line.trim_ascii())
    })
}

/// True for a line that bpftrace writes.
pub(super) fn is_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{\"type\": \"").or_else(|| line.strip_prefix(b"{\"type\":\""))
    else {
        return false;
    };
    TYPES.iter().any(|kind| {
        let after = rest.strip_prefix(kind.as_bytes());
        after.is_some_and(|after| {
            let after = after.strip_prefix(b"\",").unwrap_or_default().trim_ascii_start();
            after.starts_with(b"\"data\"")
        })
    })
}

/// True if one of the first lines is bpftrace's.
pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is = lines(probe.head()).take(40).any(|(_, line)| is_line(line));
    if is { Sniff::ByContent } else { Sniff::No }
}

/// Parses maps, histograms and statistics.
/// # Errors
/// `Malformed` without any.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut rows = Rows::new(input);
    for (at, line) in lines(input.bytes).filter(|(_, line)| !line.is_empty()) {
        if line.len() > JSON_BYTES {
            let message = format!("a line is longer than {JSON_BYTES} bytes");
            return Err(ParseError::new(ErrorKind::LimitExceeded, at, "line", message));
        }
        match serde_json::from_slice::<Node>(line) {
            Ok(node) if is_line(line) => object(&node, at, &mut rows, evidence, facts),
            Ok(_) => {}
            Err(_) if line.starts_with(b"{") => {
                facts.is_partial = true;
                facts.notes.data_loss(
                    "broken-line",
                    Some(at),
                    "A line is invalid JSON; its contents are missing.",
                );
            }
            Err(_) => {
                facts.notes.info(
                    "foreign-line",
                    Some(at),
                    "A line is not JSON: a message from bpftrace or the program.",
                );
            }
        }
    }
    rows.finish(evidence, facts)
}

fn object(node: &Node, at: Position, rows: &mut Rows<'_>, evidence: &mut Evidence, facts: &mut Facts) {
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let Some(data) = node.get("data") else { return };
    match kind {
        "printf" => rows.life.line(data.text().unwrap_or_default(), at),
        "lost_events" => {
            facts.is_partial = true;
            let lost = data.get("events").and_then(Node::number).unwrap_or(0);
            let message = format!("bpftrace lost {lost} printed events; maps are not affected.");
            facts.notes.data_loss("lost-events", Some(at), message);
        }
        "map" | "value" | "hist" | "lhist" | "stats" => {
            for (map, value) in data.members() {
                if !rows.life.map(map, value, at, evidence) {
                    self::map(map, value, at, rows, evidence);
                }
            }
        }
        _ => {}
    }
}

/// A map with or without keys, of numbers, histograms or statistics.
fn map(name: &str, value: &Node, at: Position, rows: &mut Rows<'_>, evidence: &mut Evidence) {
    if is_value(value) {
        leaf(name, "", value, at, rows, evidence);
    } else {
        value.members().iter().for_each(|(key, value)| leaf(name, key, value, at, rows, evidence));
    }
}

/// Statistics are an object too, of three known members.
fn is_value(value: &Node) -> bool {
    !matches!(value, Node::Object(_)) || is_stats(value)
}

fn is_stats(value: &Node) -> bool {
    value.members().len() == 3 && value.get("total").is_some() && value.get("average").is_some()
}

fn leaf(name: &str, key: &str, value: &Node, at: Position, rows: &mut Rows<'_>, evidence: &mut Evidence) {
    match value {
        Node::Number(number) => rows.entry(name, key, *number, at, evidence),
        Node::List(buckets) => {
            for bucket in buckets {
                let figure = |name| bucket.get(name).and_then(Node::number);
                if let Some(count) = figure("count") {
                    let bounds = (figure("min"), figure("max").map(|high| high.saturating_add(1)));
                    let count = u64::try_from(count).unwrap_or(0);
                    rows.bucket((name, key), bounds, count, at, evidence);
                }
            }
        }
        Node::Object(_) if is_stats(value) => {
            for (member, value) in value.members() {
                if let Some(number) = value.number() {
                    rows.entry(&format!("{name} {member}"), key, number, at, evidence);
                }
            }
        }
        _ => {}
    }
}
