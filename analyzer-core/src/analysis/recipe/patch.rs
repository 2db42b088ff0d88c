//! The changed lines as a text to copy: a strategic merge patch of a Kubernetes object, an override of a
//! compose file, flags for an engine.

use std::fmt::Write as _;

use crate::evidence::recipe::{Container, Dialect};
use crate::report::{RecipeChange, RecipeFactId};

/// The patch and how it is used; both empty where the format has no such text, or nothing changes.
pub(super) fn write(container: &Container, changes: &[RecipeChange]) -> (String, String) {
    if changes.is_empty() {
        return (String::new(), String::new());
    }
    match container.dialect {
        Dialect::Kubernetes => kubernetes(container, changes),
        Dialect::Compose => {
            (compose(container, changes), "docker compose -f compose.yaml -f fix.yaml up".to_owned())
        }
        Dialect::Inspect => (flags(changes), "flags of docker run for the new container".to_owned()),
        Dialect::Runtime | Dialect::Image => (String::new(), String::new()),
    }
}

/// Lines under their indent.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, indent: usize, text: &str) {
        // A String takes whatever is written to it.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }
}

fn find(changes: &[RecipeChange], id: RecipeFactId) -> Option<&RecipeChange> {
    changes.iter().find(|change| change.id == id)
}

/// Changes of variables, and their new values.
fn variables(changes: &[RecipeChange]) -> impl Iterator<Item = (&'static str, &RecipeChange)> {
    let is_variable =
        |id| matches!(id, RecipeFactId::Gomemlimit | RecipeFactId::Gogc | RecipeFactId::Gomaxprocs);
    changes.iter().filter(move |change| is_variable(change.id)).map(|change| (change.id.label(), change))
}

fn kubernetes(container: &Container, changes: &[RecipeChange]) -> (String, String) {
    let (kind, name) = container.workload.split_once('/').unwrap_or(("Pod", ""));
    let (version, path): (&str, &[&str]) = match kind {
        "Pod" => ("v1", &["spec"]),
        "CronJob" => ("batch/v1", &["spec", "jobTemplate", "spec", "template", "spec"]),
        "Job" => ("batch/v1", &["spec", "template", "spec"]),
        "PodTemplate" => ("v1", &["template", "spec"]),
        "ReplicationController" => ("v1", &["spec", "template", "spec"]),
        "Rollout" => ("argoproj.io/v1alpha1", &["spec", "template", "spec"]),
        _ => ("apps/v1", &["spec", "template", "spec"]),
    };
    let mut out = Lines::default();
    out.line(0, &format!("apiVersion: {version}"));
    out.line(0, &format!("kind: {kind}"));
    out.line(0, "metadata:");
    out.line(2, &format!("name: {}", scalar(name)));
    if !container.namespace.is_empty() {
        out.line(2, &format!("namespace: {}", scalar(&container.namespace)));
    }
    for (depth, key) in path.iter().enumerate() {
        out.line(depth * 2, &format!("{key}:"));
    }
    let indent = path.len() * 2;
    if let Some(grace) = find(changes, RecipeFactId::Grace).and_then(|change| change.to.as_ref()) {
        out.line(indent, &format!("terminationGracePeriodSeconds: {grace}"));
    }
    if changes.iter().any(|change| change.id != RecipeFactId::Grace) {
        out.line(indent, "containers:");
        out.line(indent, &format!("- name: {}", scalar(&container.name)));
        of_container(&mut out, indent + 2, changes);
    }
    let space =
        if container.namespace.is_empty() { String::new() } else { format!(" -n {}", container.namespace) };
    let apply = if kind == "Pod" {
        "merge it into the pod template: the limits of a running pod cannot be changed this way".to_owned()
    } else {
        format!("kubectl patch {} {name}{space} --patch-file fix.yaml", kind.to_ascii_lowercase())
    };
    (out.text, apply)
}

fn of_container(out: &mut Lines, indent: usize, changes: &[RecipeChange]) {
    for (index, (name, change)) in variables(changes).enumerate() {
        if index == 0 {
            out.line(indent, "env:");
        }
        out.line(indent, &format!("- name: {name}"));
        match &change.to {
            Some(value) => out.line(indent + 2, &format!("value: \"{value}\"")),
            None => out.line(indent + 2, "$patch: delete"),
        }
        // A merge keeps what is not named: value and valueFrom exclude each other.
        if change.from.as_deref().is_some_and(|from| from.contains('.')) && change.to.is_some() {
            out.line(indent + 2, "valueFrom: null");
        }
    }
    let limit = find(changes, RecipeFactId::MemoryLimit).and_then(|change| change.to.as_ref());
    let request = find(changes, RecipeFactId::MemoryRequest).and_then(|change| change.to.as_ref());
    if limit.is_some() || request.is_some() {
        out.line(indent, "resources:");
    }
    for (list, value) in [("limits", limit), ("requests", request)] {
        if let Some(value) = value {
            out.line(indent + 2, &format!("{list}:"));
            out.line(indent + 4, &format!("memory: {value}"));
        }
    }
}

fn compose(container: &Container, changes: &[RecipeChange]) -> String {
    let mut out = Lines::default();
    out.line(0, "services:");
    out.line(2, &format!("{}:", scalar(&container.name)));
    for (index, (name, change)) in variables(changes).enumerate() {
        if index == 0 {
            out.line(4, "environment:");
        }
        let value =
            change.to.as_ref().map_or_else(|| "!reset null".to_owned(), |value| format!("\"{value}\""));
        out.line(6, &format!("{name}: {value}"));
    }
    if let Some(limit) = find(changes, RecipeFactId::MemoryLimit).and_then(|change| change.to.as_ref()) {
        if container.has_deploy_limits {
            for (depth, key) in ["deploy", "resources", "limits"].iter().enumerate() {
                out.line(4 + depth * 2, &format!("{key}:"));
            }
            out.line(10, &format!("memory: {limit}"));
        } else {
            out.line(4, &format!("mem_limit: {limit}"));
        }
    }
    out.text
}

fn flags(changes: &[RecipeChange]) -> String {
    let mut out = Lines::default();
    for (name, change) in variables(changes) {
        match &change.to {
            Some(value) => out.line(0, &format!("--env {name}={value}")),
            None => out.line(0, &format!("# without --env {name}")),
        }
    }
    if let Some(limit) = find(changes, RecipeFactId::MemoryLimit).and_then(|change| change.to.as_ref()) {
        out.line(0, &format!("--memory {limit}"));
    }
    out.text
}

/// A name as YAML takes it: plain where that is safe.
fn scalar(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_safe);
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if is_name && !is_word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
