//! `goroutine.RULE`: one finding for each cause of leaking goroutines, whatever
//! waits behind it. The rules themselves are in `analysis::goroutines::classify`.

use std::collections::BTreeSet;

use crate::analysis::goroutines::classify::benign;
use crate::analysis::goroutines::classify::catalog;
use crate::analysis::goroutines::classify::siblings::STARTED_TOGETHER;
use crate::base::order::StableOrder as _;
use crate::detectors::{Case, Detector, Rule};
use crate::report::number_format::{self, bytes, count_u64};
use crate::report::{
    Amount, Citation, Citations, Confidence, Counted, Finding, GoroutineGroup, Goroutines, Role, Severity,
    SubjectId, Verdict,
};

/// Members from which the service is about to fail rather than only to cost:
/// their stacks alone are tens of megabytes, and each collection scans them.
const CRITICAL_MEMBERS: u64 = 10_000;
/// Places cited for one group.
const CITED: usize = 5;

const SUSPECT: Rule = Rule {
    code: "goroutine.suspect",
    severity: Severity::Info,
    title: "Goroutines that may be blocked forever",
    meaning: "There are too few dumps to tell whether the goroutines are stuck or busy. One more dump will show it.",
};

/// The catalog's rules, and what one or two dumps cannot tell.
const RULES: [Rule; catalog::RULES.len() + 1] = {
    let mut rules = [SUSPECT; catalog::RULES.len() + 1];
    let mut index = 0;
    while index < catalog::RULES.len() {
        let rule = catalog::RULES[index];
        let severity = Severity::Critical;
        rules[index] = Rule { code: rule.code, severity, title: rule.title, meaning: rule.meaning };
        index += 1;
    }
    rules
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &RULES,
    missing_inputs: |case| {
        let has_dump = case.analysis.goroutines.as_ref().is_some_and(|section| !section.snapshots.is_empty());
        let needs = "a goroutine dump (/debug/pprof/goroutine?debug=2), preferably two or three, taken a few minutes apart";
        if has_dump { Vec::new() } else { vec![needs.to_owned()] }
    },
    detect: |case: &Case<'_>| case.analysis.goroutines.as_ref().map(detect).unwrap_or_default(),
};

fn detect(section: &Goroutines) -> Vec<Finding> {
    let is_cause = |group: &&GoroutineGroup| group.verdict == Verdict::Leak && group.role == Some(Role::Root);
    let causes = section.groups.iter().filter(is_cause).filter_map(|group| finding(section, group));
    let subjects: BTreeSet<SubjectId> = section.groups.iter().map(|group| group.subject).collect();
    let suspected = subjects.into_iter().filter_map(|subject| suspicion(section, subject));
    causes.chain(suspected).collect()
}

/// Snapshots from which what is only suspected needs no more captures to be told.
const ENOUGH_SNAPSHOTS: usize = 3;
/// Suspected groups that are named.
const NAMED: usize = 3;

/// What one or two dumps cannot tell: said, so that it is not taken for health,
/// and no problem, so that no gate fails on it.
fn suspicion(section: &Goroutines, subject: SubjectId) -> Option<Finding> {
    let snapshots = section.snapshots.iter().filter(|snapshot| snapshot.subject == subject).count();
    let is_suspect = |group: &&GoroutineGroup| {
        group.subject == subject && group.verdict == Verdict::Suspect && members(group) > 0
    };
    let mut groups: Vec<&GoroutineGroup> = section.groups.iter().filter(is_suspect).collect();
    groups.order_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.id.cmp(&b.id)));
    let first = *groups.first()?;
    if snapshots >= ENOUGH_SNAPSHOTS {
        return None;
    }
    let all: u64 = groups.iter().map(|group| members(group)).sum();
    let named: Vec<String> = groups
        .iter()
        .take(NAMED)
        .map(|group| {
            format!("{} in [{}]{}{}", count_u64(members(group)), group.state, at(group), waited(group))
        })
        .collect();
    let rest = if groups.len() > NAMED { ", and more" } else { "" };
    let is_long = groups.iter().all(|group| has_waited_long(group));
    let is_crowd = members(first) >= CRITICAL_MEMBERS;
    let what = if snapshots == 1 { "One dump" } else { "Two dumps" };
    let citations = groups.iter().take(NAMED).flat_map(|group| group.citations.iter().take(1).cloned());
    Some(Finding {
        code: SUSPECT.code.to_owned(),
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: String::new(),
        title: SUSPECT.title.to_owned(),
        claim: format!(
            "{what} cannot show whether {} goroutine{} {} stuck: {}{rest}.{}{}{}",
            count_u64(all),
            if all == 1 { "" } else { "s" },
            if all == 1 { "is" } else { "are" },
            named.join(", "),
            if is_crowd {
                format!(" The stacks of the first take at least {}.", bytes(first.min_bytes))
            } else {
                String::new()
            },
            as_many_each(section, first),
            likely_cause(first, groups.len())
        ),
        amount: Some(Amount::counted(i64::try_from(all).unwrap_or(i64::MAX), Counted::Goroutines)),
        subject: Some(subject),
        citations: Citations::from_list(citations.collect())?,
        // Who has waited for long is no burst, and another dump would say the same of it.
        against: match (is_long, is_crowd) {
            (true, _) => first.against.clone(),
            (false, true) => {
                vec!["A service that keeps so many connections or streams open looks the same.".to_owned()]
            }
            (false, false) => {
                vec!["A short burst of load also puts many goroutines at one place.".to_owned()]
            }
        },
        advice: if is_long && !first.advice.is_empty() {
            first.advice.clone()
        } else {
            vec![
                "Capture goroutine?debug=2 again five minutes later: goroutines that have not moved are stuck."
                    .to_owned(),
            ]
        },
        places: Vec::new(),
        excerpts: Vec::new(),
        group: Some(first.id.clone()),
    })
}

/// Minutes from which a printed wait is long, whatever the collector adds to it.
const LONG_MINUTES: u64 = 5;

/// True if all members print that they have waited for long.
fn has_waited_long(group: &GoroutineGroup) -> bool {
    let is_long = |minutes: u32| u64::from(minutes) >= LONG_MINUTES;
    !group.waits.is_empty() && group.waits.iter().all(|wait| wait.minutes.is_some_and(is_long))
}

/// How long they have waited, where the dump says so.
fn waited(group: &GoroutineGroup) -> String {
    let Some(longest) = group.wait_minutes.filter(|minutes| *minutes >= LONG_MINUTES) else {
        return String::new();
    };
    let most = if members(group) == 1 { "" } else { "up to " };
    format!(" for {most}{}", number_format::minutes(longest))
}

/// Members from which equal numbers at several places are no chance.
const EQUAL_MEMBERS: u64 = 32;
/// Places from which they are told.
const EQUAL_PLACES: usize = 3;

/// Places with exactly as many: one call that has a goroutine at each.
fn as_many_each(section: &Goroutines, first: &GoroutineGroup) -> String {
    let count = members(first);
    let is_as_many = |group: &&GoroutineGroup| {
        group.subject == first.subject && group.verdict != Verdict::Benign && members(group) == count
    };
    let places = section.groups.iter().filter(is_as_many).count();
    if count < EQUAL_MEMBERS || places < EQUAL_PLACES {
        return String::new();
    }
    format!(
        " At each of {places} places there are exactly {}: {} calls that each have a goroutine there look like this.",
        count_u64(count),
        count_u64(count)
    )
}

/// How much it would matter if a suspected group were stuck: how many they are, and how
/// seldom health looks like that.
fn weight(group: &GoroutineGroup) -> u64 {
    let each = match group.rule.as_str() {
        // Structure says so, and only age is missing.
        "lock-cycle" | "self-deadlock" => 1000,
        // Healthy code passes here.
        "lock-never-released"
        | "chan-send-abandoned"
        | "semaphore-exhausted"
        | "sql-pool-exhausted"
        | "write-blocked"
        | "blocked-holding-lock"
        | "once-stuck" => 8,
        // Calls that end by themselves.
        "http-body-not-closed"
        | "http-client-no-timeout"
        | "http-handler-stuck"
        | "sql-rows"
        | "sql-tx"
        | "rpc-call-no-reply"
        | "io-pipe-stuck"
        | "waitgroup-stuck"
        | "callback-stuck" => 4,
        _ => 1,
    };
    members(group).saturating_mul(each)
}

/// What stands behind the first of the suspected groups, if they are stuck: the structure where
/// one was found, else what the rule means.
fn likely_cause(first: &GoroutineGroup, groups: usize) -> String {
    let Some(rule) = catalog::rule(&first.rule) else { return String::new() };
    let whose = if groups == 1 { "" } else { " of the first" };
    let is_of_structure = matches!(first.rule.as_str(), "lock-cycle" | "self-deadlock");
    let is_told = |reason: &&String| is_of_structure || reason.contains(benign::ONE_EACH);
    let structure = first.reasons.first().filter(is_told);
    format!(" If so, likely cause{whose}: {}", structure.map_or(rule.meaning, String::as_str))
}

/// Members of the last snapshot.
fn members(group: &GoroutineGroup) -> u64 {
    group.counts.last().copied().unwrap_or(0)
}

fn finding(section: &Goroutines, group: &GoroutineGroup) -> Option<Finding> {
    let rule = catalog::rule(&group.rule)?;
    let of_root = |role: Role| {
        section
            .groups
            .iter()
            .filter(move |other| other.root.as_deref() == Some(&*group.id) && other.role == Some(role))
    };
    let is_beside = |other: &&GoroutineGroup| other.reasons.iter().any(|reason| reason == STARTED_TOGETHER);
    let victims: u64 = of_root(Role::Victim).filter(|other| !is_beside(other)).map(members).sum();
    let beside: u64 = of_root(Role::Victim).filter(is_beside).map(members).sum();
    let satellites: u64 = of_root(Role::Satellite).map(members).sum::<u64>().saturating_add(beside);
    let all = members(group).saturating_add(victims).saturating_add(satellites);
    let value = i64::try_from(all).unwrap_or(i64::MAX);
    let citations: Vec<Citation> = group.citations.iter().take(CITED).cloned().collect();
    Some(Finding {
        code: rule.code.to_owned(),
        severity: if all >= CRITICAL_MEMBERS { Severity::Critical } else { Severity::Warning },
        confidence: group.confidence,
        reclaim: None,
        condition: String::new(),
        title: rule.title.to_owned(),
        claim: claim(section, group, victims, satellites),
        amount: Some(Amount::counted(value, Counted::Goroutines)),
        subject: Some(group.subject),
        citations: Citations::from_list(citations)?,
        against: group.against.clone(),
        advice: group.advice.clone(),
        places: Vec::new(),
        excerpts: Vec::new(),
        group: Some(group.id.clone()),
    })
}

/// How many wait where, how that grew, what hangs on it, and where that leads.
fn claim(section: &Goroutines, group: &GoroutineGroup, victims: u64, satellites: u64) -> String {
    let one = members(group) == 1;
    let waits = if one { " waits" } else { "s wait" };
    let mut text =
        format!("{} goroutine{waits} in [{}]{}", count_u64(members(group)), group.state, at(group));
    let counts = number_format::series(&group.counts);
    let reason = group.reasons.first();
    // What the first reason says is not said twice.
    let is_told = reason.is_some_and(|reason| reason.contains(&counts));
    if group.counts.len() > 1 && group.counts.first() != group.counts.last() && !is_told {
        text.push_str(&format!(" ({counts} across the snapshots)"));
    }
    text.push('.');
    if let Some(reason) = reason {
        text.push(' ');
        text.push_str(reason);
    }
    if victims > 0 {
        text.push_str(&format!(
            " {} more {} behind {}{}.",
            count_u64(victims),
            if victims == 1 { "waits" } else { "wait" },
            if one { "it" } else { "them" },
            behind(section, group)
        ));
    }
    if satellites > 0 {
        let belong = if satellites == 1 { "belongs" } else { "belong" };
        let to = if one { "it" } else { "them" };
        text.push_str(&format!(" {} more {belong} to {to}.", count_u64(satellites)));
    }
    if !one {
        text.push_str(&format!(" Their stacks take at least {}.", bytes(group.min_bytes)));
    }
    if let Some(rate) = group.leak_rate_per_minute.filter(|rate| *rate > 0.0) {
        text.push_str(&format!(" {} more per minute", number_format::rate(rate)));
        match group.minutes_to_limit {
            Some(minutes) => text.push_str(&format!(
                ": their stacks alone reach the container's limit in at most {}.",
                number_format::minutes(minutes.max(1))
            )),
            None => text.push('.'),
        }
    }
    text
}

/// The largest groups behind a cause, by place.
fn behind(section: &Goroutines, group: &GoroutineGroup) -> String {
    let victims = section.groups.iter().filter(|other| {
        other.root.as_deref() == Some(&*group.id)
            && other.role == Some(Role::Victim)
            && members(other) > 0
            && !other.reasons.iter().any(|reason| reason == STARTED_TOGETHER)
    });
    let places: Vec<String> = victims
        .take(NAMED)
        .map(|victim| format!("{} in [{}]{}", count_u64(members(victim)), victim.state, at(victim)))
        .collect();
    if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) }
}

/// ` in main.worker (main.go:12)`; where no frame is the program's own, the first of
/// the stack and who started it.
fn at(group: &GoroutineGroup) -> String {
    if let Some(frame) = &group.user_frame {
        return format!(" in {}", frame.call_site());
    }
    let own = group.stack.first().map(|frame| format!(" in {}", frame.call_site()));
    let creator = group.created_by.as_ref().map(|frame| format!("started by {}", frame.call_site()));
    match (own, creator) {
        (Some(own), Some(creator)) => format!("{own}, {creator}"),
        (None, Some(creator)) => format!(" {creator}"),
        (own, None) => own.unwrap_or_default(),
    }
}

#[cfg(test)]
mod background;
#[cfg(test)]
mod calm;
#[cfg(test)]
mod closings;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod growth;
#[cfg(test)]
mod holders;
#[cfg(test)]
mod short;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod states;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod texts;
