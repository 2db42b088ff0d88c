//! What limit, GOMEMLIMIT and GOGC would fit what was seen: inputs as data, the
//! arithmetic as a pure function, so that a page can ask it for other settings.
//!
//! Go's pacer aims at `live + (live + stacks + globals)·GOGC/100`, never below
//! 4 MiB·GOGC/100. With GOMEMLIMIT the goal is also no larger than what leaves
//! room for everything else the runtime holds, less 3% (at least 1 MiB), and
//! never smaller than the live heap (runtime/mgcpacer.go, `memoryLimitHeapGoal`).

use serde::{Deserialize, Serialize};

use crate::base::convert::clamp_i64;
use crate::base::units::Bytes;

/// Least heap goal at GOGC=100.
const LEAST_GOAL: i64 = 4 << 20;

/// What the pacer keeps free below GOMEMLIMIT: this share, in percent, and at least [`LEAST_PACER_ROOM`].
const PACER_ROOM_PERCENT: i64 = 3;

/// See [`PACER_ROOM_PERCENT`].
const LEAST_PACER_ROOM: i64 = 1 << 20;

/// Share of what is left for Go that GOMEMLIMIT should take, in percent.
pub const ADVISED_PERCENT: i64 = 90;

/// Share of the limit that should stay free at the peak, in percent.
pub const ROOM_PERCENT: i64 = 5;

/// Share of GOMEMLIMIT from which what Go needs makes the collector run all the time, in percent.
pub const PINNED_PERCENT: i64 = 95;

/// Room above what is live that a limit should leave at least, in percent.
const LIVE_ROOM_PERCENT: i64 = 10;

/// What the container holds beside what Go's pacer steers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OutsideGo {
    /// Id of its row in the ledger.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// How much; of a bounded row the upper bound, to be safe.
    pub bytes: Bytes,
}

/// What was seen: inputs of [`AdvisorInputs::evaluate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AdvisorInputs {
    /// Live heap after the last collection.
    pub live: Bytes,
    /// True if `live` is `HeapAlloc`, as nothing tells garbage apart: the most that it can be.
    pub live_is_upper_bound: bool,
    /// Goroutine stacks.
    pub stacks: Bytes,
    /// Scannable globals; zero if unknown (most programs have less than a MiB).
    pub globals: Bytes,
    /// Runtime metadata.
    pub metadata: Bytes,
    /// Free space in in-use spans, at a heap of `objects`.
    pub span_waste: Bytes,
    /// `HeapAlloc`: what `span_waste` goes with.
    pub objects: Bytes,
    /// Everything else in the container that stays.
    pub beside: Vec<OutsideGo>,
    /// The container's limit, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Bytes>,
    /// GOMEMLIMIT; `None` if it is not set, or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gomemlimit: Option<Bytes>,
    /// GOGC in percent, −1 if off; `None` if not known, which is 100 nearly always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gogc: Option<i64>,
}

/// Settings to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSettings {
    /// The container's limit.
    pub limit: Bytes,
    /// GOMEMLIMIT; `None` for none.
    pub gomemlimit: Option<Bytes>,
    /// GOGC in percent; `None` for off.
    pub gogc: Option<i64>,
    /// The live heap in percent of what was seen: 100 as seen, 150 for half as much again.
    pub live_percent: i64,
}

/// What ends the heap's growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The goal by GOGC.
    Gogc,
    /// The goal by GOMEMLIMIT.
    Gomemlimit,
    /// The live heap itself: GOMEMLIMIT cannot be held, and the collector runs all the time.
    Live,
    /// Nothing: no collection runs before memory is out.
    Nothing,
}

/// One line of the arithmetic; lines add up to the peak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// Stable id; of what lies beside Go, the ledger row's.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// How it is computed.
    pub formula: String,
    /// How much.
    pub bytes: Bytes,
}

/// What settings lead to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What ends the heap's growth.
    pub bound: Bound,
    /// Heap size at which a collection ends; `None` if nothing bounds it.
    pub goal: Option<Bytes>,
    /// What the runtime holds at most (the quantity that GOMEMLIMIT limits).
    pub go_peak: Option<Bytes>,
    /// What the container is charged for at most, page cache left out: the kernel drops that first.
    pub peak: Option<Bytes>,
    /// The limit less the peak: negative if it does not fit.
    pub headroom: Option<Bytes>,
    /// The peak, line by line; without a bound, what is known of it.
    pub steps: Vec<Step>,
    /// Collections for the same allocations, in percent of those at GOGC=100
    /// without GOMEMLIMIT; `None` if the collector never runs, or all the time.
    pub cycles_percent: Option<i64>,
    /// True if the peak leaves [`ROOM_PERCENT`] of the limit free.
    pub fits: bool,
    /// What to know, the most serious first.
    pub notes: Vec<String>,
}

/// What would fit a limit, and which limits would fit what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// GOMEMLIMIT for this limit: 90% of what is left for Go; `None` if the live heap does not fit into that.
    pub gomemlimit: Option<Bytes>,
    /// Least limit at which such a GOMEMLIMIT leaves a tenth above what is live.
    pub least_limit: Bytes,
    /// Limit at which GOGC=100 alone stays within GOMEMLIMIT: no extra collection.
    pub roomy_limit: Bytes,
}

/// `amount · numerator / denominator`.
fn scale(amount: i64, numerator: i64, denominator: i64) -> i64 {
    clamp_i64(i128::from(amount) * i128::from(numerator) / i128::from(denominator.max(1)))
}

impl AdvisorInputs {
    /// Everything beside what the pacer steers.
    pub fn beside_total(&self) -> Bytes {
        self.beside.iter().map(|part| part.bytes).sum()
    }

    /// The settings that the container has; what is not known is Go's default. `None` without a limit.
    pub fn current(&self) -> Option<LimitSettings> {
        let gogc = self.gogc.unwrap_or(100);
        Some(LimitSettings {
            limit: self.limit?,
            gomemlimit: self.gomemlimit,
            gogc: (gogc >= 0).then_some(gogc),
            live_percent: 100,
        })
    }

    /// Free space in in-use spans at another heap size.
    fn waste_at(&self, heap: i64) -> i64 {
        scale(heap, self.span_waste.0.max(0), self.objects.0)
    }

    fn live_at(&self, live_percent: i64) -> i64 {
        scale(self.live.0, live_percent.max(0), 100)
    }

    /// The goal by GOGC alone.
    fn gogc_goal(&self, live: i64, gogc: i64) -> i64 {
        let scanned = live.saturating_add(self.stacks.0).saturating_add(self.globals.0);
        let goal = live.saturating_add(scale(scanned, gogc.max(0), 100));
        goal.max(scale(LEAST_GOAL, gogc.max(0), 100))
    }

    /// The goal by GOMEMLIMIT, before it is raised to the live heap.
    fn limit_goal(&self, gomemlimit: i64) -> i64 {
        let for_heap = gomemlimit.saturating_sub(self.stacks.0).saturating_sub(self.metadata.0);
        let objects = self.objects.0.max(1);
        let goal = scale(for_heap, objects, objects.saturating_add(self.span_waste.0.max(0)));
        goal.saturating_sub(scale(goal, PACER_ROOM_PERCENT, 100).max(LEAST_PACER_ROOM))
    }

    /// What the settings lead to, with the arithmetic.
    pub fn evaluate(&self, settings: &LimitSettings) -> Advice {
        let live = self.live_at(settings.live_percent);
        let by_gogc = settings.gogc.map(|gogc| self.gogc_goal(live, gogc));
        let by_limit = settings.gomemlimit.map(|limit| self.limit_goal(limit.0));
        let (bound, goal) = match (by_gogc, by_limit) {
            (None, None) => (Bound::Nothing, None),
            (_, Some(limit)) if limit <= live => (Bound::Live, Some(live)),
            (Some(gogc), Some(limit)) if limit < gogc => (Bound::Gomemlimit, Some(limit)),
            (None, Some(limit)) => (Bound::Gomemlimit, Some(limit)),
            (Some(gogc), _) => (Bound::Gogc, Some(gogc)),
        };
        let steps = self.steps(settings, live, goal, bound);
        let total = |steps: &[Step]| steps.iter().map(|step| step.bytes).sum::<Bytes>();
        let go_steps = steps.len().saturating_sub(self.beside.len());
        let peak = goal.map(|_| total(&steps));
        let headroom = peak.map(|peak| settings.limit - peak);
        let fits = headroom.is_some_and(|room| room.0 >= scale(settings.limit.0, ROOM_PERCENT, 100));
        let mut advice = Advice {
            bound,
            goal: goal.map(Bytes),
            go_peak: goal.map(|_| total(steps.get(..go_steps).unwrap_or(&[]))),
            peak,
            headroom,
            steps,
            cycles_percent: self.cycles_percent(live, goal, bound),
            fits,
            notes: Vec::new(),
        };
        advice.notes = self.notes(settings, live, &advice);
        advice
    }

    /// Collections are as many as the room between live heap and goal fits into what is allocated.
    fn cycles_percent(&self, live: i64, goal: Option<i64>, bound: Bound) -> Option<i64> {
        let room = goal?.saturating_sub(live);
        let usual = self.gogc_goal(live, 100).saturating_sub(live);
        (room > 0 && bound != Bound::Live).then(|| scale(usual, 100, room))
    }

    fn steps(&self, settings: &LimitSettings, live: i64, goal: Option<i64>, bound: Bound) -> Vec<Step> {
        let step = |id: &str, label: &str, formula: String, bytes: i64| Step {
            id: id.to_owned(),
            label: label.to_owned(),
            formula,
            bytes: Bytes(bytes),
        };
        let source = if self.live_is_upper_bound { "HeapAlloc" } else { "live heap" };
        let live_formula = match settings.live_percent {
            100 => format!("{source}, as captured"),
            percent => format!("{source} · {percent}%"),
        };
        let (until, formula) = match bound {
            Bound::Gogc => {
                let gogc = settings.gogc.unwrap_or(100);
                ("New objects until the next collection ends", format!("(live + stacks + globals) · {gogc}%"))
            }
            Bound::Gomemlimit => (
                "New objects until the next collection ends",
                "(GOMEMLIMIT − stacks − metadata) − free space in in-use spans − 3% (at least 1 MiB) − live"
                    .to_owned(),
            ),
            Bound::Live => ("New objects", "none: the live heap already fills GOMEMLIMIT".to_owned()),
            Bound::Nothing => ("New objects", "unbounded: no garbage collection runs".to_owned()),
        };
        let heap = goal.unwrap_or(live);
        let mut steps = vec![
            step("live", "Live heap", live_formula, live),
            step("new", until, formula, heap.saturating_sub(live)),
            step(
                "span-waste",
                "Free space in in-use spans",
                "heap · (HeapInuse − HeapAlloc) / HeapAlloc".to_owned(),
                self.waste_at(heap),
            ),
            step("stacks", "Goroutine stacks", "StackInuse, as captured".to_owned(), self.stacks.0),
            step(
                "metadata",
                "Runtime metadata",
                "Sys − HeapSys − StackInuse, as captured".to_owned(),
                self.metadata.0,
            ),
        ];
        steps.extend(
            self.beside
                .iter()
                .map(|part| step(&part.id, &part.label, "as captured".to_owned(), part.bytes.0)),
        );
        steps
    }

    fn notes(&self, settings: &LimitSettings, live: i64, advice: &Advice) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |is_so: bool, text: &str| {
            if is_so {
                notes.push(text.to_owned());
            }
        };
        let needed = live + self.waste_at(live) + self.stacks.0 + self.metadata.0;
        let is_pinned =
            settings.gomemlimit.is_some_and(|limit| needed >= scale(limit.0, PINNED_PERCENT, 100));
        let is_above = settings.gomemlimit.is_some_and(|limit| limit + self.beside_total() > settings.limit);
        note(
            advice.bound == Bound::Nothing,
            "GOGC is off and GOMEMLIMIT is not set: no garbage collection runs before memory runs out.",
        );
        note(
            advice.headroom.is_some_and(|room| room.0 < 0),
            "The peak exceeds the limit: the kernel will kill the process.",
        );
        note(
            is_pinned,
            "The live heap nearly fills GOMEMLIMIT: the GC takes up to half of the CPUs, and memory still exceeds GOMEMLIMIT.",
        );
        note(
            is_above,
            "GOMEMLIMIT plus the memory outside the Go runtime exceeds the limit: the runtime may use more than the container has.",
        );
        note(
            settings.gomemlimit.is_none() && advice.bound == Bound::Gogc,
            "Without GOMEMLIMIT, a growing live heap also raises the heap goal: twice the live heap needs about twice the peak.",
        );
        note(
            advice.headroom.is_some_and(|room| room.0 >= 0) && !advice.fits,
            "Less than 5% of the limit stays free: a burst of allocations can exceed the heap goal by more than that.",
        );
        note(
            self.live_is_upper_bound,
            "The captures do not separate garbage from live objects: all of HeapAlloc counts as live heap, which may be much smaller.",
        );
        notes
    }

    /// What would fit this limit, and which limits would fit.
    pub fn recommend(&self, limit: Bytes, live_percent: i64) -> Recommendation {
        let live = self.live_at(live_percent);
        let go_at = |heap: i64| heap + self.waste_at(heap) + self.stacks.0 + self.metadata.0;
        let beside = self.beside_total().0;
        let gomemlimit = scale(limit.0.saturating_sub(beside), ADVISED_PERCENT, 100);
        let least = scale(go_at(live), 100 + LIVE_ROOM_PERCENT, 100);
        let limit_of = |go: i64| Bytes(scale(go, 100, ADVISED_PERCENT).saturating_add(beside));
        // The pacer keeps some room below GOMEMLIMIT: the goal must fit with it.
        let roomy = scale(go_at(self.gogc_goal(live, 100)), 100, 100 - PACER_ROOM_PERCENT)
            .saturating_add(LEAST_PACER_ROOM);
        Recommendation {
            gomemlimit: (gomemlimit >= least).then_some(Bytes(gomemlimit)),
            least_limit: limit_of(least),
            roomy_limit: limit_of(roomy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: i64 = 1 << 20;

    fn mib(amount: i64) -> Bytes {
        Bytes(amount * MIB)
    }

    /// 100 MiB live, 10 MiB of stacks, 5 MiB of metadata, 40 MiB beside Go.
    fn inputs() -> AdvisorInputs {
        AdvisorInputs {
            live: mib(100),
            live_is_upper_bound: false,
            stacks: mib(10),
            globals: Bytes(0),
            metadata: mib(5),
            span_waste: mib(12),
            objects: mib(120),
            beside: vec![OutsideGo { id: "native".into(), label: "Native memory".into(), bytes: mib(40) }],
            limit: Some(mib(512)),
            gomemlimit: None,
            gogc: None,
        }
    }

    fn settings(limit: i64, gomemlimit: Option<i64>, gogc: Option<i64>) -> LimitSettings {
        LimitSettings { limit: mib(limit), gomemlimit: gomemlimit.map(mib), gogc, live_percent: 100 }
    }

    #[test]
    fn gogc_bounds_the_heap_and_its_steps_add_up() {
        let advice = inputs().evaluate(&settings(512, None, Some(100)));
        // 100 + 110·100% = 210; a tenth of waste; 10, 5 and 40 beside.
        assert_eq!((advice.bound, advice.goal), (Bound::Gogc, Some(mib(210))));
        assert_eq!((advice.go_peak, advice.peak), (Some(mib(246)), Some(mib(286))));
        assert_eq!(advice.steps.iter().map(|step| step.bytes).sum::<Bytes>(), mib(286));
        assert_eq!((advice.headroom, advice.fits, advice.cycles_percent), (Some(mib(226)), true, Some(100)));
    }

    #[test]
    fn gomemlimit_clips_the_goal_and_costs_collections() {
        let advice = inputs().evaluate(&settings(300, Some(180), Some(100)));
        let Some(goal) = advice.goal else { panic!("a goal") };
        // (180 − 15) / 1.1 = 150, less 3%.
        assert_eq!((advice.bound, goal), (Bound::Gomemlimit, Bytes(150 * MIB - 150 * MIB * 3 / 100)));
        assert!(advice.go_peak.unwrap() <= mib(180), "{advice:?}");
        assert_eq!(advice.cycles_percent, Some(110 * 100 * 2 / 91), "110 MiB of room became 45.5");
    }

    #[test]
    fn a_limit_below_what_is_live_pins_the_goal() {
        let advice = inputs().evaluate(&settings(300, Some(110), Some(100)));
        assert_eq!((advice.bound, advice.goal, advice.cycles_percent), (Bound::Live, Some(mib(100)), None));
        assert!(advice.notes.iter().any(|note| note.contains("half of the CPUs")));
    }

    #[test]
    fn without_collector_there_is_no_peak() {
        let advice = inputs().evaluate(&settings(300, None, None));
        assert_eq!((advice.bound, advice.peak, advice.fits), (Bound::Nothing, None, false));
    }

    #[test]
    fn a_recommended_limit_keeps_its_word() {
        let inputs = inputs();
        let roomy = inputs.recommend(mib(512), 100).roomy_limit;
        let gomemlimit = inputs.recommend(roomy, 100).gomemlimit;
        let at_roomy =
            inputs.evaluate(&LimitSettings { limit: roomy, gomemlimit, gogc: Some(100), live_percent: 100 });
        assert_eq!((at_roomy.bound, at_roomy.fits), (Bound::Gogc, true), "{at_roomy:?}");

        let least = inputs.recommend(mib(512), 100).least_limit;
        let gomemlimit = inputs.recommend(least + Bytes(16), 100).gomemlimit;
        assert!(gomemlimit.is_some());
        let at_least =
            inputs.evaluate(&LimitSettings { limit: least, gomemlimit, gogc: Some(100), live_percent: 100 });
        assert_eq!(at_least.bound, Bound::Gomemlimit);
        assert!(at_least.fits, "{at_least:?}");
        assert_eq!(inputs.recommend(least - mib(4), 100).gomemlimit, None);
    }
}
