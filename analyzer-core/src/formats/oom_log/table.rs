//! The task table: its columns changed with the kernel, and its sizes are in pages.

use crate::base::intern::StringTable;
use crate::base::source::Position;
use crate::base::units::Bytes;
use crate::evidence::oom::{OomEvent, OomTask};

/// Page size until the log tells another: that of amd64, and mostly of arm64.
const PAGE_BYTES: i64 = 4096;

/// Columns after the pid, by how many numbers a row has before the name, for a
/// table whose heading was cut off. Source: `dump_tasks` of mm/oom_kill.c.
const BY_COUNT: [(usize, &str); 3] = [
    (10, "uid tgid total_vm rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name"),
    (8, "uid tgid total_vm rss nr_ptes nr_pmds swapents oom_score_adj name"),
    // nr_ptes up to 4.14, pgtables_bytes from 4.15 on.
    (7, "uid tgid total_vm rss - swapents oom_score_adj name"),
];

/// The columns of one table.
#[derive(Debug, Default)]
pub struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// Columns as the heading names them.
    pub fn of(heading: &str) -> Self {
        Self { names: heading.split_whitespace().map(str::to_owned).collect() }
    }

    /// Reads a row; sizes as if pages were of 4 KiB, see [`scale`].
    pub fn row(&mut self, pid: u64, cells: &str, strings: &mut StringTable, at: Position) -> Option<OomTask> {
        if self.names.is_empty() {
            let numbers = cells.split_whitespace().take_while(|cell| cell.parse::<i64>().is_ok()).count();
            let (_, columns) = BY_COUNT.iter().find(|(count, _)| *count <= numbers)?;
            *self = Self::of(columns);
        }
        let name_at = self.names.iter().position(|name| name == "name").unwrap_or(self.names.len());
        let (fields, name) = split_cells(cells, name_at);
        let number = |column: &str| {
            let index = self.names.iter().position(|name| name == column)?;
            fields.get(index)?.parse::<i64>().ok()
        };
        let pages = |column: &str| number(column).map(|pages| Bytes(pages.saturating_mul(PAGE_BYTES)));
        let tables = || {
            let counts = [number("nr_ptes"), number("nr_pmds"), number("nr_puds")];
            counts[0]?;
            Some(Bytes(counts.iter().flatten().sum::<i64>().saturating_mul(PAGE_BYTES)))
        };
        Some(OomTask {
            pid,
            tgid: number("tgid").and_then(|tgid| u64::try_from(tgid).ok())?,
            total_vm: pages("total_vm").unwrap_or_default(),
            rss: pages("rss")?,
            rss_anon: pages("rss_anon"),
            rss_file: pages("rss_file"),
            rss_shmem: pages("rss_shmem"),
            pagetables: number("pgtables_bytes").map(Bytes).or_else(tables),
            swap: pages("swapents").unwrap_or_default(),
            oom_score_adj: number("oom_score_adj").unwrap_or_default(),
            name: strings.intern(name),
            at,
        })
    }
}

/// The first cells, and what is left: a name may hold blanks.
fn split_cells(cells: &str, count: usize) -> (Vec<&str>, &str) {
    let mut rest = cells.trim_start();
    let mut fields = Vec::with_capacity(count.min(16));
    while fields.len() < count && !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (cell, after) = rest.split_at(end);
        fields.push(cell);
        rest = after.trim_start();
    }
    (fields, rest.trim_end())
}

/// Bytes of a page, by the processes of which the log has both a row in pages and a line in kB.
pub fn page_bytes(event: &OomEvent) -> Option<i64> {
    const SIZES: [i64; 6] = [4, 8, 16, 32, 64, 256];
    event.kills.iter().find_map(|kill| {
        let task = event.tasks.iter().find(|task| task.pid == kill.pid)?;
        let resident = || Some(kill.anon_rss?.0 + kill.file_rss?.0 + kill.shmem_rss.unwrap_or_default().0);
        let by = |pages: i64, bytes: i64| {
            let fits = |kib: &i64| {
                let expected = pages.saturating_mul(kib * 1024);
                pages > 0 && (expected - bytes).abs() <= expected / 16
            };
            SIZES.into_iter().find(fits).map(|kib| kib * 1024)
        };
        let of_space = kill.total_vm.and_then(|size| by(task.total_vm.0 / PAGE_BYTES, size.0));
        of_space.or_else(|| by(task.rss.0 / PAGE_BYTES, resident()?))
    })
}

/// Corrects the sizes of an event's table for another size of pages.
pub fn scale(event: &mut OomEvent, page: i64) {
    let factor = page / PAGE_BYTES;
    if factor <= 1 {
        return;
    }
    let scaled = |size: Bytes| Bytes(size.0.saturating_mul(factor));
    for task in &mut event.tasks {
        task.total_vm = scaled(task.total_vm);
        task.rss = scaled(task.rss);
        task.swap = scaled(task.swap);
        for part in [&mut task.rss_anon, &mut task.rss_file, &mut task.rss_shmem] {
            *part = part.map(scaled);
        }
    }
}
