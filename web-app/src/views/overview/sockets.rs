//! The tile of connections and descriptors.

use analyzer_core::report::{Report, SocketState, Sockets};
use yew::prelude::*;

use super::tiles::tile;
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};
use crate::views::sockets::Course;

/// Connections over the snapshots of the process that was captured best, what the program did not close,
/// and its descriptors; `None` if neither is listed.
pub fn sockets(report: &Report) -> Option<Html> {
    let course = Course::of(report, &Params::default())?;
    let lines = lines(&course);
    let (headline, rest) = lines.split_first()?;
    let subject = selectors::subject(report, course.subject).filter(|_| report.services().count() > 1);
    let title = subject.map_or_else(
        || "Sockets".to_owned(),
        |subject| format!("Sockets of {}", selectors::subject_name(subject)),
    );
    let route = ViewId::Sockets.with(Params::default().with("subject", course.subject.0.to_string()));
    Some(tile(
        &route,
        "",
        &title,
        html! {
            <>
                <span class="headline">{ headline }</span>
                { for rest.iter().map(|line| html! { <span class="quiet">{ line }</span> }) }
            </>
        },
    ))
}

/// The first is the headline.
fn lines(course: &Course<'_>) -> Vec<String> {
    let connections = course.of_sockets(|sockets| Some(sum(sockets, None)));
    let last = course.last(|moment| moment.sockets.as_ref());
    let held = last.map(|sockets| sum(sockets, Some(SocketState::CloseWait))).filter(|count| *count > 0);
    let open = course.last(|moment| moment.descriptors.as_ref());
    let mut lines = Vec::new();
    if let Some(counts) = connections {
        let known: Vec<String> = counts.into_iter().flatten().map(text::count_u64).collect();
        lines.push(known.join(" \u{2192} "));
        let whose = if last.is_some_and(|sockets| sockets.is_own) { "" } else { " of the pod" };
        lines.push(format!("TCP connections{whose}"));
    }
    lines.extend(held.map(|count| format!("{} in CLOSE_WAIT", text::count_u64(count))));
    lines.extend(open.map(|open| {
        let most = open.soft_limit.as_ref().and_then(|limit| limit.finite());
        let most = most.map_or_else(String::new, |most| format!(" of {}", text::count_u64(most)));
        format!("{}{most} file descriptors", text::count_u64(open.total))
    }));
    lines
}

/// Connections of a state, or all.
fn sum(sockets: &Sockets, state: Option<SocketState>) -> u64 {
    let rows = sockets.connections.iter().filter(|row| state.is_none_or(|state| row.state == state));
    rows.map(|row| row.count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sockets::samples::{report, shop};

    #[test]
    fn the_tile_tells_connections_what_is_held_and_descriptors() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        assert_eq!(
            lines(&course),
            ["4 \u{2192} 15", "TCP connections", "12 in CLOSE_WAIT", "21 of 1,024 file descriptors"]
        );
    }

    #[test]
    fn threads_alone_have_no_tile() {
        let report = self::report(&[("pids.current".to_owned(), "9\n".to_owned())]);
        let course = Course::of(&report, &Params::default()).expect("a snapshot");
        assert!(lines(&course).is_empty());
    }
}
