//! Stacks of Go as error trackers and old handlers print them: each call on one line,
//! in words of their own. They become calls and places as the runtime prints them.
//!
//! ```text
//! at main.(*Cart).Total (cart.go:88)                   Cloud Error Reporting
//! File "/srv/cart.go", line 88, in main.(*Cart).Total  Sentry
//! /srv/src/example.com/shop/cart.go:88                 HandleCrash of Kubernetes up to 1.10
//! ```
//! Sentry prints the outermost call first, or says so (`most recent call last`).

use super::text::{Builder, Row, Text};
use crate::base::limits;
use crate::formats::goroutine_dump::lines as dump_line;

/// Calls that follow one another, at least.
const LEAST_CALLS: usize = 2;
/// The same, where a line has a place and no name.
const LEAST_PLACES: usize = 3;
/// Bytes of a line that are looked at.
const LINE_BYTES: usize = 1024;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    name: Vec<u8>,
    place: Vec<u8>,
    dress: Dress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dress {
    At,
    File,
    Place,
}

/// The text with such stacks in the runtime's words; `None` if there are none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::PASTE_BYTES || memchr::memmem::find(&text.bytes, b".go").is_none() {
        return None;
    }
    let rows: Vec<Row<'_>> = text.rows().collect();
    let calls: Vec<Option<Call>> = rows.iter().map(|row| call(row.bytes)).collect();
    let mut out = Builder::with_capacity(text.bytes.len());
    let (mut index, mut found) = (0, 0);
    while let Some(row) = rows.get(index) {
        let run = run(&calls, index);
        let dress = calls.get(index).and_then(Option::as_ref).map(|call| call.dress);
        let is_said = || above(&rows, index).is_some_and(dump_line::says_recovered);
        let is_stack = match dress {
            None => false,
            Some(Dress::Place) => run >= LEAST_PLACES && is_said(),
            Some(Dress::At | Dress::File) => run >= LEAST_CALLS,
        };
        if !is_stack {
            // The rest of a run is no more of a stack than its start: each row is looked at once.
            let others = run.max(1);
            rows.iter().skip(index).take(others).for_each(|other| out.row(*other));
            index += others;
            continue;
        }
        found += 1;
        let mut stack: Vec<(&Call, &Row<'_>)> = calls
            .iter()
            .zip(&rows)
            .skip(index)
            .take(run)
            .filter_map(|(call, row)| Some((call.as_ref()?, row)))
            .collect();
        if dress == Some(Dress::File) && is_outermost_first(&stack, above(&rows, index)) {
            stack.reverse();
        }
        for (call, row) in stack {
            out.line(&[call.name.as_slice(), b"(...)"].concat(), row.place);
            out.line(&[b"\t", call.place.as_slice(), b" +0x0"].concat(), row.place);
        }
        out.line(b"", row.place);
        index += run;
    }
    (found > 0).then(|| out.finish())
}

/// How many calls of one dress follow from this row on.
fn run(calls: &[Option<Call>], index: usize) -> usize {
    let dress = |call: &Option<Call>| call.as_ref().map(|call| call.dress);
    let first = calls.get(index).and_then(dress);
    calls.iter().skip(index).take_while(|call| first.is_some() && dress(call) == first).count()
}

/// The line above that has something on it.
fn above<'t>(rows: &[Row<'t>], index: usize) -> Option<&'t [u8]> {
    let before = rows.get(..index)?.iter().rev().map(|row| row.bytes.trim_ascii());
    before.take(2).find(|line| !line.is_empty())
}

/// True if the last call is the innermost: the title says it, or the calls do.
fn is_outermost_first(stack: &[(&Call, &Row<'_>)], title: Option<&[u8]>) -> bool {
    let says = |words: &[u8]| title.is_some_and(|title| memchr::memmem::find(title, words).is_some());
    let is_runtimes = |call: Option<&(&Call, &Row<'_>)>| {
        call.is_some_and(|(call, _)| {
            call.name == b"panic" || call.name.starts_with(b"runtime.") || call.name.ends_with(b".func1")
        })
    };
    let is_entry = |call: Option<&(&Call, &Row<'_>)>| {
        call.is_some_and(|(call, _)| {
            [&b"main.main"[..], b"runtime.main", b"runtime.goexit", b"net/http.(*conn).serve"]
                .contains(&call.name.as_slice())
        })
    };
    says(b"most recent call last")
        || is_entry(stack.first())
        || (is_runtimes(stack.last()) && !is_entry(stack.last()) && !is_runtimes(stack.first()))
}

/// The call of a line.
fn call(line: &[u8]) -> Option<Call> {
    if line.len() > LINE_BYTES {
        return None;
    }
    let text = line.trim_ascii();
    if let Some(rest) = text.strip_prefix(b"at ") {
        // `at NAME (FILE:LINE)`.
        let open = memchr::memrchr(b'(', rest.strip_suffix(b")")?)?;
        let name = rest.get(..open)?.trim_ascii_end();
        let place = rest.get(open + 1..rest.len() - 1)?;
        return (is_name(name) && is_place(place)).then(|| Call {
            name: name.to_vec(),
            place: place.to_vec(),
            dress: Dress::At,
        });
    }
    if let Some(rest) = text.strip_prefix(b"File \"") {
        // `File "FILE", line N, in NAME`.
        let end = memchr::memchr(b'"', rest)?;
        let (file, rest) = (rest.get(..end)?, rest.get(end + 1..)?);
        let rest = rest.strip_prefix(b",").unwrap_or(rest).strip_prefix(b" line ")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at_checked(digits)?;
        let rest = rest.strip_prefix(b",").unwrap_or(rest);
        let name = rest.strip_prefix(b" in ")?.trim_ascii();
        let place = [file, b":", number].concat();
        return (is_name(name) && is_place(&place)).then(|| Call {
            name: name.to_vec(),
            place,
            dress: Dress::File,
        });
    }
    (text.first() == Some(&b'/') && is_place(text)).then(|| Call {
        name: unnamed(text),
        place: text.to_vec(),
        dress: Dress::Place,
    })
}

/// `main.(*Cart).Total`, `panic`: a function of Go.
fn is_name(name: &[u8]) -> bool {
    let is_word = !name.is_empty() && !name.iter().any(|byte| b" \t,;\"".contains(byte));
    is_word && (name == b"panic" || name.contains(&b'.')) && name.first().is_some_and(u8::is_ascii_alphabetic)
}

/// `cart.go:88`, `/usr/src/go/src/runtime/asm_amd64.s:402`.
fn is_place(place: &[u8]) -> bool {
    let Some(colon) = memchr::memrchr(b':', place) else { return false };
    let (file, line) = (place.get(..colon).unwrap_or_default(), place.get(colon + 1..).unwrap_or_default());
    let is_go = file.ends_with(b".go") || file.ends_with(b".s");
    is_go
        && !file.contains(&b' ')
        && !line.is_empty()
        && line.len() < 8
        && line.iter().all(u8::is_ascii_digit)
}

/// What a call is called of which only the place is printed: its package, and no function. What the
/// runtime raises a panic with is known by its file.
fn unnamed(place: &[u8]) -> Vec<u8> {
    let file = place.split(|byte| *byte == b':').next().unwrap_or_default();
    let ends = |ends: &[&[u8]]| ends.iter().any(|end| file.ends_with(end));
    if ends(&[b"/runtime/panic.go"]) {
        return b"panic".to_vec();
    }
    if ends(&[b"/runtime/sigpanic_unix.go", b"/runtime/signal_unix.go", b"/runtime/os_windows.go"]) {
        return b"runtime.sigpanic".to_vec();
    }
    let folder = memchr::memrchr(b'/', file).and_then(|end| file.get(..end)).unwrap_or_default();
    let package =
        memchr::memmem::rfind(folder, b"/src/").map_or(folder, |at| folder.get(at + 5..).unwrap_or(folder));
    let package = package.strip_prefix(b"/").unwrap_or(package);
    [package, b".?"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    const RUNTIMES: &str = "panic(...)\n\t/go/src/runtime/panic.go:975 +0x0\nmain.(*Cart).Total(...)\n\tcart.go:88 +0x0\nmain.main(...)\n\tmain.go:9 +0x0\n\n";

    #[test]
    fn calls_of_trackers_become_those_of_the_runtime() {
        for text in [
            "at panic (/go/src/runtime/panic.go:975)\nat main.(*Cart).Total (cart.go:88)\nat main.main (main.go:9)\n",
            "  File \"/go/src/runtime/panic.go\", line 975, in panic\n  File \"cart.go\", line 88, in main.(*Cart).Total\n  File \"main.go\", line 9, in main.main\n",
            "File \"main.go\" line 9 in main.main\nFile \"cart.go\" line 88 in main.(*Cart).Total\nFile \"/go/src/runtime/panic.go\" line 975 in panic\n",
        ] {
            assert_eq!(peeled(text).as_deref(), Some(RUNTIMES), "{text}");
        }
    }

    #[test]
    fn places_alone_are_a_stack_below_the_words_of_a_handler() {
        let places = "/usr/src/go/src/runtime/panic.go:387\n/usr/src/go/src/runtime/sigpanic_unix.go:26\n/go/src/example.com/shop/cart/cart.go:33\n";
        let said = format!(
            "E0114 19:35:37.737240    2596 util.go:82] Recovered from panic: \"nil\" (nil)\n{places}"
        );
        let text = peeled(&said).unwrap();
        assert!(
            text.contains("example.com/shop/cart.?(...)\n\t/go/src/example.com/shop/cart/cart.go:33 +0x0\n"),
            "{text}"
        );
        assert!(text.contains("panic(...)\n") && text.contains("runtime.sigpanic(...)\n"), "{text}");
        assert_eq!(peeled(places), None);
    }

    #[test]
    fn other_texts_stay() {
        for text in [
            "at java.util.HashMap.get (HashMap.java:88)\nat a.b (C.java:1)\n",
            "File \"a.py\", line 3, in main\nFile \"b.py\", line 4, in run\n",
            "at main.main (main.go:9)\n",
            "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:9 +0x1\n",
        ] {
            assert_eq!(peeled(text), None, "{text}");
        }
    }
}
