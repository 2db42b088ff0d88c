//! The memory truth of a service, from its `truth.json`.

use serde_json::Value;

const MIB: i64 = 1 << 20;

/// A finding that must be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What was planted.
    pub name: String,
    /// Codes of which one must be found.
    pub codes: Vec<String>,
    /// Least and greatest true amount in the finding's own unit; `None` if only the name is judged.
    pub amount: Option<(i64, i64)>,
}

/// What a service's truth asks for.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Findings that must be there.
    pub wanted: Vec<Wanted>,
    /// True if no warning may be given at all.
    pub is_healthy: bool,
}

/// Kinds of planted memory that one finding covers together.
struct Family {
    kinds: &'static [&'static str],
    codes: &'static [&'static str],
    /// What allocators and the program itself may add: a share in percent and MiB.
    slack: (i64, i64),
}

const FAMILIES: [Family; 4] = [
    Family { kinds: &["mmap-anon", "mmap-dontneed", "c-malloc"], codes: &["mem.native"], slack: (2, 3) },
    Family { kinds: &["page-cache", "mapped-file"], codes: &["mem.cache.dominant"], slack: (2, 16) },
    Family { kinds: &["shmem", "tmpfs"], codes: &["mem.shmem"], slack: (1, 2) },
    Family { kinds: &["gc-pacing"], codes: &["mem.risk.pacing", "mem.overshoot"], slack: (0, 0) },
];

/// What kills or hangs a service says more than that its heap grew.
const HEAP_LEAK: [&str; 4] =
    ["mem.leak.trend", "mem.oom.cgroup", "mem.limit_livelock", "mem.risk.unreclaimable"];

/// Reads what a truth asks for; `None` if it has no plants.
pub fn wants(truth: &Value) -> Option<Wants> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(crashes) = crashes(truth) {
        return Some(crashes);
    }
    let planted: Vec<&Value> = truth.get("planted")?.as_array()?.iter().collect();
    let is_expected = |plant: &&&Value| {
        let id = text(plant, "id");
        ["must_report", "should_explain"].iter().any(|list| {
            truth
                .get(list)
                .and_then(Value::as_array)
                .is_some_and(|ids| ids.iter().any(|of| of.as_str() == Some(&id)))
        })
    };
    let mut wants = Wants { wanted: Vec::new(), is_healthy: text(truth, "verdict") == "healthy" };
    let expected: Vec<&&Value> = planted.iter().filter(is_expected).collect();
    for family in &FAMILIES {
        let of_family: Vec<&&&Value> =
            expected.iter().filter(|plant| family.kinds.contains(&text(plant, "kind").as_str())).collect();
        if of_family.is_empty() {
            continue;
        }
        let total: i64 = of_family.iter().filter_map(|plant| last_bytes(plant)).sum();
        let (share, room) = family.slack;
        // Some plants have no amount of their own.
        let judged = (room > 0 || share > 0) && total > 0;
        wants.wanted.push(Wanted {
            name: of_family.iter().map(|plant| text(plant, "id")).collect::<Vec<_>>().join("+"),
            codes: family.codes.iter().map(|&code| code.to_owned()).collect(),
            amount: judged.then(|| (total, total + total / 100 * share + room * MIB)),
        });
    }
    let is_heap_leak = |plant: &&&&Value| text(plant, "kind") == "go-heap" && text(plant, "expect") == "leak";
    if let Some(leak) = expected.iter().find(is_heap_leak) {
        let codes = HEAP_LEAK.iter().map(|&code| code.to_owned()).collect();
        wants.wanted.push(Wanted { name: text(leak, "id"), codes, amount: None });
    }
    let by_id = [("stacks", "mem.stacks"), ("finalizer", "mem.finalizer")];
    for (part, code) in by_id {
        if let Some(plant) = expected.iter().find(|plant| text(plant, "id").contains(part)) {
            wants.wanted.push(Wanted { name: text(plant, "id"), codes: vec![code.to_owned()], amount: None });
        }
    }
    Some(wants)
}

/// A folder of crash reports: those that ran out of memory must be named.
fn crashes(truth: &Value) -> Option<Wants> {
    if truth.get("planted").is_some() {
        return None;
    }
    let files = truth.get("files")?.as_array()?;
    let first_line =
        |file: &Value| file.get("first_line").and_then(Value::as_str).unwrap_or_default().to_owned();
    let refused = files.iter().find(|file| first_line(file).contains("out of memory"))?;
    let name = refused.get("file").and_then(Value::as_str).unwrap_or_default().to_owned();
    let wanted = Wanted { name, codes: vec!["mem.go.enomem".to_owned()], amount: None };
    Some(Wants { wanted: vec![wanted], is_healthy: true })
}

/// Bytes of a plant at its last snapshot.
fn last_bytes(plant: &Value) -> Option<i64> {
    let at = plant.get("at")?.as_object()?;
    let last = at.keys().max()?;
    at.get(last)?.get("bytes")?.as_i64()
}
