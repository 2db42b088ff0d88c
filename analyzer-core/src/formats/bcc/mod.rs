//! Tools of bcc (and of libbpf-tools and bpftrace, which print the same): memleak, cachestat, cachetop, tcplife,
//! tcpretrans, oomkill, and offcputime and profile where they are not folded.
//!
//! Spec: iovisor/bcc, tools/*.py with their `_example.txt`, libbpf-tools/*.c. Tested with texts in the documented
//! format. Columns are found by the header's names, since options and versions add and move them. Not read:
//! addresses (`memleak -a`), what `tcplife -s` quotes.
//!
//! Any input is safe: texts are read line by line, once; rows up to [`PROBE_ROWS`] a source.
//!
//! [`PROBE_ROWS`]: crate::base::limits::PROBE_ROWS

mod cache;
mod columns;
mod memleak;
mod oomkill;
mod secrets;
mod sessions;
mod stacks;

use super::redaction::Secrets;
use super::{Content, Format, Parse, Probe, Sniff};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    format(
        "memleak",
        "native allocations not freed (memleak)",
        memleak::sniff,
        memleak::parse,
        secrets::stacks,
    ),
    format(
        "cachestat",
        "page cache of the machine (cachestat)",
        cache::sniff_stat,
        cache::parse_stat,
        secrets::table,
    ),
    format(
        "cachetop",
        "page cache by process (cachetop)",
        cache::sniff_top,
        cache::parse_top,
        secrets::table,
    ),
    format(
        "tcplife",
        "TCP sessions that ended (tcplife)",
        sessions::sniff_life,
        sessions::parse_life,
        secrets::table,
    ),
    format(
        "tcpretrans",
        "TCP retransmits (tcpretrans)",
        sessions::sniff_retransmits,
        sessions::parse_retransmits,
        secrets::table,
    ),
    format("oomkill", "OOM kills (oomkill)", oomkill::sniff, oomkill::parse, secrets::table),
    format("offcputime", "bcc stacks (offcputime, profile)", stacks::sniff, stacks::parse, secrets::stacks),
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

/// Sniffs by a test of the first lines.
fn by_line(probe: &Probe<'_>, test: impl Fn(&str) -> bool) -> Sniff {
    if super::record::text_lines(probe.head()).any(|(_, text)| test(text)) {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

#[cfg(test)]
mod tests;
