//! What a pod's object says of memory: one record for the pod, one for each container.

use serde_json::Value;

use super::quantity;
use crate::base::convert::to_u64;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::Facts;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found};

/// Variables of the Go runtime that bear on memory.
pub(super) const VARIABLES: [&str; 3] = ["GOMEMLIMIT", "GOGC", "GODEBUG"];

/// Reads every pod of some documents, lists of pods among them. `written` says
/// how they write a name, to find its place.
///
/// # Errors
/// `Malformed` without a pod.
pub fn read(
    roots: &[Value],
    written: fn(&str) -> String,
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let is_pod =
        |value: &&Value| text(value, "/kind") == Some("Pod") || value.pointer("/spec/containers").is_some();
    let listed = roots.iter().flat_map(|root| array(root, "/items"));
    let pods: Vec<&Value> = roots.iter().chain(listed).filter(is_pod).collect();
    if pods.is_empty() {
        return Err(nothing_found("pod", "an object of kind Pod"));
    }
    let mut reader = Reader { input, evidence, written, left: CONTAINERS };
    for pod in &pods {
        reader.pod(pod);
    }
    if reader.left == 0 {
        facts.is_partial = true;
        facts.notes.data_loss(
            "too-many-containers",
            None,
            format!("There are more than {CONTAINERS} containers; the rest is not read."),
        );
    }
    facts.kind = Some("pod".to_owned());
    Ok(())
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

struct Reader<'a, 'i> {
    input: &'a Input<'i>,
    evidence: &'a mut Evidence,
    /// How the document writes a name.
    written: fn(&str) -> String,
    left: usize,
}

impl Reader<'_, '_> {
    fn pod(&mut self, pod: &Value) {
        let name = text(pod, "/metadata/name").unwrap_or("");
        let at = self.place(name, 0);
        let mut record = self.record("");
        for (key, pointer) in [
            ("name", "/metadata/name"),
            ("namespace", "/metadata/namespace"),
            ("phase", "/status/phase"),
            ("reason", "/status/reason"),
            ("message", "/status/message"),
            ("qosClass", "/status/qosClass"),
        ] {
            if let Some(value) = text(pod, pointer) {
                record.text(key, value, at);
            }
        }
        for volume in array(pod, "/spec/volumes") {
            let is_memory = text(volume, "/emptyDir/medium") == Some("Memory");
            let Some(name) = text(volume, "/name").filter(|_| is_memory) else { continue };
            let limit = text(volume, "/emptyDir/sizeLimit").and_then(quantity::parse).unwrap_or(UNLIMITED);
            record.figure(&format!("emptyDir {name}"), limit, Unit::Bytes, at);
        }
        record.finish();
        for container in array(pod, "/spec/containers") {
            let Some(left) = self.left.checked_sub(1) else { break };
            self.left = left;
            self.container(pod, container, name);
        }
    }

    fn container(&mut self, pod: &Value, container: &Value, pod_name: &str) {
        let Some(name) = text(container, "/name") else { return };
        let after = self.place(pod_name, 0).offset.and_then(crate::base::convert::to_usize).unwrap_or(0);
        let at = self.place(name, after);
        let mut record = self.record(name);
        let limit = container.pointer("/resources/limits/memory").and_then(amount);
        let request = container.pointer("/resources/requests/memory").and_then(amount);
        for (key, value) in [("limits.memory", limit), ("requests.memory", request)] {
            if let Some(value) = value {
                record.figure(key, value, Unit::Bytes, at);
            }
        }
        for variable in array(container, "/env") {
            let Some(key) = text(variable, "/name").filter(|name| VARIABLES.contains(name)) else { continue };
            if let Some(value) = text(variable, "/value") {
                record.text(key, value, at);
            } else if text(variable, "/valueFrom/resourceFieldRef/resource") == Some("limits.memory") {
                record.text(key, "limits.memory", at);
            }
        }
        let status =
            array(pod, "/status/containerStatuses").find(|status| text(status, "/name") == Some(name));
        if let Some(status) = status {
            ended(status, &mut record, at);
        }
        record.finish();
    }

    fn record(&mut self, level: &str) -> RecordBuilder<'_> {
        let parts = NameParts { level: level.to_owned(), ..NameParts::of(self.input.path, "pod") };
        RecordBuilder::with_parts(self.input, self.evidence, RecordKind::Pod, "pod", &parts)
    }

    /// Line and offset of the first such name from `from` on.
    fn place(&self, name: &str, from: usize) -> Position {
        let rest = self.input.bytes.get(from..).unwrap_or(&[]);
        let written = (self.written)(name);
        let Some(at) = memchr::memmem::find(rest, written.as_bytes()).map(|at| at + from) else {
            return Position::default();
        };
        let before = self.input.bytes.get(..at).unwrap_or(&[]);
        let line = to_u64(memchr::memchr_iter(b'\n', before).count()) + 1;
        Position { line: Some(line), column: None, offset: Some(to_u64(at)) }
    }
}

fn array<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn amount(value: &Value) -> Option<i64> {
    value.as_str().map_or_else(|| value.as_i64(), quantity::parse)
}

/// How often it restarted, and how it ended, now or the time before.
fn ended(status: &Value, record: &mut RecordBuilder<'_>, at: Position) {
    if let Some(restarts) = status.get("restartCount").and_then(Value::as_i64) {
        record.figure("restartCount", restarts, Unit::Count, at);
    }
    for state in ["state", "lastState"] {
        let Some(terminated) = status.pointer(&format!("/{state}/terminated")) else { continue };
        if let Some(code) = terminated.get("exitCode").and_then(Value::as_i64) {
            record.figure(&format!("{state}.exitCode"), code, Unit::Count, at);
        }
        for key in ["reason", "finishedAt", "message"] {
            if let Some(value) = terminated.get(key).and_then(Value::as_str) {
                record.text(&format!("{state}.{key}"), value, at);
            }
        }
    }
}
