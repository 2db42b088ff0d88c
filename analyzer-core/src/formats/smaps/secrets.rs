//! The secrets of mappings: the paths of mapped files, and names that the
//! program gave.

use super::header;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, is_figures};

/// Marks names and paths; lines that are neither mappings nor figures are blanked.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes.trim_ascii();
        if let Some(header) = header::parse(bytes) {
            name(header.name, marks);
        } else if !bytes.starts_with(b"VmFlags:") && !is_figures(bytes) {
            marks.blank(bytes);
        }
    }
    Ok(())
}

/// `[heap]` and the like are the kernel's; `[anon: Go: heap]` the runtime's;
/// other names in brackets are the program's own.
fn name(name: &[u8], marks: &mut Marks<'_>) {
    let own = name.strip_prefix(b"[anon:").or_else(|| name.strip_prefix(b"[anon_shmem:"));
    match own {
        Some(own) if !own.starts_with(b" Go: ") => marks.words(own, Kind::Path),
        None if !name.starts_with(b"[") => marks.path(name, Kind::Path),
        _ => {}
    }
}
