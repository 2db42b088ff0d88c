//! What the kernel counts beside the goroutines that stand for it, with links to their groups.

use analyzer_core::base::convert::to_u64;
use analyzer_core::report::{
    Counterpart, GoroutineGroup, Report, ResourceSnapshot, Side, SocketState, Sockets, SubjectId,
};
use yew::prelude::*;

use super::course::Course;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;
use crate::views::goroutines::{group_frame, group_route, group_verdict, main_frame};

/// Groups that a row names; the rest is counted.
const GROUPS: usize = 4;

const RECIPES: &[Recipe] = &[Recipe {
    what: "A goroutine dump of the same snapshot (file in the same folder)",
    command: "curl -o goroutine.txt 'http://localhost:6060/debug/pprof/goroutine?debug=2'",
}];

/// One thing that both count.
struct Join<'r> {
    /// What the kernel counts.
    what: &'static str,
    /// By state or kind; `None` if the files do not tell.
    kernel: Option<Vec<(&'static str, u64)>>,
    /// What the goroutines do.
    doing: &'static str,
    /// The groups with their members at the moment, most first.
    groups: Vec<(&'r GoroutineGroup, u64)>,
}

/// The section.
pub fn section(report: &Report, course: &Course<'_>) -> Html {
    let with_dump = course.last(|moment| moment.goroutines.is_some().then_some(moment));
    html! {
        <section class="panel" aria-labelledby="joins">
            <h3 id="joins">{ "Matching goroutines" }</h3>
            if let Some(moment) = with_dump {
                { table(report, course.subject, moment) }
            } else {
                <Needs recipes={RECIPES}>
                    { "The kernel counts connections and threads; a goroutine dump from the same moment shows the code behind them." }
                </Needs>
            }
        </section>
    }
}

fn table(report: &Report, subject: SubjectId, moment: &ResourceSnapshot) -> Html {
    let joins = joins(report, subject, moment);
    let label = selectors::visible(&moment.snapshot);
    let rowless = moment.sockets.as_ref().and_then(|sockets| sockets.rowless).filter(|count| *count > 0);
    if joins.is_empty() {
        return html! {
            <p class="quiet">{ format!("In snapshot {label}, no goroutine matches a connection, a listener or a thread.") }</p>
        };
    }
    html! {
        <>
            <table class="table stacked joins-table">
                <caption>{ format!("Snapshot {label}. If the counts match, the goroutines hold these connections and threads. Click a group to open it in Goroutines.") }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "What" }</th>
                        <th scope="col">{ "Kernel" }</th>
                        <th scope="col" class="number">{ "Goroutines" }</th>
                        <th scope="col">{ "Groups" }</th>
                    </tr>
                </thead>
                <tbody>{ for joins.iter().map(row) }</tbody>
            </table>
            if let Some(rowless) = rowless {
                <p class="quiet">
                    { format!(
                        "{} without a connection can no longer be assigned to a side: they are the older part of one of these rows.",
                        text::counted_u64(rowless, "TCP file descriptor", "TCP file descriptors")
                    ) }
                </p>
            }
        </>
    }
}

fn row(join: &Join<'_>) -> Html {
    let members: u64 = join.groups.iter().map(|(_, count)| count).sum();
    html! {
        <tr>
            <th scope="row">{ join.what }</th>
            <td data-label="Kernel" class={classes!(join.kernel.is_none().then_some("unset"))}>
                { kernel_text(join.kernel.as_deref()) }
            </td>
            <td class="number" data-label="Goroutines" title={join.doing}>{ text::count_u64(members) }</td>
            <td data-label="Groups">
                <div class="quiet">{ join.doing }</div>
                <ul class="plain">
                    { for join.groups.iter().take(GROUPS).map(|(group, count)| html! {
                        <li>
                            <a href={group_route(&group.id).href()} title="Open the group in Goroutines">
                                { format!("{} ", text::count_u64(*count)) }
                                { main_frame(group).map_or_else(|| html! { <>{ selectors::visible(&group.state) }</> }, group_frame) }
                            </a>
                            { " " }{ group_verdict(group.verdict) }
                        </li>
                    }) }
                </ul>
                if join.groups.len() > GROUPS {
                    <div class="quiet">{ format!("and {}", text::counted(join.groups.len() - GROUPS, "more group", "more groups")) }</div>
                }
            </td>
        </tr>
    }
}

/// `ESTABLISHED 25, CLOSE_WAIT 97: 122`.
fn kernel_text(parts: Option<&[(&'static str, u64)]>) -> String {
    match parts {
        None => "not captured".to_owned(),
        Some([("", count)]) => text::count_u64(*count),
        Some(parts) => {
            let sum: u64 = parts.iter().map(|(_, count)| count).sum();
            let named: Vec<String> =
                parts.iter().map(|(name, count)| format!("{name} {}", text::count_u64(*count))).collect();
            format!("{}: {}", text::count_u64(sum), named.join(", "))
        }
    }
}

/// Pairs of which goroutines stand for something.
fn joins<'r>(report: &'r Report, subject: SubjectId, moment: &ResourceSnapshot) -> Vec<Join<'r>> {
    let sockets = moment.sockets.as_ref();
    let of_side = |side: Side| sockets.map(|sockets| by_state(sockets, |row| row == side));
    let listening = sockets.map(|sockets| {
        let own = sockets.listeners.iter().filter(|row| row.is_own || !sockets.is_own);
        vec![("", to_u64(own.count()))]
    });
    let threads = moment.threads.as_ref().and_then(|threads| threads.total.as_ref()?.finite());
    let join = |what, kernel, part, doing| {
        let groups = groups(report, subject, &moment.snapshot, part);
        (!groups.is_empty()).then_some(Join { what, kernel, doing, groups })
    };
    let all = [
        join(
            "Outgoing connections",
            of_side(Side::Client),
            Counterpart::Transport,
            "one persistConn.readLoop for each connection of an http.Transport",
        ),
        join(
            "Connections on either side",
            sockets.map(|sockets| by_state(sockets, |_| true)),
            Counterpart::Reader,
            "in Read, other than HTTP/1: HTTP/2, databases, plain TCP, also pipes",
        ),
        join(
            "Incoming connections",
            of_side(Side::Server),
            Counterpart::Server,
            "one conn.serve for each connection of an http.Server",
        ),
        join("Listening sockets", listening, Counterpart::Listener, "in Accept"),
        join(
            "Threads",
            threads.map(|count| vec![("", count)]),
            Counterpart::Thread,
            "in a system call: each occupies a thread",
        ),
    ];
    all.into_iter().flatten().collect()
}

/// Open connections of some sides, and those that the peer has closed.
fn by_state(sockets: &Sockets, is_counted: impl Fn(Side) -> bool) -> Vec<(&'static str, u64)> {
    let count = |state: SocketState| {
        let rows = sockets.connections.iter().filter(|row| is_counted(row.side) && row.state == state);
        (state.name(), rows.map(|row| row.count).sum())
    };
    [SocketState::Established, SocketState::CloseWait].map(count).to_vec()
}

/// Groups of a part that have members at a moment, most first.
fn groups<'r>(
    report: &'r Report,
    subject: SubjectId,
    label: &str,
    part: Counterpart,
) -> Vec<(&'r GoroutineGroup, u64)> {
    let Some(section) = &report.goroutines else { return Vec::new() };
    let mut own = section.snapshots.iter().filter(|snapshot| snapshot.subject == subject);
    let Some(at) = own.position(|snapshot| snapshot.snapshot == label) else { return Vec::new() };
    let members = |group: &'r GoroutineGroup| {
        let count = group.counts.get(at).copied().filter(|count| *count > 0)?;
        (group.subject == subject && part.has(group)).then_some((group, count))
    };
    let mut groups: Vec<(&GoroutineGroup, u64)> = section.groups.iter().filter_map(members).collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
    groups
}

#[cfg(test)]
mod tests {
    use super::super::samples::{report, shop};
    use super::*;
    use crate::state::Params;

    #[test]
    fn sockets_stand_beside_the_groups_that_hold_them() {
        let report = report(&shop());
        let course = Course::of(&report, &Params::default()).expect("snapshots");
        let moment = course.last(|moment| moment.goroutines.is_some().then_some(moment)).expect("a dump");
        let told: Vec<(&str, String, Vec<u64>)> = joins(&report, course.subject, moment)
            .iter()
            .map(|join| {
                let counts = join.groups.iter().map(|(_, count)| *count).collect();
                (join.what, kernel_text(join.kernel.as_deref()), counts)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Outgoing connections", "14: ESTABLISHED 2, CLOSE_WAIT 12".to_owned(), vec![14]),
                ("Incoming connections", "1: ESTABLISHED 1, CLOSE_WAIT 0".to_owned(), vec![1]),
                ("Listening sockets", "1".to_owned(), vec![1]),
            ]
        );
    }

    #[test]
    fn readers_of_a_plain_tcp_server_stand_beside_connections_of_either_side() {
        let ss = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n\
                  LISTEN 0 16 127.0.0.2:9000 0.0.0.0:* users:((\"in\",pid=6,fd=3))\n\
                  ESTAB 0 0 127.0.0.2:9000 10.0.0.9:50001 users:((\"in\",pid=6,fd=4))\n";
        let dump = "goroutine 7 [IO wait]:\ninternal/poll.(*FD).Read()\n\t/go/fd.go:1 +0x1d\n\
                    main.(*Server).handle()\n\t/app/main.go:30 +0x1d\n";
        let files = [("in/t0/ss-tanp.txt", ss), ("in/t0/goroutine.txt", dump)];
        let report = report(&files.map(|(path, text)| (path.to_owned(), text.to_owned())));
        let course = Course::of(&report, &Params::default()).expect("a snapshot");
        let joins = joins(&report, course.subject, course.moments[0]);
        let told: Vec<_> =
            joins.iter().map(|join| (join.what, kernel_text(join.kernel.as_deref()))).collect();
        assert_eq!(told, [("Connections on either side", "1: ESTABLISHED 1, CLOSE_WAIT 0".to_owned())]);
    }

    #[test]
    fn what_was_not_captured_is_no_zero() {
        assert_eq!(kernel_text(None), "not captured");
        assert_eq!(kernel_text(Some(&[("", 1_204)])), "1,204");
    }
}
