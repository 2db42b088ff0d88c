//! From evidence to the report: analysis, then rules, then what both say.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::analysis::trace::sums::TraceSums;
use crate::analysis::{Analysis, Settings, memory, profile, recipe, subjects, tools, witnesses};
use crate::base::convert::to_u64;
use crate::base::index::IndexVec;
use crate::base::source::SourceId;
use crate::detectors::{self, Case};
use crate::evidence::Evidence;
use crate::evidence::sources::Source;
use crate::evidence::trace::TraceId;
use crate::report::plain_text::visible;
use crate::report::{Finding, Outcome, Report, SCHEMA, SourceRow, Subject, SubjectId, verdict};

/// The report of everything that was parsed.
pub fn assemble(
    evidence: &Evidence,
    trace_sums: &IndexVec<TraceId, TraceSums>,
    settings: Settings,
) -> Report {
    let subjects = subjects::group(evidence);
    let units = recipe::units(evidence, &subjects);
    let memory = memory::review(evidence, &subjects, &units);
    let analysis = Analysis::new(evidence, trace_sums, subjects, &memory, &units, settings);
    let case = Case { evidence, analysis: &analysis, memory: &memory, units: &units };
    let (mut findings, not_run) = detectors::run(&case);
    let checks_run = detectors::all().filter(|detector| (detector.missing_inputs)(&case).is_empty()).count();
    let mut analyzers = witnesses::join(evidence, analysis.goroutines.as_ref(), &mut findings);
    findings.iter_mut().for_each(make_visible);
    for row in &mut analyzers {
        [&mut row.tool, &mut row.rule, &mut row.file, &mut row.message].into_iter().for_each(spell_out);
    }
    let places = places(&analysis.subjects);
    let sources =
        evidence.sources.iter_enumerated().map(|(id, source)| source_row(id, source, &places)).collect();
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: String::new(),
        outcome: Outcome::default(),
        sources,
        findings,
        checks_run: to_u64(checks_run),
        not_run,
        profiles: profile::summaries(evidence),
        heap_sites: profile::facts::sites::of_all(evidence, &analysis.profiles),
        subjects: analysis.subjects,
        memory: analysis.memory,
        goroutines: analysis.goroutines,
        gc: analysis.gc,
        traces: analysis.traces,
        resources: analysis.resources,
        recipe: analysis.recipe,
        tables: tools::tables(evidence, analysis.spans.as_ref()),
        analyzers,
    };
    verdict::settle(&mut report);
    report.relocate(|source, at| evidence.place(source, at));
    report
}

/// Sentences are for readers: what they quote of a capture shows what is there.
fn make_visible(finding: &mut Finding) {
    let lines = finding.against.iter_mut().chain(&mut finding.advice);
    [&mut finding.title, &mut finding.claim].into_iter().chain(lines).for_each(spell_out);
}

fn spell_out(text: &mut String) {
    if let Cow::Owned(shown) = visible(text) {
        *text = shown;
    }
}

/// The subject and the snapshot's label of each placed source.
fn places(subjects: &[Subject]) -> HashMap<SourceId, (SubjectId, Option<&str>)> {
    let mut places = HashMap::new();
    for subject in subjects {
        places.extend(subject.spanning.iter().map(|&source| (source, (subject.id, None))));
        for snapshot in &subject.snapshots {
            let place = (subject.id, Some(snapshot.label.as_str()));
            places.extend(snapshot.sources.iter().map(|&source| (source, place)));
        }
    }
    places
}

fn source_row(
    id: SourceId,
    source: &Source,
    places: &HashMap<SourceId, (SubjectId, Option<&str>)>,
) -> SourceRow {
    let place = places.get(&id);
    SourceRow {
        id,
        path: source.path.clone(),
        format: source.format.map(str::to_owned),
        format_label: source.format_label.map(str::to_owned),
        is_text: source.is_text,
        bytes: source.bytes,
        decoded_bytes: source.decoded_bytes,
        captured_at: source.captured_at,
        snapshot: place.and_then(|(_, label)| label.map(str::to_owned)),
        subject: place.map(|(subject, _)| *subject),
        kind: source.kind.clone(),
        status: source.status,
        notes: source.notes.rows().to_vec(),
    }
}
