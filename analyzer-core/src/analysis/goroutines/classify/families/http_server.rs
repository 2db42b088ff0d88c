//! net/http's server: connections that send nothing, and handlers that do not return.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy, ownership};
use crate::report::Origin;

const SERVE: &str = "net/http.(*conn).serve";
const BACKGROUND_READ: &str = "net/http.(*connReader).backgroundRead";

/// Loops of an HTTP/2 connection (from Go 1.27 in a package of its own).
const HTTP2: &[&str] = &[
    "net/http.(*http2serverConn).serve",
    "net/http.(*http2serverConn).readFrames",
    "net/http.(*http2clientConnReadLoop).run",
    "net/http.(*http2ClientConn).readLoop",
    "net/http/internal/http2.(*serverConn).serve",
    "net/http/internal/http2.(*serverConn).readFrames",
    "net/http/internal/http2.(*clientConnReadLoop).run",
    "golang.org/x/net/http2.(*serverConn).serve",
    "golang.org/x/net/http2.(*serverConn).readFrames",
    "golang.org/x/net/http2.(*clientConnReadLoop).run",
];

/// Functions under which a request's handler runs, HTTP/1 and HTTP/2.
const HANDLER_ROOTS: &[&str] = &[
    SERVE,
    "net/http.(*http2serverConn).runHandler",
    "net/http/internal/http2.(*serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
];

/// Functions of gRPC under which a method of a service runs.
const GRPC_METHODS: &[&str] = &[
    "google.golang.org/grpc.(*Server).processUnaryRPC",
    "google.golang.org/grpc.(*Server).processStreamingRPC",
];

/// True for a handler of a request, HTTP or gRPC, that waits for something else than its client.
pub fn is_waiting_handler(group: &Group) -> bool {
    let is_served = super::has_any(group, HANDLER_ROOTS) && is_in_handler(group);
    let is_at_work = matches!(group.wait, Wait::Io | Wait::Running | Wait::Runtime | Wait::Syscall);
    !is_at_work && (is_served || super::has_any(group, GRPC_METHODS))
}

pub fn assess(context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    if group.has(BACKGROUND_READ) {
        return Some(background_read(context, group));
    }
    if super::has_any(group, HANDLER_ROOTS) {
        return connection(context, group);
    }
    super::has_any(group, HTTP2)
        .then(|| Assessment::new("http2", Policy { growth: Some(10), ..Policy::PEERS }))
}

/// Notices a client that goes away while the handler runs: belongs to the handler.
fn background_read(context: &Context<'_>, group: &Group) -> Assessment {
    let parents = group.last().members.iter().filter_map(|member| member.parent);
    let mut handlers: Vec<usize> =
        parents.filter_map(|goid| context.census.group_of.get(&goid).copied()).collect();
    handlers.sort_unstable();
    handlers.dedup();
    let mut assessment = Assessment::new("http-handler-stuck", Policy::default());
    assessment.satellite_of = Some(handlers);
    assessment
}

fn connection(context: &Context<'_>, group: &Group) -> Option<Assessment> {
    let has = |name: &str| group.has(name);
    if group.wait == Wait::Io && has("net/http.(*conn).readRequest")
        || has("crypto/tls.(*Conn).HandshakeContext")
    {
        let policy = Policy { growth: Some(3), ..Policy::default() };
        return Some(Assessment::new("http-server-read-no-timeout", policy));
    }
    if !is_in_handler(group) {
        let is_idle = group.wait == Wait::Io && has("bufio.(*Reader).Peek");
        return is_idle
            .then(|| Assessment::new("http-server-idle", Policy { growth: Some(10), ..Policy::PEERS }));
    }
    handler(context, group)
}

/// True if a handler is on the stack: a `ServeHTTP` that is called by the server.
fn is_in_handler(group: &Group) -> bool {
    group.names().any(|name| name.ends_with(".ServeHTTP"))
}

/// A handler that waits where nothing of the request can end it. In a select,
/// and in reads, event streams and WebSockets wait for hours: there only
/// growth says something, and reads are judged with the other reads.
fn handler(context: &Context<'_>, group: &Group) -> Option<Assessment> {
    let count = group.last().count;
    // The server reads on while the handler runs, and whoever took the
    // connection over reads from it in another goroutine.
    let clients = ownership::with_child_in(context, group, "internal/poll.(*FD).Read");
    let is_left = clients == 0 && !group.last().members.is_empty() && group.has(SERVE);
    let growth = Policy { growth: Some(3), is_idle_place: !is_left, ..Policy::default() };
    let is_select = group.wait == Wait::Select && is_own_code_on_top(group);
    let policy = match group.wait {
        Wait::Receive | Wait::Channel | Wait::Sleep | Wait::Semaphore => {
            Policy { waited_beyond: 2, ..growth.or_waited(2, 50).or_aged(2, 80) }
        }
        Wait::Select if is_select => growth,
        _ => return None,
    };
    let mut assessment = Assessment::new("http-handler-stuck", policy);
    assessment.is_short = !is_select;
    if is_select && clients * 2 >= count {
        assessment.held_back = Some(format!(
            "For {clients} of {count}, the client is still connected: long polls and event streams look like this."
        ));
    } else if is_left {
        assessment.reasons.push(
            "None of their clients is known to be still connected: nothing waits for these responses."
                .to_owned(),
        );
    }
    Some(assessment)
}

/// True if the innermost frame is not of the standard library.
fn is_own_code_on_top(group: &Group) -> bool {
    group.frames.first().is_some_and(|site| matches!(site.origin, Origin::Own | Origin::Dependency))
}
