//! The secrets of mappings: the paths of mapped files, and names that the
//! program gave.

use super::header;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Marks, is_figures};

/// Marks names and paths; lines that are neither mappings nor figures are blanked.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes.trim_ascii();
        if let Some(header) = header::parse(bytes) {
            marks.mapping(header.name);
        } else if !bytes.starts_with(b"VmFlags:") && !is_figures(bytes) {
            marks.blank(bytes);
        }
    }
    Ok(())
}
