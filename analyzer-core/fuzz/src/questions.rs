//! Everything that a view, the program or a saved report asks of a session.

use analyzer_core::base::source::SourceId;
use analyzer_core::report::{Report, SourceStatus};
use analyzer_core::session::{
    Base, Direction, ExportForm, Granularity, Nodes, Order, Query, Question, Session, TraceQuery,
    TreeOptions, Viewport, peek_text, question, top_text,
};

const GRANULARITIES: [Granularity; 5] = [
    Granularity::Functions,
    Granularity::FileFunctions,
    Granularity::Files,
    Granularity::Lines,
    Granularity::Addresses,
];

/// Profiles and traces of one input that are asked about: more would be the same code again.
const ASKED: usize = 3;

/// Asks all of it, and gives the report.
pub(crate) fn ask_everything(session: &mut Session) -> Report {
    let report = session.report();
    check(&report);
    std::hint::black_box(serde_json::to_vec(&report).expect("a report is always JSON"));
    std::hint::black_box(report.to_markdown());
    for source in &report.sources {
        let text = |first_line, lines| question::Text { source: source.id, first_line, lines };
        let _ = session.ask(text(1, 20));
        let _ = session.ask(text(u64::MAX, u64::MAX));
    }
    for moment in report.memory.iter().flat_map(|memory| &memory.snapshots).take(2) {
        let (subject, snapshot) = (moment.subject, moment.snapshot.clone());
        let _ = session.ask(question::Mappings { subject, snapshot, class: None, first: 1, count: u64::MAX });
    }
    for service in report.services().take(2) {
        std::hint::black_box(report.scoped(service.id));
    }
    let profiles = session.profile_sources();
    for &source in profiles.iter().take(ASKED) {
        ask_profile(session, source);
    }
    if profiles.len() > 1 {
        let query = Query::new(profiles[0]);
        let _ = session.trend(&query, &profiles, Order::Flat);
        for is_subtracted in [false, true] {
            let base = Base { source: profiles[1], is_subtracted, is_normalized: !is_subtracted };
            let query = Query { base: Some(base), ..query.clone() };
            let _ = session.call_tree(&query, &TreeOptions::default());
            let _ = session.export(&query, ExportForm::Pprof);
        }
    }
    for trace in report.traces.iter().take(ASKED) {
        ask_trace(session, trace.source);
    }
    report
}

/// Nothing is lost without a word.
fn check(report: &Report) {
    for source in &report.sources {
        assert!(
            source.status == SourceStatus::Parsed || !source.notes.is_empty(),
            "{}: {:?} without a word",
            source.path,
            source.status
        );
    }
}

fn ask_profile(session: &Session, source: SourceId) {
    let query = Query::new(source);
    for (index, granularity) in GRANULARITIES.into_iter().enumerate() {
        let query = Query { granularity, without_inlines: index % 2 == 1, ..query.clone() };
        let Ok(top) = session.top(&query, Order::Cum) else { continue };
        std::hint::black_box(top_text(&top, 10, None));
        let options =
            TreeOptions { min_width_ppm: 200, collapse_recursion: index % 2 == 0, ..TreeOptions::default() };
        let _ = session.call_tree(&query, &options);
        let viewport = Some(Viewport { from: 0, to: 100, min_width: 3 });
        let _ = session.call_tree(&query, &TreeOptions { viewport, ..options });
        if let Some(name) = top.rows().next().map(|row| row.name.to_owned()) {
            if let Ok((top, peek)) = session.peek(&query, &Nodes::Named(name.clone()), Order::Flat) {
                std::hint::black_box(peek_text(&top, &peek, None));
            }
            let options =
                TreeOptions { pivot: Some(name), direction: Direction::Callers, ..TreeOptions::default() };
            let _ = session.call_tree(&query, &options);
        }
    }
    let _ = session.labels(&query);
    let _ = session.details(&query);
    for form in [ExportForm::Pprof, ExportForm::Folded, ExportForm::Csv(Order::Flat)] {
        let _ = session.export(&query, form);
    }
}

fn ask_trace(session: &mut Session, source: SourceId) {
    let whole = TraceQuery {
        source,
        from: 0,
        to: u64::MAX,
        columns: 200,
        group: None,
        lanes: 40,
        pinned: Vec::new(),
    };
    session.trace_window(&whole);
    let part = TraceQuery { from: 1_000_000, to: 2_000_000, group: Some(0), ..whole };
    session.trace_window(&part);
    for (from, to, at) in [(0, u64::MAX, 1_000_000), (1_000_000, 2_000_000, 1_500_000)] {
        let asked = question::TraceGoroutine { source, goroutine: 1, from, to, at: Some(at) };
        let _ = std::hint::black_box(asked.answer(session));
        let _ = std::hint::black_box(question::TraceUtilization { source, from, to }.answer(session));
    }
    let _ = question::TraceSearch { source, text: "1".to_owned() }.answer(session);
}
