//! Above the table: which process, how it ended, and the answer in a line.

use analyzer_core::base::source::Position;
use analyzer_core::report::{Crash, Goroutines, Report, Verdict, goroutine_answer};
use yew::prelude::*;

use super::case::Case;
use super::listing;
use super::trend::last_count;
use super::words;
use crate::components::citation::{place_href, place_text};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};

/// Which process, where there are several.
pub fn subjects(case: &Case, section: &Goroutines) -> Html {
    let subjects = listing::subjects(section);
    if subjects.len() < 2 {
        return Html::default();
    }
    html! {
        <nav class="choices" aria-label="Process">
            { for subjects.into_iter().filter_map(|id| selectors::subject(&case.report, id)).map(|subject| {
                let params = Params::default().with("subject", subject.id.0.to_string());
                html! {
                    <a class="choice" href={ViewId::Goroutines.with(params).href()}
                        aria-current={(subject.id == case.subject).then_some("true")}>
                        { selectors::subject_name(subject) }
                    </a>
                }
            }) }
        </nav>
    }
}

/// What the runtime said when the process ended.
pub fn crashes(case: &Case, section: &Goroutines) -> Html {
    let crashes = section.crashes.iter().filter(|crash| crash.subject == case.subject);
    html! { { for crashes.map(|crash| self::crash(&case.report, crash)) } }
}

/// A signal is how a dump is asked for, and worth no more than a line; a panic is how a service ends.
fn crash(report: &Report, crash: &Crash) -> Html {
    let is_asked_for = crash.kind == "signal" && crash.message.contains("SIGQUIT");
    let at = Some(Position::line(crash.line));
    let place = html! { <a class="place" href={place_href(report, crash.source, at)}>{ place_text(report, crash.source, at) }</a> };
    if is_asked_for {
        return html! {
            <p class="asked-for quiet">{ "The dump was requested with SIGQUIT, which terminated the process: " }{ place }</p>
        };
    }
    let mut lines = crash.message.lines();
    let first = lines.next().map(selectors::visible).unwrap_or_default();
    let rest: Vec<String> = lines.map(selectors::visible).collect();
    html! {
        <div class="notice crash-notice critical">
            <div>
                <span class="quiet">{ format!("{}: ", crash.kind) }</span>
                <strong>{ first }</strong>
                { " " }{ place }
                if !rest.is_empty() {
                    <pre>{ rest.join("\n") }</pre>
                }
            </div>
        </div>
    }
}

/// How many goroutines have a verdict in the last snapshot.
fn judged(case: &Case, verdict: Verdict) -> u64 {
    case.groups().filter(|group| group.verdict == verdict).map(last_count).sum()
}

/// The answer in a line, and what it costs.
pub fn headline(case: &Case, section: &Goroutines) -> Html {
    let snapshots = listing::snapshots(section, case.subject);
    let Some((verdict, line)) = goroutine_answer(section, Some(case.subject)) else {
        return Html::default();
    };
    let [leaked, suspect] = [Verdict::Leak, Verdict::Suspect].map(|verdict| judged(case, verdict));
    html! {
        <div class={classes!("group-answer", words::class(verdict))}>
            <p class="answer">
                <span class="mark" aria-hidden="true">{ words::verdict_words(verdict).0 }</span>{ line }
            </p>
            <p class="costs">{ for costs(case, &snapshots, leaked, suspect).into_iter().map(|fact| html! { <span>{ fact }</span> }) }</p>
        </div>
    }
}

/// Rate, least memory, suspects; what one dump cannot say.
fn costs(
    case: &Case,
    snapshots: &[&analyzer_core::report::GoroutineSnapshot],
    leaked: u64,
    suspect: u64,
) -> Vec<String> {
    let mut facts = Vec::new();
    let bad = || case.groups().filter(|group| group.verdict == Verdict::Leak);
    let rate: f64 = bad().filter_map(|group| group.leak_rate_per_minute).sum();
    if rate > 0.0 {
        facts.push(format!("{} more per minute", text::rate(rate)));
    }
    let held: i64 = bad().map(|group| group.min_bytes.0).fold(0, i64::saturating_add);
    if held > 0 {
        facts.push(format!("their stacks take at least {}", text::bytes(held)));
    }
    if leaked > 0 && suspect > 0 {
        facts.push(format!("{} more may leak", text::count_u64(suspect)));
    }
    if snapshots.len() == 1 {
        facts.push(
            "One dump shows what waits. Two dumps, five minutes apart, show what grows and what is stuck"
                .to_owned(),
        );
    }
    facts
}

/// How the forms were joined, what was left out.
pub fn remarks(section: &Goroutines) -> Html {
    html! {
        if !section.remarks.is_empty() {
            <ul class="remarks quiet">{ for section.remarks.iter().map(|remark| html! { <li>{ remark }</li> }) }</ul>
        }
    }
}
