//! Every place of a report, moved: rows name lines of a capture, readers look
//! into the file that it came from.

use super::memory::{Mapping, MemorySnapshot};
use super::{Citation, Report};
use crate::base::source::{Position, SourceId};

impl Report {
    /// Moves every citation.
    pub(crate) fn relocate(&mut self, to: impl Fn(SourceId, Position) -> Position) {
        let line = |source: SourceId, line: u64| to(source, Position::line(line)).line.unwrap_or(line);
        self.findings.iter_mut().for_each(|finding| move_all(finding.citations.as_mut_slice(), &to));
        if let Some(memory) = &mut self.memory {
            relocate_moment(&mut memory.latest, &to);
            memory.snapshots.iter_mut().for_each(|moment| relocate_moment(moment, &to));
        }
        if let Some(goroutines) = &mut self.goroutines {
            goroutines.groups.iter_mut().for_each(|group| move_all(&mut group.citations, &to));
            goroutines.crashes.iter_mut().for_each(|crash| crash.line = line(crash.source, crash.line));
        }
        for citation in self.resources.iter_mut().flat_map(super::Resources::citations_mut) {
            citation.at = citation.at.map(|at| to(citation.source, at));
        }
        for citation in self.recipe.iter_mut().flat_map(super::Recipe::citations_mut) {
            citation.at = citation.at.map(|at| to(citation.source, at));
        }
        for row in self.tables.iter_mut().flat_map(|table| &mut table.rows) {
            move_all(std::slice::from_mut(&mut row.citation), &to);
        }
        for run in self.gc.iter_mut().flat_map(|gc| &mut gc.runs) {
            run.cycles.iter_mut().for_each(|cycle| cycle.line = line(run.source, cycle.line));
            run.scavenges.iter_mut().for_each(|row| row.line = line(run.source, row.line));
        }
    }
}

impl Mapping {
    /// Moves its citation.
    pub(crate) fn relocate(&mut self, to: impl Fn(SourceId, Position) -> Position) {
        move_all(std::slice::from_mut(&mut self.citation), &to);
    }
}

fn relocate_moment(moment: &mut MemorySnapshot, to: &impl Fn(SourceId, Position) -> Position) {
    moment.ledger.iter_mut().for_each(|row| move_all(&mut row.citations, to));
    moment.checks.iter_mut().for_each(|check| move_all(&mut check.citations, to));
    moment.disagreements.iter_mut().for_each(|row| move_all(&mut row.citations, to));
    moment.side.iter_mut().for_each(|figure| move_all(&mut figure.citations, to));
    if let Some(classes) = &mut moment.size_classes {
        move_all(&mut classes.citations, to);
    }
    if let Some(mappings) = &mut moment.mappings {
        mappings.largest.iter_mut().for_each(|mapping| mapping.relocate(to));
    }
}

fn move_all(citations: &mut [Citation], to: &impl Fn(SourceId, Position) -> Position) {
    for citation in citations {
        citation.at = citation.at.map(|at| to(citation.source, at));
    }
}
