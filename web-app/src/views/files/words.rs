//! States and severities in words, each with a mark and a color.

use analyzer_core::report::{Note, NoteSeverity, Report, SourceRow, SourceStatus};
use yew::prelude::*;

use crate::components::citation::place_href;
use crate::number_format as text;
use crate::selectors::Use;
use crate::state::Route;

/// How far a source got.
pub fn status(status: SourceStatus) -> Html {
    let (class, mark, word) = match status {
        SourceStatus::Parsed => ("ok", "✓", "read"),
        SourceStatus::Partial => ("warning", "◐", "partly read"),
        SourceStatus::Failed => ("critical", "✕", "failed"),
        SourceStatus::Unrecognized => ("warning", "?", "not recognized"),
    };
    html! {
        <span class={classes!("severity", class)}>
            <span class="mark" aria-hidden="true">{ mark }</span>{ word }
        </span>
    }
}

/// A note with its severity, count and place.
pub fn note(report: &Report, row: &SourceRow, note: &Note) -> Html {
    let (class, word) = match note.severity {
        NoteSeverity::Info => ("info", "note"),
        NoteSeverity::Repaired => ("info", "repaired"),
        NoteSeverity::DataLoss => ("data-loss", "data lost"),
        NoteSeverity::Error => ("error", "error"),
    };
    let line = note.at.and_then(|at| at.line).filter(|_| row.is_text);
    html! {
        <>
            <span class={classes!("severity", class)}>{ word }</span>
            { " " }
            { &note.message }
            if note.count > 1 {
                <span class="quiet">{ format!(" ({} times)", text::count_u64(note.count)) }</span>
            }
            if let Some(line) = line {
                { " " }
                <a class="place" href={place_href(report, row.id, note.at)}>{ format!("line {line}") }</a>
            }
        </>
    }
}

/// What a source fed, as links to the views.
pub fn fed(used: Option<&Use>) -> Html {
    let Some(used) = used else { return html! { <span class="quiet">{ "—" }</span> } };
    let views = [
        (used.memory, "memory", "Memory"),
        (used.goroutines, "goroutines", "Goroutines"),
        (used.sockets, "sockets", "Sockets"),
        (used.profile, "profiles", "Profiles"),
        (used.trace, "trace", "Trace"),
        (used.gc, "gc", "GC"),
        (used.table, "tables", "Tables"),
        (used.recipe, "recipe", "Recipe"),
    ];
    let mut links: Vec<Html> = views
        .into_iter()
        .filter(|(is_used, _, _)| *is_used)
        .map(|(_, name, title)| html! { <a href={Route::parse(name).href()}>{ title }</a> })
        .collect();
    if used.findings > 0 {
        let findings = text::counted(used.findings, "finding", "findings");
        links.push(html! { <a href={Route::parse("overview").href()}>{ findings }</a> });
    }
    html! { <span class="fed">{ for links }</span> }
}

/// The format in words, with the kind of capture where one format holds several.
pub fn format(row: &SourceRow) -> String {
    let Some(name) = row.format_label.as_ref().or(row.format.as_ref()) else { return "—".to_owned() };
    match &row.kind {
        Some(kind) if row.format.as_deref() == Some("pprof") => format!("{name}: {kind}"),
        _ => name.clone(),
    }
}

/// Size as it stood, and decoded where that differs.
pub fn size(row: &SourceRow) -> Html {
    let exact = |bytes: u64| format!("{} B", text::count_u64(bytes));
    html! {
        <>
            <span title={exact(row.bytes)}>{ text::size(row.bytes) }</span>
            if row.decoded_bytes != row.bytes && row.decoded_bytes > 0 {
                <span class="quiet" title={format!("{} decoded", exact(row.decoded_bytes))}>
                    { format!(" → {}", text::size(row.decoded_bytes)) }
                </span>
            }
        </>
    }
}
