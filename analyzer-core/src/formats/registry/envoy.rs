//! Envoy's `/clusters`: lines of `cluster::address::name::value`, or the same as JSON.
//!
//! ```text
//! checkout::added_via_api::true
//! checkout::10.4.1.7:8080::cx_active::2
//! checkout::[fd00::7]:8080::health_flags::/failed_active_hc
//! ```

use std::collections::BTreeMap;

use super::{host, push};
use crate::base::limits::INSTANCES;
use crate::base::source::{Input, Position, SourceId};
use crate::evidence::registry::{Health, Instance, Listed, Registry, RegistryKind};
use crate::formats::record::text_lines;
use crate::formats::yaml::Node;
use crate::formats::{Probe, Sniff};

/// A line of a host: its cluster, host, port, and what is said of it.
pub(super) struct HostLine<'t> {
    pub cluster: &'t str,
    pub host: &'t str,
    pub port: &'t str,
    pub name: &'t str,
    pub value: &'t str,
}

pub(super) fn host_line(text: &str) -> Option<HostLine<'_>> {
    let (cluster, rest) = text.split_once("::")?;
    // An IPv6 address has the separator in itself.
    let end = if rest.starts_with('[') { rest.find("]:")? + 1 } else { rest.find(':')? };
    let (host, rest) = rest.split_at_checked(end)?;
    let (port, rest) = rest.strip_prefix(':')?.split_once("::")?;
    let (name, value) = rest.split_once("::")?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_port && !cluster.is_empty() && !host.is_empty()).then_some(HostLine {
        cluster,
        host,
        port,
        name,
        value,
    })
}

pub(super) fn sniff_text(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).take(2_000);
    let is_named = |(_, text): (_, &str)| {
        host_line(text).is_some_and(|line| matches!(line.name, "cx_active" | "health_flags"))
    };
    if lines().any(is_named) { Sniff::ByContent } else { Sniff::No }
}

pub(super) fn sniff_json(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.head(), needle.as_bytes()).is_some();
    let is_object = probe.bytes.trim_ascii_start().starts_with(b"{");
    if is_object && has("\"cluster_statuses\"") { Sniff::ByContent } else { Sniff::No }
}

/// What flags come to: `healthy`, or `/failed_active_hc/pending_dynamic_removal`.
fn health(flags: &str) -> Health {
    let has = |words: &[&str]| flags.split('/').any(|flag| words.contains(&flag));
    // A host that is checked actively gets nothing before its first check.
    let failing = [
        "failed_active_hc",
        "failed_outlier_check",
        "failed_eds_health",
        "active_hc_timeout",
        "pending_active_hc",
        "excluded_via_immediate_hc_fail",
        "eds_status_unhealthy",
    ];
    if has(&failing) {
        Health::Failing
    } else if has(&["pending_dynamic_removal", "eds_status_draining"]) {
        Health::Leaving
    } else {
        Health::Passing
    }
}

fn listed(source: SourceId, at: Position, cluster: &str) -> Listed {
    Listed {
        source,
        at,
        kind: RegistryKind::Envoy,
        service: cluster.to_owned(),
        object: cluster.to_owned(),
        changed_at: None,
        instances: Vec::new(),
    }
}

pub(super) fn read_text(input: &Input<'_>, registry: &mut Registry) {
    let mut lists: Vec<Listed> = Vec::new();
    let mut places: BTreeMap<(String, String, u16), (usize, usize)> = BTreeMap::new();
    let mut clusters: BTreeMap<String, usize> = BTreeMap::new();
    for (line, text) in text_lines(input.bytes) {
        let Some(row) = host_line(text) else { continue };
        let Ok(port) = row.port.parse() else { continue };
        let at_list = *clusters.entry(row.cluster.to_owned()).or_insert_with(|| {
            lists.push(listed(input.source, line.position(), row.cluster));
            lists.len() - 1
        });
        let Some(list) = lists.get_mut(at_list) else { continue };
        let key = (row.cluster.to_owned(), host(row.host), port);
        if !places.contains_key(&key) && places.len() >= INSTANCES {
            continue;
        }
        let place = *places.entry(key).or_insert_with(|| {
            list.instances.push(Instance {
                at: line.position(),
                host: host(row.host),
                port: Some(port),
                health: Health::Passing,
                was_reached: false,
            });
            (at_list, list.instances.len() - 1)
        });
        let Some(instance) = list.instances.get_mut(place.1) else { continue };
        match row.name {
            "health_flags" => instance.health = health(row.value),
            "cx_active" | "cx_total" => instance.was_reached |= row.value != "0",
            _ => {}
        }
    }
    lists.into_iter().for_each(|list| push(registry, list));
}

pub(super) fn read_json(root: &Node, source: SourceId, registry: &mut Registry) {
    for cluster in root.get("cluster_statuses").map(Node::items).unwrap_or_default() {
        let mut list = listed(source, cluster.at, cluster.text_of("name").unwrap_or_default());
        let hosts = cluster.get("host_statuses").map(Node::items).unwrap_or_default();
        list.instances.extend(hosts.iter().take(INSTANCES).filter_map(instance));
        if !list.instances.is_empty() {
            push(registry, list);
        }
    }
}

/// A host of a cluster; pipes and internal listeners are none.
fn instance(status: &Node) -> Option<Instance> {
    let socket = status.at_path("address socket_address")?;
    let stats = status.get("stats").map(Node::items).unwrap_or_default();
    // What is 0 has no value.
    let is_counted = |stat: &Node| {
        matches!(stat.text_of("name"), Some("cx_active" | "cx_total"))
            && !matches!(stat.text_of("value"), None | Some("0"))
    };
    let says = status.get("health_status").map(Node::members).unwrap_or_default();
    let set = says.iter().filter(|member| member.value.is_true()).map(|member| match member.key.as_str() {
        "failed_active_health_check" => "failed_active_hc",
        key => key,
    });
    let eds = match status.at_path("health_status eds_health_status").and_then(Node::text) {
        Some("UNHEALTHY" | "TIMEOUT") => Some("eds_status_unhealthy"),
        Some("DRAINING") => Some("eds_status_draining"),
        _ => None,
    };
    let flags: Vec<&str> = set.chain(eds).collect();
    Some(Instance {
        at: status.at,
        host: host(socket.text_of("address")?),
        port: Some(socket.text_of("port_value")?.parse().ok()?),
        health: health(&flags.join("/")),
        was_reached: stats.iter().any(is_counted),
    })
}
