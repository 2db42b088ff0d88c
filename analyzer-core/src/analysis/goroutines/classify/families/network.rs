//! Sockets and files: reads, writes, accepts, raw system calls.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};

const WRITES: &[&str] = &[
    "internal/poll.(*FD).Write",
    "internal/poll.(*FD).Writev",
    "internal/poll.(*FD).WriteTo",
    "internal/poll.(*FD).WriteMsg",
    "internal/poll.SendFile",
];
const READS: &[&str] = &[
    "internal/poll.(*FD).Read",
    "internal/poll.(*FD).ReadFrom",
    "internal/poll.(*FD).ReadFromInet4",
    "internal/poll.(*FD).ReadFromInet6",
    "internal/poll.(*FD).ReadMsg",
    "internal/poll.(*FD).RawRead",
    "internal/poll.Splice",
];
/// A file that the poller waits for is a pipe, a terminal or a device.
const FILE_READ: &str = "os.(*File).Read";
const ACCEPT: &str = "internal/poll.(*FD).Accept";

/// Calls that wait in the kernel on purpose.
const PURPOSEFUL_CALLS: &[&str] = &[
    "os/signal.signal_recv",
    "syscall.wait4",
    "syscall.Wait4",
    "os.(*Process).blockUntilWaitable",
    "os.(*Process).Wait",
    "os.(*Process).wait",
    "os.(*Process).pidfdWait",
    "syscall.EpollWait",
    "golang.org/x/sys/unix.EpollWait",
];

/// The client's connection loops: idle connections are kept on purpose.
const CLIENT_LOOP: &str = "net/http.(*persistConn).readLoop";

pub fn assess(context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    match group.wait {
        Wait::Io => io(context, group),
        Wait::Syscall => syscall(group),
        _ => None,
    }
}

fn io(context: &Context<'_>, group: &Group) -> Option<Assessment> {
    if super::has_any(group, WRITES) {
        return Some(Assessment::new("write-blocked", Policy::GROWTH.or_waited(1, 0).or_aged(1, 20)));
    }
    if group.has(ACCEPT) {
        return Some(Assessment::new("listener-leak", Policy { growth: Some(2), ..Policy::default() }));
    }
    if !super::has_any(group, READS) {
        return None;
    }
    // Idle connections of a client pool wait in a read; a new pool for each
    // call shows as growth far beyond what a pool keeps.
    let (code, births) = match group {
        group if group.has(CLIENT_LOOP) => ("http-idle-conns", 20),
        group if group.has(FILE_READ) => ("file-read", 3),
        _ => ("net-read-no-deadline", 3),
    };
    let mut assessment = Assessment::new(code, Policy { growth: Some(births), ..Policy::PEERS });
    if group.has("net/http.(*conn).serve") {
        assessment.held_back =
            Some("A handler that hijacked its connection reads from it, as WebSockets do.".to_owned());
    }
    if group.has(CLIENT_LOOP) {
        assessment.satellite_of = Some(requests(context, group));
    }
    Some(assessment)
}

/// Requests on their way whose answers these connections wait for.
fn requests(context: &Context<'_>, connections: &Group) -> Vec<usize> {
    let is_request = |group: &Group| {
        group.has("net/http.(*persistConn).roundTrip") && group.last().count * 2 >= connections.last().count
    };
    let groups = context.series.groups.iter().enumerate();
    groups.filter(|(_, group)| is_request(group)).map(|(index, _)| index).collect()
}

/// A raw call that blocks holds a thread. C code is often a pool on purpose.
fn syscall(group: &Group) -> Option<Assessment> {
    if super::has_any(group, PURPOSEFUL_CALLS) {
        return None;
    }
    let is_cgo = group.names().any(|name| name.contains("._Cfunc_"));
    let policy = Policy { growth: Some(3), ..Policy::default() };
    let policy = if is_cgo { policy } else { policy.or_waited(3, 0).or_aged(3, 0) };
    Some(Assessment::new("syscall-blocked", policy))
}
