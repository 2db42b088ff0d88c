//! What of a source may stay. Each format says it of its own bytes; everything
//! that it does not name is replaced, by as many bytes, so that lengths, offsets
//! and line numbers hold.
//!
//! *Kept* is what the format positively knows: figures, its own key words, names
//! of functions, places in source. A *word* is a run of letters and digits that
//! gets a pseudonym, the same one wherever it stands: names keep their shape
//! (`api-7d4f-x2x` becomes `abx-acxx-adx`) and stay equal where they were equal.
//! An *address* is a number of which only matters where else it stands: it becomes
//! another one. A *number* that is no figure keeps its length alone. Of the rest
//! every letter and digit becomes an `x`. An escape (`\u0026`, `\n`) is one sign:
//! it stays if it stands for a mark, and is another escape if for a letter.

mod captures;
mod common;
mod figures;
mod json;
mod paths;
mod vocabulary;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::order::StableOrder as _;
use crate::base::source::Input;

pub use captures::CaptureNames;
pub use figures::{figures, is_figures};
pub use json::{Part, Verdict, walk as walk_json};
pub use vocabulary::{
    API, CLOCK, KERNEL, MAPPINGS, METRICS, OOM, PROFILE, VALUES, VM_FLAGS, Vocabulary, all_in, is_amount,
    is_amount_word, is_go_version, is_kernel_key, is_number, is_time,
};

/// Marks what of a source stays, and what gets a pseudonym. The error says, for
/// people, why it cannot be told; such a source is left out.
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

/// What becomes of the parts of one source. Of two marks on the same bytes, the
/// one that replaces holds.
#[derive(Debug)]
pub struct Marks<'a> {
    bytes: &'a [u8],
    /// What stays.
    kept: Vec<Range<usize>>,
    /// Names.
    pub words: Vec<Word>,
    /// Text to be blanked within what stays.
    pub blanks: Vec<Range<usize>>,
    /// Addresses, from their `0x` on.
    pub addresses: Vec<Range<usize>>,
    /// Numbers in digits that are no figures.
    pub numbers: Vec<Range<usize>>,
    /// Escapes that stand for letters and digits.
    pub escapes: Vec<Range<usize>>,
    /// Varints that are no figures.
    pub varints: Vec<Range<usize>>,
}

impl<'a> Marks<'a> {
    /// Nothing stays.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            kept: Vec::new(),
            words: Vec::new(),
            blanks: Vec::new(),
            addresses: Vec::new(),
            numbers: Vec::new(),
            escapes: Vec::new(),
            varints: Vec::new(),
        }
    }

    /// A part stays as it is, but for letters that it spells (`%41`, `#101`).
    pub fn keep(&mut self, part: &[u8]) {
        let Some(range) = self.range_of(part) else { return };
        let mut at = 0;
        for spelled in spelled_letters(part) {
            self.keep_range(range.start + at..range.start + spelled.start);
            at = spelled.end;
        }
        self.keep_range(range.start + at..range.end);
    }

    /// Bytes that are no text stay as they are.
    pub fn keep_binary(&mut self, part: &[u8]) {
        if let Some(range) = self.range_of(part) {
            self.keep_range(range);
        }
    }

    fn keep_range(&mut self, range: Range<usize>) {
        match self.kept.last_mut().filter(|last| last.end == range.start) {
            Some(last) => last.end = range.end,
            None if range.is_empty() => {}
            None => self.kept.push(range),
        }
    }

    /// The words of a part that a list has stay, and its numbers.
    pub fn keep_known(&mut self, part: &[u8], list: &Vocabulary) {
        self.keep_words(part, |word| list.contains(word) || is_amount_word(word));
    }

    /// The words of a part that are known stay, if no letter of them is spelled.
    pub fn keep_words(&mut self, part: &[u8], is_known: impl Fn(&[u8]) -> bool) {
        unspelled_words(part).filter(|word| is_known(word)).for_each(|word| self.keep(word));
    }

    /// Every word of a part gets a pseudonym.
    pub fn words(&mut self, part: &[u8], kind: Kind) {
        self.each_word(part, kind, |_| false);
    }

    /// Every word of a part in which a backslash begins an escape gets a pseudonym.
    pub fn quoted(&mut self, part: &[u8], kind: Kind) {
        let Some(range) = self.range_of(part) else { return };
        for unit in units(part) {
            let place = range.start + unit.range.start..range.start + unit.range.end;
            match unit.is {
                UnitKind::Word => self.words.push(Word { start: place.start, end: place.end, kind }),
                UnitKind::Letter => self.escapes.push(place),
                UnitKind::Mark => self.kept.push(place),
            }
        }
    }

    /// The words of a part that a list of words, blanks between, has stay; the others get pseudonyms.
    pub fn words_beside(&mut self, known: &str, part: &[u8], kind: Kind) {
        self.each_word(part, kind, |word| common::has(known, word));
    }

    /// A part within what stays is blanked.
    pub fn blank(&mut self, part: &[u8]) {
        if let Some(range) = self.range_of(part).filter(|range| !range.is_empty()) {
            self.blanks.push(range);
        }
    }

    /// Marks an address: `0x` and hexadecimal digits.
    pub fn address(&mut self, number: &[u8]) {
        self.addresses.extend(self.range_of(number));
    }

    /// Marks a number in digits that is no figure.
    pub fn number(&mut self, number: &[u8]) {
        self.numbers.extend(self.range_of(number));
    }

    /// Marks a varint that is no figure.
    pub fn varint(&mut self, varint: &[u8]) {
        self.varints.extend(self.range_of(varint));
    }

    /// What no mark names is to be blanked; in order.
    pub fn rest(&self) -> Vec<Range<usize>> {
        let mut covered: Vec<Range<usize>> = self.kept.clone();
        covered.extend(self.words.iter().map(|word| word.start..word.end));
        for more in [&self.addresses, &self.numbers, &self.escapes, &self.varints] {
            covered.extend(more.iter().cloned());
        }
        covered.order_by_key(|range| (range.start, range.end));
        let mut rest = Vec::new();
        let mut at = 0;
        for range in covered.into_iter().chain(std::iter::once(self.bytes.len()..self.bytes.len())) {
            let gap = at..range.start.max(at);
            if self.bytes.get(gap.clone()).is_some_and(|gap| gap.iter().any(|byte| is_word_byte(*byte))) {
                rest.push(gap);
            }
            at = at.max(range.end);
        }
        rest
    }

    /// The words of a part that are to be kept stay; the others get pseudonyms.
    fn each_word(&mut self, part: &[u8], kind: Kind, keep: impl Fn(&[u8]) -> bool) {
        let Some(range) = self.range_of(part) else { return };
        let mut spelled = spelled_letters(part).peekable();
        for word in words(part) {
            while spelled.next_if(|letter| letter.end <= word.start).is_some() {}
            let is_spelled = spelled.peek().is_some_and(|letter| letter.start < word.end);
            let place = range.start + word.start..range.start + word.end;
            if !is_spelled && part.get(word).is_some_and(&keep) {
                self.keep_range(place);
            } else {
                self.words.push(Word { start: place.start, end: place.end, kind });
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

/// The words of a text.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text.get(at..)?.iter().take_while(|byte| !is_word_byte(**byte)).count();
        let start = at;
        at += text.get(start..)?.iter().take_while(|byte| is_word_byte(**byte)).count();
        (at > start).then_some(start..at)
    })
}

/// The words of a text in which no letter is spelled.
fn unspelled_words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut spelled = spelled_letters(text).peekable();
    words(text).filter_map(move |word| {
        while spelled.next_if(|letter| letter.end <= word.start).is_some() {}
        let is_spelled = spelled.peek().is_some_and(|letter| letter.start < word.end);
        text.get(word).filter(|_| !is_spelled)
    })
}

/// Where a text spells a letter or digit: `%41` (URLs), `#101` (rsyslog), `\101`, `\x41`, `\u0041`.
fn spelled_letters(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let number = |start: usize, count: usize, radix: u32| {
        let digits = std::str::from_utf8(text.get(start..start + count)?).ok()?;
        digits
            .bytes()
            .all(|byte| char::from(byte).is_digit(radix))
            .then(|| u32::from_str_radix(digits, radix).ok())?
    };
    memchr::memchr3_iter(b'%', b'#', b'\\', text).filter_map(move |at| {
        let (length, code) = match text.get(at)? {
            b'%' => (3, number(at + 1, 2, 16)?),
            b'#' => (4, number(at + 1, 3, 8)?),
            _ => match escape(text.get(at..)?) {
                (length, Some(code)) => (length, code),
                _ => return None,
            },
        };
        let is_letter = code >= 0x80 || u8::try_from(code).is_ok_and(is_word_byte);
        is_letter.then_some(at..at + length)
    })
}

/// A part of a quoted text.
struct Unit {
    range: Range<usize>,
    is: UnitKind,
}

/// What a part of a quoted text is.
enum UnitKind {
    /// A run of letters and digits.
    Word,
    /// An escape that stands for a letter or digit.
    Letter,
    /// An escape that stands for anything else.
    Mark,
}

/// The words and escapes of a text in which a backslash begins an escape (JSON, Go, Prometheus).
fn units(text: &[u8]) -> impl Iterator<Item = Unit> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let byte = *text.get(at)?;
            if byte == b'\\' {
                let (length, code) = escape(text.get(at..)?);
                at += length;
                let is_letter =
                    code.is_some_and(|code| code >= 0x80 || u8::try_from(code).is_ok_and(is_word_byte));
                let is = if is_letter { UnitKind::Letter } else { UnitKind::Mark };
                return Some(Unit { range: start..at.min(text.len()), is });
            }
            if is_word_byte(byte) {
                at += text.get(start..)?.iter().take_while(|byte| is_word_byte(**byte)).count();
                return Some(Unit { range: start..at, is: UnitKind::Word });
            }
            at += 1;
        }
    })
}

/// The length of an escape, and the number of the character if it is spelled as one.
fn escape(text: &[u8]) -> (usize, Option<u32>) {
    let digits = |start: usize, count: usize, radix: u32| {
        let digits = std::str::from_utf8(text.get(start..start + count)?).ok()?;
        let is_all = digits.bytes().all(|byte| char::from(byte).is_digit(radix));
        is_all.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
    };
    let spelled = match text.get(1) {
        Some(b'u') => digits(2, 4, 16).map(|code| (6, code)),
        Some(b'U') => digits(2, 8, 16).map(|code| (10, code)),
        Some(b'x') => digits(2, 2, 16).map(|code| (4, code)),
        Some(b'0'..=b'7') => digits(1, 3, 8).map(|code| (4, code)),
        _ => None,
    };
    spelled.map_or((2, None), |(length, code)| (length, Some(code)))
}

/// Writes an `x` in place of the letter that an escape stands for.
pub fn blank_escape(escape: &mut [u8]) {
    let with: &[u8] = match escape.get(1) {
        Some(b'u') => b"\\u0078",
        Some(b'U') => b"\\U00000078",
        Some(b'x') => b"\\x78",
        _ => b"\\170",
    };
    if with.len() == escape.len() {
        escape.copy_from_slice(with);
    } else {
        blank_out(escape);
    }
}

/// Leaves only the length of a number: `4711` becomes `1000`.
pub fn blank_number(number: &mut [u8]) {
    let mut is_first = true;
    for byte in number.iter_mut().filter(|byte| byte.is_ascii_digit()) {
        *byte = if is_first { b'1' } else { b'0' };
        is_first = false;
    }
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
    for blank in marks.rest().into_iter().chain(marks.blanks) {
        blank_out(&mut bytes[blank]);
    }
    for word in &marks.words {
        bytes[word.start..word.end].fill(letter);
    }
    for address in marks.addresses {
        bytes[address].fill(b'#');
    }
    for number in marks.numbers {
        blank_number(&mut bytes[number]);
    }
    for escape in marks.escapes {
        blank_escape(&mut bytes[escape]);
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
        assert_eq!(words(r"a\nb\u00e9c\\d\"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn an_escape_is_one_sign() {
        let shown = |text| super::shown(text, b'*', |input, marks| marks.quoted(input.bytes, Kind::Label));
        assert_eq!(shown(r"a\u0026b\n\u0061c\x41\101"), r"*\u0026*\n\u0078*\x78\170");
    }

    #[test]
    fn a_spelled_letter_does_not_stay() {
        let shown = |text| super::shown(text, b'*', |input, marks| marks.keep_known(input.bytes, &KERNEL));
        assert_eq!(shown(r"anon 12 50% #012 \040"), r"anon 12 50% #012 \040");
        assert_eq!(shown(r"anon %61%62 #141 \141 \x61 \u0061"), r"anon %xx%xx #xxx \xxx \xxx \xxxxx");
        assert_eq!(super::shown("a%62c", b'*', |input, marks| marks.keep(input.bytes)), "a%xxc");
    }

    #[test]
    fn what_no_mark_names_is_blanked() {
        let shown = super::shown("usage 12 of acme", b'*', |input, marks| {
            marks.keep(&input.bytes[..8]);
            marks.words(&input.bytes[6..8], Kind::Name);
        });
        assert_eq!(shown, "usage ** xx xxxx");
    }
}
