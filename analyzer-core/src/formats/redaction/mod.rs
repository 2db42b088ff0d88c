//! What of a source is a secret. Each format marks it in its own bytes; what
//! takes the place of a mark has as many bytes, so that lengths, offsets and
//! line numbers hold.
//!
//! Three kinds of marks. A *word* is a run of letters and digits that gets a
//! pseudonym, the same one wherever it stands: names keep their shape
//! (`api-7d4f-x2x` becomes `abx-acxx-adx`) and stay equal where they were equal.
//! A *blank* is text that no parser understands: every letter and digit becomes
//! an `x`, and nothing of it is kept anywhere. An *address* is a number of which
//! only matters where else it stands: it becomes another one.
//!
//! The rule for a format: mark everything but what is known to be harmless.

mod captures;
mod common;
mod figures;
mod json;
mod paths;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::source::Input;

pub use captures::CaptureNames;
pub use figures::{figures, is_figures};
pub use json::{Part, walk as walk_json};

/// Marks the secrets of a source. The error says, for people, why it cannot be
/// told what in the source is one; such a source is left out.
pub type Secrets = fn(&Input<'_>, &mut Marks<'_>) -> Result<(), &'static str>;

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A host, pod, namespace, container or process.
    Name,
    /// A folder or file inside of a capture.
    Path,
    /// The value of a label.
    Label,
    /// An argument of a command line.
    Argument,
    /// The value of an environment variable.
    Environment,
    /// A file or folder of the captures themselves.
    Capture,
}

/// A run of letters and digits to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// What it is of.
    pub kind: Kind,
}

/// The secrets of one source.
#[derive(Debug)]
pub struct Marks<'a> {
    bytes: &'a [u8],
    /// Names.
    pub words: Vec<Word>,
    /// Text to be blanked.
    pub blanks: Vec<Range<usize>>,
    /// Addresses, from their `0x` on; they may lie in blanks.
    pub addresses: Vec<Range<usize>>,
}

impl<'a> Marks<'a> {
    /// No secrets yet.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, words: Vec::new(), blanks: Vec::new(), addresses: Vec::new() }
    }

    /// Marks every word of a part of the source.
    pub fn words(&mut self, part: &[u8], kind: Kind) {
        self.each_word(part, false, kind, |_| false);
    }

    /// Marks every word of a part in which a backslash begins an escape.
    pub fn quoted(&mut self, part: &[u8], kind: Kind) {
        self.each_word(part, true, kind, |_| false);
    }

    /// Marks the words of a part that a list of words, blanks between, does not have.
    pub fn words_beside(&mut self, known: &str, part: &[u8], kind: Kind) {
        self.each_word(part, false, kind, |word| common::has(known, word));
    }

    /// Marks a part's letters and digits to be blanked.
    pub fn blank(&mut self, part: &[u8]) {
        if let Some(range) = self.range_of(part).filter(|range| !range.is_empty()) {
            self.blanks.push(range);
        }
    }

    /// Marks an address: `0x` and hexadecimal digits.
    pub fn address(&mut self, number: &[u8]) {
        self.addresses.extend(self.range_of(number));
    }

    /// Marks the words of a part that are not among those to keep.
    fn each_word(&mut self, part: &[u8], has_escapes: bool, kind: Kind, keep: impl Fn(&[u8]) -> bool) {
        let Some(range) = self.range_of(part) else { return };
        for word in words(part, has_escapes) {
            if part.get(word.clone()).is_some_and(|text| !keep(text)) {
                self.words.push(Word { start: range.start + word.start, end: range.start + word.end, kind });
            }
        }
    }

    /// Where a part of the source stands in it.
    fn range_of(&self, part: &[u8]) -> Option<Range<usize>> {
        let start = part.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr())?;
        let end = start.checked_add(part.len())?;
        (end <= self.bytes.len()).then_some(start..end)
    }
}

/// True for bytes that make up words; those over 0x7f are of letters.
pub fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The words of a text. With escapes, `\n` and `\u00e9` end a word; the digits of
/// an escaped character are a word, for they spell a letter.
fn words(text: &[u8], has_escapes: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let byte = *text.get(at)?;
            if has_escapes && byte == b'\\' {
                at += 2;
                continue;
            }
            if is_word_byte(byte) {
                break;
            }
            at += 1;
        }
        let start = at;
        at += text.get(start..)?.iter().take_while(|byte| is_word_byte(**byte)).count();
        Some(start..at)
    })
}

/// Blanks letters and digits.
pub fn blank_out(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| is_word_byte(**byte)) {
        *byte = b'x';
    }
}

/// For formats of free text that feed no figure.
/// # Errors
/// Always.
pub fn free_text(_: &Input<'_>, _: &mut Marks<'_>) -> Result<(), &'static str> {
    Err("nothing of it is in the report")
}

/// For tests: a text with marked words as rows of `letter`, blanks blanked, and
/// addresses as rows of `#`.
#[cfg(test)]
pub fn shown(text: &str, letter: u8, mark: impl FnOnce(&Input<'_>, &mut Marks<'_>)) -> String {
    let input = Input { source: crate::base::source::SourceId(0), path: "", bytes: text.as_bytes() };
    let mut marks = Marks::new(input.bytes);
    mark(&input, &mut marks);
    let mut bytes = text.as_bytes().to_vec();
    for word in &marks.words {
        bytes[word.start..word.end].fill(letter);
    }
    for blank in marks.blanks {
        blank_out(&mut bytes[blank]);
    }
    for address in marks.addresses {
        bytes[address].fill(b'#');
    }
    String::from_utf8(bytes).expect("ASCII in place of ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, mark: impl Fn(&mut Marks<'_>, &[u8])) -> Vec<&str> {
        let mut marks = Marks::new(text.as_bytes());
        mark(&mut marks, text.as_bytes());
        marks.words.iter().map(|word| &text[word.start..word.end]).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        let words = |text| marked(text, |marks, part| marks.words(part, Kind::Name));
        assert_eq!(words("api-7d4f_x2x.größe"), ["api", "7d4f", "x2x", "größe"]);
        assert_eq!(words("--"), [""; 0]);
    }

    #[test]
    fn escapes_are_no_letters() {
        let words = |text| marked(text, |marks, part| marks.quoted(part, Kind::Label));
        assert_eq!(words(r"a\nb\u00e9c\\d\"), ["a", "b", "00e9c", "d"]);
    }
}
