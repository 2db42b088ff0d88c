//! `fd.leak.*`: descriptors of one kind that only become more.

use crate::detectors::course::{Course, GROWTH, Told, arrows, courses, growth, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{
    Citation, Confidence, DescriptorKind, Finding, ResourceSnapshot, Severity, number_format,
};

const fn rule(code: &'static str, title: &'static str, meaning: &'static str) -> Rule {
    Rule { code, severity: Severity::Warning, title, meaning }
}

const FILE: Rule =
    rule("fd.leak.file", "Files are not closed", "The process keeps more and more files open.");
const DELETED: Rule = rule(
    "fd.leak.deleted",
    "Deleted files are kept open",
    "The process keeps files open whose name is gone: their blocks stay on the disk until it closes them.",
);
const PIPE: Rule = rule(
    "fd.leak.pipe",
    "Pipes are not closed",
    "The process keeps more and more ends of pipes open: children not waited for, os.Pipe pairs not closed.",
);
const UNIX: Rule =
    rule("fd.leak.unix", "Unix sockets are not closed", "The process keeps more and more unix sockets open.");
const INOTIFY: Rule = rule(
    "fd.leak.inotify",
    "Watchers are not closed",
    "The process opens one inotify instance after the other: watchers (fsnotify) that are not closed.",
);
const EVENTFD: Rule =
    rule("fd.leak.eventfd", "eventfds are not closed", "The process opens one eventfd after the other.");
const PIDFD: Rule = rule(
    "fd.leak.pidfd",
    "Children are not waited for",
    "Each os/exec child that is started and not waited for keeps a pidfd open (Go 1.23 and later), and stays a zombie.",
);
const SOCKET: Rule = rule(
    "fd.leak.socket",
    "Sockets are not closed",
    "The process keeps more and more TCP sockets open, those not counted that clients hold open to it.",
);

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[FILE, DELETED, PIPE, UNIX, INOTIFY, EVENTFD, PIDFD, SOCKET],
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.descriptors.is_some(),
            "three captures of ls -l /proc/PID/fd, or of lsof -nP -p PID",
        )
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        let kinds = courses.iter().flat_map(|course| KINDS.iter().filter_map(|kind| by_kind(course, *kind)));
        kinds.chain(courses.iter().filter_map(sockets)).collect()
    },
};

const KINDS: [(DescriptorKind, Rule, &[&str]); 7] = [
    (
        DescriptorKind::File,
        FILE,
        &[
            "Close files on every path (defer f.Close()); what is reachable from a map or from a blocked goroutine is never closed by the collector.",
        ],
    ),
    (
        DescriptorKind::Deleted,
        DELETED,
        &[
            "Close files before or right after os.Remove; a log that was rotated is to be opened anew.",
            "df counts their blocks, du does not.",
        ],
    ),
    (
        DescriptorKind::Pipe,
        PIPE,
        &[
            "Call Wait for each exec.Cmd that was started, and read StdoutPipe to its end; close both ends of os.Pipe.",
        ],
    ),
    (DescriptorKind::Unix, UNIX, &["Close connections to unix sockets as others."]),
    (
        DescriptorKind::Inotify,
        INOTIFY,
        &["Keep one watcher and add paths to it; call Close of a watcher that is replaced."],
    ),
    (
        DescriptorKind::Eventfd,
        EVENTFD,
        &[
            "Go itself has one: look for libraries (io_uring, cgo, epoll loops) that are made again and again.",
        ],
    ),
    (
        DescriptorKind::Pidfd,
        PIDFD,
        &[
            "Call Wait (or Run, Output) for each exec.Cmd that was started, and Wait or Release for each os.Process.",
            "One child costs a pidfd and, with both pipes, four ends of pipes.",
        ],
    ),
];

fn by_kind(course: &Course<'_>, (kind, rule, advice): (DescriptorKind, Rule, &[&str])) -> Option<Finding> {
    let row = |moment: &ResourceSnapshot| {
        let rows = &moment.descriptors.as_ref()?.kinds;
        Some(rows.iter().find(|row| row.kind == kind).cloned())
    };
    let rows = course.values(row);
    let counts: Vec<u64> = rows.iter().map(|row| row.as_ref().map_or(0, |row| row.count)).collect();
    let grown = growth(&counts)?;
    let last = rows.last()?.as_ref()?;
    let place = last.folder.as_ref().map_or_else(String::new, |folder| format!(", most in {folder}"));
    let claim = format!(
        "The process has {} {} open ({}){place}.",
        number_format::count_u64(last.count),
        kind.plural(),
        arrows(grown)
    );
    let against = match kind {
        DescriptorKind::File => {
            list(&["Stores of segments keep many files open on purpose, as many as they have segments."])
        }
        _ => Vec::new(),
    };
    told(course, rule, claim, last.count, vec![last.citation.clone()], against, list(advice))
}

/// TCP sockets: how many connections clients hold open, they decide.
fn sockets(course: &Course<'_>) -> Option<Finding> {
    let counts = course.values(|moment| moment.descriptors.as_ref()?.own_tcp);
    let grown = growth(&counts)?;
    let last = *course.values(|moment| moment.descriptors.as_ref()).last()?;
    let count = last.own_tcp?;
    let row = last.kinds.iter().find(|row| row.kind == DescriptorKind::Socket);
    let claim = format!(
        "The process has {} open ({}), not counting connections that clients hold open to it.",
        number_format::counted(count, "TCP socket", "TCP sockets"),
        arrows(grown)
    );
    let citation = row.map_or(&last.citation, |row| &row.citation).clone();
    let advice =
        list(&["The findings on connections tell to which remote, and in which state: close them there."]);
    told(course, SOCKET, claim, count, vec![citation], Vec::new(), advice)
}

fn told(
    course: &Course<'_>,
    rule: Rule,
    claim: String,
    amount: u64,
    citations: Vec<Citation>,
    against: Vec<String>,
    advice: Vec<String>,
) -> Option<Finding> {
    let told = Told {
        rule,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: GROWTH.to_owned(),
        claim,
        amount,
        citations,
        against,
        advice,
    };
    told.about(course)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{borrowed, dialed, fds, listening, moment, served};
    use crate::detectors::testing::check;

    fn course(target: &str, counts: [u64; 3]) -> Vec<(String, String)> {
        let of = |(index, count): (usize, u64)| {
            (format!("shop/t{index}/proc/fd.txt"), fds(&[(5, 2)], &[(target, count)]))
        };
        counts.into_iter().enumerate().map(of).collect()
    }

    #[test]
    fn each_kind_that_grows_is_told() {
        for (target, code) in [
            ("/srv/images/#.jpg", "fd.leak.file"),
            ("/tmp/#.png (deleted)", "fd.leak.deleted"),
            ("pipe:[#]", "fd.leak.pipe"),
            ("anon_inode:inotify", "fd.leak.inotify"),
            ("anon_inode:[eventfd]", "fd.leak.eventfd"),
            ("anon_inode:[pidfd]", "fd.leak.pidfd"),
        ] {
            check("fd.leak", &borrowed(&course(target, [8, 48, 88])), &[code]);
        }
    }

    #[test]
    fn unix_sockets_and_own_tcp_sockets_are_told_apart() {
        let unix = |index: usize, count: u64| {
            let mut files = moment(&format!("t{index}"), &[listening(0, 9)], &[(9, 1), (100, count)]);
            let rows: String = (0..count)
                .map(|row| format!("0000000000000000: 00000003 00000000 00000000 0001 03 {}\n", 100 + row))
                .collect();
            let table = files.iter_mut().find(|(path, _)| path.ends_with("net/unix"));
            table.expect("a table").1.push_str(&rows);
            files
        };
        check("fd.leak", &borrowed(&[unix(0, 8), unix(1, 48), unix(2, 88)].concat()), &["fd.leak.unix"]);
        let tcp = |index: usize, count: u64| {
            moment(
                &format!("t{index}"),
                &[listening(0, 9), dialed("01", 100, count)],
                &[(9, 1), (100, count)],
            )
        };
        check("fd.leak", &borrowed(&[tcp(0, 8), tcp(1, 48), tcp(2, 88)].concat()), &["fd.leak.socket"]);
    }

    #[test]
    fn a_level_count_a_saw_tooth_and_the_connections_of_clients_are_none() {
        check("fd.leak", &borrowed(&course("/srv/#.seg", [262, 262, 262])), &[]);
        check("fd.leak", &borrowed(&course("/srv/#.seg", [10, 210, 40])), &[]);
        let clients = |index: usize, count: u64| {
            moment(
                &format!("t{index}"),
                &[listening(0, 9), served("01", 100, count)],
                &[(9, 1), (100, count)],
            )
        };
        check("fd.leak", &borrowed(&[clients(0, 8), clients(1, 48), clients(2, 88)].concat()), &[]);
    }
}
