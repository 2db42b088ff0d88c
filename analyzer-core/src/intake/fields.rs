//! Which fields of a log's entries hold what the program printed.

/// How a field is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The text itself.
    Text,
    /// The text in pieces that end where the program flushed: a line end is part of it.
    Pieces,
    /// The message of a panic, without the word.
    Panic,
    /// Names the writer: a pod, a stream, a process.
    Writer,
    /// When it was written.
    Time,
    /// `P`: the line goes on in the next entry.
    Continued,
    /// All else.
    Other,
}

const TEXT: [&str; 40] = [
    // Azure's tables of containers.
    "LogEntry",
    "LogMessage",
    "message",
    "msg",
    // VictoriaLogs.
    "_msg",
    // OTLP: the body of a record; attributes have a key beside it.
    "stringValue",
    "@message",
    "textPayload",
    "line",
    "body",
    "text",
    "content",
    "event",
    "original",
    "raw",
    "_raw",
    "stack",
    "stacktrace",
    "stack_trace",
    "stackTrace",
    "trace",
    "traceback",
    "backtrace",
    "error",
    "err",
    "exception",
    "dump",
    "goroutines",
    "goroutine",
    "goroutine_dump",
    "details",
    "detail",
    "description",
    "payload",
    "data",
    "short_message",
    "full_message",
    "MESSAGE",
    "value",
    "reason",
];

const WRITER: [&str; 24] = [
    "stream",
    "pod",
    "pod_name",
    "podName",
    "container",
    "container_name",
    "containerName",
    "container_id",
    "instance",
    "hostname",
    "host",
    "_PID",
    "_SYSTEMD_UNIT",
    "SYSLOG_IDENTIFIER",
    "logStreamName",
    "logStream",
    "@logStream",
    "kubernetes.pod_name",
    "source",
    "Test",
    "Package",
    "pid",
    "filename",
    "app",
];

const TIME: [&str; 13] = [
    "time",
    "timestamp",
    "ts",
    "@timestamp",
    "_time",
    "_messagetime",
    "date",
    "datetime",
    "eventTime",
    "TimeGenerated",
    "timeUnixNano",
    "__REALTIME_TIMESTAMP",
    "created",
];

/// The role of a field by its name.
pub(super) fn role(key: &[u8]) -> Role {
    // Docker's, by the million.
    match key {
        b"log" => return Role::Pieces,
        b"stream" => return Role::Writer,
        b"time" | b"timestamp" | b"ts" => return Role::Time,
        b"level" => return Role::Other,
        _ => {}
    }
    let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
    if is("log") || is("Output") {
        Role::Pieces
    } else if is("panic") {
        Role::Panic
    } else if is("logtag") {
        Role::Continued
    } else if TEXT.iter().any(|name| is(name)) {
        Role::Text
    } else if WRITER.iter().any(|name| is(name)) {
        Role::Writer
    } else if TIME.iter().any(|name| is(name)) {
        Role::Time
    } else {
        Role::Other
    }
}
