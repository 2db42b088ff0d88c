//! EndpointSlices, Endpoints, and the addresses of Services.

use super::{host, push};
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::registry::{Health, Instance, Listed, Registry, RegistryKind, VirtualAddress};
use crate::formats::goroutine_dump::timestamp::rfc3339;
use crate::formats::yaml::Node;

/// Kinds of objects that list instances.
pub(super) const KINDS: [&str; 4] = ["EndpointSlice", "EndpointSliceList", "Endpoints", "EndpointsList"];

/// Reads an object of such a kind; others are left alone.
pub fn read(object: &Node, source: SourceId, registry: &mut Registry) {
    match object.text_of("kind").unwrap_or_default() {
        "EndpointSlice" => slice(object, source, registry),
        "Endpoints" => endpoints(object, source, registry),
        // Items of the API's own lists do not repeat their kind.
        "EndpointSliceList" => bare(object).for_each(|item| slice(item, source, registry)),
        "EndpointsList" => bare(object).for_each(|item| endpoints(item, source, registry)),
        "Service" => service(object, source, registry),
        _ => {}
    }
}

fn bare(list: &Node) -> impl Iterator<Item = &Node> {
    items(list, "items").iter().filter(|item| item.get("kind").is_none())
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// TCP ports; of an object without any, one that stands for all.
fn ports(node: &Node) -> Vec<Option<u16>> {
    let all = items(node, "ports");
    let tcp = all.iter().filter(|port| matches!(port.text_of("protocol"), None | Some("TCP")));
    let ports: Vec<_> = tcp.map(|port| port.text_of("port").and_then(|port| port.parse().ok())).collect();
    if all.is_empty() { vec![None] } else { ports }
}

fn list(object: &Node, source: SourceId, service: &str, instances: Vec<Instance>) -> Listed {
    let text = |path: &str| object.at_path(path).and_then(Node::text).unwrap_or_default();
    let (namespace, name) = (text("metadata namespace"), text("metadata name"));
    let within = |name: &str| {
        if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
    };
    Listed {
        source,
        at: object.at,
        kind: RegistryKind::Kubernetes,
        service: within(service),
        object: within(name),
        changed_at: changed_at(object),
        instances,
    }
}

/// When the controller last wrote the list.
fn changed_at(object: &Node) -> Option<Nanos> {
    let metadata = object.get("metadata")?;
    let trigger = metadata
        .get("annotations")
        .and_then(|all| all.text_of("endpoints.kubernetes.io/last-change-trigger-time"));
    let written = items(metadata, "managedFields").iter().filter_map(|entry| entry.text_of("time"));
    let times = written.chain(trigger).chain(metadata.text_of("creationTimestamp"));
    times.filter_map(rfc3339).max()
}

fn slice(object: &Node, source: SourceId, registry: &mut Registry) {
    let label =
        object.at_path("metadata labels").and_then(|labels| labels.text_of("kubernetes.io/service-name"));
    let owner =
        || object.at_path("metadata ownerReferences").and_then(|all| all.items().first()?.text_of("name"));
    let name = || object.at_path("metadata name").and_then(Node::text);
    let service = label.or_else(owner).or_else(name).unwrap_or_default();
    let ports = ports(object);
    let mut instances = Vec::new();
    for endpoint in items(object, "endpoints") {
        let says = |key: &str| endpoint.at_path("conditions").and_then(|all| all.text_of(key));
        // What is not said counts as ready, and as serving if it is ready (EndpointConditions).
        let is_ready = says("ready") != Some("false");
        let is_leaving = says("terminating") == Some("true") && says("serving") != Some("false");
        let health = match (is_leaving, is_ready) {
            (true, _) => Health::Leaving,
            (false, true) => Health::Passing,
            (false, false) => Health::Failing,
        };
        add(items(endpoint, "addresses"), |node| node.text(), &ports, health, &mut instances);
    }
    push(registry, list(object, source, service, instances));
}

fn endpoints(object: &Node, source: SourceId, registry: &mut Registry) {
    let service = object.at_path("metadata name").and_then(Node::text).unwrap_or_default();
    let mut instances = Vec::new();
    for subset in items(object, "subsets") {
        let ports = ports(subset);
        for (key, health) in [("addresses", Health::Passing), ("notReadyAddresses", Health::Failing)] {
            add(items(subset, key), |node| node.text_of("ip"), &ports, health, &mut instances);
        }
    }
    push(registry, list(object, source, service, instances));
}

fn add<'n>(
    nodes: &'n [Node],
    address: impl Fn(&'n Node) -> Option<&'n str>,
    ports: &[Option<u16>],
    health: Health,
    instances: &mut Vec<Instance>,
) {
    for node in nodes {
        let Some(text) = address(node) else { continue };
        let of = |port: &Option<u16>| Instance {
            at: node.at,
            host: host(text),
            port: *port,
            health,
            was_reached: false,
        };
        instances.extend(ports.iter().map(of));
    }
}

fn service(object: &Node, source: SourceId, registry: &mut Registry) {
    let Some(spec) = object.get("spec") else { return };
    let all = items(spec, "clusterIPs").iter().filter_map(Node::text).chain(spec.text_of("clusterIP"));
    let known = all.filter(|address| !matches!(*address, "" | "None"));
    let addresses = known.map(|address| VirtualAddress { source, host: host(address) });
    registry.virtual_addresses.extend(addresses);
}
