//! Open file descriptors by kind.

use analyzer_core::report::{DescriptorCount, Descriptors, Report, ResourceSnapshot};
use yew::prelude::*;

use super::course::{Course, Line, lines};
use super::parts::{Columns, Figure, Row, figures, table};
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "The file descriptors and limits of the process",
        command: "ls -l /proc/PID/fd > fd.txt; cat /proc/PID/limits > limits",
    },
    Recipe { what: "With lsof", command: "lsof -nP -p PID > lsof.txt" },
];

const COLUMNS: Columns = Columns {
    caption: "Open file descriptors by kind, sorted by the last snapshot.",
    name: "Kind",
    more: ("Most common folder", "Folder"),
};

/// The section.
pub fn section(report: &Report, course: &Course<'_>) -> Html {
    let lines = by_kind(course);
    html! {
        <section class="panel" aria-labelledby="descriptors">
            <h3 id="descriptors">{ "File descriptors" }</h3>
            if lines.is_empty() {
                <Needs recipes={RECIPES}>
                    { "File descriptors by kind need the list of /proc/PID/fd, or the output of lsof. Once all file descriptors are used, pprof is not reachable, but these files are." }
                </Needs>
            } else {
                { figures(totals(course)) }
                { table(report, course, &COLUMNS, lines.iter().map(row)) }
            }
        </section>
    }
}

fn by_kind<'r>(course: &Course<'r>) -> Vec<Line<'r, DescriptorCount>> {
    let of = |moment: &&'r ResourceSnapshot| moment.descriptors.as_ref().map(|open| open.kinds.as_slice());
    let lists: Vec<Option<&[DescriptorCount]>> = course.moments.iter().map(of).collect();
    lines(&lists, usize::MAX, |row| row.kind, |row| Some(row.count))
}

fn totals(course: &Course<'_>) -> Vec<Figure> {
    let figure = |of: &dyn Fn(&Descriptors) -> Option<u64>| {
        course.figure(|moment| moment.descriptors.as_ref().and_then(of))
    };
    let limit = |of: &dyn Fn(&Descriptors) -> Option<u64>| {
        course.last(|moment| moment.descriptors.as_ref().and_then(of))
    };
    let soft = limit(&|open| open.soft_limit.as_ref()?.finite());
    let hard = limit(&|open| open.hard_limit.as_ref()?.finite());
    let of_limit = match (soft, hard) {
        (Some(soft), Some(hard)) => {
            format!("of {} (soft limit; hard limit {})", text::count_u64(soft), text::count_u64(hard))
        }
        (Some(soft), None) => format!("of {} (soft limit)", text::count_u64(soft)),
        (None, _) => "limit unknown: capture /proc/PID/limits".to_owned(),
    };
    let open = Figure::new("Open file descriptors", figure(&|open| Some(open.total)), of_limit);
    let own = Figure::new(
        "TCP sockets of its own",
        figure(&|open| open.own_tcp),
        "not counting connections from clients",
    );
    [open, own].into_iter().flatten().collect()
}

fn row<'r>(line: &'r Line<'_, DescriptorCount>) -> Row<'r> {
    let folder = line.latest.folder.as_ref();
    Row {
        name: Html::from(line.latest.kind.plural()),
        counts: &line.counts,
        more: folder
            .map_or_else(Html::default, |folder| html! { <code>{ selectors::visible(folder) }</code> }),
        citation: &line.latest.citation,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{report, shop};
    use super::*;
    use crate::state::Params;

    #[test]
    fn kinds_are_told_over_the_snapshots_and_the_total_with_its_limit() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let lines = by_kind(&course);
        let told: Vec<_> = lines.iter().map(|line| (line.latest.kind.plural(), &line.counts)).collect();
        assert_eq!(
            told,
            [
                ("sockets", &vec![Some(5), Some(16)]),
                ("files", &vec![Some(2), Some(4)]),
                ("devices", &vec![Some(1), Some(1)])
            ]
        );
        let totals = totals(&course);
        assert_eq!(totals[0].counts, [Some(8), Some(21)]);
        assert!(totals[0].meaning.starts_with("of 1,024 (soft limit"), "{}", totals[0].meaning);
    }
}
