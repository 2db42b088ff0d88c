//! Memory figures of every kind: one record a file and thing it speaks of,
//! each figure with its name, unit and place.

use std::ops::Range;

use super::vmas::Vmas;
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::index::IndexVec;
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};
use crate::base::units::Unit;
use crate::newtype_index;

newtype_index! {
    /// A row of [`MemoryTables::records`].
    RecordId
}

/// What a record's figures are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// The Go runtime of one process: `MemStats` fields and `runtime/metrics` names.
    Runtime,
    /// One process, as the kernel counts it (`/proc/PID/...`).
    Process,
    /// One control group.
    Cgroup,
    /// The whole machine (`/proc/meminfo`, `/proc/vmstat`, PSI of the system).
    Host,
    /// One container as cAdvisor, the kubelet or `kubectl top` shows it.
    Container,
    /// A pod or one of its containers, as Kubernetes describes them, or a container as an engine does.
    Pod,
    /// Something that Kubernetes saw happen, with the words in which it says so.
    Event,
}

/// One number of a file.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The name to look it up by: the `MemStats` field, the `runtime/metrics`
    /// name, or the key as the kernel prints it. Empty for a file of one number.
    pub key: StrId,
    /// The name as it stands in the source.
    pub name: StrId,
    /// The value in base units. [`UNLIMITED`] where the source says that there is no limit.
    pub value: i64,
    /// What it counts.
    pub unit: Unit,
    /// Where it stands.
    pub at: Position,
}

/// Stands for `max`, `unlimited`, `off` and numbers that mean it.
pub const UNLIMITED: i64 = i64::MAX;

/// One text fact of a file.
#[derive(Clone, Copy, Debug)]
pub struct TextFact {
    /// Its name, as the source has it.
    pub key: StrId,
    /// What it says.
    pub value: StrId,
    /// Where it stands.
    pub at: Position,
}

/// What one file says of one thing at one moment.
///
/// Files of one thing and moment share `kind`, `folder`, `level` and `moment`.
#[derive(Clone, Debug)]
pub struct Record {
    /// The file.
    pub source: SourceId,
    /// What it is of.
    pub kind: RecordKind,
    /// The file's proper name, whatever it was saved as: `memory.stat`, `smaps_rollup`, `expvar`.
    pub file: StrId,
    /// Folder that the file was in, as dropped.
    pub folder: StrId,
    /// What stands before the proper name: `pod`, `pid659`, or a container's
    /// labels. Empty for the main one.
    pub level: StrId,
    /// What says that this is another moment than the main one: `after`, `3s`. Empty for the main one.
    pub moment: StrId,
    /// Process id that the content or the name states.
    pub pid: Option<u64>,
    /// Rows of [`MemoryTables::figures`].
    pub figures: Range<u32>,
    /// Rows of [`MemoryTables::texts`].
    pub texts: Range<u32>,
    /// Rows of [`MemoryTables::vmas`].
    pub vmas: Range<u32>,
}

/// The memory evidence of a session.
#[derive(Clone, Debug, Default)]
pub struct MemoryTables {
    /// What files say, in order of parsing.
    pub records: IndexVec<RecordId, Record>,
    /// Numbers, those of a record together, in file order.
    pub figures: Vec<Figure>,
    /// Texts, those of a record together, in file order.
    pub texts: Vec<TextFact>,
    /// Mappings, those of a record together, by address.
    pub vmas: Vmas,
}

impl MemoryTables {
    /// Figures of a record.
    pub fn figures_of(&self, record: &Record) -> &[Figure] {
        self.figures.get(range(&record.figures)).unwrap_or(&[])
    }

    /// Texts of a record.
    pub fn texts_of(&self, record: &Record) -> &[TextFact] {
        self.texts.get(range(&record.texts)).unwrap_or(&[])
    }

    /// The figure of a record called `key`; the last one, should a file repeat a key.
    pub fn figure(&self, record: &Record, key: StrId) -> Option<&Figure> {
        self.figures_of(record).iter().rev().find(|figure| figure.key == key)
    }

    /// Row numbers of a record's mappings.
    pub fn vmas_of(record: &Record) -> Range<usize> {
        range(&record.vmas)
    }

    /// Adds a record with its figures and texts; `vmas` are rows that were pushed already.
    pub fn push(
        &mut self,
        head: RecordHead,
        figures: &[Figure],
        texts: &[TextFact],
        vmas: Range<u32>,
    ) -> RecordId {
        let first_figure = to_u32(self.figures.len());
        self.figures.extend_from_slice(figures);
        let first_text = to_u32(self.texts.len());
        self.texts.extend_from_slice(texts);
        self.records.push(Record {
            source: head.source,
            kind: head.kind,
            file: head.file,
            folder: head.folder,
            level: head.level,
            moment: head.moment,
            pid: head.pid,
            figures: first_figure..to_u32(self.figures.len()),
            texts: first_text..to_u32(self.texts.len()),
            vmas,
        })
    }
}

/// A record before it has rows; see [`Record`] for the fields.
#[derive(Clone, Copy, Debug)]
pub struct RecordHead {
    /// The file.
    pub source: SourceId,
    /// What it is of.
    pub kind: RecordKind,
    /// Proper name of the file.
    pub file: StrId,
    /// Folder as dropped.
    pub folder: StrId,
    /// Prefix of the name.
    pub level: StrId,
    /// Moment other than the main one.
    pub moment: StrId,
    /// Process id, if stated.
    pub pid: Option<u64>,
}

fn range(rows: &Range<u32>) -> Range<usize> {
    id_to_usize(rows.start)..id_to_usize(rows.end)
}
