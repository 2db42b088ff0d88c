//! `docker events` and `podman events`, as lines or as JSON: that a container ran out of memory, and how it ended.
//!
//! ```text
//! 2024-05-01T10:00:00.123456789Z container oom 3f2a… (image=shop:1, name=web)
//! 2024-05-01T10:00:01.000000000Z container die 3f2a… (execDuration=35, exitCode=137, image=shop:1, name=web)
//! {"Type":"container","Action":"oom","Actor":{"ID":"3f2a…","Attributes":{"name":"web"}},"time":1714557600}
//! ```
//! Docker Engine API 1.24 to 1.51 (`Events`), docker/cli cli/command/system/events.go, Podman 4 and 5
//! (`died` for `die`). An event `oom` says that the cgroup of the container was out of memory.

use serde_json::Value;

use super::text as field;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, decimal, nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

/// Lines in which an event is looked for.
const LINES: usize = 400;

/// One event that tells of an end.
struct Told {
    container: String,
    time: String,
    is_oom: bool,
    exit_code: Option<i64>,
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let is_event = |(_, text): (_, &str)| told(text).is_some();
    if text_lines(probe.head_lines()).take(LINES).any(is_event) { Sniff::ByContent } else { Sniff::No }
}

/// True for a line of these.
pub fn is_event(line: &[u8]) -> bool {
    std::str::from_utf8(line.get(..4096).unwrap_or(line)).is_ok_and(|line| told(line.trim()).is_some())
}

fn told(text: &str) -> Option<Told> {
    if text.starts_with('{') { of_json(text) } else { of_line(text) }
}

/// The action, if it is of an end.
fn end(action: &str) -> Option<bool> {
    match action {
        "oom" => Some(true),
        "die" | "died" => Some(false),
        _ => None,
    }
}

fn of_line(text: &str) -> Option<Told> {
    let (before, rest) = text.split_once(" container ")?;
    let (action, rest) = rest.split_once(' ')?;
    let is_oom = end(action)?;
    let time = before
        .rsplit(' ')
        .next()
        .filter(|word| word.len() > 7 && word.starts_with(|c: char| c.is_ascii_digit()));
    // Podman writes the zone behind the time.
    let time = time.or_else(|| {
        before.split(' ').find(|word| word.contains('-') && word.contains('T')).or(before.split(' ').next())
    })?;
    let (id, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_id = id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let inner = rest.trim().strip_prefix('(').map_or("", |inner| inner.trim_end_matches(')'));
    let attribute = |key: &str| inner.split(", ").find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    is_id.then(|| Told {
        container: attribute("name").map_or_else(|| short(id), str::to_owned),
        time: time.to_owned(),
        is_oom,
        exit_code: attribute("exitCode").or_else(|| attribute("containerExitCode")).and_then(decimal),
    })
}

fn of_json(text: &str) -> Option<Told> {
    if !text.contains("\"Action\"") && !text.contains("\"status\"") && !text.contains("\"Status\"") {
        return None;
    }
    let event: Value = serde_json::from_str(text).ok()?;
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| field(&event, pointer));
    if first(&["/Type"]).is_some_and(|kind| kind != "container") {
        return None;
    }
    let is_oom = end(first(&["/Action", "/status", "/Status"])?)?;
    let id = first(&["/Actor/ID", "/id", "/ID"])?;
    let code = ["/Actor/Attributes/exitCode", "/ContainerExitCode"];
    let code = code.iter().find_map(|pointer| super::number(&event, pointer));
    Some(Told {
        container: first(&["/Actor/Attributes/name", "/Name"]).map_or_else(|| short(id), str::to_owned),
        time: first(&["/Time"])
            .map_or_else(|| event.get("time").map(Value::to_string).unwrap_or_default(), str::to_owned),
        is_oom,
        exit_code: code,
    })
}

fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

/// One container so far.
struct Container {
    name: String,
    time: String,
    at: Position,
    kills: i64,
    exit_code: Option<(i64, Position)>,
}

/// Parses a record for each container: killed if it ran out of memory, else with its last exit code.
/// # Errors
/// `Malformed` without such an event.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut containers: Vec<Container> = Vec::new();
    for (line, text) in text_lines(input.bytes) {
        let Some(told) = told(text) else { continue };
        let at = line.position();
        let known = containers.iter().position(|container| container.name == told.container);
        let index = match known {
            Some(index) => index,
            None if containers.len() == CONTAINERS => continue,
            None => {
                let name = told.container;
                containers.push(Container { name, time: String::new(), at, kills: 0, exit_code: None });
                containers.len() - 1
            }
        };
        let Some(container) = containers.get_mut(index) else { continue };
        if told.is_oom {
            container.kills += 1;
            (container.time, container.at) = (told.time, at);
        } else {
            container.exit_code = told.exit_code.map(|code| (code, at));
            if container.kills == 0 {
                (container.time, container.at) = (told.time, at);
            }
        }
    }
    facts.kind = Some("inspect".to_owned());
    if containers.is_empty() {
        return Err(nothing_found("docker events", "a container event oom or die"));
    }
    for container in containers {
        let parts = NameParts { level: container.name, ..NameParts::of(input.path, "inspect") };
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Pod, "inspect", &parts);
        record.text("state", "exited", container.at);
        if container.kills > 0 {
            record.text("state.reason", "OOMKilled", container.at);
        }
        if let Some((code, at)) = container.exit_code {
            record.figure("state.exitCode", code, Unit::Count, at);
        }
        record.text("state.finishedAt", &container.time, container.at);
        record.finish();
    }
    Ok(())
}
