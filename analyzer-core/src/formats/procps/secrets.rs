//! Of these tables, figures stay and their own titles; commands, users and paths do not.

use super::{cgtop, free, pmap, slabtop, tasks};
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks};

type Outcome = Result<(), &'static str>;

/// Titles and words of these tables.
const WORDS: &str = "\
    total used free shared buff cache buffers cached available Mem Swap Total Low High top up day days min user users load \
    average Tasks task running sleeping stopped zombie Cpu s us sy ni id wa hi si st KiB MiB GiB avail Load USER PID CPU \
    MEM VSZ RSS TTY STAT START TIME COMMAND PR NI VIRT RES SHR S PPID UID RSZ SIZE CMD COMM ARGS F PRI WCHAN C STIME SZ \
    ELAPSED NLWP THCNT Address Kbytes Dirty Mode Mapping kB mapped writeable private Active Objects Slabs Caches Size % \
    Minimum Average Maximum Object OBJS ACTIVE USE OBJ SLABS SLAB CACHE NAME Control Group Input Output Memory Tasks K";

/// Keeps the words of the tables, and numbers, of a line that is one of theirs.
fn known(text: &str, marks: &mut Marks<'_>) {
    marks.keep_words(text.as_bytes(), |word| {
        std::str::from_utf8(word).is_ok_and(is_figure)
            || WORDS.split_ascii_whitespace().any(|known| known.as_bytes() == word)
    });
}

/// Keeps the header, and rows of figures.
pub(super) fn free(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        let is_row = ["Mem:", "Swap:", "Total:", "Low:", "High:"].iter().any(|title| text.starts_with(title));
        if is_row || free::is_header(text) {
            known(text, marks);
        }
    }
    Ok(())
}

/// Keeps the figures of rows, by their columns.
pub(super) fn tasks(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    /// Columns of figures and states.
    const FIGURES: [&str; 27] = [
        "PID", "PPID", "%CPU", "%MEM", "VSZ", "RSS", "RSZ", "STAT", "START", "TIME", "PR", "NI", "VIRT",
        "RES", "SHR", "S", "TIME+", "SIZE", "F", "PRI", "C", "STIME", "SZ", "ELAPSED", "NLWP", "THCNT",
        "MEM",
    ];
    let mut columns: Vec<String> = Vec::new();
    let mut has_header = false;
    for (_, text) in text_lines(input.bytes) {
        if let Some(header) = tasks::columns(text) {
            columns = header.into_iter().map(str::to_owned).collect();
            has_header = true;
            marks.words_beside(WORDS, text.as_bytes(), Kind::Label);
            continue;
        }
        if let Some(bare) = tasks::bare_columns(text).filter(|_| !has_header) {
            columns = bare.iter().map(|title| (*title).to_owned()).collect();
        }
        if columns.is_empty() {
            let is_top = ["top - ", "KiB Mem", "MiB Mem", "Load average:", "Tasks:", "%Cpu(s):"];
            if is_top.iter().any(|start| text.starts_with(start)) {
                known(text, marks);
            }
            continue;
        }
        // Of the last column's words none is a figure of the table.
        for (index, cell) in text.split_whitespace().enumerate() {
            let column = columns.get(index).map_or("", String::as_str);
            let is_state = matches!(column, "S" | "STAT")
                && cell.len() <= 5
                && cell.bytes().all(|byte| b"RSDZTtXIWlLsN<+".contains(&byte));
            let is_own = index + 1 < columns.len() && FIGURES.contains(&column);
            if is_own && (is_figure(cell) || is_state) {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

/// Keeps addresses, sizes and modes.
pub(super) fn pmap(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if pmap::is_header(text) || text.starts_with("total") || text.starts_with("mapped:") {
            known(text, marks);
            continue;
        }
        if pmap::title(text).is_some() {
            let (pid, command) = text.split_once(':').unwrap_or((text, ""));
            if pid.bytes().all(|byte| byte.is_ascii_digit()) {
                marks.keep(pid.as_bytes());
            }
            marks.words(command.as_bytes(), Kind::Argument);
            continue;
        }
        if !text.starts_with(|c: char| c.is_ascii_hexdigit()) {
            continue;
        }
        let mut is_name = false;
        for (index, cell) in text.split_whitespace().enumerate() {
            let is_mode = cell.len() == 5 && cell.bytes().all(|byte| b"rwxsp-".contains(&byte));
            let is_address = index == 0
                && cell.len() <= 17
                && cell.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
            let is_kernels = ["[", "]", "anon", "stack", "heap", "vdso", "vvar", "vsyscall"].contains(&cell);
            if is_mode || is_address || is_kernels || (!is_name && is_figure(cell)) {
                marks.keep(cell.as_bytes());
            } else {
                is_name = true;
                marks.words(cell.as_bytes(), Kind::Path);
            }
        }
    }
    Ok(())
}

/// Keeps figures; a cache may be a module's own.
pub(super) fn slabtop(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const CACHES: &str = "dentry inode_cache buffer_head kmalloc vm_area_struct anon_vma filp task_struct radix_tree_node \
        ext4_inode_cache xfs_inode proc_inode_cache sock_inode_cache kernfs_node_cache shmem_inode_cache";
    for (_, text) in text_lines(input.bytes) {
        let cells = text.split_whitespace().count();
        let is_row = cells == 8 && text.starts_with(|c: char| c.is_ascii_digit());
        let is_sum = text.starts_with("Active / Total ") || text.starts_with("Minimum / Average");
        if is_sum || slabtop::is_header(text) {
            known(text, marks);
        } else if is_row {
            for cell in text.split_whitespace() {
                if is_figure(cell) || CACHES.split_ascii_whitespace().any(|known| known == cell) {
                    marks.keep(cell.as_bytes());
                } else {
                    marks.words(cell.as_bytes(), Kind::Name);
                }
            }
        }
    }
    Ok(())
}

/// Keeps figures, and what the paths of groups have everywhere.
pub(super) fn cgtop(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if cgtop::is_header(text) {
            known(text, marks);
            continue;
        }
        let mut cells = text.split_whitespace();
        if let Some(path) = cells.next().filter(|_| cgtop::row(text).is_some()) {
            marks.cgroup_path(path.as_bytes());
            cells.filter(|cell| is_figure(cell)).for_each(|cell| marks.keep(cell.as_bytes()));
        }
    }
    Ok(())
}

/// A number, an amount, a share, a time.
fn is_figure(cell: &str) -> bool {
    let rest = cell.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ':' | ',' | '-'));
    matches!(rest, "" | "%" | "B" | "K" | "M" | "G" | "T" | "Ki" | "Mi" | "Gi" | "Ti" | "k" | "m" | "g" | "t")
        && cell.len() <= 20
}
