//! Of pods, amounts, times and the API's own words stay; names, labels,
//! annotations, arguments, addresses and variables do not.

use super::objects::VARIABLES;
use super::top::MEMORY;
use crate::base::source::Input;
use crate::formats::proc::is_setting;
use crate::formats::record::text_lines;
use crate::formats::redaction::{API, Kind, Marks, Part, Verdict, all_in, is_amount, is_time, walk_json};
use crate::formats::tables::wide_cells;

type Outcome = Result<(), &'static str>;

/// Members of the API that are read, or that say what a part is.
const MEMBERS: &str = "\
    apiVersion kind metadata name namespace uid creationTimestamp deletionTimestamp generation resourceVersion labels \
    annotations ownerReferences controller spec nodeName containers initContainers ephemeralContainers image args command \
    env value valueFrom resourceFieldRef fieldRef resource divisor fieldPath resources limits requests memory cpu \
    ephemeral-storage volumes emptyDir medium sizeLimit restartPolicy status phase reason message qosClass hostIP podIP \
    startTime conditions type lastTransitionTime lastProbeTime containerStatuses initContainerStatuses \
    ephemeralContainerStatuses containerID imageID restartCount ready started state lastState running waiting terminated \
    exitCode signal startedAt finishedAt items count firstTimestamp lastTimestamp eventTime involvedObject regarding note \
    series lastObservedTime deprecatedCount deprecatedLastTimestamp deprecatedFirstTimestamp source component host \
    reportingComponent reportingInstance allocatedResources capacity allocatable priority terminationGracePeriodSeconds \
    volumeMounts mountPath ports containerPort hostPort lifecycle preStop sleep seconds protocol tolerations operator effect key securityContext dnsPolicy";

/// Members whose values are words of the API.
const WORDS: &str = "apiVersion kind phase reason type status qosClass restartPolicy dnsPolicy preemptionPolicy \
    imagePullPolicy terminationMessagePolicy protocol medium resource effect operator fieldPath";

/// Members whose values are times.
const TIMES: &str = "startTime startedAt finishedAt creationTimestamp lastTransitionTime lastProbeTime deletionTimestamp \
    firstTimestamp lastTimestamp eventTime lastObservedTime deprecatedLastTimestamp deprecatedFirstTimestamp";

/// Members whose numbers are figures.
const FIGURES: &str = "restartCount exitCode signal count deprecatedCount generation priority \
    terminationGracePeriodSeconds memory cpu ephemeral-storage sizeLimit divisor";

/// Members below which everything is the user's.
const FREE: [&str; 9] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "managedFields",
    "data",
    "csi",
    "tolerations",
    "overhead",
];

/// Marks a pod, or a list of pods.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut variable: Vec<u8> = Vec::new();
    walk_json(input.bytes, marks, &mut |marks, keys, part, text| {
        let own = keys.last().copied().unwrap_or_default();
        let parent = keys.iter().rev().nth(1).copied().unwrap_or_default();
        let is_free = keys.iter().any(|key| FREE.iter().any(|name| name.as_bytes() == *key));
        let has =
            |list: &str, word: &[u8]| list.split_ascii_whitespace().any(|known| known.as_bytes() == word);
        match part {
            _ if is_free => Verdict::Replace(Kind::Label),
            Part::Key if has(MEMBERS, text) => Verdict::Keep,
            Part::Key => Verdict::Replace(Kind::Label),
            Part::Number | Part::Value if has(FIGURES, own) && is_amount(text) => Verdict::Keep,
            Part::Number => Verdict::Replace(Kind::Label),
            Part::Value if has(TIMES, own) && is_time(text) => Verdict::Keep,
            Part::Value if has(WORDS, own) && all_in(text, &API) => Verdict::Keep,
            Part::Value if own == b"name" && parent == b"env" => {
                variable = text.to_vec();
                let is_own = VARIABLES.iter().any(|name| name.as_bytes() == text);
                if is_own { Verdict::Keep } else { Verdict::Replace(Kind::Environment) }
            }
            Part::Value if own == b"value" && parent == b"env" => {
                let is_own = VARIABLES.iter().any(|name| name.as_bytes() == variable);
                if is_own && is_setting(&variable, text) {
                    Verdict::Keep
                } else {
                    Verdict::Replace(Kind::Environment)
                }
            }
            // An event's words say what happened.
            Part::Value if matches!(own, b"message" | b"note") => match std::str::from_utf8(text) {
                Ok(text) if !text.contains('\\') => {
                    message(text, marks);
                    Verdict::Done
                }
                _ => Verdict::Replace(Kind::Name),
            },
            Part::Value if matches!(own, b"args" | b"command") => Verdict::Replace(Kind::Argument),
            Part::Value => Verdict::Replace(Kind::Name),
        }
    })
}

/// Keeps the amounts in the table of `kubectl top`, by their columns.
pub(super) fn top(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const TITLES: &str = "NAMESPACE POD NAME CPU cores MEMORY bytes";
    let mut columns: Vec<String> = Vec::new();
    for (_, text) in text_lines(input.bytes) {
        if text.contains(MEMORY) {
            columns = text.split_whitespace().map(str::to_owned).collect();
            marks.words_beside(TITLES, text.as_bytes(), Kind::Label);
            continue;
        }
        for (index, cell) in text.split_whitespace().enumerate() {
            let column = columns.get(index).map_or("", String::as_str);
            if (column.starts_with("CPU") || column.starts_with("MEMORY")) && is_amount(cell.as_bytes()) {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
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

/// True for an amount, a time, an age or a count: `256Mi`, `5m`, `2h3m`, `x12`, `(x5`. A number alone is none if it
/// is long.
fn is_figure(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', ',', '.', ':', 'x', '<', '>', '%']);
    let is_short = word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_sized = is_amount(word.as_bytes()) && word.ends_with(|c: char| c.is_ascii_alphabetic());
    !word.is_empty() && (is_short || is_sized || is_age(word))
}

/// `5m`, `2h3m`, `3d12h`.
fn is_age(word: &str) -> bool {
    let mut parts = word.split_inclusive(|c: char| !c.is_ascii_digit());
    !word.is_empty()
        && word.len() <= 12
        && parts.all(|part| {
            part.strip_suffix(['s', 'm', 'h', 'd', 'y']).is_some_and(|digits| {
                (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
}

fn message(text: &str, marks: &mut Marks<'_>) {
    for word in text.split_whitespace() {
        if is_figure(word) {
            marks.keep(word.as_bytes());
            continue;
        }
        // `anon-rss:180000kB`.
        for part in word.split(':') {
            if part.ends_with("kB") && is_figure(part) {
                marks.keep(part.as_bytes());
            } else {
                marks.words_beside(MESSAGE_WORDS, part.as_bytes(), Kind::Name);
            }
        }
    }
}

/// One row of a table of events: its object, source and message.
fn event(text: &str, marks: &mut Marks<'_>) {
    let cells = || wide_cells(text);
    let Some(kind) = cells().take(3).position(|cell| matches!(cell, "Normal" | "Warning")) else { return };
    for (at, cell) in cells().enumerate() {
        let is_ago =
            || cell.split_whitespace().all(|word| is_figure(word) || word == "over" || word == "ago");
        if at == kind || (at == kind + 1 && all_in(cell.as_bytes(), &API)) || is_ago() {
            marks.keep(cell.as_bytes());
        } else {
            message(cell, marks);
        }
    }
}

/// Marks the objects, sources and messages of a table of events.
pub(super) fn events(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const TITLES: &str = "LAST SEEN TYPE REASON OBJECT MESSAGE NAMESPACE SUBOBJECT SOURCE FIRST COUNT NAME Type Reason Age From \
        Message Events Last Seen Object";
    for (_, text) in text_lines(input.bytes) {
        let upper = text.to_ascii_uppercase();
        let is_header = upper.contains("REASON") && upper.contains("MESSAGE") && upper.contains("TYPE");
        if is_header || text == "Events:" {
            marks.words_beside(TITLES, text.as_bytes(), Kind::Label);
        } else if !text.starts_with("---") {
            event(text, marks);
        }
    }
    Ok(())
}

/// Keeps states, counts and ages of the table of `kubectl get pods`.
pub(super) fn pods(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const TITLES: &str = "NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE NOMINATED READINESS GATES";
    let mut columns: Vec<&str> = Vec::new();
    for (_, text) in text_lines(input.bytes) {
        if super::table::is_header(text) {
            columns = wide_cells(text).collect();
            marks.words_beside(TITLES, text.as_bytes(), Kind::Label);
            continue;
        }
        if columns.is_empty() {
            columns.extend(super::table::columns_of(text).into_iter().flatten());
        }
        for (at, cell) in wide_cells(text).enumerate().filter(|_| !columns.is_empty()) {
            let is_ages =
                || cell.split_whitespace().all(|word| is_figure(word) || word.trim_end_matches(')') == "ago");
            let is_kept = match columns.get(at).copied().unwrap_or("") {
                "READY" => cell.len() <= 7 && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/'),
                "STATUS" => all_in(cell.trim_start_matches("Init:").as_bytes(), &API),
                "RESTARTS" | "AGE" => is_ages(),
                _ => false,
            };
            if is_kept {
                marks.keep(cell.as_bytes());
            } else {
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

/// Keeps what `kubectl describe` says of amounts, states and times.
pub(super) fn prose(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut section = "";
    for (line, text) in text_lines(input.bytes) {
        let (key, value) = text.split_once(':').map_or((text, ""), |(key, value)| (key.trim(), value.trim()));
        let is_title = !line.bytes.starts_with(b" ") && !line.bytes.starts_with(b"\t");
        if is_title {
            section = key;
        }
        let is_variable = VARIABLES.contains(&key);
        let is_heading = TITLES.contains(&key);
        match key {
            _ if section == "Events" && !is_title => event_or_header(text, marks),
            _ if section == "Conditions" && !is_title => condition(text, marks),
            _ if is_variable => {
                marks.keep(key.as_bytes());
                let bare = value.strip_suffix(" (limits.memory)").unwrap_or(value);
                if is_setting(key.as_bytes(), bare.as_bytes()) {
                    marks.keep(value.as_bytes());
                }
            }
            _ if DESCRIBED.contains(&key) || (is_heading && value.is_empty()) => {
                marks.keep(key.as_bytes());
                described(value, marks);
            }
            "Name" | "Namespace" => {
                marks.keep(key.as_bytes());
                marks.words(value.as_bytes(), Kind::Name);
            }
            "Message" => {
                marks.keep(key.as_bytes());
                message(value, marks);
            }
            // A container's, a volume's, or a variable's name.
            _ if value.is_empty() && text.ends_with(':') => marks.words(key.as_bytes(), Kind::Name),
            // The lists of a container's arguments, mounts and the like begin with their titles.
            "Container ID" | "Type" => {
                marks.keep(key.as_bytes());
                match value.split_once("://") {
                    Some((_, id)) => marks.words(id.as_bytes(), Kind::Name),
                    None => described(value, marks),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A value of a known field: words of the API, an amount, a time.
fn described(value: &str, marks: &mut Marks<'_>) {
    const CLOCK: &str = "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    for word in value.split_whitespace() {
        let bare = word.trim_matches([',', '(', ')']);
        let is_zone = matches!(bare.as_bytes(), [b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit));
        let is_known = all_in(bare.as_bytes(), &API)
            || is_amount(bare.as_bytes())
            || is_time(bare.as_bytes())
            || is_zone
            || CLOCK.split(' ').any(|known| known == bare);
        if is_known {
            marks.keep(word.as_bytes());
        } else {
            marks.words(word.as_bytes(), Kind::Name);
        }
    }
}

/// A condition, or the header of their table.
fn condition(text: &str, marks: &mut Marks<'_>) {
    const TITLES: &str = "Type Status LastHeartbeatTime LastTransitionTime Reason Message";
    for (index, cell) in wide_cells(text).enumerate() {
        let is_title = TITLES.split(' ').any(|known| known == cell);
        if is_title || all_in(cell.as_bytes(), &API) {
            marks.keep(cell.as_bytes());
        } else if index < 2 {
            marks.words(cell.as_bytes(), Kind::Name);
        } else {
            message(cell, marks);
        }
    }
}

fn event_or_header(text: &str, marks: &mut Marks<'_>) {
    const TITLES: &str = "Type Reason Age From Message";
    if text.starts_with("Type ") {
        marks.words_beside(TITLES, text.as_bytes(), Kind::Label);
    } else {
        event(text, marks);
    }
}

/// Names in YAML are not told from what is harmless.
pub(super) fn yaml(_: &Input<'_>, _: &mut Marks<'_>) -> Outcome {
    Err("names in YAML cannot be identified; save the pod with kubectl get pod NAME -o json")
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
            "env": [{"name": "GOGC", "value": "50"}, {"name": "*****", "value": "***"}]}]},
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
