//! What each label of the profile accounts for, key by key.

use analyzer_core::base::convert::{ratio, to_usize};
use analyzer_core::session::{LabelKey, Labels, Share, question};
use yew::prelude::*;

use super::settings::with_query_param;
use super::{Case, CaseProps, own_code};
use crate::components::flame::amount;
use crate::link::use_answer;
use crate::number_format as text;
use crate::selectors;

/// Values of a key that are shown until all are asked for.
const SHOWN: usize = 20;

/// The content of the mode.
#[component]
pub fn LabelsView(props: &CaseProps) -> Html {
    let case = &props.case;
    let answer = use_answer(&case.report, Some(question::Labels { query: case.settings.query.clone() }));
    let Some(labels) = answer.latest.as_deref() else {
        return html! { <p class="quiet profile-wait" role="status">{ "Summing up the labels\u{2026}" }</p> };
    };
    if labels.keys.is_empty() {
        return nothing(case);
    }
    html! {
        <div class="labels">
            { for labels.keys.iter().map(|key| html! {
                <Key key={key.key.clone()} case={case.clone()} table={Table::new(case, labels, key)} name={key.key.clone()} />
            }) }
        </div>
    }
}

fn nothing(case: &Case) -> Html {
    let is_filtered = !case.settings.filters().is_empty();
    html! {
        <div class="needs profile-empty">
            if is_filtered {
                <p>{ "No sample that matches the filters has a label." }</p>
            } else {
                <p>
                    { "The samples of this profile have no labels. CPU and goroutine profiles contain the labels that the program sets with pprof.Do or pprof.SetGoroutineLabels; heap profiles contain the object size." }
                </p>
            }
        </div>
    }
}

/// The rows of a key, as text.
#[derive(Clone, PartialEq)]
struct Table {
    rows: Vec<Row>,
    /// Samples without the key.
    untagged: Option<Row>,
    /// Values past the engine's ceiling.
    others: Option<Row>,
}

#[derive(Clone, PartialEq)]
struct Row {
    value: String,
    amount: String,
    exact: String,
    percent: String,
    samples: String,
    share: f64,
    /// The label filter that finds it.
    filter: Option<String>,
}

impl Table {
    fn new(case: &Case, labels: &Labels, key: &LabelKey) -> Self {
        let is_comparison = case.settings.base.is_some();
        let row = |value: String, Share { samples, amount }: Share, filter: Option<String>| Row {
            value,
            amount: match is_comparison {
                true => amount::signed(amount, &labels.unit),
                false => amount::short(amount, &labels.unit),
            },
            exact: amount::exact(amount, &labels.unit),
            percent: text::percent(amount, labels.total),
            samples: text::count_u64(samples),
            share: ratio(amount.unsigned_abs().into(), i128::from(labels.total).abs()).unwrap_or(0.0),
            filter,
        };
        let columns = key.text.iter().zip(&key.number.0).zip(key.samples.0.iter().zip(&key.amount.0));
        let mut columns: Vec<_> = columns.collect();
        if key.number_unit.is_some() {
            // 16 B, 1 kB, 16 kB: by what they are, not by how they are written. What counts nothing comes last.
            columns.sort_by_key(|((_, number), (_, amount))| (**amount == 0, **number));
        }
        Self {
            rows: columns
                .into_iter()
                .map(|((value, &number), (&samples, &amount))| {
                    let filter = match &key.number_unit {
                        // The engine writes numbers with a unit that fits; the filter is exact.
                        Some(unit) => format!("{}={number}{unit}", key.key),
                        None => text_filter(&key.key, value),
                    };
                    row(value.clone(), Share { samples, amount }, Some(filter))
                })
                .collect(),
            untagged: (key.untagged.samples > 0).then(|| row("(no label)".to_owned(), key.untagged, None)),
            others: key.others.map(|(count, share)| {
                let count =
                    text::counted(to_usize(count).unwrap_or(usize::MAX), "other value", "other values");
                row(count, share, None)
            }),
        }
    }
}

/// The filter for exactly one text. A comma would part it into two expressions.
fn text_filter(key: &str, value: &str) -> String {
    format!("{key}={}", own_code::exactly(value).replace(',', "."))
}

#[derive(Clone, PartialEq, Properties)]
struct KeyProps {
    case: Case,
    name: String,
    table: Table,
}

/// A key with its values.
#[component]
fn Key(props: &KeyProps) -> Html {
    let KeyProps { case, name, table } = props;
    let is_whole = use_state_eq(|| false);
    let shown = if *is_whole { table.rows.len() } else { SHOWN };
    let hidden = table.rows.len().saturating_sub(shown);
    let show_all = {
        let is_whole = is_whole.clone();
        move |_: MouseEvent| is_whole.set(true)
    };
    let frames = |filter: &'static str, label: &'static str| {
        let params = with_query_param(&case.params, filter, name.clone()).without("view");
        html! {
            <button type="button" class="button small" data-action={filter} onclick={case.on_go(params)}>{ label }</button>
        }
    };
    html! {
        <section class="panel label-key" data-key={name.clone()}>
            <div class="label-head">
                <h3><code>{ selectors::visible(name) }</code></h3>
                <span class="quiet">{ text::counted(table.rows.len(), "value", "values") }</span>
                { frames("tagroot", "As frames at the root") }
                { frames("tagleaf", "As frames at the leaf") }
            </div>
            <table class="neighbors">
                <thead>
                    <tr>
                        <th class="number" scope="col">{ "Amount" }</th><th class="number" scope="col">{ "%" }</th>
                        <th class="number" scope="col">{ "Samples" }</th><th scope="col">{ "Value" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for table.rows.iter().take(shown).chain(&table.others).chain(&table.untagged).map(|row| line(case, row)) }
                </tbody>
            </table>
            if hidden > 0 {
                <button type="button" class="button small" onclick={show_all}>
                    { format!("Show {} more", text::count_usize(hidden)) }
                </button>
            }
        </section>
    }
}

fn line(case: &Case, row: &Row) -> Html {
    html! {
        <tr>
            <td class="number" title={row.exact.clone()}>{ &row.amount }</td>
            <td class="number">{ &row.percent }</td>
            <td class="number quiet">{ &row.samples }</td>
            <td class="function">
                <span class="top-bar" style={format!("width:{:.2}%", (row.share * 100.0).min(100.0))} aria-hidden="true" />
                if let Some(filter) = &row.filter {
                    <button
                        type="button" class="ledger-name" title="Only samples with this label"
                        onclick={case.on_go(with_query_param(&case.params, "tagfocus", filter.clone()))}
                    >
                        { selectors::visible(&row.value) }
                    </button>
                } else {
                    <span class="quiet">{ selectors::visible(&row.value) }</span>
                }
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_exactly_and_as_one_expression() {
        assert_eq!(text_filter("tenant", "a.b"), r"tenant=^a\.b$");
        assert_eq!(text_filter("tenant", "a,b"), "tenant=^a.b$");
    }
}
