//! From the lines before the goroutines to one record of the crash.
//!
//! ```text
//! panic: first [recovered]                                  printpanics (runtime/panic.go)
//!         panic: cleanup: first
//! [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a30a3]
//! fatal error: all goroutines are asleep - deadlock!        throw, fatal
//! SIGABRT: abort                                            fatalsignal (runtime/signal_unix.go)
//! PC=0x40314e m=0 sigcode=18446744073709551610
//! signal arrived during cgo execution
//! ```
//! Go 1.6 and older print the signal's number (`[signal 0xb code=0x1 addr=0x0 pc=…]`).

use crate::evidence::crash::{CrashMessage, CrashRecord, PanicValue, SignalRecord};
use crate::evidence::goroutines::{PreambleKind, PreambleLine};

/// Numbers that Go 1.6 and older print instead of names, on Linux.
const NUMBERS: [(&str, &str); 4] =
    [("0xb", "SIGSEGV"), ("0x7", "SIGBUS"), ("0x8", "SIGFPE"), ("0xc0000005", "EXCEPTION_ACCESS_VIOLATION")];

/// The record of a preamble; `None` if it tells of no crash.
pub(super) fn record(preamble: &[PreambleLine]) -> Option<CrashRecord> {
    let mut record =
        CrashRecord { line: preamble.first().map_or(1, |line| line.line), ..CrashRecord::default() };
    let mut last = None;
    for line in preamble {
        if line.kind != PreambleKind::Continuation {
            last = Some(line.kind);
        }
        record.add(line, last);
    }
    record.panics.iter_mut().for_each(take_marks);
    let has_said = !record.panics.is_empty() || record.fatal.is_some() || record.signal.is_some();
    has_said.then_some(record)
}

/// The record of a test that timed out, of which only the timer's stack is in the text.
pub(super) fn timed_out(line: u64) -> CrashRecord {
    let text = "test timed out (the line with the timeout is not in the text)".to_owned();
    let panics = vec![PanicValue { text, is_recovered: false, is_repanicked: false, line }];
    CrashRecord { line, panics, ..CrashRecord::default() }
}

/// The record of a panic of which only the stack is in the text.
pub(super) fn headless(line: u64) -> CrashRecord {
    let text = "its message is not in the text".to_owned();
    let panics = vec![PanicValue { text, is_recovered: false, is_repanicked: false, line }];
    CrashRecord { line, panics, ..CrashRecord::default() }
}

/// The record of a panic, or with `is_exit` of an end, that the program logged itself: `message` is the
/// line before its stack.
pub(super) fn logged(message: Option<(&str, u64)>, header_line: u64, is_exit: bool) -> CrashRecord {
    let panics = message
        .map(|(text, line)| PanicValue {
            text: text.to_owned(),
            is_recovered: !is_exit,
            is_repanicked: false,
            line,
        })
        .into_iter()
        .collect();
    CrashRecord {
        line: header_line,
        panics,
        is_recovered: !is_exit,
        is_logged_exit: is_exit,
        ..CrashRecord::default()
    }
}

/// `[recovered]` and its kin stand at the end of a value's last line.
fn take_marks(panic: &mut PanicValue) {
    for (mark, is_repanicked) in [("[recovered, repanicked]", true), ("[recovered]", false)] {
        if let Some(text) = panic.text.strip_suffix(mark) {
            panic.text = text.trim_end().to_owned();
            panic.is_recovered = true;
            panic.is_repanicked = is_repanicked;
        }
    }
}

trait Add {
    fn add(&mut self, line: &PreambleLine, continued: Option<PreambleKind>);
}

impl Add for CrashRecord {
    fn add(&mut self, line: &PreambleLine, continued: Option<PreambleKind>) {
        let text = line.text.trim();
        match line.kind {
            PreambleKind::Panic => add_panic(self, text, line.line),
            PreambleKind::Recovered => {
                self.is_recovered = true;
                let message = text.split_once(super::preamble::SERVING).map_or(text, |(_, rest)| rest);
                let value = message.split_once(": ").map_or(message, |(_, value)| value);
                self.panics.push(PanicValue {
                    text: value.to_owned(),
                    is_recovered: true,
                    is_repanicked: false,
                    line: line.line,
                });
            }
            PreambleKind::FatalError => {
                let starts = ["fatal error: ", "fatal: ", "error: "];
                let text = starts.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
                // Threads that fail at once print the message once each.
                let message = CrashMessage { text: text.to_owned(), line: line.line };
                self.fatal.get_or_insert(message);
            }
            PreambleKind::Signal => add_signal(self.signal.get_or_insert_default(), text, line.line),
            PreambleKind::Runtime => {
                self.remarks.push(CrashMessage { text: text.to_owned(), line: line.line });
            }
            PreambleKind::Continuation => {
                let message = match continued {
                    Some(PreambleKind::FatalError) => self.fatal.as_mut().map(|fatal| &mut fatal.text),
                    _ => self.panics.last_mut().map(|panic| &mut panic.text),
                };
                if let Some(message) = message {
                    message.push('\n');
                    message.push_str(text);
                }
            }
        }
    }
}

fn add_panic(record: &mut CrashRecord, text: &str, line: u64) {
    let Some(value) = text.strip_prefix("panic: ") else {
        // The mark of a value that ends in a line end.
        if let Some(panic) = record.panics.last_mut() {
            panic.text.push_str(text);
        }
        return;
    };
    record.panics.push(PanicValue {
        text: value.to_owned(),
        is_recovered: false,
        is_repanicked: false,
        line,
    });
}

fn add_signal(signal: &mut SignalRecord, text: &str, line: u64) {
    if text.starts_with("signal arrived ") {
        signal.is_in_cgo = true;
        return;
    }
    if text.starts_with("PC=") {
        // Only what a signal ended prints it so.
        signal.is_fatal |= text.contains(" m=");
        signal.line = if signal.line == 0 { line } else { signal.line };
        return read_fields(signal, text);
    }
    if signal.line == 0 {
        signal.line = line;
    }
    if let Some(inner) = text.strip_prefix("[signal ") {
        let end = inner.find([':', ' ']).unwrap_or(inner.len());
        signal.name = name(inner.get(..end).unwrap_or(inner));
        return read_fields(signal, inner.trim_end_matches(']'));
    }
    signal.is_fatal = true;
    if let Some(inner) = text.strip_prefix("Exception ") {
        let mut words = inner.split(' ');
        signal.name = name(words.next().unwrap_or_default());
        signal.address = words.nth(1).and_then(number).map(i64::cast_unsigned);
        return;
    }
    let end = text.find(':').unwrap_or(text.len());
    signal.name = name(text.get(..end).unwrap_or(text));
}

fn name(text: &str) -> String {
    let known = NUMBERS.iter().find(|(number, _)| *number == text).map(|(_, name)| *name);
    match known {
        Some(name) => name.to_owned(),
        None if text.starts_with("0x") => format!("signal {text}"),
        None => text.to_owned(),
    }
}

/// `code=0x1 addr=0x0 pc=0x4a30a3`, `PC=0x1 m=0 sigcode=1 addr=0x0`.
fn read_fields(signal: &mut SignalRecord, text: &str) {
    for (key, value) in text.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
        let value = number(value);
        match key {
            "code" | "sigcode" => signal.code = value,
            "addr" => signal.address = value.map(i64::cast_unsigned),
            "pc" | "PC" => signal.pc = value.map(i64::cast_unsigned),
            _ => {}
        }
    }
}

/// A number as the runtime prints it: negative ones come as unsigned.
fn number(text: &str) -> Option<i64> {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    Some(value.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::super::preamble;
    use super::*;

    fn read(text: &str) -> CrashRecord {
        let mut lines = Vec::new();
        let mut in_message = false;
        for (number, line) in (1..).zip(text.lines()) {
            let kind = preamble::kind(line.as_bytes(), in_message).unwrap();
            in_message = preamble::is_message(kind);
            preamble::push(&mut lines, kind, line.as_bytes(), number);
        }
        record(&lines).unwrap()
    }

    fn panics(text: &str) -> Vec<(String, bool, bool)> {
        read(text).panics.into_iter().map(|p| (p.text, p.is_recovered, p.is_repanicked)).collect()
    }

    #[test]
    fn panics_of_a_chain_come_in_the_order_in_which_they_were_raised() {
        let row = |text: &str, recovered, repanicked| (text.to_owned(), recovered, repanicked);
        assert_eq!(
            panics("panic: first [recovered]\n\tpanic: cleanup: first"),
            [row("first", true, false), row("cleanup: first", false, false)]
        );
        assert_eq!(panics("panic: first [recovered, repanicked]"), [row("first", true, true)]);
        assert_eq!(
            panics("panic: a\nsecond line [recovered]\n\tpanic: b"),
            [row("a\nsecond line", true, false), row("b", false, false)]
        );
    }

    #[test]
    fn signals_of_all_forms_give_code_and_address() {
        let signal = |text: &str| read(text).signal.unwrap();
        let of_panic =
            signal("panic: x\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a]");
        assert_eq!(
            (of_panic.name.as_str(), of_panic.code, of_panic.address),
            ("SIGSEGV", Some(1), Some(0x18))
        );
        assert!(!of_panic.is_fatal);
        let old = signal("panic: x\n[signal 0xb code=0x1 addr=0x0 pc=0x4a]");
        assert_eq!((old.name.as_str(), old.address), ("SIGSEGV", Some(0)));
        let abort = signal(
            "SIGABRT: abort\nPC=0x7f m=0 sigcode=18446744073709551610\nsignal arrived during cgo execution",
        );
        assert_eq!((abort.name.as_str(), abort.code, abort.is_in_cgo), ("SIGABRT", Some(-6), true));
        let windows = signal("Exception 0xc0000005 0x1 0x10 0x4a");
        assert_eq!((windows.name.as_str(), windows.address), ("EXCEPTION_ACCESS_VIOLATION", Some(0x10)));
    }
}
