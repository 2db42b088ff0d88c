//! Tables: what tools of eBPF and OpenTelemetry counted, each with what it says of a Go service.

use analyzer_core::report::{Report, TableRow, ToolTable};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::citation::{place_href, place_text};
use crate::components::found;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

/// Rules on what the view shows.
const FAMILIES: &[&str] = &["ebpf.", "otel."];

/// Rows of a table that are not folded.
const ROWS: usize = 20;

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Tables",
    count: |report| (!report.tables.is_empty()).then_some(report.tables.len()),
    keys: &[],
    places: |_| Vec::new(),
    render: |props| html! { <Tables ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe { what: "C memory that is not freed", command: "memleak-bpfcc -p PID 10 3 > memleak.txt" },
    Recipe {
        what: "A bpftrace map",
        command: "bpftrace -f json -p PID -e 'uprobe:libc:malloc { @bytes[ustack] = sum(arg0); }' > malloc.json",
    },
    Recipe { what: "TCP connections that ended", command: "tcplife-bpfcc -p PID > tcplife.txt" },
    Recipe {
        what: "Spans, from the collector's file exporter",
        command: "exporters: {file: {path: traces.otlp.jsonl}}",
    },
];

/// The content of the view.
#[component]
fn Tables(props: &ViewProps) -> Html {
    let report = &props.report;
    if report.tables.is_empty() {
        return html! {
            <section class="view tables">
                <h2>{ "Tables" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view shows tables of other tools: memleak, bpftrace, cachestat, tcplife and similar, and OpenTelemetry, Jaeger and Zipkin spans by edge. None of the files comes from one of these tools." }
                </Needs>
            </section>
        };
    }
    html! {
        <section class="view tables">
            <div class="view-head">
                <h2>{ "Tables" }</h2>
                <span class="quiet">{ text::counted(report.tables.len(), "table", "tables") }</span>
            </div>
            { found::lines(report, FAMILIES, None) }
            { for report.tables.iter().enumerate().map(|(index, table)| panel(report, table, index)) }
        </section>
    }
}

fn panel(report: &Report, table: &ToolTable, index: usize) -> Html {
    let id = format!("table-{index}");
    let (first, rest) = table.rows.split_at(table.rows.len().min(ROWS));
    html! {
        <div class="panel" role="group" aria-labelledby={id.clone()}>
            <h3 {id}>{ selectors::visible(&table.title) }</h3>
            <p class="quiet">
                <a class="place" href={place_href(report, table.source, None)}>{ place_text(report, table.source, None) }</a>
                { ". " }{ &table.says }
            </p>
            { rows(report, table, first) }
            if !rest.is_empty() {
                <details class="more">
                    <summary>{ text::counted(rest.len(), "more row", "more rows") }</summary>
                    { rows(report, table, rest) }
                </details>
            }
            if table.rows_left_out > 0 {
                <p class="quiet">{ format!("Not listed: {} with smaller values.", text::counted_u64(table.rows_left_out, "row", "rows")) }</p>
            }
        </div>
    }
}

fn rows(report: &Report, table: &ToolTable, rows: &[TableRow]) -> Html {
    html! {
        <table class="table stacked tool-table">
            <thead>
                <tr>
                    <th scope="col">{ selectors::visible(&table.of) }</th>
                    { for table.columns.iter().map(|column| html! { <th scope="col" class="number">{ selectors::visible(&column.title) }</th> }) }
                    <th scope="col">{ "Source" }</th>
                </tr>
            </thead>
            <tbody>{ for rows.iter().map(|line| row(report, table, line)) }</tbody>
        </table>
    }
}

fn row(report: &Report, table: &ToolTable, row: &TableRow) -> Html {
    let cells = table.columns.iter().enumerate().map(|(index, column)| {
        let value = row.values.get(index).copied().flatten();
        html! {
            <td class={classes!("number", value.is_none().then_some("unset"))} data-label={selectors::visible(&column.title)}>
                { column.text(value) }
            </td>
        }
    });
    html! {
        <tr>
            <th scope="row"><code>{ selectors::visible(&row.name) }</code>{ stack(&row.stack) }</th>
            { for cells }
            <td data-label="Source">
                <a class="place" href={place_href(report, row.citation.source, row.citation.at)}>
                    { place_text(report, row.citation.source, row.citation.at) }
                </a>
            </td>
        </tr>
    }
}

/// The stack of a row, folded.
fn stack(frames: &[String]) -> Html {
    if frames.is_empty() {
        return Html::default();
    }
    html! {
        <details class="tool-stack">
            <summary>{ text::counted(frames.len(), "frame", "frames") }</summary>
            <ol>{ for frames.iter().map(|frame| html! { <li><code>{ selectors::visible(frame) }</code></li> }) }</ol>
        </details>
    }
}
