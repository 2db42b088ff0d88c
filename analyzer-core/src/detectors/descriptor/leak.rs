//! `fd.leak.*`: descriptors of one kind that only become more, or that nobody waits for.

use crate::detectors::course::{Course, GROWTH, Told, arrows, courses, growth, joined, most_are_in, needs};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{
    Citation, Confidence, Counterpart, DescriptorKind, Descriptors, Finding, GoroutinePairs,
    ResourceSnapshot, Severity, number_format,
};

/// Children without a goroutine that waits for them, from which they are no chance.
const LEAST_CHILDREN: u64 = 10;

/// Descriptors of one kind.
struct Leak {
    rule: Rule,
    kind: DescriptorKind,
    against: &'static [&'static str],
    advice: &'static [&'static str],
}

const fn rule(code: &'static str, title: &'static str, meaning: &'static str) -> Rule {
    Rule { code, severity: Severity::Warning, title, meaning }
}

const LEAKS: [Leak; 8] = [
    Leak {
        rule: rule("fd.leak.file", "Open files leak", "The number of open files keeps growing."),
        kind: DescriptorKind::File,
        against: &["Segment-based stores keep one file per segment open on purpose."],
        advice: &[
            "Close files on every path (defer f.Close()). The garbage collector does not close a file that is still reachable, for example from a map or a blocked goroutine.",
        ],
    },
    Leak {
        rule: rule(
            "fd.leak.deleted",
            "Deleted files are still open",
            "The process holds deleted files open: their disk blocks are not freed until it closes them.",
        ),
        kind: DescriptorKind::Deleted,
        against: &[],
        advice: &[
            "Close files before or right after os.Remove, and reopen a log file after rotation.",
            "df counts these blocks, du does not.",
        ],
    },
    Leak {
        rule: rule(
            "fd.leak.pipe",
            "Pipes leak",
            "The number of open pipe ends keeps growing: child processes without Wait, or os.Pipe pairs that are not closed.",
        ),
        kind: DescriptorKind::Pipe,
        against: &[],
        advice: &[
            "Call Wait on every started exec.Cmd, read StdoutPipe to EOF, and close both ends of every os.Pipe.",
        ],
    },
    Leak {
        rule: rule("fd.leak.unix", "Unix sockets leak", "The number of open Unix sockets keeps growing."),
        kind: DescriptorKind::Unix,
        against: &[],
        advice: &["Close connections to Unix sockets like any other connection."],
    },
    Leak {
        rule: rule(
            "fd.leak.inotify",
            "inotify watchers leak",
            "The number of inotify instances keeps growing: fsnotify watchers that are not closed.",
        ),
        kind: DescriptorKind::Inotify,
        against: &[],
        advice: &["Keep a single watcher and add paths to it; call Close on a watcher that is replaced."],
    },
    Leak {
        rule: rule("fd.leak.eventfd", "eventfds leak", "The number of open eventfds keeps growing."),
        kind: DescriptorKind::Eventfd,
        against: &[],
        advice: &[
            "Go itself uses one: look for libraries (io_uring, cgo, epoll loops) that are initialized repeatedly.",
        ],
    },
    Leak {
        rule: rule(
            "fd.leak.pidfd",
            "Child processes without Wait",
            "Each child process started without a call to Wait keeps a pidfd open (Go 1.23 and later) and becomes a zombie when it exits.",
        ),
        kind: DescriptorKind::Pidfd,
        against: &["One goroutine may wait for many children, one after another."],
        advice: &[
            "Call Wait on every started exec.Cmd (Run and Output do it), and Wait or Release on every os.Process.",
            "Each child takes one pidfd and, with stdin and stdout pipes, up to four pipe ends.",
        ],
    },
    Leak {
        rule: rule(
            "fd.leak.socket",
            "Sockets leak",
            "The number of open TCP sockets keeps growing, not counting connections from clients.",
        ),
        kind: DescriptorKind::Socket,
        against: &[],
        advice: &[
            "The connection findings show the remote address and the state: close the connections there.",
        ],
    },
];

const fn rules_of(leaks: &[Leak; 8]) -> [Rule; 8] {
    let [a, b, c, d, e, f, g, h] = leaks;
    [a.rule, b.rule, c.rule, d.rule, e.rule, f.rule, g.rule, h.rule]
}

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &rules_of(&LEAKS),
    missing_inputs: |case| {
        needs(
            case,
            |moment| moment.descriptors.is_some(),
            "three captures of ls -l /proc/PID/fd, or of lsof -nP -p PID",
        )
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        courses.iter().flat_map(|course| LEAKS.iter().filter_map(|leak| find(case, course, leak))).collect()
    },
};

/// How many there are. Of sockets those that the program decides on: connections of clients are theirs.
fn count(open: &Descriptors, kind: DescriptorKind) -> Option<u64> {
    if kind == DescriptorKind::Socket {
        return open.own_tcp;
    }
    Some(open.kinds.iter().find(|row| row.kind == kind).map_or(0, |row| row.count))
}

fn find(case: &Case<'_>, course: &Course<'_>, leak: &Leak) -> Option<Finding> {
    let moments: Vec<(&ResourceSnapshot, &Descriptors, u64)> = course.values(|moment| {
        let open = moment.descriptors.as_ref()?;
        Some((moment, open, count(open, leak.kind)?))
    });
    let counts: Vec<u64> = moments.iter().map(|(_, _, count)| *count).collect();
    let grown = growth(&counts);
    if grown.is_none() && !(leak.kind == DescriptorKind::Pidfd && are_unwaited(&moments)) {
        return None;
    }
    let (last, open, amount) = moments.last()?;
    let row = open.kinds.iter().find(|row| row.kind == leak.kind);
    let over = arrows(grown.unwrap_or(&counts));
    let mut claim = match leak.kind {
        DescriptorKind::Socket => format!(
            "The process has {} open ({over}), not counting connections from clients.",
            number_format::counted(*amount, "TCP socket", "TCP sockets"),
        ),
        kind => {
            let folder = row.and_then(|row| row.folder.as_ref());
            let peer = row.and_then(|row| row.peer.as_ref()).map(|peer| format!(", most to {peer}"));
            let place = folder.map(|folder| format!(", most in {folder}")).or(peer).unwrap_or_default();
            let count = number_format::count_u64(*amount);
            format!("The process has {count} {} open ({over}){place}.", kind.plural())
        }
    };
    let on_pipes = last.goroutines.filter(|pairs| is_of_children(leak.kind) && pairs.on_pipes * 4 >= *amount);
    let on_pipes = on_pipes.map_or(0, |pairs| pairs.on_pipes);
    if is_of_children(leak.kind) {
        claim.push_str(&children(&moments, leak.kind));
    }
    let group = joined(case, course, Counterpart::Pipe).filter(|_| on_pipes > 0);
    if group.is_some() {
        let readers = number_format::counted(on_pipes, "goroutine waits", "goroutines wait");
        claim.push_str(&format!(" {readers} on a pipe.{}", most_are_in(group)));
    }
    let told = Told {
        rule: leak.rule,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        condition: if grown.is_some() {
            GROWTH.to_owned()
        } else {
            format!(
                "In two captures, there are at least {LEAST_CHILDREN} more pidfds than goroutines waiting for a child process."
            )
        },
        claim,
        amount: *amount,
        citations: vec![citation(open, leak.kind)],
        against: list(leak.against),
        advice: list(leak.advice),
    };
    let mut found = told.about(course)?;
    found.group = group.map(|group| group.id.clone());
    Some(found)
}

fn citation(open: &Descriptors, kind: DescriptorKind) -> Citation {
    let row = open.kinds.iter().find(|row| row.kind == kind);
    row.map_or(&open.citation, |row| &row.citation).clone()
}

const fn is_of_children(kind: DescriptorKind) -> bool {
    matches!(kind, DescriptorKind::Pipe | DescriptorKind::Pidfd)
}

/// Pidfds that no goroutine waits for.
fn unwaited(pidfds: u64, pairs: Option<GoroutinePairs>) -> Option<u64> {
    Some(pidfds.saturating_sub(pairs?.on_children))
}

/// The collector closes the pidfd of an `exec.Cmd` that is out of reach, so that a leak of children is a
/// saw-tooth of pidfds. A level count is that of children who stay.
fn are_unwaited(moments: &[(&ResourceSnapshot, &Descriptors, u64)]) -> bool {
    let many = moments
        .iter()
        .filter(|(moment, _, pidfds)| {
            unwaited(*pidfds, moment.goroutines).is_some_and(|count| count >= LEAST_CHILDREN)
        })
        .count();
    let is_level = moments.windows(2).all(|pair| matches!(pair, [a, b] if a.2 == b.2));
    many >= 2 && !is_level
}

/// What the captures say of children: the most pidfds at once, and who waits for them.
fn children(moments: &[(&ResourceSnapshot, &Descriptors, u64)], of: DescriptorKind) -> String {
    let pidfds = |open: &Descriptors| count(open, DescriptorKind::Pidfd).unwrap_or(0);
    let most = moments.iter().max_by_key(|(_, open, _)| pidfds(open));
    let Some((moment, open, _)) = most.filter(|(_, open, _)| pidfds(open) > 0) else { return String::new() };
    let Some(pairs) = moment.goroutines else { return String::new() };
    let waiting = match pairs.on_children {
        0 => "no goroutine waits for a child".to_owned(),
        count => number_format::counted(count, "goroutine waits for a child", "goroutines wait for children"),
    };
    if of == DescriptorKind::Pidfd {
        return format!(" At {}, {waiting}.", moment.snapshot);
    }
    let held = number_format::counted(pidfds(open), "pidfd is", "pidfds are");
    format!(" {held} open at {}, and {waiting}.", moment.snapshot)
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

    /// Clients have no path: the other end's is behind the peer's inode of `ss -x`.
    #[test]
    fn unix_sockets_name_what_they_are_connected_to() {
        let at = |index: usize, count: u64| {
            let label = format!("t{index}");
            let mut files = moment(&label, &[listening(0, 9)], &[(9, 1), (100, count)]);
            let mut ss =
                "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n".to_owned();
            let mut rows = String::new();
            for inode in 100..100 + count {
                ss.push_str(&format!("u_str ESTAB 0 0 * {inode} * {0} users:((\"shop\",pid=6,fd=7))\nu_str ESTAB 0 0 /run/db.sock {0} * {inode}\n", inode + 9_000));
                rows.push_str(&format!("0000000000000000: 00000003 00000000 00000000 0001 03 {inode}\n"));
            }
            let table = files.iter_mut().find(|(path, _)| path.ends_with("net/unix"));
            table.expect("a table").1.push_str(&rows);
            files.push((format!("shop/{label}/ss-xanp.txt"), ss));
            files
        };
        let files = [at(0, 8), at(1, 48), at(2, 88)].concat();
        let found = check("fd.leak", &borrowed(&files), &["fd.leak.unix"]);
        assert!(found[0].claim.contains("(8 → 48 → 88), most to /run/db.sock."), "{}", found[0].claim);
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

    /// Goroutines that read a pipe of a child, and such as wait for one.
    fn dump(readers: u64, waiting: u64) -> String {
        let reader = "[IO wait]:\ninternal/poll.(*FD).Read(0x1)\n\t/go/fd_unix.go:9 +0x1\nos.(*File).Read(0x1)\n\t/go/file.go:9 +0x1\nmain.readEvents()\n\t/srv/main.go:51 +0x1\ncreated by main.startWatcher in goroutine 1\n\t/srv/main.go:45 +0x1\n";
        let waiter = "[syscall]:\nos.(*Process).pidfdWait(0x1)\n\t/go/pidfd_linux.go:9 +0x1\nos.(*Process).wait(...)\n\t/go/exec_unix.go:9\nmain.run()\n\t/srv/main.go:60 +0x1\n";
        let stacks = (0..readers).map(|_| reader).chain((0..waiting).map(|_| waiter));
        let idle = "goroutine 1 [select]:\nmain.main()\n\t/srv/main.go:1 +0x1\n".to_owned();
        let rest = stacks.enumerate().map(|(index, stack)| format!("goroutine {} {stack}", index + 2));
        std::iter::once(idle).chain(rest).collect::<Vec<_>>().join("\n")
    }

    /// Pipes, pidfds, readers and waiters at each moment.
    fn children(moments: &[[u64; 4]]) -> Vec<(String, String)> {
        let of = |(index, [pipes, pidfds, readers, waiting]): (usize, &[u64; 4])| {
            let open = fds(&[(5, 2)], &[("pipe:[#]", *pipes), ("anon_inode:[pidfd]", *pidfds)]);
            [
                (format!("shop/t{index}/proc/fd.txt"), open),
                (format!("shop/t{index}/goroutine.txt"), dump(*readers, *waiting)),
            ]
        };
        moments.iter().enumerate().flat_map(of).collect()
    }

    #[test]
    fn pipes_of_children_name_the_goroutines_that_read_them() {
        let files = children(&[[30, 29, 29, 0], [75, 0, 74, 0], [120, 26, 119, 0]]);
        let found = check("fd.leak", &borrowed(&files), &["fd.leak.pipe", "fd.leak.pidfd"]);
        for finding in &found {
            let claim = &finding.claim;
            assert!(claim.contains("main.readEvents (main.go:51), started by main.startWatcher"), "{claim}");
            assert!(claim.contains("no goroutine waits for a child"), "{claim}");
            assert!(finding.group.is_some());
        }
    }

    #[test]
    fn pidfds_that_the_collector_closes_are_children_that_nobody_waits_for() {
        let saw = children(&[[2, 40, 0, 0], [2, 3, 0, 0], [2, 31, 0, 0]]);
        let found = check("fd.leak", &borrowed(&saw), &["fd.leak.pidfd"]);
        assert!(found[0].claim.contains("(40 → 3 → 31)"), "{}", found[0].claim);
        let some_wait = children(&[[2, 40, 0, 20], [2, 3, 0, 2], [2, 31, 0, 20]]);
        check("fd.leak", &borrowed(&some_wait), &["fd.leak.pidfd"]);
    }

    #[test]
    fn children_that_are_waited_for_and_children_that_stay_are_none() {
        check("fd.leak", &borrowed(&children(&[[2, 40, 0, 40], [2, 3, 0, 3], [2, 31, 0, 31]])), &[]);
        check("fd.leak", &borrowed(&children(&[[2, 20, 0, 1], [2, 20, 0, 1], [2, 20, 0, 1]])), &[]);
        check("fd.leak", &borrowed(&children(&[[2, 40, 0, 0], [2, 3, 0, 0]])), &[]);
    }
}
