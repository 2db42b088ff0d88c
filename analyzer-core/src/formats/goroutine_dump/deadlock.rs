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
/// Bytes from a title within which its report names a lock or an order: prose does not.
const START_BYTES: usize = 1024;
/// What stands there: `goroutine 240 lock 0xc820160440`, `current goroutine 7 lock &{…}`, `happened before`.
const STARTS: [&[u8]; 3] = [b" lock 0x", b" lock &{", b"happened before"];
/// Bytes of a place that are told.
const PLACE_BYTES: usize = 200;

/// True if a line of the text begins such a report.
pub(super) fn has_report(bytes: &[u8]) -> bool {
    title(bytes).is_some()
}

/// The line of the first title; what people write of one is none.
fn title(bytes: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find_iter(bytes, TITLE).find(|&at| is_title(bytes, at).unwrap_or(false))?;
    Some(to_u64(memchr::memchr_iter(b'\n', bytes.get(..at)?).count()) + 1)
}

/// True if the words at a place are a title: near the start of their line they end it or say what kind
/// it is of, and a report is below.
fn is_title(bytes: &[u8], at: usize) -> Option<bool> {
    let from = at.saturating_sub(PREFIX_BYTES + 1);
    let is_near_start = from == 0 || bytes.get(from..at)?.contains(&b'\n');
    let below = bytes.get(at + TITLE.len()..)?;
    let below = below.get(..START_BYTES).unwrap_or(below);
    let rest = below.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let is_said = rest.is_empty() || KINDS.iter().any(|kind| rest.starts_with(kind.as_bytes()));
    let has_report = || STARTS.iter().any(|start| memchr::memmem::find(below, start).is_some());
    Some(is_near_start && is_said && has_report())
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
                "goroutine {} has waited more than {time} for lock {}{}; goroutine {} had taken it{}{}",
                wanted.goroutine,
                wanted.lock,
                place(&wanted),
                if held.goroutine.is_empty() { "(not in the text)" } else { &held.goroutine },
                place(&held),
                doing(&lines, &held)
            )
        }
        None => kind_of(&lines),
    };
    Some(CrashMessage { text: format!("{LOCK_CHECKER}{text}"), line })
}

/// What the report shows the holder at.
fn doing(lines: &[String], held: &Side) -> String {
    let title = format!("Here is what goroutine {} doing now", held.goroutine);
    let Some(at) = lines.iter().position(|line| *line == title).filter(|_| !held.goroutine.is_empty()) else {
        return String::new();
    };
    let mut stack = lines.iter().skip(at + 1).take_while(|line| !line.is_empty());
    let state = stack.next().and_then(|line| line.split_once('[')?.1.split_once(']')).map(|(state, _)| state);
    let is_giving_back = stack.any(|line| {
        let call = line.split_once("go-deadlock.(*").and_then(|(_, call)| call.split_once("Unlock("));
        call.is_some_and(|(_, address)| address.starts_with(&held.lock))
    });
    match state {
        Some(state) if is_giving_back => format!(
            ", is in Unlock of it now, and waits in [{state}] for a lock of go-deadlock itself, not of the program"
        ),
        Some(state) => format!(", and is in [{state}] now"),
        None => String::new(),
    }
}

/// What a report of a wrong order says: its kind, and the first goroutine with its lock.
fn kind_of(lines: &[String]) -> String {
    let title = lines.first().map_or("", String::as_str);
    let kind = KINDS
        .into_iter()
        .find(|kind| title.contains(kind))
        .unwrap_or("a lock is taken twice or in the wrong order");
    let lock = lines.iter().skip(1).find(|line| line.contains("goroutine ") && line.contains(" lock "));
    let place = lock.and_then(|lock| lines.iter().skip_while(|line| *line != lock).nth(1));
    let place = place.map_or("", |place| place.split(" {").next().unwrap_or(place));
    match lock {
        Some(lock) if !place.is_empty() => format!("{kind}: {lock}, at {place}"),
        Some(lock) => format!("{kind}: {lock}"),
        None => kind.to_owned(),
    }
}

/// Gives the report to the first dump below it, or to one without goroutines.
pub(super) fn add(message: CrashMessage, dumps: &mut Vec<GoroutineDump>, source: SourceId) {
    let record = CrashRecord { line: message.line, fatal: Some(message), ..CrashRecord::default() };
    let is_below = |dump: &&mut GoroutineDump| dump.crash.is_none() && dump.line >= record.line;
    if let Some(dump) = dumps.iter_mut().find(is_below) {
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

#[cfg(test)]
mod tests {
    use super::title;
    use crate::report::Report;
    use crate::session::Session;

    const REPORT: &str = "POTENTIAL DEADLOCK:\nPrevious place where the lock was grabbed\ngoroutine 240 lock 0xc820160440\ntable.go:799 store.(*table).gc { t.mu.RLock() } <<<<<\n\nHave been trying to lock it again for more than 30s\ngoroutine 68 lock 0xc820160440\ntable.go:785 store.(*table).row { t.mu.Lock() } <<<<<\n";
    const STACK: &str = "goroutine 1 [select]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";

    fn report(text: &str) -> Report {
        let mut session = Session::default();
        session.add("paste.txt", text.as_bytes().to_vec());
        session.report()
    }

    fn is_accused(text: &str) -> bool {
        report(text).findings.iter().any(|finding| finding.code == "crash.lock-wait")
    }

    #[test]
    fn a_report_below_prose_of_it_is_found_and_prose_alone_is_none() {
        let prose = "We finally fixed the POTENTIAL DEADLOCK:\n- order of locks\n";
        let talk = "It ends with POTENTIAL DEADLOCK: each night.\n";
        assert_eq!(title(prose.as_bytes()), None);
        assert!(!is_accused(&format!("{prose}\n{STACK}")));
        // Prose ends 1 KiB above the report: its own words are not below the first mention.
        let notes = "All of the services run on one node.\n".repeat(40);
        for before in [talk.to_owned(), format!("{prose}{notes}")] {
            let text = format!("{before}{REPORT}");
            assert_eq!(
                title(text.as_bytes()),
                Some(crate::base::convert::to_u64(before.lines().count()) + 1),
                "{before}"
            );
            assert!(is_accused(&text));
        }
    }

    #[test]
    fn what_the_holder_does_now_is_told() {
        let now = |stack: &str| {
            let text = format!("{REPORT}\nHere is what goroutine 240 doing now\n{stack}\n");
            let found = report(&text).findings;
            found.iter().find(|finding| finding.code == "crash.lock-wait").expect("told").claim.clone()
        };
        let unlock = |lock: &str| {
            format!(
                "goroutine 240 [semacquire]:\nsync.(*Mutex).Lock(...)\n\t/usr/local/go/src/sync/mutex.go:81\ngithub.com/sasha-s/go-deadlock.(*lockOrder).postUnlock(0xc0001108a0)\n\t/go/pkg/mod/x@v1.0.0/deadlock.go:330 +0xa6\ngithub.com/sasha-s/go-deadlock.(*Mutex).Unlock({lock})\n\t/go/pkg/mod/x@v1.0.0/deadlock.go:97 +0x65\n"
            )
        };
        let own = now(&unlock("0xc820160440"));
        assert!(own.contains("a lock of go-deadlock itself"), "{own}");
        // Of another lock it is at work, as one that sends.
        let other = now(&unlock("0xc820170000"));
        assert!(other.contains("and is in [semacquire] now") && !other.contains("itself"), "{other}");
        let sends = now("goroutine 240 [chan send, 5 minutes]:\nmain.main()\n\t/app/main.go:9 +0x1d\n");
        assert!(sends.contains("and is in [chan send, 5 minutes] now"), "{sends}");
    }

    #[test]
    fn an_order_of_locks_has_no_address() {
        let order = "POTENTIAL DEADLOCK: Inconsistent locking. saw this ordering in one goroutine:\nhappened before\nmain.go:31 main.f { a.Lock() } <<<<<\n";
        let twice = "POTENTIAL DEADLOCK: Duplicate locking, saw callers this locks in one goroutine:\ncurrent goroutine 7 lock &{{0 0}} \nmain.go:31 main.f { a.Lock() } <<<<<\n";
        assert!(is_accused(order) && is_accused(twice));
    }

    #[test]
    fn a_dump_above_the_report_is_not_its_own() {
        let report = report(&format!("{STACK}\n{REPORT}"));
        let found = report.findings.iter().find(|finding| finding.code == "crash.lock-wait").expect("told");
        let line = found.citations.as_slice()[0].at.and_then(|at| at.line);
        assert!(line >= Some(5), "{line:?}");
    }

    #[test]
    fn many_titles_in_one_line_are_looked_at_once_each() {
        assert_eq!(title("POTENTIAL DEADLOCK:".repeat(100_000).as_bytes()), None);
    }
}
