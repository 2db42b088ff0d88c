//! A run in a few figures, each with what it means.

use analyzer_core::report::{GcRun, GcSummary};
use yew::prelude::*;

use super::readout::percent;
use crate::number_format as text;

/// A figure.
struct Figure {
    name: &'static str,
    value: String,
    meaning: String,
}

/// The figures of a run.
pub fn figures(run: &GcRun) -> Html {
    html! {
        <dl class="gc-figures">
            { for list(&run.summary, !run.scavenges.is_empty()).into_iter().map(|figure| html! {
                <div>
                    <dt>{ figure.name }</dt>
                    <dd><b>{ figure.value }</b><span class="quiet">{ figure.meaning }</span></dd>
                </div>
            }) }
        </dl>
    }
}

fn list(summary: &GcSummary, has_scavenges: bool) -> Vec<Figure> {
    let cycles = analyzer_core::base::convert::to_usize(summary.cycles).unwrap_or(usize::MAX);
    let mut all = vec![
        Figure {
            name: "Cycles",
            value: text::count_usize(cycles),
            meaning: format!(
                "in {}, {} of them forced",
                text::duration(summary.until.0),
                text::count_u64(summary.forced)
            ),
        },
        Figure {
            name: "Live heap",
            value: text::bytes(summary.live_last.0),
            meaning: format!(
                "after the last cycle; {} after the first, maximum {}",
                text::bytes(summary.live_first.0),
                text::bytes(summary.live_most.0)
            ),
        },
        Figure { name: "Peak heap", value: text::bytes(summary.heap_most.0), meaning: overshoot(summary) },
        Figure {
            name: "Longest pause",
            value: text::duration(summary.pause_most.0),
            meaning: format!(
                "of a cycle; median {}, 99% within {}",
                text::duration(summary.pause_median.0),
                text::duration(summary.pause_p99.0)
            ),
        },
    ];
    if let Some(share) = summary.assist_share {
        all.push(Figure {
            name: "Marking by assists",
            value: percent(share),
            meaning: "done by allocating goroutines; if high, allocation outpaces the GC".to_owned(),
        });
    }
    all.push(Figure {
        name: "GC CPU share",
        value: format!("{}%", summary.cpu_percent),
        meaning: "of CPU time since program start, from the last line".to_owned(),
    });
    if has_scavenges {
        let moved = match (summary.scavenged_background.0, summary.scavenged_eager.0) {
            (0, 0) => "no scavenge returned any".to_owned(),
            (background, 0) => format!("{} returned in the background", text::bytes(background)),
            (background, eager) => format!(
                "{} returned in the background, {} by allocating goroutines to stay below GOMEMLIMIT",
                text::bytes(background),
                text::bytes(eager)
            ),
        };
        all.push(Figure {
            name: "Returned to the OS",
            value: summary.released.map_or("unknown".to_owned(), |released| text::bytes(released.0)),
            meaning: format!("HeapReleased on the last line; {moved}"),
        });
    }
    all
}

fn overshoot(summary: &GcSummary) -> String {
    match (summary.paced, summary.overshoot_most) {
        (0, _) | (_, None) => "at the end of marking; no cycle with a goal of 32 MiB or more".to_owned(),
        (paced, Some(most)) if most > 0 => format!(
            "at the end of marking; the goal was exceeded by up to {}, by at least half in {} of {} relevant cycles",
            percent(most),
            text::count_u64(summary.overshot),
            text::count_u64(paced)
        ),
        (paced, Some(_)) => {
            format!("at the end of marking; none of {} cycles exceeded its goal", text::count_u64(paced))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overshoot_is_told_only_of_cycles_that_count() {
        let told = |paced, most| {
            overshoot(&GcSummary { paced, overshoot_most: most, overshot: 2, ..GcSummary::default() })
        };
        assert!(told(0, None).contains("no cycle"));
        assert!(told(9, Some(5_500)).contains("up to 55.0%, by at least half in 2 of 9"));
        assert!(told(9, Some(-100)).contains("none of 9"));
    }
}
