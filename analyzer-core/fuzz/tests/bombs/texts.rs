//! Text formats: endless lines, endless lists, deep nesting.

use analyzer_core::base::limits;
use analyzer_core::report::SourceStatus;

use crate::support::{Alone, MIB, assert_note};

const HUNDRED_MEGABYTES: usize = 100 << 20;

#[test]
fn a_line_of_a_hundred_megabytes_is_cut_in_every_line_format() {
    let alone = Alone::new();
    let starts = [
        (
            "dump.txt",
            "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.",
        ),
        (
            "smaps",
            "00400000-00401000 r-xp 00000000 00:00 0 /app\nRss: 4 kB\nPss: 4 kB\n00500000-00501000 r-xp 00000000 00:00 0 /",
        ),
        ("status", "Name:\tapp\nPid:\t7\nVmRSS:\t12 kB\nVmHWM:\t12 kB\nThreads:\t3\nGroups:\t"),
        (
            "memory.stat",
            include_str!("../../../tests/fixtures/bundles/doomed-go1.26-cgroup2/t1/cgroup/memory.stat"),
        ),
        (
            "metrics.prom",
            "# TYPE go_goroutines gauge\ngo_goroutines 7\ngo_memstats_sys_bytes 9\ngo_info{version=\"",
        ),
        (
            "gc.log",
            "gc 1 @0.010s 1%: 0.01+0.2+0.003 ms clock, 0.02+0.1/0.2/0.3+0.006 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
        ),
    ];
    for (name, start) in starts {
        let mut text = start.as_bytes().to_vec();
        text.resize(HUNDRED_MEGABYTES, b'x');
        text.push(b'\n');
        // The line is copied, cut, at most.
        let report = alone.survive(name, text, 2 * limits::LINE_BYTES);
        assert_ne!(report.sources[0].status, SourceStatus::Parsed, "{name}");
        assert_note(&report.sources[0], "line-cut", "longer than 16 MiB");
        assert!(report.sources[0].notes.iter().any(|note| note.code == "line-cut" && note.at.is_some()));
        let printed = serde_json::to_vec(&report).expect("a report is always JSON").len();
        assert!(printed < MIB, "{name}: a report of {printed} bytes");
    }
}

#[test]
fn more_mappings_than_the_limit_are_counted_only() {
    let alone = Alone::new();
    let mut maps = String::new();
    for row in 0..limits::MAPPINGS + 1_000 {
        let start = 0x10_0000_0000 + row * 0x1000;
        maps.push_str(&format!("{start:x}-{:x} rw-p 0 0:0 0\n", start + 0x1000));
    }
    let most = 4 * maps.len() + 200 * limits::MAPPINGS;
    let report = alone.survive("maps", maps.into_bytes(), most);
    assert_eq!(report.sources[0].status, SourceStatus::Partial);
    assert!(
        report.sources[0].notes.iter().any(|note| note.message.contains("more than 1048576 mappings")),
        "{:?}",
        report.sources[0].notes
    );
}

#[test]
fn json_that_opens_without_end_is_an_error() {
    let alone = Alone::new();
    for name in ["vars.json", "pod.json", "runtime_metrics.json"] {
        for open in ["[", "{\"a\":", "{\"memstats\":"] {
            let text = open.repeat(1_000_000).into_bytes();
            let most = 16 * text.len() + MIB;
            let report = alone.survive(name, text, most);
            assert!(!report.sources[0].notes.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_hundred_thousand_different_stacks_make_a_report_of_bounded_size() {
    let alone = Alone::new();
    let mut dump = String::new();
    for id in 1..=100_000 {
        dump.push_str(&format!("goroutine {id} [chan receive]:\nmain.f{id}()\n\t/app/main.go:{id} +0x1\n\n"));
    }
    let most = 40 * dump.len() + 16 * MIB;
    let report = alone.survive("dump.txt", dump.into_bytes(), most);
    let groups = report.goroutines.as_ref().expect("goroutines").groups.len();
    assert!(groups <= limits::GOROUTINE_GROUPS, "{groups} groups");
}

#[test]
fn a_stack_of_a_million_frames_is_cut_in_the_report() {
    let alone = Alone::new();
    let mut dump = "goroutine 1 [running]:\n".to_owned();
    for frame in 0..1_000_000 {
        dump.push_str(&format!("main.f{frame}(...)\n\t/a.go:1\n"));
    }
    let most = 40 * dump.len() + 16 * MIB;
    let report = alone.survive("dump.txt", dump.into_bytes(), most);
    let groups = &report.goroutines.as_ref().expect("goroutines").groups;
    assert!(groups.iter().all(|group| group.stack.len() <= limits::GROUP_STACK_FRAMES));
}

#[test]
fn a_hundred_thousand_labels_of_one_series_are_survived() {
    let alone = Alone::new();
    let labels: Vec<_> = (0..100_000).map(|label| format!("l{label}=\"{label}\"")).collect();
    let text = format!(
        "# TYPE go_goroutines gauge\ngo_goroutines{{{}}} 7\ngo_memstats_sys_bytes 9\n",
        labels.join(",")
    );
    alone.survive("metrics.prom", text.into_bytes(), 64 * MIB);
}
