//! `mem.hugetlb`, `mem.locked`, `mem.cow`: memory of unusual kinds.

use super::support::{Draft, LEAST_EFFECT, Reclaim, exact, latest, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::ledger::charged_hugetlb;
use crate::analysis::memory::mappings::MappingClass;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::vmas::VmaField;
use crate::report::{Confidence, Finding, Severity};

const HUGETLB: Rule = Rule {
    code: "mem.hugetlb",
    severity: Severity::Info,
    title: "hugetlb pages",
    meaning: "Pages of the hugetlb pool are in use. Most memory metrics do not include them.",
};

const LOCKED: Rule = Rule {
    code: "mem.locked",
    severity: Severity::Info,
    title: "Locked memory",
    meaning: "Locked pages (mlock, ramfs) cannot be reclaimed, even if they are page cache.",
};

const COW: Rule = Rule {
    code: "mem.cow",
    severity: Severity::Info,
    title: "Private copies of mapped file pages",
    meaning: "The process writes to private file mappings, and each written page becomes anonymous memory.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[HUGETLB, LOCKED, COW],
    missing_inputs: |case| {
        needs(case, usable, &["the cgroup's memory.stat and hugetlb files, or /proc/PID/smaps"])
    },
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        latest
            .into_iter()
            .flat_map(|reviewed| [hugetlb(reviewed), locked(reviewed), copied(reviewed)])
            .flatten()
            .collect()
    },
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.cgroup.is_some() || reviewed.moment.process.is_some()
}

fn info(
    reviewed: &Reviewed<'_>,
    rule: Rule,
    claim: String,
    amount: &Term,
    reclaim: Reclaim,
    advice: &[&str],
) -> Option<Finding> {
    let draft = Draft {
        rule,
        reclaim: Some(reclaim),
        condition: format!("The amount is at least {}.", text(LEAST_EFFECT.0)),
        severity: rule.severity,
        confidence: Confidence::Certain,
        title: rule.title.to_owned(),
        claim,
        amount: exact(amount.value),
        citations: amount.from.clone(),
        against: Vec::new(),
        advice: list(advice),
    };
    draft.about(reviewed.moment.subject)
}

/// Pages of the hugetlb pool are in neither RSS nor, mostly, the charge.
fn hugetlb(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let process = || {
        let process = reviewed.moment.process.as_ref()?;
        Some(
            &process.class_sum_all(VmaField::SharedHugetlb)?
                + &process.class_sum_all(VmaField::PrivateHugetlb)?,
        )
    };
    let cgroup = reviewed.moment.cgroup.as_ref();
    let used = cgroup.and_then(|cgroup| cgroup.hugetlb_current.clone()).or_else(process)?;
    if used.value < LEAST_EFFECT.0 {
        return None;
    }
    let is_charged = cgroup.and_then(charged_hugetlb).is_some();
    let (where_to, verdict) = if is_charged {
        ("charged to the container here, because the memory controller accounts hugetlb", Reclaim::Stays)
    } else {
        ("included neither in RSS nor in the charge", Reclaim::NotCharged)
    };
    let claim = format!("{} of hugetlb pages is in use, {where_to}.", text(used.value));
    info(reviewed, HUGETLB, claim, &used, verdict, &[])
}

/// Locked pages stay, file pages too.
fn locked(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let unevictable = reviewed.moment.cgroup.as_ref()?.unevictable.as_ref()?;
    if unevictable.value < LEAST_EFFECT.0 {
        return None;
    }
    let claim = format!(
        "{} is locked in memory (mlock, ramfs) and cannot be reclaimed, even if it is page cache.",
        text(unevictable.value)
    );
    info(reviewed, LOCKED, claim, unevictable, Reclaim::Stays, &["Look for mlock calls and ramfs mounts."])
}

/// Private file mappings that are written to: each written page is copied.
fn copied(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let process = reviewed.moment.process.as_ref()?;
    let mappings = process.mappings.as_ref()?;
    let from_files: i64 = [MappingClass::ExecutableData, MappingClass::Executable, MappingClass::File]
        .into_iter()
        .flat_map(|class| mappings.rows_of(class))
        .filter(|&row| mappings.vmas.traits.get(row).is_some_and(|traits| traits.is_file))
        .map(|row| mappings.vmas.figure(row, VmaField::Anonymous).0)
        .sum();
    if from_files < LEAST_EFFECT.0 {
        return None;
    }
    let amount = process.executable_anon()?.with_value(from_files);
    let claim = format!(
        "{} is private copies of pages of mapped files that the process wrote to: they are anonymous memory although a file is mapped.",
        text(from_files)
    );
    info(
        reviewed,
        COW,
        claim,
        &amount,
        Reclaim::Stays,
        &["Map the file as shared or read-only if private copies are not needed."],
    )
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Reclaim::{NotCharged, Stays};
    use crate::report::Severity::Info;

    const VERDICT: [(crate::report::Severity, crate::report::Confidence, Option<i64>); 1] =
        [(Info, Certain, Some(16 << 20))];

    #[test]
    fn huge_pages_of_the_pool_are_charged_only_where_the_charge_has_room() {
        let stat = ("memory.stat", "anon <1MiB>\nfile 0\nfile_mapped 0\n");
        for (current, reclaim) in [("<17MiB>", Stays), ("<17MiB-1>", NotCharged)] {
            let files = [("memory.current", current), stat, ("hugetlb.2MB.current", "<16MiB>")];
            let found = check("mem.hugetlb", &files, &["mem.hugetlb"]);
            assert_eq!(verdicts(&found), VERDICT);
            assert!(found.iter().all(|finding| finding.reclaim == Some(reclaim)));
        }
        check("mem.hugetlb", &[("memory.current", "<17MiB>"), ("hugetlb.2MB.current", "<16MiB-1>")], &[]);
    }

    #[test]
    fn huge_pages_are_counted_by_mappings_too() {
        let smaps = |private: &str| {
            format!(
                "7f0000000000-7f0010000000 rw-s 00000000 00:0f 9 /anon_hugepage\nSize: 1024 kB\nRss: 0 kB\n\
                 Shared_Hugetlb: <8MiB kB>\nPrivate_Hugetlb: {private}\n"
            )
        };
        let found = check("mem.hugetlb", &[("smaps", &*smaps("<8MiB kB>"))], &["mem.hugetlb"]);
        assert_eq!(verdicts(&found), VERDICT);
        check("mem.hugetlb", &[("smaps", &*smaps("<8MiB-4 kB>"))], &[]);
    }

    #[test]
    fn locked_pages_are_said_from_sixteen_megabytes_on() {
        let stat = |locked| format!("anon 0\nfile 0\nfile_mapped 0\nunevictable {locked}\n");
        let found = check("mem.locked", &[("memory.stat", &*stat("<16MiB>"))], &["mem.locked"]);
        assert_eq!(verdicts(&found), VERDICT);
        check("mem.locked", &[("memory.stat", &*stat("<16MiB-1>"))], &[]);
    }

    #[test]
    fn copied_pages_are_those_of_private_file_mappings_not_of_bss() {
        let smaps = |copied: &str| {
            format!(
                "00400000-10000000 rw-p 00000000 fe:00 7 /srv/index.db\nSize: 4 kB\nAnonymous: {copied}\n\
                 10000000-20000000 rw-p 00000000 00:00 0\nSize: 4 kB\nAnonymous: <64MiB kB>\n"
            )
        };
        let found = check("mem.cow", &[("smaps", &*smaps("<16MiB kB>"))], &["mem.cow"]);
        assert_eq!(verdicts(&found), VERDICT);
        check("mem.cow", &[("smaps", &*smaps("<16MiB-4 kB>"))], &[]);
    }
}
