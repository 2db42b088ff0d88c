//! Sockets and descriptors: `/proc/PID/net/{tcp,tcp6,udp,udp6,unix}`, `ls -l /proc/PID/fd`, `ss`,
//! `netstat` and `lsof`.
//!
//! Spec: net/ipv4/tcp_ipv4.c (`get_tcp4_sock`), net/unix/af_unix.c (`unix_seq_show`), proc_pid_fd(5),
//! iproute2 6 (`misc/ss.c`), net-tools 2 (`netstat.c`), lsof 4.99. Producers tested: Linux 6.18,
//! iproute2, net-tools and lsof of Debian 13. What is not read: timers and congestion of `ss -i`,
//! netlink and packet sockets.
//!
//! Any input is safe: texts are read line by line, once; rows up to [`SOCKETS`] a source.
//!
//! [`SOCKETS`]: crate::base::limits::SOCKETS

mod address;
mod descriptors;
mod kernel;
mod lsof;
mod secrets;
mod tools;

use super::redaction::Secrets;
use super::{Content, Format, Parse, Probe, Sniff};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    format(
        "net-sockets",
        "sockets of a network namespace",
        kernel::sniff_inet,
        kernel::parse_inet,
        secrets::inet,
    ),
    format(
        "net-unix",
        "Unix sockets of a network namespace",
        kernel::sniff_unix,
        kernel::parse_unix,
        secrets::unix,
    ),
    format(
        "fd-list",
        "open file descriptors of a process",
        descriptors::sniff,
        descriptors::parse,
        secrets::descriptors,
    ),
    format("ss", "sockets (ss)", tools::sniff_ss, tools::parse_ss, secrets::tools),
    format("netstat", "sockets (netstat)", tools::sniff_netstat, tools::parse_netstat, secrets::tools),
    format("lsof", "open files (lsof)", lsof::sniff, lsof::parse, secrets::lsof),
];

const fn format(
    name: &'static str,
    label: &'static str,
    sniff: fn(&Probe<'_>) -> Sniff,
    parse: Parse,
    secrets: Secrets,
) -> Format {
    Format { name, label, content: Content::Lines, sniff, parse, secrets }
}
