//! `goroutine.RULE`: one finding for each cause of leaking goroutines, whatever
//! waits behind it. The rules themselves are in `analysis::goroutines::classify`.

use super::{Case, Detector};
use crate::analysis::goroutines::classify::catalog;
use crate::base::units::Unit;
use crate::report::number_format::{bytes, count};
use crate::report::{
    Amount, Citation, Citations, Finding, GoroutineGroup, Goroutines, Role, Severity, StackFrame, Verdict,
};

/// Members from which the service is about to fail rather than only to cost:
/// their stacks alone are tens of megabytes, and each collection scans them.
const CRITICAL_MEMBERS: u64 = 10_000;
/// Places cited for one group.
const CITED: usize = 5;

/// The rules.
pub const DETECTOR: Detector = Detector {
    code: "goroutine",
    lacks: |case| {
        let has_dump = case.analysis.goroutines.as_ref().is_some_and(|section| !section.snapshots.is_empty());
        let needs = "a goroutine dump (/debug/pprof/goroutine?debug=2), best of all two or three, some minutes apart";
        if has_dump { Vec::new() } else { vec![needs.to_owned()] }
    },
    detect: |case: &Case<'_>| case.analysis.goroutines.as_ref().map(detect).unwrap_or_default(),
};

fn detect(section: &Goroutines) -> Vec<Finding> {
    let is_cause = |group: &&GoroutineGroup| group.verdict == Verdict::Leak && group.role == Some(Role::Root);
    section.groups.iter().filter(is_cause).filter_map(|group| finding(section, group)).collect()
}

/// Members of the last snapshot.
fn members(group: &GoroutineGroup) -> u64 {
    group.counts.last().copied().unwrap_or(0)
}

fn finding(section: &Goroutines, group: &GoroutineGroup) -> Option<Finding> {
    let rule = catalog::rule(&group.rule)?;
    let of_root = |role: Role| {
        section.groups.iter().filter(move |other| {
            other.root.as_deref() == Some(&*group.id) && other.role == Some(role)
        })
    };
    let victims: u64 = of_root(Role::Victim).map(members).sum();
    let satellites: u64 = of_root(Role::Satellite).map(members).sum();
    let all = members(group).saturating_add(victims).saturating_add(satellites);
    let value = i64::try_from(all).unwrap_or(i64::MAX);
    let citations: Vec<Citation> = group.citations.iter().take(CITED).cloned().collect();
    Some(Finding {
        code: format!("goroutine.{}", rule.id),
        severity: if all >= CRITICAL_MEMBERS { Severity::Critical } else { Severity::Warning },
        confidence: group.confidence,
        reclaim: None,
        condition: String::new(),
        title: rule.title.to_owned(),
        claim: claim(group, victims, satellites),
        amount: Some(Amount { value, low: None, high: None, unit: Unit::Count }),
        subject: Some(group.subject),
        citations: Citations::from_list(citations)?,
        against: group.against.clone(),
        advice: group.advice.clone(),
        group: Some(group.id.clone()),
    })
}

/// How many wait where, how that grew, and what hangs on it.
fn claim(group: &GoroutineGroup, victims: u64, satellites: u64) -> String {
    let number = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    let place = group.user_frame.as_ref().or(group.created_by.as_ref()).or(group.stack.first());
    let preposition = if group.user_frame.is_some() { "in" } else { "started by" };
    let at = place.map(|frame| format!(" {preposition} {}", call_site(frame))).unwrap_or_default();
    let one = members(group) == 1;
    let mut text = format!(
        "{} goroutine{} in [{}]{at}",
        number(members(group)),
        if one { " waits" } else { "s wait" },
        group.state
    );
    if group.counts.len() > 1 && group.counts.first() != group.counts.last() {
        let counts: Vec<String> = group.counts.iter().map(|&n| number(n)).collect();
        text.push_str(&format!(" ({} over the snapshots)", counts.join(", ")));
    }
    text.push('.');
    if let Some(reason) = group.reasons.first() {
        text.push(' ');
        text.push_str(reason);
    }
    if victims > 0 {
        text.push_str(&format!(" {} more wait behind {}.", number(victims), if one { "it" } else { "them" }));
    }
    if satellites > 0 {
        text.push_str(&format!(" {} helpers exist because of them.", number(satellites)));
    }
    if !one {
        text.push_str(&format!(" Their stacks hold at least {}.", bytes(group.min_bytes)));
    }
    text
}

fn call_site(frame: &StackFrame) -> String {
    let file = frame.file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file));
    match (file, frame.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", frame.function),
        _ => frame.function.clone(),
    }
}
