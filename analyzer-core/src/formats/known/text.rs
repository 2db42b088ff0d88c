//! Texts: tables and lists that tools make of captures, and reports of tools
//! beside Go's own.

use super::{Known, has, has_line};
use crate::formats::goroutine_dump::lines::is_group;

/// Every kind, in the order in which they are asked: narrower ones first.
pub(super) const ALL: &[Known] = &[
    Known {
        kind: "pprof-index",
        what: "The index page of /debug/pprof/: a list of profiles with their counts, not a profile",
        instead: "Capture one of them: curl -o goroutine.txt 'http://HOST/debug/pprof/goroutine?debug=2', curl -o heap.pb.gz http://HOST/debug/pprof/heap.",
        is: |bytes| has(bytes, "/debug/pprof/") && has(bytes, "Types of profiles available"),
    },
    Known {
        kind: "pprof-top",
        what: "A table of pprof -top (also -text)",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| {
            (has(bytes, "flat  flat%   sum%        cum   cum%")
                || has_line(bytes, "Showing nodes accounting for "))
                && !has(bytes, "calls calls%")
        },
    },
    Known {
        kind: "pprof-tree",
        what: "A listing of pprof -tree or -peek",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| has(bytes, "calls calls% + context"),
    },
    Known {
        kind: "pprof-traces",
        what: "A listing of pprof -traces",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| has_line(bytes, "-----------+----"),
    },
    Known {
        kind: "pprof-list",
        what: "A listing of pprof -list or -disasm",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| has_line(bytes, "ROUTINE ======================== ") || is_listing(bytes),
    },
    Known {
        kind: "pprof-raw",
        what: "A listing of pprof -raw",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| has_line(bytes, "PeriodType: ") && has_line(bytes, "Samples:"),
    },
    Known {
        kind: "pprof-dot",
        what: "A graph of pprof -dot or -svg",
        instead: "Use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.",
        is: |bytes| {
            has(bytes, "Showing nodes accounting for ") && (has_line(bytes, "digraph ") || has(bytes, "<svg"))
        },
    },
    Known {
        kind: "gperftools-heap",
        what: "A gperftools or jemalloc heap profile (C or C++ memory)",
        instead: "Convert it on the machine with the program and its libraries: pprof -proto PROGRAM FILE > heap.pb.gz (jemalloc: jeprof --collapsed). For the Go heap, capture /debug/pprof/heap.",
        is: is_native_heap,
    },
    Known {
        kind: "gperftools-contention",
        what: "A gperftools contention profile (C++ locks)",
        instead: "Convert it on the machine with the program: pprof -proto PROGRAM FILE > contention.pb.gz. For Go locks, capture /debug/pprof/mutex.",
        is: |bytes| bytes.starts_with(b"--- contentionz ") || bytes.starts_with(b"--- mutex:"),
    },
    Known {
        kind: "java-text-profile",
        what: "A legacy Java profile (heapz, contentionz, or a CPU profile of pprof's agent)",
        instead: "It contains no Go code. Open it with go tool pprof.",
        is: |bytes| bytes.starts_with(b"--- heapz ") || bytes.starts_with(b"--- growthz "),
    },
    Known {
        kind: "java-thread-dump",
        what: "A Java thread dump",
        instead: "It contains no goroutines. A Go program prints its goroutines on kill -QUIT PID.",
        is: |bytes| has_line(bytes, "Full thread dump "),
    },
    Known {
        kind: "python-traceback",
        what: "A Python traceback",
        instead: "It contains no goroutines. A Go program prints its goroutines on kill -QUIT PID.",
        is: |bytes| has_line(bytes, "Traceback (most recent call last):") && !has(bytes, "\ngoroutine "),
    },
    Known {
        kind: "delve-goroutines",
        what: "A Delve (dlv) list of goroutines",
        instead: "Capture their stacks: curl -o goroutine.txt 'http://HOST/debug/pprof/goroutine?debug=2', or goroutines -t in Delve, or kill -QUIT PID.",
        is: |bytes| has(bytes, "Goroutine ") && (has(bytes, " - User: ") || has(bytes, " - Start: ")),
    },
    Known {
        kind: "gdb-goroutines",
        what: "A gdb list of goroutines or threads",
        instead: "Capture the goroutines: curl -o goroutine.txt 'http://HOST/debug/pprof/goroutine?debug=2', or kill -QUIT PID.",
        is: |bytes| {
            (has(bytes, "(gdb) info goroutines"))
                || (has_line(bytes, "Thread ") && has(bytes, "(LWP ") && has_line(bytes, "#0 "))
        },
    },
    Known {
        kind: "gops",
        what: "A gops summary",
        instead: "gops stack PID prints the goroutines, gops memstats PID the runtime's memory, gops pprof-heap PID and gops pprof-cpu PID save profiles.",
        is: is_gops,
    },
    Known {
        kind: "panicparse",
        what: "Goroutines grouped by a tool (panicparse and similar)",
        instead: "Use the original dump: what the program printed, or curl -o goroutine.txt 'http://HOST/debug/pprof/goroutine?debug=2'.",
        is: is_panicparse,
    },
    Known {
        kind: "drawn-calls",
        what: "A tree of calls drawn by hand or by a tool (no goroutine dump)",
        instead: "It has no goroutines and no states. Use the dump that it was drawn from: curl -o goroutine.txt 'http://HOST/debug/pprof/goroutine?debug=2', or kill -QUIT PID.",
        is: is_drawn,
    },
    Known {
        kind: "valgrind",
        what: "A Valgrind report",
        instead: "It covers C memory: to see how much that is, capture smaps and a heap profile at the same moment.",
        is: |bytes| has(bytes, "== Memcheck, a memory error detector") || has(bytes, "== HEAP SUMMARY:"),
    },
    Known {
        kind: "sanitizer",
        what: "A C sanitizer report (AddressSanitizer, LeakSanitizer, MemorySanitizer)",
        instead: "It covers C memory: to see how much that is, capture smaps and a heap profile at the same moment.",
        is: |bytes| {
            ["AddressSanitizer: ", "LeakSanitizer: ", "MemorySanitizer: "]
                .iter()
                .any(|name| has(bytes, &format!("ERROR: {name}")) || has(bytes, &format!("WARNING: {name}")))
        },
    },
    Known {
        kind: "chrome-trace",
        what: "A Chrome trace (JSON)",
        instead: "Use the execution trace itself: curl -o trace.out 'http://HOST/debug/pprof/trace?seconds=5'.",
        is: |bytes| bytes.trim_ascii_start().starts_with(b"{") && has(bytes, "\"traceEvents\""),
    },
    Known {
        kind: "benchmark",
        what: "go test -bench results",
        instead: "Add -memprofile mem.pb.gz -cpuprofile cpu.pb.gz and drop the profiles.",
        is: |bytes| has_line(bytes, "goos: ") && has_line(bytes, "Benchmark"),
    },
];

/// `heap profile: 12: 4096 [30: 9000] @ heapprofile`; Go's says `@ heap/RATE`.
/// jemalloc begins with `heap_v2/RATE`.
fn is_native_heap(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_gperftools = first.starts_with(b"heap profile: ")
        && ["@ heapprofile", "@ heap_v2/", "@ growthz", "@ heapz"].iter().any(|kind| has(first, kind));
    is_gperftools || first.starts_with(b"heap_v2/")
}

/// `gops PID`, `gops` and `gops stats PID`.
fn is_gops(bytes: &[u8]) -> bool {
    let is_stats =
        has_line(bytes, "goroutines: ") && has_line(bytes, "OS threads: ") && has_line(bytes, "GOMAXPROCS: ");
    let is_process =
        has_line(bytes, "parent PID:") && has_line(bytes, "threads:") && has_line(bytes, "memory usage:");
    is_stats || is_process
}

/// `12: chan receive [2~40 minutes]` with frames of package, file and function below, or
/// `48 goroutines [semacquire, 4 minutes]:` with a stack.
fn is_panicparse(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_bucket = |line: &&str| {
        let Some((count, state)) = line.split_once(": ") else { return false };
        !count.is_empty()
            && count.bytes().all(|byte| byte.is_ascii_digit())
            && (state.contains(" [Created by ") || state.contains(" minutes]") || state.contains(" [locked]"))
    };
    text.lines().take(2_000).any(|line| is_bucket(&line) || is_group(line.as_bytes()))
}

/// True for source lines with two figures before them, as pprof -list prints them, also without their title:
/// `   2.50MB    2.50MB     41: x := make([]byte, n)`.
fn is_listing(bytes: &[u8]) -> bool {
    const LEAST_LINES: usize = 4;
    let is_figure = |word: &str| {
        word == "."
            || (word.starts_with(|first: char| first.is_ascii_digit())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'))
    };
    let is_row = |line: &&str| {
        let mut words = line.split_whitespace();
        let figures = words.by_ref().take(2).filter(|word| is_figure(word)).count();
        let number = words.next().and_then(|word| word.split_once(':')).map_or("", |(number, _)| number);
        figures == 2 && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let text = String::from_utf8_lossy(bytes);
    let rows: Vec<&str> = text.lines().filter(is_row).take(LEAST_LINES).collect();
    // A line of figures alone could be any table; source has code behind its number.
    rows.len() == LEAST_LINES && rows.iter().any(|row| row.contains(['(', '{', '}', '=']))
}

/// True for functions of Go below one another with the lines of a tree before them.
fn is_drawn(bytes: &[u8]) -> bool {
    const LEAST_CALLS: usize = 2;
    let is_branch = |line: &&str| {
        let name = line.trim_start_matches(|c: char| {
            c.is_whitespace() || "\u{2514}\u{251c}\u{2502}\u{2500}`|+->\u{2192}\u{21b3}".contains(c)
        });
        let marks = line.get(..line.len() - name.len()).unwrap_or_default();
        // A quote's mark is none of a tree.
        let is_marked = marks.chars().any(|c| !c.is_whitespace() && c != '>');
        let word = name.split_whitespace().next().unwrap_or_default();
        is_marked && (word.contains(".(*") || word.starts_with("main.") || word.contains("runtime_"))
    };
    // A goroutine's header ends so: a dump in an envelope is a dump.
    !has(bytes, "]:") && String::from_utf8_lossy(bytes).lines().filter(is_branch).count() >= LEAST_CALLS
}
