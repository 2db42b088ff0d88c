//! What in a trace speaks for goroutines that never end. One trace knows only
//! what happened inside of its window, so each sentence names its length.

use super::Scope;
use super::groups::{Alive, AliveIn, history, start_of};
use super::reasons::{depends_on_goroutines, is_idle_loop};
use crate::analysis::trace::summary::{GoGroup, GoGroupId, SiteKind};
use crate::base::convert::{clamp_i64, to_u64};
use crate::base::order::StableOrder;
use crate::base::units::Nanos;
use crate::evidence::trace::event::GoState;
use crate::report::Confidence;
use crate::report::number_format::{count_u64, duration};
use crate::report::trace::{LeakEvidence, LeakSign};

/// Creations in the window from which growth is one: below, chance is likelier.
pub const GROWTH_CREATED: u64 = 5;
/// Of ten created, fewer than this many may have ended.
pub const GROWTH_ENDED_TENTHS: u64 = 1;
/// Waits shorter than this are no sign of anything.
pub const WAIT_NANOS: u64 = 1_000_000_000;
/// A wait is long if it is this many times the 99th percentile of completed waits at its place.
pub const WAIT_OVER_P99: u64 = 5;
/// Goroutines with one stack that waited throughout, from which they are worth a line.
pub const WAITED_THROUGHOUT: u64 = 5;

/// The signs, strongest first.
pub(super) fn find(scope: &mut Scope<'_>, alive: &Alive<'_>) -> Vec<LeakEvidence> {
    let mut found = Vec::new();
    for (&id, places) in alive {
        let Some(group) = scope.summary.groups.get(id).filter(|group| !group.is_system) else { continue };
        for place in places.iter().filter(|place| place.state == GoState::Waiting) {
            if let Some(sign) = sign(scope, group, place) {
                found.push(evidence(scope, id, group, place, sign));
            }
        }
    }
    sort(&mut found);
    found
}

/// The most certain first, then the strongest sign, then the most goroutines.
pub(super) fn sort(found: &mut [LeakEvidence]) {
    found.order_by(|a, b| {
        let rank = |row: &LeakEvidence| (row.confidence, row.sign, std::cmp::Reverse(row.count));
        rank(a).cmp(&rank(b)).then(a.group.cmp(&b.group)).then(a.stack.cmp(&b.stack))
    });
}

/// The strongest sign that holds for members that wait at one place.
fn sign(scope: &Scope<'_>, group: &GoGroup, place: &AliveIn<'_>) -> Option<LeakSign> {
    let start = group.key.start.map_or("", |start| scope.names.strings.get(start));
    let is_main = matches!(start, "main.main" | "runtime.main");
    if place.word == "forever" {
        return (!is_main).then_some(LeakSign::BlockedForever);
    }
    if is_main || is_idle_loop(start) || !depends_on_goroutines(place.word) {
        return None;
    }
    let size = to_u64(place.rows.len());
    if group.key.existed {
        let all_along = place.throughout(scope.summary.from) == size;
        let is_many = size >= WAITED_THROUGHOUT && scope.summary.nanos() >= WAIT_NANOS;
        return (all_along && is_many).then_some(LeakSign::WaitedThroughout);
    }
    if place.woken() > 0 || !is_long(scope, place) {
        return None;
    }
    Some(if grows(scope, group) { LeakSign::Growth } else { LeakSign::NeverWoken })
}

/// True if even the youngest of these waits is longer than waits at this place usually are.
fn is_long(scope: &Scope<'_>, place: &AliveIn<'_>) -> bool {
    let usual = completed_at(scope, place).1.unwrap_or(0);
    let age = scope.summary.to.saturating_sub(place.since());
    age > WAIT_NANOS.max(usual.saturating_mul(WAIT_OVER_P99))
}

/// Completed waits at the place of some waiting goroutines: how many, and their 99th percentile.
fn completed_at(scope: &Scope<'_>, place: &AliveIn<'_>) -> (u64, Option<u64>) {
    let sites = scope.summary.sites.iter();
    let here = sites.filter(|site| site.key.kind == SiteKind::Wait && site.key.stack == place.stack);
    here.fold((0, None), |(count, p99), site| (count + site.done.count, p99.max(site.done.permille(990))))
}

/// True if members are created and hardly ever end, and their number never falls.
fn grows(scope: &Scope<'_>, group: &GoGroup) -> bool {
    let is_one_way = group.ended * 10 < group.created * GROWTH_ENDED_TENTHS;
    let history = history(group, scope.generations);
    group.created >= GROWTH_CREATED && is_one_way && history.is_sorted()
}

fn evidence(
    scope: &mut Scope<'_>,
    id: GoGroupId,
    group: &GoGroup,
    place: &AliveIn<'_>,
    sign: LeakSign,
) -> LeakEvidence {
    let size = to_u64(place.rows.len());
    let (completed, _) = completed_at(scope, place);
    let confidence = match sign {
        LeakSign::BlockedForever => Confidence::Certain,
        // Nothing was ever received, sent or unlocked there.
        LeakSign::Growth if completed == 0 => Confidence::Likely,
        LeakSign::NeverWoken if completed == 0 && size > 1 && group.ended == 0 => Confidence::Likely,
        // Receivers may idle; a sender has something to hand over, and nobody took any of it.
        LeakSign::WaitedThroughout if completed == 0 && place.word == "chan send" => Confidence::Likely,
        _ => Confidence::Possible,
    };
    LeakEvidence {
        sign,
        confidence,
        group: id.0,
        start: start_of(scope, id),
        reason: place.word.to_owned(),
        is_inferred: place.is_inferred,
        stack: scope.stacks.index(place.stack),
        count: size,
        waited_at_least: scope.summary.to.saturating_sub(place.last_since().max(scope.summary.from)),
        reasons: reasons(scope, group, place, sign, completed),
        against: against(scope, place, sign, completed),
        goroutines: place.ids(),
        dump_group: None,
    }
}

fn reasons(
    scope: &Scope<'_>,
    group: &GoGroup,
    place: &AliveIn<'_>,
    sign: LeakSign,
    completed: u64,
) -> Vec<String> {
    let window = span(scope.summary.nanos());
    let is_one = place.rows.len() == 1;
    let were = if is_one { "was" } else { "were" };
    let size = count_u64(to_u64(place.rows.len()));
    let mut reasons = Vec::new();
    match sign {
        LeakSign::BlockedForever => {
            let how = if place.is_inferred {
                "a select without cases"
            } else {
                "a nil channel or a select without cases"
            };
            let (blocks, them) = if is_one { ("blocks", "it") } else { ("block", "them") };
            reasons.push(format!(
                "{size} {blocks} on {how}: nothing can wake {them}, in the trace's {window} or later"
            ));
        }
        LeakSign::Growth => reasons.push(format!(
            "in the trace's {window}, {} were created and {} ended; their number never fell",
            count_u64(group.created),
            count_u64(group.ended)
        )),
        LeakSign::NeverWoken => reasons
            .push(format!("{size} {were} created in the trace's {window}, blocked, and {were} never woken")),
        LeakSign::WaitedThroughout => reasons.push(format!(
            "{size} with the same stack waited for all of the trace's {window}, and nothing woke any of them"
        )),
    }
    if sign != LeakSign::BlockedForever && completed == 0 {
        reasons.push(format!("no goroutine that waited at this place was woken in the trace's {window}"));
    }
    if sign == LeakSign::Growth
        && let Some(rate) = per_minute(group, scope.summary.nanos())
    {
        reasons.push(format!("at the rate of these {window}, that is {rate} more per minute"));
    }
    reasons
}

/// Net creations in a minute.
fn per_minute(group: &GoGroup, window: u64) -> Option<String> {
    let net = u128::from(group.created.saturating_sub(group.ended));
    let rate = net * 60_000_000_000 / u128::from(window.max(1));
    (rate > 0).then(|| count_u64(u64::try_from(rate).unwrap_or(u64::MAX)))
}

fn against(scope: &Scope<'_>, place: &AliveIn<'_>, sign: LeakSign, completed: u64) -> Vec<String> {
    let window = span(scope.summary.nanos());
    let mut against = Vec::new();
    match sign {
        LeakSign::BlockedForever => {}
        LeakSign::WaitedThroughout if place.word == "chan send" => {
            against.push(format!("a receiver that is slower than the trace's {window} looks the same"));
        }
        LeakSign::WaitedThroughout => against.push(format!(
            "idle workers, subscribers and signal handlers wait like this as well, and {window} is short"
        )),
        LeakSign::Growth | LeakSign::NeverWoken => against.push(format!(
            "they may be woken after the {window} of the trace: compare with a later trace or a goroutine dump"
        )),
    }
    if completed > 0 {
        against.push(format!(
            "at the same place, {} waits of other goroutines ended in the trace's {window}",
            count_u64(completed)
        ));
    }
    if place.rows.len() == 1 && sign != LeakSign::BlockedForever {
        against.push(format!("it is a single goroutine in the trace's {window}"));
    }
    against
}

/// A length of time as text.
pub fn span(nanos: u64) -> String {
    duration(Nanos(clamp_i64(i128::from(nanos))))
}
