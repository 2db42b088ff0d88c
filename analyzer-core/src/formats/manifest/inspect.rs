//! `docker inspect`, `podman inspect` and `crictl inspect`, of containers and images.
//!
//! docker and podman print an array with the same keys; 0 means none. crictl prints one object with the
//! runtime's configuration at `.info.runtimeSpec`.

use super::compose::{is_loopback, tmpfs};
use super::oci;
use super::values::{assignment, number, span, stated, words};
use crate::base::limits::CONTAINERS;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::recipe::{Container, Dialect, Stated};
use crate::formats::yaml::Node;
use crate::formats::{Probe, Sniff};

/// Nanoseconds of CPU in a thousandth of one, as `NanoCpus` counts.
const NANOS_IN_MILLI: i64 = 1_000_000;

/// The period of a quota that states none, in microseconds.
const PERIOD: i64 = 100_000;

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_json =
        probe.bytes.trim_ascii_start().starts_with(b"[") || probe.bytes.trim_ascii_start().starts_with(b"{");
    if !is_json {
        return Sniff::No;
    }
    let is_image = has("\"RepoTags\"") && has("\"Config\"") && has("\"RootFS\"");
    if is_image { Sniff::ByContent } else { Sniff::No }
}

/// Reads every container and image, and says how many.
pub fn read(roots: &[Node], source: SourceId, evidence: &mut Evidence) -> usize {
    let listed = roots.iter().flat_map(Node::items);
    let mut count = 0;
    for node in roots.iter().chain(listed).take(CONTAINERS) {
        let container = match (node.get("HostConfig"), node.get("Config"), node.at_path("info runtimeSpec")) {
            (Some(host), Some(config), _) => of_docker(node, host, config, source),
            (None, Some(config), _) if node.get("RepoTags").is_some() && node.get("State").is_none() => {
                of_image(node, config, source)
            }
            (_, _, Some(runtime)) => of_cri(node, runtime, source),
            _ => continue,
        };
        evidence.recipe.containers.push(container);
        count += 1;
    }
    count
}

fn of_cri(node: &Node, runtime: &Node, source: SourceId) -> Container {
    let name = node.at_path("status metadata name").and_then(Node::text).unwrap_or_default();
    let mut container = Container::new(Dialect::Inspect, "", name, span(source, node.at));
    oci::runtime(runtime, source, &mut container);
    container.image = node.at_path("status image image").and_then(Node::text).map(str::to_owned);
    container
}

fn of_image(node: &Node, config: &Node, source: SourceId) -> Container {
    let tags = node.get("RepoTags").map(Node::items).unwrap_or_default();
    let name = tags.first().and_then(Node::text).unwrap_or_default();
    let mut container = Container::new(Dialect::Image, "", name, span(source, config.at));
    oci::image(config, source, &mut container);
    container.image = Some(name.to_owned());
    container
}

fn of_docker(node: &Node, host: &Node, config: &Node, source: SourceId) -> Container {
    let name = node.text_of("Name").unwrap_or_default().trim_start_matches('/');
    let mut container = Container::new(Dialect::Inspect, "", name, span(source, node.at));
    oci::image(config, source, &mut container);
    container.image = config.text_of("Image").map(str::to_owned);
    let positive = |key: &str| {
        let node = host.get(key)?;
        let value = number(node.text()?).filter(|value| *value > 0)?;
        Some(stated(source, node, value))
    };
    container.memory_limit = positive("Memory");
    container.memory_request = positive("MemoryReservation");
    let nanos = positive("NanoCpus").map(|cpus| Stated { value: cpus.value / NANOS_IN_MILLI, ..cpus });
    let period = positive("CpuPeriod").map_or(PERIOD, |period| period.value);
    let quota = positive("CpuQuota")
        .map(|quota| Stated { value: quota.value.saturating_mul(1000).saturating_div(period), ..quota });
    container.cpu_limit = nanos.or(quota);
    container.pids = positive("PidsLimit");
    container.has_init = host.get("Init").is_some_and(Node::is_true);
    if let Some(timeout) = config.get("StopTimeout") {
        container.grace = timeout.text().and_then(number).map(|value| stated(source, timeout, value));
    }
    for limit in host.get("Ulimits").map(Node::items).unwrap_or_default() {
        let is_nofile = limit
            .text_of("Name")
            .is_some_and(|name| name.trim_start_matches("RLIMIT_").eq_ignore_ascii_case("nofile"));
        if let Some(hard) = limit.get("Hard").filter(|_| is_nofile) {
            container.nofile = hard.text().and_then(number).map(|value| stated(source, hard, value));
        }
    }
    for member in host.get("Tmpfs").map(Node::members).unwrap_or_default() {
        let options = member.value.text().unwrap_or_default();
        container.memory_volumes.push(tmpfs(&format!("{}:{options}", member.key), span(source, member.at)));
    }
    for member in host.get("PortBindings").map(Node::members).unwrap_or_default() {
        let port = member.key.split('/').next().and_then(number);
        let is_open = member
            .value
            .items()
            .iter()
            .any(|binding| !is_loopback(binding.text_of("HostIp").unwrap_or_default()));
        if let Some(value) = port.filter(|_| is_open) {
            container.published.push(Stated {
                value,
                written: member.key.clone(),
                at: span(source, member.at),
            });
        }
    }
    // What is started in fact, with what the image says already in it.
    if let Some(path) = node.get("Path") {
        let mut all = vec![path.text().unwrap_or_default().to_owned()];
        all.extend(node.get("Args").map(words).unwrap_or_default());
        let written = all.join(" ");
        container.command = Some(Stated { value: all, written, at: span(source, path.at) });
    }
    container.variables.extend(
        node.get("Env")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| assignment(source, item)),
    );
    container
}
