//! Pods as JSON.

use serde_json::Value;

use super::objects;
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::yaml::Node;
use crate::formats::{Facts, Probe, Sniff, manifest, yaml};

/// Objects within one another at most: those of the API have a dozen.
const DEPTH: usize = 32;

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_object = probe.bytes.trim_ascii_start().starts_with(b"{");
    let is_pod = || {
        has("\"apiVersion\"")
            && (has("\"containers\"") || has("\"containerStatuses\""))
            && (has("\"Pod\"") || has("\"PodList\""))
    };
    let is_excerpt = || {
        (is_object || probe.bytes.trim_ascii_start().starts_with(b"["))
            && objects::is_excerpt(|key| has(&format!("\"{key}\":")))
    };
    if (is_object && is_pod()) || is_excerpt() { Sniff::ByContent } else { Sniff::No }
}

pub fn sniff_events(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_object = probe.bytes.trim_ascii_start().starts_with(b"{");
    let is_event = || has("\"reason\"") && (has("\"involvedObject\"") || has("\"regarding\""));
    if is_object && is_event() { Sniff::ByContent } else { Sniff::No }
}

/// Parses pods and events, or a list of them.
/// # Errors
/// `Malformed` where the JSON breaks, or without either in it; `LimitExceeded` if it is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    super::within_limit(input)?;
    let root = match serde_json::from_slice(input.bytes) {
        Ok(root) => root,
        Err(error) => {
            let at = Position::line(to_u64(error.line()));
            let Some(root) = closed(input.bytes) else {
                let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
                return Err(ParseError::new(kind, at, "pod", error.to_string()));
            };
            facts.is_partial = true;
            let message = "The JSON ends inside an object; what is missing there is not judged.";
            facts.notes.data_loss("cut", Some(at), message);
            root
        }
    };
    let root = unwrapped(root);
    let nodes = yaml::documents(input.bytes, "pod", &mut Notes::default());
    let nodes = if nodes.1.is_some() { vec![Node::from_json(&root)] } else { nodes.0 };
    objects::read(&[root], |name| format!("\"{name}\""), input, evidence, facts)?;
    manifest::read_objects(&nodes, input.source, evidence);
    Ok(())
}

/// The object in what a watch and the exporters of events put around it: `{"verb":"ADDED","event":{…}}`.
fn unwrapped(mut root: Value) -> Value {
    let key = ["event", "object"].into_iter().find(|key| {
        let is_mark = root.get("verb").is_some() || root.get("type").is_some();
        is_mark && root.get("reason").is_none() && root.get(key).is_some_and(Value::is_object)
    });
    match key.and_then(|key| root.as_object_mut()?.remove(key)) {
        Some(inner) => inner,
        None => root,
    }
}

/// A document that was cut, up to its last whole member; `None` if none is left.
fn closed(bytes: &[u8]) -> Option<Value> {
    let mut open: Vec<u8> = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    // Where the last whole member ends, and what is open there.
    let mut whole: Option<(usize, Vec<u8>)> = None;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if open.len() < DEPTH => open.push(if byte == b'{' { b'}' } else { b']' }),
            b'{' | b'[' => return None,
            b'}' | b']' => {
                if open.pop() != Some(byte) {
                    return None;
                }
                whole = Some((at + 1, open.clone()));
            }
            b',' => whole = Some((at, open.clone())),
            _ => {}
        }
    }
    let (end, open) = whole.filter(|(_, open)| !open.is_empty())?;
    let mut text = bytes.get(..end)?.to_vec();
    text.extend(open.iter().rev());
    serde_json::from_slice(&text).ok()
}
