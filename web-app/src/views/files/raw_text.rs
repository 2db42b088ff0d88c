//! The text of a source, of which only the lines in sight are on the page.

use std::collections::BTreeMap;

use analyzer_core::base::convert::{f64_to_usize, to_f64, to_u64};
use analyzer_core::base::source::SourceId;
use analyzer_core::report::Report;
use analyzer_core::session::{TextLines, question};
use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::components::text_field::is_text_field;
use crate::link::{use_answer, use_link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Route, Shared, ViewId};

/// Height of a line, in CSS pixels; the style sheet has the same.
const LINE_HEIGHT: f64 = 18.0;
/// Lines are asked for in blocks, so that scrolling asks seldom.
const BLOCK: u64 = 400;
/// No browser lays out an element of any height; a longer text scrolls in larger steps.
const TALLEST: f64 = 8_000_000.0;

/// Properties of [`RawText`].
#[derive(Properties, PartialEq)]
pub struct RawTextProps {
    /// The report that the source is of.
    pub report: Shared<Report>,
    /// The source.
    pub source: SourceId,
    /// Its path, for links to its lines.
    pub path: String,
    /// The line to show.
    pub line: Option<u64>,
    /// Cited lines, with what they are cited for.
    pub cited: BTreeMap<u64, Vec<String>>,
}

/// Where the window of the text is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    /// First line in sight, from 0.
    first: u64,
    /// Lines in sight.
    count: u64,
}

/// The lines in sight, numbered; cited ones marked; the chosen one brought into sight.
#[component]
pub fn RawText(props: &RawTextProps) -> Html {
    let link = use_link();
    let place = use_node_ref();
    let window = use_state_eq(|| Window { first: props.line.unwrap_or(1).saturating_sub(10), count: 60 });
    let answer = use_answer(&props.report, Some(question(props.source, *window)));
    let lines = answer.latest.as_deref();
    let total = lines.map_or(0, |lines| lines.total_lines);
    let update = {
        let (place, window) = (place.clone(), window.setter());
        Callback::from(move |total: u64| {
            if let Some(element) = place.cast::<HtmlElement>() {
                window.set(in_sight(&element, total));
            }
        })
    };
    {
        // Once the length is known, and whenever another line is chosen.
        let (place, update) = (place.clone(), update.clone());
        use_effect_with((props.line, total), move |&(line, total)| {
            if let (Some(line), Some(element)) = (line, place.cast::<HtmlElement>()) {
                reveal(&element, line, total);
            }
            update.emit(total);
        });
    }
    {
        let (cited, path, line) = (props.cited.clone(), props.path.clone(), props.line);
        use_effect_with((cited, path, line), move |(cited, path, line)| {
            let targets = neighbors(cited, *line).map(|target| target.map(|line| route(path, line)));
            let listener = EventListener::new(&gloo::utils::window(), "keydown", move |event| {
                let event: &KeyboardEvent = event.unchecked_ref();
                let [previous, next] = &targets;
                let target = match event.key().as_str() {
                    "p" => previous,
                    "n" => next,
                    _ => return,
                };
                let is_ours = !is_text_field(event.target()) && !event.ctrl_key() && !event.meta_key();
                if let (Some(route), Some(link), true) = (target, &link, is_ours) {
                    link.navigate(route.clone());
                }
            });
            move || drop(listener)
        });
    }
    html! {
        <div class="raw-text">
            { bar(props, total) }
            if let Some(error) = &answer.error {
                <p class="severity critical" role="alert">{ error }</p>
            }
            <div class="raw-lines" ref={place} tabindex="0" role="region" aria-label={format!("Text of {}", selectors::visible(&props.path))}
                onscroll={move |_| update.emit(total)}>
                <div class="raw-space" style={format!("height:{}px", height(total).max(LINE_HEIGHT))}>
                    <ol class="raw-block" start={(window.first + 1).to_string()}
                        style={format!("transform:translateY({}px)", top_of(window.first, total, window.count))}>
                        { for (window.first..(window.first + window.count).min(total)).map(|index| {
                            line(props, lines, index + 1)
                        }) }
                    </ol>
                </div>
            </div>
        </div>
    }
}

/// Whole blocks around the window, so that the question changes once a block.
fn question(source: SourceId, window: Window) -> question::Text {
    let first = (window.first / BLOCK).saturating_sub(1) * BLOCK;
    let last = (window.first + window.count) / BLOCK + 2;
    question::Text { source, first_line: first + 1, lines: last * BLOCK - first }
}

fn f64_to_u64(x: f64) -> u64 {
    to_u64(f64_to_usize(x))
}

fn height(total: u64) -> f64 {
    (to_f64(total) * LINE_HEIGHT).min(TALLEST)
}

/// How far down a line lies in the space that scrolls.
fn top_of(line: u64, total: u64, in_sight: u64) -> f64 {
    let full = to_f64(total) * LINE_HEIGHT;
    if full <= TALLEST {
        return to_f64(line) * LINE_HEIGHT;
    }
    let last = to_f64(total.saturating_sub(in_sight).max(1));
    (to_f64(line) / last).min(1.0) * (TALLEST - to_f64(in_sight) * LINE_HEIGHT)
}

fn in_sight(element: &HtmlElement, total: u64) -> Window {
    let (scroll, room) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
    let count = f64_to_u64(room / LINE_HEIGHT) + 2;
    let full = to_f64(total) * LINE_HEIGHT;
    let share = if full <= TALLEST {
        scroll / LINE_HEIGHT
    } else {
        scroll / (TALLEST - room).max(1.0) * to_f64(total.saturating_sub(count))
    };
    Window { first: f64_to_u64(share), count }
}

/// Brings a line into the upper third of the window, unless it is in sight.
fn reveal(element: &HtmlElement, line: u64, total: u64) {
    let seen = in_sight(element, total);
    let index = line.saturating_sub(1);
    if index > seen.first && index + 3 < seen.first + seen.count && element.scroll_top() > 0 {
        return;
    }
    let goal = top_of(index.saturating_sub(seen.count / 3), total, seen.count);
    element.set_scroll_top(i32::try_from(f64_to_u64(goal)).unwrap_or(i32::MAX));
}

/// The cited lines before and after the chosen one.
fn neighbors(cited: &BTreeMap<u64, Vec<String>>, line: Option<u64>) -> [Option<u64>; 2] {
    let at = line.unwrap_or(0);
    let previous = cited.range(..at).next_back().map(|(line, _)| *line);
    let next = cited.range(at + 1..).next().map(|(line, _)| *line);
    [previous, next]
}

fn route(path: &str, line: u64) -> Route {
    let params = Params::default().with("source", path).with("line", line.to_string());
    ViewId::Files.with(params)
}

fn bar(props: &RawTextProps, total: u64) -> Html {
    let [previous, next] = neighbors(&props.cited, props.line);
    let step = |target: Option<u64>, label: &str, mark: &str| {
        let href = target.map(|line| route(&props.path, line).href());
        html! { <a class="button small" {href} aria-disabled={target.is_none().then_some("true")} aria-label={label.to_owned()}>{ mark }</a> }
    };
    let why = props.line.and_then(|line| props.cited.get(&line));
    html! {
        <div class="raw-bar">
            <span class="quiet">{ format!("{} lines", text::count_u64(total)) }</span>
            if props.cited.is_empty() {
                <span class="quiet">{ "nothing cited" }</span>
            } else {
                <span class="raw-steps">
                    { text::counted(props.cited.len(), "cited line", "cited lines") }
                    { step(previous, "Previous cited line", "↑") }
                    { step(next, "Next cited line", "↓") }
                </span>
            }
            if let Some(line) = props.line {
                <span>
                    { format!("line {}", text::count_u64(line)) }
                    if let Some(why) = why {
                        { ": cited for " }<em>{ selectors::visible(&why.join("; ")) }</em>
                    }
                </span>
            }
        </div>
    }
}

fn line(props: &RawTextProps, lines: Option<&TextLines>, number: u64) -> Html {
    let text = lines
        .and_then(|lines| number.checked_sub(lines.first_line).map(|index| (lines, index)))
        .and_then(|(lines, index)| lines.lines.get(usize::try_from(index).ok()?));
    let cited = props.cited.get(&number);
    let class = classes!(
        cited.map(|_| "cited"),
        (props.line == Some(number)).then_some("chosen"),
        text.is_none().then_some("pending"),
    );
    let title = cited.map(|why| format!("Cited for: {}", selectors::visible(&why.join("; "))));
    html! {
        <li key={number.to_string()} {class} {title} value={number.to_string()}>
            <span class="line-number" aria-hidden="true">{ number }</span>
            if cited.is_some() { <span class="visually-hidden">{ "cited: " }</span> }
            <code>{ text.map_or("", String::as_str) }</code>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(lines: &[u64]) -> BTreeMap<u64, Vec<String>> {
        lines.iter().map(|&line| (line, Vec::new())).collect()
    }

    #[test]
    fn the_neighbors_of_a_line_are_the_nearest_cited_ones() {
        let cited = cited(&[3, 10, 20]);
        assert_eq!(neighbors(&cited, None), [None, Some(3)]);
        assert_eq!(neighbors(&cited, Some(10)), [Some(3), Some(20)]);
        assert_eq!(neighbors(&cited, Some(15)), [Some(10), Some(20)]);
        assert_eq!(neighbors(&cited, Some(20)), [Some(10), None]);
    }

    #[test]
    fn a_question_holds_the_window_and_changes_once_a_block() {
        let at = |first| question(SourceId(1), Window { first, count: 50 });
        assert_eq!(at(400), at(749));
        for first in [0, 1, 399, 400, 10_000] {
            let question::Text { first_line, lines, .. } = at(first);
            assert!(first_line <= first + 1 && first + 50 <= first_line - 1 + lines, "{first}");
        }
    }

    #[test]
    fn the_last_line_of_a_text_of_millions_can_be_reached() {
        let total = 5_000_000;
        let last = total - 40;
        assert!(top_of(last, total, 40) <= TALLEST - 40.0 * LINE_HEIGHT);
        assert!(top_of(last, total, 40) > TALLEST - 41.0 * LINE_HEIGHT);
        assert_eq!(top_of(10, 1_000, 40), 180.0);
    }
}
