//! The table of what was dropped, by subject.

use std::rc::Rc;

use analyzer_core::base::order::StableOrder;
use analyzer_core::base::source::SourceId;
use analyzer_core::report::{Report, SourceRow, Subject};
use yew::prelude::*;

use super::words;
use crate::components::citation::place_href;
use crate::components::search::Search;
use crate::number_format as text;
use crate::selectors::{self, Uses};
use crate::state::Shared;

/// Rows shown before the user asks for more, and with each time that they do.
const PAGE: usize = 400;
/// Notes shown in a row; the file's own page has all.
const NOTES_SHOWN: usize = 2;

/// Properties of [`Inventory`].
#[derive(Properties, PartialEq)]
pub struct InventoryProps {
    /// The report.
    pub report: Shared<Report>,
    /// What each source fed.
    pub uses: Rc<Uses>,
    /// The filter's text.
    pub query: String,
    /// The file that is shown beside the table.
    pub chosen: Option<SourceId>,
    /// The filter's text changed.
    pub on_filter: Callback<String>,
}

/// The table, a body per subject.
#[component]
pub fn Inventory(props: &InventoryProps) -> Html {
    let shown = use_state_eq(|| PAGE);
    let report = &props.report;
    let root = selectors::common_folder(report);
    let query = props.query.to_lowercase();
    let mut left = *shown;
    let mut matching = 0;
    let bodies: Vec<Html> = groups(report)
        .into_iter()
        .map(|(subject, rows)| {
            let rows: Vec<&SourceRow> = rows.into_iter().filter(|row| matches(row, &query)).collect();
            matching += rows.len();
            let here = rows.len().min(left);
            left -= here;
            body(props, root, subject, rows.get(..here).unwrap_or(&rows))
        })
        .collect();
    let on_more = {
        let (shown, count) = (shown.clone(), *shown);
        move |_: MouseEvent| shown.set(count + PAGE)
    };
    let total = report.sources.len();
    html! {
        <div class="inventory">
            <div class="filters">
                <Search
                    label="Find a file"
                    placeholder="Path, format, snapshot or status"
                    value={props.query.clone()}
                    on_input={props.on_filter.clone()}
                />
                <span class="quiet" role="status">
                    if matching == total {
                        { text::counted(total, "file", "files") }
                    } else {
                        { format!("{} of {}", text::count_usize(matching), text::counted(total, "file", "files")) }
                    }
                </span>
            </div>
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">{ "File" }</th>
                        <th scope="col">{ "Status" }</th>
                        <th scope="col" class="wide">{ "Format" }</th>
                        <th scope="col" class="wide number">{ "Size" }</th>
                        <th scope="col" class="wide">{ "Snapshot" }</th>
                        <th scope="col" class="wide">{ "Used by" }</th>
                        <th scope="col" class="wide">{ "Notes" }</th>
                    </tr>
                </thead>
                { for bodies }
            </table>
            if matching > *shown {
                <button type="button" class="button" onclick={on_more}>
                    { format!("Show more ({} not shown)", text::count_usize(matching - *shown)) }
                </button>
            }
        </div>
    }
}

/// Sources by subject, in the subjects' order; what is of no subject comes last.
fn groups(report: &Report) -> Vec<(Option<&Subject>, Vec<&SourceRow>)> {
    let mut groups: Vec<_> = report.subjects.iter().map(|subject| (Some(subject), Vec::new())).collect();
    groups.push((None, Vec::new()));
    let last = groups.len() - 1;
    for row in &report.sources {
        let place = row.subject.and_then(|id| report.subjects.iter().position(|subject| subject.id == id));
        if let Some((_, rows)) = groups.get_mut(place.unwrap_or(last)) {
            rows.push(row);
        }
    }
    groups.retain(|(_, rows)| !rows.is_empty());
    for (_, rows) in &mut groups {
        rows.order_by(|a, b| a.path.cmp(&b.path));
    }
    groups
}

fn matches(row: &SourceRow, query: &str) -> bool {
    if query.is_empty() {
        return true;
    }
    let status = format!("{:?}", row.status);
    let texts = [Some(&row.path), row.format_label.as_ref(), row.format.as_ref(), row.snapshot.as_ref()];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(query))
        || status.to_lowercase().contains(query)
        || row.notes.iter().any(|note| note.message.to_lowercase().contains(query))
}

fn body(props: &InventoryProps, root: &str, subject: Option<&Subject>, rows: &[&SourceRow]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let name = subject.map_or_else(|| "Unassigned".to_owned(), selectors::subject_name);
    html! {
        <tbody key={subject.map_or(u32::MAX, |subject| subject.id.0)}>
            <tr class="group-head">
                <th scope="rowgroup" colspan="7">
                    <span>{ name }</span>
                    if let Some(subject) = subject {
                        { for selectors::subject_facts(&props.report, subject).into_iter().map(|fact| html! {
                            <span class="fact">{ fact }</span>
                        }) }
                    }
                </th>
            </tr>
            { for rows.iter().map(|row| self::row(props, root, row)) }
        </tbody>
    }
}

fn row(props: &InventoryProps, root: &str, row: &SourceRow) -> Html {
    let is_chosen = props.chosen == Some(row.id);
    let path = row.path.strip_prefix(root).unwrap_or(&row.path);
    let used = props.uses.get(row.id);
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    html! {
        <tr key={row.id.0} class={classes!(is_chosen.then_some("chosen"))} aria-current={is_chosen.then_some("true")}>
            <th scope="row" class="path">
                <a href={place_href(&props.report, row.id, None)} title={selectors::visible(&row.path)}>
                    if !folder.is_empty() {
                        <span class="folder">{ selectors::visible(folder) }{ "/" }</span>
                    }
                    { selectors::visible(name) }
                </a>
            </th>
            <td>{ words::status(row.status) }</td>
            <td class="wide" data-label="Format">{ words::format(row) }</td>
            <td class="wide number" data-label="Size">{ words::size(row) }</td>
            <td class={classes!("wide", row.snapshot.is_none().then_some("unset"))} data-label="Snapshot">
                { row.snapshot.as_deref().map(selectors::visible).unwrap_or_else(|| "—".to_owned()) }
            </td>
            <td class={classes!("wide", used.is_none().then_some("unset"))} data-label="Used by">{ words::fed(used) }</td>
            <td class="wide notes" data-label="Notes">{ notes(props, row) }</td>
        </tr>
    }
}

fn notes(props: &InventoryProps, row: &SourceRow) -> Html {
    if row.notes.is_empty() {
        return Html::default();
    }
    let more = row.notes.len().saturating_sub(NOTES_SHOWN);
    html! {
        <ul class="plain">
            { for row.notes.iter().take(NOTES_SHOWN).map(|note| html! {
                <li>{ words::note(&props.report, row, note) }</li>
            }) }
            if more > 0 {
                <li>
                    <a href={place_href(&props.report, row.id, None)}>
                        { text::counted(more, "more note", "more notes") }
                    </a>
                </li>
            }
        </ul>
    }
}
