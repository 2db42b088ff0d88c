//! ```text
//! lrwx------ 1 root root 64 Nov 29 17:28 10 -> socket:[299475]
//! ```

use super::kernel::is_full;
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::resources::{Descriptor, DescriptorKind};
use crate::formats::names::NameParts;
use crate::formats::record::{note_cut, text_lines};
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

/// Number and target of a link that `ls -l` prints.
pub(super) fn link(text: &str) -> Option<(&str, &str)> {
    let (before, target) = text.split_once(" -> ")?;
    let number = before.rsplit(' ').next()?;
    let is_link =
        text.starts_with('l') && number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
    let is_target = target.starts_with('/') || target.contains(":[") || target.starts_with("anon_inode:");
    (is_link && is_target).then_some((number, target))
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, |text| link(text).is_some()) { Sniff::ByContent } else { Sniff::No }
}

/// What a link's target is.
pub(super) fn kind(target: &str) -> DescriptorKind {
    let inside = |start: &str| target.strip_prefix(start).map(|rest| rest.trim_matches(['[', ']']));
    if target.starts_with("socket:[") {
        return DescriptorKind::Socket;
    }
    if target.starts_with("pipe:[") {
        return DescriptorKind::Pipe;
    }
    if let Some(inode) = inside("anon_inode:") {
        return anonymous(inode);
    }
    // A segment of shared memory that was never linked is no file on a disk.
    if target.starts_with("/memfd:") {
        return DescriptorKind::Other;
    }
    if target.ends_with(" (deleted)") {
        return DescriptorKind::Deleted;
    }
    if target.starts_with("/sys/fs/cgroup/") {
        return DescriptorKind::Cgroup;
    }
    if target.starts_with("/dev/") && !target.starts_with("/dev/shm/") {
        return DescriptorKind::Device;
    }
    if target.starts_with('/') { DescriptorKind::File } else { DescriptorKind::Other }
}

/// The kinds of anonymous inodes.
pub(super) fn anonymous(name: &str) -> DescriptorKind {
    match name.split([':', ' ']).next().unwrap_or_default() {
        "inotify" | "fanotify" => DescriptorKind::Inotify,
        "eventfd" => DescriptorKind::Eventfd,
        "eventpoll" => DescriptorKind::Eventpoll,
        "pidfd" => DescriptorKind::Pidfd,
        "timerfd" => DescriptorKind::Timerfd,
        _ => DescriptorKind::Other,
    }
}

/// Parses a row for each descriptor. Of which process they are, the path says, if anything does.
/// # Errors
/// None for a text that was recognized.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last descriptors");
    let pid = NameParts::of(input.path, "fd").pid;
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        let Some((_, target)) = link(text) else { continue };
        if is_full(&mut count, facts, line.position()) {
            break;
        }
        let kind = kind(target);
        let inode = target.strip_prefix("socket:[").and_then(|rest| rest.trim_end_matches(']').parse().ok());
        let shown = if kind == DescriptorKind::Socket { "" } else { target };
        let target = evidence.strings.intern(shown);
        evidence.resources.descriptors.push(Descriptor {
            source: input.source,
            at: line.position(),
            pid,
            kind,
            inode,
            target,
        });
    }
    facts.kind = Some(pid.map_or_else(|| "fd".to_owned(), |pid| format!("fd {pid}")));
    Ok(())
}
