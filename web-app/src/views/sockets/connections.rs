//! TCP connections by side, state and the other end.

use std::collections::BTreeMap;

use analyzer_core::report::{Connections, Report, SOCKET_ROWS, Side, SocketState, Sockets};
use yew::prelude::*;

use super::course::{Course, Line, lines};
use super::parts::{Figure, counts, figures, heading, place};
use super::words;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};

/// Rows of a side that are shown at first.
const ROWS: usize = 50;

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "The kernel\u{2019}s socket tables, and the file descriptors that show the owner",
        command: "ls -l /proc/PID/fd > fd.txt; for f in tcp tcp6 udp udp6 unix netstat sockstat sockstat6; do cat /proc/PID/net/$f > $f; done",
    },
    Recipe { what: "With ss, as root, to include process names", command: "ss -tanp > ss-tanp.txt" },
];

/// The section.
pub fn section(report: &Report, course: &Course<'_>, params: &Params) -> Html {
    let Some(last) = course.last(|moment| moment.sockets.as_ref()) else {
        return html! {
            <section class="panel" aria-labelledby="connections">
                <h3 id="connections">{ "Connections" }</h3>
                <Needs recipes={RECIPES}>
                    { "Connections by remote, state and side need the kernel\u{2019}s socket tables, or the output of ss, netstat or lsof." }
                </Needs>
            </section>
        };
    };
    let sides = by_side(course);
    html! {
        <section class="panel" aria-labelledby="connections">
            <h3 id="connections">{ "Connections" }</h3>
            <p class="quiet">{ scope(last) }</p>
            { figures(totals(course)) }
            if sides.is_empty() {
                <p class="quiet">{ "No connections." }</p>
            } else {
                { table(report, course, &sides, params) }
            }
            { settings(last) }
        </section>
    }
}

/// Whose the sockets are.
fn scope(sockets: &Sockets) -> &'static str {
    if sockets.is_own {
        "Of this process. Sockets in TIME_WAIT have no owner and are counted for the whole network namespace."
    } else {
        "Of the whole network namespace (this pod): the captures do not show which process owns which connection. ls -l /proc/PID/fd from the same moment would."
    }
}

/// All connections, each state that occurs, and descriptors without a connection.
fn totals(course: &Course<'_>) -> Vec<Figure> {
    let sum = |is_counted: &dyn Fn(&Connections) -> bool| {
        course.of_sockets(|sockets| {
            Some(sockets.connections.iter().filter(|row| is_counted(row)).map(|row| row.count).sum())
        })
    };
    let mut states: BTreeMap<SocketState, ()> = BTreeMap::new();
    for sockets in course.moments.iter().filter_map(|moment| moment.sockets.as_ref()) {
        states.extend(sockets.connections.iter().map(|row| (row.state, ())));
    }
    let all = Figure::new("Connections", sum(&|_| true), "in all states, on both sides");
    let by_state = states
        .into_keys()
        .map(|state| Figure::new(state.name(), sum(&|row| row.state == state), words::state(state)));
    let rowless = Figure::new(
        "File descriptors without a connection",
        course.of_sockets(|sockets| sockets.rowless),
        "TCP sockets that the kernel has closed but the program has not",
    );
    let stuck = Figure::new(
        "Not closed since the previous snapshot",
        course.of_sockets(|sockets| sockets.stuck),
        "sockets that were already in CLOSE_WAIT and whose file descriptor is still open",
    );
    std::iter::once(all).chain(by_state).chain([rowless, stuck]).flatten().collect()
}

/// Rows of each side over the snapshots; sides without a row are left out.
fn by_side<'r>(course: &Course<'r>) -> Vec<(Side, Vec<Line<'r, Connections>>)> {
    let lists: Vec<Option<&[Connections]>> = course
        .moments
        .iter()
        .map(|moment| moment.sockets.as_ref().map(|sockets| sockets.connections.as_slice()))
        .collect();
    let mut sides: BTreeMap<Side, Vec<Line<'_, Connections>>> = BTreeMap::new();
    for line in
        lines(&lists, SOCKET_ROWS, |row| (row.side, row.state, row.peer.as_str()), |row| Some(row.count))
    {
        sides.entry(line.latest.side).or_default().push(line);
    }
    sides.into_iter().collect()
}

fn table(
    report: &Report,
    course: &Course<'_>,
    sides: &[(Side, Vec<Line<'_, Connections>>)],
    params: &Params,
) -> Html {
    let limit = if params.get("rows") == Some("all") { usize::MAX } else { ROWS };
    let is_cut = sides.iter().any(|(_, lines)| lines.len() > limit);
    html! {
        <>
            <table class="table stacked connections-table">
                <caption>{ "TCP connections by side, state and peer, sorted by the last snapshot." }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "State" }</th>
                        <th scope="col">{ "Remote or local port" }</th>
                        <th scope="col">{ heading(course) }</th>
                        <th scope="col" class="number" title="Connections with data that the program has not read">{ "Unread" }</th>
                        <th scope="col">{ "Source" }</th>
                    </tr>
                </thead>
                { for sides.iter().map(|(side, lines)| html! {
                    <tbody>
                        <tr class="group-head">
                            <th scope="rowgroup" colspan="5">
                                { words::side(*side) }
                                <span class="fact">{ format!(" \u{b7} {}", rows_text(lines.len(), limit)) }</span>
                            </th>
                        </tr>
                        { for lines.iter().take(limit).map(|line| row(report, line)) }
                    </tbody>
                }) }
            </table>
            if is_cut {
                <p><a href={ViewId::Sockets.with(params.with("rows", "all")).href()}>{ "Show all rows" }</a></p>
            }
        </>
    }
}

fn rows_text(count: usize, limit: usize) -> String {
    if count > limit {
        format!("{} of {}", text::count_usize(limit), text::counted(count, "row", "rows"))
    } else {
        text::counted(count, "row", "rows")
    }
}

fn row(report: &Report, line: &Line<'_, Connections>) -> Html {
    let row = line.latest;
    // What an earlier snapshot had unread says nothing of the last one.
    let unread = if line.last() == Some(0) { 0 } else { row.unread };
    let is_held = matches!(row.state, SocketState::CloseWait | SocketState::SynSent);
    html! {
        <tr>
            <td data-label="State" title={words::state(row.state)} class={classes!(is_held.then_some("held"))}>
                { row.state.name() }
            </td>
            <th scope="row"><code>{ selectors::visible(&row.peer) }</code></th>
            { counts("Count", &line.counts) }
            <td class={classes!("number", (unread == 0).then_some("unset"))} data-label="Unread">
                { if unread == 0 { "\u{2013}".to_owned() } else { text::count_u64(unread) } }
            </td>
            { place(report, &row.citation) }
        </tr>
    }
}

/// What bounds dialing.
fn settings(sockets: &Sockets) -> Html {
    let ports = sockets.local_ports.map(|ports| {
        format!(
            "{} available for outgoing connections (ip_local_port_range)",
            text::counted_u64(ports, "port", "ports")
        )
    });
    let reuse =
        sockets.time_wait_reuse.map(|reuse| format!("net.ipv4.tcp_tw_reuse is {}", text::count(reuse)));
    let known: Vec<String> = [ports, reuse].into_iter().flatten().collect();
    if known.is_empty() {
        return Html::default();
    }
    html! { <p class="quiet">{ format!("{}.", known.join("; ")) }</p> }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{report, shop};
    use super::*;

    #[test]
    fn connections_stand_by_side_with_their_counts_over_the_snapshots() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let told: Vec<(Side, &str, &str, Vec<Option<u64>>)> = by_side(&course)
            .into_iter()
            .flat_map(|(side, lines)| lines.into_iter().map(move |line| (side, line)))
            .map(|(side, line)| (side, line.latest.state.name(), line.latest.peer.as_str(), line.counts))
            .collect();
        assert_eq!(
            told,
            [
                (Side::Client, "CLOSE_WAIT", "10.0.0.9:5432", vec![Some(0), Some(12)]),
                (Side::Client, "ESTABLISHED", "10.0.0.9:5432", vec![Some(3), Some(2)]),
                (Side::Server, "ESTABLISHED", ":8080", vec![Some(1), Some(1)]),
            ]
        );
    }

    #[test]
    fn each_state_that_occurs_has_a_total() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let told: Vec<(String, Vec<Option<u64>>)> =
            totals(&course).into_iter().map(|figure| (figure.name, figure.counts)).collect();
        assert_eq!(told[0], ("Connections".to_owned(), vec![Some(4), Some(15)]));
        assert_eq!(told[1], ("ESTABLISHED".to_owned(), vec![Some(4), Some(3)]));
        assert_eq!(told[2], ("CLOSE_WAIT".to_owned(), vec![Some(0), Some(12)]));
    }
}
