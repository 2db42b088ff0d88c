//! Events, as objects and as the tables of `kubectl get events` and of
//! `kubectl describe`.
//!
//! ```text
//! LAST SEEN   TYPE      REASON       OBJECT        MESSAGE
//! 5m          Warning   OOMKilling   node/node-3   Memory cgroup out of memory: …
//!
//!   Type     Reason      Age              From     Message
//!   Warning  SystemOOM   5m (x2 over 9m)  kubelet  System OOM encountered, …
//! ```

use serde_json::Value;

use super::objects::text;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::{has_header, wide_cells};
use crate::formats::{Facts, Probe, Sniff};

/// One event, in the words of its source.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct Event<'a> {
    pub kind: &'a str,
    pub reason: &'a str,
    pub message: &'a str,
    /// `pod/NAME`, `node/NAME`; empty if not said.
    pub object: String,
    /// When it was last seen: a time, or an age such as `5m`.
    pub last_seen: &'a str,
    /// How often it was seen, as far as it is said.
    pub count: Option<i64>,
}

impl Event<'_> {
    /// Stores it as a record of its own.
    pub fn store(&self, input: &Input<'_>, evidence: &mut Evidence, at: Position) {
        let parts = NameParts { level: self.object.clone(), ..NameParts::of(input.path, "event") };
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Event, "event", &parts);
        let texts = [
            ("type", self.kind),
            ("reason", self.reason),
            ("message", self.message),
            ("object", self.object.as_str()),
            ("lastSeen", self.last_seen),
        ];
        for (key, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
            record.text(key, value, at);
        }
        if let Some(count) = self.count {
            record.figure("count", count, Unit::Count, at);
        }
        record.finish();
    }
}

/// True for an object of kind Event, of either API group.
pub(super) fn is_event(object: &Value) -> bool {
    text(object, "/kind") == Some("Event")
        || (object.get("reason").is_some()
            && (object.get("involvedObject").is_some() || object.get("regarding").is_some()))
}

/// What an object of kind Event says.
pub(super) fn of_object(object: &Value) -> Event<'_> {
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(object, pointer)).unwrap_or("");
    let kind = first(&["/involvedObject/kind", "/regarding/kind"]).to_ascii_lowercase();
    let name = first(&["/involvedObject/name", "/regarding/name"]);
    let counts = ["/count", "/series/count", "/deprecatedCount"];
    Event {
        kind: first(&["/type"]),
        reason: first(&["/reason"]),
        message: first(&["/message", "/note"]),
        object: if name.is_empty() { String::new() } else { format!("{kind}/{name}") },
        last_seen: first(&[
            "/lastTimestamp",
            "/series/lastObservedTime",
            "/eventTime",
            "/deprecatedLastTimestamp",
            "/metadata/creationTimestamp",
        ]),
        count: counts.iter().find_map(|pointer| object.pointer(pointer)?.as_i64()),
    }
}

/// A row of either table: the type tells the other columns' places.
pub(super) fn of_row(line: &str) -> Option<Event<'_>> {
    let cells: Vec<&str> = wide_cells(line).collect();
    // A condition of a node, cut out of `kubectl describe node`.
    if let ["MemoryPressure", "True", _, since, reason @ "KubeletHasInsufficientMemory", message] = *cells {
        let object = "node/".to_owned();
        return Some(Event { kind: "Warning", reason, message, object, last_seen: since, count: None });
    }
    let at = cells.iter().take(3).position(|cell| matches!(*cell, "Normal" | "Warning"))?;
    let kind = *cells.get(at)?;
    let reason = *cells.get(at + 1)?;
    let (message, between) = cells.get(at + 2..)?.split_last()?;
    let is_reason = reason.starts_with(|c: char| c.is_ascii_uppercase())
        && reason.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_reason || between.is_empty() {
        return None;
    }
    let object = between.iter().find(|cell| cell.contains('/') && !cell.contains(' '));
    // Behind describe's type stands the age, before that of get events the time.
    let last_seen = match at.checked_sub(1).and_then(|before| cells.get(before)) {
        Some(before) => before,
        None => between.first()?,
    };
    let (last_seen, repeats) = last_seen.split_once(" (x").unwrap_or((last_seen, ""));
    let count = repeats.split(' ').next().and_then(|count| count.parse().ok());
    Some(Event {
        kind,
        reason,
        message,
        object: object.map_or_else(String::new, |object| (*object).to_owned()),
        last_seen,
        count,
    })
}

fn is_header(line: &str) -> bool {
    let columns: Vec<String> = wide_cells(line).map(str::to_ascii_uppercase).collect();
    let has = |name: &str| columns.iter().any(|column| column == name);
    has("TYPE") && has("REASON") && has("MESSAGE") && (has("OBJECT") || has("AGE"))
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_table = has_header(probe, is_header);
    let has_row = || has_header(probe, |line| of_row(line).is_some_and(|event| event.kind == "Warning"));
    if is_table || has_row() { Sniff::ByContent } else { Sniff::No }
}

/// Parses the table, with or without its header.
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        let Some(event) = of_row(text) else {
            if !is_header(text) && !text.starts_with("---") && text != "Events:" {
                let message = "A line is not a row of the table; it was skipped.";
                facts.notes.info("foreign-line", Some(line.position()), message);
            }
            continue;
        };
        if count == CONTAINERS {
            facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} events; the rest is ignored.");
            facts.notes.data_loss("too-many-events", Some(line.position()), message);
            break;
        }
        count += 1;
        event.store(input, evidence, line.position());
    }
    facts.kind = Some("events".to_owned());
    if count == 0 {
        Err(nothing_found("events", "a row with a type, a reason and a message"))
    } else {
        Ok(())
    }
}
