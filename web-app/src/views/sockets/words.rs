//! Words of the view.

use analyzer_core::report::{Side, SocketState};

/// Which end of a connection is ours.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Client => "Client: outgoing connections, by remote",
        Side::Server => "Server: incoming connections, by local port",
        Side::Unknown => "Side unknown (no listening sockets listed), by remote",
    }
}

/// What a state says of both ends (RFC 9293; include/net/tcp_states.h).
pub const fn state(state: SocketState) -> &'static str {
    match state {
        SocketState::Established => "open at both ends, idle or not",
        SocketState::SynSent => "dialed, not answered yet",
        SocketState::SynRecv => "incoming, handshake not complete",
        SocketState::FinWait1 => "closed by the program, not acknowledged yet",
        SocketState::FinWait2 => "closed by the program, not by the peer yet",
        SocketState::TimeWait => "closed by the program first; kept for 60 s, without a file descriptor",
        SocketState::Close => "not connected",
        SocketState::CloseWait => "closed by the peer, not by the program",
        SocketState::LastAck => "closed by both, not acknowledged yet",
        SocketState::Listen => "listens",
        SocketState::Closing => "closed by both at the same time",
        SocketState::Unknown => "not in the list",
    }
}

/// What a thread does that waits in a function of the kernel; `None` of the many others.
pub fn kernel_function(function: &str) -> Option<&'static str> {
    const MEANINGS: &[(&str, &str)] = &[
        ("futex_wait", "futex: parked by the scheduler (idle), or waits for a lock in C code"),
        ("futex_do_wait", "futex: parked by the scheduler (idle), or waits for a lock in C code"),
        ("ep_poll", "the network poller, waiting for events"),
        ("do_epoll_wait", "the network poller, waiting for events"),
        ("hrtimer_nanosleep", "sleeping: sysmon, or a sleep in C code"),
        ("pipe_read", "reads from an empty pipe"),
        ("anon_pipe_read", "reads from an empty pipe"),
        ("pipe_write", "writes to a full pipe"),
        ("anon_pipe_write", "writes to a full pipe"),
        ("locks_lock_inode_wait", "waits for a file lock (flock, fcntl)"),
        ("flock_lock_inode_wait", "waits for a file lock (flock)"),
        ("do_wait", "waits for a child process"),
        ("inet_csk_accept", "accept on a blocking socket"),
        ("inet_csk_wait_for_connect", "accept on a blocking socket"),
        ("sk_wait_data", "reads from a blocking socket"),
        ("wait_woken", "reads from a blocking socket or a terminal"),
        ("inet_wait_for_connect", "connects with a blocking socket"),
        ("unix_stream_read_generic", "reads from a blocking Unix socket"),
        ("io_schedule", "waits for disk I/O"),
        ("folio_wait_bit_common", "waits for a page to be read from disk"),
        ("request_wait_answer", "waits for a FUSE file system"),
        ("rpc_wait_bit_killable", "waits for NFS"),
    ];
    let exact = MEANINGS.iter().find(|(name, _)| *name == function);
    // futex_wait_queue, futex_wait_queue_me.
    let futex = || MEANINGS.first().filter(|(name, _)| function.starts_with(name));
    exact.or_else(futex).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_kernel_are_explained_by_their_whole_name() {
        assert!(kernel_function("futex_wait_queue").is_some_and(|text| text.contains("parked")));
        assert!(
            kernel_function("anon_pipe_read").is_some_and(|text| text.contains("reads from an empty pipe"))
        );
        assert_eq!(kernel_function("pipe_read_and_more"), None);
        assert_eq!(kernel_function(""), None);
    }
}
