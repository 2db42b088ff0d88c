//! Child processes, remote calls, pulled iterators, pipes, shutdown: signatures
//! of single functions of the standard library.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};

const COPY_OUTPUT: &str = "os/exec.(*Cmd).Start.func2";
/// Polls until all connections are idle.
const SHUTDOWN: &str = "net/http.(*Server).Shutdown";
/// Stops that wait for handlers, without polling.
const GRACEFUL_STOPS: &[&str] = &[
    "google.golang.org/grpc.(*Server).GracefulStop",
    "google.golang.org/grpc.(*Server).Stop",
    "net/http/httptest.(*Server).Close",
];
const WAIT: &str = "os/exec.(*Cmd).Wait";

pub fn assess(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    if is_waiting_for_pipes(group) {
        let mut assessment =
            Assessment::new("exec-pipe-inherited", Policy::GROWTH.or_waited(1, 0).or_aged(1, 0));
        assessment
            .reasons
            .push("The child process has exited: Wait is only waiting for its output to close.".to_owned());
        return Some(assessment);
    }
    if group.has(COPY_OUTPUT) || is_created_by(group, "os/exec.(*Cmd).Start") && group.wait == Wait::Io {
        return Some(exec(context));
    }
    if group.has("net/rpc.(*Client).Call") {
        let policy = Policy::IDLE.or_waited(2, 0).or_aged(1, 20);
        let assessment = Assessment::new("rpc-call-no-reply", policy);
        return Some(Assessment { is_short: true, ..assessment });
    }
    if group.wait == Wait::Coroutine {
        return Some(Assessment::new("iter-pull-not-stopped", Policy::IDLE));
    }
    if group.has(SHUTDOWN) {
        return Some(shutdown(context, index));
    }
    if super::has_any(group, GRACEFUL_STOPS) {
        return Some(Assessment::new("shutdown-hang", Policy::default().or_waited(1, 0).or_aged(1, 0)));
    }
    pipe(group)
}

/// A live child is waited for in a system call; a channel is what Wait waits for
/// after the child, until its output was copied (os/exec, awaitGoroutines).
pub fn is_waiting_for_pipes(group: &Group) -> bool {
    matches!(group.wait, Wait::Receive | Wait::Channel | Wait::Select) && group.has(WAIT)
}

/// True for what stops a server, and waits for its handlers.
pub fn is_stopping(group: &Group) -> bool {
    group.has(SHUTDOWN) || super::has_any(group, GRACEFUL_STOPS)
}

fn is_created_by(group: &Group, name: &str) -> bool {
    group.creator.as_ref().is_some_and(|site| &*site.function.name == name)
}

/// Goroutines that copy a child's output end when its pipes close; somebody
/// has to wait for the child.
fn exec(context: &Context<'_>) -> Assessment {
    let policy = Policy::GROWTH.or_waited(3, 0).or_aged(3, 0);
    let mut assessment = Assessment::new("exec-not-waited", policy);
    let groups = context.series.groups.iter().enumerate();
    let stuck: Vec<usize> =
        groups.filter(|(_, other)| is_waiting_for_pipes(other)).map(|(index, _)| index).collect();
    if !stuck.is_empty() {
        assessment.satellite_of = Some(stuck);
    }
    let waiters = super::inside(context, |other| other.has(WAIT));
    if waiters == 0 {
        assessment.reasons.push("No goroutine is in (*Cmd).Wait.".to_owned());
    } else {
        assessment.held_back = Some(format!(
            "{waiters} goroutines are in (*Cmd).Wait, so child processes are being waited for."
        ));
    }
    assessment
}

/// Shutdown polls, so it never prints a long wait; being there in two dumps
/// minutes apart is long.
fn shutdown(context: &Context<'_>, index: usize) -> Assessment {
    let mut assessment = Assessment::new("shutdown-hang", Policy::default().or_waited(1, 0));
    let step = context.series.last_steps().last();
    let change = step.and_then(|step| step.changes.get(index).copied().flatten());
    if context.is_minutes_apart && change.is_some_and(|change| change.survivors > 0) {
        assessment.likely = Some("The same call to Shutdown was already there minutes earlier.".to_owned());
    }
    assessment
}

/// A pipe's other end is gone if nobody moves for long. One reader that waits
/// is often on purpose (a logger's writer), one writer never is.
fn pipe(group: &Group) -> Option<Assessment> {
    // Up to Go 1.9 a pipe waits in a Cond, from 1.10 in a select.
    if !matches!(group.wait, Wait::Select | Wait::Cond) {
        return None;
    }
    let policy = Policy { waited_beyond: 2, ..Policy::GROWTH_OR_RAMP };
    if super::has_any(group, &["io.(*pipe).write", "io.(*pipe).Write"]) {
        return Some(Assessment::new("io-pipe-stuck", policy.or_waited(1, 0).or_aged(2, 80)));
    }
    let reads = super::has_any(group, &["io.(*pipe).read", "io.(*pipe).Read"]);
    reads.then(|| Assessment::new("io-pipe-stuck", policy.or_waited(3, 0)))
}
