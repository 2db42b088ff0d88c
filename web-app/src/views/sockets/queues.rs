//! Listening sockets and the connections that wait for accept.

use analyzer_core::report::{Listener, Report, ResourceSnapshot, SOCKET_ROWS};
use yew::prelude::*;

use super::course::{Course, Line, lengths, lines};
use super::parts::{Figure, counts, figures, place};
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

/// Rows at most: a program that leaks listeners has thousands.
const ROWS: usize = 50;

const RECIPES: &[Recipe] =
    &[Recipe { what: "Listening sockets with accept queue and backlog", command: "ss -ltnp > ss-ltnp.txt" }];

/// The section; nothing if there are no lists of sockets at all, for then the connections say what is needed.
pub fn section(report: &Report, course: &Course<'_>) -> Html {
    if course.last(|moment| moment.sockets.as_ref()).is_none() {
        return Html::default();
    }
    let lists = lists(course);
    let lines = lines(&lists, SOCKET_ROWS, |row| row.address.as_str(), |row| row.queue);
    html! {
        <section class="panel" aria-labelledby="accept-queues">
            <h3 id="accept-queues">{ "Accept queues" }</h3>
            if lines.is_empty() {
                <Needs recipes={RECIPES}>
                    { "No listening sockets. The accept queue is the receive queue of a listening socket; only ss shows its backlog." }
                </Needs>
            } else {
                <p class="quiet">
                    { "Connections that the kernel has completed but the program has not accepted. When the backlog is full, new ones are dropped." }
                </p>
                { figures(totals(course, &lists)) }
                { table(report, &lines) }
            }
        </section>
    }
}

fn lists<'r>(course: &Course<'r>) -> Vec<Option<&'r [Listener]>> {
    let of =
        |moment: &&'r ResourceSnapshot| moment.sockets.as_ref().map(|sockets| sockets.listeners.as_slice());
    course.moments.iter().map(of).collect()
}

fn totals(course: &Course<'_>, lists: &[Option<&[Listener]>]) -> Vec<Figure> {
    let own = |row: &Listener| row.is_own;
    let is_told = lists.iter().flatten().any(|rows| rows.iter().any(own));
    let listening = if is_told {
        Figure::new("Listening sockets", Some(lengths(lists, own)), "of this process")
    } else {
        Figure::new("Listening sockets", Some(lengths(lists, |_| true)), "of the whole network namespace")
    };
    let accepting = Figure::new(
        "Goroutines in Accept",
        course.figure(|moment| moment.goroutines.map(|pairs| pairs.accepting)),
        "in the goroutine dump of the same snapshot",
    );
    let dropped = Figure::new(
        "ListenOverflows",
        course.of_sockets(|sockets| sockets.overflows.as_ref()?.finite()),
        "connections dropped because the queue was full, in the whole network namespace since it was created",
    );
    [listening, accepting, dropped].into_iter().flatten().collect()
}

fn table(report: &Report, lines: &[Line<'_, Listener>]) -> Html {
    html! {
        <>
            <table class="table stacked queues-table">
                <caption>{ "Listening sockets, sorted by queue length." }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Address" }</th>
                        <th scope="col">{ "Waiting for accept" }</th>
                        <th scope="col" class="number" title="From ss, otherwise net.core.somaxconn, which Go requests">{ "Backlog" }</th>
                        <th scope="col">{ "Owner" }</th>
                        <th scope="col">{ "Source" }</th>
                    </tr>
                </thead>
                <tbody>{ for lines.iter().take(ROWS).map(|line| row(report, line)) }</tbody>
            </table>
            if lines.len() > ROWS {
                <p class="quiet">{ format!("{} more are not shown.", text::counted(lines.len() - ROWS, "listening socket", "listening sockets")) }</p>
            }
        </>
    }
}

fn row(report: &Report, line: &Line<'_, Listener>) -> Html {
    let row = line.latest;
    html! {
        <tr>
            <th scope="row">
                <code>{ selectors::visible(&row.address) }</code>
                if row.is_full() {
                    { " " }
                    <span class="severity warning"><span class="mark" aria-hidden="true">{ "\u{25c6}" }</span>{ "full" }</span>
                }
            </th>
            { counts("Waiting", &line.counts) }
            <td class={classes!("number", row.backlog.is_none().then_some("unset"))} data-label="Backlog">
                { row.backlog.map_or_else(|| "\u{2013}".to_owned(), text::count_u64) }
            </td>
            <td data-label="Owner">{ if row.is_own { "this process" } else { "unknown" } }</td>
            { place(report, &row.citation) }
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{report, shop};
    use super::*;
    use crate::state::Params;

    #[test]
    fn a_queue_is_told_over_the_snapshots_with_its_sockets() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let lists = lists(&course);
        let lines = lines(&lists, SOCKET_ROWS, |row| row.address.as_str(), |row| row.queue);
        let told: Vec<_> = lines.iter().map(|line| (line.latest.address.as_str(), &line.counts)).collect();
        assert_eq!(told, [("127.0.0.2:8080", &vec![Some(0), Some(5)])]);
        let totals = totals(&course, &lists);
        assert_eq!(
            (totals[0].meaning.as_str(), &totals[0].counts),
            ("of this process", &vec![Some(1), Some(1)])
        );
    }
}
