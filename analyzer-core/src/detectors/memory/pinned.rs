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
    title: "Huge pages of the pool",
    meaning: "Huge pages of the hugetlb pool are in use; most figures leave them out.",
};

const LOCKED: Rule = Rule {
    code: "mem.locked",
    severity: Severity::Info,
    title: "Locked memory",
    meaning: "Locked pages (mlock, ramfs) cannot be reclaimed, page cache among them.",
};

const COW: Rule = Rule {
    code: "mem.cow",
    severity: Severity::Info,
    title: "Copied pages of file mappings",
    meaning: "Private file mappings are written to; each written page became anonymous memory.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[HUGETLB, LOCKED, COW],
    missing_inputs: |case| {
        needs(case, usable, &["memory.stat and hugetlb files of the cgroup, or /proc/PID/smaps"])
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
        condition: format!("It is at least {}.", text(LEAST_EFFECT.0)),
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
        ("charged to memory here, because the controller is told to", Reclaim::Stays)
    } else {
        ("in neither RSS nor the charge", Reclaim::NotCharged)
    };
    let claim = format!("{} of huge pages from the pool are in use, {where_to}.", text(used.value));
    info(reviewed, HUGETLB, claim, &used, verdict, &[])
}

/// Locked pages stay, file pages too.
fn locked(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let unevictable = reviewed.moment.cgroup.as_ref()?.unevictable.as_ref()?;
    if unevictable.value < LEAST_EFFECT.0 {
        return None;
    }
    let claim = format!(
        "{} are locked in memory (mlock, ramfs): page cache among it cannot be reclaimed.",
        text(unevictable.value)
    );
    info(reviewed, LOCKED, claim, unevictable, Reclaim::Stays, &["Look for mlock and for ramfs mounts."])
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
        "{} are copied pages of files that are mapped privately and written to: anonymous memory, though a file is mapped.",
        text(from_files)
    );
    info(
        reviewed,
        COW,
        claim,
        &amount,
        Reclaim::Stays,
        &["Map the file shared, or read-only, if the changes are not wanted in memory."],
    )
}
