//! Lines of the program's source that a finding names.

use serde::{Deserialize, Serialize};

use crate::base::source::SourceId;

/// A few lines around one that a finding names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Excerpt {
    /// The function that the capture names.
    pub function: String,
    /// The file as it was dropped; as the capture names it where several fit.
    pub file: String,
    /// The line.
    pub line: u32,
    /// Its source; `None` where several fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// The number of the first of `lines`.
    #[serde(default)]
    pub first: u32,
    /// The lines; empty where there is a note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Why there are none: several files fit, or the source is of another version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Excerpt {
    /// The excerpt as text, its line marked: `file:line`, then `> 43 | code`.
    pub fn text(&self) -> Vec<String> {
        let mut text = vec![format!("{}:{}", self.file, self.line)];
        text.extend(self.note.clone());
        let width = (self.first.saturating_add(4)).to_string().len();
        text.extend((self.first..).zip(&self.lines).map(|(number, line)| {
            let mark = if number == self.line { '>' } else { ' ' };
            format!("{mark} {number:>width$} | {line}")
        }));
        text
    }
}
