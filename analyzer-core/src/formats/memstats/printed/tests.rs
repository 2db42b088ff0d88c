use super::{LINE_BYTES, secrets};
use crate::base::limits::MEMSTATS_READINGS;
use crate::base::source::{Input, SourceId};
use crate::formats::redaction::Marks;
use crate::report::Report;
use crate::session::Session;

fn report(text: &str) -> Report {
    let mut session = Session::default();
    session.add("paste.txt", text.as_bytes().to_vec());
    session.report()
}

#[test]
fn amounts_with_units_are_read_and_a_name_that_comes_again_is_another_reading() {
    let block = |alloc: u32, sys: u32| {
        format!(
            "---\n  Alloc = {alloc} MiB   TotalAlloc = 9000 MiB   Sys = {sys} MiB\n  HeapInuse = {alloc} MiB   HeapIdle = 19 MiB   HeapReleased = 19 MiB   NumGC = 5\n"
        )
    };
    let report = report(&format!("It grows:\n```\n{}{}```\n", block(4, 68), block(4778, 4999)));
    assert_eq!(report.sources[0].format.as_deref(), Some("memstats-printed"), "{}", report.verdict);
    assert!(report.verdict.contains("4.9 GiB"), "{}", report.verdict);
    assert!(!report.verdict.contains("No problem"), "{}", report.verdict);
}

#[test]
fn what_the_runtime_returned_is_told_where_it_is_more_than_it_holds() {
    let block = |released: &str| {
        format!(
            "RSS stays at 740M:\n```\nSys = 734.55 MiB\nHeapAlloc = 11.74 MiB\nHeapIdle = 685.43 MiB\nHeapInuse = 17 MiB\n{released}HeapSys = 702.43 MiB\nStackInuse = 1.56 MiB\n```\n"
        )
    };
    for name in ["HeapRelease = 685.24 MiB\n", "heap_released: 718526873\n", "HeapReleased=685.24MB\n"] {
        let report = report(&block(name));
        for said in ["The Go runtime holds 49.3 MiB", "it returned 685.2 MiB to the OS", "MADV_FREE"] {
            assert!(report.verdict.contains(said), "{name}: {}", report.verdict);
        }
    }
    let little = report(&block("HeapReleased = 20 MiB\n"));
    assert!(
        little.verdict.contains("holds 714.6 MiB") && !little.verdict.contains("MADV"),
        "{}",
        little.verdict
    );
    let unknown = report(&block(""));
    assert!(unknown.verdict.contains("It obtained 734.6 MiB from the OS"), "{}", unknown.verdict);
    assert!(!unknown.verdict.contains("holds"), "{}", unknown.verdict);
}

#[test]
fn bytes_in_a_log_line_are_read() {
    let line = "m=+83.1 [Memory] Sys: 13618802200 , HeapAlloc: 8512172064 , HeapSys: 13018562560 , HeapInuse: 8519155712 , HeapIdle: 4499406848 , HeapReleased: 138412032 , NumGC: 18\n";
    let report = report(&format!("```\n{line}m=+83.2 [Cache] ready\n```\n"));
    assert!(report.verdict.contains("12.6 GiB"), "{}", report.verdict);
}

#[test]
fn a_cut_document_of_one_line_and_a_table_are_read() {
    let cut = "{\"Alloc\":23423919704,\"Sys\":51983561336,\"HeapAlloc\":23423919704,\"HeapSys\":49444618240,\"HeapIdle\":13928579072,\"HeapInuse\":35516039168,\"HeapReleased\":13927563264,\"PauseNs\":[12914625,248";
    let of_cut = report(&format!("For reference:\n\n{cut}"));
    assert!(of_cut.verdict.contains("GiB"), "{}", of_cut.verdict);
    let table = "name: runtime\nAlloc     HeapAlloc HeapIdle HeapInUse HeapReleased HeapSys  Sys\n-----     --------- -------- --------- ------------ -------  ---\n157286400 157286400 52428800 188743680 10485760     241172480 262144000\n";
    let of_table = report(table);
    assert!(of_table.verdict.contains("240.0 MiB"), "{}", of_table.verdict);
}

#[test]
fn lines_of_the_old_scavenger_alone_are_readings_of_the_heap() {
    let report = report(
        "What do these lines mean?\n```\nscvg0: inuse: 1, idle: 61, sys: 63, released: 0, consumed: 63 (MB)\nscvg1: 61 MB released\nscvg1: inuse: 1, idle: 61, sys: 63, released: 61, consumed: 1 (MB)\n```\n",
    );
    assert!(report.verdict.contains("heap in use 1.0 MiB"), "{}", report.verdict);
}

#[test]
fn numbers_that_cannot_be_bytes_give_no_figure() {
    let report = report("Alloc = 4  Sys = 68  HeapSys = 63  HeapIdle = 59\n");
    assert!(report.memory.is_none_or(|memory| memory.latest.ledger.is_empty()));
}

#[test]
fn what_ended_a_process_is_read_though_its_log_prints_sizes_too() {
    let sizes =
        "2026/11/30 10:00:00 Alloc = 480 MiB  TotalAlloc = 9000 MiB  Sys = 505 MiB  NumGC = 5\n".to_owned();
    let kill = "[12345.67] Memory cgroup out of memory: Killed process 4242 (api) total-vm:1kB, anon-rss:520000kB, file-rss:0kB, shmem-rss:0kB\n";
    let gc = "gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.84 ms cpu, 4->4->0 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P\n";
    let dump = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";
    let far = format!("{}\n{dump}", "2026/11/30 10:00:01 INFO ready\n".repeat(3000));
    for (end, format) in
        [("", "memstats-printed"), (kill, "oom-log"), (gc, "gctrace"), (far.as_str(), "goroutine-dump")]
    {
        let report = report(&format!("{sizes}{end}"));
        assert_eq!(report.sources[0].format.as_deref(), Some(format), "{}", report.verdict);
    }
}

#[test]
fn a_long_log_keeps_its_last_readings_and_says_so() {
    let count = MEMSTATS_READINGS + 5;
    let line = |at: usize| format!("HeapAlloc = {at} MiB Sys = 9000 MiB HeapInuse = 300 MiB\n");
    let text: String = (1..=count).map(line).collect();
    let report = report(&text);
    let notes: Vec<&str> = report.sources[0].notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("the 5 before the last")), "{notes:?}");
    let went = format!("HeapAlloc went from {} to {} bytes", 1 << 20, count << 20);
    assert!(notes.iter().any(|note| note.contains(&went)), "{notes:?}");
}

#[test]
fn what_stands_far_behind_in_a_line_is_no_amount() {
    let far = format!(
        "Alloc = 480 MiB Sys = 505 MiB HeapIdle = 7 MiB\n{} HeapSys = 9 MiB\n",
        "\u{b5}".repeat(LINE_BYTES)
    );
    let report = report(&far);
    assert!(report.verdict.contains("MiB") && !report.verdict.contains("9.0 MiB"), "{}", report.verdict);
}

#[test]
fn only_fields_of_a_heading_stay() {
    let text = "Alloc Sys HeapAlloc HeapSys token=hunter2 acme-customer\n1 2 3 4 5 6\n";
    let mut marks = Marks::new(text.as_bytes());
    let input = Input { source: SourceId(0), path: "x", bytes: text.as_bytes() };
    secrets(&input, &mut marks).expect("marked");
    let gone: Vec<&str> = marks.rest().into_iter().map(|range| &text[range]).collect();
    let gone = gone.join(" ");
    assert!(gone.contains("hunter2") && gone.contains("acme-customer"), "{gone}");
    assert!(!gone.contains("Sys"), "{gone}");
}

#[test]
fn what_was_ever_allocated_makes_no_bytes_of_mebibytes() {
    let report = report("Alloc = 3100 TotalAlloc = 1310720 Sys = 5000 NumGC = 9000\n");
    assert!(report.memory.is_none_or(|memory| memory.latest.ledger.is_empty()));
}

#[test]
fn a_row_of_names_and_numbers_is_no_heading() {
    let row = |alloc: u32| {
        format!("Alloc {alloc}000000 TotalAlloc 9000000000 Sys 505000000 HeapInuse 490000000 NumGC 5\n")
    };
    let report = report(&format!("{}{}", row(480), row(481)));
    assert_eq!(report.sources[0].format.as_deref(), Some("memstats-printed"), "{}", report.verdict);
    let figure = report.memory.expect("figures").latest;
    assert!(figure.ledger.iter().any(|row| row.bytes.0 == 481_000_000), "{:?}", figure.ledger);
}
