//! Manifests, compose files and what runtimes print of containers: limits, the runtime's variables,
//! how a process is started and stopped. They are of no capture; the rules `spec.*` read them.
//!
//! Spec: Kubernetes API v1, apps/v1, batch/v1, networking.k8s.io/v1; the Compose Specification;
//! `docker`, `podman` and `crictl inspect`; OCI image-spec (config.md) and runtime-spec (config.md).
//! Tested with what kubectl, kustomize and Helm render, docker 20.10 and podman 4.3.
//!
//! Of variables only those are kept that the Go runtime or the allocator reads; of a Secret, its name.

mod compose;
mod inspect;
mod objects;
mod oci;
mod resources;
pub(in crate::formats) mod secrets;
mod values;

use super::record::{nothing_found, text_lines};
use super::yaml::{self, Node};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::{CONTAINERS, JSON_BYTES};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;

pub use objects::read as read_objects;
pub use values::{cpus, is_kept as kept, split_line};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "manifest",
        label: "manifest (Kubernetes)",
        content: Content::Document,
        sniff: sniff_manifest,
        parse: parse_manifest,
        secrets: secrets::mark,
    },
    Format {
        name: "compose",
        label: "compose file",
        content: Content::Document,
        sniff: compose::sniff,
        parse: parse_compose,
        secrets: secrets::mark,
    },
    Format {
        name: "image-inspect",
        label: "image (docker or podman image inspect)",
        content: Content::Document,
        sniff: inspect::sniff,
        parse: parse_inspect,
        secrets: secrets::mark,
    },
    Format {
        name: "oci-runtime",
        label: "container (OCI runtime configuration)",
        content: Content::Document,
        sniff: oci::sniff_runtime,
        parse: parse_oci,
        secrets: secrets::mark,
    },
    Format {
        name: "oci-image",
        label: "image (OCI configuration)",
        content: Content::Document,
        sniff: oci::sniff_image,
        parse: parse_oci,
        secrets: secrets::mark,
    },
    Format {
        name: "resources",
        label: "resources of a container (part of a manifest)",
        content: Content::Lines,
        sniff: resources::sniff,
        parse: resources::parse,
        secrets: secrets::mark,
    },
];

/// `apiVersion:` and `kind:` as keys of an outermost object, in YAML or JSON.
fn sniff_manifest(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.head(), needle.as_bytes()).is_some();
    if probe.bytes.trim_ascii_start().starts_with(b"{") {
        let is_object = has("\"apiVersion\"") && has("\"kind\"");
        return if is_object { Sniff::ByContent } else { Sniff::No };
    }
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(20_000);
    let has_key = |key: &str| lines().any(|line| line.starts_with(key));
    let is_flow =
        || lines().any(|line| line.starts_with("{apiVersion:") || line.starts_with("- apiVersion:"));
    let is_object = has_key("apiVersion: ") && has_key("kind: ");
    if is_object || is_flow() { Sniff::ByContent } else { Sniff::No }
}

/// The documents of a text, and what is said where reading ended early.
///
/// # Errors
/// As [`yaml::whole`], if there is not one whole document.
pub fn documents(input: &Input<'_>, facts: &mut Facts) -> Result<Vec<Node>, ParseError> {
    if input.bytes.len() > JSON_BYTES {
        let message = format!("the document is larger than {JSON_BYTES} bytes");
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "manifest", message));
    }
    let (roots, error) = yaml::documents(input.bytes, "manifest", &mut facts.notes);
    let Some(error) = error else { return Ok(roots) };
    // JSON has escapes that YAML has not.
    if let Ok(value) = serde_json::from_slice(input.bytes) {
        return Ok(vec![Node::from_json(&value)]);
    }
    if roots.is_empty() {
        return Err(error);
    }
    facts.is_partial = true;
    facts.notes.data_loss("cut", Some(error.at), format!("The rest could not be read: {}.", error.message));
    Ok(roots)
}

fn parse_manifest(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = documents(input, facts)?;
    super::pod::read_states(&roots, input, evidence, facts)?;
    objects::read(&roots, input.source, evidence);
    facts.kind = Some("manifest".to_owned());
    note_ceiling(evidence, facts);
    Ok(())
}

fn parse_compose(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = documents(input, facts)?;
    let count = compose::read(&roots, input.source, evidence);
    facts.kind = Some("compose".to_owned());
    note_ceiling(evidence, facts);
    if count == 0 { Err(nothing_found("compose", "services")) } else { Ok(()) }
}

/// Reads what `inspect` prints of containers; their states are read elsewhere.
pub fn read_inspected(input: &Input<'_>, evidence: &mut Evidence) {
    if let Ok(roots) = documents(input, &mut Facts::default()) {
        inspect::read(&roots, input.source, evidence);
    }
}

fn parse_inspect(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = documents(input, facts)?;
    let count = inspect::read(&roots, input.source, evidence);
    facts.kind = Some("inspect".to_owned());
    note_ceiling(evidence, facts);
    if count == 0 { Err(nothing_found("inspect", "an image")) } else { Ok(()) }
}

fn parse_oci(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = documents(input, facts)?;
    oci::read(&roots, input, evidence);
    facts.kind = Some("oci".to_owned());
    Ok(())
}

fn note_ceiling(evidence: &Evidence, facts: &mut Facts) {
    if evidence.recipe.containers.len() >= CONTAINERS {
        facts.is_partial = true;
        let message = format!("There are more than {CONTAINERS} containers; the rest is ignored.");
        facts.notes.data_loss("too-many-containers", None, message);
    }
}

#[cfg(test)]
mod tests;
