//! The profiles of `go tool trace -pprof`, with its clock: an event at or before
//! the one read before it is moved one nanosecond behind that.

use std::collections::{BTreeMap, BTreeSet};

use analyzer_core::evidence::trace::event::{Event, EventKind, EventSink, GoCause, GoState, GoTransition};
use analyzer_core::evidence::trace::names::{Names, StackRef};
use analyzer_core::formats::go_trace::TraceReader;

/// The sum of one profile.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Distinct stacks.
    pub stacks: BTreeSet<StackRef>,
    /// Stays.
    pub count: u64,
    /// Nanoseconds.
    pub delay: u64,
}

/// From its first run to its end; ends are missing for what lives on.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    start: u64,
    end: Option<u64>,
}

/// One completed stay in the state of a profile.
#[derive(Clone, Copy, Debug)]
struct Interval {
    profile: &'static str,
    go: u64,
    from: u64,
    to: u64,
    stack: StackRef,
}

#[derive(Debug, Default)]
struct GoClock {
    last: u64,
    /// By id: a number that is used again replaces what it was.
    lives: BTreeMap<u64, Life>,
    open: BTreeMap<(&'static str, u64), (u64, StackRef)>,
    stays: Vec<Interval>,
}

/// Sums by name of the profile.
pub fn profiles(bytes: &[u8]) -> BTreeMap<&'static str, Profile> {
    // Zero stands for no time at all.
    let mut clock = GoClock { last: 1, ..GoClock::default() };
    if TraceReader::read(bytes, &mut clock).is_err() {
        return BTreeMap::new();
    }
    let mut sums: BTreeMap<&'static str, Profile> = BTreeMap::new();
    for stay in clock.stays {
        let Some(life) = clock.lives.get(&stay.go) else { continue };
        let end = stay.to.min(life.end.unwrap_or(clock.last));
        let overlap = end.saturating_sub(stay.from.max(life.start));
        if overlap > 0 {
            let sum = sums.entry(stay.profile).or_default();
            sum.stacks.insert(stay.stack);
            sum.count += 1;
            sum.delay += overlap;
        }
    }
    sums
}

impl GoClock {
    /// Times count from 2, as 0 and 1 have a meaning here.
    fn tick(&mut self, time: u64) -> u64 {
        self.last = (time + 2).max(self.last + 1);
        self.last
    }

    fn change(&mut self, time: u64, stack: StackRef, change: &GoTransition, names: &Names) {
        let id = change.go.id;
        let reason = names.strings.get(change.reason);
        for name in ["net", "sync", "syscall", "sched"] {
            let state = match name {
                "syscall" => GoState::Syscall,
                "sched" => GoState::Runnable,
                _ => GoState::Waiting,
            };
            let is_tracked = match name {
                "net" => reason == "network",
                "sync" => ["chan", "sync", "select"].iter().any(|word| reason.contains(word)),
                _ => true,
            };
            match self.open.get(&(name, id)) {
                None if change.to == state && is_tracked => {
                    self.open.insert((name, id), (time, stack));
                }
                Some(&(from, stack)) if change.to != state => {
                    self.open.remove(&(name, id));
                    self.stays.push(Interval { profile: name, go: id, from, to: time, stack });
                }
                _ => {}
            }
        }
        if change.cause == GoCause::Status && change.from == change.to {
            return;
        }
        if matches!(change.from, GoState::NotExist | GoState::Undetermined) {
            self.lives.insert(id, Life::default());
        }
        let Some(life) = self.lives.get_mut(&id) else { return };
        if change.to == GoState::Running && life.start == 0 {
            life.start = time;
        }
        // Blocking forever is like an end to Go's tool.
        if change.to == GoState::NotExist || (change.to == GoState::Waiting && reason == "forever") {
            life.end = Some(time);
        }
    }
}

impl EventSink for GoClock {
    fn generation_begins(&mut self, _number: u64, start: u64) {
        self.tick(start);
    }

    fn event(&mut self, event: &Event, names: &Names) {
        let time = self.tick(event.time);
        if let EventKind::Go(change) = &event.kind {
            self.change(time, event.stack, change, names);
        }
    }
}
