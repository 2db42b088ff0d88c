//! Pods and events as YAML: as `kubectl get -o yaml` prints them, and as people write them.

use super::objects;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::record::text_lines;
use crate::formats::{Facts, Probe, Sniff};
use crate::formats::{manifest, yaml};

/// `apiVersion: v1` and `kind: Pod` (or a list) as keys without indent.
pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(2_000);
    let is_object = lines().any(|line| line == "apiVersion: v1");
    let is_pod = lines()
        .any(|line| matches!(line.trim_start_matches("- "), "kind: Pod" | "kind: List" | "kind: PodList"));
    let has = |key: &str| lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(key));
    let has_containers = has("containers:") || has("containerStatuses:");
    let is_first = || {
        let first =
            lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().trim_start_matches("- "));
        first.is_some_and(|first| EXCERPT_STARTS.iter().any(|start| first.starts_with(start)))
    };
    let is_excerpt = || is_first() && objects::is_excerpt(|key| has(&format!("{key}:")));
    if (is_object && is_pod && has_containers) || is_excerpt() { Sniff::ByContent } else { Sniff::No }
}

/// Keys with which the states of containers start that were cut out of a pod.
const EXCERPT_STARTS: [&str; 6] =
    ["containerStatuses:", "status:", "lastState:", "terminated:", "containerID:", "allocatedResources:"];

/// The same with what an event has.
pub fn sniff_events(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(2_000);
    let is_object = lines().any(|line| line.starts_with("apiVersion: "));
    let has = |key: &str| lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(key));
    let is_event = has("reason:") && (has("involvedObject:") || has("regarding:"));
    if is_object && is_event { Sniff::ByContent } else { Sniff::No }
}

/// Parses pods and events, or lists of them.
/// # Errors
/// As [`yaml::whole`], `Malformed` without either, `LimitExceeded` if the text is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    super::within_limit(input)?;
    let nodes = yaml::whole(input.bytes, "pod", &mut facts.notes)?;
    let roots: Vec<_> = nodes.iter().map(yaml::Node::to_json).collect();
    objects::read(&roots, |name| format!("name: {name}"), input, evidence, facts)?;
    manifest::read_objects(&nodes, input.source, evidence);
    Ok(())
}
