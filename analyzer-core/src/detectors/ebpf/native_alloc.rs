//! `ebpf.native.alloc`: who calls libc's allocator, by a map of bpftrace.

use std::collections::BTreeMap;

use super::{needs, subject};
use crate::analysis::tools::{cite, functions, is_allocator, path};
use crate::base::convert::clamp_i64;
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::base::units::{Bytes, Unit};
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::probes::MapEntry;
use crate::report::number_format::{bytes, counted, percent};
use crate::report::{Amount, Confidence, Finding, Severity};

/// Bytes from which it is worth a word.
const LEAST_BYTES: i64 = 1 << 20;
/// Stacks that are told.
const TOLD: usize = 3;

const ALLOC: Rule = Rule {
    code: "ebpf.native.alloc",
    severity: Severity::Info,
    title: "Native allocations by caller",
    meaning: "Bytes that cgo and C libraries allocated with malloc while a script traced it, by caller. This is not the amount in use.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[ALLOC],
    missing_inputs: |case| {
        needs(
            &case.evidence.probes.entries,
            "a bpftrace map of bytes by ustack at malloc (uprobe), with -f json",
        )
    },
    detect: |case: &Case<'_>| {
        let mut maps: BTreeMap<(SourceId, StrId), Vec<&MapEntry>> = BTreeMap::new();
        for entry in case.evidence.probes.entries.iter().filter(|entry| is_allocation(case, entry)) {
            maps.entry((entry.source, entry.map)).or_default().push(entry);
        }
        maps.into_values().filter_map(|entries| tell(case, entries)).collect()
    },
};

/// True for bytes whose stack ends in an allocator of libc.
fn is_allocation(case: &Case<'_>, entry: &MapEntry) -> bool {
    let leaf = functions(case.evidence, entry.stack).next();
    entry.unit == Unit::Bytes && leaf.is_some_and(is_allocator)
}

fn tell(case: &Case<'_>, mut entries: Vec<&MapEntry>) -> Option<Finding> {
    entries.order_by(|a, b| b.value.cmp(&a.value).then(a.at.cmp(&b.at)).then(a.stack.cmp(&b.stack)));
    let total = entries.iter().fold(0_i64, |sum, entry| sum.saturating_add(entry.value));
    let first = entries.first()?;
    if total < LEAST_BYTES {
        return None;
    }
    let shares: Vec<String> = entries
        .iter()
        .take(TOLD)
        .map(|entry| {
            let share = percent(entry.value, total);
            format!("{} ({}, {share})", path(case.evidence, entry.stack), bytes(Bytes(entry.value)))
        })
        .collect();
    let more = entries.len().saturating_sub(TOLD);
    let more = if more > 0 {
        format!(", and {} more", counted(crate::base::convert::to_u64(more), "stack", "stacks"))
    } else {
        String::new()
    };
    let name = case.evidence.strings.get(first.map);
    let draft = Draft {
        rule: ALLOC,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "A map of bytes whose stacks end in libc's allocator, with at least {}.",
            bytes(Bytes(LEAST_BYTES))
        ),
        title: ALLOC.title.to_owned(),
        claim: format!(
            "While {name} was counted, native code allocated {}: {}{more}.",
            bytes(Bytes(total)),
            shares.join(", ")
        ),
        amount: Some(Amount::exact(total, Unit::Bytes)),
        citations: entries
            .iter()
            .take(TOLD)
            .map(|entry| cite(entry.source, entry.at, name, clamp_i64(i128::from(entry.value)), Unit::Bytes))
            .collect(),
        against: list(&[
            "This is what was allocated, not what is in use: a map of malloc alone does not show what was freed.",
        ]),
        advice: list(&[
            "Compare it with the process's native memory (smaps). If that grows, run memleak -p PID and keep at least two of its lists.",
        ]),
    };
    draft.about(subject(case, first.source))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    fn map(name: &str, leaf: &str, bytes: u64) -> String {
        format!(
            "{{\"type\": \"map\", \"data\": {{\"{name}\": {{\"\\n    {leaf}+0\\n    runtime.cgocall+117\\n    main._Cfunc_decode.abi0+69\\n    main.decode+26\\n\": {bytes}, \"\\n    {leaf}+0\\n    runtime.cgocall+117\\n    main._Cfunc_decode.abi0+69\\n    main.decode+26\\n\": {bytes}}}}}}}\n"
        )
    }

    #[test]
    fn bytes_at_malloc_are_told_by_go_caller() {
        let found = check(
            "ebpf",
            &[("x.json", &*map("@bytes", "__GI___libc_malloc", 5 << 20))],
            &["ebpf.native.alloc"],
        );
        assert_eq!(verdicts(&found), [(Info, Certain, Some(10 << 20))]);
        assert!(found[0].claim.contains("main.decode via main._Cfunc_decode (10"), "{}", found[0].claim);
        for leaf in ["malloc", "calloc"] {
            check("ebpf", &[("x.json", &*map("@malloc_bytes", leaf, 5 << 20))], &["ebpf.native.alloc"]);
        }
    }

    #[test]
    fn counts_little_and_other_functions_are_not_this() {
        for (name, leaf, bytes) in
            [("@n", "malloc", 5 << 20), ("@bytes", "malloc", 1 << 10), ("@bytes", "vfs_read", 5 << 20)]
        {
            check("ebpf.native.alloc", &[("x.json", &*map(name, leaf, bytes))], &[]);
        }
    }
}
