//! What the memory rules share: which moments they look at, and amounts that several
//! of them need.

use crate::analysis::memory::Reviewed;
use crate::analysis::memory::native::Bounded;
use crate::analysis::memory::term::Term;
use crate::base::units::{Bytes, Unit};
use crate::detectors::Case;
pub use crate::detectors::{Draft, list};
use crate::evidence::memory::UNLIMITED;
pub use crate::report::Reclaim;
use crate::report::{Amount, number_format};

/// Least effect that a rule reports: above every fuzz that was measured.
pub const LEAST_EFFECT: Bytes = Bytes(16 << 20);

/// Least effect as a share of the limit, in percent.
pub const LEAST_EFFECT_PERCENT: i64 = 5;

/// The last moment of each subject for which `usable` holds.
pub fn latest<'c>(case: &Case<'c>, usable: impl Fn(&Reviewed<'_>) -> bool) -> Vec<&'c Reviewed<'c>> {
    let mut chosen: Vec<&Reviewed<'c>> = Vec::new();
    for reviewed in case.memory.iter().filter(|reviewed| usable(reviewed)) {
        match chosen.last_mut() {
            Some(last) if last.moment.subject == reviewed.moment.subject => *last = reviewed,
            _ => chosen.push(reviewed),
        }
    }
    chosen
}

/// What a rule lacks if no moment is usable for it.
pub fn needs(case: &Case<'_>, usable: impl Fn(&Reviewed<'_>) -> bool, what: &[&str]) -> Vec<String> {
    if case.memory.iter().any(usable) {
        Vec::new()
    } else {
        what.iter().map(|&what| what.to_owned()).collect()
    }
}

/// The least effect that counts for this moment.
pub fn least_effect(reviewed: &Reviewed<'_>) -> i64 {
    let share = reviewed.moment.limit().map_or(0, |limit| percent(limit.value, LEAST_EFFECT_PERCENT));
    LEAST_EFFECT.0.max(share)
}

/// The least effect for this moment as text.
pub fn effect(reviewed: &Reviewed<'_>) -> String {
    text(least_effect(reviewed))
}

/// `share` percent of an amount.
pub const fn percent(amount: i64, share: i64) -> i64 {
    amount / 100 * share
}

/// How many percent `part` is of `whole`, rounded down; zero of nothing.
pub const fn share_of(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { part.saturating_mul(100) / whole }
}

/// How much `part` is of `whole`, as text: `12.3%`.
pub fn share_text(part: i64, whole: i64) -> String {
    number_format::percent(part, whole)
}

/// Bytes as text.
pub fn text(amount: i64) -> String {
    number_format::bytes(Bytes(amount))
}

/// A figure of the main process's or the group's files.
pub fn cgroup_figure(reviewed: &Reviewed<'_>, file: &str, key: &str) -> Option<Term> {
    reviewed.moment.cgroup.as_ref()?.thing.get(file, key)
}

/// An event counter of the group: its own if it is told apart from its children's.
pub fn event(reviewed: &Reviewed<'_>, key: &str) -> Option<Term> {
    cgroup_figure(reviewed, "memory.events.local", key)
        .or_else(|| cgroup_figure(reviewed, "memory.events", key))
}

/// Hundredths of a percent of a PSI average of the group.
pub fn pressure(reviewed: &Reviewed<'_>, key: &str) -> Option<Term> {
    cgroup_figure(reviewed, "memory.pressure", key)
}

/// A finite GOMEMLIMIT.
pub fn gomemlimit(reviewed: &Reviewed<'_>) -> Option<Term> {
    reviewed.moment.gomemlimit().filter(|limit| limit.value != UNLIMITED)
}

/// What of Go's arenas is resident less what should be: negative if pages were
/// never touched, positive if pages that were given back are still there.
pub fn arena_excess(reviewed: &Reviewed<'_>) -> Option<Term> {
    let go = reviewed.moment.go.as_ref()?;
    let fit = reviewed.moment.arenas.as_ref().filter(|fit| fit.holds())?;
    let expected = &go.arena_mapped()? - go.heap_released.as_ref()?;
    let excess = &reviewed.moment.arena_resident()? - &expected;
    Some(excess.with_value(excess.value - fit.difference.value))
}

/// The least that native memory can be.
pub fn native_low(reviewed: &Reviewed<'_>) -> Option<i64> {
    reviewed.outside.as_ref().map(|outside| outside.native.low)
}

/// What a container has beside Go: native memory (its lower bound), shared
/// memory and kernel memory that stays.
pub fn beside_go(reviewed: &Reviewed<'_>) -> Option<Term> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let mut sum = cgroup.shmem.clone()?;
    if let Some(kernel) = &cgroup.kernel {
        sum = &sum + kernel;
    }
    if let Some(slab) = &cgroup.slab_reclaimable {
        sum = &sum - slab;
    }
    if let Some(outside) = &reviewed.outside {
        sum = &sum + &outside.native.term.with_value(outside.native.low);
    }
    Some(sum)
}

/// Room in swap that anonymous memory can still go to.
pub fn swap_room(reviewed: &Reviewed<'_>) -> i64 {
    let Some(cgroup) = &reviewed.moment.cgroup else { return 0 };
    let used = cgroup.swap.as_ref().map_or(0, |swap| swap.value);
    let most = cgroup.thing.value("memory.swap.max", "").unwrap_or(0);
    let host = reviewed.moment.things.host_file("meminfo").and_then(|view| view.value("SwapFree"));
    most.saturating_sub(used).min(host.unwrap_or(i64::MAX)).max(0)
}

/// An exact amount of bytes.
pub const fn exact(value: i64) -> Option<Amount> {
    Some(Amount::exact(value, Unit::Bytes))
}

/// An amount of bytes within bounds.
pub const fn bounded(amount: &Bounded) -> Option<Amount> {
    if amount.low == amount.high {
        return exact(amount.term.value);
    }
    Some(Amount {
        value: amount.term.value,
        low: Some(amount.low),
        high: Some(amount.high),
        unit: Unit::Bytes,
        of: None,
    })
}
