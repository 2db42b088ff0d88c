//! What the profile is: when, how long, how many samples, at what rate, and
//! what is missing in it.

use analyzer_core::base::convert::ratio;
use analyzer_core::report::ProfileSummary;
use analyzer_core::session::{Details, question};
use yew::prelude::*;

use super::CaseProps;
use super::settings::path_of;
use crate::components::citation::place_href;
use crate::components::flame::amount;
use crate::link::use_answer;
use crate::number_format as text;
use crate::selectors;

/// Facts of the profile.
#[component]
pub fn About(props: &CaseProps) -> Html {
    let case = &props.case;
    let Some(summary) = case.report.profiles.get(case.settings.profile) else { return Html::default() };
    let details = use_answer(&case.report, Some(question::Details { query: case.settings.query.clone() }));
    let fact = |name: &'static str, value: Option<String>| {
        html! {
            if let Some(value) = value {
                <div><dt>{ name }</dt><dd>{ selectors::visible(&value) }</dd></div>
            }
        }
    };
    html! {
        <div class="panel about">
            <dl class="facts">
                <div>
                    <dt>{ "File" }</dt>
                    <dd><a href={place_href(&case.report, summary.source, None)}>{ selectors::visible(path_of(&case.report, summary)) }</a></dd>
                </div>
                { fact("Kind", summary.kind.clone()) }
                { fact("Taken", summary.captured_at.map(text::instant)) }
                { fact("Duration", summary.duration_nanos.map(|span| text::duration(span.0))) }
                { fact("Rate", rate(summary)) }
                { fact("Samples", Some(text::count_u64(summary.samples))) }
                { fact("Stacks", Some(format!("{} distinct, up to {} frames deep", text::count_u64(summary.stacks), text::count_u64(summary.deepest_stack)))) }
                { fact("Functions", Some(text::count_u64(summary.functions))) }
                { fact("Addresses", Some(addresses(summary))) }
                { fact("Labels", (!summary.label_keys.is_empty()).then(|| summary.label_keys.join(", "))) }
                { fact("Program", summary.program.as_ref().map(|program| program.file.clone()).filter(|file| !file.is_empty())) }
                { fact("Build id", summary.program.as_ref().map(|program| program.build_id.clone()).filter(|id| !id.is_empty())) }
                { fact("Drops frames", summary.drop_frames.clone().filter(|frames| !frames.is_empty())) }
                { for summary.comments.iter().map(|comment| fact("Comment", Some(comment.clone()))) }
            </dl>
            <h3>{ "Values" }</h3>
            <table class="neighbors">
                <tbody>
                    { for summary.sample_types.iter().map(|column| html! {
                        <tr>
                            <th scope="row">{ selectors::visible(&column.kind) }</th>
                            <td class="number">{ amount::short(column.total, &column.unit) }</td>
                            <td class="number quiet">{ amount::exact(column.total, &column.unit) }</td>
                            <td class="quiet">
                                { if column.kind == summary.default_sample_type { "shown first" } else { "" } }
                            </td>
                        </tr>
                    }) }
                </tbody>
            </table>
            { remarks(summary) }
            if let Some(details) = details.latest.as_deref() {
                { depths(details) }
                { mappings(details) }
            }
        </div>
    }
}

/// How deep the stacks are: bars, and in words.
fn depths(details: &Details) -> Html {
    let samples = &details.samples_by_depth.0;
    let Some(largest) = samples.iter().max().filter(|largest| **largest > 0) else { return Html::default() };
    let total: u64 = samples.iter().sum();
    let median = samples.iter().scan(0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    let median = median.take_while(|sum| sum * 2 < total).count();
    let bar = |(depth, &count): (usize, &u64)| {
        let height = ratio(count.into(), i128::from(*largest)).unwrap_or(0.0) * 100.0;
        let what = format!("{}: {}", text::counted(depth, "frame", "frames"), text::count_u64(count));
        html! { <span style={format!("height:{height:.1}%")} title={what} /> }
    };
    let cut = details.depth_limit.map(|limit| {
        format!(
            " {}, {} of {}, truncated at {} frames.",
            text::counted_u64(details.truncated_samples, "sample", "samples"),
            amount::short(details.truncated_amount, &details.unit),
            amount::short(details.total, &details.unit),
            text::count_u64(limit)
        )
    });
    html! {
        <>
            <h3>{ "Depth of the stacks" }</h3>
            <p>
                { format!("Median depth {}, maximum {}.",
                    text::counted(median, "frame", "frames"), text::count_usize(samples.len() - 1)) }
                { cut }
            </p>
            <div class="depths" aria-hidden="true">{ for samples.iter().enumerate().map(bar) }</div>
        </>
    }
}

/// The files that addresses lie in.
fn mappings(details: &Details) -> Html {
    if details.mappings.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{ "Mappings" }</h3>
            <div class="scrolled">
                <table class="neighbors">
                    <thead>
                        <tr>
                            <th scope="col">{ "File" }</th><th scope="col">{ "Addresses" }</th>
                            <th scope="col" class="number">{ "Seen" }</th><th scope="col" class="number">{ "Without a function" }</th>
                            <th scope="col">{ "Build id" }</th>
                        </tr>
                    </thead>
                    <tbody>
                        { for details.mappings.iter().map(|row| html! {
                            <tr>
                                <td>{ if row.file.is_empty() { "not named".to_owned() } else { selectors::visible(&row.file) } }</td>
                                <td><code>{ format!("{:#x}-{:#x}", row.start, row.limit) }</code></td>
                                <td class="number">{ text::count_u64(row.locations) }</td>
                                <td class="number">{ text::count_u64(row.unsymbolized) }</td>
                                <td><code>{ selectors::visible(&row.build_id) }</code></td>
                            </tr>
                        }) }
                    </tbody>
                </table>
            </div>
        </>
    }
}

/// The sampling rate in words.
fn rate(summary: &ProfileSummary) -> Option<String> {
    let period = summary.period.filter(|period| *period > 0)?;
    let unit = summary.period_unit.as_deref().unwrap_or_default();
    let kind = summary.period_type.as_deref().unwrap_or_default();
    Some(match (kind, unit) {
        ("cpu", "nanoseconds") => format!("one sample per {} of CPU time", text::duration(period)),
        ("space", "bytes") => format!("one sample per {} allocated, on average", text::bytes(period)),
        _ => format!("one sample per {} of {kind}", amount::short(period, unit)),
    })
}

fn addresses(summary: &ProfileSummary) -> String {
    let all = text::count_u64(summary.locations);
    match summary.unsymbolized_locations {
        0 => all,
        bare => format!("{all}, {} of them without a function", text::count_u64(bare)),
    }
}

/// What a reader of the figures should know.
fn remarks(summary: &ProfileSummary) -> Html {
    let lines = notes(summary);
    if lines.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{ "Notes" }</h3>
            <ul>{ for lines.into_iter().map(|line| html! { <li>{ selectors::visible(&line) }</li> }) }</ul>
        </>
    }
}

/// What is odd about a profile, each in a sentence.
pub fn notes(summary: &ProfileSummary) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if summary.truncated_stacks > 0 {
        lines.push(format!(
            "{} truncated at the maximum depth of Go's profiler: outermost callers are missing, and the rest appears directly at the root.",
            text::counted_u64(summary.truncated_stacks, "stack is", "stacks are")
        ));
    }
    if summary.negative_samples > 0 {
        lines.push(format!(
            "{} negative: the profile is a difference of two. Widths show absolute values.",
            text::counted_u64(summary.negative_samples, "sample is", "samples are")
        ));
    }
    if summary.unsymbolized_locations > 0 && summary.functions == 0 {
        let file =
            summary.program.as_ref().map(|program| program.file.as_str()).filter(|file| !file.is_empty());
        lines.push(format!(
            "The profile has no function names, so addresses are shown. They belong to {}; `go tool pprof -proto` with that binary adds the names.",
            file.unwrap_or("a binary that it does not name")
        ));
    }
    if let Some(empty) = &summary.empty_default {
        lines.push(format!(
            "All values of {empty}, the profile's default, are zero; {} is shown instead.",
            summary.default_sample_type
        ));
    }
    lines
}
