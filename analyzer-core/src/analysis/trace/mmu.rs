//! Minimum mutator utilization: of every window of some length, the one that
//! left the program least of its processors. What counts as garbage collection
//! is what `go tool trace` counts as its default: pauses of the GC, dedicated
//! and fractional workers, and mark assists; neither idle workers, which take
//! what nobody else wants, nor sweeping.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::sums::TraceSums;
use crate::base::convert::{f64_to_i64, to_f64, usize_to_f64};
use crate::base::limits::TRACE_UTILIZATION_STEPS;
use crate::evidence::trace::Trace;
use crate::evidence::trace::event::{Edge, Event, EventKind, EventSink, GoState};
use crate::evidence::trace::names::Names;

/// Windows of each power of ten.
const PER_DECADE: i32 = 8;
/// The shortest and the longest window, as powers of ten of nanoseconds: the shortest fits into
/// any pause, and no trace is as long as the longest.
const DECADES: std::ops::Range<i32> = 3..13;
/// Row of idle workers among the modes of GC workers.
const IDLE: usize = 2;

/// The curve of a part of a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Utilization {
    /// Its points, by length of window.
    pub points: Vec<UtilizationPoint>,
    /// Last moment that is counted, if changes beyond the ceiling are left out.
    pub cut_at: Option<u64>,
}

/// The worst window of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtilizationPoint {
    /// Length in nanoseconds.
    pub window: u64,
    /// Share of the processors' time that the program had, in parts of 10,000.
    pub basis_points: u64,
    /// When the first such window begins.
    pub at: u64,
}

/// Takes down how much of the processors the program has.
#[derive(Debug)]
pub struct Mutators {
    from: u64,
    to: u64,
    /// When it changes, and what it is from then on.
    steps: Vec<(u64, f64)>,
    is_cut: bool,
    processors: u64,
    pauses: u32,
    running: BTreeSet<u64>,
    workers: BTreeSet<u64>,
    assisting: BTreeSet<u64>,
    /// Workers that were at it when the part began.
    known: BTreeSet<u64>,
}

impl Mutators {
    /// Takes down what happens between two times.
    pub fn new(trace: &Trace, sums: &TraceSums, from: u64, to: u64) -> Self {
        let start = trace.generations.get(trace.generations_of(from, to).start);
        let start = start.map_or(from, |generation| generation.start);
        let states = sums.carried.states.iter();
        let at_work = states.filter(|crossing| {
            crossing.gc_mode.is_some_and(|mode| mode != IDLE) && crossing.from < start && crossing.to >= start
        });
        Self {
            from,
            to,
            steps: Vec::new(),
            is_cut: false,
            processors: 0,
            pauses: 0,
            running: BTreeSet::new(),
            workers: BTreeSet::new(),
            assisting: BTreeSet::new(),
            known: at_work.map(|crossing| crossing.go).collect(),
        }
    }

    fn share(&self) -> f64 {
        if self.pauses > 0 {
            return 0.0;
        }
        let at_work =
            self.running.iter().filter(|go| self.workers.contains(go) || self.assisting.contains(go));
        let busy = usize_to_f64(at_work.count()) / to_f64(self.processors.max(1));
        (1.0 - busy).max(0.0)
    }

    fn note(&mut self, time: u64) {
        if self.processors == 0 {
            return;
        }
        let share = self.share();
        // Events of different threads may be a little out of order.
        let time = time.max(self.from).max(self.steps.last().map_or(0, |last| last.0));
        let is_full = self.steps.len() >= TRACE_UTILIZATION_STEPS;
        match self.steps.last_mut() {
            Some(last) if (last.1 - share).abs() < 1e-12 => {}
            Some(last) if last.0 == time => last.1 = share,
            _ if is_full => self.is_cut = true,
            _ => self.steps.push((time, share)),
        }
    }

    /// The curve.
    pub fn finish(self) -> Utilization {
        let Some(&(begin, _)) = self.steps.first() else { return Utilization::default() };
        let cut_at = self.steps.last().filter(|_| self.is_cut).map(|last| last.0);
        let end = cut_at.unwrap_or(self.to);
        let curve = Integral::new(&self.steps, end);
        let length = to_f64(end.saturating_sub(begin));
        let steps = DECADES.start * PER_DECADE..DECADES.end * PER_DECADE;
        let windows = steps.map(|step| 10f64.powf(f64::from(step) / f64::from(PER_DECADE)));
        let windows = windows.take_while(|&window| window < length).chain([length]);
        let mut points: Vec<UtilizationPoint> = windows.map(|window| curve.worst(window)).collect();
        points.dedup_by_key(|point| point.window);
        Utilization { points, cut_at }
    }
}

impl EventSink for Mutators {
    fn event(&mut self, event: &Event, names: &Names) {
        if event.time > self.to {
            return;
        }
        let go = event.go.map(|go| go.id);
        match event.kind {
            EventKind::ProcsChange(count) => self.processors = count,
            EventKind::StopTheWorld(edge, kind) if names.strings.get(kind).starts_with("GC") => match edge {
                Edge::Begin => self.pauses += 1,
                Edge::Active => self.pauses = self.pauses.max(1),
                Edge::End => self.pauses = self.pauses.saturating_sub(1),
            },
            EventKind::GoLabel(label) => {
                let label = names.strings.get(label);
                let Some(go) = go.filter(|_| label.starts_with("GC ") && label != "GC (idle)") else {
                    return;
                };
                self.workers.insert(go);
            }
            EventKind::MarkAssist(edge, whose) => {
                let Some(go) = whose.map(|go| go.id).or(go) else { return };
                if edge == Edge::End {
                    self.assisting.remove(&go);
                } else {
                    self.assisting.insert(go);
                }
            }
            EventKind::Go(change) => {
                let go = change.go.id;
                let is_running = matches!(change.to, GoState::Running | GoState::Syscall);
                if is_running && change.from == GoState::Undetermined && self.known.remove(&go) {
                    self.workers.insert(go);
                }
                let is_gc = self.workers.contains(&go) || self.assisting.contains(&go);
                if is_running {
                    self.running.insert(go);
                } else {
                    self.running.remove(&go);
                    // A worker is labelled anew each time that it runs.
                    self.workers.remove(&go);
                }
                if !is_gc {
                    return;
                }
            }
            _ => return,
        }
        self.note(event.time);
    }
}

/// The integral of the utilization, piecewise linear.
struct Integral<'a> {
    steps: &'a [(u64, f64)],
    /// Up to each step.
    sums: Vec<f64>,
    end: f64,
}

impl<'a> Integral<'a> {
    fn new(steps: &'a [(u64, f64)], end: u64) -> Self {
        let mut sums = Vec::with_capacity(steps.len());
        let mut sum = 0.0;
        for (row, step) in steps.iter().enumerate() {
            if let Some(before) = row.checked_sub(1).and_then(|row| steps.get(row)) {
                sum += before.1 * to_f64(step.0 - before.0);
            }
            sums.push(sum);
        }
        Self { steps, sums, end: to_f64(end) }
    }

    /// Up to a time; `row` only moves on, as times only rise.
    fn up_to(&self, time: f64, row: &mut usize) -> f64 {
        while self.steps.get(*row + 1).is_some_and(|step| to_f64(step.0) <= time) {
            *row += 1;
        }
        let (step, sum) = (self.steps.get(*row), self.sums.get(*row));
        step.zip(sum).map_or(0.0, |(step, sum)| sum + step.1 * (time - to_f64(step.0)))
    }

    /// The window of this length with the least utilization. The least is found
    /// where a window begins or ends with a change: between, it changes linearly.
    fn worst(&self, window: f64) -> UtilizationPoint {
        let first = self.steps.first().map_or(0.0, |step| to_f64(step.0));
        let last = (self.end - window).max(first);
        let (mut least, mut at) = (f64::INFINITY, first);
        for offset in [0.0, window] {
            let (mut left, mut right) = (0, 0);
            for step in self.steps {
                let begin = (to_f64(step.0) - offset).clamp(first, last);
                let area = self.up_to(begin + window, &mut right) - self.up_to(begin, &mut left);
                if area < least - 1e-6 {
                    (least, at) = (area, begin);
                }
            }
        }
        let share = (least / window.max(1.0)).clamp(0.0, 1.0);
        let whole = |value: f64| u64::try_from(f64_to_i64(value.round())).unwrap_or(0);
        UtilizationPoint { window: whole(window), basis_points: whole(share * 10_000.0), at: whole(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 ns of work, a pause of 20 ns, 80 ns of work on half of the processors.
    #[test]
    fn the_worst_window_is_the_one_around_the_pause() {
        let steps = [(0, 1.0), (100, 0.0), (120, 0.5)];
        let curve = Integral::new(&steps, 200);
        let worst = |window| {
            let point = curve.worst(window);
            (point.basis_points, point.at)
        };
        assert_eq!(worst(10.0), (0, 100));
        assert_eq!(worst(20.0), (0, 100));
        // 20 ns of pause, 20 at a half.
        assert_eq!(worst(40.0), (2_500, 100));
        assert_eq!(worst(200.0), (7_000, 0));
    }
}
