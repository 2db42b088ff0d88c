//! Which groups leak, by what rule, and how sure that is.
//!
//! A family of rules looks at a group's stack: the first that knows the stack
//! names the rule and what evidence it takes. The evidence then gives the
//! level. Groups that wait for another group are folded under it at the end.

pub mod benign;
mod calm;
pub mod catalog;
mod counted;
mod evidence;
mod families;
mod features;
mod lock_roots;
mod ownership;
mod roots;
pub mod siblings;

use super::grouping::Group;
use super::holders::Holders;
use super::judgment::Judgment;
use super::series::Series;
use super::state::Wait;
use crate::report::{Confidence, Role, Verdict};

pub use evidence::{Need, Policy};
use features::Census;

/// How sure a rule is. Only the last is not told to the user as a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The evidence allows no other reading.
    Certain,
    /// Two kinds of evidence, or strong growth.
    VeryLikely,
    /// Other readings need a coincidence.
    Likely,
    /// Only a count, or only an age.
    Possible,
}

/// Minutes that a printed wait may exceed the truth by if nothing is known of
/// the collector: it runs at least every two minutes (forcegcperiod).
const DEFAULT_GAP_MINUTES: u32 = 2;

/// What is known beside the dumps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Longest time between two collections, in minutes rounded up, where a
    /// gctrace log tells it.
    pub gc_gap_minutes: Option<u32>,
    /// Connections that wait in an accept queue which stays full.
    pub full_queue: Option<u64>,
    /// True if the runtime ended the process since no goroutine could go on.
    pub is_deadlock: bool,
}

impl Circumstances {
    /// Minutes that a printed wait may exceed the truth by.
    pub fn gap(self) -> u32 {
        self.gc_gap_minutes.unwrap_or(DEFAULT_GAP_MINUTES)
    }
}

/// What rules look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The groups over the moments.
    pub series: &'a Series,
    /// The last dump.
    pub census: Census,
    /// Who holds the locks of the last dump.
    pub holders: &'a Holders,
    /// Least printed minutes that prove that a goroutine waited.
    pub floor: u32,
    /// True if some goroutine's printed minutes rose in the last step: the
    /// dumps are minutes apart.
    pub is_minutes_apart: bool,
    /// Connections that wait in an accept queue which stays full.
    pub full_queue: Option<u64>,
    /// True if the runtime ended the process since no goroutine could go on.
    pub is_deadlock: bool,
}

/// What a family says of a group.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The rule.
    pub rule: &'static str,
    /// The evidence that it takes.
    pub policy: Policy,
    /// Satellites are judged with the group that they belong to.
    pub satellite_of: Option<Vec<usize>>,
    /// Certain by itself.
    pub certain: Option<String>,
    /// Likely by evidence of its own.
    pub likely: Option<String>,
    /// Speaks against: the level is held at possible.
    pub held_back: Option<String>,
    /// Calls end here in seconds: even one that waits for minutes is suspected.
    pub is_short: bool,
    /// Further reasons.
    pub reasons: Vec<String>,
}

impl Assessment {
    /// A rule with its policy.
    pub const fn new(rule: &'static str, policy: Policy) -> Self {
        Self {
            rule,
            policy,
            satellite_of: None,
            certain: None,
            likely: None,
            held_back: None,
            is_short: false,
            reasons: Vec::new(),
        }
    }
}

/// Judges every group of a series, in their order.
pub fn judge(series: &Series, holders: &Holders, circumstances: Circumstances) -> Vec<Judgment> {
    let aged = |step: &super::series::Step| step.changes.iter().flatten().any(|change| change.risen > 0);
    let context = Context {
        series,
        census: Census::new(series),
        holders,
        floor: circumstances.gap().saturating_add(1),
        is_minutes_apart: series.last_steps().last().is_some_and(aged),
        full_queue: circumstances.full_queue,
        is_deadlock: circumstances.is_deadlock,
    };
    let mut assessed = Vec::with_capacity(series.groups.len());
    let mut judgments = Vec::with_capacity(series.groups.len());
    for (index, group) in series.groups.iter().enumerate() {
        let assessment = families::assess(&context, index, group);
        judgments.push(judgment(&context, index, group, assessment.as_ref()));
        assessed.push(assessment);
    }
    siblings::take_back_accompanied(&context, &assessed, &mut judgments);
    lock_roots::fold(&context, &mut judgments);
    counted::tell(&context, &mut judgments);
    roots::fold(&context, &assessed, &mut judgments);
    siblings::fold(&context, &mut judgments);
    judgments
}

fn judgment(context: &Context<'_>, index: usize, group: &Group, assessment: Option<&Assessment>) -> Judgment {
    if group.is_system() {
        return benign("Only the runtime's own code is on the stack.".to_owned(), Confidence::Certain);
    }
    let Some(assessment) = assessment else {
        return background(context, index, group, None);
    };
    let findings = evidence::weigh(context, index, group, assessment);
    let Some(level) = findings.level else {
        return background(context, index, group, Some(assessment));
    };
    // A count or an age alone does not stand against what explains it.
    if assessment.held_back.is_some() && level == Level::Possible {
        return background(context, index, group, Some(assessment));
    }
    // What the runtime proves, nothing holds back.
    let is_held = assessment.held_back.is_some() && level != Level::Certain;
    let level = if is_held { Level::Possible } else { level };
    // A known loop that only waits is background; growth is not, unless it is
    // one for each connection.
    let is_background = known(group).is_some_and(|known| known.follows_load && level != Level::Certain);
    if is_background || level == Level::Possible && known(group).is_some() {
        return background(context, index, group, Some(assessment));
    }
    let rule = catalog::rule(assessment.rule);
    let mut judgment = Judgment::unknown();
    judgment.verdict = if level == Level::Possible { Verdict::Suspect } else { Verdict::Leak };
    judgment.confidence = match level {
        Level::Certain => Confidence::Certain,
        Level::VeryLikely | Level::Likely => Confidence::Likely,
        Level::Possible => Confidence::Possible,
    };
    judgment.rule = assessment.rule;
    judgment.role = Some(Role::Root);
    judgment.reasons = findings.reasons;
    // That nothing can go on is known; what it waits for says more.
    let at = if context.is_deadlock { 0 } else { judgment.reasons.len() };
    judgment.reasons.splice(at..at, assessment.reasons.iter().cloned());
    if let Some(known) = known(group) {
        judgment.reasons.push(format!(
            "{} is known background work ({}). Its number grows because its owner is created repeatedly.",
            known.function, known.what
        ));
    }
    judgment.against.extend(assessment.held_back.clone());
    judgment.against.extend(
        rule.map(|rule| rule.against.to_owned()).filter(|text| !text.is_empty() && level != Level::Certain),
    );
    judgment.advice =
        rule.map(|rule| rule.advice.iter().map(|text| (*text).to_owned()).collect()).unwrap_or_default();
    judgment.rate = findings.rate_per_minute;
    judgment
}

/// The known background that a group is.
fn known(group: &Group) -> Option<&'static benign::Known> {
    benign::of_shape(group)
}

/// What to say of a group that no rule holds against.
fn background(
    context: &Context<'_>,
    index: usize,
    group: &Group,
    assessment: Option<&Assessment>,
) -> Judgment {
    if let Some(known) = known(group) {
        if known.is_one_each && are_most(context, group) {
            return of_too_many_clients(known, group);
        }
        let reason = format!("{}: {}.", known.function, known.what);
        return benign(reason, Confidence::Likely);
    }
    if group.wait == Wait::Running {
        return benign("Running when the dump was taken.".to_owned(), Confidence::Possible);
    }
    let mut judgment = Judgment::unknown();
    if let Some(assessment) = assessment {
        judgment.against.extend(assessment.held_back.clone());
    }
    let counts = group.counts();
    let is_constant = counts.len() > 1 && counts.windows(2).all(|pair| pair.first() == pair.last());
    if is_constant && group.last().count > 0 && may_stand(group) {
        judgment.reasons.push(format!(
            "{} in every dump: this can be goroutines that are blocked forever, or goroutines that repeatedly wait for something slow.",
            group.last().count
        ));
        judgment.advice.push(
            "Take another dump a few minutes later: the minutes in the header show whether they have moved."
                .to_owned(),
        );
    } else if is_constant && is_crowd_at_rest(context, index, group) {
        judgment.reasons.push(format!(
            "The same {} in every dump, and none has moved: this can be idle consumers, or a condition that never becomes true.",
            group.last().count
        ));
    } else if is_constant {
        judgment.verdict = Verdict::Benign;
        judgment.reasons.push(format!("{} in every dump{NOTHING_ACCUMULATES}", group.last().count));
    } else if group.last().count == 0 {
        judgment.verdict = Verdict::Benign;
        judgment.reasons.push("All of them have exited.".to_owned());
    } else if let Some(reason) = calm::reason(context, index, group) {
        return benign(reason, Confidence::Likely);
    }
    judgment
}

/// Members, and percent of a process, from which what each client has one of is too many.
const MANY_CLIENTS: u64 = 32;
const MOST_PERCENT: u64 = 40;

/// True for a crowd that is a large part of the only dump: of several, growth tells more.
fn are_most(context: &Context<'_>, group: &Group) -> bool {
    let [moment] = &context.series.moments[..] else { return false };
    let count = group.last().count;
    count >= MANY_CLIENTS && count.saturating_mul(100) >= moment.total.saturating_mul(MOST_PERCENT)
}

fn of_too_many_clients(known: &benign::Known, group: &Group) -> Judgment {
    let mut judgment = Judgment::unknown();
    judgment.verdict = Verdict::Suspect;
    judgment.confidence = Confidence::Possible;
    judgment.rule = "select-no-exit";
    judgment.role = Some(Role::Root);
    judgment.reasons.push(format!(
        "{} goroutines of {} ({}), {}.",
        group.last().count,
        known.function,
        known.what,
        benign::ONE_EACH
    ));
    judgment.advice.push(
        "Create the client once and share it. Where one is created for a call, close it on every path (defer conn.Close())."
            .to_owned(),
    );
    judgment
}

/// True for several waiters for a condition that were there in every one of three dumps.
/// One is mostly the only consumer of a queue.
fn is_crowd_at_rest(context: &Context<'_>, index: usize, group: &Group) -> bool {
    group.wait == Wait::Cond && group.last().count > 1 && features::stood(context.series, index)
}

/// How a reason ends that only says that a count stays.
const NOTHING_ACCUMULATES: &str = ": nothing accumulates.";

/// True for senders and waiters for locks, unless their ids show that others come and go:
/// healthy code passes there, and does not rest.
fn may_stand(group: &Group) -> bool {
    if !matches!(group.wait, Wait::Send | Wait::Mutex | Wait::RwMutex) {
        return false;
    }
    let Some((first, others)) = group.at.split_first() else { return false };
    let is_named = group.at.iter().all(|moment| !moment.members.is_empty());
    !is_named || first.members.iter().any(|member| others.iter().all(|moment| moment.has(member.goid)))
}

fn benign(reason: String, confidence: Confidence) -> Judgment {
    let mut judgment = Judgment::unknown();
    judgment.verdict = Verdict::Benign;
    judgment.confidence = confidence;
    judgment.reasons.push(reason);
    judgment
}
