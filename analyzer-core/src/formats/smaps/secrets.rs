//! Of mappings, addresses and figures stay, and the names that the kernel and the
//! runtime give.

use super::header;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, VM_FLAGS, is_figures};

/// The size of a line `Key:   12 kB`.
fn size_of(line: &[u8]) -> Option<&[u8]> {
    let size = line.get(memchr::memchr(b':', line)? + 1..)?;
    let digits = size.strip_suffix(b" kB")?.trim_ascii();
    (!digits.is_empty() && digits.len() <= 12 && digits.iter().all(u8::is_ascii_digit)).then_some(size)
}

/// Keeps mappings but for their names, figures and flags.
pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes.trim_ascii();
        if let Some(header) = header::parse(bytes) {
            let name = header.name.as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
            let before = if header.name.is_empty() { bytes.len() } else { name };
            marks.keep(bytes.get(..before).unwrap_or_default());
            marks.mapping(header.name);
        } else if bytes.starts_with(b"VmFlags:") {
            marks.keep_known(bytes, &VM_FLAGS);
        } else if is_figures(bytes) {
            marks.keep(bytes);
        } else if let Some(size) = size_of(bytes) {
            // A key of another kernel, or of nobody: that there is a figure stays.
            marks.words(bytes.get(..bytes.len() - size.len()).unwrap_or_default(), Kind::Name);
            marks.keep(size);
        }
    }
    Ok(())
}
