//! Reports of go-deadlock (sasha-s/go-deadlock): a lock that was waited for too long, or taken in a
//! wrong order. The goroutines that it prints below are read as those of any dump.
//!
//! ```text
//! POTENTIAL DEADLOCK:
//! Previous place where the lock was grabbed
//! goroutine 240 lock 0xc820160440
//! table.go:799 store.(*table).gc { t.mu.RLock() } <<<<<
//!
//! Have been trying to lock it again for more than 30s
//! goroutine 68 lock 0xc820160440
//! table.go:785 store.(*table).mutableRow { t.mu.Lock() } <<<<<
//! ```

use crate::base::convert::{to_u32, to_u64};
use crate::base::reader::Lines;
use crate::base::source::SourceId;
use crate::evidence::crash::{CrashMessage, CrashRecord, LOCK_CHECKER};
use crate::evidence::goroutines::{DumpForm, GoroutineDump};

const TITLE: &[u8] = b"POTENTIAL DEADLOCK:";
/// What it says behind the title of locks that are taken in a wrong order.
const KINDS: [&str; 3] = ["Recursive locking", "Inconsistent locking", "Duplicate locking"];
/// Bytes of a log before the title at most.
const PREFIX_BYTES: usize = 64;
const HELD: &str = "Previous place where the lock was grabbed";
const WANTED: &str = "Have been trying to lock it again for more than ";
/// Lines of a report that are looked at: what it says of the lock stands at its start.
const LINES: usize = 200;
/// Bytes of a place that are told.
const PLACE_BYTES: usize = 200;

/// True if a line of the text begins such a report.
pub(super) fn has_report(bytes: &[u8]) -> bool {
    title(bytes).is_some()
}

/// The line of the title.
fn title(bytes: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(bytes, TITLE)?;
    let start = memchr::memrchr(b'\n', bytes.get(..at)?).map_or(0, |end| end + 1);
    let before = bytes.get(start..at)?;
    let rest = bytes.get(at + TITLE.len()..)?.split(|byte| *byte == b'\n').next()?.trim_ascii();
    // It ends its line or says what kind it is of, and no sentence stands before it.
    let is_title = rest.is_empty() || KINDS.iter().any(|kind| rest.starts_with(kind.as_bytes()));
    let lines = memchr::memchr_iter(b'\n', bytes.get(..start)?).count();
    (is_title && before.len() <= PREFIX_BYTES).then(|| to_u64(lines) + 1)
}

/// One side of a report: the goroutine, its lock and the place in its code.
#[derive(Default)]
struct Side {
    goroutine: String,
    lock: String,
    place: String,
}

impl Side {
    /// Reads `goroutine 240 lock 0xc820160440` and the line below it.
    fn of<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        let words = lines.next()?.trim().strip_prefix("goroutine ")?;
        let (goroutine, lock) = words.split_once(" lock ")?;
        let place = lines.next().unwrap_or_default().trim();
        let place = place.split(" {").next().unwrap_or(place);
        let place = place.split(" ??? ").next().unwrap_or(place).trim_end_matches(['<', ' ']);
        let place = place.get(..place.floor_char_boundary(PLACE_BYTES)).unwrap_or(place);
        Some(Self { goroutine: goroutine.to_owned(), lock: lock.trim().to_owned(), place: place.to_owned() })
    }
}

/// What the first report of a text says.
pub(super) fn read(bytes: &[u8]) -> Option<CrashMessage> {
    let line = title(bytes)?;
    let first = usize::try_from(line).ok()?.checked_sub(1)?;
    let lines: Vec<String> =
        Lines::new(bytes).skip(first).take(LINES).map(|line| line.text().trim().to_owned()).collect();
    let side = |start: &str| {
        let at = lines.iter().position(|line| line.starts_with(start))?;
        Side::of(lines.iter().skip(at + 1).map(String::as_str)).map(|side| (at, side))
    };
    let wanted = side(WANTED);
    let held = side(HELD).map(|(_, side)| side).unwrap_or_default();
    let text = match wanted {
        Some((at, wanted)) => {
            let time = lines.get(at).and_then(|line| line.strip_prefix(WANTED)).unwrap_or_default();
            let place = |side: &Side| {
                if side.place.is_empty() { String::new() } else { format!(" at {}", side.place) }
            };
            format!(
                "goroutine {} has waited more than {time} for lock {}{}; goroutine {} had taken it{}",
                wanted.goroutine,
                wanted.lock,
                place(&wanted),
                if held.goroutine.is_empty() { "(not in the text)" } else { &held.goroutine },
                place(&held)
            )
        }
        None => kind_of(&lines),
    };
    Some(CrashMessage { text: format!("{LOCK_CHECKER}{text}"), line })
}

/// What a report of a wrong order says: its kind, and the first goroutine with its lock.
fn kind_of(lines: &[String]) -> String {
    let title = lines.first().map_or("", String::as_str);
    let kind =
        KINDS.into_iter().find(|kind| title.contains(kind)).unwrap_or("a lock is in the way of itself");
    let lock = lines.iter().skip(1).find(|line| line.contains("goroutine ") && line.contains(" lock "));
    let place = lock.and_then(|lock| lines.iter().skip_while(|line| *line != lock).nth(1));
    let place = place.map_or("", |place| place.split(" {").next().unwrap_or(place));
    match lock {
        Some(lock) if !place.is_empty() => format!("{kind}: {lock}, at {place}"),
        Some(lock) => format!("{kind}: {lock}"),
        None => kind.to_owned(),
    }
}

/// Gives the report to the dump below it, or to one without goroutines.
pub(super) fn add(message: CrashMessage, dumps: &mut Vec<GoroutineDump>, source: SourceId) {
    let record = CrashRecord { line: message.line, fatal: Some(message), ..CrashRecord::default() };
    if let Some(dump) = dumps.iter_mut().find(|dump| dump.crash.is_none()) {
        dump.crash = Some(record);
        dump.form = DumpForm::Crash;
        return;
    }
    dumps.push(GoroutineDump {
        source,
        ordinal: to_u32(dumps.len()),
        form: DumpForm::Crash,
        is_leak_profile: false,
        is_cut: false,
        line: record.line,
        captured_at: None,
        stated_total: None,
        preamble: Vec::new(),
        crash: Some(record),
        goroutines: Vec::new(),
        counted: Vec::new(),
    });
}
