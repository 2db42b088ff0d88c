//! The search: marks frames, sums them up, walks through them.

use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

use super::toolbar::GraphProps;
use crate::components::flame::amount;
use crate::components::flame::data::FlameGraph;
use crate::number_format as text;
use crate::state::Shared;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// A regular expression, or the text itself if it is none. Capitals count
    /// if there is one. `None` if nothing is searched for.
    pub fn new(search: &str) -> Option<Self> {
        if search.is_empty() {
            return None;
        }
        let ignore_case = !search.chars().any(char::is_uppercase);
        let build = |pattern: &str| RegexBuilder::new(pattern).case_insensitive(ignore_case).build().ok();
        build(search).or_else(|| build(&regex::escape(search))).map(Self)
    }

    /// One flag a name of the graph.
    fn matches(&self, graph: &FlameGraph) -> Vec<bool> {
        let mut matches: Vec<bool> = graph.tree().names.name.iter().map(|name| self.is_match(name)).collect();
        // The last name is that of nodes that stand for others.
        if let Some(last) = matches.last_mut().filter(|_| !graph.tree().merged.0.is_empty()) {
            *last = false;
        }
        matches
    }

    /// True if a name matches.
    pub fn is_match(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// One flag a name of the graph, if anything is searched for.
#[hook]
pub fn use_matches(graph: &Shared<FlameGraph>, search: &str) -> Option<Rc<Vec<bool>>> {
    let matches = use_memo((graph.clone(), search.to_owned()), |(graph, search)| {
        let pattern = Pattern::new(search)?;
        Some(Rc::new(pattern.matches(graph)))
    });
    (*matches).clone()
}

/// The field. Enter and Shift+Enter go to the next and the previous match.
#[component]
pub fn Search(props: &GraphProps) -> Html {
    let GraphProps { case, graph } = props;
    let search = case.settings.search.clone();
    let on_input = {
        let case = case.clone();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                case.refine(case.params.with("q", input.value()));
            }
        })
    };
    let on_key = {
        let (case, graph) = (case.clone(), graph.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && !case.settings.search.is_empty() {
                event.prevent_default();
                case.refine(case.params.without("q"));
            }
            if event.key() == "Enter"
                && let Some(graph) = &graph
                && let Some(pattern) = Pattern::new(&case.settings.search)
            {
                event.prevent_default();
                let matches = pattern.matches(graph);
                let from = case.settings.node.and_then(|id| graph.find(id));
                if let Some(next) = graph.next_match(&matches, from, !event.shift_key()) {
                    case.refine(super::select(&case.params, graph, Some(next)));
                }
            }
        })
    };
    html! {
        <span class="search">
            <input
                class="field small" type="search" id="profile-search" data-search="" value={search.clone()}
                placeholder="Search functions" spellcheck="false" autocomplete="off" autocapitalize="off"
                aria-label="Search functions, as a regular expression" oninput={on_input} onkeydown={on_key}
            />
            if let Some(graph) = graph.as_ref().filter(|_| !search.is_empty()) {
                <Found graph={graph.clone()} {search} />
            }
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct FoundProps {
    graph: Shared<FlameGraph>,
    search: String,
}

/// What the search found, in numbers.
#[component]
fn Found(props: &FoundProps) -> Html {
    let matches = use_matches(&props.graph, &props.search);
    let tree = props.graph.tree();
    let found = matches.map(|matches| {
        let matched = props.graph.matched(&matches);
        if matched.nodes == 0 {
            return if props.graph.is_coarse() { "no visible match" } else { "no match" }.to_owned();
        }
        format!(
            "{}{}, {} ({})",
            props.graph.at_least(),
            text::counted(matched.nodes, "frame", "frames"),
            amount::short(matched.total, &tree.unit),
            text::percent(matched.total, tree.view_total)
        )
    });
    html! { <span class="search-found" role="status">{ found.unwrap_or_default() }</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_expression_is_searched_for_as_text() {
        let find =
            |search: &str, name: &str| Pattern::new(search).is_some_and(|pattern| pattern.is_match(name));
        assert!(find("(*Map", "maps.(*Map).Get"));
        assert!(find("map.*get", "maps.(*Map).Get"));
        assert!(!find("mAp", "maps.Get"));
        assert!(find("Map", "maps.(*Map).Get"));
        assert!(!find("", "maps.Get"));
    }
}
