//! `smaps`, `smaps_rollup` and `maps` of procfs.
//!
//! Spec: proc_pid_smaps(5), fs/proc/task_mmu.c, Linux 4.14 to 6.18. Producers
//! tested: kernels 6.1, 6.8, 6.12 and 6.18 on amd64. Keys differ between
//! versions; unknown ones become one note each.
//!
//! Any input is safe: memory and time are linear in it, numbers that no address
//! space can hold are left out with a note, a cut file keeps its whole entries.

mod entries;
pub mod header;
mod rollup;
mod secrets;

pub use entries::kib;

use super::{Content, Format, Probe, Sniff};
use crate::base::reader::Lines;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "smaps_rollup",
        label: "process memory totals (smaps_rollup)",
        content: Content::Lines,
        sniff: |probe| sniff(probe, Shape::Rollup),
        parse: rollup::parse,
        secrets: secrets::secrets,
    },
    Format {
        name: "smaps",
        label: "process mappings (smaps)",
        content: Content::Lines,
        sniff: |probe| sniff(probe, Shape::Smaps),
        parse: entries::parse_smaps,
        secrets: secrets::secrets,
    },
    Format {
        name: "maps",
        label: "process mappings (maps)",
        content: Content::Lines,
        sniff: |probe| sniff(probe, Shape::Maps),
        parse: entries::parse_maps,
        secrets: secrets::secrets,
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Rollup,
    Smaps,
    Maps,
}

/// A mapping line first; what follows it tells the three apart.
fn sniff(probe: &Probe<'_>, wanted: Shape) -> Sniff {
    let mut lines = Lines::new(probe.head()).filter(|line| !line.bytes.trim_ascii().is_empty());
    let Some(first) = lines.next().and_then(|line| header::parse(line.bytes)) else { return Sniff::No };
    let second = lines.next().map(|line| line.bytes.trim_ascii());
    let has_figures = second.is_some_and(|line| line.starts_with(b"Size:") || line.starts_with(b"Rss:"));
    let shape = match first.name {
        b"[rollup]" => Shape::Rollup,
        _ if has_figures => Shape::Smaps,
        _ => Shape::Maps,
    };
    if shape == wanted { Sniff::ByContent } else { Sniff::No }
}

#[cfg(test)]
mod tests;
