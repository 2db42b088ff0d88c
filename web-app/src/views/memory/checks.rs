//! Identities that were checked, inputs that do not belong together, figures
//! beside the ledger, and inputs that were missing.

use analyzer_core::base::order::StableOrder;
use analyzer_core::base::units::Unit;
use analyzer_core::report::{Check, MemorySnapshot, Report, SideFigure};
use yew::prelude::*;

use crate::components::citation::citations;
use crate::number_format as text;

/// What is not in the ledger, and what would give it.
pub fn missing(moment: &MemorySnapshot) -> Html {
    if moment.missing.is_empty() {
        return Html::default();
    }
    html! {
        <section class="panel missing">
            <h3>{ "Unknown" }</h3>
            <ul>{ for moment.missing.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
        </section>
    }
}

/// Inputs that are not of one thing or moment: above all else, for they limit what the picture says.
pub fn disagreements(report: &Report, moment: &MemorySnapshot) -> Html {
    if moment.disagreements.is_empty() {
        return Html::default();
    }
    html! {
        <section class="notice warning disagreements">
            <div>
                <h3>{ "Not from the same moment" }</h3>
                { for moment.disagreements.iter().map(|item| html! {
                    <div>
                        <p>
                            { &item.reason }
                            { format!(
                                " They are {} apart; up to {} is usual between two readings.",
                                text::bytes(item.difference.0.saturating_abs()), text::bytes(item.tolerance.0)
                            ) }
                        </p>
                        { citations(report, &item.citations) }
                    </div>
                }) }
            </div>
        </section>
    }
}

/// Figures that are true and part of no sum.
pub fn side(report: &Report, moment: &MemorySnapshot) -> Html {
    if moment.side.is_empty() {
        return Html::default();
    }
    let (zero, nonzero): (Vec<&SideFigure>, Vec<_>) =
        moment.side.iter().partition(|figure| figure.value == 0);
    html! {
        <section class="panel side-panel">
            <h3>{ "Side figures" }</h3>
            <p class="quiet">{ "Other figures, not in the totals." }</p>
            <div class="side-list">{ for nonzero.iter().map(|figure| side_figure(report, figure)) }</div>
            if !zero.is_empty() {
                <details class="more">
                    <summary>
                        { "Zero: " }
                        { zero.iter().map(|figure| figure.label.as_str()).collect::<Vec<_>>().join("; ") }
                    </summary>
                    <div class="side-list">{ for zero.iter().map(|figure| side_figure(report, figure)) }</div>
                </details>
            }
        </section>
    }
}

fn side_figure(report: &Report, figure: &SideFigure) -> Html {
    html! {
        <div class="side-figure">
            <b>{ &figure.label }</b>
            <span class="number" title={text::value_exact(figure.value, figure.unit)}>
                { text::value(figure.value, figure.unit) }
            </span>
            <div class="side-meaning">
                <p>{ &figure.meaning }</p>
                { citations(report, &figure.citations) }
            </div>
        </div>
    }
}

/// The identities, those that break first.
pub fn checks(report: &Report, moment: &MemorySnapshot) -> Html {
    if moment.checks.is_empty() {
        return Html::default();
    }
    let broken = moment.checks.iter().filter(|check| !check.holds).count();
    let mut sorted: Vec<&Check> = moment.checks.iter().collect();
    sorted.order_by_key(|check| check.holds);
    let count = text::counted(moment.checks.len(), "identity", "identities");
    let summary = match broken {
        0 => format!("{count} checked, all hold"),
        _ => format!("{count} checked, {} violated", text::count_usize(broken)),
    };
    html! {
        <section class="panel checks-panel">
            <details open={broken > 0}>
                <summary><h3>{ "Checks" }</h3><span class="quiet">{ summary }</span></summary>
                <table class="checks">
                    <thead>
                        <tr>
                            <th scope="col">{ "Holds" }</th>
                            <th scope="col">{ "Identity" }</th>
                            <th scope="col" class="number">{ "Difference" }</th>
                            <th scope="col" class="number">{ "Tolerance" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for sorted.into_iter().map(|check| row(report, check)) }</tbody>
                </table>
            </details>
        </section>
    }
}

/// To the byte; a count is exact as it stands.
fn exact(check: &Check, value: i64) -> Option<String> {
    (check.unit == Unit::Bytes).then(|| text::bytes_exact(value))
}

fn row(report: &Report, check: &Check) -> Html {
    let (class, mark, word) =
        if check.holds { ("ok", "\u{2713}", "holds") } else { ("warning", "\u{2717}", "broken") };
    html! {
        <tr>
            <td><span class={classes!("severity", class)}><span aria-hidden="true">{ mark }</span>{ word }</span></td>
            <td>
                <code>{ &check.identity }</code>
                if !check.note.is_empty() {
                    <p class="quiet">{ &check.note }</p>
                }
                if !check.citations.is_empty() {
                    <details class="check-sources">
                        <summary>{ text::counted(check.citations.len(), "source", "sources") }</summary>
                        { citations(report, &check.citations) }
                    </details>
                }
            </td>
            <td class="number" title={exact(check, check.difference.0)}>{ check.difference_text() }</td>
            <td class="number" title={exact(check, check.tolerance.0)}>{ format!("\u{b1}{}", check.tolerance_text()) }</td>
        </tr>
    }
}
