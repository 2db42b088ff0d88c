//! net/http's client: connections whose body nobody closes, calls without a timeout.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};

const READ_LOOP: &str = "net/http.(*persistConn).readLoop";
const WRITE_LOOP: &str = "net/http.(*persistConn).writeLoop";
const ROUND_TRIP: &str = "net/http.(*persistConn).roundTrip";

/// Functions that are on the stack of somebody who reads a response body, or
/// passes it on.
const BODY_READERS: &[&str] = &[
    "net/http.(*bodyEOFSignal).Read",
    "net/http.(*body).Read",
    "net/http/httputil.(*ReverseProxy).copyResponse",
    "net/http/httputil.(*ReverseProxy).copyBuffer",
];

/// Calls that wait for a server's answer: HTTP/1, HTTP/2, gRPC.
const CALLS: &[&str] = &[
    ROUND_TRIP,
    "net/http.(*http2ClientConn).roundTrip",
    "net/http.(*http2ClientConn).RoundTrip",
    "net/http/internal/http2.(*ClientConn).roundTrip",
    "net/http/internal/http2.(*ClientConn).RoundTrip",
    "golang.org/x/net/http2.(*ClientConn).roundTrip",
    "golang.org/x/net/http2.(*ClientConn).RoundTrip",
    "google.golang.org/grpc.(*clientStream).RecvMsg",
];

/// gRPC's calls with one answer.
const UNARY: &[&str] = &["google.golang.org/grpc.invoke", "google.golang.org/grpc.(*ClientConn).Invoke"];

/// True for a call that waits for the answer of a server.
pub fn is_calling(group: &Group) -> bool {
    matches!(group.wait, Wait::Select | Wait::Receive | Wait::Cond) && super::has_any(group, CALLS)
}

/// True for who waits for the next message of a gRPC stream, which may be open for hours.
pub fn is_stream(group: &Group) -> bool {
    group.has("google.golang.org/grpc.(*clientStream).RecvMsg") && !super::has_any(group, UNARY)
}

pub fn assess(context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    if group.has(READ_LOOP) {
        return read_loop(context, group);
    }
    if group.has(WRITE_LOOP) {
        return write_loop(context);
    }
    if group.wait == Wait::Select && group.has(ROUND_TRIP) {
        // Five births at least: a burst of calls to a slow peer is no leak. Loops of
        // long polls become more with the load, and move.
        let policy = Policy { growth: Some(5), is_idle_place: true, ..Policy::default() };
        let policy = policy.or_waited(3, 0).or_aged(2, 80);
        let assessment = Assessment::new("http-client-no-timeout", policy);
        return Some(Assessment { is_short: true, ..assessment });
    }
    if group.wait == Wait::Select && group.names().any(|name| name.starts_with(STREAM_WATCH)) {
        return Some(stream_watch(context, group));
    }
    None
}

/// The goroutine that ends with a gRPC stream, or with its context.
const STREAM_WATCH: &str = "google.golang.org/grpc.newClientStream";

/// A stream may be open for hours while somebody reads it. One that nobody reads was left
/// before its end, and its context stays.
fn stream_watch(context: &Context<'_>, group: &Group) -> Assessment {
    let mut assessment = Assessment::new("ctx-never-cancelled", Policy::IDLE);
    let readers = super::inside(context, is_stream);
    let count = group.last().count;
    let unread = count.saturating_sub(readers);
    if unread * 2 < count {
        assessment.held_back = Some(format!(
            "{readers} goroutines wait in RecvMsg of a gRPC stream, and {count} watch one: most streams are being read."
        ));
        return assessment;
    }
    assessment.reasons.push(format!(
        "Each of the {count} ends with its own gRPC stream: once RecvMsg has returned an error (io.EOF at the end), or the context of the call is canceled. {}",
        match readers {
            0 => "Nobody in the dump waits in RecvMsg.".to_owned(),
            1 => format!("1 goroutine waits in RecvMsg: at least {unread} streams are not being read."),
            _ => format!("{readers} goroutines wait in RecvMsg: at least {unread} streams are not being read."),
        }
    ));
    Assessment { is_short: true, ..assessment }
}

/// In a select the loop has given a response away and waits for its body to be
/// read to the end or closed. In an IO wait (under Peek) the connection is idle.
fn read_loop(context: &Context<'_>, group: &Group) -> Option<Assessment> {
    if group.wait != Wait::Select {
        return None;
    }
    let policy = Policy { growth: Some(3), ramp: true, ..Policy::default() }.or_waited(3, 0).or_aged(3, 0);
    let mut assessment = Assessment::new("http-body-not-closed", policy);
    let readers = super::inside(context, |other| super::has_any(other, BODY_READERS));
    let unread = group.last().count.saturating_sub(readers);
    if readers > 0 {
        assessment.reasons.push(format!("{readers} goroutines are currently reading such a body."));
    }
    if unread * 2 < group.last().count {
        assessment.held_back = Some("Most of the bodies are being read: these are streams.".to_owned());
    }
    Some(assessment)
}

/// A connection's second goroutine says nothing of its own: it goes with the first.
fn write_loop(context: &Context<'_>) -> Option<Assessment> {
    let groups = context.series.groups.iter().enumerate();
    let loops = groups.filter(|(_, other)| other.wait == Wait::Select && other.has(READ_LOOP));
    let mut assessment = Assessment::new("http-body-not-closed", Policy::default());
    assessment.satellite_of = Some(loops.map(|(index, _)| index).collect());
    Some(assessment)
}
