//! Tables of Markdown with a column of text: a row a line.
//!
//! ```text
//! | time | message |
//! |------|---------|
//! | 20:03 | goroutine 1 [running]: |
//! ```

use super::fields::{Role, role};
use super::streams::Streams;
use super::text::{Row, Text};
use crate::base::limits;

/// Rows above the table at most.
const ROWS_ABOVE: usize = 200;
/// Columns at most.
const COLUMNS: usize = 64;

/// Takes the column of text out of a table; `None` if the text has none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::PASTE_BYTES || memchr::memchr(b'|', &text.bytes).is_none() {
        return None;
    }
    let rows: Vec<Row<'_>> = text.rows().collect();
    let line = rows.iter().take(ROWS_ABOVE).position(|row| is_line(row.bytes)).filter(|line| *line > 0)?;
    let roles: Vec<Role> = cells(rows.get(line - 1)?.bytes).iter().map(|cell| role(&name(cell))).collect();
    let column = roles.iter().position(|role| matches!(role, Role::Text | Role::Pieces | Role::Panic))?;
    let time = roles.iter().position(|role| *role == Role::Time);
    let mut streams = Streams::default();
    // A cell with line ends in it was broken where they stood.
    let mut is_open = false;
    for (index, row) in rows.iter().enumerate() {
        let bytes = row.bytes.trim_ascii_end();
        let is_row = index > line && bytes.starts_with(b"|");
        if index + 1 == line || index == line {
            continue;
        }
        if is_row {
            let cells = cells(bytes);
            is_open = !bytes.ends_with(b"|");
            if let Some(time) = time.and_then(|time| cells.get(time)) {
                streams.entry(time.trim_ascii());
            }
            let own = cells.get(column).copied().unwrap_or_default();
            streams.line(0, &unmarked(own), row.place);
        } else {
            let own = if is_open { bytes.strip_suffix(b"|").map(<[u8]>::trim_ascii_end) } else { None };
            is_open &= own.is_none();
            streams.line(0, own.unwrap_or(row.bytes), row.place);
        }
    }
    Some(streams.finish())
}

/// `|---|:---:|`: the line below the names.
fn is_line(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.starts_with(b"|")
        && memchr::memmem::find(text, b"--").is_some()
        && text.iter().all(|byte| b"|-: ".contains(byte))
}

/// The cells of a row, between bars that no backslash stands before.
fn cells(line: &[u8]) -> Vec<&[u8]> {
    let text = line.trim_ascii();
    let text = text.strip_prefix(b"|").unwrap_or(text);
    let mut cells = Vec::new();
    let mut start = 0;
    for at in memchr::memchr_iter(b'|', text) {
        let is_escaped = at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\\');
        if !is_escaped && cells.len() < COLUMNS {
            cells.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    if start < text.len() {
        cells.push(text.get(start..).unwrap_or_default());
    }
    cells
}

fn name(cell: &[u8]) -> Vec<u8> {
    cell.iter().copied().filter(|byte| !b"*`".contains(byte)).collect::<Vec<u8>>().trim_ascii().to_vec()
}

/// The text of a cell without its blanks, its backticks and the marks of its bars.
fn unmarked(cell: &[u8]) -> Vec<u8> {
    let text = cell.strip_prefix(b" ").unwrap_or(cell).trim_ascii_end();
    let inner = text.strip_prefix(b"`").and_then(|text| text.strip_suffix(b"`"));
    let text = inner.unwrap_or(text);
    let is_mark = |at: usize| text.get(at) == Some(&b'\\') && text.get(at + 1) == Some(&b'|');
    text.iter().enumerate().filter(|(at, _)| !is_mark(*at)).map(|(_, byte)| *byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn the_column_of_text_is_taken_out() {
        let table = "We saw:\n| time | **message** |\n|---|:---|\n| 1 | goroutine 1 [select]: |\n| 2 | `main.f(a\\|b)` |\n| 3 | \t/srv/a.go:1 +0x1 |\nso\n";
        assert_eq!(
            peeled(table).unwrap(),
            "We saw:\ngoroutine 1 [select]:\nmain.f(a|b)\n\t/srv/a.go:1 +0x1\nso\n"
        );
        let broken =
            "| time | message |\n|---|---|\n| 1 | goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1 |\n";
        assert_eq!(peeled(broken).unwrap(), "goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n");
        assert_eq!(peeled("| a | b |\n|---|---|\n| 1 | 2 |\n"), None);
    }
}
