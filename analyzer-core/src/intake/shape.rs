//! The shape of what a log puts before its lines: digits, times and levels
//! differ from line to line, all else is the same.

/// One part of a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    /// This byte.
    Byte(u8),
    /// One digit or more.
    Digits,
    /// One blank or more.
    Blanks,
    /// A level, a month, a day or an output: one word of a list.
    Word(&'static [&'static str]),
    /// A level with blanks behind it, this wide together.
    Padded(usize),
}

const LEVELS: &[&str] = &[
    "CRITICAL", "WARNING", "Warning", "warning", "NOTICE", "DEFAULT", "notice", "INFO", "WARN", "ERROR",
    "DEBUG", "FATAL", "TRACE", "PANIC", "DPANIC", "ALERT", "info", "warn", "error", "debug", "fatal",
    "trace", "panic", "Info", "Warn", "Error", "Debug", "Fatal", "INF", "WRN", "ERR", "DBG", "FTL", "PNC",
    "crit", "err", "emerg",
];
const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const OUTPUTS: &[&str] = &["stdout", "stderr"];
/// CRI's mark: the line is whole, or goes on in the next.
const MARKS: &[&str] = &["F", "P"];
const LISTS: [&[&str]; 4] = [LEVELS, MONTHS, DAYS, OUTPUTS];

/// Parts of a prefix that are left where its start was cut off, at least.
const LEAST_PARTS: usize = 3;

/// Where a line's own text starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub at: usize,
    /// The line goes on in the next.
    pub goes_on: bool,
}

/// A shape that lines are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    parts: Vec<Part>,
    /// Parts up to the blanks at the end, which a terminal or an editor may have taken away.
    needed: usize,
}

impl Shape {
    /// The shape of one prefix.
    pub fn of(prefix: &[u8]) -> Self {
        let mut parts = Vec::new();
        let blanks = prefix.iter().rev().take_while(|byte| is_blank(**byte)).count();
        let (body, tail) = prefix.split_at(prefix.len() - blanks);
        let mut rest = body;
        while let Some(&byte) = rest.first() {
            let run = |is: fn(u8) -> bool| rest.iter().take_while(|byte| is(**byte)).count().max(1);
            let (part, length) = if byte.is_ascii_digit() {
                (Part::Digits, run(|byte| byte.is_ascii_digit()))
            } else if is_blank(byte) {
                (Part::Blanks, run(is_blank))
            } else if byte.is_ascii_alphabetic() {
                let length = run(|byte| byte.is_ascii_alphabetic());
                let word = rest.get(..length).unwrap_or_default();
                let is_mark = parts.iter().rev().nth(1) == Some(&Part::Word(OUTPUTS));
                let lists = LISTS.iter().chain(is_mark.then_some(&MARKS));
                match lists.into_iter().find(|list| list.iter().any(|known| known.as_bytes() == word)) {
                    Some(list) => (Part::Word(list), length),
                    None => {
                        parts.extend(word.iter().map(|byte| Part::Byte(*byte)));
                        rest = rest.get(length..).unwrap_or_default();
                        continue;
                    }
                }
            } else {
                (Part::Byte(byte), 1)
            };
            // A padded level: the column is as wide as the longest.
            if part == Part::Word(LEVELS) && length == rest.len() && tail.len() > 1 {
                parts.push(Part::Padded(length + tail.len()));
                let needed = parts.len();
                return Self { parts, needed };
            }
            parts.push(part);
            rest = rest.get(length..).unwrap_or_default();
        }
        let needed = parts.len();
        parts.extend(tail.iter().map(|byte| Part::Byte(*byte)));
        Self { parts, needed }
    }

    /// Where a line of this shape has its own text; `None` if it is of another.
    pub fn cut(&self, line: &[u8]) -> Option<Cut> {
        let mut rest = line;
        let mut goes_on = false;
        for (index, part) in self.parts.iter().enumerate() {
            if rest.is_empty() && index >= self.needed && self.needed > 0 {
                break;
            }
            let length = match part {
                Part::Byte(byte) => usize::from(rest.first() == Some(byte)),
                Part::Digits => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
                Part::Blanks => rest.iter().take_while(|byte| is_blank(**byte)).count(),
                Part::Word(list) => {
                    let word = word_of(rest, list)?;
                    goes_on |= *list == MARKS && word == "P";
                    word.len()
                }
                Part::Padded(width) => {
                    let length = word_of(rest, LEVELS)?.len();
                    let blanks = rest.get(length..)?.iter().take_while(|byte| is_blank(**byte)).count();
                    length + blanks.min(width.saturating_sub(length))
                }
            };
            if length == 0 {
                return None;
            }
            rest = rest.get(length..)?;
        }
        Some(Cut { at: line.len() - rest.len(), goes_on })
    }

    /// True for a prefix whose start was cut off: what is left is the end of one of this shape.
    pub fn is_end(&self, prefix: &[u8]) -> bool {
        let letters = prefix.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let last = self.parts.len().saturating_sub(LEAST_PARTS);
        (1..=last).any(|first| {
            let parts = self.parts.get(first..).unwrap_or_default().to_vec();
            let end = Self { needed: self.needed.saturating_sub(first), parts };
            let is_whole = |text: &[u8]| end.cut(text).is_some_and(|cut| cut.at == text.len());
            is_whole(prefix) || prefix.get(letters..).is_some_and(is_whole)
        })
    }

    /// True if the two differ in their last part alone: a mark that tells first lines from the others.
    pub fn is_sibling(&self, other: &Self) -> bool {
        let but_last = |parts: &[Part]| parts.len().checked_sub(1).filter(|length| *length > 0);
        let (Some(a), Some(b)) = (but_last(&self.parts), but_last(&other.parts)) else { return false };
        self.parts.get(..a) == other.parts.get(..b)
    }

    /// Parts that it is made of: longer shapes say more.
    pub fn length(&self) -> usize {
        self.parts.len()
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn word_of(rest: &[u8], list: &[&'static str]) -> Option<&'static str> {
    list.iter().copied().find(|word| {
        rest.starts_with(word.as_bytes())
            && rest.get(word.len()).is_none_or(|byte| !byte.is_ascii_alphabetic())
    })
}

/// True if a word of a prefix says when or how bad, not who.
pub(super) fn is_moment(word: &[u8]) -> bool {
    let letters = word.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let bare = word.strip_suffix(b":").unwrap_or(word);
    let is_known =
        LISTS.iter().take(3).chain([&MARKS]).any(|list| list.iter().any(|known| known.as_bytes() == bare));
    // `T42]`: the thread that called printk.
    let is_caller = matches!(word, [b'T' | b'C', digits @ .., b']'] if digits.iter().all(u8::is_ascii_digit));
    // `2026-11-20T20:03:00Z`.
    let is_time = digits >= 8 && word.iter().all(|byte| !byte.is_ascii_alphabetic() || b"TZ".contains(byte));
    is_known
        || (digits > 0 && letters <= 1 && !is_caller)
        || is_time
        || memchr::memmem::find(word, b".go:").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'a>(prefix: &str, line: &'a str) -> Option<&'a str> {
        Shape::of(prefix.as_bytes()).cut(line.as_bytes()).map(|cut| &line[cut.at..])
    }

    #[test]
    fn times_and_levels_differ_within_one_shape() {
        let cri = "2026-11-20T20:03:00.000548000Z stderr F ";
        assert_eq!(cut(cri, "2027-01-02T03:04:05.1Z stdout F \t/srv"), Some("\t/srv"));
        assert_eq!(cut(cri, "2027-01-02T03:04:05.1Z stdout F"), Some(""));
        assert_eq!(cut(cri, "main.main()"), None);
        assert!(Shape::of(cri.as_bytes()).cut(b"2027-01-02T03:04:05.1Z stdout P half").unwrap().goes_on);
        let padded = "2026-11-20 20:03:00.123  ERROR     ";
        assert_eq!(cut(padded, "2026-11-20 20:03:01.000  INFO      \t/srv"), Some("\t/srv"));
        assert_eq!(cut("Nov 20 20:03:00 host shop[1]: ", "Dec  2 00:00:00 host shop[1]: x"), Some("x"));
    }

    #[test]
    fn blanks_at_the_end_are_exact() {
        assert_eq!(cut("> ", "> \t/srv"), Some("\t/srv"));
        assert_eq!(cut("   ", "     x"), Some("  x"));
        assert_eq!(cut("   ", ""), None);
    }
}
