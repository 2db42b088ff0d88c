//! The three-layer reconciliation.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::advisor::AdvisorInputs;
use super::finding::Citation;
use super::sources::SubjectId;
use crate::base::units::{Bytes, Nanos, Unit};

/// A layer of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LayerId {
    /// What the Go runtime has taken from the system and not given back.
    Go,
    /// What the kernel holds resident for the process.
    Process,
    /// What the kernel charges to the cgroup.
    Cgroup,
}

/// A layer's total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Layer {
    /// Which.
    pub id: LayerId,
    /// How much.
    pub bytes: Bytes,
}

/// How a ledger row's amount is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LedgerClass {
    /// To the byte.
    Exact,
    /// Within `low` and `high`.
    Bounded,
    /// What is left when all else is subtracted.
    Residual,
}

/// What becomes of memory when the container needs the room. Amounts of
/// different kinds are never summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reclaim {
    /// The kernel cannot take it back while it is in use.
    Stays,
    /// The kernel takes it back before it kills.
    Reclaimable,
    /// It does not count against this container's limit.
    NotCharged,
}

impl Reclaim {
    /// In a few words, and in a sentence.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Stays => ("not reclaimable", "The kernel cannot reclaim this memory while it is in use."),
            Self::Reclaimable => {
                ("reclaimable", "The kernel reclaims this memory when the container needs it.")
            }
            Self::NotCharged => {
                ("not charged here", "This memory does not count toward this container's limit.")
            }
        }
    }
}

/// One step of the waterfall from live heap to limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LedgerRow {
    /// Stable kebab-case id.
    pub id: String,
    /// The layer it belongs to.
    pub layer: LayerId,
    /// Name for people.
    pub label: String,
    /// The amount; negative values are printed as such.
    pub bytes: Bytes,
    /// Lower bound of a bounded row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Bytes>,
    /// Upper bound of a bounded row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Bytes>,
    /// How it is known.
    pub class: LedgerClass,
    /// True if the row is a running total, not a step.
    #[serde(default)]
    pub is_total: bool,
    /// What becomes of such memory; `None` of totals and of steps that mix kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<Reclaim>,
    /// How it is computed, in the sources' own names.
    pub formula: String,
    /// One sentence: what the row means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The figures that entered.
    pub citations: Vec<Citation>,
}

/// An identity that must hold, and whether it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    /// Stable kebab-case id.
    #[serde(default)]
    pub id: String,
    /// The identity, as an equation.
    pub identity: String,
    /// True if the difference is within the tolerance.
    pub holds: bool,
    /// Left side less right side.
    pub difference: Bytes,
    /// How far the sides may be apart, and still hold.
    pub tolerance: Bytes,
    /// What both sides count: bytes, but for counts of objects.
    #[serde(default = "bytes", skip_serializing_if = "is_bytes")]
    pub unit: Unit,
    /// What a break would mean, or why there is a tolerance.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The figures that entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
}

impl Check {
    /// The difference as text, in its unit.
    pub fn difference_text(&self) -> String {
        in_unit(self.difference.0, self.unit)
    }

    /// The tolerance as text, in its unit.
    pub fn tolerance_text(&self) -> String {
        in_unit(self.tolerance.0, self.unit)
    }
}

const fn bytes() -> Unit {
    Unit::Bytes
}

fn is_bytes(unit: &Unit) -> bool {
    *unit == Unit::Bytes
}

fn in_unit(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => super::number_format::bytes(Bytes(value)),
        _ => super::number_format::count(value),
    }
}

/// Two inputs that are not of one thing or moment: parts of the ledger that are
/// not added for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Disagreement {
    /// The layers that are not joined; twice the same if the break is within one.
    pub between: [LayerId; 2],
    /// Why, and what it means.
    pub reason: String,
    /// How far the sides are apart.
    pub difference: Bytes,
    /// How far they may be.
    pub tolerance: Bytes,
    /// The figures that entered.
    pub citations: Vec<Citation>,
}

/// A figure beside the ledger: true, and part of no sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SideFigure {
    /// Stable kebab-case id.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// The value, in `unit`.
    pub value: i64,
    /// What it counts.
    pub unit: Unit,
    /// What becomes of such memory; `None` of what is no amount of memory, or mixes kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<Reclaim>,
    /// One sentence: what it means, and why it is in no sum.
    pub meaning: String,
    /// Where it stands.
    pub citations: Vec<Citation>,
}

/// Mappings of one class, summed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MappingClass {
    /// Stable kebab-case id: `go-arena`, `c-heap`, `glibc-arena`, ...
    pub id: String,
    /// Name for people.
    pub label: String,
    /// How many mappings.
    pub count: u64,
    /// Address space.
    pub size: Bytes,
    /// Resident pages.
    pub rss: Bytes,
    /// Anonymous part of `rss`.
    pub anonymous: Bytes,
    /// Pages given back with `MADV_FREE` and still there.
    pub lazy_free: Bytes,
    /// Anonymous pages in huge pages.
    pub anon_huge: Bytes,
    /// Pages in swap.
    pub swap: Bytes,
}

/// One mapping of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Mapping {
    /// [`MappingClass::id`].
    pub class: String,
    /// Path or name as the kernel prints it; empty if there is none.
    pub name: String,
    /// First address, in hexadecimal as the kernel prints it.
    pub start: String,
    /// Permissions as the kernel prints them: `rw-p`.
    pub permissions: String,
    /// Address space.
    pub size: Bytes,
    /// Resident pages.
    pub rss: Bytes,
    /// Anonymous part of `rss`.
    pub anonymous: Bytes,
    /// Pages in swap.
    pub swap: Bytes,
    /// Where it stands.
    pub citation: Citation,
}

/// A page of the mappings of a snapshot's main process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MappingPage {
    /// Mappings that were asked for, on this page or not.
    pub total: u64,
    /// The page.
    pub rows: Vec<Mapping>,
}

/// Objects of one size class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SizeClass {
    /// Bytes of a slot.
    pub size: Bytes,
    /// Objects allocated and not freed; dead ones that were not swept yet are among them.
    pub objects: i64,
    /// `size` times `objects`.
    pub bytes: Bytes,
}

/// `BySize` of `MemStats`. It ends at slots of 18 KiB: larger objects are only
/// in `beyond`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SizeClasses {
    /// Classes that hold objects, the smallest first.
    pub classes: Vec<SizeClass>,
    /// All of them together.
    pub covered: Bytes,
    /// `HeapAlloc` less `covered`: objects larger than every class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Bytes>,
    /// Where they stand.
    pub citations: Vec<Citation>,
}

/// The mappings of the main process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Mappings {
    /// By class, the most resident first.
    pub classes: Vec<MappingClass>,
    /// The largest by resident size; the classes hold the rest too.
    pub largest: Vec<Mapping>,
    /// True if the kernel names Go's mappings, so that metadata is told from native memory.
    pub has_go_names: bool,
}

/// [`MemorySnapshot::snapshot`] of the moment that a kernel log tells of.
pub const AT_OOM_KILL: &str = "at the OOM kill";

/// The reconciliation of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MemorySnapshot {
    /// The subject.
    pub subject: SubjectId,
    /// Label of the snapshot.
    pub snapshot: String,
    /// Totals of the layers that are known.
    pub layers: Vec<Layer>,
    /// The waterfall, top down.
    pub ledger: Vec<LedgerRow>,
    /// The container's limit: the least of its ancestors'. `None` if unknown or unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Bytes>,
    /// GOMEMLIMIT, if set and known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gomemlimit: Option<Bytes>,
    /// GOGC in percent; `None` if unknown, −1 if off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gogc: Option<i64>,
    /// What `kubectl top` would show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_set: Option<Bytes>,
    /// How far apart runtime, process and control group were read, where the capture states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<Nanos>,
    /// The identities that the inputs allow.
    pub checks: Vec<Check>,
    /// Inputs that do not belong together, and are therefore not joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<Disagreement>,
    /// Figures beside the ledger: swap, pressure, peaks, pages charged elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side: Vec<SideFigure>,
    /// Mappings of the main process, if `smaps` was captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mappings: Option<Mappings>,
    /// Live objects by size class, if the runtime's reading has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_classes: Option<SizeClasses>,
    /// What the limit advisor computes with; `None` without `MemStats`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisor: Option<AdvisorInputs>,
    /// What is missing for rows that are not there, and what would give it.
    pub missing: Vec<String>,
}

/// The memory section: the last snapshot of the main subject, and all of them.
///
/// In text forms (JSON) the fields of `latest` stand beside `snapshots`; packed forms, which have no
/// names to tell the two apart by, hold one after the other.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Memory {
    /// The main subject's last snapshot that has figures.
    #[cfg_attr(test, schemars(flatten))]
    pub latest: MemorySnapshot,
    /// Every snapshot of every subject, in order.
    pub snapshots: Vec<MemorySnapshot>,
}

#[derive(Serialize, Deserialize)]
struct Flat<L, S> {
    #[serde(flatten)]
    latest: L,
    snapshots: S,
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            Flat { latest: &self.latest, snapshots: &self.snapshots }.serialize(serializer)
        } else {
            (&self.latest, &self.snapshots).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (latest, snapshots) = if deserializer.is_human_readable() {
            let Flat { latest, snapshots } = Flat::deserialize(deserializer)?;
            (latest, snapshots)
        } else {
            Deserialize::deserialize(deserializer)?
        };
        Ok(Self { latest, snapshots })
    }
}
