//! Pods as JSON.

use serde_json::Value;

use super::objects;
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::yaml::Node;
use crate::formats::{Facts, Probe, Sniff, manifest, yaml};

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
    let root: Value = serde_json::from_slice(input.bytes).map_err(|error| {
        let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
        ParseError::new(kind, Position::line(to_u64(error.line())), "pod", error.to_string())
    })?;
    let nodes = yaml::documents(input.bytes, "pod", &mut Notes::default());
    let nodes = if nodes.1.is_some() { vec![Node::from_json(&root)] } else { nodes.0 };
    objects::read(&[root], |name| format!("\"{name}\""), input, evidence, facts)?;
    manifest::read_objects(&nodes, input.source, evidence);
    Ok(())
}
