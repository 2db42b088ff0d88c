//! What a log puts before every line: times, hosts, levels, marks of quotes.
//!
//! No list of loggers: where a line of a capture is known for sure, what stands
//! before it shows the shape, and every line of that shape is cut there.

use std::hash::{Hash as _, Hasher as _};

use memchr::memmem;
use rustc_hash::FxHasher;

use super::anchors;
use super::marks::grepped;
use super::shape::{Cut, Shape, is_moment};
use super::streams::Streams;
use super::text::{Text, split_lines};
use crate::base::limits;
use crate::formats::goroutine_dump::lines as dump_line;
use crate::formats::oom_log;

/// Bytes of a prefix at most.
const PREFIX_BYTES: usize = 512;
/// Bytes at the start, and after each hit further down, from which shapes are learned.
const LEARNED_BYTES: usize = 64 << 10;
/// Hits further down.
const HITS: usize = 8;

/// Takes the prefixes off; `None` if there are none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    let shapes = Shapes::learn(&text.bytes)?;
    let mut streams = Streams::default();
    let mut is_first = true;
    for row in text.rows() {
        let Some((shape, cut)) = shapes.cut(row.bytes) else {
            if is_first && let Some(own) = shapes.cut_off(row.bytes) {
                is_first = false;
                streams.line(0, own, row.place);
                continue;
            }
            streams.piece(0, row.bytes, row.place);
            if row.is_ended {
                streams.end(0);
            }
            continue;
        };
        is_first = false;
        let (prefix, own) = row.bytes.split_at(cut.at);
        let key = writer(prefix);
        if shape.is_kernel
            && let Some(clock) = clock(prefix)
        {
            streams.piece(key, clock, row.place);
            streams.piece(key, b"] ", row.place);
        }
        // What a leak checker says of the goroutine is the test's, not the log's.
        if own.starts_with(b"goroutine ") && dump_line::says_leaked(prefix) {
            streams.piece(key, b"Leaked goroutine:", row.place);
            streams.end(key);
        }
        // What a handler says of the panic that it caught is the message of the stack.
        if own.starts_with(b"goroutine ") && dump_line::says_recovered(prefix) {
            streams.line(key, prefix, row.place);
        }
        streams.piece(key, own, row.place);
        if row.is_ended && !cut.goes_on {
            streams.end(key);
        }
    }
    Some(streams.finish())
}

/// Who wrote the line, as its prefix says: all words but times and levels.
pub(super) fn writer(prefix: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    for word in prefix.split(|byte| matches!(byte, b' ' | b'\t')) {
        if !word.is_empty() && !is_moment(word) {
            word.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// `[  200.000001` of a prefix: seconds since boot.
fn clock(prefix: &[u8]) -> Option<&[u8]> {
    memchr::memchr_iter(b'[', prefix).find_map(|at| {
        let inside = prefix.get(at + 1..)?;
        let length =
            inside.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'.')).count();
        let number = inside.get(..length)?.trim_ascii();
        let is_clock = number.contains(&b'.') && number.first().is_some_and(u8::is_ascii_digit);
        let end = at + 1 + length - (length - inside.get(..length)?.trim_ascii_end().len());
        is_clock.then(|| prefix.get(at..end))?
    })
}

/// A shape that was seen.
#[derive(Debug)]
struct Seen {
    shape: Shape,
    count: usize,
    /// The lines are the kernel's, whose clock is kept.
    is_kernel: bool,
    /// The first of its lines is a field of a document, if it stays the only one.
    is_field: bool,
}

/// The shapes of a text's prefixes.
#[derive(Debug, Default)]
struct Shapes {
    seen: Vec<Seen>,
    /// Before the first line of a panic, which prose may quote: taken if lines of a dump have nearly the same.
    crashes: Vec<Shape>,
}

impl Shapes {
    fn learn(bytes: &[u8]) -> Option<Self> {
        let mut shapes = Self::default();
        for find in [anchors::find, anchors::bare_place] {
            for part in samples(bytes) {
                let mut lines = split_lines(part).map(|(line, _)| line).peekable();
                let mut last: &[u8] = b"";
                while let Some(line) = lines.next() {
                    let next = lines.peek().copied();
                    shapes.add(line, [Some(last), next], find);
                    last = line;
                }
            }
            // Places of frames that lost their tabs are the last resort.
            if !shapes.seen.is_empty() {
                break;
            }
        }
        for shape in std::mem::take(&mut shapes.crashes) {
            let is_new = shapes.seen.iter().all(|seen| seen.shape != shape);
            if is_new && shapes.seen.iter().any(|seen| seen.shape.is_sibling(&shape)) {
                shapes.seen.push(Seen { shape, count: 1, is_kernel: false, is_field: false });
            }
        }
        // A writer of one line among fields is a field, too.
        shapes.seen.retain(|seen| !(seen.is_field && seen.count == 1));
        // A shape that says more first: an indent of four before one of two.
        shapes.seen.sort_by_key(|seen| std::cmp::Reverse((seen.shape.length(), seen.count)));
        (!shapes.seen.is_empty()).then_some(shapes)
    }

    /// Learns from one line; `around` are the lines before and after it.
    fn add(&mut self, line: &[u8], around: [Option<&[u8]>; 2], find: fn(&[u8]) -> Option<usize>) {
        if let Some(at) = anchors::crash(line).filter(|&at| at > 0 && at <= PREFIX_BYTES)
            && self.crashes.len() < limits::PREFIX_SHAPES
        {
            self.crashes.push(Shape::of(line.get(..at).unwrap_or_default()));
        }
        let at = container_runtime(line).or_else(|| find(line));
        let Some(at) = at.filter(|&at| at > 0 && at <= PREFIX_BYTES && grepped(line).is_none()) else {
            return;
        };
        let is_kernel = anchors::kernel(line) == Some(at);
        let prefix = line.get(..at).unwrap_or_default();
        if is_kernels_own(line, at, is_kernel) || opens_quote(prefix) {
            return;
        }
        // A message may quote a header; a dump goes on after it.
        let is_header = anchors::header(line) == Some(at);
        if is_header && !around[1].is_some_and(|next| goes_on(next, at)) {
            return;
        }
        let shape = Shape::of(prefix);
        if let Some(seen) = self.seen.iter_mut().find(|seen| seen.shape == shape) {
            seen.count += 1;
            seen.is_kernel |= is_kernel;
        } else if self.seen.len() < limits::PREFIX_SHAPES {
            let is_field = field(line).is_some_and(|(indent, name, start)| {
                start == at
                    && around
                        .into_iter()
                        .flatten()
                        .filter_map(field)
                        .any(|other| other.0 == indent && other.1 != name)
            });
            self.seen.push(Seen { shape, count: 1, is_kernel, is_field });
        }
    }

    /// The first line of a crash behind a prefix that lost its start, as the first line of a text may.
    fn cut_off<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let at = anchors::crash(line).filter(|&at| at > 0 && at <= PREFIX_BYTES)?;
        let prefix = line.get(..at)?;
        self.seen.iter().any(|seen| seen.shape.is_end(prefix)).then(|| line.get(at..))?
    }

    fn cut(&self, line: &[u8]) -> Option<(&Seen, Cut)> {
        self.seen.iter().find_map(|seen| Some((seen, seen.shape.cut(line)?)))
    }
}

/// Where the text starts behind `TIME stderr F `, which a container runtime (CRI) puts there.
fn container_runtime(line: &[u8]) -> Option<usize> {
    let head = line.get(..64).unwrap_or(line);
    let is_time = head.first().is_some_and(u8::is_ascii_digit) && head.contains(&b'T');
    [&b" stderr F "[..], b" stderr P ", b" stdout F ", b" stdout P "]
        .iter()
        .filter(|_| is_time)
        .find_map(|mark| Some(memmem::find(head, mark)? + mark.len()))
}

/// True if what follows a prefix stands in a string of a structured text, such as `"message": "`.
fn opens_quote(prefix: &[u8]) -> bool {
    let quotes = prefix.iter().filter(|byte| **byte == b'"').count();
    quotes % 2 == 1 || prefix.ends_with(b": '")
}

/// Indent and name of a field of YAML, `  message: text`, and where its text starts.
fn field(line: &[u8]) -> Option<(usize, &[u8], usize)> {
    let is_indent = |byte: &u8| matches!(byte, b' ' | b'-');
    let indent = line.iter().take_while(|byte| is_indent(byte)).count();
    let rest = line.get(indent..)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    let length = rest.iter().take_while(|byte| is_name(byte)).count();
    let (name, rest) = rest.split_at_checked(length)?;
    let is_field = length > 0 && rest.first() == Some(&b':') && rest.get(1).is_none_or(|byte| *byte == b' ');
    let blanks = rest.get(1..)?.iter().take_while(|byte| **byte == b' ').count();
    is_field.then_some((indent, name, indent + length + 1 + blanks))
}

/// True if the kernel log's own reader takes this prefix off: the kernel's clock, and what
/// `dmesg` and the journal put before it.
fn is_kernels_own(line: &[u8], at: usize, is_kernel: bool) -> bool {
    let prefix = line.get(..at).unwrap_or_default();
    let is_thread = |pair: &[u8]| matches!(pair, [b'T', b'0'..=b'9']);
    let is_clock = matches!(prefix.first(), Some(b'[' | b'<')) && !prefix.windows(2).any(is_thread);
    let is_journal = memmem::find(prefix, b" kernel: ").is_some();
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let (message, clock) = oom_log::prefix::strip(text);
    let is_stripped = text.trim_end().len().checked_sub(message.len()) == Some(at);
    (is_clock || is_journal) && is_stripped && (is_kernel || clock.is_some())
}

/// True if a line can follow a goroutine's header.
fn goes_on(next: &[u8], prefix: usize) -> bool {
    let next = next.trim_ascii_end();
    next.ends_with(b")")
        || memmem::find(next, b".go:").is_some()
        || memmem::find(next, b"goroutine running on other thread").is_some()
        || memmem::find(next.get(prefix.min(next.len())..).unwrap_or_default(), b"created by ").is_some()
}

/// Parts of a text from which shapes are learned, each from the start of a line.
fn samples(bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = vec![bytes.get(..LEARNED_BYTES).unwrap_or(bytes)];
    let mut after = LEARNED_BYTES;
    for needle in [&b"goroutine "[..], b" invoked oom-killer: ", b"#\t0x", b"# runtime.MemStats"] {
        for _ in 0..HITS {
            let Some(hit) = bytes.get(after..).and_then(|rest| memmem::find(rest, needle)) else { break };
            let hit = after + hit;
            let start =
                bytes.get(..hit).and_then(|head| memchr::memrchr(b'\n', head)).map_or(0, |end| end + 1);
            let end = bytes.len().min(start + LEARNED_BYTES);
            parts.extend(bytes.get(start..end));
            after = end;
        }
        after = LEARNED_BYTES;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        let text = peel(&Text::dropped(text.as_bytes()))?;
        Some(String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn lines_of_two_writers_are_taken_apart() {
        let text = "a | goroutine 1 [running]:\nb | goroutine 2 [select]:\na | main.main()\nb | main.f()\na | \t/m.go:1 +0x1\nb | \t/f.go:2 +0x2\n";
        let expected = "goroutine 1 [running]:\nmain.main()\n\t/m.go:1 +0x1\ngoroutine 2 [select]:\nmain.f()\n\t/f.go:2 +0x2\n";
        assert_eq!(peeled(text).unwrap(), expected);
    }

    #[test]
    fn a_prefix_that_changes_is_learned_from_every_line() {
        let text = "h shop x [1]: goroutine 1 [running]:\nh shop[1]: \t/m.go:1 +0x1\nh shop[1]: main.f()\nh shop x [1]: \n";
        assert_eq!(peeled(text).unwrap(), "goroutine 1 [running]:\n\t/m.go:1 +0x1\nmain.f()\n\n");
    }

    #[test]
    fn a_header_quoted_in_a_message_shows_no_shape() {
        assert_eq!(peeled("panic: saw goroutine 7 [running]:\n\ngoroutine 1 [running]:\nmain.f()\n"), None);
    }

    #[test]
    fn a_mark_of_first_lines_is_of_the_prefix() {
        let text = "F26 log.go:8 !panic: boom\nF26 log.go:8 +\nF26 log.go:8 +goroutine 1 [running]:\nF26 log.go:8 +main.f()\nF26 log.go:8 +\t/m.go:1 +0x1\n";
        assert_eq!(
            peeled(text).unwrap(),
            "panic: boom\n\ngoroutine 1 [running]:\nmain.f()\n\t/m.go:1 +0x1\n"
        );
    }

    #[test]
    fn the_kernels_clock_is_kept() {
        let text = "Z In(05) - Guest: <6>[  200.000001] svc invoked oom-killer: gfp\nZ In(05) - Guest: <6>[  200.000002] memory: usage 1kB\n";
        assert_eq!(
            peeled(text).unwrap(),
            "[  200.000001] svc invoked oom-killer: gfp\n[  200.000002] memory: usage 1kB\n"
        );
    }
}
