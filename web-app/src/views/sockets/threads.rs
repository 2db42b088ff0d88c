//! Threads by what they wait in, and what bounds them.

use analyzer_core::report::{Report, ResourceSnapshot, THREAD_ROWS, ThreadWait, Threads};
use yew::prelude::*;

use super::course::{Course, Line, lines};
use super::parts::{Columns, Figure, Row, figures, table};
use super::words;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

/// The most that Go starts unless debug.SetMaxThreads says otherwise.
const GO_MOST: u64 = 10_000;

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Where each thread waits (stack as root, otherwise wchan)",
        command: "for t in /proc/PID/task/*; do mkdir -p .$t; cat $t/stack > .$t/stack; cat $t/wchan > .$t/wchan; done",
    },
    Recipe {
        what: "The container's threads and their limit",
        command: "cd /sys/fs/cgroup && cat pids.current > /tmp/pids.current; cat pids.max > /tmp/pids.max",
    },
];

const COLUMNS: Columns = Columns {
    caption: "Threads by the kernel function that they wait in, sorted by count.",
    name: "Waits in",
    more: ("Meaning", "Meaning"),
};

/// The section.
pub fn section(report: &Report, course: &Course<'_>) -> Html {
    let (totals, lines) = (totals(course), by_function(course));
    html! {
        <section class="panel" aria-labelledby="threads">
            <h3 id="threads">{ "Threads" }</h3>
            { figures(totals) }
            if lines.is_empty() {
                <Needs recipes={RECIPES}>
                    { "The kernel function that each thread waits in is in /proc/PID/task/*/stack (root only) and wchan." }
                </Needs>
            } else {
                { table(report, course, &COLUMNS, lines.iter().map(row)) }
            }
        </section>
    }
}

fn by_function<'r>(course: &Course<'r>) -> Vec<Line<'r, ThreadWait>> {
    // Without stacks, threads are counted alone: their list is not captured.
    let of = |moment: &&'r ResourceSnapshot| {
        let waits = moment.threads.as_ref().map(|threads| threads.waits.as_slice())?;
        (!waits.is_empty()).then_some(waits)
    };
    let lists: Vec<Option<&[ThreadWait]>> = course.moments.iter().map(of).collect();
    lines(&lists, THREAD_ROWS, |row| row.function.as_str(), |row| Some(row.count))
}

fn totals(course: &Course<'_>) -> Vec<Figure> {
    let figure =
        |of: &dyn Fn(&Threads) -> Option<u64>| course.figure(|moment| moment.threads.as_ref().and_then(of));
    let limit = |of: &dyn Fn(&Threads) -> Option<u64>| {
        course.last(|moment| moment.threads.as_ref().and_then(of)).map(text::count_u64)
    };
    let of_limit = |limit: Option<String>, name: &str, none: &str| {
        limit.map_or_else(|| none.to_owned(), |limit| format!("of {limit} ({name})"))
    };
    let user = of_limit(
        limit(&|threads| threads.user_limit.as_ref()?.finite()),
        "RLIMIT_NPROC, of all threads of the user",
        &format!("Go's limit is {} unless changed with debug.SetMaxThreads", text::count_u64(GO_MOST)),
    );
    let all = Figure::new("Threads", figure(&|threads| threads.total.as_ref()?.finite()), user);
    let most = of_limit(
        limit(&|threads| threads.pids_max.as_ref()?.finite()),
        "pids.max of the container",
        "tasks in the container; pids.max not set or not captured",
    );
    let pids = Figure::new("pids.current", figure(&|threads| threads.pids.as_ref()?.finite()), most);
    let blocked = Figure::new(
        "Goroutines in [syscall]",
        course.figure(|moment| moment.goroutines.map(|pairs| pairs.in_syscall)),
        "each occupies a thread",
    );
    [all, pids, blocked].into_iter().flatten().collect()
}

fn row<'r>(line: &'r Line<'_, ThreadWait>) -> Row<'r> {
    let function = &line.latest.function;
    Row {
        name: html! { <code>{ selectors::visible(function) }</code> },
        counts: &line.counts,
        more: words::kernel_function(function).map(Html::from).unwrap_or_default(),
        citation: &line.latest.citation,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{report, shop};
    use super::*;
    use crate::state::Params;

    #[test]
    fn threads_are_told_by_where_they_wait_and_beside_their_limit() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let lines = by_function(&course);
        let told: Vec<_> = lines.iter().map(|line| (line.latest.function.as_str(), &line.counts)).collect();
        assert_eq!(told, [("futex_wait_queue", &vec![None, Some(2)]), ("pipe_read", &vec![None, Some(1)])]);
        let totals = totals(&course);
        let pids = totals.iter().find(|figure| figure.name == "pids.current").expect("pids");
        assert_eq!(
            (pids.meaning.as_str(), &pids.counts),
            ("of 100 (pids.max of the container)", &vec![Some(9), Some(12)])
        );
    }
}
