//! Compose files: `services:` with what each is given.

use super::values::{
    assignment, docker_size, is_kept, number, read as read_value, seconds, span, stated, thousandths,
    value_of, words,
};
use crate::base::limits::CONTAINERS;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::recipe::{
    Container, Dialect, Import, MemoryVolume, Port, Stated, Variable, VariableValue,
};
use crate::formats::record::text_lines;
use crate::formats::yaml::Node;
use crate::formats::{Probe, Sniff};

/// `services:` as an outermost key, and a service that has an image or is built.
pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(20_000);
    let has_services = lines().any(|line| line.trim_end() == "services:");
    let is_object = lines().any(|line| line.starts_with("apiVersion:"));
    let is_service = |line: &str| {
        let line = line.trim_start();
        line.len() < 4096
            && (line.contains("image:") || line.starts_with("build:") || line.contains("{build:"))
    };
    if has_services && !is_object && lines().any(is_service) { Sniff::ByContent } else { Sniff::No }
}

/// Reads every service, and says how many.
pub fn read(roots: &[Node], source: SourceId, evidence: &mut Evidence) -> usize {
    let services = roots.iter().filter_map(|root| root.get("services")).flat_map(Node::members);
    let mut count = 0;
    for service in services.take(CONTAINERS) {
        let mut container = Container::new(Dialect::Compose, "", &service.key, span(source, service.at));
        describe(&service.value, source, &mut container);
        evidence.recipe.containers.push(container);
        count += 1;
    }
    count
}

fn describe(service: &Node, source: SourceId, container: &mut Container) {
    container.image = service.text_of("image").map(str::to_owned);
    let build = service.get("build");
    let context = build.and_then(|build| build.text().or_else(|| build.text_of("context")));
    container.build = context.map(str::to_owned);
    environment(service.get("environment"), source, container);
    if let Some(file) = service.get("env_file") {
        container.imports.push(Import { config_map: None, prefix: String::new(), at: span(source, file.at) });
    }
    let of = |path: &str| service.at_path(path);
    container.memory_limit =
        read_value(source, of("deploy resources limits memory").or_else(|| of("mem_limit")), docker_size);
    container.has_deploy_limits = of("deploy resources limits memory").is_some();
    container.memory_request = read_value(
        source,
        of("deploy resources reservations memory").or_else(|| of("mem_reservation")),
        docker_size,
    );
    container.cpu_limit =
        read_value(source, of("deploy resources limits cpus").or_else(|| of("cpus")), thousandths);
    container.pids =
        read_value(source, of("deploy resources limits pids").or_else(|| of("pids_limit")), number);
    container.grace = read_value(source, of("stop_grace_period"), seconds);
    container.stop_signal = read_value(source, of("stop_signal"), |text| Some(text.to_owned()));
    container.has_init = of("init").is_some_and(Node::is_true);
    let nofile = of("ulimits nofile");
    container.nofile = read_value(source, nofile.and_then(|limit| limit.get("hard")).or(nofile), number);
    let test = of("healthcheck test");
    if let Some(test) = test {
        let mut probe = stated(source, test, "healthcheck".to_owned());
        probe.written = words(test).join(" ");
        container.probes.push(probe);
    }
    entrypoint(service, source, container);
    service.get("tmpfs").map(volumes_of).unwrap_or_default().into_iter().for_each(|node| {
        let text = node.text().unwrap_or_default();
        container.memory_volumes.push(tmpfs(text, span(source, node.at)));
    });
    for volume in service.get("volumes").map(Node::items).unwrap_or_default() {
        if volume.text_of("type") == Some("tmpfs") {
            let size = volume.at_path("tmpfs size").and_then(Node::text).and_then(docker_size);
            let name = volume.text_of("target").unwrap_or_default().to_owned();
            container.memory_volumes.push(MemoryVolume { name, size, at: span(source, volume.at) });
        }
    }
    for port in service.get("ports").map(Node::items).unwrap_or_default() {
        publish(port, source, container);
    }
}

fn volumes_of(node: &Node) -> Vec<&Node> {
    if node.text().is_some() { vec![node] } else { node.items().iter().collect() }
}

/// `/tmp:size=256m,mode=1777`.
pub fn tmpfs(text: &str, at: crate::base::source::SourceSpan) -> MemoryVolume {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    let size = options.split(',').find_map(|option| docker_size(option.trim().strip_prefix("size=")?));
    MemoryVolume { name: path.to_owned(), size, at }
}

fn environment(node: Option<&Node>, source: SourceId, container: &mut Container) {
    let Some(node) = node else { return };
    for item in node.items() {
        // A name alone takes the value of whoever starts it.
        let inherited = item.text().filter(|text| is_kept(text)).map(|name| Variable {
            name: name.to_owned(),
            value: VariableValue::Unknown,
            at: span(source, item.at),
        });
        container.variables.extend(assignment(source, item).or(inherited));
    }
    for member in node.members().iter().filter(|member| is_kept(&member.key)) {
        let value = member.value.text().map_or(VariableValue::Unknown, value_of);
        container.variables.push(Variable {
            name: member.key.clone(),
            value,
            at: span(source, member.value.at),
        });
    }
}

/// A string is split into words here and needs no shell, unlike in a Dockerfile.
fn entrypoint(service: &Node, source: SourceId, container: &mut Container) {
    let Some(node) = service.get("entrypoint").or_else(|| service.get("command")) else { return };
    let mut all = service.get("entrypoint").map(words).unwrap_or_default();
    all.extend(service.get("command").map(words).unwrap_or_default());
    let written = all.join(" ");
    container.command = Some(Stated { value: all, written, at: span(source, node.at) });
}

/// `8080:80`, `127.0.0.1:6060:6060`, `6060`, or an object.
fn publish(port: &Node, source: SourceId, container: &mut Container) {
    let (host, target) = match port.text() {
        Some(text) => {
            let text = text.split('/').next().unwrap_or(text);
            let (before, target) = text.rsplit_once(':').unwrap_or(("", text));
            (before.rsplit_once(':').map_or("", |(host, _)| host), target)
        }
        None => (port.text_of("host_ip").unwrap_or_default(), port.text_of("target").unwrap_or_default()),
    };
    let Some(number) = number(target) else { return };
    container.ports.push(Port { name: port.text_of("name").unwrap_or_default().to_owned(), number });
    if !is_loopback(host) {
        container.published.push(stated(source, port, number));
    }
}

/// True for an address that only the host itself reaches.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.starts_with("127.") || host == "::1" || host == "localhost"
}
