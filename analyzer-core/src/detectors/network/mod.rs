//! `net.*`: connections that are not closed, accept queues, local ports.

detectors! {
    accept,
    backlog,
    close_wait,
    conns_grow,
    listen,
    registry,
    rowless,
    syn_sent,
    time_wait,
}
