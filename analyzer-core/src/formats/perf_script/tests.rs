//! Real and drawn texts of perf script.

use std::collections::BTreeMap;

use crate::formats::sampled::testing::read;

/// perf 6.1, Go 1.27 with cgo.
const REAL: &str = include_str!("../../../tests/fixtures/sampled/perf-script.txt");
/// The same samples, folded by a script of their own.
const FOLDED: &str = include_str!("../../../tests/fixtures/sampled/video.folded");

/// Samples and periods by a count of a few lines that knows nothing of the parser.
fn counted(text: &str) -> (i64, i64) {
    let heads = text.lines().filter(|line| line.contains("cpu-clock:ppp"));
    let periods = heads.clone().filter_map(|line| line.split_whitespace().nth(3)?.parse::<i64>().ok());
    (i64::try_from(heads.count()).unwrap(), periods.sum())
}

#[test]
fn a_real_recording_adds_up() {
    let read = read("perf-script.txt", REAL.as_bytes());
    read.check();
    assert_eq!((read.format, read.facts.kind.as_deref()), ("perf-script", Some("on-cpu")));
    assert_eq!(read.columns(), ["samples/count", "cpu/nanoseconds"]);
    assert_eq!((read.total(0), read.total(1)), counted(REAL));
    assert_eq!(read.total(0), 36);
    let expected: BTreeMap<String, i64> = FOLDED
        .lines()
        .map(|line| {
            let (stack, count) = line.rsplit_once(' ').unwrap();
            let names = stack.split(';').skip(1).map(|name| name.trim_end_matches("_[k]"));
            let names = names.map(|name| {
                [".abi0", ".isra.0", ".part.0"].iter().fold(name, |name, copy| name.trim_end_matches(copy))
            });
            (names.collect::<Vec<_>>().join(";"), count.parse().unwrap())
        })
        .collect();
    assert_eq!(read.stacks(0), expected);
    assert_eq!(read.times().len(), 36);
    assert!(read.times().is_sorted());
    assert_eq!(read.labels(0), ["comm=video", "tid=9487"]);
}

#[test]
fn headers_records_and_inlined_lines_are_no_samples() {
    let text = "\
# ========
# captured on    : Mon Nov 30 10:22:35 2026
# hostname : prod-7
# cmdline : /usr/bin/perf record -F 99 -g -p 9480
# ========
#
video 9480/9487 [001] 3274.100000: PERF_RECORD_MMAP2 9480/9487: [0x400000(0x1000) @ 0 08:01 1 0]: r-xp /srv/app/video
video 9480/9487 [001] 3274.200000:     250000 cycles:u: 
\t      401136 main.small (inlined)
\t      401136 main.middle (inlined)
\t      401136 main.outer+0x16 (/srv/app/video)
  main.go:12
\t      53ac7 runtime.main+0x427 (/srv/app/video)

video 9480/9488 [000] 3274.300000000:     250001 cycles:u: 
\t      401136 main.small (inlined)
\t      401136 main.middle (inlined)
\t      401136 main.outer+0x16 (/srv/app/video)
  main.go:12
\t      53ac7 runtime.main+0x427 (/srv/app/video)
";
    let read = read("out.txt", text.as_bytes());
    read.check();
    assert_eq!(read.columns(), ["samples/count", "cycles/count"]);
    let stack = "runtime.main;main.outer;main.middle;main.small".to_owned();
    assert_eq!(read.stacks(1), BTreeMap::from([(stack, 500_001)]));
    assert_eq!(read.profile().locations.len(), 2);
    assert!(read.places().contains(&"main.outer main.go:12".to_owned()), "{:?}", read.places());
    assert_eq!(read.times(), [3_274_200_000_000, 3_274_300_000_000]);
    assert_eq!(read.labels(1), ["comm=video", "pid=9480", "tid=9488"]);
}

#[test]
fn samples_without_call_chain_time_or_period_count() {
    let text = "\
              dd  1234 cpu-clock:  ffffffff8226e639 do_futex+0x183 ([kernel.kallsyms])
   Web Content    99 cpu-clock:            40113 main.hash+0x3 (/srv/app/video)
   Web Content    99 cpu-clock:            40113 main.hash+0x3 (/srv/app/video)
";
    let read = read("out.txt", text.as_bytes());
    read.check();
    assert_eq!(read.columns(), ["samples/count"]);
    assert_eq!(read.stacks(0), BTreeMap::from([("do_futex".to_owned(), 1), ("main.hash".to_owned(), 2)]));
    assert!(read.times().is_empty());
    assert_eq!(read.labels(1), ["comm=Web Content", "tid=99"]);
}

#[test]
fn events_have_columns_of_their_own() {
    let text = "\
a 1 [000] 1.000001: 10 cycles: 
\t 10 f+0x1 (/bin/a)

a 1 [000] 1.000002: 1 sched:sched_switch: prev_comm=secret prev_pid=1
\t 20 g+0x1 ([kernel.kallsyms])

a 1 [000] 1.000003: 30 cycles: 
\t 10 f+0x1 (/bin/a)

";
    let read = read("out.txt", text.as_bytes());
    read.check();
    assert_eq!(
        read.columns(),
        [
            "cycles:samples/count",
            "cycles/count",
            "sched:sched_switch:samples/count",
            "sched:sched_switch/count"
        ]
    );
    let totals: Vec<i64> = (0..4).map(|column| read.total(column)).collect();
    assert_eq!(totals, [2, 40, 1, 1]);
    assert_eq!(read.facts.kind.as_deref(), Some("cycles"));
}

#[test]
fn names_of_threads_programs_and_hosts_are_secrets() {
    use crate::formats::redaction::shown;
    let text = "\
# hostname : prod-7
acme-api 9480/9487 [001] 3274.200000:     250000 cycles:u: 
\t      401136 main.outer+0x16 (/srv/acme/video)
\t ffffffff8226e639 do_futex+0x183 ([kernel.kallsyms])

";
    let expected = "\
# xxxxxxxx : xxxx-x
....-... 9480/9487 [001] 3274.200000:     250000 cycles:u: 
\t      401136 main.outer+0x16 (/srv/..../.....)
\t ffffffff8226e639 do_futex+0x183 ([kernel.kallsyms])

";
    assert_eq!(shown(text, b'.', |input, marks| super::secrets::secrets(input, marks).unwrap()), expected);
}
