//! The tables of `docker stats`, `podman stats` and `crictl stats`.
//!
//! Docker's usage has inactive page cache left out (docker/cli,
//! `calculateMemUsageUnixNoCache`): it is the working set. Podman's is the
//! charge. Both show the machine's memory as the limit where none is set.

use super::stats::{record, unit};
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::formats::record::{nothing_found, text_lines};
use crate::formats::tables::{Base, amount, has_header, wide_cells};
use crate::formats::{Facts, Probe, Sniff};

/// Whose columns they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageTool {
    /// `12.5MiB / 256MiB`.
    Docker,
    /// `12.5MB / 268.4MB`.
    Podman,
    /// `12.5MB`, the working set.
    Crictl,
}

/// Titles of the column of memory: Docker up to 1.9 has no blanks in it, and no column of ids.
const USAGE: [&str; 2] = ["MEM USAGE / LIMIT", "MEM USAGE/LIMIT"];

fn tool(header: &str) -> Option<UsageTool> {
    let columns: Vec<&str> = wide_cells(header).collect();
    let has = |name: &str| columns.contains(&name);
    let is_usage = columns.iter().any(|column| USAGE.contains(column));
    match () {
        () if is_usage && (has("CONTAINER ID") || has("CONTAINER")) => Some(UsageTool::Docker),
        () if is_usage && (has("ID") || has("NAME")) => Some(UsageTool::Podman),
        () if has("CONTAINER") && has("CPU %") && has("MEM") => Some(UsageTool::Crictl),
        () => None,
    }
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, |text| tool(text).is_some()) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the table.
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut usage = Usage::new(input, evidence, facts);
    let mut header: Option<(UsageTool, Vec<&str>)> = None;
    for (line, text) in text_lines(input.bytes) {
        if let Some(tool) = tool(text) {
            header = Some((tool, wide_cells(text).collect()));
            continue;
        }
        let Some((tool, columns)) = &header else { continue };
        let cells: Vec<&str> = wide_cells(text).collect();
        let cell =
            |name: &str| columns.iter().position(|column| *column == name).and_then(|at| cells.get(at));
        let memory =
            if *tool == UsageTool::Crictl { cell("MEM") } else { USAGE.iter().find_map(|title| cell(title)) };
        let name = cell("NAME").or_else(|| cell("CONTAINER")).or_else(|| cells.first());
        if let Some((name, memory)) = name.zip(memory).filter(|_| cells.len() >= 3) {
            usage.cell(name, memory, *tool, line.position());
        }
    }
    if usage.count() == 0 && usage.uncounted == 0 {
        return Err(nothing_found("stats", "a row with a name and an amount such as 24MiB / 256MiB"));
    }
    usage.finish();
    Ok(())
}

/// What containers use, on its way into records.
pub(super) struct Usage<'a, 'i> {
    input: &'a Input<'i>,
    evidence: &'a mut Evidence,
    facts: &'a mut Facts,
    count: usize,
    /// Containers for which the table shows no byte.
    uncounted: usize,
}

impl<'a, 'i> Usage<'a, 'i> {
    pub fn new(input: &'a Input<'i>, evidence: &'a mut Evidence, facts: &'a mut Facts) -> Self {
        Self { input, evidence, facts, count: 0, uncounted: 0 }
    }

    /// Containers so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// A cell such as `12.5MiB / 256MiB`; `--` stands for a stopped container.
    pub fn cell(&mut self, name: &str, cell: &str, tool: UsageTool, at: Position) {
        let (used, limit) = cell.split_once('/').map_or((cell, None), |(used, limit)| (used, Some(limit)));
        let Some(used) = amount(used, Base::Decimal) else { return };
        // A container that runs uses memory: where the kernel does not count it, Docker shows 0 B.
        if used == 0 {
            self.uncounted += 1;
            self.facts.notes.info(
                "memory-not-counted",
                Some(at),
                "The table shows 0 B of memory: the kernel does not count it (cgroup_enable=memory is off), or the container is stopped. The memory in use is unknown, not zero.",
            );
            return;
        }
        let key = match tool {
            UsageTool::Podman => "container_memory_usage_bytes",
            UsageTool::Docker | UsageTool::Crictl => "container_memory_working_set_bytes",
        };
        let known = limit.filter(|limit| is_set(limit, tool));
        if limit.is_some() && known.is_none() {
            self.note_machine(at);
        }
        let limit = known.and_then(|limit| amount(limit, Base::Decimal));
        self.figures(name, [(key, used)].into_iter(), limit, at);
    }

    /// Figures of one container under cAdvisor's names.
    pub fn figures(
        &mut self,
        name: &str,
        figures: impl Iterator<Item = (&'static str, i64)>,
        limit: Option<i64>,
        at: Position,
    ) {
        if self.count == CONTAINERS {
            self.facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} containers; the rest is ignored.");
            self.facts.notes.data_loss("too-many-containers", Some(at), message);
            return;
        }
        let mut record = record("stats", name, self.input, self.evidence);
        for (key, value) in figures {
            record.figure(key, value, unit(key), at);
        }
        if let Some(limit) = limit {
            record.named_figure("container_spec_memory_limit_bytes", "LIMIT", limit, Unit::Bytes, at);
        }
        if record.is_empty() {
            return;
        }
        record.finish();
        self.count += 1;
    }

    fn note_machine(&mut self, at: Position) {
        self.facts.notes.info(
            "limit-of-machine",
            Some(at),
            "For a container without a limit, LIMIT shows the machine's memory; it is not used as a limit.",
        );
    }

    /// States the kind, and how many there are.
    pub fn finish(self) {
        self.facts.kind = Some("stats".to_owned());
    }
}

/// True for a limit that someone chose: a whole number of mebibytes below a
/// gibibyte, or of 128 MiB above (Podman: of megabytes, as it prints them). The
/// memory of a machine is never round.
fn is_set(limit: &str, tool: UsageTool) -> bool {
    let limit = limit.trim();
    let Some(bytes) = amount(limit, Base::Decimal) else { return false };
    const GIB: i64 = 1 << 30;
    const STEP: i64 = 128 << 20;
    if bytes < GIB {
        return true;
    }
    // Four digits of what Podman prints in powers of 1000.
    let nearest = bytes.saturating_add(STEP / 2) / STEP * STEP;
    let slack = if tool == UsageTool::Podman { bytes / 2_000 } else { 0 };
    (nearest - bytes).abs() <= slack
}
