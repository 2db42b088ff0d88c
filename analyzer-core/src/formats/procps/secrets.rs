//! The secrets of these tables: commands, users, paths; figures stay.

use super::{cgtop, free, pmap, slabtop, tasks};
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks};

type Outcome = Result<(), &'static str>;

/// Blanks what is neither header nor a row of figures.
pub(super) fn free(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let is_row = ["Mem:", "Swap:", "Total:", "Low:", "High:"]
            .iter()
            .any(|title| text.strip_prefix(title).is_some_and(|rest| rest.split_whitespace().all(is_figure)));
        if !is_row && !free::is_header(text) {
            marks.blank(line.bytes);
        }
    }
    Ok(())
}

/// Marks every cell of a row that holds no figure; what is no row is blanked,
/// but for the words that tell `top`.
pub(super) fn tasks(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut columns = 0;
    for (line, text) in text_lines(input.bytes) {
        if let Some(header) = tasks::columns(text) {
            columns = header.len();
            continue;
        }
        if columns == 0 {
            let is_top = ["top - ", "KiB Mem", "MiB Mem", "Load average:", "Tasks:", "%Cpu(s):"];
            if !is_top.iter().any(|start| text.starts_with(start)) || text.contains('@') {
                marks.blank(line.bytes);
            }
            continue;
        }
        // Of the last column's words none is a figure of the table.
        for (index, cell) in text.split_whitespace().enumerate() {
            if index + 1 >= columns || !is_figure(cell) {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

/// Marks commands and the names of mappings.
pub(super) fn pmap(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let is_kept = pmap::is_header(text) || text.starts_with("total") || text.starts_with("---");
        if is_kept {
            continue;
        }
        if pmap::title(text).is_some() {
            let command = text.split_once(':').map_or("", |(_, command)| command);
            marks.words(command.as_bytes(), Kind::Argument);
            continue;
        }
        if !text.starts_with(|c: char| c.is_ascii_hexdigit()) {
            marks.blank(line.bytes);
            continue;
        }
        for cell in text.split_whitespace().skip(1).filter(|cell| !is_figure(cell)) {
            let is_mode = cell.bytes().all(|byte| b"rwxsp-".contains(&byte));
            let is_kernels = ["[", "]", "anon", "stack", "heap", "vdso", "vvar", "vsyscall"].contains(&cell);
            if !is_mode && !is_kernels {
                marks.words(cell.as_bytes(), Kind::Path);
            }
        }
    }
    Ok(())
}

/// Caches are the kernel's own names.
pub(super) fn slabtop(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let cells = text.split_whitespace().count();
        let is_row = cells == 8 && text.starts_with(|c: char| c.is_ascii_digit());
        let is_sum = text.starts_with("Active / Total ") || text.starts_with("Minimum / Average");
        if !is_row && !is_sum && !slabtop::is_header(text) {
            marks.blank(line.bytes);
        }
    }
    Ok(())
}

/// Marks the names in the paths of groups.
pub(super) fn cgtop(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        if cgtop::is_header(text) {
            continue;
        }
        match text.split_whitespace().next().filter(|_| cgtop::row(text).is_some()) {
            Some(path) => marks.cgroup_path(path.as_bytes()),
            None => marks.blank(line.bytes),
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
