//! Real texts of several Go versions, and what collectors make of them.

use super::super::{Facts, Probe, recognize};
use crate::base::error::NoteSeverity;
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::goroutines::{DumpForm, Goroutine, GoroutineDump, GoroutineFlags, PreambleKind};

/// Id, state, stack, creator, parent.
type RowAnswer = (u64, String, Vec<String>, Option<String>, Option<u64>);

struct Read {
    evidence: Evidence,
    facts: Facts,
    format: &'static str,
}

impl Read {
    fn dump(&self, index: usize) -> &GoroutineDump {
        self.evidence.goroutines.dumps.iter().nth(index).unwrap()
    }

    fn goroutine(&self, goid: u64) -> &Goroutine {
        self.dump(0).goroutines.iter().find(|row| row.goid == goid).unwrap()
    }

    fn state(&self, row: &Goroutine) -> &str {
        self.evidence.strings.get(row.state)
    }

    fn functions(&self, row: &Goroutine) -> Vec<&str> {
        let frames = self.evidence.stacks.leaf_first(row.stack);
        frames.map(|frame| self.evidence.strings.get(frame.function)).collect()
    }

    /// Everything that must not depend on how the text was wrapped.
    fn answer(&self) -> Vec<RowAnswer> {
        let mut rows: Vec<_> = self.dump(0).goroutines.iter().map(|row| self.row_answer(row)).collect();
        rows.sort();
        rows
    }

    fn row_answer(&self, row: &Goroutine) -> RowAnswer {
        let place = |frame: &crate::evidence::stacks::Frame| {
            let text = |id| self.evidence.strings.get(id).to_owned();
            format!("{} {:?} {:?}", text(frame.function), frame.file.map(text), frame.line)
        };
        let stack = self.evidence.stacks.leaf_first(row.stack).map(place).collect();
        let creator = row.creator.and_then(|id| self.evidence.stacks.frames.get(id)).map(place);
        (row.goid, self.state(row).to_owned(), stack, creator, row.parent)
    }

    fn note(&self, code: &str) -> Option<NoteSeverity> {
        self.facts.notes.rows().iter().find(|note| note.code == code).map(|note| note.severity)
    }
}

fn read_bytes(bytes: &[u8]) -> Read {
    let format = recognize(&Probe { path: "unknown", bytes }).expect("no format took it");
    let mut evidence = Evidence::default();
    let mut facts = Facts::default();
    let input = Input { source: SourceId(0), path: "unknown", bytes };
    (format.parse)(&input, &mut evidence, &mut facts).unwrap();
    Read { evidence, facts, format: format.name }
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/goroutine_dump/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read(name: &str) -> Read {
    read_bytes(&fixture(name))
}

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

#[test]
fn a_debug2_dump_gives_every_goroutine_with_state_stack_and_creator() {
    for (name, goroutines) in [("go127_g2.txt", 21), ("go1_21_13_g2.txt", 21)] {
        let read = read(name);
        assert_eq!(read.facts.kind.as_deref(), Some("goroutine-debug2"), "{name}");
        assert_eq!(read.dump(0).form, DumpForm::Stacks);
        let headers = text(name).lines().filter(|line| line.starts_with("goroutine ")).count();
        assert_eq!((read.dump(0).goroutines.len(), headers), (goroutines, goroutines), "{name}");
        assert!(read.facts.notes.rows().is_empty(), "{name}: {:?}", read.facts.notes);
        assert_eq!(read.functions(read.goroutine(1)).last(), Some(&"main.main"));
        for row in read.dump(0).goroutines.iter().filter(|row| row.goid != 1) {
            assert!(row.stack.is_some() && row.creator.is_some() && row.parent == Some(1), "{name} {row:?}");
        }
    }
}

#[test]
fn inlined_frames_and_elided_frames_are_marked() {
    let read = read("go127_g2.txt");
    let deep = read.dump(0).goroutines.iter().find(|row| row.flags.has(GoroutineFlags::ELIDED)).unwrap();
    let functions = read.functions(deep);
    assert_eq!(functions.iter().filter(|name| **name == "main.deep").count(), 100);
    assert_eq!(functions.iter().filter(|name| **name == "...frames elided...").count(), 1);
    let frames: Vec<_> = read.evidence.stacks.leaf_first(deep.stack).collect();
    assert!(frames[0].inlined && !frames[1].inlined);
}

#[test]
fn labels_and_leaked_marks_of_both_spellings() {
    for (name, leaked) in [("go127_labels_leaked_g2.txt", 15), ("go1_26_6_labels_g2.txt", 0)] {
        let read = read(name);
        let rows = &read.dump(0).goroutines;
        let count = rows.iter().filter(|row| row.flags.has(GoroutineFlags::LEAKED)).count();
        assert_eq!(count, text(name).matches("(leaked)").count(), "{name}");
        assert!(count >= leaked, "{name}: {count}");
        let labelled: Vec<_> = rows
            .iter()
            .flat_map(|row| read.evidence.goroutines.labels.get(row.labels))
            .map(|(key, value)| (read.evidence.strings.get(*key), read.evidence.strings.get(*value)))
            .collect();
        assert_eq!(labelled.iter().filter(|pair| **pair == ("worker", "w1")).count(), 3, "{name}");
        assert!(labelled.contains(&("endpoint", "/api/v1/x y")) && labelled.contains(&("tenant", "a\"b")));
    }
}

#[test]
fn a_signal_dump_drops_registers_and_keeps_the_signal() {
    for (name, has_system_stack) in [("go127_quit2.txt", true), ("go1_21_13_quit.txt", true)] {
        let read = read(name);
        assert_eq!(read.facts.kind.as_deref(), Some("crash"), "{name}");
        let dump = read.dump(0);
        assert_eq!(dump.preamble[0].text, "SIGQUIT: quit");
        let system = dump.goroutines.iter().filter(|r| r.flags.has(GoroutineFlags::SYSTEM_STACK)).count();
        assert_eq!(system > 0, has_system_stack, "{name}");
        let last = dump.goroutines.last().unwrap();
        assert_eq!(read.functions(last).last(), Some(&"runtime.goexit"), "{name}");
        assert_eq!(read.note("lines-between"), None, "{name}");
        assert_eq!(read.note("frame-without-place"), None, "{name}");
    }
}

#[test]
fn crashes_keep_their_messages() {
    let messages = |name: &str| -> Vec<(PreambleKind, String)> {
        read(name).dump(0).preamble.iter().map(|line| (line.kind, line.text.clone())).collect()
    };
    use PreambleKind::{Continuation, FatalError, Panic, Signal};
    assert_eq!(
        messages("go127_fatal_repanic.txt"),
        [
            (Panic, "panic: first".to_owned()),
            (Continuation, "\tsecond line [recovered, repanicked]".to_owned())
        ]
    );
    assert_eq!(messages("go1_21_13_fatal_repanic.txt")[2], (Panic, "\tpanic: first".to_owned()));
    assert_eq!(messages("deadlock.txt")[0].0, FatalError);
    let overflow = read("go127_fatal_stackoverflow.txt");
    assert_eq!(overflow.dump(0).preamble.last().unwrap().text, "fatal error: stack overflow");
    assert_eq!(overflow.dump(0).goroutines[0].goid, 1);
    let quoted = read("panic-multiline.txt");
    assert_eq!(quoted.dump(0).goroutines.len(), 1, "the message quotes a header");
    let silent = read("nil-deref.none.txt");
    assert_eq!(silent.dump(0).preamble[1].kind, Signal);
    assert_eq!(silent.note("no-goroutines"), Some(NoteSeverity::Info));
}

#[test]
fn ancestors_are_not_part_of_the_stack() {
    let read = read("go127_panicanc.txt");
    for row in &read.dump(0).goroutines {
        let functions = read.functions(row);
        let expected = usize::from(row.goid == 1);
        assert_eq!(functions.iter().filter(|name| **name == "main.main").count(), expected, "{functions:?}");
    }
}

#[test]
fn synctest_and_cgo_blocks() {
    for name in ["go127_synctest.txt", "go1_25_5_synctest.txt"] {
        let read = read(name);
        let states: Vec<_> = read.dump(0).goroutines.iter().map(|row| read.state(row)).collect();
        assert_eq!(
            states,
            ["running", "chan receive", "sync.WaitGroup.Wait", "select (no cases)", "sync.Cond.Wait"],
            "{name}"
        );
        assert!(read.dump(0).goroutines[1].flags.has(GoroutineFlags::SYNCTEST));
    }
    let read = read("go127_cgo_g2.txt");
    assert_eq!(read.functions(read.goroutine(19)), ["main._Cfunc_c_block", "main.main.func1"]);
    assert!(read.goroutine(21).flags.has(GoroutineFlags::LOCKED));
}

#[test]
fn c_frames_without_arguments_are_frames() {
    let text = "SIGABRT: abort\nPC=0x7f m=0 sigcode=18446744073709551610\n\ngoroutine 1 [syscall]:\n\
                nanosleep\n\tpc=0x7f0012\nc_wait\n\t/src/wait.c:7 pc=0x7f0034\nnon-Go function at pc=0x44\n\
                runtime.cgocall(0x1, 0x2)\n\t/go/src/runtime/cgocall.go:167 +0x4b\n";
    let read = read_bytes(text.as_bytes());
    let functions = read.functions(read.goroutine(1));
    assert_eq!(functions, ["nanosleep", "c_wait", "non-Go function", "runtime.cgocall"]);
}

#[test]
fn the_answer_does_not_depend_on_wrapping() {
    let plain = text("pricing-api.debug2.txt");
    let expected = read_bytes(plain.as_bytes()).answer();
    assert_eq!(expected.len(), 72);
    let prefixed = |before: &str| plain.lines().map(|line| format!("{before}{line}\n")).collect::<String>();
    let json = plain.lines().map(|line| {
        let log = serde_json::to_string(&format!("{line}\n")).unwrap();
        format!("{{\"log\": {log}, \"stream\": \"stderr\", \"time\": \"2026-11-20T20:03:00Z\"}}\n")
    });
    let utf16 = [0xff, 0xfe].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes));
    let mut blocks: Vec<_> = plain.trim_end().split("\n\n").collect();
    blocks.reverse();
    for (what, bytes) in [
        ("CRLF", plain.replace('\n', "\r\n").into_bytes()),
        ("byte order mark", [b"\xef\xbb\xbf", plain.as_bytes()].concat()),
        ("UTF-16", utf16.collect()),
        ("indented", prefixed("    ").into_bytes()),
        ("CRI", prefixed("2026-11-20T20:03:00.000000000Z stderr F ").into_bytes()),
        ("kubectl", prefixed("[pod/shop-5d9c7-x2x/app] ").into_bytes()),
        ("Docker", json.collect::<String>().into_bytes()),
        ("reversed", blocks.join("\n").into_bytes()),
        ("no tabs", plain.replace('\t', "    ").into_bytes()),
    ] {
        let read = read_bytes(&bytes);
        assert_eq!(read.format, "goroutine-dump", "{what}");
        assert_eq!(read.evidence.goroutines.dumps.len(), 1, "{what}");
        assert!(!read.facts.is_partial, "{what}: {:?}", read.facts.notes);
        assert_eq!(read.answer(), expected, "{what}");
    }
}

#[test]
fn the_time_of_a_log_prefix_is_the_time_of_the_dump() {
    let text = "2026-11-20T20:03:00Z stderr F goroutine 1 [running]:\n";
    let read = read_bytes(text.as_bytes());
    assert_eq!(read.facts.captured_at.map(|at| at.0), Some(1_795_204_980_000_000_000));
}

#[test]
fn log_lines_between_the_lines_cost_no_goroutine() {
    let plain = read("pricing-api.debug2.txt");
    let read = read("pricing-api.interleaved.txt");
    assert_eq!(read.answer(), plain.answer());
    assert_eq!(read.note("lines-between"), Some(NoteSeverity::Info));
}

#[test]
fn a_cut_dump_keeps_what_stands_before_the_cut() {
    let whole = read("pricing-api.debug2.txt");
    let bytes = fixture("pricing-api.debug2.txt");
    for cut in [bytes.len() / 2, bytes.len() / 3, 100, 5_000] {
        let read = read_bytes(&bytes[..cut]);
        assert!(read.facts.is_partial && read.dump(0).is_cut, "{cut}");
        assert_eq!(read.note("dump-cut"), Some(NoteSeverity::DataLoss));
        let (last, before) = read.dump(0).goroutines.split_last().unwrap();
        assert!(last.flags.has(GoroutineFlags::CUT));
        let expected = whole.answer();
        for row in before {
            assert!(expected.contains(&read.row_answer(row)), "{cut}: {}", row.goid);
        }
    }
}

#[test]
fn two_dumps_in_one_file_stay_two() {
    let plain = text("pricing-api.debug2.txt");
    // The request that wrote the second dump has an id of its own.
    let second = plain.replacen("goroutine 655 ", "goroutine 700 ", 1);
    let read = read_bytes(format!("{plain}\n{second}").as_bytes());
    let sizes: Vec<_> = read.evidence.goroutines.dumps.iter().map(|dump| dump.goroutines.len()).collect();
    assert_eq!(sizes, [72, 72]);
    assert_eq!(read.dump(1).goroutines[0].goid, 700);
    assert_eq!(read.note("several-dumps"), Some(NoteSeverity::Info));
}

#[test]
fn traces_of_recovered_panics_in_a_log_are_one_dump_each() {
    let trace = |goid: u32| {
        format!(
            "2026/11/20 20:03:01 http: panic serving 10.0.0.1:80: boom\n\
             goroutine {goid} [running]:\nmain.handle()\n\t/app/main.go:5 +0x1\n"
        )
    };
    let read = read_bytes(format!("{}{}", trace(7), trace(9)).as_bytes());
    assert_eq!(read.evidence.goroutines.dumps.len(), 2);
    assert_eq!(read.facts.kind.as_deref(), Some("crash"));
}

/// Goids of each dump of a text.
fn goids(text: &str) -> Vec<Vec<u64>> {
    let read = read_bytes(text.as_bytes());
    let dumps = &read.evidence.goroutines.dumps;
    dumps.iter().map(|dump| dump.goroutines.iter().map(|row| row.goid).collect()).collect()
}

fn goroutine(goid: u32, state: &str) -> String {
    format!("goroutine {goid} [{state}]:\nmain.work()\n\t/app/main.go:5 +0x1\n\n")
}

#[test]
fn a_foreign_line_before_a_running_goroutine_starts_no_dump() {
    let [one, two, three] = [goroutine(1, "select"), goroutine(2, "running"), goroutine(3, "select")];
    for line in ["12:00 INFO done", "{\"level\":\"info\"}", "request took 5 ms"] {
        assert_eq!(goids(&format!("{one}{line}\n{two}{three}")), [[1, 2, 3]], "{line}");
    }
}

#[test]
fn a_later_dump_begins_with_the_goroutine_that_wrote_it() {
    let first = [goroutine(9, "running"), goroutine(1, "select"), goroutine(3, "select")].concat();
    let second = [goroutine(10, "running"), goroutine(1, "select"), goroutine(3, "select")].concat();
    for line in ["", "12:05 watchdog: no progress\n"] {
        assert_eq!(goids(&format!("{first}{line}{second}")), [[9, 1, 3], [10, 1, 3]], "{line}");
    }
    // New goroutines may come before the first that is known.
    let grown = [goroutine(10, "running"), goroutine(4, "select"), goroutine(1, "select")].concat();
    assert_eq!(goids(&format!("{first}12:05 watchdog\n{grown}")), [vec![9, 1, 3], vec![10, 4, 1]]);
}

#[test]
fn a_header_behind_other_text_keeps_its_goroutine() {
    let [one, two] = [goroutine(1, "running"), goroutine(2, "select")];
    for before in ["2026/11/20 20:03:00 ", "<pre>", "time,message\n5,\""] {
        assert_eq!(goids(&format!("{before}{one}{two}")), [[1, 2]], "{before}");
    }
    // What a message quotes is none.
    assert_eq!(goids(&format!("saw goroutine 7 [running]:\nin the log\n{one}{two}")), [[1, 2]]);
}

#[test]
fn one_goroutine_without_a_message_is_a_dump_and_with_one_a_crash() {
    let form = |text: &str| read_bytes(text.as_bytes()).dump(0).form;
    assert_eq!(form(&goroutine(40, "sync.RWMutex.RLock, 44 minutes")), DumpForm::Stacks);
    assert_eq!(form(&goroutine(40, "running")), DumpForm::Stacks);
    assert_eq!(form(&format!("panic: boom\n\n{}", goroutine(40, "running"))), DumpForm::Crash);
}

#[test]
fn what_stands_behind_the_last_frame_makes_no_cut() {
    for end in ["```", "</pre></body></html>", "FAIL", "\""] {
        let read = read_bytes(format!("{}{end}", goroutine(1, "select")).as_bytes());
        assert!(!read.facts.is_partial, "{end}");
    }
    let cut = goroutine(1, "select") + "goroutine 2 [select]:\nmain.wo";
    assert!(read_bytes(cut.as_bytes()).facts.is_partial);
}

#[test]
fn a_debug1_text_without_its_last_line_end_is_whole() {
    for name in ["go127_g1.txt", "go1_21_13_g1.txt", "go127_l1.txt"] {
        let read = read_bytes(text(name).trim_end().as_bytes());
        assert!(!read.facts.is_partial, "{name}");
    }
}

#[test]
fn a_message_that_no_goroutine_follows_is_a_crash_of_its_own() {
    let log = "12:00 INFO request done\n".repeat(30);
    let text = format!("{}panic: boom\n\n{log}{}", goroutine(1, "select"), goroutine(2, "select"));
    let read = read_bytes(text.as_bytes());
    let dumps: Vec<_> = read.evidence.goroutines.dumps.iter().collect();
    assert_eq!(dumps.len(), 3);
    assert!(dumps[0].crash.is_none() && dumps[2].crash.is_none());
    assert_eq!(dumps[1].crash.as_ref().map(|crash| crash.panics[0].text.as_str()), Some("boom"));
    assert!(dumps[1].goroutines.is_empty());
}

#[test]
fn debug1_gives_counts_labels_and_hidden_program_counters() {
    for (name, kind, total) in [
        ("go127_g1.txt", "goroutine-debug1", 21),
        ("go1_21_13_g1.txt", "goroutine-debug1", 21),
        ("go127_l1.txt", "goroutineleak-debug1", 16),
    ] {
        let read = read(name);
        assert_eq!(read.facts.kind.as_deref(), Some(kind));
        let dump = read.dump(0);
        assert_eq!((dump.stated_total, dump.listed()), (Some(total), total), "{name}");
        let first = &dump.counted[0];
        assert_eq!((first.count, first.hidden.len()), (3, 3), "three counters: channel operation");
        assert_eq!(read.evidence.goroutines.labels.get(first.labels).len(), 1);
        let functions: Vec<_> = read
            .evidence
            .stacks
            .leaf_first(first.stack)
            .map(|frame| read.evidence.strings.get(frame.function))
            .collect();
        assert_eq!(functions, ["main.main.func16", "runtime/pprof.Do"]);
        assert!(read.facts.notes.rows().is_empty(), "{name}");
    }
}

#[test]
fn a_cut_debug1_text_says_how_many_are_missing() {
    let text = text("go127_g1.txt");
    let read = read_bytes(&text.as_bytes()[..text.len() / 2]);
    assert!(read.facts.is_partial);
    assert_eq!(read.note("profile-cut"), Some(NoteSeverity::DataLoss));
}

#[test]
fn contention_and_thread_texts_are_named_and_no_goroutine_profile() {
    for (name, kind) in [("block.debug1.txt", "block"), ("threadcreate.debug1.txt", "threadcreate")] {
        let read = read(name);
        assert_eq!((read.format, read.facts.kind.as_deref()), ("contention-profile-text", Some(kind)));
        assert!(read.evidence.goroutines.dumps.is_empty());
    }
    let heap = b"heap profile: 25: 102400 [43: 2554416] @ heap/1048576\n0: 0 [1: 48] @ 0x486b65\n";
    assert!(recognize(&Probe { path: "x", bytes: heap }).is_none_or(|f| !f.name.starts_with("goroutine")));
}

#[test]
fn a_staircase_of_a_raw_terminal_is_a_stack() {
    let stack = |indent: usize| {
        let blanks = |more: usize| " ".repeat(indent + more);
        format!(
            "goroutine 7 [chan receive, 4 minutes]:\n{}example.com/shop/hub.(*Hub).run(0xc000010000)\n{}/srv/shop/hub.go:44 +0x1d\n{}created by main.main in goroutine 1\n{}/srv/shop/main.go:12 +0x2d\n",
            blanks(12),
            blanks(0),
            blanks(4),
            blanks(20)
        )
    };
    for text in [stack(8), stack(30), format!("It prints:\n{}", stack(40))] {
        let read = read_bytes(text.as_bytes());
        let row = read.goroutine(7);
        assert_eq!(read.functions(row), ["example.com/shop/hub.(*Hub).run"], "{text}");
        assert!(row.creator.is_some(), "{text}");
    }
}

#[test]
fn a_panic_in_capitals_is_one_if_its_goroutine_follows() {
    let stack = "goroutine 495 [running]:\nexample.com/shop.(*Server).Stop(0xc00011b700)\n\t/srv/shop/server.go:201 +0x71\n";
    let told = read_bytes(format!("PANIC: close of nil channel\n\n{stack}").as_bytes());
    assert_eq!(told.dump(0).crash.as_ref().unwrap().panics[0].text, "close of nil channel");
    let far = read_bytes(
        format!("PANIC: disk is full\n2026/11/20 INFO retry\n2026/11/20 INFO retry\n\n{stack}").as_bytes(),
    );
    assert!(far.dump(0).crash.is_none());
}

#[test]
fn a_panic_in_capitals_with_a_recoverer_above_it_ended_nothing() {
    let text = "PANIC: boom\n\ngoroutine 20 [running]:\nweb.recoverer.func1()\n\t/srv/web.go:9 +0x1d\npanic({0x1, 0x2})\n\t/go/panic.go:1 +0x1\nmain.main()\n\t/srv/main.go:3 +0x1\n";
    let read = read_bytes(text.as_bytes());
    assert!(read.dump(0).crash.as_ref().is_none_or(|crash| crash.is_recovered));
    // The panic is innermost: nothing shows that it was recovered.
    let ended = text.replace("web.recoverer.func1()\n\t/srv/web.go:9 +0x1d\n", "");
    let read = read_bytes(ended.as_bytes());
    assert!(!read.dump(0).crash.as_ref().unwrap().is_recovered);
}

#[test]
fn a_panic_without_its_message_ended_the_process_only_if_nothing_shows_that_it_went_on() {
    let stack = "panic({0x34a10e0, 0x615dad0})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\nmain.work(0xc0001)\n\t/srv/main.go:9 +0x1d\n";
    let crash = |text: &str| read_bytes(text.as_bytes()).dump(0).crash.clone().unwrap();
    for above in ["", "```\n", "It crashed with this:\ngoroutine 12 [running]:\n"] {
        assert!(!crash(&format!("{above}{stack}")).is_recovered, "{above}");
    }
    let said = "2024/01/01 12:00:00 worker 3 failed, restarting: index out of range [5]\n";
    let logged = crash(&format!("{said}goroutine 12 [running]:\n{stack}"));
    assert!(logged.is_recovered && logged.panics[0].text.contains("index out of range"), "{logged:?}");
    for said in [
        "could not process order 17: runtime error: index out of range [3] with length 2",
        "worker 3 failed, restarting",
        "job 9: send on closed channel",
    ] {
        let told = crash(&format!("{said}\ngoroutine 12 [running]:\n{stack}"));
        assert!(told.is_recovered, "{said}");
    }
    for said in [
        "It crashed with this nil pointer dereference:",
        "The service died at night",
        "$ ./worker",
        "web-1 panic: send on closed channel",
    ] {
        let told = crash(&format!("{said}\ngoroutine 12 [running]:\n{stack}"));
        assert!(!told.is_recovered, "{said}");
    }
    let before = "time=\"2024-01-01T12:00:00Z\" level=error msg=\"job 7 crashed, worker continues\"\n";
    let after = "time=\"2024-01-01T12:00:01Z\" level=info msg=\"job 8 done\"\n";
    for text in [
        format!("{before}{stack}{after}"),
        format!("{stack}{after}"),
        format!(
            "{stack}net/http.(*conn).serve(0xc000a, {{0x1, 0x2}})\n\t/usr/local/go/src/net/http/server.go:1991 +0x607\n"
        ),
    ] {
        assert!(crash(&text).is_recovered, "{text}");
    }
}

#[test]
fn frames_above_the_first_header_are_said_to_be_lost() {
    let frames = "sync.runtime_SemacquireMutex(0xc000, 0x0, 0x1)\n\t/go/src/runtime/sema.go:77 +0x25\nmain.stuck(0x1)\n\t/srv/x.go:3 +0x1\n\n";
    let rest = "goroutine 2 [select]:\nmain.serve()\n\t/srv/main.go:9 +0x1d\n";
    let read = read_bytes(format!("{frames}{rest}").as_bytes());
    assert_eq!(read.note("frames-above-header"), Some(NoteSeverity::DataLoss));
    assert_eq!(read_bytes(rest.as_bytes()).note("frames-above-header"), None);
}

#[test]
fn a_stack_without_header_below_the_words_of_a_leak_checker_was_left_behind() {
    let stack = "\t\tnet/http.(*persistConn).readLoop(0xc20858c0b0)\n\t\t\t/usr/local/go/src/net/http/transport.go:858 +0x4eb\n\t\tcreated by net/http.(*Transport).dialConn\n\t\t\t/usr/local/go/src/net/http/transport.go:660 +0x10d4\n";
    for text in [
        format!("\tleak_test.go:97: Test appears to have leaked a Transport:\n{stack}"),
        format!("We see:\n```\n\tz_last_test.go:97: Test appears to have leaked a Transport:\n{stack}```\n"),
        format!("\tleaktest.go:132: leaked goroutine: \n{stack}"),
    ] {
        let mut session = crate::session::Session::default();
        session.add("paste.txt", text.as_bytes().to_vec());
        let report = session.report();
        assert!(
            report.findings.iter().any(|finding| finding.code == "goroutine.left-by-test"),
            "{text}\n{}",
            report.verdict
        );
        assert!(!report.verdict.contains("[running]"), "{}", report.verdict);
    }
}

#[test]
fn what_a_goroutine_did_whose_header_is_cut_off_is_not_known() {
    let of = |call: &str| {
        format!(
            "{call}\n\t/srv/a.go:9 +0x1d\nmain.serve(0x1)\n\t/srv/main.go:3 +0x1\ncreated by main.main\n\t/srv/main.go:2 +0x1\n"
        )
    };
    for (call, state) in [
        ("net/http/internal.(*chunkedReader).Read(0xc00063c060, {0xc00004a602?, 0x4?, 0x4?})", "not printed"),
        ("sync.runtime_SemacquireMutex(0xc000, 0x0, 0x1)", "not printed"),
        ("example.com/shop/cart.(*Cart).Load(0xc000)", "not printed"),
        ("runtime/debug.Stack()", "running"),
        ("panic({0x34a10e0, 0x615dad0})", "running"),
    ] {
        let mut session = crate::session::Session::default();
        session.add("paste.txt", of(call).into_bytes());
        let report = session.report();
        let groups = &report.goroutines.as_ref().expect("goroutines").groups;
        assert_eq!(groups[0].state, state, "{call}\n{}", report.verdict);
    }
}

#[test]
fn a_stack_with_blank_lines_between_its_lines_and_a_panic_of_go_1_3_are_read() {
    let report = |text: &str| {
        let mut session = crate::session::Session::default();
        session.add("paste.txt", text.as_bytes().to_vec());
        session.report()
    };
    let spaced = "net/http.(*body).Read(0x55f28f7f7670?, {0xc00004a602?})\n\n\t/go/src/net/http/transfer.go:831 +0x125\n\nmain.pull(0xc0000ee280)\n\n\t/srv/main.go:9 +0x188\n";
    assert_eq!(report(spaced).goroutines.expect("a goroutine").snapshots[0].total, 1);
    let old = "goroutine 12 [running]:\nruntime.panic(0x7c3720, 0x11b409a0)\n\t/go/src/pkg/runtime/panic.c:266 +0xa6\nmain.(*Log).apply(0x11b49b40)\n\t/srv/log.go:997 +0x2fe\n\ngoroutine 1 [select]:\nmain.main()\n\t/srv/main.go:9 +0x1d\n";
    let crash = report(old);
    let found = crash.findings.iter().find(|finding| finding.code.starts_with("crash."));
    assert!(found.is_some_and(|found| found.code == "crash.panic"), "{}", crash.verdict);
    assert!(found.is_some_and(|found| found.claim.contains("log.go:997")), "{}", crash.verdict);
    let titled = "goroutine profile: total 9 (nine)\n7 @ 0x43e44e 0x436c97\n#\t0x46bce4\tmain.f+0x84\t/srv/main.go:3\n";
    assert_eq!(report(titled).goroutines.expect("goroutines").snapshots[0].total, 9);
}
