//! How much of a process's anonymous memory is neither Go's nor the program's
//! data: exact or bounded, as the inputs allow.

use super::mappings::MappingClass;
use super::moment::Moment;
use super::term::Term;
use crate::evidence::vmas::VmaField;

/// An amount that may only be known within bounds.
#[derive(Clone, Debug)]
pub struct Bounded {
    /// The best value and its sources.
    pub term: Term,
    /// Least possible value.
    pub low: i64,
    /// Greatest possible value.
    pub high: i64,
}

impl Bounded {
    /// An exact amount.
    pub fn exact(term: Term) -> Self {
        Self { low: term.value, high: term.value, term }
    }

    /// True if both bounds are the value.
    pub const fn is_exact(&self) -> bool {
        self.low == self.high
    }
}

/// The anonymous memory of a process outside Go's arenas, told apart.
#[derive(Clone, Debug)]
pub struct OutsideArenas {
    /// Go's metadata that is resident.
    pub metadata: Bounded,
    /// The program's own variables: copied file pages and bss.
    pub executable: Term,
    /// What is left: C, `mmap`, thread stacks.
    pub native: Bounded,
}

/// Metadata of a small heap that is mapped and never touched: 2.9 to 3.5 MiB in
/// every capture whose mappings are named. Only the best value rests on it, no bound.
const UNTOUCHED_METADATA: i64 = 3 << 20;

/// Anonymous memory of a pure Go program that carries no name although others
/// do: about 0.2 MiB was seen.
const UNNAMED_GO: i64 = 256 << 10;

/// Of Go's arenas, the part that metadata takes at least, where no `MemStats`
/// tell: 2% and 8 MiB.
const METADATA_SHARE_PERCENT: i64 = 2;
const METADATA_BASE: i64 = 8 << 20;

/// Splits what is outside the arenas. Needs `smaps`; without `MemStats` the
/// size of the metadata is a rule of thumb.
pub fn outside_arenas(moment: &Moment<'_>) -> Option<OutsideArenas> {
    let process = moment.process.as_ref()?;
    let mappings = process.mappings.as_ref()?;
    let arenas = moment.arena_resident()?;
    let executable = process.executable_anon()?;
    let outside = &(&process.class_sum_all(VmaField::Anonymous)? - &arenas) - &executable;
    if arenas.value == 0 && !mappings.has_go_names && moment.go.is_none() {
        let nothing = Term::default();
        return Some(OutsideArenas {
            metadata: Bounded::exact(nothing),
            executable,
            native: Bounded::exact(outside),
        });
    }
    let anonymous = |class| process.class_sum(class, VmaField::Anonymous);
    let named = &anonymous(MappingClass::GoMetadata)? + &anonymous(MappingClass::GoHeapIndex)?;
    let metadata = metadata_size(moment, &arenas);
    let unnamed = (&outside - &named).with_value((outside.value - named.value).max(0));
    let named_size = process.class_size(MappingClass::GoMetadata).map_or(0, |term| term.value);
    let hidden = (metadata.value - named_size).clamp(0, unnamed.value);
    let slack = if mappings.has_go_names { UNNAMED_GO.min(unnamed.value) } else { 0 };
    let estimate = if mappings.has_go_names { hidden } else { (hidden - UNTOUCHED_METADATA).max(0) };
    let resident = &named + &metadata.with_value(estimate);
    let native = &outside - &resident;
    Some(OutsideArenas {
        metadata: Bounded {
            low: named.value,
            high: (named.value + hidden + slack).max(resident.value),
            term: resident,
        },
        executable,
        native: Bounded {
            low: (unnamed.value - hidden - slack).max(0),
            high: unnamed.value.max(native.value),
            term: native,
        },
    })
}

/// Metadata by `MemStats` less the work buffers that lie in arenas; without
/// `MemStats`, the most that is usual for arenas of that size.
fn metadata_size(moment: &Moment<'_>, arenas: &Term) -> Term {
    let stated = moment.go.as_ref().and_then(|go| go.metadata());
    let buffers = moment.arenas.as_ref().filter(|fit| fit.holds()).map_or(0, |fit| fit.difference.value);
    match stated {
        Some(stated) => stated.with_value((stated.value - buffers).max(0)),
        None => arenas.with_value(arenas.value / 100 * METADATA_SHARE_PERCENT + METADATA_BASE),
    }
}
