//! The two lines of a frame.
//!
//! ```text
//! main.(*T[...]).Wait(0x0?, {0x0?, 0x0?}, ...)        function and arguments
//!     /srv/apps/main.go:23 +0x18 fp=0x… sp=0x… pc=0x…   file, line, offset
//! ```
//! An inlined call prints `(...)` and no offset (runtime/traceback.go).

use std::borrow::Cow;

/// The function of a call line; `None` if the line is none.
pub(super) fn function(line: &[u8]) -> Option<&[u8]> {
    // Arguments hold no parentheses, so the last one opens them.
    let open = memchr::memrchr(b'(', line.strip_suffix(b")")?)?;
    let name = line.get(..open)?;
    let first = *name.first()?;
    let is_name = (first.is_ascii_alphabetic() || first == b'_' || first >= 0x80)
        && memchr::memchr2(b' ', b'\t', name).is_none();
    is_name.then_some(name)
}

/// A method's name with the `*` of its receiver, which Markdown takes for emphasis: `sync.(_Mutex).Lock`
/// and `sync.(Mutex).Lock` are of `sync.(*Mutex).Lock`. Go itself prints a receiver in brackets only with it.
pub(super) fn restored(name: &[u8]) -> Cow<'_, [u8]> {
    let Some(open) = memchr::memmem::find(name, b".(").map(|at| at + 2) else { return Cow::Borrowed(name) };
    let rest = name.get(open..).unwrap_or_default();
    let bare = rest.strip_prefix(b"_").unwrap_or(rest);
    let is_type = bare.first().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !is_type || memchr::memmem::find(bare, b").").is_none() {
        return Cow::Borrowed(name);
    }
    Cow::Owned([name.get(..open).unwrap_or_default(), b"*", bare].concat())
}

/// True if the compiler inlined the call of this call line.
pub(super) fn is_inlined(line: &[u8]) -> bool {
    line.ends_with(b"(...)")
}

/// Hexadecimal digits from which an argument is an address: lengths, flags and
/// small numbers have fewer.
const ADDRESS_DIGITS: usize = 6;

/// A fingerprint of addresses among a call's printed arguments, digit by digit;
/// [`Fingerprint::value`] is `None` if there were none. A value that may be stale
/// (`?`) counts too: what differs only in it is not taken for the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprint(Option<u32>);

impl Fingerprint {
    /// With one more address, as printed.
    pub(super) fn add(&mut self, number: &[u8]) {
        // FNV-1a.
        let add = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        self.0 = Some(number.iter().fold(self.0.unwrap_or(0x811c_9dc5), add));
    }

    /// Never 0.
    pub(super) fn value(self) -> Option<u32> {
        self.0.map(|hash| hash.max(1))
    }
}

/// A word of a call's printed arguments that is long enough to be an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// `0x` and its digits.
    pub digits: &'a [u8],
    /// True for the first argument: a method's receiver.
    pub is_first: bool,
    /// True if `?` follows: the value may be an old one (runtime/traceback.go, printArgs).
    pub is_inexact: bool,
}

impl Word<'_> {
    /// Its value; 0 if the digits are too many.
    pub(super) fn address(&self) -> u64 {
        let mut digits = self.digits.iter().skip(2).map(|&byte| char::from(byte).to_digit(16));
        let value = digits.try_fold(0_u64, |value, digit| Some(value.checked_mul(16)? | u64::from(digit?)));
        value.unwrap_or(0)
    }
}

/// The addresses among a call's printed arguments, with what is printed around them.
pub(super) fn words(arguments: &[u8]) -> impl Iterator<Item = Word<'_>> {
    addresses(arguments).map(move |digits| {
        let start = digits.as_ptr().addr() - arguments.as_ptr().addr();
        Word { digits, is_first: start == 1, is_inexact: arguments.get(start + digits.len()) == Some(&b'?') }
    })
}

/// Each address among a call's printed arguments: `0x` and its digits.
pub(super) fn addresses(arguments: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = arguments;
    let numbers = std::iter::from_fn(move || {
        let at = memchr::memmem::find(rest, b"0x")?;
        let number = rest.get(at..)?;
        let digits = number.iter().skip(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (number, after) = number.split_at_checked(2 + digits)?;
        rest = after;
        Some(number)
    });
    numbers.filter(|number| number.len() >= 2 + ADDRESS_DIGITS)
}

/// A file line, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileLine<'a> {
    pub file: &'a [u8],
    pub line: u32,
    /// True if an offset follows: the line is whole even if it is the last of a cut text.
    pub has_offset: bool,
}

/// Takes a file line apart, with or without its leading tab.
pub(super) fn file_line(line: &[u8]) -> Option<FileLine<'_>> {
    let text = line.trim_ascii();
    let (place, has_offset) = match offset_at(text) {
        Some(at) => (text.get(..at)?, true),
        None => (text, false),
    };
    let colon = memchr::memrchr(b':', place)?;
    let file = place.get(..colon).filter(|file| !file.is_empty())?;
    let digits = place.get(colon + 1..).filter(|digits| !digits.is_empty() && digits.len() <= 9)?;
    let line = digits.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })?;
    Some(FileLine { file, line, has_offset })
}

/// Where ` +0x…` or ` fp=0x…` starts.
fn offset_at(text: &[u8]) -> Option<usize> {
    // The offset is short; the registers behind it are only there in crash dumps.
    let mut end = text.len();
    let mut found = None;
    while let Some(space) = text.get(..end).and_then(|head| memchr::memrchr(b' ', head)) {
        let word = text.get(space + 1..end)?;
        let is_offset = [b"+0x".as_slice(), b"fp=0x", b"sp=0x", b"pc=0x"].iter().any(|p| word.starts_with(p));
        if !is_offset {
            break;
        }
        found = Some(space);
        end = space;
    }
    found.or_else(|| bare_offset(text)).or_else(|| {
        // The blank is lost where a text was read from a picture.
        let at = memchr::memmem::rfind(text, b"+0x")?;
        let is_number = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(u8::is_ascii_digit);
        is_number.then_some(at)
    })
}

/// Where `  0x1d` starts: an address of a page has a blank for a plus (`check.go:1915  0xe65`).
fn bare_offset(text: &[u8]) -> Option<usize> {
    let at = memchr::memmem::rfind(text, b"  0x")?;
    let digits = text.get(at + 4..)?;
    let is_place = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(u8::is_ascii_digit);
    let is_offset = !digits.is_empty() && digits.len() <= 8 && digits.iter().all(u8::is_ascii_hexdigit);
    (is_place && is_offset).then_some(at)
}

/// The creator of a `created by` line, and the goroutine that ran the `go` statement.
pub(super) fn created_by(line: &[u8]) -> Option<(&[u8], Option<u64>)> {
    let rest = line.strip_prefix(b"created by ")?.trim_ascii_end();
    let Some(at) = memchr::memmem::rfind(rest, b" in goroutine ") else { return Some((rest, None)) };
    let number = std::str::from_utf8(rest.get(at + b" in goroutine ".len()..)?).ok()?;
    Some((rest.get(..at)?, number.parse().ok()))
}

/// Blanks before a line of a terminal that did not go back to the first column.
const STAIR: usize = 8;

/// True for a line of a stack that begins in the column where the one before it ended: a terminal in raw mode.
pub(super) fn is_stair(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let is_call = || function(text).is_some_and(|name| name.contains(&b'.') || name.contains(&b'/'));
    line.len() - text.len() >= STAIR
        && (text.starts_with(b"created by ")
            || file_line(text).is_some_and(|place| place.has_offset)
            || is_call())
}

/// True for `...51 frames elided...` and `...additional frames elided...`.
pub(super) fn is_elision(line: &[u8]) -> bool {
    line.starts_with(b"...") && line.ends_with(b" frames elided...")
}

/// The C symbol or address of a frame that is no Go call: a line without
/// arguments whose place line follows, or `non-Go function at pc=…`.
pub(super) fn is_foreign_place(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    text.starts_with(b"pc=0x") || memchr::memmem::find(text, b" pc=0x").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(line: &str) -> Option<&str> {
        function(line.as_bytes()).and_then(|name| std::str::from_utf8(name).ok())
    }

    #[test]
    fn call_lines() {
        assert_eq!(name("main.main()"), Some("main.main"));
        assert_eq!(name("main.(*T[...]).Wait(0x0?, {0x0?, 0x0?}, ...)"), Some("main.(*T[...]).Wait"));
        assert_eq!(name("net/http.(*conn).serve(0xc0, {0x1, 0x2})"), Some("net/http.(*conn).serve"));
        assert_eq!(name("panic({0x52bfd0?, 0x48ced0?})"), Some("panic"));
        assert_eq!(name("main.größe(0x1)"), Some("main.größe"));
        for noise in ["2026/11/20 INFO done (5)", "done (5)", "main.main", "(x)", ""] {
            assert_eq!(name(noise), None, "{noise}");
        }
        assert!(is_inlined(b"main.f(...)") && !is_inlined(b"main.f(0x1, ...)"));
    }

    #[test]
    fn an_offset_may_have_a_blank_for_its_plus() {
        let of = |text: &str| {
            let place = file_line(text.as_bytes())?;
            Some((String::from_utf8_lossy(place.file).into_owned(), place.line, place.has_offset))
        };
        for (text, has_offset) in [
            ("check.go:1915  0xe65", true),
            ("\t  check.go:1915  0x1d", true),
            ("check.go:1915 +0xe65", true),
            ("check.go:1915", false),
        ] {
            assert_eq!(of(text), Some(("check.go".to_owned(), 1915, has_offset)), "{text}");
        }
        for text in ["see a.go  0x1", "a.go:7  0xzz", "a.go:7  0x"] {
            assert!(of(text).is_none_or(|(_, _, has_offset)| !has_offset), "{text}");
        }
    }

    #[test]
    fn receivers_get_back_what_markdown_took() {
        let of = |text: &str| String::from_utf8_lossy(&restored(text.as_bytes())).into_owned();
        for (text, name) in [
            ("sync.(_RWMutex).RLock", "sync.(*RWMutex).RLock"),
            ("sync.(Mutex).Lock", "sync.(*Mutex).Lock"),
            ("example.com/shop/hub.(_Hub).run.func1", "example.com/shop/hub.(*Hub).run.func1"),
            ("sync.(*Mutex).Lock", "sync.(*Mutex).Lock"),
            ("main.run", "main.run"),
            ("main.f.(x)", "main.f.(x)"),
        ] {
            assert_eq!(of(text), name);
        }
    }

    #[test]
    fn addresses_tell_objects_apart_and_numbers_do_not() {
        let of = |text: &str| {
            let mut all = Fingerprint::default();
            words(text.as_bytes()).for_each(|word| all.add(word.digits));
            all.value()
        };
        assert_eq!(of("(0xc000010000, 0x3)"), of("(0xc000010000, 0x4)"));
        assert_ne!(of("(0xc000010000, 0x3)"), of("(0xc000020000, 0x3)"));
        assert_ne!(of("({0x6663a5?, 0xc000054218?})"), of("({0x6663a5?, 0xc000054230?})"));
        assert_eq!(of("(...)"), None);
        assert_eq!(of("(0x1, 0x20?)"), None);
    }

    #[test]
    fn words_tell_the_receiver_and_what_may_be_old() {
        let of = |text: &str| -> Vec<(u64, bool, bool)> {
            words(text.as_bytes()).map(|word| (word.address(), word.is_first, word.is_inexact)).collect()
        };
        assert_eq!(
            of("(0xc000010000, {0x6663a5?, 0x3}, 0xc000054218)"),
            [(0xc0_0001_0000, true, false), (0x66_63a5, false, true), (0xc0_0005_4218, false, false)]
        );
        assert_eq!(of("(_, 0xc000010000?)"), [(0xc0_0001_0000, false, true)]);
        assert_eq!(of("(0x123456789abcdef01)"), [(0, true, false)]);
    }

    #[test]
    fn file_lines() {
        let parsed = |line: &str| {
            file_line(line.as_bytes())
                .map(|l| (String::from_utf8_lossy(l.file).into_owned(), l.line, l.has_offset))
        };
        assert_eq!(parsed("\t/app/a.go:54 +0x18"), Some(("/app/a.go".to_owned(), 54, true)));
        assert_eq!(parsed("\t/app/a.go:54"), Some(("/app/a.go".to_owned(), 54, false)));
        assert_eq!(
            parsed("\tC:/go src/a.go:5 +0x1 fp=0x2 sp=0x3 pc=0x4"),
            Some(("C:/go src/a.go".to_owned(), 5, true))
        );
        assert_eq!(parsed("\t/app/a.go:"), None);
        assert_eq!(parsed("\t/app/a.go"), None);
    }

    #[test]
    fn creators() {
        assert_eq!(
            created_by(b"created by main.run in goroutine 1"),
            Some((b"main.run".as_slice(), Some(1)))
        );
        assert_eq!(created_by(b"created by main.run"), Some((b"main.run".as_slice(), None)));
    }

    #[test]
    fn elisions_in_both_spellings() {
        assert!(is_elision(b"...51 frames elided..."));
        assert!(is_elision(b"...additional frames elided..."));
        assert!(!is_elision(b"... more"));
    }
}
