//! Sockets: connections, accept queues, descriptors and threads over the snapshots, beside the goroutines
//! that stand for them.

mod connections;
mod course;
mod descriptors;
mod joins;
mod parts;
mod queues;
mod registries;
#[cfg(test)]
pub mod samples;
mod threads;
mod words;

use analyzer_core::report::Report;
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::found;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};
pub use course::Course;

/// Rules on what the view shows.
const FAMILIES: &[&str] = &["net.", "fd.", "thr."];

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Sockets",
    count: |report| found::problems(report, FAMILIES),
    keys: &[],
    places: |_| Vec::new(),
    render: |props| html! { <Resources ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Everything, three times, one minute apart, from a pod",
        command: "kubectl exec -i POD -- sh -s -- -n 3 -i 60 -o - < capture.sh > capture.tar.gz",
    },
    Recipe {
        what: "Connections and file descriptors of a process",
        command: "ls -l /proc/PID/fd > fd.txt; for f in tcp tcp6 udp udp6 unix netstat sockstat sockstat6; do cat /proc/PID/net/$f > $f; done",
    },
    Recipe { what: "With ss, as root", command: "ss -tanp > ss-tanp.txt" },
];

/// The content of the view.
#[component]
fn Resources(props: &ViewProps) -> Html {
    let report = &props.report;
    let Some(course) = Course::of(report, &props.params) else {
        return html! {
            <section class="view sockets">
                <h2>{ "Sockets" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view shows connections by remote, state and side, accept queues, file descriptors by kind, and threads by wait channel. None of the files lists any of them. One snapshot shows what is open; three, at least a minute apart, show what grows." }
                </Needs>
            </section>
        };
    };
    html! {
        <section class="view sockets">
            <div class="view-head">
                <h2>{ "Sockets, file descriptors, threads" }</h2>
                <span class="quiet">{ snapshots(&course) }</span>
            </div>
            { subjects(report, &course) }
            { found::lines(report, FAMILIES, Some(course.subject)) }
            { connections::section(report, &course, &props.params) }
            { joins::section(report, &course) }
            { registries::section(report, &course) }
            { queues::section(report, &course) }
            { descriptors::section(report, &course) }
            { threads::section(report, &course) }
        </section>
    }
}

/// `3 snapshots: t0, t1, t2`.
fn snapshots(course: &Course<'_>) -> String {
    const NAMED: usize = 6;
    let labels: Vec<String> =
        course.moments.iter().take(NAMED).map(|moment| selectors::visible(&moment.snapshot)).collect();
    let rest = if course.moments.len() > NAMED { ", \u{2026}" } else { "" };
    let count = text::counted(course.moments.len(), "snapshot", "snapshots");
    format!("{count}: {}{rest}", labels.join(", "))
}

/// Which process, where there are several.
fn subjects(report: &Report, chosen: &Course<'_>) -> Html {
    let courses = course::courses(report);
    if courses.len() < 2 {
        return Html::default();
    }
    html! {
        <nav class="choices" aria-label="Process">
            { for courses.iter().filter_map(|course| selectors::subject(report, course.subject)).map(|subject| {
                let params = Params::default().with("subject", subject.id.0.to_string());
                html! {
                    <a class="choice" href={ViewId::Sockets.with(params).href()}
                        aria-current={(subject.id == chosen.subject).then_some("true")}>
                        { selectors::subject_name(subject) }
                    </a>
                }
            }) }
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{report, shop};
    use super::*;

    #[test]
    fn the_address_names_a_process_and_else_the_best_captured_is_shown() {
        let mut files = shop();
        files.push(("cart/t0/cgroup/pids.current".to_owned(), "3\n".to_owned()));
        let report = report(&files);
        let name = |params: &Params| {
            let course = Course::of(&report, params).expect("snapshots");
            selectors::subject(&report, course.subject).map(selectors::subject_name)
        };
        assert_eq!(name(&Params::default()).as_deref(), Some("shop"));
        let cart = report.subjects.iter().find(|subject| subject.name.as_deref() == Some("cart"));
        let cart = cart.expect("a subject").id.0.to_string();
        assert_eq!(name(&Params::default().with("subject", cart)).as_deref(), Some("cart"));
        assert_eq!(name(&Params::default().with("subject", "99")).as_deref(), Some("shop"));
    }

    #[test]
    fn snapshots_are_named() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        assert_eq!(snapshots(&course), "2 snapshots: t0, t1");
    }
}
