//! One cycle in words and figures.

use analyzer_core::base::source::Position;
use analyzer_core::report::{GcCycle, GcRun, Report};
use yew::prelude::*;

use crate::components::citation::{place_href, place_text};
use crate::number_format as text;

/// The cycle, or how to get to one.
pub fn of(report: &Report, run: &GcRun, index: Option<usize>) -> Html {
    let Some(cycle) = index.and_then(|index| run.cycles.get(index)) else {
        return html! {
            <span class="quiet">{ "Hover over a cycle for its figures; drag to zoom, double-click for the whole run. Arrow keys move between cycles." }</span>
        };
    };
    let at = Some(Position::line(cycle.line));
    html! {
        <>
            <b>{ format!("Cycle {}", text::count_u64(cycle.number)) }</b>
            { format!(" at {}: ", text::duration(cycle.at.0)) }
            { sentence(cycle) }
            { " " }
            <a class="place" href={place_href(report, run.source, at)}>{ place_text(report, run.source, at) }</a>
        </>
    }
}

/// What the line says, in words.
pub fn sentence(cycle: &GcCycle) -> String {
    let mut parts = Vec::new();
    if cycle.is_forced {
        parts.push("forced by the program or the two-minute timer".to_owned());
    }
    if cycle.checks_leaks {
        parts.push("searched for leaked goroutines".to_owned());
    }
    parts.push(format!(
        "{} live of {} at the end of marking",
        text::bytes(cycle.live.0),
        text::bytes(cycle.heap_end.0)
    ));
    parts.push(match over(cycle) {
        Some(over) => format!("goal {} ({over})", text::bytes(cycle.goal.0)),
        None => format!("goal {}", text::bytes(cycle.goal.0)),
    });
    parts.push(format!(
        "pauses {} and {}",
        text::duration(cycle.sweep_stop.0),
        text::duration(cycle.mark_stop.0)
    ));
    parts.push(format!("marking {}", text::duration(cycle.mark.0)));
    if let Some(share) = cycle.assist_share {
        parts.push(format!("{} of it by assists", percent(share)));
    }
    format!("{}.", parts.join("; "))
}

/// How far the heap passed its goal, if it did and the goal counts.
pub fn over(cycle: &GcCycle) -> Option<String> {
    let share = cycle.overshoot.filter(|share| *share > 0 && !cycle.is_forced)?;
    Some(format!("exceeded by {}", percent(share)))
}

/// Hundredths of a percent as text.
pub fn percent(hundredths: i64) -> String {
    text::percent(hundredths, 10_000)
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::cycle;
    use super::*;

    #[test]
    fn a_cycle_is_told_in_a_sentence() {
        let told = sentence(&cycle(3, 300, 30, 60, 54));
        assert!(told.contains("30.0 MiB live of 60.0 MiB"), "{told}");
        assert!(told.contains("goal 54.0 MiB (exceeded by 11.1%)"), "{told}");
        assert!(told.contains("25.0% of it by assists"), "{told}");
    }

    #[test]
    fn a_forced_cycle_passes_no_goal() {
        let forced = GcCycle { is_forced: true, ..cycle(3, 300, 30, 60, 54) };
        assert_eq!(over(&forced), None);
        assert!(sentence(&forced).contains("two-minute timer"));
    }
}
