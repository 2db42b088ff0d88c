//! Files of `/proc/PID` and of the machine, besides the mappings (`smaps`).
//!
//! Spec: proc_pid_status(5), proc_pid_statm(5), proc_pid_stat(5) and their
//! neighbors, Linux 4.14 to 6.18. Producers tested: kernels 6.1, 6.8, 6.12 and
//! 6.18. Any input is safe: each file is read line by line, once.

mod host;
mod pressure;
mod process;
mod secrets;
mod status;

pub use host::NAMES;
pub(in crate::formats) use secrets::{is_setting, status as status_secrets, variable};
pub use status::is_part as is_status_part;

use super::redaction::{Secrets, figures};
use super::{Content, Format, Probe, Sniff};
use crate::base::source::file_name;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    lines(format("status", "process status", status::sniff, status::parse, secrets::status)),
    format("statm", "process memory in pages (statm)", process::sniff_statm, process::parse_statm, figures),
    format("proc-stat", "process statistics (stat)", process::sniff_stat, process::parse_stat, secrets::stat),
    format("limits", "process limits", process::sniff_limits, process::parse_limits, secrets::limits),
    format(
        "proc-cgroup",
        "cgroups of a process",
        process::sniff_cgroup,
        process::parse_cgroup,
        secrets::cgroup,
    ),
    format(
        "cmdline",
        "command line of a process",
        process::sniff_cmdline,
        process::parse_cmdline,
        secrets::cmdline,
    ),
    format(
        "environ",
        "environment of a process",
        process::sniff_environ,
        process::parse_environ,
        secrets::environ,
    ),
    format(
        "oom-score",
        "OOM score of a process",
        process::sniff_oom_score,
        process::parse_oom_score,
        figures,
    ),
    lines(format("psi", "pressure stall information", pressure::sniff, pressure::parse, figures)),
    lines(format("meminfo", "memory of the machine", host::sniff_meminfo, host::parse_meminfo, figures)),
    format("vmstat", "memory events of the machine", host::sniff_vmstat, host::parse_vmstat, figures),
    format(
        "sockstat",
        "sockets of the network namespace",
        host::sniff_sockstat,
        host::parse_sockstat,
        figures,
    ),
    lines(format("kernel-text", "kernel text", host::sniff_other, host::parse_other, secrets::kernel_text)),
];

const fn format(
    name: &'static str,
    label: &'static str,
    sniff: fn(&Probe<'_>) -> Sniff,
    parse: super::Parse,
    secrets: Secrets,
) -> Format {
    Format { name, label, content: Content::Document, sniff, parse, secrets }
}

/// Its text stands among other text, too.
const fn lines(format: Format) -> Format {
    Format { content: Content::Lines, ..format }
}

/// A sniffer's answer for a test of the content.
fn by_content(is_so: bool) -> Sniff {
    if is_so { Sniff::ByContent } else { Sniff::No }
}

/// The first line that holds something.
fn first_line<'a>(probe: &Probe<'a>) -> &'a str {
    super::record::text_lines(probe.head()).next().map_or("", |(_, text)| text)
}

/// True if the file is called `proper`, in whatever folder, with whatever ending.
fn is_named(path: &str, proper: &str) -> bool {
    let name = file_name(path);
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    stem == proper || stem.strip_suffix(proper).is_some_and(|rest| rest.ends_with(['.', '-', '_']))
}

#[cfg(test)]
mod tests;
