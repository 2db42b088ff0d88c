//! Settings and counters of the network and the kernel: single files of `/proc/sys`, what `sysctl`
//! prints of them, `/proc/PID/net/netstat` and `snmp`, and the sums of `ss -s`.
//!
//! Spec: Documentation/admin-guide/sysctl/{kernel,net,fs}.rst, networking/ip-sysctl.rst,
//! networking/snmp_counter.rst. A file of numbers alone needs its name.
//!
//! Any input is safe: texts are read line by line.

use super::names::{NameParts, find_longest};
use super::record::{RecordBuilder, decimal, text_lines};
use super::redaction::figures;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "net-counters",
        label: "network counters",
        content: Content::Lines,
        sniff: sniff_counters,
        parse: parse_counters,
        secrets: counter_secrets,
    },
    Format {
        name: "ss-summary",
        label: "socket totals (ss -s)",
        content: Content::Lines,
        sniff: sniff_sums,
        parse: parse_sums,
        secrets: counter_secrets,
    },
    Format {
        name: "sysctl",
        label: "kernel setting",
        content: Content::Document,
        sniff,
        parse,
        secrets: setting_secrets,
    },
];

/// The settings that rules look at, and their neighbors that captures have anyway.
pub const SETTINGS: [&str; 14] = [
    "ip_local_port_range",
    "ip_local_reserved_ports",
    "tcp_tw_reuse",
    "tcp_fin_timeout",
    "tcp_max_tw_buckets",
    "tcp_max_syn_backlog",
    "tcp_keepalive_time",
    "somaxconn",
    "threads-max",
    "pid_max",
    "file-nr",
    "file-max",
    "nr_open",
    "max_user_instances",
];

/// `net.core.somaxconn = 4096`.
fn setting(text: &str) -> Option<(&'static str, Vec<i64>)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim().rsplit(['.', '/']).next()?;
    let known = SETTINGS.iter().find(|known| **known == name)?;
    Some((known, numbers(value)?))
}

fn numbers(text: &str) -> Option<Vec<i64>> {
    let numbers: Option<Vec<i64>> = text.split_whitespace().map(decimal).collect();
    numbers.filter(|numbers| !numbers.is_empty() && numbers.len() <= 4)
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head());
    let Some((_, first)) = lines.next() else { return Sniff::No };
    if setting(first).is_some() {
        return Sniff::ByContent;
    }
    let is_one = numbers(first).is_some() && lines.next().is_none();
    if is_one && find_longest(probe.path, &SETTINGS).is_some() { Sniff::ByName } else { Sniff::No }
}

/// The values of a setting, by their order.
const KEYS: [&str; 4] = ["", "second", "third", "fourth"];

/// Parses one file of one setting, or lines of several.
/// # Errors
/// None for a text that was recognized.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.kind = Some("sysctl".to_owned());
    for (line, text) in text_lines(input.bytes) {
        let of_name = || {
            Some((
                *SETTINGS.iter().find(|name| find_longest(input.path, &SETTINGS) == Some(**name))?,
                numbers(text)?,
            ))
        };
        let Some((name, values)) = setting(text).or_else(of_name) else { continue };
        let parts = NameParts::of(input.path, name);
        facts.kind = Some(format!("sysctl {name}"));
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Host, name, &parts);
        for (key, value) in KEYS.iter().zip(values) {
            record.figure(key, value, Unit::Count, line.position());
        }
        record.finish();
    }
    Ok(())
}

fn sniff_counters(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head());
    let (Some((_, titles)), Some((_, values))) = (lines.next(), lines.next()) else { return Sniff::No };
    let group = |text: &str| text.split_once(": ").map(|(group, _)| group.to_owned());
    let is_known = ["TcpExt", "IpExt", "Ip", "Tcp", "MPTcpExt"]
        .iter()
        .any(|name| group(titles).as_deref() == Some(name));
    if is_known && group(titles) == group(values) { Sniff::ByContent } else { Sniff::No }
}

/// Parses pairs of lines, titles and values: `TcpExt: SyncookiesSent ... ListenOverflows`.
/// # Errors
/// None for a text that was recognized.
fn parse_counters(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let is_extended = text_lines(input.bytes).any(|(_, text)| text.starts_with("TcpExt: "));
    let file = if is_extended { "net/netstat" } else { "net/snmp" };
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, file);
    let mut titles: Option<&str> = None;
    for (line, text) in text_lines(input.bytes) {
        let Some((group, _)) = text.split_once(": ") else { continue };
        let Some(above) = titles.filter(|above| above.starts_with(group)) else {
            titles = Some(text);
            continue;
        };
        let pairs = above.split_whitespace().zip(text.split_whitespace()).skip(1);
        for (title, value) in pairs {
            // A counter that wrapped or is signed (`MaxConn -1`) says nothing here.
            if let Some(value) = decimal(value) {
                record.named_figure(&format!("{group} {title}"), title, value, Unit::Count, line.position());
            }
        }
        titles = None;
    }
    record.finish();
    Ok(())
}

fn sniff_sums(probe: &Probe<'_>) -> Sniff {
    let has = |start: &str, part: &str| {
        text_lines(probe.head()).take(8).any(|(_, text)| text.starts_with(start) && text.contains(part))
    };
    if has("Total: ", "") && has("TCP: ", "(estab ") { Sniff::ByContent } else { Sniff::No }
}

/// Parses `TCP:   4168 (estab 50, closed 4081, orphaned 0, timewait 2)`.
/// # Errors
/// None for a text that was recognized.
fn parse_sums(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Host, "ss-s");
    for (line, text) in text_lines(input.bytes).filter(|(_, text)| text.starts_with("TCP: ")) {
        let inside = text.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        for (name, value) in inside.split(", ").filter_map(|pair| pair.split_once(' ')) {
            let value = value.split('/').next().and_then(decimal);
            if let Some(value) = value {
                record.figure(name, value, Unit::Count, line.position());
            }
        }
    }
    record.finish();
    Ok(())
}

/// Names of counters and their values are the kernel's.
fn counter_secrets(input: &Input<'_>, marks: &mut super::redaction::Marks<'_>) -> Result<(), &'static str> {
    for (line, text) in text_lines(input.bytes) {
        let is_own = |c: char| c.is_ascii_alphanumeric() || ":_ \t(),-*/".contains(c);
        if text.chars().all(is_own) && text.contains([':', ' ', '\t']) {
            marks.keep(line.bytes);
        }
    }
    Ok(())
}

fn setting_secrets(input: &Input<'_>, marks: &mut super::redaction::Marks<'_>) -> Result<(), &'static str> {
    for (line, text) in text_lines(input.bytes) {
        if setting(text).is_some() {
            marks.keep(line.bytes);
        }
    }
    figures(input, marks)
}

/// How many lines of a log tell of a limit that the program met; see [`crate::evidence::resources::Complaint`].
pub fn complaints(input: &Input<'_>, evidence: &mut Evidence) {
    use crate::evidence::resources::{Complaint, ComplaintCount};
    const WORDS: [(&[u8], Complaint); 2] = [
        (b"too many open files", Complaint::OpenFiles),
        (b"cannot assign requested address", Complaint::LocalPorts),
    ];
    for (words, complaint) in WORDS {
        let mut found = memchr::memmem::find_iter(input.bytes, words);
        let Some(first) = found.next() else { continue };
        let lines = memchr::memchr_iter(b'\n', input.bytes.get(..first).unwrap_or_default()).count();
        let count = crate::base::convert::to_u64(1 + found.count());
        let at = Position::line(crate::base::convert::to_u64(lines).saturating_add(1));
        evidence.resources.complaints.push(ComplaintCount { source: input.source, at, complaint, count });
    }
}
