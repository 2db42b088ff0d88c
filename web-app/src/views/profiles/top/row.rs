//! The table's head and its rows.

use analyzer_core::base::convert::{id_to_usize, ratio};
use analyzer_core::session::Top;
use yew::prelude::*;

use super::order::{Before, Key, Order};
use super::trend::Lines;
use crate::components::flame::{amount, palette};
use crate::number_format as text;
use crate::selectors;
use crate::views::profiles::Case;
use crate::views::profiles::name::function_name;

/// The names of the columns, which sort.
pub fn head(case: &Case, order: Order, is_comparison: bool, has_trend: bool) -> Html {
    let column = |key: Key, class: &'static str, label: &'static str, what: &'static str| {
        let (sort, mark) = match (order.key == key, order.is_ascending()) {
            (false, _) => ("none", ""),
            (true, true) => ("ascending", " \u{25b2}"),
            (true, false) => ("descending", " \u{25bc}"),
        };
        let params = order.params(key, &case.params);
        html! {
            <span class={classes!("cell", class)} role="columnheader" aria-sort={sort} title={what}>
                <button type="button" class="sort" data-sort={key.param()} onclick={case.on_go(params)}>{ label }{ mark }</button>
            </span>
        }
    };
    let plain = |class: &'static str, label: &'static str, what: &'static str| {
        html! { <span class={classes!("cell", "number", class)} role="columnheader" title={what}>{ label }</span> }
    };
    let cells = match is_comparison {
        false => html! {
            <>
                { column(Key::Flat, "number", "Flat", "Cost of the function itself") }
                { plain("percent optional", "Flat %", "Flat, of the total") }
                { plain("percent optional", "Sum %", "Running total of flat, as a share of the total") }
                { column(Key::Cum, "number", "Cum", "Cost of the function and everything it calls; recursion counts once") }
                { plain("percent optional", "Cum %", "Cum, of the total") }
                if has_trend {
                    { column(Key::Growth, "trend-cell", "Trend", "Flat across the snapshots; sorts by growth") }
                }
            </>
        },
        true => html! {
            <>
                { column(Key::Flat, "number", "Flat \u{b1}", "Change of the function's own cost") }
                { column(Key::FlatPercent, "number percent", "\u{b1} %", "Change of flat in percent") }
                { plain("optional before", "Before", "Flat in the base profile") }
                { plain("optional", "Now", "Flat in this profile") }
                { column(Key::Cum, "number optional", "Cum \u{b1}", "Change of the cost of the function and everything it calls") }
                { column(Key::CumPercent, "number percent optional", "\u{b1} %", "Change of cum in percent") }
            </>
        },
    };
    html! {
        <div class="row head" role="row">
            { cells }
            { column(Key::Name, "function-head", "Function", "Name of the function") }
        </div>
    }
}

/// A function.
pub struct Row<'a> {
    /// What all rows share.
    pub case: &'a Case,
    /// The table.
    pub top: &'a Top,
    /// Its place among the rows shown.
    pub index: usize,
    /// Its place in the table.
    pub row: u32,
    /// Flat of this row and all above it.
    pub sum: i64,
    /// What it cost in the other profile, in a comparison.
    pub before: Option<Before>,
    /// The lines over the snapshots, if there are several.
    pub lines: Option<&'a Lines>,
    /// The program's own modules.
    pub own: &'a [String],
}

impl Row<'_> {
    /// The row as elements.
    pub fn html(&self) -> Html {
        let Self { case, top, .. } = *self;
        let at = id_to_usize(self.row);
        let (Some(name), Some(&flat), Some(&cum)) = (top.name.get(at), top.flat.0.get(at), top.cum.0.get(at))
        else {
            return Html::default();
        };
        let is_selected = case.settings.selected.as_ref() == Some(name);
        let here = case.params.with("function", name.clone()).without("node");
        let on_click = {
            let (case, here) = (case.clone(), here.clone());
            Callback::from(move |_: MouseEvent| case.refine(here.clone()))
        };
        let on_double = case.on_go(here.with("view", "callers"));
        html! {
            <div
                key={self.row} class={classes!("row", is_selected.then_some("selected"))} role="row" data-name={name.clone()}
                id={super::row_id(self.index)} aria-rowindex={(self.index + 2).to_string()} aria-selected={is_selected.to_string()}
                onclick={on_click} ondblclick={on_double} oncontextmenu={case.on_row_menu(name)}
            >
                { self.amounts(name, flat, cum) }
                { self.function(name, flat) }
            </div>
        }
    }

    fn amounts(&self, name: &str, flat: i64, cum: i64) -> Html {
        let unit = &self.top.unit;
        let amount = |value: i64, class: Option<&'static str>, shown: String| {
            html! {
                <span class={classes!("cell", "number", class, (value == 0).then_some("zero"))} role="cell" title={amount::exact(value, unit)} data-value={value.to_string()}>
                    { shown }
                </span>
            }
        };
        let plain = |shown: String, class: &'static str| {
            html! { <span class={classes!("cell", "number", "percent", class)} role="cell">{ shown }</span> }
        };
        let percent = |value: i64| match value {
            0 => String::new(),
            _ => text::percent(value, self.top.total),
        };
        let optional = Some("optional");
        match self.before {
            None => html! {
                <>
                    { amount(flat, None, amount::short(flat, unit)) }
                    { plain(percent(flat), "optional") }
                    { plain(percent(self.sum), "optional") }
                    { amount(cum, None, amount::short(cum, unit)) }
                    { plain(percent(cum), "optional") }
                    if let Some(lines) = self.lines {
                        <span class="cell trend-cell" role="cell">{ lines.html(name) }</span>
                    }
                </>
            },
            Some(before) => {
                let after = before.flat.saturating_add(flat);
                html! {
                    <>
                        { amount(flat, direction(flat), amount::signed(flat, unit)) }
                        { plain(amount::change_percent(before.flat, after), "") }
                        { amount(before.flat, Some("optional before"), amount::short(before.flat, unit)) }
                        { amount(after, optional, amount::short(after, unit)) }
                        { amount(cum, optional, amount::signed(cum, unit)) }
                        { plain(amount::change_percent(before.cum, before.cum.saturating_add(cum)), "optional") }
                    </>
                }
            }
        }
    }

    fn function(&self, name: &str, flat: i64) -> Html {
        let is_dark = self.case.is_dark;
        let color = palette::css(palette::of_function(name, self.own), is_dark);
        // In a comparison the bar is of what changed, as the numbers are.
        let whole = match self.before {
            None => i128::from(self.top.total).abs(),
            Some(_) => self.top.flat.0.iter().map(|&flat| i128::from(flat).abs()).max().unwrap_or(0),
        };
        let share = ratio(flat.unsigned_abs().into(), whole.max(1)).unwrap_or(0.0) * 100.0;
        let bar = match self.before {
            None => color.clone(),
            Some(_) => format!("var({})", if flat < 0 { "--shrunk" } else { "--grown" }),
        };
        html! {
            <span class="cell function" role="cell" title={selectors::visible(name)}>
                if flat != 0 {
                    <span class="top-bar" style={format!("width:{:.2}%;background:{bar}", share.min(100.0))} aria-hidden="true" />
                }
                <span class="swatch" style={format!("background:{color}")} aria-hidden="true" />
                { function_name(name) }
            </span>
        }
    }
}

/// The class of a change.
fn direction(change: i64) -> Option<&'static str> {
    match change {
        1.. => Some("grew"),
        0 => None,
        _ => Some("shrank"),
    }
}
