//! The secrets of pods: every name, label, annotation, argument, address and
//! variable; what stays is amounts, times, and the API's own words.

use super::objects::VARIABLES;
use super::top::MEMORY;
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, walk_json};

type Outcome = Result<(), &'static str>;

/// Members whose texts are words of the API, amounts or times.
const KEPT: [&str; 27] = [
    "apiVersion",
    "kind",
    "phase",
    "reason",
    "type",
    "status",
    "qosClass",
    "restartPolicy",
    "dnsPolicy",
    "preemptionPolicy",
    "imagePullPolicy",
    "terminationMessagePolicy",
    "protocol",
    "medium",
    "sizeLimit",
    "resource",
    "divisor",
    "fieldPath",
    "effect",
    "operator",
    "startTime",
    "startedAt",
    "finishedAt",
    "creationTimestamp",
    "lastTransitionTime",
    "lastProbeTime",
    "deletionTimestamp",
];

/// Members that hold amounts by resource.
const AMOUNTS: [&str; 4] = ["limits", "requests", "allocatedResources", "capacity"];

/// Members whose keys are the user's.
const FREE_KEYS: [&str; 6] =
    ["labels", "annotations", "matchLabels", "nodeSelector", "managedFields", "data"];

/// Marks a pod, or a list of pods.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut variable: &[u8] = b"";
    walk_json(input.bytes, &mut |keys, part, text| {
        let is_under =
            |names: &[&str]| keys.iter().any(|key| names.iter().any(|name| name.as_bytes() == *key));
        let own = keys.last().copied().unwrap_or_default();
        let parent = keys.iter().rev().nth(1).copied().unwrap_or_default();
        if part == Part::Key {
            if is_under(&FREE_KEYS) {
                marks.quoted(text, Kind::Label);
            }
            return;
        }
        let is_free = is_under(&FREE_KEYS);
        let is_amount = AMOUNTS.iter().any(|name| name.as_bytes() == parent);
        let is_word = KEPT.iter().any(|name| name.as_bytes() == own) && !text.contains(&b' ');
        if !is_free && (is_amount || is_word) {
            return;
        }
        match own {
            b"name" if parent == b"env" => variable = text,
            b"value" if parent == b"env" => {
                if !VARIABLES.iter().any(|name| name.as_bytes() == variable) {
                    marks.quoted(text, Kind::Environment);
                }
            }
            b"args" | b"command" => marks.quoted(text, Kind::Argument),
            _ if is_free => marks.quoted(text, Kind::Label),
            _ => marks.quoted(text, Kind::Name),
        }
    })
}

/// Marks the names in the table of `kubectl top`.
pub(super) fn top(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        if text.contains(MEMORY) {
            continue;
        }
        let is_amount = |cell: &&str| cell.starts_with(|c: char| c.is_ascii_digit()) && cell.len() <= 16;
        let names = text.split_whitespace().filter(|cell| !is_amount(cell));
        if text.split_whitespace().filter(is_amount).count() == 0 {
            marks.blank(line.bytes);
            continue;
        }
        for name in names {
            marks.words(name.as_bytes(), Kind::Name);
        }
    }
    Ok(())
}

/// Names in YAML are not told from what is harmless.
pub(super) fn yaml(_: &Input<'_>, _: &mut Marks<'_>) -> Outcome {
    Err("names in YAML are not told apart; save the pod with kubectl get pod NAME -o json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::redaction;

    fn shown(text: &str, mark: fn(&Input<'_>, &mut Marks<'_>) -> Outcome) -> String {
        redaction::shown(text, b'*', |input, marks| mark(input, marks).unwrap())
    }

    #[test]
    fn a_pod_keeps_amounts_and_how_it_ended() {
        let text = r#"{"kind": "Pod", "metadata": {"name": "api-7d", "labels": {"team": "a"}},
            "spec": {"containers": [{"name": "api", "args": ["-t=1"], "resources": {"limits": {"memory": "1Gi"}},
            "env": [{"name": "GOGC", "value": "50"}, {"name": "TOKEN", "value": "abc"}]}]},
            "status": {"reason": "OOMKilled", "hostIP": "10.0.0.1", "message": "on host x"}}"#;
        let expected = r#"{"kind": "Pod", "metadata": {"name": "***-**", "labels": {"****": "*"}},
            "spec": {"containers": [{"name": "***", "args": ["-*=*"], "resources": {"limits": {"memory": "1Gi"}},
            "env": [{"name": "GOGC", "value": "50"}, {"name": "TOKEN", "value": "***"}]}]},
            "status": {"reason": "OOMKilled", "hostIP": "**.*.*.*", "message": "** **** *"}}"#;
        assert_eq!(shown(text, json), expected);
    }

    #[test]
    fn a_table_keeps_amounts() {
        let text = "POD      NAME  CPU(cores)   MEMORY(bytes)\napi-7d   api   12m          24Mi\n";
        assert_eq!(shown(text, top), text.replace("api-7d   api", "***-**   ***"));
    }
}
