//! What objects of the API say: one record for a pod, one for each of its
//! containers, one for each event.

use serde_json::{Value, json};

use super::{events, quantity};
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::formats::Facts;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::tables::Places;
use crate::formats::yaml::Node;

/// Variables of the Go runtime that bear on memory.
pub(in crate::formats) const VARIABLES: [&str; 3] = ["GOMEMLIMIT", "GOGC", "GODEBUG"];

/// The name of a container whose name is not in the text.
pub(in crate::formats) const UNNAMED: &str = "(not named)";

/// Shorter ids would be found in any path.
const LEAST_ID: usize = 12;

/// The lists of a pod's containers, with those of their states.
const LISTS: [(&str, &str, &str); 3] = [
    ("/spec/containers", "/status/containerStatuses", ""),
    ("/spec/initContainers", "/status/initContainerStatuses", "init"),
    ("/spec/ephemeralContainers", "/status/ephemeralContainerStatuses", "ephemeral"),
];

/// Reads every pod and event of some documents, lists of them among them.
/// `written` says how they write a name, to find its place.
///
/// # Errors
/// `Malformed` without either.
pub fn read(
    roots: &[Value],
    written: fn(&str) -> String,
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let excerpt: Vec<Value> = roots.iter().filter_map(excerpt).collect();
    let roots = if excerpt.is_empty() { roots } else { excerpt.as_slice() };
    let mut reader = Reader { input, evidence, written, left: CONTAINERS, places: Places::new(input.bytes) };
    let (mut pods, mut events) = (0, 0);
    let listed = roots.iter().flat_map(|root| array(root, "/items"));
    for object in roots.iter().chain(listed) {
        if is_pod(object) {
            pods += 1;
            reader.pod(object);
        } else if events::is_event(object) {
            events += 1;
            reader.event(object);
        }
    }
    if pods + events == 0 {
        return Err(nothing_found("pod", "an object of kind Pod or Event"));
    }
    if reader.left == 0 {
        facts.is_partial = true;
        facts.notes.data_loss(
            "too-many-containers",
            None,
            format!("There are more than {CONTAINERS} containers or events; the rest is ignored."),
        );
    }
    facts.kind = Some(if pods > 0 { "pod" } else { "events" }.to_owned());
    Ok(())
}

/// Reads the pods and events among the objects of a manifest; there need not be any.
///
/// # Errors
/// As [`read`].
pub(in crate::formats) fn read_states(
    roots: &[Node],
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let listed = roots.iter().flat_map(|root| root.get("items").map(Node::items).unwrap_or_default());
    let has_state = |object: &Node| {
        (object.text_of("kind") == Some("Pod") && object.get("status").is_some())
            || object.text_of("kind") == Some("Event")
    };
    if !roots.iter().chain(listed).any(has_state) {
        return Ok(());
    }
    let roots: Vec<Value> = roots.iter().map(Node::to_json).collect();
    read(&roots, |name| format!("name: {name}"), input, evidence, facts)
}

/// The states of containers that were cut out of a pod, as a pod: the list, one of it, or how one ended.
fn excerpt(value: &Value) -> Option<Value> {
    let pod = |statuses: Value| Some(json!({ "status": { "containerStatuses": statuses } }));
    let is_status = |value: &Value| value.get("name").is_some() && value.get("lastState").is_some();
    match value {
        Value::Array(items) if items.iter().any(is_status) => pod(value.clone()),
        Value::Object(_) if value.get("kind").is_some() => None,
        Value::Object(fields) if fields.contains_key("containerStatuses") => Some(json!({ "status": value })),
        Value::Object(_) if is_status(value) => pod(json!([value])),
        Value::Object(fields) if fields.contains_key("lastState") || fields.contains_key("terminated") => {
            let state =
                if fields.contains_key("lastState") { value.clone() } else { json!({ "lastState": value }) };
            let mut status = json!({ "name": UNNAMED });
            status.as_object_mut()?.extend(state.as_object()?.clone());
            pod(json!([status]))
        }
        // The kubelet's own words up to Kubernetes 0.8.
        Value::Object(fields) => {
            let named = fields.iter().map(|(name, status)| (name.as_str(), status));
            let ended = std::iter::once((UNNAMED, value)).chain(named).filter_map(|(name, status)| {
                let mut ended = status.pointer("/state/termination")?.clone();
                if ended.get("reason").and_then(Value::as_str) == Some("OOM Killed") {
                    ended.as_object_mut()?.insert("reason".to_owned(), json!("OOMKilled"));
                }
                Some(json!({ "name": name, "state": { "terminated": ended } }))
            });
            let ended: Vec<Value> = ended.collect();
            if ended.is_empty() { None } else { pod(json!(ended)) }
        }
        _ => None,
    }
}

/// True for the states of containers that were cut out of a pod's object.
pub(super) fn is_excerpt(has: impl Fn(&str) -> bool) -> bool {
    (has("termination") && has("exitCode") && has("reason") && has("state"))
        || has("terminated") && has("exitCode") && has("reason") && (has("lastState") || has("containerID"))
}

fn is_pod(object: &Value) -> bool {
    text(object, "/kind") == Some("Pod")
        || object.pointer("/spec/containers").is_some()
        || object.pointer("/status/containerStatuses").is_some()
}

pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

struct Reader<'a, 'i> {
    input: &'a Input<'i>,
    evidence: &'a mut Evidence,
    /// How the document writes a name.
    written: fn(&str) -> String,
    left: usize,
    places: Places<'i>,
}

impl Reader<'_, '_> {
    fn pod(&mut self, pod: &Value) {
        let name = text(pod, "/metadata/name").unwrap_or("");
        let at = self.places.next(&(self.written)(name));
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
        for (specs, statuses, role) in LISTS {
            for container in array(pod, specs) {
                let status = array(pod, statuses).find(|status| status.get("name") == container.get("name"));
                self.container(container, status, role, pod);
            }
            // A status alone still says how it ended.
            let is_described =
                |status: &Value| array(pod, specs).any(|spec| spec.get("name") == status.get("name"));
            for status in array(pod, statuses).filter(|status| !is_described(status)) {
                self.container(status, Some(status), role, pod);
            }
        }
    }

    fn container(&mut self, container: &Value, status: Option<&Value>, role: &str, pod: &Value) {
        let Some(name) = text(container, "/name") else { return };
        let pod_uid = text(pod, "/metadata/uid");
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let at = self.places.peek(&(self.written)(name));
        let mut record = self.record(name);
        record.text("pod", text(pod, "/metadata/name").unwrap_or(""), at);
        // An init container that restarts always runs beside the others.
        let is_sidecar = role == "init" && text(container, "/restartPolicy") == Some("Always");
        if !role.is_empty() {
            record.text("role", if is_sidecar { "sidecar" } else { role }, at);
        }
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
        if let Some(status) = status {
            // The ids by which paths of control groups name it.
            let id = text(status, "/containerID").and_then(|id| id.rsplit('/').next());
            for (key, id) in [("containerID", id), ("podUID", pod_uid)] {
                if let Some(id) = id.filter(|id| id.len() >= LEAST_ID) {
                    record.text(key, id, at);
                }
            }
            states(status, &mut record, at);
        }
        record.finish();
    }

    fn event(&mut self, event: &Value) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let reason = text(event, "/reason").unwrap_or("");
        let at = self.places.next(reason);
        events::of_object(event).store(self.input, self.evidence, at);
    }

    fn record(&mut self, level: &str) -> RecordBuilder<'_> {
        let parts = NameParts { level: level.to_owned(), ..NameParts::of(self.input.path, "pod") };
        RecordBuilder::with_parts(self.input, self.evidence, RecordKind::Pod, "pod", &parts)
    }
}

pub(super) fn array<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn amount(value: &Value) -> Option<i64> {
    value.as_str().map_or_else(|| value.as_i64(), quantity::parse)
}

/// How often it restarted, and its state now and the time before.
fn states(status: &Value, record: &mut RecordBuilder<'_>, at: Position) {
    if let Some(restarts) = status.get("restartCount").and_then(Value::as_i64) {
        record.figure("restartCount", restarts, Unit::Count, at);
    }
    for state in ["state", "lastState"] {
        for kind in ["running", "waiting", "terminated"] {
            let Some(value) = status.pointer(&format!("/{state}/{kind}")) else { continue };
            record.text(state, kind, at);
            for key in ["exitCode", "signal"] {
                if let Some(number) = value.get(key).and_then(Value::as_i64) {
                    record.figure(&format!("{state}.{key}"), number, Unit::Count, at);
                }
            }
            for key in ["reason", "startedAt", "finishedAt", "message"] {
                if let Some(value) = value.get(key).and_then(Value::as_str) {
                    record.text(&format!("{state}.{key}"), value, at);
                }
            }
        }
    }
}
