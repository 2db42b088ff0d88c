//! Tables whose columns are known by the header's names.

use crate::base::error::ParseError;
use crate::base::limits::PROBE_ROWS;
use crate::base::source::Position;
use crate::formats::Facts;
use crate::formats::record::{nothing_found, text_lines};

/// The names of a header, blanks or commas between.
pub(super) struct Columns(Vec<String>);

impl Columns {
    /// The header, if `text` has all of these names.
    pub(super) fn of(text: &str, names: &[&str]) -> Option<Self> {
        let cells: Vec<String> = cells(text).map(|cell| cell.to_ascii_uppercase()).collect();
        names.iter().all(|name| cells.iter().any(|cell| cell == name)).then_some(Self(cells))
    }

    /// The cell of a row below a name.
    pub(super) fn get<'r>(&self, row: &[&'r str], name: &str) -> Option<&'r str> {
        let index = self.0.iter().position(|column| column == name)?;
        row.get(index).copied()
    }

    /// As [`Self::get`], of the first name that the header has.
    pub(super) fn any<'r>(&self, row: &[&'r str], names: &[&str]) -> Option<&'r str> {
        names.iter().find_map(|name| self.get(row, name))
    }

    /// The number below a name.
    pub(super) fn number<N: std::str::FromStr>(&self, row: &[&str], name: &str) -> Option<N> {
        self.get(row, name)?.parse().ok()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

/// The cells of a line.
pub(super) fn cells(text: &str) -> impl Iterator<Item = &str> {
    let separator = if text.contains(',') && !text.contains(' ') { ',' } else { ' ' };
    text.split([separator, '\t']).map(str::trim).filter(move |cell| separator == ',' || !cell.is_empty())
}

/// Reads the rows below each header; `row` is false for what is none.
/// # Errors
/// `Malformed` without a row.
pub(super) fn rows(
    bytes: &[u8],
    names: &[&str],
    facts: &mut Facts,
    tool: &'static str,
    mut row: impl FnMut(&Columns, &[&str], Position) -> Option<()>,
) -> Result<(), ParseError> {
    let mut columns = None;
    let mut count = 0;
    for (line, text) in text_lines(bytes) {
        if let Some(header) = Columns::of(text, names) {
            columns = Some(header);
            continue;
        }
        let Some(columns) = &columns else { continue };
        if count >= PROBE_ROWS {
            facts.is_partial = true;
            let message = format!("There are more than {PROBE_ROWS} rows; the rest is ignored.");
            facts.notes.data_loss("rows-left-out", Some(line.position()), message);
            break;
        }
        let cells: Vec<&str> = cells(text).collect();
        count += usize::from(row(columns, &cells, line.position()).is_some());
    }
    facts.kind = Some(tool.to_owned());
    if count == 0 {
        return Err(nothing_found(tool, "at least one row below the header"));
    }
    Ok(())
}

/// `21:03:39` in seconds of the day.
pub(super) fn clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    (hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3600 + minutes * 60 + seconds)
}
