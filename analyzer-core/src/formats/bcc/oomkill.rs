//! ```text
//! 21:03:39 Triggered by PID 3297 ("ntpd"), OOM kill of PID 22516 ("perl"), 3850642 pages, loadavg: 0.99 0.39
//! ```

use super::by_line;
use crate::base::error::ParseError;
use crate::base::limits::OOM_EVENTS;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::oom::{OomEvent, OomKill};
use crate::formats::record::{nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

pub(super) struct Row<'a> {
    pub time: &'a str,
    pub by: &'a str,
    pub pid: u64,
    pub name: &'a str,
    pub pages: u64,
}

pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let (time, rest) = text.split_once(" Triggered by PID ")?;
    let (by, rest) = rest.split_once(", OOM kill of PID ")?;
    let (victim, rest) = rest.split_once("), ")?;
    let (pid, name) = victim.split_once(" (")?;
    let pages = rest.split_once(" pages")?.0;
    let by = by.split_once(" (").map_or("", |(_, name)| name);
    Some(Row {
        time: time.trim(),
        by: bare(by),
        pid: pid.trim().parse().ok()?,
        name: bare(name),
        pages: pages.trim().parse().ok()?,
    })
}

/// A command without what stands around it.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(['(', ')', '"'])
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    by_line(probe, |text| row(text).is_some())
}

/// Parses a kill a line.
/// # Errors
/// `Malformed` without one.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut found = 0_usize;
    for (line, text) in text_lines(input.bytes) {
        let Some(row) = row(text) else { continue };
        if found >= OOM_EVENTS {
            facts.is_partial = true;
            facts.notes.data_loss(
                "rows-left-out",
                Some(line.position()),
                "There are too many kills; the rest is ignored.",
            );
            break;
        }
        let at = line.position();
        let stamp = evidence.strings.intern(row.time);
        let mut event = OomEvent::new(input.source, at, None, Some(stamp));
        event.invoked_by = Some(evidence.strings.intern(row.by));
        event.domain_pages = Some(row.pages);
        let name = evidence.strings.intern(row.name);
        let kill = OomKill {
            pid: row.pid,
            name,
            total_vm: None,
            anon_rss: None,
            file_rss: None,
            shmem_rss: None,
            at,
        };
        event.kills.push(kill);
        evidence.oom.push(event);
        found += 1;
    }
    if found == 0 {
        return Err(nothing_found("oomkill", "a line \"Triggered by PID\""));
    }
    facts.kind = Some("oomkill".to_owned());
    facts.notes.info("what-it-says", None, "When the kernel killed which process. The number of pages is the size of the memory that ran out (a cgroup's limit, or the machine), not what the process used. It does not show whose limit was reached.");
    Ok(())
}
