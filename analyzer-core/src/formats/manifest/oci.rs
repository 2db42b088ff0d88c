//! OCI: the runtime's `config.json` (runtime-spec) and an image's configuration (image-spec).

use super::values::{assignment, number, read as read_value, span, stated, words};
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::recipe::{Container, Dialect, MemoryVolume, Stated};
use crate::formats::yaml::Node;
use crate::formats::{Probe, Sniff};

/// Where a runtime mounts its own file systems in memory; programs do not fill them.
const OWN_MOUNTS: [&str; 5] = ["/dev", "/proc", "/sys", "/run", "/var/run"];

/// The period of a quota that states none, in microseconds.
const PERIOD: i64 = 100_000;

pub fn sniff_runtime(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_json = probe.bytes.trim_ascii_start().starts_with(b"{");
    if is_json && has("\"ociVersion\"") && has("\"process\"") { Sniff::ByContent } else { Sniff::No }
}

pub fn sniff_image(probe: &Probe<'_>) -> Sniff {
    let has = |needle: &str| memchr::memmem::find(probe.bytes, needle.as_bytes()).is_some();
    let is_json = probe.bytes.trim_ascii_start().starts_with(b"{");
    if is_json && has("\"rootfs\"") && has("\"architecture\"") && has("\"config\"") {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

/// Reads the one container or image.
pub fn read(roots: &[Node], input: &Input<'_>, evidence: &mut Evidence) {
    for root in roots {
        let name = input.path.rsplit('/').next().unwrap_or_default();
        let container = if root.get("ociVersion").is_some() {
            let name = root.text_of("hostname").unwrap_or(name);
            let mut container = Container::new(Dialect::Runtime, "", name, span(input.source, root.at));
            runtime(root, input.source, &mut container);
            container
        } else {
            let mut container = Container::new(Dialect::Image, "", name, span(input.source, root.at));
            if let Some(config) = root.get("config") {
                image(config, input.source, &mut container);
            }
            container
        };
        evidence.recipe.containers.push(container);
    }
}

/// What a runtime is told of a container.
pub fn runtime(spec: &Node, source: SourceId, container: &mut Container) {
    let resources = |path: &str| spec.at_path(&format!("linux resources {path}"));
    let positive = |text: &str| number(text).filter(|value| *value > 0);
    container.memory_limit = read_value(source, resources("memory limit"), positive);
    container.pids = read_value(source, resources("pids limit"), positive);
    let period = resources("cpu period").and_then(Node::text).and_then(positive).unwrap_or(PERIOD);
    container.cpu_limit = read_value(source, resources("cpu quota"), |text| {
        Some(positive(text)?.saturating_mul(1000).saturating_div(period))
    });
    let variables = spec.at_path("process env").map(Node::items).unwrap_or_default();
    container.variables.extend(variables.iter().filter_map(|item| assignment(source, item)));
    if let Some(args) = spec.at_path("process args") {
        let all = words(args);
        let written = all.join(" ");
        container.command = Some(Stated { value: all, written, at: span(source, args.at) });
    }
    for limit in spec.at_path("process rlimits").map(Node::items).unwrap_or_default() {
        if limit.text_of("type") == Some("RLIMIT_NOFILE") {
            container.nofile = read_value(source, limit.get("hard"), number);
        }
    }
    for mount in spec.get("mounts").map(Node::items).unwrap_or_default() {
        let path = mount.text_of("destination").unwrap_or_default();
        let is_own =
            |own: &&str| path.strip_prefix(*own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if mount.text_of("type") != Some("tmpfs") || OWN_MOUNTS.iter().any(is_own) {
            continue;
        }
        let options = mount.get("options").map(Node::items).unwrap_or_default();
        let size = options
            .iter()
            .filter_map(Node::text)
            .find_map(|option| super::values::docker_size(option.strip_prefix("size=")?));
        container.memory_volumes.push(MemoryVolume {
            name: path.to_owned(),
            size,
            at: span(source, mount.at),
        });
    }
}

/// What an image says of how it is started; `docker inspect` of a container has the same.
pub fn image(config: &Node, source: SourceId, container: &mut Container) {
    let variables = config.get("Env").map(Node::items).unwrap_or_default();
    container.variables.extend(variables.iter().filter_map(|item| assignment(source, item)));
    container.stop_signal = read_value(source, config.get("StopSignal"), |text| Some(text.to_owned()));
    let entrypoint = config.get("Entrypoint").filter(|node| !words(node).is_empty());
    let cmd = config.get("Cmd").filter(|node| !words(node).is_empty());
    if let Some(first) = entrypoint.or(cmd) {
        let mut all = entrypoint.map(words).unwrap_or_default();
        all.extend(cmd.map(words).unwrap_or_default());
        let written = all.join(" ");
        container.command = Some(Stated { value: all, written, at: span(source, first.at) });
    }
    if let Some(test) = config.at_path("Healthcheck Test") {
        let mut probe = stated(source, test, "healthcheck".to_owned());
        probe.written = words(test).join(" ");
        container.probes.push(probe);
    }
}
