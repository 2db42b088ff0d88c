//! Virtual memory areas, one row a mapping, a column a figure.

use std::ops::Range;

use crate::base::convert::to_u32;
use crate::base::intern::StrId;
use crate::base::units::Bytes;

/// A column of figures of a mapping, named as `proc_pid_smaps(5)` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmaField {
    /// Resident pages: zero page, PFN maps and hugetlb are not in it.
    Rss,
    /// Private pages plus each shared page divided by its sharers.
    Pss,
    /// Dirty part of `Pss` (6.1 and later).
    PssDirty,
    /// Clean pages that other processes map.
    SharedClean,
    /// Dirty pages that other processes map.
    SharedDirty,
    /// Clean pages that only this process maps.
    PrivateClean,
    /// Dirty pages that only this process maps.
    PrivateDirty,
    /// Anonymous pages, copied-on-write pages of file mappings among them.
    Anonymous,
    /// Pages merged by KSM.
    Ksm,
    /// Pages given back with `MADV_FREE` and not yet taken.
    LazyFree,
    /// Anonymous pages in huge pages.
    AnonHugePages,
    /// Shmem in huge pages.
    ShmemPmdMapped,
    /// Hugetlb pages shared; not in `Rss`.
    SharedHugetlb,
    /// Hugetlb pages private; not in `Rss`.
    PrivateHugetlb,
    /// Pages in swap; holes of shmem among them.
    Swap,
    /// `Swap` divided by sharers.
    SwapPss,
    /// Locked pages, weighted like `Pss`.
    Locked,
}

/// Every column with the key that `smaps` prints for it.
pub const VMA_FIELDS: [(VmaField, &str); 17] = [
    (VmaField::Rss, "Rss"),
    (VmaField::Pss, "Pss"),
    (VmaField::PssDirty, "Pss_Dirty"),
    (VmaField::SharedClean, "Shared_Clean"),
    (VmaField::SharedDirty, "Shared_Dirty"),
    (VmaField::PrivateClean, "Private_Clean"),
    (VmaField::PrivateDirty, "Private_Dirty"),
    (VmaField::Anonymous, "Anonymous"),
    (VmaField::Ksm, "KSM"),
    (VmaField::LazyFree, "LazyFree"),
    (VmaField::AnonHugePages, "AnonHugePages"),
    (VmaField::ShmemPmdMapped, "ShmemPmdMapped"),
    (VmaField::SharedHugetlb, "Shared_Hugetlb"),
    (VmaField::PrivateHugetlb, "Private_Hugetlb"),
    (VmaField::Swap, "Swap"),
    (VmaField::SwapPss, "SwapPss"),
    (VmaField::Locked, "Locked"),
];

impl VmaField {
    /// The number of the column.
    pub fn column(self) -> usize {
        VMA_FIELDS.iter().position(|(field, _)| *field == self).unwrap_or(0)
    }

    /// The key that `smaps` prints.
    pub fn key(self) -> &'static str {
        VMA_FIELDS.get(self.column()).map_or("", |(_, key)| key)
    }
}

/// Permissions and flags of a mapping that tell what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmaTraits {
    /// `r`.
    pub is_readable: bool,
    /// `w`.
    pub is_writable: bool,
    /// `x`.
    pub is_executable: bool,
    /// `s`: writes reach other processes.
    pub is_shared: bool,
    /// The inode is not zero, or the device is not `00:00`.
    pub is_file: bool,
    /// `VmFlags` has `nr`: no swap was reserved; glibc's arenas have it, Go's do not.
    pub is_noreserve: bool,
    /// `VmFlags` has `nh`: huge pages are refused; thread stacks have it.
    pub refuses_huge: bool,
    /// `VmFlags` has `hg`: huge pages are asked for.
    pub asks_huge: bool,
    /// `VmFlags` has `lo`: pages are locked.
    pub is_locked: bool,
    /// A `VmFlags` line was there, so that the four flags above are known.
    pub has_flags: bool,
}

/// Mappings of all captures, by capture, then by address.
///
/// Invariant: every column of `figures` and the vectors beside it have the same
/// length. Columns of a capture without figures (`maps`) hold 0.
#[derive(Clone, Debug)]
pub struct Vmas {
    /// First address.
    pub start: Vec<u64>,
    /// Address after the last.
    pub end: Vec<u64>,
    /// Permissions and flags.
    pub traits: Vec<VmaTraits>,
    /// Path or name, as printed; empty if there is none.
    pub name: Vec<StrId>,
    /// Line of the header in its source.
    pub line: Vec<u32>,
    /// Figures in bytes, by [`VmaField::column`].
    pub figures: [Vec<i64>; VMA_FIELDS.len()],
}

impl Default for Vmas {
    fn default() -> Self {
        Self {
            start: Vec::new(),
            end: Vec::new(),
            traits: Vec::new(),
            name: Vec::new(),
            line: Vec::new(),
            figures: std::array::from_fn(|_| Vec::new()),
        }
    }
}

/// One mapping, as a parser hands it over.
#[derive(Clone, Copy, Debug)]
pub struct VmaRow {
    /// First address.
    pub start: u64,
    /// Address after the last.
    pub end: u64,
    /// Permissions and flags.
    pub traits: VmaTraits,
    /// Path or name.
    pub name: StrId,
    /// Line of the header.
    pub line: u32,
    /// Figures in bytes, by [`VmaField::column`].
    pub figures: [i64; VMA_FIELDS.len()],
}

impl Vmas {
    /// Adds a mapping.
    pub fn push(&mut self, row: &VmaRow) {
        self.start.push(row.start);
        self.end.push(row.end);
        self.traits.push(row.traits);
        self.name.push(row.name);
        self.line.push(row.line);
        for (column, value) in self.figures.iter_mut().zip(row.figures) {
            column.push(value);
        }
    }

    /// How many mappings there are.
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// How many mappings there are, as a row bound.
    pub fn len_u32(&self) -> u32 {
        to_u32(self.start.len())
    }

    /// Forgets the rows from `length` on: those of a capture that failed.
    pub fn truncate(&mut self, length: usize) {
        self.start.truncate(length);
        self.end.truncate(length);
        self.traits.truncate(length);
        self.name.truncate(length);
        self.line.truncate(length);
        for column in &mut self.figures {
            column.truncate(length);
        }
    }

    /// One figure of one mapping.
    pub fn figure(&self, row: usize, field: VmaField) -> Bytes {
        Bytes(self.column(field).get(row).copied().unwrap_or(0))
    }

    /// All values of one figure.
    pub fn column(&self, field: VmaField) -> &[i64] {
        self.figures.get(field.column()).map_or(&[], Vec::as_slice)
    }

    /// A figure summed over rows.
    pub fn sum(&self, rows: Range<usize>, field: VmaField) -> Bytes {
        self.column(field).get(rows).unwrap_or(&[]).iter().map(|&value| Bytes(value)).sum()
    }

    /// Bytes of address space of one mapping.
    pub fn size(&self, row: usize) -> Bytes {
        let of = |column: &[u64]| column.get(row).copied().unwrap_or(0);
        Bytes(i64::try_from(of(&self.end).saturating_sub(of(&self.start))).unwrap_or(i64::MAX))
    }
}
