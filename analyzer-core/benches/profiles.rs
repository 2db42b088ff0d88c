//! What the page waits for when it has a profile, step by step, in milliseconds
//! (median of five): `cargo bench -p analyzer-core --bench profiles -- FILE`.

use std::time::Instant;

use analyzer_core::base::source::SourceId;
use analyzer_core::session::{Base, ExportForm, Filters, Order, Query, Session, TreeOptions};

/// Runs of each step.
const RUNS: usize = 5;

/// What the page leaves out of a tree at first: less than half a pixel of a wide screen.
const MIN_WIDTH_PPM: u32 = 200;

fn median(mut step: impl FnMut()) -> f64 {
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            step();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(RUNS / 2).copied().unwrap_or_default()
}

fn main() {
    // `cargo bench` adds a word of its own; a plain run as a test has no file.
    let Some(path) = std::env::args().skip(1).find(|word| !word.starts_with("--")) else { return };
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let read = median(|| {
        let mut session = Session::default();
        session.add(&path, bytes.clone());
        std::hint::black_box(&session);
    });
    let mut session = Session::default();
    session.add(&path, bytes.clone());
    session.add(&path, bytes.clone());
    let plain = Query::new(SourceId(0));
    let focus = Filters { focus: Some("encoding|http".to_owned()), ..Filters::default() };
    let focused = Query { filters: focus, ..plain.clone() };
    let base = Base { source: SourceId(1), is_subtracted: false, is_normalized: false };
    let compared = Query { base: Some(base), ..plain.clone() };
    let options = TreeOptions { min_width_ppm: MIN_WIDTH_PPM, ..TreeOptions::default() };
    let tree = |query: &Query| median(|| drop(std::hint::black_box(session.call_tree(query, &options))));
    let top = |query: &Query| median(|| drop(std::hint::black_box(session.top(query, Order::Flat))));
    let steps = [
        ("read", read),
        ("top", top(&plain)),
        ("tree", tree(&plain)),
        ("filtered tree", tree(&focused)),
        ("compared tree", tree(&compared)),
        ("effects", median(|| drop(std::hint::black_box(session.effects(&focused))))),
        ("folded", median(|| drop(std::hint::black_box(session.export(&plain, ExportForm::Folded))))),
    ];
    for (name, millis) in steps {
        println!("{name:<14} {millis:10.1} ms");
    }
}
