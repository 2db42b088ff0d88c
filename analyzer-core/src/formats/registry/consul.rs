//! `/v1/health/service/NAME`: a list of instances, each with its node, service and checks.

use super::{host, push};
use crate::base::source::SourceId;
use crate::evidence::registry::{Health, Instance, Listed, Registry, RegistryKind};
use crate::formats::yaml::Node;
use crate::formats::{Probe, Sniff};

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.head(), needle.as_bytes()).is_some();
    let is_list = probe.bytes.trim_ascii_start().starts_with(b"[");
    let is_health = is_list && has("\"Node\"") && has("\"Service\"") && has("\"Checks\"");
    if is_health { Sniff::ByContent } else { Sniff::No }
}

pub(super) fn read(root: &Node, source: SourceId, registry: &mut Registry) {
    for entry in root.items() {
        let Some(service) = entry.get("Service") else { continue };
        let text = |path: &str| entry.at_path(path).and_then(Node::text).filter(|text| !text.is_empty());
        let Some(name) = text("Service Service") else { continue };
        // A service without an address of its own is at its node's.
        let Some(address) = text("Service Address").or_else(|| text("Node Address")) else { continue };
        let checks = entry.get("Checks").map(Node::items).unwrap_or_default();
        // Where a check only warns, requests are still sent.
        let is_failing =
            checks.iter().any(|check| matches!(check.text_of("Status"), Some("critical" | "maintenance")));
        let instance = Instance {
            at: service.at,
            host: host(address),
            port: text("Service Port").and_then(|port| port.parse().ok()).filter(|port| *port != 0),
            health: if is_failing { Health::Failing } else { Health::Passing },
            was_reached: false,
        };
        let service = match text("Service Namespace") {
            Some(namespace) if namespace != "default" => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        };
        let known = registry
            .lists
            .iter_mut()
            .find(|list| list.source == source && list.service == service && !list.instances.is_empty());
        if let Some(list) = known {
            if list.instances.len() < crate::base::limits::INSTANCES {
                list.instances.push(instance);
            }
            continue;
        }
        let object = service.clone();
        push(
            registry,
            Listed {
                source,
                at: root.at,
                kind: RegistryKind::Consul,
                service,
                object,
                changed_at: None,
                instances: vec![instance],
            },
        );
    }
}
