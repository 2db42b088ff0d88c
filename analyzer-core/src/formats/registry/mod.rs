//! Registries of services: EndpointSlices and Endpoints (JSON, YAML), Consul's
//! `/v1/health/service/NAME`, Envoy's `/clusters` as text and JSON.
//!
//! Spec: Kubernetes API discovery.k8s.io/v1 and v1 (Endpoints), Consul HTTP API (health), Envoy's
//! administration interface (`/clusters`, `admin/v3/clusters.proto`). In the documented forms. What
//! is not read: zones, weights, metadata, thresholds of circuit breakers.
//!
//! Any input is safe: documents are bounded as manifests are, instances by [`INSTANCES`].

mod consul;
mod envoy;
mod kubernetes;
mod secrets;

use super::manifest;
use super::record::{nothing_found, text_lines};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::limits::INSTANCES;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::registry::{Listed, Registry};

pub use kubernetes::read as read_object;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "endpoints",
        label: "service instances (EndpointSlice, Endpoints)",
        content: Content::Document,
        sniff: sniff_kubernetes,
        parse: parse_kubernetes,
        secrets: secrets::kubernetes,
    },
    Format {
        name: "consul-health",
        label: "service instances (Consul)",
        content: Content::Document,
        sniff: consul::sniff,
        parse: parse_consul,
        secrets: secrets::json,
    },
    Format {
        name: "envoy-clusters",
        label: "clusters (Envoy)",
        content: Content::Lines,
        sniff: envoy::sniff_text,
        parse: parse_envoy_text,
        secrets: secrets::envoy_text,
    },
    Format {
        name: "envoy-clusters-json",
        label: "clusters (Envoy, JSON)",
        content: Content::Document,
        sniff: envoy::sniff_json,
        parse: parse_envoy_json,
        secrets: secrets::json,
    },
];

fn sniff_kubernetes(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.head(), needle.as_bytes()).is_some();
    let is_found = if probe.bytes.trim_ascii_start().starts_with(b"{") {
        let is_kind = kubernetes::KINDS
            .iter()
            .any(|kind| has(&format!("\"kind\": \"{kind}\"")) || has(&format!("\"kind\":\"{kind}\"")));
        is_kind && has("\"apiVersion\"") && !has("\"containers\"")
    } else {
        let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(20_000);
        let is_kind = |line: &str| {
            let kind = line.trim().trim_start_matches("- ").strip_prefix("kind: ");
            kind.is_some_and(|kind| kubernetes::KINDS.contains(&kind.trim_matches('"')))
        };
        lines().any(|line| line.trim_start_matches("- ").starts_with("apiVersion: "))
            && lines().any(is_kind)
            && !has("containers:")
    };
    if is_found { Sniff::ByContent } else { Sniff::No }
}

/// # Errors
/// As for manifests, and without a list of instances.
fn parse_kubernetes(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = manifest::documents(input, facts)?;
    let before = evidence.registry.lists.len();
    manifest::read_objects(&roots, input.source, evidence);
    finish(evidence, before, facts, "endpoints")
}

/// # Errors
/// As for manifests, and without a list of instances.
fn parse_consul(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = manifest::documents(input, facts)?;
    let before = evidence.registry.lists.len();
    roots.iter().for_each(|root| consul::read(root, input.source, &mut evidence.registry));
    finish(evidence, before, facts, "consul-health")
}

/// # Errors
/// Without a list of instances.
fn parse_envoy_text(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let before = evidence.registry.lists.len();
    envoy::read_text(input, &mut evidence.registry);
    finish(evidence, before, facts, "envoy-clusters")
}

/// # Errors
/// As for manifests, and without a list of instances.
fn parse_envoy_json(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let roots = manifest::documents(input, facts)?;
    let before = evidence.registry.lists.len();
    roots.iter().for_each(|root| envoy::read_json(root, input.source, &mut evidence.registry));
    finish(evidence, before, facts, "envoy-clusters")
}

fn finish(
    evidence: &Evidence,
    before: usize,
    facts: &mut Facts,
    kind: &'static str,
) -> Result<(), ParseError> {
    facts.kind = Some(kind.to_owned());
    if evidence.registry.instances() >= INSTANCES {
        facts.is_partial = true;
        let message = format!("There are more than {INSTANCES} instances; the rest is ignored.");
        facts.notes.data_loss("too-many-instances", None, message);
    }
    if evidence.registry.lists.len() == before { Err(nothing_found(kind, "instances")) } else { Ok(()) }
}

/// Adds a list, cut at the ceiling.
fn push(registry: &mut Registry, mut list: Listed) {
    list.instances.truncate(INSTANCES.saturating_sub(registry.instances()));
    registry.lists.push(list);
}

/// An address as sockets have it.
fn host(text: &str) -> String {
    let bare = text.trim_matches(['[', ']']);
    bare.parse::<std::net::IpAddr>().map_or_else(|_| bare.to_owned(), |ip| ip.to_canonical().to_string())
}

#[cfg(test)]
mod tests;
