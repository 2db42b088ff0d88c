//! The program's functions in a profile, to choose one: the most expensive first.

use analyzer_core::base::go_symbol::{self, Origin};
use analyzer_core::report::Report;
use analyzer_core::session::{Granularity, Order, Query, question};
use yew::prelude::*;

use super::href_to;
use crate::components::flame::amount;
use crate::link::use_answer;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Shared};
use crate::views::profiles::Settings;

/// Functions that are offered.
const ROWS: usize = 30;

/// Properties of [`Choices`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChoicesProps {
    /// The report.
    pub report: Shared<Report>,
    /// The view's parameters.
    pub params: Params,
}

/// The program's functions with the largest cum, each a link to its source; all functions, if none is its own.
#[component]
pub fn Choices(props: &ChoicesProps) -> Html {
    let settings = Settings::new(&props.report, &props.params);
    let question = settings.map(|settings| question::Top {
        query: Query { granularity: Granularity::Functions, ..settings.query },
        order: Order::Cum,
    });
    let answer = use_answer(&props.report, question);
    let Some(top) = answer.latest else {
        return html! { <p class="quiet" role="status">{ "Reading the profile\u{2026}" }</p> };
    };
    let is_own = |name: &str| go_symbol::origin(name, None) < Origin::Standard;
    let has_own = top.name.iter().any(|name| is_own(name));
    let what = if has_own { "The program\u{2019}s functions" } else { "Functions" };
    let rows = top.rows().zip(&top.file).filter(|(row, _)| !has_own || is_own(row.name));
    html! {
        <table class="table source-choices">
            <caption>{ format!("{what} by {}, including callees. Select one.", top.sample_type) }</caption>
            <thead><tr>
                <th scope="col" class="number">{ "Flat" }</th>
                <th scope="col" class="number">{ "Flat %" }</th>
                <th scope="col" class="number">{ "Cum" }</th>
                <th scope="col">{ "Function" }</th>
            </tr></thead>
            <tbody>
                { for rows.take(ROWS).map(|(row, file)| html! {
                    <tr>
                        <td class="number" title={amount::exact(row.flat, &top.unit)}>{ amount::short(row.flat, &top.unit) }</td>
                        <td class="number">{ text::percent(row.flat, top.total) }</td>
                        <td class="number" title={amount::exact(row.cum, &top.unit)}>{ amount::short(row.cum, &top.unit) }</td>
                        <td><a href={href_to(&props.params, row.name, file, 0)}>{ selectors::visible(row.name) }</a></td>
                    </tr>
                }) }
            </tbody>
        </table>
    }
}
