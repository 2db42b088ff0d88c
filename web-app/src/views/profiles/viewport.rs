//! Trees in as much detail as can be seen: of a large profile the engine tells
//! apart what a screen has room for, and more where one comes nearer.

use analyzer_core::base::convert::{f64_to_i64, i64_to_f64};
use analyzer_core::base::source::SourceId;
use analyzer_core::session::{Direction, TreeOptions, Viewport, question};
use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::settings::Mode;
use super::{Case, own_code};
use crate::components::flame::data::FlameGraph;
use crate::link::{Answer, use_answer};
use crate::state::Shared;

/// Samples of a profile from which on its tree is not built in full.
const LARGE: u64 = 20_000;
/// What is narrower than so many millionths of what is seen is not told apart:
/// a tenth of a pixel of a wide screen.
const MIN_WIDTH_PPM: u32 = 20;
/// A node is looked at closer once it may be as wide as one of so many pixels.
const PIXELS: f64 = 4_000.0;
/// How long the graph rests until it is looked at closer, in milliseconds.
const REST_MILLIS: u32 = 120;

/// A graph and how it comes about.
pub struct Tree {
    /// The engine's answer.
    pub answer: Answer<question::Tree>,
    /// What it shows.
    pub graph: Option<Shared<FlameGraph>>,
    /// To be called with the values that are seen.
    pub on_seen: Callback<(f64, f64)>,
}

/// The tree of a profile, with `options` and those of the case.
#[hook]
pub fn use_tree(case: &Case, options: TreeOptions) -> Tree {
    let settings = &case.settings;
    let samples = case.report.profiles.get(settings.profile).map_or(0, |profile| profile.samples);
    // A table of calls lists all of them.
    let is_coarse = samples > LARGE && settings.mode != Mode::Tree;
    let question = |min_width_ppm, viewport| question::Tree {
        query: settings.query.clone(),
        options: TreeOptions {
            collapse_recursion: settings.collapse_recursion,
            min_width_ppm,
            viewport,
            ..options.clone()
        },
    };
    let look = use_state_eq(|| None::<(question::Tree, Look)>);
    let whole = question(0, None);
    let asked = match look.as_ref().filter(|(of, _)| *of == whole) {
        _ if !is_coarse => whole.clone(),
        None => question(MIN_WIDTH_PPM, None),
        Some((_, Look::Viewport(viewport))) => question(MIN_WIDTH_PPM, Some(*viewport)),
        Some((_, Look::Whole)) => whole.clone(),
    };
    let answer = use_answer(&case.report, Some(asked));
    let root = match (&options.pivot, options.direction) {
        (None, _) => "all stacks",
        (_, Direction::Callers) => "callers",
        (_, Direction::Callees) => "callees",
    };
    let graph = use_graph(&answer, case, root);
    {
        // An address may lead to a node that is too narrow to be told apart.
        let (look, whole) = (look.setter(), whole.clone());
        let zoom = settings.zoom.filter(|_| options.pivot.is_none());
        // The graph of an earlier question says nothing of this one's nodes, and
        // one that looks elsewhere was asked for by who has left the node.
        let is_first = |graph: &&Shared<FlameGraph>| {
            graph.is_coarse() && graph.viewport().is_none() && graph.question() == Some(&whole)
        };
        let answered = graph.as_ref().filter(is_first);
        let is_lost = answered.is_some_and(|graph| zoom.is_some_and(|id| graph.find(id).is_none()));
        use_effect_with((is_lost, whole), move |(is_lost, whole)| {
            if *is_lost {
                look.set(Some((whole.clone(), Look::Whole)));
            }
        });
    }
    let timer = use_mut_ref(|| None::<Timeout>);
    let on_seen = use_callback((graph.clone(), whole), move |seen: (f64, f64), (graph, whole)| {
        let graph = graph.as_ref().filter(|graph| graph.question() == Some(whole));
        let viewport = graph.and_then(|graph| viewport(graph, seen));
        let (look, whole) = (look.clone(), whole.clone());
        *timer.borrow_mut() = viewport.map(|viewport| {
            Timeout::new(REST_MILLIS, move || look.set(Some((whole, Look::Viewport(viewport)))))
        });
    });
    Tree { answer, graph, on_seen }
}

/// What of a tree that is not built in full is looked at.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    Viewport(Viewport),
    Whole,
}

/// The part to look at closer, if what is seen has room for more than the graph tells apart there.
fn viewport(graph: &FlameGraph, (start, end): (f64, f64)) -> Option<Viewport> {
    let span = end - start;
    let known = graph
        .viewport()
        .filter(|viewport| i64_to_f64(viewport.from) <= start && end <= i64_to_f64(viewport.to));
    let least = known.map_or(graph.tree().min_width, |viewport| viewport.min_width);
    if i64_to_f64(least) * PIXELS <= span {
        return None;
    }
    // As much again on both sides, to pan.
    Some(Viewport {
        from: f64_to_i64((start - span).floor()),
        to: f64_to_i64((end + span).ceil()),
        min_width: f64_to_i64(span * f64::from(MIN_WIDTH_PPM) / 1e6),
    })
}

/// The graph of an answer, with colors; kept while the answer stays.
#[hook]
fn use_graph(answer: &Answer<question::Tree>, case: &Case, root: &'static str) -> Option<Shared<FlameGraph>> {
    let deps = (answer.latest.clone(), answer.question.clone(), case.settings.coloring);
    // A question that is refused leaves the graph of the one before, if that was of the same profile.
    let last = use_mut_ref(|| None::<(SourceId, Shared<FlameGraph>)>);
    let profile = case.settings.query.source;
    let is_refused = answer.refusal.is_some();
    let graph = use_memo(deps, |(tree, question, coloring)| {
        let tree = tree.clone()?;
        let names = &tree.names;
        let own = own_code::own_modules(
            names.name.iter().map(String::as_str).zip(names.file.iter().map(String::as_str)),
        );
        let graph = FlameGraph::new(tree, *coloring, own).with_root(root);
        Some(Shared::new(graph.with_question(question.as_ref())))
    });
    let graph = (*graph).clone();
    if let Some(graph) = &graph {
        *last.borrow_mut() = Some((profile, graph.clone()));
    }
    let kept = || last.borrow().as_ref().filter(|(of, _)| *of == profile).map(|(_, graph)| graph.clone());
    graph.or_else(|| if is_refused { kept() } else { None })
}
