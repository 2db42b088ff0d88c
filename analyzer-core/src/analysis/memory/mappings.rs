//! What each mapping of a process is, by its name, its flags and its place.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::base::units::Bytes;
use crate::evidence::Evidence;
use crate::evidence::vmas::{VmaField, VmaTraits, Vmas};

/// What a mapping is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MappingClass {
    /// Heap arena of Go, ready for use: objects, stacks, free and released spans.
    GoArena,
    /// Address space that Go keeps for arenas: no memory.
    GoReserved,
    /// Go's metadata, where mappings are named.
    GoMetadata,
    /// Go's index of arenas: 32 MiB of address space, hardly touched, and
    /// counted in no field of `MemStats`.
    GoHeapIndex,
    /// The program and its libraries: code and constants.
    Executable,
    /// Variables of the program and its libraries: copied pages of files, and bss.
    ExecutableData,
    /// C's main heap.
    CHeap,
    /// A 64 MiB arena of glibc's malloc.
    GlibcArena,
    /// Stack of a thread that C started, or the main thread.
    ThreadStack,
    /// Other anonymous memory: mmap by the program or by C, and, where mappings
    /// are not named, Go's metadata.
    AnonymousOther,
    /// Address space without access: no memory.
    Reserved,
    /// Memory shared through tmpfs, memfd or shared anonymous mappings.
    SharedMemory,
    /// Other mapped files.
    File,
    /// The kernel's own (vdso, vvar).
    Kernel,
}

/// Every class, with its stable id and its name for people.
pub const CLASSES: [(MappingClass, &str, &str); 14] = [
    (MappingClass::GoArena, "go-arena", "Go heap arenas"),
    (MappingClass::GoReserved, "go-reserved", "Go arena reservation"),
    (MappingClass::GoMetadata, "go-metadata", "Go metadata"),
    (MappingClass::GoHeapIndex, "go-heap-index", "Go heap index"),
    (MappingClass::Executable, "executable", "Program and libraries: code"),
    (MappingClass::ExecutableData, "executable-data", "Program and libraries: variables"),
    (MappingClass::CHeap, "c-heap", "C heap"),
    (MappingClass::GlibcArena, "glibc-arena", "glibc malloc arenas"),
    (MappingClass::ThreadStack, "thread-stack", "Thread stacks"),
    (MappingClass::AnonymousOther, "anonymous", "Other anonymous memory"),
    (MappingClass::Reserved, "reserved", "Reserved address space"),
    (MappingClass::SharedMemory, "shared-memory", "Shared memory"),
    (MappingClass::File, "file", "Mapped files"),
    (MappingClass::Kernel, "kernel", "Kernel pages"),
];

impl MappingClass {
    /// Stable id.
    pub fn id(self) -> &'static str {
        CLASSES.iter().find(|(class, _, _)| *class == self).map_or("", |(_, id, _)| id)
    }
}

/// Go's arenas are units of this size on 64-bit systems, and so are glibc's.
const ARENA: u64 = 64 << 20;

/// Go's arenas lie below this; the system's own choices for `mmap` lie above on amd64.
const GO_ARENAS_BELOW: u64 = 1 << 46;

/// glibc's default size of a thread's stack.
const THREAD_STACK: i64 = 8 << 20;

/// The mappings of one process with what each is.
#[derive(Clone, Debug)]
pub struct Mappings<'a> {
    /// The table.
    pub vmas: &'a Vmas,
    /// Rows of the process.
    pub rows: Range<usize>,
    /// Classes, one a row.
    pub classes: Vec<MappingClass>,
    /// True if the kernel names Go's mappings.
    pub has_go_names: bool,
}

/// What Go calls its mappings; the kernel prints the leading space too.
const GO_PREFIX: &str = "[anon: Go: ";

impl<'a> Mappings<'a> {
    /// Classifies the mappings of a process.
    pub fn of(evidence: &'a Evidence, rows: Range<usize>) -> Self {
        let vmas = &evidence.memory.vmas;
        let names: Vec<&str> = rows.clone().map(|row| name(evidence, row)).collect();
        let is_code = |row: usize| vmas.traits.get(row).is_some_and(|traits| traits.is_executable);
        let programs: FxHashSet<&str> = rows
            .clone()
            .zip(&names)
            .filter(|(row, name)| is_code(*row) && name.starts_with('/'))
            .map(|(_, name)| *name)
            .collect();
        let mut classes: Vec<MappingClass> = rows
            .clone()
            .zip(&names)
            .map(|(row, name)| by_itself(vmas, row, name, programs.contains(name)))
            .collect();
        let has_go_names = names.iter().any(|name| name.starts_with(GO_PREFIX));
        let mut mappings = Self { vmas, rows, classes: Vec::new(), has_go_names };
        if !has_go_names {
            mappings.mark_arenas(&mut classes);
        }
        mappings.mark_glibc(&mut classes);
        mappings.mark_neighbors(&names, &mut classes);
        mappings.classes = classes;
        mappings
    }

    /// Rows of a class.
    pub fn rows_of(&self, class: MappingClass) -> impl Iterator<Item = usize> + '_ {
        self.rows.clone().zip(&self.classes).filter(move |(_, of)| **of == class).map(|(row, _)| row)
    }

    /// A figure summed over a class.
    pub fn sum(&self, class: MappingClass, field: VmaField) -> Bytes {
        let values = self.vmas.column(field).get(self.rows.clone()).unwrap_or(&[]);
        values.iter().zip(&self.classes).filter(|(_, of)| **of == class).map(|(&value, _)| Bytes(value)).sum()
    }

    /// Address space of a class.
    pub fn size(&self, class: MappingClass) -> Bytes {
        self.rows_of(class).map(|row| self.vmas.size(row)).sum()
    }

    fn traits(&self, row: usize) -> VmaTraits {
        self.vmas.traits.get(row).copied().unwrap_or_default()
    }

    fn bounds(&self, row: usize) -> (u64, u64) {
        let of = |column: &[u64]| column.get(row).copied().unwrap_or(0);
        (of(&self.vmas.start), of(&self.vmas.end))
    }

    /// Runs of rows without a gap between them for which `belongs` holds.
    fn runs(&self, belongs: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for row in self.rows.clone().filter(|&row| belongs(row)) {
            match runs.last_mut() {
                Some(run) if run.end == row && self.bounds(row - 1).1 == self.bounds(row).0 => {
                    run.end = row + 1
                }
                _ => runs.push(row..row + 1),
            }
        }
        runs
    }

    /// Go's arenas without names: a run of private anonymous mappings, some
    /// ready and some not, that begins and ends at a multiple of 64 MiB. The
    /// base address says nothing: 1.26 and later choose it at random.
    fn mark_arenas(&self, classes: &mut [MappingClass]) {
        let is_part = |row: usize| {
            let traits = self.traits(row);
            let class = class_at(classes, self.rows.start, row);
            matches!(class, MappingClass::AnonymousOther | MappingClass::Reserved)
                && !traits.is_noreserve
                && !traits.is_executable
                && self.bounds(row).1 <= GO_ARENAS_BELOW
        };
        for run in self.runs(is_part) {
            let (start, end) = (self.bounds(run.start).0, self.bounds(run.end - 1).1);
            if start % ARENA != 0 || end % ARENA != 0 {
                continue;
            }
            for row in run {
                let class = if self.traits(row).is_writable {
                    MappingClass::GoArena
                } else {
                    MappingClass::GoReserved
                };
                set_class(classes, self.rows.start, row, class);
            }
        }
    }

    /// glibc's arenas: 64 MiB from a multiple of 64 MiB, a ready part and the
    /// rest without access, mapped without reserving swap.
    fn mark_glibc(&self, classes: &mut [MappingClass]) {
        for row in self.rows.clone() {
            let (start, end) = self.bounds(row);
            let is_ready = self.traits(row).is_writable && self.traits(row).is_noreserve;
            let is_start =
                start % ARENA == 0 && class_at(classes, self.rows.start, row) == MappingClass::AnonymousOther;
            if !is_ready || !is_start {
                continue;
            }
            let rest = row + 1;
            let is_rest = rest < self.rows.end
                && self.bounds(rest).0 == end
                && self.bounds(rest).1 == start.saturating_add(ARENA)
                && !self.traits(rest).is_readable;
            if is_rest || end == start.saturating_add(ARENA) {
                set_class(classes, self.rows.start, row, MappingClass::GlibcArena);
            }
        }
    }

    /// What only the mapping before tells: bss follows the data of its file, a
    /// thread's stack follows its guard page.
    fn mark_neighbors(&self, names: &[&str], classes: &mut [MappingClass]) {
        for row in self.rows.clone().skip(1) {
            let (before, here) = (row - 1, class_at(classes, self.rows.start, row));
            let touches = self.bounds(before).1 == self.bounds(row).0;
            let is_plain = here == MappingClass::AnonymousOther && self.traits(row).is_writable;
            let is_unnamed = names.get(row - self.rows.start).is_some_and(|name| name.is_empty());
            if !touches || !is_plain || !is_unnamed {
                continue;
            }
            let before_class = class_at(classes, self.rows.start, before);
            if before_class == MappingClass::ExecutableData {
                set_class(classes, self.rows.start, row, MappingClass::ExecutableData);
            } else if before_class == MappingClass::Reserved && self.is_thread_stack(before, row) {
                set_class(classes, self.rows.start, row, MappingClass::ThreadStack);
            }
        }
    }

    fn is_thread_stack(&self, guard: usize, row: usize) -> bool {
        let traits = self.traits(row);
        let refuses_huge = !traits.has_flags || traits.refuses_huge || self.vmas.size(row).0 == THREAD_STACK;
        self.vmas.size(guard).0 <= 64 << 10 && self.vmas.size(row).0 <= THREAD_STACK && refuses_huge
    }
}

fn class_at(classes: &[MappingClass], first: usize, row: usize) -> MappingClass {
    classes.get(row.saturating_sub(first)).copied().unwrap_or(MappingClass::Kernel)
}

fn set_class(classes: &mut [MappingClass], first: usize, row: usize, class: MappingClass) {
    if let Some(of) = classes.get_mut(row.saturating_sub(first)) {
        *of = class;
    }
}

fn name(evidence: &Evidence, row: usize) -> &str {
    evidence.memory.vmas.name.get(row).map_or("", |&name| evidence.strings.get(name))
}

/// What a mapping's own line tells.
fn by_itself(vmas: &Vmas, row: usize, name: &str, is_program: bool) -> MappingClass {
    let traits = vmas.traits.get(row).copied().unwrap_or_default();
    let has_access = traits.is_readable || traits.is_writable || traits.is_executable;
    match name {
        "[heap]" => return MappingClass::CHeap,
        "[stack]" => return MappingClass::ThreadStack,
        "[vdso]" | "[vvar]" | "[vvar_vclock]" | "[vsyscall]" | "[uprobes]" => return MappingClass::Kernel,
        _ => {}
    }
    if let Some(go) = name.strip_prefix(GO_PREFIX) {
        return go_class(go.trim_end_matches(']'), traits);
    }
    if name.starts_with("[stack:") {
        return MappingClass::ThreadStack;
    }
    if is_shared_memory(name, traits) {
        return MappingClass::SharedMemory;
    }
    if name.starts_with('[') || name.is_empty() {
        return if has_access { MappingClass::AnonymousOther } else { MappingClass::Reserved };
    }
    match (traits.is_shared, traits.is_writable) {
        (true, _) => MappingClass::File,
        (false, true) => MappingClass::ExecutableData,
        (false, false) if is_program => MappingClass::Executable,
        (false, false) => MappingClass::File,
    }
}

fn go_class(name: &str, traits: VmaTraits) -> MappingClass {
    match name {
        "heap" if traits.is_writable => MappingClass::GoArena,
        "heap" | "heap reservation" => MappingClass::GoReserved,
        "heap index" => MappingClass::GoHeapIndex,
        _ if traits.is_writable => MappingClass::GoMetadata,
        _ => MappingClass::Reserved,
    }
}

fn is_shared_memory(name: &str, traits: VmaTraits) -> bool {
    let is_named = ["/memfd:", "/dev/shm/", "/dev/zero", "/SYSV", "[anon_shmem:", "/i915", "/run/shm/"]
        .iter()
        .any(|start| name.starts_with(start));
    is_named || (traits.is_shared && name.is_empty())
}
