//! What the formats of sampled stacks share: perf, folded stacks, OpenTelemetry, V8, speedscope, bpftrace.
//! Each fills the tables of a profile through a [`Builder`], so that what can be
//! asked of a pprof profile can be asked of them.

mod builder;
pub mod symbol;
#[cfg(test)]
pub mod testing;

pub use builder::{Builder, Frame};

use super::Facts;

/// Kind of a source with samples of who runs on a processor, by another door than Go's own profile.
pub const ON_CPU: &str = "on-cpu";

/// Name of the mapping of what runs in the kernel, as perf prints it.
pub const KERNEL: &str = "[kernel.kallsyms]";

/// What the amounts of stacks without a unit are, as far as names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Kind of the source.
    pub kind: &'static str,
    /// What is counted.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
}

/// Words of names, and what they say. Off the processor before on it: `offcpu` has `cpu` in it.
const BY_NAME: &[(&[&str], Counted)] = &[
    (&["offcpu", "off-cpu", "off_cpu"], Counted { kind: "off-cpu", what: "off-cpu", unit: "microseconds" }),
    (
        &["oncpu", "on-cpu", "on_cpu", "cpu", "perf", "profile"],
        Counted { kind: ON_CPU, what: "samples", unit: "count" },
    ),
];

/// What a file's name says of amounts that have no unit.
pub fn by_name(file_name: &str) -> Option<Counted> {
    let name = file_name.to_ascii_lowercase();
    // A memory profile and one of waiting time are no samples of a processor.
    let is_other =
        ["alloc", "heap", "mem", "wall", "lock", "block", "mutex"].iter().any(|word| name.contains(word));
    let fits = |(words, _): &&(&[&str], Counted)| words.iter().any(|word| name.contains(word));
    BY_NAME.iter().filter(|_| !is_other).find(fits).map(|(_, counted)| *counted)
}

/// Says that amounts have no unit.
pub fn note_unit(counted: Option<Counted>, facts: &mut Facts) {
    let message = match counted {
        Some(Counted { what, unit, .. }) => format!(
            "the file does not state what it counts; its name suggests {what} ({unit})"
        ),
        None => "the file does not state what it counts, so the unit is unknown. A file name with cpu, profile or offcpu sets it (profile.folded, offcpu.folded)."
            .to_owned(),
    };
    facts.notes.info("unit-by-name", None, message);
}

/// True if `file` is the kernel or a part of it.
pub fn is_kernel(file: &str) -> bool {
    file == KERNEL || file.starts_with("[guest.kernel") || file == "[k]" || file.starts_with("[kernel")
}
