//! What can be done with a function: the entries of its menu, the buttons below the graph.

use analyzer_core::base::go_symbol;
use analyzer_core::session::Granularity;

use super::settings::{Mode, node_param};
use super::{Case, own_code};
use crate::components::flame::data::FlameGraph;
use crate::components::menu::MenuItem;
use crate::state::{Params, Shared};

/// A function, and where in the graph.
#[derive(Clone, PartialEq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// The node of the whole graph that is meant, if one is.
    pub place: Option<(Shared<FlameGraph>, u32)>,
}

impl Subject {
    /// A function wherever it is.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), place: None }
    }

    /// A node of the whole graph.
    pub fn node(graph: &Shared<FlameGraph>, node: u32) -> Self {
        Self { name: graph.name_of(node).to_owned(), place: Some((graph.clone(), node)) }
    }
}

/// Everything that can be done with a function, as far as it makes sense here.
pub fn of(case: &Case, subject: &Subject) -> Vec<MenuItem> {
    let mut items = ways_to_look(case, subject);
    if subject.place.as_ref().is_none_or(|(_, node)| *node != 0) {
        items.extend(filters(case, &subject.name));
        items.push(copy(case, "copy-name", "Copy name", subject.name.clone()));
    }
    if let Some((graph, node)) = &subject.place {
        items.push(copy(case, "copy-stack", "Copy stack", stack_text(graph, *node)));
    }
    items
}

fn ways_to_look(case: &Case, Subject { name, place }: &Subject) -> Vec<MenuItem> {
    let mut items = Vec::new();
    let mut add = |id, label, hint, params: Params| {
        let case = case.clone();
        items.push(MenuItem::new(id, label, hint, move || case.go(params.clone())));
    };
    let shown = case.settings.mode;
    if let Some((graph, node)) = place.as_ref().filter(|_| matches!(shown, Mode::Flame | Mode::Both)) {
        if case.settings.zoom == Some(graph.id_of(*node)) {
            add("zoom", "Zoom out", "Esc", case.params.without("zoom"));
        } else if *node != 0 {
            add("zoom", "Zoom", "Enter", case.params.with("zoom", node_param(graph, *node)));
        }
    }
    let here = case.params.with("function", name.clone()).without("node");
    if !matches!(shown, Mode::Flame | Mode::Both) {
        add("flame", "Show in the flame graph", "", here.with("view", Mode::Flame.param()));
    }
    if place.as_ref().is_none_or(|(_, node)| *node != 0) {
        add("callers", "Callers and callees", "c", here.with("view", Mode::Sandwich.param()));
        if let Some(params) = source_params(case, name) {
            let case = case.clone();
            items.push(MenuItem::new("source", "Source", "s", move || case.open_source(params.clone())));
        }
    }
    items
}

/// Where the source of a node is shown: its function, and its line if it has one.
pub fn source_params(case: &Case, name: &str) -> Option<Params> {
    let (function, line) = function_of(case.settings.query.granularity, name)?;
    let line = line.map(|line| line.to_string()).unwrap_or_default();
    Some(case.params.with("function", function).without("node").without("zoom").with("line", line))
}

/// The function and the line that a node's name says, by what becomes a node.
fn function_of(by: Granularity, name: &str) -> Option<(&str, Option<u32>)> {
    let placed = |name| -> Option<(&str, &str)> { str::rsplit_once(name, ' ') };
    let line = |place: &str| {
        let mut parts = place.split(':').skip(1);
        parts.next().and_then(|line| line.parse().ok())
    };
    match by {
        Granularity::Functions => Some((name, None)),
        Granularity::Files => None,
        Granularity::FileFunctions => placed(name).map(|(function, _)| (function, None)),
        Granularity::Lines => placed(name).map(|(function, place)| (function, line(place))),
        Granularity::Addresses => {
            let (function, place) = placed(name.split_once(' ')?.1)?;
            Some((function, line(place)))
        }
    }
}

fn filters(case: &Case, name: &str) -> Vec<MenuItem> {
    let exactly = own_code::exactly(name);
    let item = |id: &'static str, filter: &'static str, label, hint, pattern: String| {
        let (case, params) = (case.clone(), super::filters::added(&case.params, filter, &pattern));
        MenuItem::new(id, label, hint, move || case.go(params.clone()))
    };
    let mut items = vec![
        item("focus", "focus", "Focus", "only stacks with it", exactly.clone()),
        item("ignore", "ignore", "Ignore", "no stacks with it", exactly.clone()),
        item("hide", "hide", "Hide", "without its frames", exactly.clone()),
        item("show_from", "show_from", "Show from", "from it on", exactly),
    ];
    let package = go_symbol::package(name);
    if !package.is_empty() {
        let pattern = format!("^{}\\.", own_code::escape(package));
        items.push(item("hide-package", "hide", "Hide its package", "", pattern));
    }
    items
}

fn copy(case: &Case, id: &'static str, label: &'static str, text: String) -> MenuItem {
    let case = case.clone();
    MenuItem::new(id, label, "", move || {
        let (case, text) = (case.clone(), text.clone());
        wasm_bindgen_futures::spawn_local(async move {
            let copied = crate::components::copy_button::copy(&text).await;
            case.say(if copied { "Copied" } else { "The browser blocked the clipboard" });
        });
    })
}

/// The frame and its callers as lines, innermost first, as Go prints stacks.
pub fn stack_text(graph: &FlameGraph, node: u32) -> String {
    let path = graph.path(node);
    let lines: Vec<&str> = path.iter().skip(1).rev().map(|&node| graph.name_of(node)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_says_its_function_and_line() {
        let function = |by, name| function_of(by, name);
        assert_eq!(function(Granularity::Functions, "main.work"), Some(("main.work", None)));
        assert_eq!(function(Granularity::Lines, "main.work /a/main.go:59"), Some(("main.work", Some(59))));
        let generic = "a.Put[go.shape.struct { X int }] a/ring.go:16:3";
        let address = format!("0000000000494a3c {generic}");
        let put = Some(("a.Put[go.shape.struct { X int }]", Some(16)));
        assert_eq!(
            [function(Granularity::Lines, generic), function(Granularity::Addresses, &address)],
            [put; 2]
        );
        assert_eq!(function(Granularity::Files, "a.go"), None);
    }
}
