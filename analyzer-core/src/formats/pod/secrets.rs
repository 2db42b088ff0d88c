//! The secrets of pods: every name, label, annotation, argument, address and
//! variable; what stays is amounts, times, and the API's own words.

use super::objects::VARIABLES;
use super::top::MEMORY;
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, walk_json};
use crate::formats::tables::wide_cells;

type Outcome = Result<(), &'static str>;

/// Members whose texts are words of the API, amounts or times.
const KEPT: [&str; 30] = [
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
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
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
            // An event's words say what happened.
            b"message" | b"note" if !is_free => match std::str::from_utf8(text) {
                Ok(text) if !text.contains('\\') => message(text, marks),
                _ => marks.quoted(text, Kind::Name),
            },
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

/// Words of the kubelet's, the scheduler's and the kernel's messages that name nobody.
const MESSAGE_WORDS: &str = "\
    A API Attempting Back Container Created DiskPressure Error Evicted Exit Failed Insufficient Killed Killing \
    Liveness Memory MemoryPressure NodeHasInsufficientMemory OOM OOMKilled PIDPressure Pod Readiness Started Startup \
    Successfully Stopping System Tasks The Threshold Unhealthy a after all an and are at available be because been by \
    cgroup container containers context cpu deadline disk due encountered ephemeral error evicted exceeded exceeds \
    exceeding exhausted exit failed failing for from had has have imagefs in inodes inodesFree inside is its kB \
    killed kubelet limit local low memory message no node nodefs nodes not of off on oom or out over pid pids \
    pod pods pressure probe process quantity reclaim reached request requests resource restart restarted restarting \
    rss score adj anon file shmem pgtables UID vm total signal status storage system than that the to triggered until \
    usage used using victim was were which while will with";

/// True for an amount, a time, an age or a count: `256Mi`, `5m`, `2h3m`, `x12`, `(x5`.
fn is_figure(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', ',', '.', ':', 'x', '<', '>', '%']);
    word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 12 && !word.contains(['/', ':', '-', '_'])
}

fn message(text: &str, marks: &mut Marks<'_>) {
    for word in text.split_whitespace().filter(|word| !is_figure(word)) {
        marks.words_beside(MESSAGE_WORDS, word.as_bytes(), Kind::Name);
    }
}

/// One row of a table of events: its object, source and message.
fn event(text: &str, marks: &mut Marks<'_>) {
    let cells = || wide_cells(text);
    let Some(kind) = cells().take(3).position(|cell| matches!(cell, "Normal" | "Warning")) else {
        return marks.blank(text.as_bytes());
    };
    for (at, cell) in cells().enumerate() {
        if at == kind || at == kind + 1 || is_figure(cell.split(' ').next().unwrap_or("")) {
            continue;
        }
        message(cell, marks);
    }
}

/// Marks the objects, sources and messages of a table of events.
pub(super) fn events(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        let upper = text.to_ascii_uppercase();
        let is_header = upper.contains("REASON") && upper.contains("MESSAGE") && upper.contains("TYPE");
        if !is_header && !text.starts_with("---") && text != "Events:" {
            event(text, marks);
        }
    }
    Ok(())
}

/// Marks what the table of `kubectl get pods` has beside states, counts and ages.
pub(super) fn pods(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut columns: Vec<&str> = Vec::new();
    for (line, text) in text_lines(input.bytes) {
        if super::table::is_header(text) {
            columns = wide_cells(text).collect();
            continue;
        }
        if columns.is_empty() {
            marks.blank(line.bytes);
        }
        for (at, cell) in wide_cells(text).enumerate() {
            let column = columns.get(at).copied().unwrap_or("");
            if !matches!(column, "READY" | "STATUS" | "RESTARTS" | "AGE") {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

/// Titles and fields of `kubectl describe` whose values are the API's words, amounts or times.
const DESCRIBED: [&str; 18] = [
    "Status",
    "Reason",
    "State",
    "Last State",
    "Exit Code",
    "Signal",
    "Started",
    "Finished",
    "Ready",
    "Restart Count",
    "QoS Class",
    "memory",
    "cpu",
    "Medium",
    "SizeLimit",
    "Start Time",
    "CreationTimestamp",
    "pods",
];

/// Titles that stand alone and name nobody.
const TITLES: [&str; 14] = [
    "Containers",
    "Init Containers",
    "Ephemeral Containers",
    "Limits",
    "Requests",
    "Environment",
    "Conditions",
    "Volumes",
    "Events",
    "Capacity",
    "Allocatable",
    "Mounts",
    "Addresses",
    "System Info",
];

/// Marks what `kubectl describe` says beside that.
pub(super) fn prose(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut section = "";
    for (line, text) in text_lines(input.bytes) {
        let (key, value) = text.split_once(':').map_or((text, ""), |(key, value)| (key.trim(), value.trim()));
        let is_title = !line.bytes.starts_with(b" ") && !line.bytes.starts_with(b"\t");
        if is_title {
            section = key;
        }
        let is_variable = VARIABLES.contains(&key);
        match key {
            _ if section == "Events" && !is_title => event(text, marks),
            _ if section == "Conditions" && !is_title => message(text, marks),
            _ if DESCRIBED.contains(&key) || (TITLES.contains(&key) && value.is_empty()) || is_variable => {}
            "Name" | "Namespace" => marks.words(value.as_bytes(), Kind::Name),
            "Message" => message(value, marks),
            // A container's, a volume's, or a variable's name.
            _ if value.is_empty() && text.ends_with(':') => marks.words(key.as_bytes(), Kind::Name),
            _ => marks.blank(line.bytes),
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
            "status": {"reason": "OOMKilled", "hostIP": "**.*.*.*", "message": "on **** *"}}"#;
        assert_eq!(shown(text, json), expected);
    }

    #[test]
    fn events_keep_what_happened_and_lose_to_whom() {
        let text = "LAST SEEN   TYPE      REASON      OBJECT        MESSAGE\n5m (x2 over 9m)   Warning   SystemOOM   node/ip-7   System OOM encountered, victim process: shopsvc, pid: 42\n";
        let expected = text.replace("node/ip-7", "node/**-*").replace("shopsvc", "*******");
        assert_eq!(shown(text, events), expected);
        let row = "  Warning  Evicted  5m  kubelet  The node was low on resource: memory. Container shop was using 240Mi, request is 64Mi.\n";
        assert_eq!(shown(row, events), row.replace("shop", "****"));
    }

    #[test]
    fn a_table_of_pods_keeps_states_and_counts() {
        let text = "NAME     READY   STATUS      RESTARTS     AGE   IP         NODE\napi-7d   0/1     OOMKilled   4 (5m ago)   2d    10.1.2.3   ip-7\n";
        let expected = "NAME     READY   STATUS      RESTARTS     AGE   IP         NODE\n***-**   0/1     OOMKilled   4 (5m ago)   2d    **.*.*.*   **-*\n";
        assert_eq!(shown(text, pods), expected);
    }

    #[test]
    fn a_description_keeps_amounts_and_how_it_ended() {
        let text = "Name:         api-7d\nNode:         ip-7/10.1.2.3\nContainers:\n  shop:\n    Image:  acme/shop:1\n    Last State:  Terminated\n      Reason:    OOMKilled\n      Exit Code: 137\n    Limits:\n      memory:  256Mi\n    Environment:\n      GOGC:   50\n      TOKEN:  abc\n";
        let expected = "Name:         ***-**\nxxxx:         xx-x/xx.x.x.x\nContainers:\n  ****:\n    xxxxx:  xxxx/xxxx:x\n    Last State:  Terminated\n      Reason:    OOMKilled\n      Exit Code: 137\n    Limits:\n      memory:  256Mi\n    Environment:\n      GOGC:   50\n      xxxxx:  xxx\n";
        assert_eq!(shown(text, prose), expected);
    }

    #[test]
    fn a_table_keeps_amounts() {
        let text = "POD      NAME  CPU(cores)   MEMORY(bytes)\napi-7d   api   12m          24Mi\n";
        assert_eq!(shown(text, top), text.replace("api-7d   api", "***-**   ***"));
    }
}
