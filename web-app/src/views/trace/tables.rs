//! The tables below the timeline, one at a time.

use analyzer_core::report::Report;
use analyzer_core::report::trace::Trace;
use analyzer_core::session::question;
use yew::prelude::*;

use super::head::route;
use super::mmu::Curve;
use super::selection::Here;
use super::{gc, groups, leaks, waits};
use crate::number_format as text;
use crate::state::Shared;

/// A table: its name in the address, its title, how many rows, and the rows.
struct Table {
    name: &'static str,
    title: &'static str,
    count: fn(&Trace) -> usize,
    render: fn(&Trace, Here<'_>) -> Html,
}

const TABLES: [Table; 8] = [
    Table { name: "groups", title: "Goroutines", count: |trace| trace.groups.len(), render: groups::table },
    Table { name: "leaks", title: "Never ended", count: |trace| trace.leaks.len(), render: leaks::table },
    Table {
        name: "waits",
        title: "Longest waits",
        count: |trace| trace.longest_waits.len(),
        render: waits::longest,
    },
    Table {
        name: "wakes",
        title: "Who waits for whom",
        count: |trace| trace.wakes.len(),
        render: waits::wakes,
    },
    Table { name: "gc", title: "GC cycles", count: |trace| trace.gc.cycles.len(), render: gc::cycles },
    Table { name: "stw", title: "Stop the world", count: |trace| trace.pauses.len(), render: gc::pauses },
    Table {
        name: "tasks",
        title: "Tasks, regions",
        count: |trace| trace.tasks.len() + trace.regions.len() + trace.log_categories.len(),
        render: waits::annotations,
    },
    Table { name: "procs", title: "Processors", count: |trace| trace.procs.len(), render: gc::processors },
];

/// The chosen table, and the choice.
pub fn tables(report: &Shared<Report>, here: Here<'_>, counted: &Trace) -> Html {
    let (whole, params) = (here.trace, here.params);
    // What never ends is the first thing to see, if there is any.
    let usual = if whole.leaks.is_empty() { "groups" } else { "leaks" };
    let name = params.get("table").unwrap_or(usual);
    let Some(chosen) = TABLES.iter().find(|table| table.name == name).or(TABLES.first()) else {
        return Html::default();
    };
    html! {
        <>
            <nav class="trace-tables" aria-label="Tables">
                { for TABLES.iter().map(|table| html! {
                    <a href={route(params.with("table", table.name)).href()}
                        aria-current={(table.name == chosen.name).then_some("page")}>
                        { table.title }
                        <span class="quiet">{ format!(" {}", text::count_usize((table.count)(counted))) }</span>
                    </a>
                }) }
            </nav>
            if chosen.name == "gc" && !counted.gc.cycles.is_empty() {
                <Curve
                    report={report.clone()} params={params.clone()}
                    question={question::TraceUtilization { source: counted.source, from: counted.from, to: counted.to }}
                />
            }
            { (chosen.render)(counted, here) }
        </>
    }
}

/// What a table says instead of rows.
pub fn none(what: &str) -> Html {
    html! { <p class="empty quiet">{ what.to_owned() }</p> }
}

/// Rows shown at most; what is left out is said.
pub fn cut(shown: usize, all: usize) -> Html {
    if all <= shown {
        return Html::default();
    }
    html! { <p class="quiet">{ format!("{} more rows are not shown; select a part of the trace to see them.", text::count_usize(all - shown)) }</p> }
}
