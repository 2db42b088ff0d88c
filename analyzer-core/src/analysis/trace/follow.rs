//! Follows one goroutine through the events of a part of a trace.

use std::collections::BTreeMap;

use super::lanes;
use super::summary::{RunnableCause, SiteKind, Summary};
use super::sums::{Crossing, TraceSums};
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::TRACE_EDGES;
use crate::evidence::trace::event::{Event, EventKind, EventSink, GoCause, GoState, GoTransition};
use crate::evidence::trace::names::{Names, StackRef};

/// Places of one goroutine's waits that are told apart; its code has some dozen.
const PLACES: usize = 2_000;

/// Somebody makes the goroutine runnable.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When.
    pub(super) at: u64,
    /// The goroutine that does it, if one does.
    pub(super) go: Option<u64>,
    /// Its stack.
    pub(super) stack: StackRef,
}

impl Moment {
    fn of(event: &Event) -> Self {
        Self { at: event.time, go: event.go.map(|go| go.id), stack: event.stack }
    }
}

/// A goroutine wakes or creates another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub at: u64,
    pub from: Option<u64>,
    pub proc: Option<u64>,
    pub to: u64,
    pub is_creation: bool,
}

/// A stay in one state, as it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub state: u8,
    pub from: u64,
    pub began_before: bool,
    pub reason: StrId,
    pub stack: StackRef,
    pub cause: Option<RunnableCause>,
    pub by: Option<Moment>,
    pub proc: Option<u64>,
}

/// The stay that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub stay: Stay,
    pub to: u64,
    pub is_open: bool,
    pub is_last: bool,
    pub woken: Option<Moment>,
    pub previous: Option<u64>,
}

/// Stays of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub count: u64,
    pub total: u64,
    pub max: u64,
    pub longest_at: u64,
}

/// Follows one goroutine.
#[derive(Debug)]
pub struct Follow {
    go: u64,
    from: u64,
    to: u64,
    /// A moment of the stay that is asked for.
    at: Option<u64>,
    /// Its states over boundaries of generations.
    crossings: Vec<(Crossing, StrId, StackRef)>,
    existed: bool,
    generation_start: u64,
    current: Option<Stay>,
    previous: Option<u64>,
    /// When it was created, if the part holds that.
    pub creation: Option<Moment>,
    pub(super) chosen: Option<Chosen>,
    pub(super) states: BTreeMap<(u8, StrId, StackRef), Sum>,
    pub(super) edges: Vec<Edge>,
    pub(super) more_edges: u64,
}

impl Follow {
    /// Follows a goroutine between two times; `at` is in the stay that is asked for.
    pub fn new(sums: &TraceSums, go: u64, from: u64, to: u64, at: Option<u64>) -> Self {
        let TraceSums { summary, carried } = sums;
        let own = carried.states.iter().filter(|crossing| crossing.go == go);
        let existed = summary.goroutine(go).is_none_or(|row| row.created.is_none());
        Self {
            go,
            from,
            to,
            at,
            crossings: own.map(|&crossing| place(summary, crossing)).collect(),
            existed,
            generation_start: from,
            current: None,
            previous: None,
            creation: None,
            chosen: None,
            states: BTreeMap::new(),
            edges: Vec::new(),
            more_edges: 0,
        }
    }

    /// The goroutine.
    pub fn goroutine(&self) -> u64 {
        self.go
    }

    /// The part is read: what is open lasts to the end, unless the reading of the whole trace knows better.
    /// Gives the moment after the part in which the wait that was asked for ends, if it does.
    pub fn finish(&mut self, trace_end: u64) -> Option<u64> {
        let stay = self.current.take()?;
        let later = self.crossings.iter().find(|(crossing, ..)| {
            crossing.from == stay.from
                && lane_state(crossing.state) == Some(stay.state)
                && crossing.to >= self.to
        });
        let end = later.map_or(trace_end, |(crossing, ..)| crossing.to);
        let was_chosen = self.chosen.is_some();
        self.close(stay, end, None);
        let chosen = self.chosen.as_mut().filter(|_| !was_chosen)?;
        chosen.is_open = end >= trace_end;
        (!chosen.is_open).then_some(end)
    }

    fn close(&mut self, stay: Stay, to: u64, end: Option<(&Event, &GoTransition)>) {
        let clipped = to.min(self.to).saturating_sub(stay.from.max(self.from));
        if stay.from <= self.to && to >= self.from {
            // Where it waits may tell why.
            let mut key = match stay.state {
                lanes::WAITING => (stay.state, stay.reason, stay.stack),
                _ => (stay.state, StringTable::EMPTY, Names::NO_STACK),
            };
            if self.states.len() >= PLACES && !self.states.contains_key(&key) {
                key.2 = Names::NO_STACK;
            }
            let sum = self.states.entry(key).or_default();
            sum.count += 1;
            sum.total = sum.total.saturating_add(clipped);
            if clipped > sum.max || sum.count == 1 {
                (sum.max, sum.longest_at) = (clipped, stay.from.max(self.from));
            }
        }
        if to <= stay.from {
            return;
        }
        if self.chosen.is_none() && self.at.is_some_and(|at| stay.from <= at && (at < to || end.is_none())) {
            let is_woken =
                |change: &GoTransition| matches!(change.cause, GoCause::Unblock | GoCause::SwitchUnblock);
            self.chosen = Some(Chosen {
                stay,
                to,
                is_open: end.is_none(),
                is_last: end.is_some_and(|(_, change)| change.to == GoState::NotExist),
                woken: end.filter(|(_, change)| is_woken(change)).map(|(event, _)| Moment::of(event)),
                previous: self.previous,
            });
        }
        self.previous = Some(stay.from);
    }

    fn changed(&mut self, event: &Event, change: &GoTransition) {
        let is_status = change.cause == GoCause::Status;
        if is_status && let Some(stay) = &mut self.current {
            if stay.stack == Names::NO_STACK && stay.state == lanes::WAITING {
                stay.stack = change.stack;
            }
            return;
        }
        if let Some(stay) = self.current.take() {
            self.close(stay, event.time, Some((event, change)));
        }
        if change.cause == GoCause::Create {
            self.creation = Some(Moment::of(event));
        }
        let Some(state) = lane_state(change.to) else { return };
        let mut stay = Stay {
            state,
            from: event.time,
            began_before: false,
            reason: change.reason,
            stack: if change.to == GoState::Runnable { Names::NO_STACK } else { change.stack },
            cause: None,
            by: None,
            proc: event.proc.map(|proc| proc.id).filter(|_| change.to == GoState::Running),
        };
        if is_status {
            self.restore(&mut stay, change);
        } else if change.to == GoState::Runnable {
            let cause = match change.cause {
                GoCause::Create => RunnableCause::Created,
                GoCause::Stop => RunnableCause::Preempted,
                GoCause::SyscallEndBlocked => RunnableCause::SyscallReturn,
                _ => RunnableCause::Woken,
            };
            stay.cause = Some(cause);
            let by_other = matches!(cause, RunnableCause::Created | RunnableCause::Woken);
            stay.by = by_other.then(|| Moment::of(event));
            if cause == RunnableCause::Preempted {
                stay.stack = change.stack;
            }
        }
        self.current = Some(stay);
    }

    /// The part's first word of the goroutine: it was in that state all along.
    fn restore(&self, stay: &mut Stay, change: &GoTransition) {
        stay.from = self.generation_start.min(stay.from);
        let known = self.crossings.iter().find(|(crossing, ..)| {
            crossing.state == change.to && crossing.from < stay.from && crossing.to >= stay.from
        });
        if let Some(&(crossing, reason, stack)) = known {
            stay.from = crossing.from;
            stay.reason = reason;
            if stay.stack == Names::NO_STACK {
                stay.stack = stack;
            }
        }
        if change.to == GoState::Runnable {
            stay.cause = Some(RunnableCause::Existed);
        }
        stay.began_before =
            self.existed && self.previous.is_none() && known.is_none_or(|known| known.0.from == 0);
    }

    fn edge(&mut self, event: &Event, change: &GoTransition) {
        let is_creation = change.cause == GoCause::Create;
        let is_edge = is_creation || matches!(change.cause, GoCause::Unblock | GoCause::SwitchUnblock);
        if !is_edge || event.time < self.from || event.time > self.to {
            return;
        }
        if self.edges.len() >= TRACE_EDGES {
            self.more_edges += 1;
            return;
        }
        self.edges.push(Edge {
            at: event.time,
            from: event.go.map(|go| go.id),
            proc: event.proc.map(|proc| proc.id),
            to: change.go.id,
            is_creation,
        });
    }
}

impl EventSink for Follow {
    fn generation_begins(&mut self, _number: u64, start: u64) {
        self.generation_start = start;
    }

    fn event(&mut self, event: &Event, _names: &Names) {
        let EventKind::Go(change) = event.kind else { return };
        let is_own = change.go.id == self.go;
        if is_own || event.go.is_some_and(|go| go.id == self.go) {
            self.edge(event, &change);
        }
        if is_own {
            self.changed(event, &change);
        }
    }
}

/// Finds who makes a goroutine change its state at a moment.
#[derive(Debug)]
pub struct Catch {
    /// The goroutine.
    pub go: u64,
    /// The moment.
    pub at: u64,
    /// Who did it.
    pub found: Option<Moment>,
}

impl EventSink for Catch {
    fn event(&mut self, event: &Event, _names: &Names) {
        let EventKind::Go(change) = event.kind else { return };
        if event.time == self.at && change.go.id == self.go && change.cause != GoCause::Status {
            self.found.get_or_insert(Moment::of(event));
        }
    }

    fn is_satisfied(&self) -> bool {
        self.found.is_some()
    }
}

/// Where a state was, as the whole trace knows it.
fn place(summary: &Summary, crossing: Crossing) -> (Crossing, StrId, StackRef) {
    let key = crossing.site.and_then(|site| summary.sites.get(site)).map(|site| site.key);
    match key {
        // The stack of a site of runnable goroutines is of whoever made them so.
        Some(key) if !matches!(key.kind, SiteKind::Runnable(_)) => (crossing, key.reason, key.stack),
        _ => (crossing, StringTable::EMPTY, Names::NO_STACK),
    }
}

const fn lane_state(state: GoState) -> Option<u8> {
    match state {
        GoState::Running => Some(lanes::RUNNING),
        GoState::Runnable => Some(lanes::RUNNABLE),
        GoState::Waiting => Some(lanes::WAITING),
        GoState::Syscall => Some(lanes::SYSCALL),
        GoState::Undetermined | GoState::NotExist => None,
    }
}
