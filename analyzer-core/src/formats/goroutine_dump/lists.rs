//! Goroutines as other tools list them, each line in the words of a dump.
//!
//! ```text
//! [Goroutine 7 in state chan receive, with main.f on top of the stack:         goleak
//! * Goroutine 33 - User: /srv/hub.go:41 main.f (0x4b0dc6) [sync.Mutex.Lock]    Delve
//!    0  0x00000000004368e7 in runtime.gopark                                   Delve, goroutines -t
//!       at /usr/local/go/src/runtime/proc.go:381
//! ```
//! Delve's number in the brackets is a time of the runtime's own clock, no
//! length of a wait. Goleak of earlier versions prints whole headers: that is a dump.

use super::text::TextLine;
use super::{frame, stacks};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::{Line, Lines};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::redaction::{Kind, Marks, Vocabulary};
use crate::formats::tables::has_header;
use crate::formats::{Content, Facts, Format, Probe, Sniff};

pub(super) const FORMAT: Format = Format {
    name: "goroutine-list",
    label: "Goroutine list of Delve or goleak",
    content: Content::Document,
    sniff,
    parse,
    secrets,
};

/// What a line says of a goroutine.
struct Entry<'a> {
    goid: u64,
    state: &'a str,
    /// Function and place of the frame that Delve shows; goleak prints the stack.
    frame: Option<(&'a str, &'a str)>,
}

fn entry(text: &str) -> Option<Entry<'_>> {
    let rest = text.trim_start_matches(['*', '[', ' ', '\t']).strip_prefix("Goroutine ")?;
    let (goid, rest) = rest.split_once(' ')?;
    let goid = goid.parse().ok()?;
    if let Some(rest) = rest.strip_prefix("in state ") {
        let state = rest.split_once(", with ")?.0;
        return Some(Entry { goid, state, frame: None });
    }
    let (_, place) = rest.split_once("- ")?.1.split_once(": ")?;
    // A folder may hold blanks: the file ends with its line. Each colon is looked at once, and its digits.
    let (file, rest) = place.match_indices(':').find_map(|(at, _)| {
        let after = place.get(at + 1..)?;
        let (line, rest) = after.split_at_checked(after.find(|c: char| !c.is_ascii_digit())?)?;
        let is_line = line.parse::<u32>().is_ok() && rest.starts_with(' ');
        is_line.then(|| place.split_at_checked(at + 1 + line.len())).flatten()
    })?;
    let rest = rest.trim_start();
    let function = rest.split(" (0x").next()?;
    let state = rest.rsplit_once('[').map(|(_, state)| state.trim_end_matches(']'));
    // `chan receive 24`, `select 457422h31m13.6077414s`: a time of the runtime's own clock.
    let state = state.map(|state| match state.rsplit_once(' ') {
        Some((state, time)) if time.starts_with(|c: char| c.is_ascii_digit()) => state,
        _ => state,
    });
    // Without a wait reason it was on a thread, or could have been.
    let state = state.filter(|state| !state.is_empty());
    let idle = if rest.contains("(thread ") { "running" } else { "runnable" };
    Some(Entry { goid, state: state.unwrap_or(idle), frame: Some((function, file)) })
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, |text| entry(text).is_some()) { Sniff::ByContent } else { Sniff::No }
}

fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut lister =
        Lister { reader: stacks::Reader::new(evidence, &mut facts.notes, input.source), shown: None };
    let mut listed: u64 = 0;
    for line in Lines::new(input.bytes) {
        listed += u64::from(lister.line(&line));
    }
    lister.flush();
    let dumps = lister.reader.finish(b"\n", None);
    if listed == 0 || dumps.is_empty() {
        let message = "no line of the form \"Goroutine 1 - User: FILE:LINE FUNCTION\" or \"Goroutine 1 in state STATE, with\"";
        return Err(ParseError::new(ErrorKind::Unrecognized, Position::line(1), "goroutine list", message));
    }
    facts.kind = Some("goroutine-debug2".to_owned());
    for dump in dumps {
        evidence.goroutines.dumps.push(dump);
    }
    Ok(())
}

/// Puts the lines into a dump's words.
struct Lister<'e, 'a> {
    reader: stacks::Reader<'e>,
    /// The frame that Delve shows beside the goroutine: its stack, if none follows.
    shown: Option<(&'a str, &'a str, u64)>,
}

impl<'a> Lister<'_, 'a> {
    /// Takes a line; true if a goroutine begins there.
    fn line(&mut self, line: &Line<'a>) -> bool {
        let text = line.text().trim();
        if let Some(entry) = entry(text) {
            self.flush();
            if entry.frame.is_none() {
                self.reader.said_leaked(line.number);
            }
            self.give(format!("goroutine {} [{}]:", entry.goid, entry.state).as_bytes(), line.number);
            self.shown = entry.frame.map(|(function, place)| (function, place, line.number));
            return true;
        }
        let delves = text.split_once(" in ").filter(|(before, _)| before.contains("0x"));
        if let Some((_, function)) = delves {
            self.shown = None;
            self.give(format!("{function}()").as_bytes(), line.number);
        } else if let Some(place) = text.strip_prefix("at ") {
            self.give(format!("\t{place}").as_bytes(), line.number);
        } else if frame::file_line(text.as_bytes()).is_some() {
            self.give(format!("\t{text}").as_bytes(), line.number);
        } else if frame::function(text.as_bytes()).is_some() || text.starts_with("created by ") {
            self.give(text.as_bytes(), line.number);
        }
        false
    }

    /// The shown frame of a goroutine without a stack.
    fn flush(&mut self) {
        if let Some((function, place, number)) = self.shown.take() {
            self.give(format!("{function}()").as_bytes(), number);
            self.give(format!("\t{place}").as_bytes(), number);
        }
    }

    fn give(&mut self, bytes: &[u8], number: u64) {
        self.reader.line(TextLine { number, bytes, is_last_unended: false });
    }
}

/// Keeps states, functions and places; the folders of source files go.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let mut function: &[u8] = b"";
    let mut lines = Lines::new(input.bytes).peekable();
    while let Some(line) = lines.next() {
        let text = line.text().trim();
        let next = lines.peek().map_or("", |next| next.text().trim());
        let is_placed = frame::file_line(next.strip_prefix("at ").unwrap_or(next).as_bytes()).is_some();
        let place = text.strip_prefix("at ").unwrap_or(text);
        if let Some(entry) = entry(text) {
            let shown = entry.frame.unwrap_or_default();
            if let Some((name, place)) = entry.frame {
                function = name.as_bytes();
                marks.keep(function);
                self::place(place, function, marks);
            }
            let end = [shown.1, shown.0]
                .into_iter()
                .find(|part| !part.is_empty())
                .map_or(text.len(), |part| offset(text, part));
            known(text.get(..end).unwrap_or_default(), marks);
            let after = if shown.0.is_empty() { text.len() } else { offset(text, shown.0) + shown.0.len() };
            known(text.get(after..).unwrap_or_default(), marks);
        } else if frame::file_line(place.as_bytes()).is_some() {
            known(text.get(..text.len() - place.len()).unwrap_or_default(), marks);
            self::place(place, function, marks);
        } else if let Some((before, name)) =
            text.split_once(" in ").filter(|(before, _)| is_placed && before.contains("0x"))
        {
            function = name.as_bytes();
            known(before, marks);
            marks.keep(text.get(before.len()..).unwrap_or_default().as_bytes());
        } else if let Some(name) = frame::function(text.as_bytes()).filter(|_| is_placed) {
            function = name;
            marks.keep(name);
            marks.words(text.as_bytes().get(name.len()..).unwrap_or_default(), Kind::Argument);
        } else if let Some((name, _)) = frame::created_by(text.as_bytes()).filter(|_| is_placed) {
            marks.keep(name);
            known(text.get(..11).unwrap_or_default(), marks);
            known(text.get(11 + name.len()..).unwrap_or_default(), marks);
        } else if text.starts_with("(dlv) ") || text.ends_with(" goroutines]") {
            known(text, marks);
        }
    }
    Ok(())
}

fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len())
}

/// Keeps the words of these lists and of states, and numbers.
fn known(text: &str, marks: &mut Marks<'_>) {
    marks.keep_known(text.as_bytes(), &LISTED);
}

static LISTED: Vocabulary = Vocabulary::new(|| {
    "Goroutine in state with on top of the stack User thread dlv goroutines created by goroutine at in chan receive send \
     select sync Mutex Lock RWMutex RLock Cond Wait WaitGroup semacquire sleep IO wait syscall running runnable no cases nil \
     GC worker idle finalizer force gc sweep scavenge wait timer preempted coroutine"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

/// Marks `FILE:LINE`, with what follows it.
fn place(text: &str, function: &[u8], marks: &mut Marks<'_>) {
    let Some(line) = frame::file_line(text.as_bytes()) else { return };
    marks.source_file(line.file, function);
    let rest = text.as_bytes().get(line.file.len()..).unwrap_or_default();
    for word in rest.split(|&byte| byte == b' ') {
        let bare = word.strip_prefix(b":").unwrap_or(word);
        let is_line = bare.iter().all(u8::is_ascii_digit);
        let is_offset = word
            .strip_prefix(b"+0x")
            .is_some_and(|digits| digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit));
        if is_line || is_offset {
            marks.keep(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::session::Session;

    fn report(text: &str) -> Report {
        let mut session = Session::default();
        session.add("paste.txt", text.as_bytes().to_vec());
        session.report()
    }

    /// State, count and some frame of each group.
    fn groups(report: &Report) -> Vec<(String, u64)> {
        let goroutines = report.goroutines.as_ref().expect("goroutines");
        let mut groups: Vec<(String, u64)> = goroutines
            .groups
            .iter()
            .map(|group| (group.state.clone(), group.counts.iter().copied().max().unwrap_or(0)))
            .collect();
        groups.sort();
        groups
    }

    #[test]
    fn delves_list_is_a_dump_without_lengths_of_waits() {
        let list = "(dlv) goroutines\n  Goroutine 1 - User: /srv/app/main.go:31 main.main (0x4b0f31) [chan receive 2460000000000]\n* Goroutine 33 - User: /srv/app/hub.go:41 example.com/shop/hub.(*Hub).Broadcast (0x4b0dc6) (thread 4021) [sync.Mutex.Lock]\n[2 goroutines]\n";
        let with_stacks = "  Goroutine 1 - User: /srv/app/main.go:31 main.main (0x4b0f31) [chan receive 24]\n\t 0  0x00000000004368e7 in runtime.gopark\n\t    at /usr/local/go/src/runtime/proc.go:381\n\t 1  0x00000000004b0f31 in main.main\n\t    at /srv/app/main.go:31\n  Goroutine 33 - User: /srv/app/hub.go:41 example.com/shop/hub.(*Hub).Broadcast (0x4b0dc6) [sync.Mutex.Lock]\n\t 0  0x00000000004b0dc6 in example.com/shop/hub.(*Hub).Broadcast\n\t    at /srv/app/hub.go:41\n";
        for text in [list, with_stacks, &list.replace("(dlv) goroutines\n", "")] {
            let report = report(text);
            assert_eq!(report.sources[0].format.as_deref(), Some("goroutine-list"), "{text}");
            assert_eq!(groups(&report), [("chan receive".to_owned(), 1), ("sync.Mutex.Lock".to_owned(), 1)]);
        }
    }

    #[test]
    fn folders_with_blanks_and_times_with_units_are_read() {
        let line = |place: &str, state: &str| {
            format!("  Goroutine 56 - User: {place} main.run (0x7ff691f5c796) [{state}]\n")
        };
        for (place, state) in [
            ("c:/program files/go/src/runtime/proc.go:367", "select 457422h31m34.1108348s"),
            ("/srv/my app/main.go:31", "select 24"),
            ("/srv/app/main.go:31", "select"),
        ] {
            assert_eq!(groups(&report(&line(place, state))), [("select".to_owned(), 1)], "{place} {state}");
        }
    }

    #[test]
    fn a_long_line_of_blanks_colons_or_digits_is_looked_at_once() {
        for part in ["a ", ": ", ":1", "1", " :1:"] {
            let line = format!("* Goroutine 2 - User: {}", part.repeat(1 << 20));
            assert!(super::entry(&line).is_none(), "{part}");
        }
    }

    #[test]
    fn goleaks_list_is_a_dump() {
        let text = "--- FAIL: TestHub (0.45s)\n    leaks.go:78: found unexpected goroutines:\n        [Goroutine 20 in state chan send, with example.com/shop/hub.(*Hub).Broadcast on top of the stack:\n        example.com/shop/hub.(*Hub).Broadcast(0xc0000b4000)\n        \t/srv/app/hub.go:44 +0xb1\n        created by example.com/shop/hub.TestHub in goroutine 19\n        \t/srv/app/hub_test.go:22 +0x9f\n        ]\nFAIL\n";
        let report = report(text);
        assert_eq!(report.sources[0].format.as_deref(), Some("goroutine-list"));
        assert_eq!(groups(&report), [("chan send".to_owned(), 1)]);
        let found = report.findings.first().expect("the test says that it leaked");
        assert!(found.claim.contains("hub.go:44"), "{}", found.claim);
    }
}
