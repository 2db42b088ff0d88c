//! Texts as the tools print them, cut to a few lines.

use crate::report::{Report, SourceStatus};
use crate::session::Session;

fn report(bytes: &[u8]) -> Report {
    let mut session = Session::default();
    session.add("unknown", bytes.to_vec());
    session.report()
}

/// The kind that a text is told to be, and what is said.
fn told(bytes: &[u8]) -> (Option<String>, String) {
    let report = report(bytes);
    let source = &report.sources[0];
    assert!(!report.verdict.contains("No problem"), "{}", report.verdict);
    assert_eq!(source.status, SourceStatus::Failed, "{:?}", source.notes);
    (source.kind.clone(), source.notes[0].message.clone())
}

#[test]
fn texts_of_known_tools_are_called_by_name_with_what_to_capture() {
    for (text, kind, says) in [
        (
            "<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\nTypes of profiles available:\n<td>36015</td><td><a href='goroutine?debug=1'>goroutine</a>\n",
            "pprof-index",
            "goroutine?debug=2",
        ),
        (
            "/debug/pprof/\n\nTypes of profiles available:\nCount\tProfile\n7\tallocs\n36015\tgoroutine\n",
            "pprof-index",
            "curl",
        ),
        (
            "Showing nodes accounting for 121, 100% of 121 total\n----------------------------------------------------------+-------------\n      flat  flat%   sum%        cum   cum%   calls calls% + context \n",
            "pprof-tree",
            "pprof -proto",
        ),
        (
            "Total: 12.50MB\nROUTINE ======================== main.grow in /srv/app/main.go\n   12.50MB    12.50MB (flat, cum)   100% of Total\n",
            "pprof-list",
            "pprof -proto",
        ),
        (
            "PeriodType: space bytes\nPeriod: 524288\nSamples:\nalloc_objects/count inuse_space/bytes\n",
            "pprof-raw",
            "pprof -proto",
        ),
        (
            "heap profile:     12:     4096 [    30:     9000] @ heapprofile\n  1: 4096 [ 1: 4096] @ 0x4a1f 0x4b22\n\nMAPPED_LIBRARIES:\n",
            "gperftools-heap",
            "/debug/pprof/heap",
        ),
        ("heap_v2/524288\n  t*: 106: 56637 [0: 0]\n  t0: 106: 56637 [0: 0]\n", "gperftools-heap", "jeprof"),
        (
            "--- contentionz 1 ---\ncycles/second = 3201000000\nsampling period = 100\n",
            "gperftools-contention",
            "mutex",
        ),
        ("--- heapz 1 ---\nheap profile:  1: 9 [ 1: 9] @ heap/524288\n", "java-text-profile", "Java"),
        (
            "2026-11-20 20:03:00\nFull thread dump OpenJDK 64-Bit Server VM (21.0.1+12 mixed mode):\n\n\"main\" #1 prio=5\n",
            "java-thread-dump",
            "kill -QUIT",
        ),
        (
            "parent PID:\t1\nthreads:\t14\nmemory usage:\t3.125%\ncpu usage:\t0.210%\nusername:\troot\n",
            "gops",
            "gops stack PID",
        ),
        ("goroutines: 36015\nOS threads: 14\nGOMAXPROCS: 8\nnum CPU: 8\n", "gops", "gops memstats PID"),
        (
            "36010: chan send [2~40 minutes] [Created by main.serve @ main.go:22]\n    hub hub.go:44 (*Hub).Broadcast(#1, ...)\n",
            "panicparse",
            "goroutine?debug=2",
        ),
        (
            "Showing 2 unique goroutines:\n\n48 goroutines [semacquire, 4 minutes]:\nmain.(*Model).Request(0xc208052500)\n\t/srv/model.go:316 +0x86\ncreated by main.handle\n\t/srv/main.go:9 +0x1d\n",
            "panicparse",
            "goroutine?debug=2",
        ),
        (
            "goos: linux\ngoarch: amd64\npkg: example.com/shop\nBenchmarkAdd-8   1000  1234 ns/op  512 B/op\n",
            "benchmark",
            "-memprofile",
        ),
    ] {
        let (found, message) = told(text.as_bytes());
        assert_eq!(found.as_deref(), Some(kind), "{text}");
        assert!(message.contains(says), "{kind}: {message}");
    }
}

#[test]
fn binary_files_of_others_are_called_by_name() {
    let word = |value: u64| value.to_le_bytes();
    let gperftools: Vec<u8> = [0, 3, 0, 10_000, 0, 1, 1, 0x4a1f].into_iter().flat_map(word).collect();
    let narrow: Vec<u8> = [0_u32, 3, 0, 10_000, 0, 1].into_iter().flat_map(u32::to_be_bytes).collect();
    let mut core = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0".to_vec();
    let mut program = core.clone();
    program[16] = 2;
    core.resize(4_096, 0);
    for (bytes, kind) in [
        (gperftools, "gperftools-cpu"),
        (narrow, "gperftools-cpu"),
        (b"JAVA PROFILE 1.0.2\0\0\0\0\x08".to_vec(), "java-hprof"),
        (b"FLR\0\0\x02\0\x01".to_vec(), "java-jfr"),
        (b"PERFILE2h\0\0\0\0\0\0\0".to_vec(), "perf-data"),
        (core, "core-dump"),
        (program, "program"),
    ] {
        assert_eq!(told(&bytes).0.as_deref(), Some(kind), "{bytes:?}");
    }
}

#[test]
fn what_is_read_is_not_taken_for_an_unread_tool() {
    for text in [
        "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d\n",
        "heap profile: 1: 16 [1: 16] @ heap/1048576\n1: 16 [1: 16] @ 0x4a1f\n#\t0x4a1e\tmain.f+0x1\t/app/main.go:1\n\n# runtime.MemStats\n# Alloc = 1\n# GCSys = 1\n",
        "dear diary, 12: nothing\n",
    ] {
        let report = report(text.as_bytes());
        assert_ne!(report.sources[0].format.as_deref(), Some(super::NAME), "{text}");
    }
}
