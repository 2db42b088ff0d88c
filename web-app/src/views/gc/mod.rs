//! GC: what the lines of `GODEBUG=gctrace=1,scavtrace=1` say over time, the CPU
//! quota that the collector runs under, and which sizes of objects fill the heap.

mod chart;
mod cpu;
mod draw;
mod readout;
mod scale;
mod sizes;
mod summary;
mod table;
mod window;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use analyzer_core::base::convert::to_usize;
use analyzer_core::report::{GcRun, Report};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::link::{Link, use_link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};
use window::Window;

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "GC",
    count,
    keys: &[
        ("\u{2190} \u{2192}", "Previous or next cycle in the chart"),
        ("+ \u{2212} 0", "Zoom in, zoom out, show the whole run"),
        ("Esc", "Deselect the cycle"),
    ],
    places: |_| Vec::new(),
    render: |props| html! { <Collector ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Cycles and scavenges, from the program's stderr",
        command: "GODEBUG=gctrace=1,scavtrace=1 ./service 2> gctrace.log",
    },
    Recipe { what: "From a pod with this setting", command: "kubectl logs POD > gctrace.log" },
    Recipe { what: "Size classes", command: "curl -s localhost:6060/debug/vars > vars.json" },
];

/// Cycles over all runs; what there is of size classes stands in the view without a count.
fn count(report: &Report) -> Option<usize> {
    let gc = report.gc.as_ref()?;
    let cycles: u64 = gc.runs.iter().map(|run| run.summary.cycles).sum();
    to_usize(cycles)
}

/// The content of the view.
#[component]
fn Collector(props: &ViewProps) -> Html {
    let link = use_link();
    let runs = props.report.gc.as_ref().map(|gc| gc.runs.as_slice()).unwrap_or_default();
    let sizes = sizes::latest(&props.report);
    let index = chosen_run(&props.params, runs);
    html! {
        <section class="view gc">
            <div class="view-head">
                <h2>{ "Garbage collection" }</h2>
                if runs.len() > 1 {
                    { run_picker(&props.report, runs, index, link.as_ref(), &props.params) }
                }
            </div>
            if let Some(run) = runs.get(index) {
                { run_panel(props, index, run, link.as_ref()) }
            } else {
                <Needs recipes={RECIPES}>
                    { "This view shows heap goal, live heap, pauses and assists over time. None of the files contains gctrace lines. To make the runtime print one per cycle:" }
                </Needs>
            }
            { cpu::panel(&props.report) }
            if let Some((classes, moment)) = sizes {
                { sizes::panel(&props.report, classes, &super::memory::moment_name(&props.report, moment)) }
            }
        </section>
    }
}

fn chosen_run(params: &Params, runs: &[GcRun]) -> usize {
    let asked = params.number("run").and_then(to_usize).filter(|index| *index < runs.len());
    // The longest run, unless another was asked for.
    let longest = || {
        let most =
            runs.iter().enumerate().max_by_key(|(index, run)| (run.summary.cycles, usize::MAX - index));
        most.map_or(0, |(index, _)| index)
    };
    asked.unwrap_or_else(longest)
}

fn run_picker(report: &Report, runs: &[GcRun], chosen: usize, link: Option<&Link>, params: &Params) -> Html {
    let (link, params) = (link.cloned(), params.clone());
    let on_change = move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let (Some(link), Some(select)) = (&link, select) {
            let params = params.without("from").without("to").without("cycle");
            link.navigate(ViewId::Gc.with(params.with("run", select.value())));
        }
    };
    let folder = selectors::common_folder(report);
    let listed = listed_runs(runs, chosen);
    html! {
        <label class="control">
            <span>{ "Run" }</span>
            <select class="field" id="run" onchange={on_change}>
                { for listed.iter().filter_map(|&index| runs.get(index).map(|run| html! {
                    <option value={index.to_string()} selected={index == chosen}>{ run_name(report, folder, run) }</option>
                })) }
                if listed.len() < runs.len() {
                    <option disabled=true>{ rest_text(runs, &listed) }</option>
                }
            </select>
        </label>
    }
}

/// Runs that the list offers: a log may have thousands, of a program that starts again and again.
const LISTED_RUNS: usize = 200;

/// The longest runs and the chosen one, in order.
fn listed_runs(runs: &[GcRun], chosen: usize) -> BTreeSet<usize> {
    let mut by_cycles: Vec<usize> = (0..runs.len()).collect();
    by_cycles.sort_by_key(|&index| {
        (index != chosen, Reverse(runs.get(index).map_or(0, |run| run.summary.cycles)), index)
    });
    by_cycles.into_iter().take(LISTED_RUNS).collect()
}

/// What the list leaves out.
fn rest_text(runs: &[GcRun], listed: &BTreeSet<usize>) -> String {
    let rest = || runs.iter().enumerate().filter(|(index, _)| !listed.contains(index));
    let cycles = rest().map(|(_, run)| run.summary.cycles).sum();
    format!(
        "{}, {} in total",
        text::counted(rest().count(), "shorter run", "shorter runs"),
        text::counted_u64(cycles, "cycle", "cycles")
    )
}

fn run_name(report: &Report, folder: &str, run: &GcRun) -> String {
    let path = selectors::source(report, run.source).map(|row| row.path.as_str()).unwrap_or_default();
    let path = path.strip_prefix(folder).unwrap_or(path);
    let from = run.cycles.first().map(|cycle| format!(":{}", cycle.line)).unwrap_or_default();
    format!("{path}{from}, {}", text::counted_u64(run.summary.cycles, "cycle", "cycles"))
}

fn run_panel(props: &ViewProps, index: usize, run: &GcRun, link: Option<&Link>) -> Html {
    let window = Window::of(run, &props.params);
    let chosen = props
        .params
        .number("cycle")
        .and_then(|number| run.cycles.iter().position(|cycle| cycle.number == number));
    let on_window = {
        let (link, params, report) = (link.cloned(), props.params.clone(), props.report.clone());
        Callback::from(move |window: Window| {
            let run = report.gc.as_ref().and_then(|gc| gc.runs.get(index));
            if let (Some(link), Some(run)) = (&link, run) {
                link.refine(window.params(run, &params));
            }
        })
    };
    let on_cycle = {
        let (link, params, report) = (link.cloned(), props.params.clone(), props.report.clone());
        Callback::from(move |cycle: Option<usize>| {
            let run = report.gc.as_ref().and_then(|gc| gc.runs.get(index));
            let number = cycle.and_then(|cycle| Some(run?.cycles.get(cycle)?.number.to_string()));
            if let Some(link) = &link {
                link.refine(params.with("cycle", number.unwrap_or_default()));
            }
        })
    };
    html! {
        <>
            <section class="panel">
                { summary::figures(run) }
                if run.cycles.is_empty() {
                    <p class="quiet">{ "No chart: the log has scavenges but no cycles, and only cycles have timestamps." }</p>
                } else {
                    <div class="gc-chart-head">
                        { legend(!run.scavenges.is_empty()) }
                        { draw::zoom_buttons(run, window, &on_window) }
                    </div>
                    <draw::GcChart
                        report={props.report.clone()} run={index} {window} {chosen}
                        on_window={on_window.clone()} on_cycle={on_cycle.clone()}
                    />
                    if run.stride > 1 {
                        <p class="quiet">
                            { format!("Long run: of every {} cycles, the chart shows the one with the largest heap. The figures above cover all cycles.", text::count_u64(run.stride)) }
                        </p>
                    }
                }
            </section>
            if !run.cycles.is_empty() {
                <section class="panel gc-table">
                    <h3>{ "Cycles" }</h3>
                    <p class="quiet">{ "gctrace truncates heap sizes to MiB: the actual sizes are up to 1 MiB larger." }</p>
                    <table::CycleTable report={props.report.clone()} run={index} {window} {chosen} {on_cycle} />
                </section>
            }
        </>
    }
}

fn legend(has_scavenges: bool) -> Html {
    let mut entries = vec![
        ("live", "live heap"),
        ("peak", "heap at the end of marking"),
        ("goal", "goal"),
        ("over", "exceeded the goal"),
        ("forced", "forced"),
        ("sweep-stop", "pause before marking"),
        ("mark-stop", "pause after marking"),
    ];
    if has_scavenges {
        entries.push(("released", "returned to the OS (HeapReleased)"));
    }
    html! {
        <ul class="gc-legend plain">
            { for entries.into_iter().map(|(id, label)| html! { <li>{ sample(id) }{ label }</li> }) }
        </ul>
    }
}

/// The same stroke and shape as in the chart.
fn sample(id: &str) -> Html {
    let path = match id {
        "forced" => "M6 3h8l-4 7Z",
        "over" => "M10 1V13",
        "sweep-stop" => "M10 7h0",
        "mark-stop" => "M7.5 4.5l5 5m0 -5l-5 5",
        _ => "M0 7H20",
    };
    html! {
        <svg class="gc-sample" width="20" height="14" aria-hidden="true"><path class={format!("gc-{id}")} d={path} /></svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_core::session::Session;

    #[test]
    fn thousands_of_runs_are_listed_by_their_length_and_the_rest_is_summed_up() {
        let cycle = |number| {
            format!(
                "gc {number} @1.000s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 40->60->20 MB, 40 MB goal, 2 P\n"
            )
        };
        let log = [cycle(1).repeat(1000), cycle(1), cycle(2), cycle(3)].concat();
        let mut session = Session::default();
        session.add("gctrace.log", log.into_bytes());
        let runs = session.report().gc.expect("runs").runs;
        let listed = listed_runs(&runs, 700);
        assert_eq!((runs.len(), listed.len()), (1001, LISTED_RUNS));
        assert!(listed.contains(&1000) && listed.contains(&700), "the longest and the chosen one");
        assert_eq!(rest_text(&runs, &listed), "801 shorter runs, 801 cycles in total");
    }
}
