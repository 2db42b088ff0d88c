//! The lines of the function: costs, heat, code, calls, goroutines.

use std::collections::HashMap;

use analyzer_core::base::convert::ratio;
use analyzer_core::session::{LineCall, SourceLine, SourceView};
use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, ScrollIntoViewOptions, ScrollLogicalPosition};
use yew::prelude::*;

use super::highlight::{Kind, State, pieces};
use super::{head, href_to, open_graph};
use crate::components::flame::amount;
use crate::link::Link;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Shared};
use crate::views::goroutines::group_route;

/// Calls of a line that are named before the rest is folded.
const CALLS: usize = 3;
/// Calls of a line that are named at all.
const ALL_CALLS: usize = 40;

/// The table of lines.
pub fn table(params: &Params, view: &SourceView, chosen: Option<u32>) -> Html {
    let by_line: HashMap<u32, &SourceLine> = view.lines.iter().map(|line| (line.line, line)).collect();
    let most = view.lines.iter().map(|line| line.cum.unsigned_abs()).max().unwrap_or(0);
    let has_costs = !view.sample_type.is_empty();
    let row = Row { params, view, most, chosen, has_costs };
    let mut state = State::default();
    let numbered = (view.first..).zip(&view.text).map(|(number, code)| {
        let (pieces, after) = pieces(code, state);
        state = after;
        let code =
            html! { <code>{ for pieces.into_iter().map(|(kind, piece)| piece_html(kind, piece)) }</code> };
        row.html(number, by_line.get(&number).copied(), code)
    });
    let rows: Vec<Html> = if view.text.is_empty() {
        view.lines.iter().map(|line| row.html(line.line, Some(line), Html::default())).collect()
    } else {
        numbered.collect()
    };
    if rows.is_empty() {
        return html! { <p class="quiet">{ "No line of this function has a cost in this profile or a goroutine." }</p> };
    }
    html! {
        <>
            <div class="source-frame">
                <table class="table source-table">
                    <caption class="visually-hidden">{ format!("Lines of {} with flat, cum and calls", view.function) }</caption>
                    <thead><tr>
                        if has_costs {
                            <th scope="col" class="number" title="Cost of the line itself">{ "Flat" }</th>
                            <th scope="col" class="number" title="Cost of the line and everything it calls">{ "Cum" }</th>
                        }
                        <th scope="col" class="number">{ "Line" }</th>
                        <th scope="col">{ "Source" }</th>
                    </tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
            if view.is_cut {
                <p class="quiet">{ format!("Only {} lines of the function are shown.", text::count_usize(view.text.len())) }</p>
            }
        </>
    }
}

fn piece_html(kind: Kind, piece: &str) -> Html {
    let class = match kind {
        Kind::Plain => return html! { { piece } },
        Kind::Keyword => "go-keyword",
        Kind::Text => "go-text",
        Kind::Comment => "go-comment",
        Kind::Number => "go-number",
    };
    html! { <span {class}>{ piece }</span> }
}

/// What the rows share.
struct Row<'a> {
    params: &'a Params,
    view: &'a SourceView,
    most: u64,
    chosen: Option<u32>,
    has_costs: bool,
}

impl Row<'_> {
    fn html(&self, number: u32, line: Option<&SourceLine>, code: Html) -> Html {
        let cum = line.map_or(0, |line| line.cum);
        let heat = ratio(cum.unsigned_abs().into(), i128::from(self.most).max(1)).unwrap_or(0.0);
        let is_chosen = self.chosen == Some(number);
        html! {
            <tr key={number} id={line_id(number)} class={classes!(is_chosen.then_some("chosen"), line.is_some().then_some("known"))}
                aria-current={is_chosen.then_some("true")} style={format!("--heat:{:.1}%", heat * 100.0)}>
                if self.has_costs {
                    { self.cost(line.map_or(0, |line| line.flat), false) }
                    { self.cost(cum, true) }
                }
                <td class="number source-number">{ number }</td>
                <td class="source-code">
                    { code }
                    if let Some(line) = line { { self.extra(line) } }
                </td>
            </tr>
        }
    }

    fn cost(&self, value: i64, is_cum: bool) -> Html {
        if value == 0 {
            return html! { <td class="number zero"><span aria-label="none">{ "." }</span></td> };
        }
        let unit = &self.view.unit;
        let title = format!("{}, {}", amount::exact(value, unit), text::percent(value, self.view.total));
        html! {
            <td class={classes!("number", is_cum.then_some("source-cum"))} {title} data-value={value.to_string()}>
                { amount::short(value, unit) }
            </td>
        }
    }

    /// Calls and goroutines of a line, below it.
    fn extra(&self, line: &SourceLine) -> Html {
        if line.calls.is_empty() && line.waiting.is_empty() {
            return Html::default();
        }
        let calls = line.calls.get(..ALL_CALLS).unwrap_or(&line.calls);
        let (first, rest) = calls.split_at(calls.len().min(CALLS));
        html! {
            <ul class="plain source-extra">
                { for line.waiting.iter().map(|waiting| {
                    let what = if waiting.is_innermost { "wait here" } else { "are below this call" };
                    let count = text::counted_u64(waiting.count, "goroutine", "goroutines");
                    html! {
                        <li class="source-waiting">
                            <a href={group_route(&waiting.group).href()}>{ count }</a>
                            { format!(" {what}: {}", selectors::visible(&waiting.state)) }
                        </li>
                    }
                }) }
                { for first.iter().map(|call| self.call(call)) }
                if !rest.is_empty() {
                    <li><details>
                        <summary>{ text::counted(line.calls.len() - first.len(), "more call", "more calls") }</summary>
                        <ul class="plain">{ for rest.iter().map(|call| self.call(call)) }</ul>
                    </details></li>
                }
            </ul>
        }
    }

    fn call(&self, call: &LineCall) -> Html {
        let unit = &self.view.unit;
        html! {
            <li>
                <span class="source-amount" title={amount::exact(call.amount, unit)}>{ amount::short(call.amount, unit) }</span>
                { " " }
                <a href={href_to(self.params, &call.function, &call.file, call.other_line)}>{ selectors::visible(&call.function) }</a>
                if call.is_inlined {
                    { " " }<span class="tag">{ "inlined" }</span>
                    if call.other_line > 0 { <span class="quiet">{ format!(" line {}", call.other_line) }</span> }
                }
            </li>
        }
    }
}

fn line_id(number: u32) -> String {
    format!("source-line-{number}")
}

/// Brings the chosen line into view once it is there.
#[hook]
pub fn use_line(line: Option<u32>, is_there: bool) {
    use_effect_with((line, is_there), |&(line, is_there)| {
        let row = line
            .filter(|_| is_there)
            .and_then(|line| gloo::utils::document().get_element_by_id(&line_id(line)));
        if let Some(row) = row {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

/// Keys of the view, as long as it is shown.
#[hook]
pub fn use_keys(link: Option<Link>, params: &Params, view: Option<&Shared<SourceView>>) {
    use_effect_with((link, params.clone(), view.cloned()), |(link, params, view)| {
        let (link, params, view) = (link.clone(), params.clone(), view.clone());
        let listener = EventListener::new(&gloo::utils::window(), "keydown", move |event| {
            if let (Some(event), Some(link), Some(view)) = (event.dyn_ref::<KeyboardEvent>(), &link, &view) {
                pressed(link, &params, view, event);
            }
        });
        move || drop(listener)
    });
}

fn pressed(link: &Link, params: &Params, view: &SourceView, event: &KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_typed = target
        .is_some_and(|target| target.closest("input, textarea, select, dialog").ok().flatten().is_some());
    if is_typed || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let chosen = params.number("line").and_then(|line| u32::try_from(line).ok());
    let line = match event.key().as_str() {
        "j" => step(view, chosen, true),
        "k" => step(view, chosen, false),
        "h" => head::hot(view).first().copied(),
        "b" => return open_graph(link, params),
        _ => return,
    };
    if let Some(line) = line {
        link.refine(params.with("line", line.to_string()));
    }
}

/// The next or the previous line that something is known of; from the end to the other one.
fn step(view: &SourceView, chosen: Option<u32>, is_forward: bool) -> Option<u32> {
    let mut lines = view.lines.iter().map(|line| line.line);
    let (first, last) = (view.lines.first()?.line, view.lines.last()?.line);
    match (chosen, is_forward) {
        (None, true) => Some(first),
        (None, false) => Some(last),
        (Some(at), true) => lines.find(|&line| line > at).or(Some(first)),
        (Some(at), false) => lines.rev().find(|&line| line < at).or(Some(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_from_line_to_line_and_around() {
        let line = |line| SourceLine { line, ..SourceLine::default() };
        let view = SourceView { lines: vec![line(3), line(7), line(9)], ..SourceView::default() };
        let forward = |chosen| step(&view, chosen, true);
        assert_eq!([None, Some(3), Some(5), Some(9)].map(forward), [Some(3), Some(7), Some(7), Some(3)]);
        assert_eq!(
            [None, Some(3), Some(8)].map(|chosen| step(&view, chosen, false)),
            [Some(9), Some(9), Some(7)]
        );
        assert_eq!(step(&SourceView::default(), None, true), None);
    }
}
