//! Text captures of any size that look like those of a large Go service. The
//! same size always gives the same bytes.

use std::fmt::Write;

/// Stacks that goroutines of a service share: state, innermost to outermost, creator.
const STACKS: [(&str, &[&str], &str); 6] = [
    (
        "IO wait",
        &[
            "internal/poll.runtime_pollWait",
            "internal/poll.(*FD).Read",
            "net.(*netFD).Read",
            "net/http.(*connReader).backgroundRead",
        ],
        "net/http.(*connReader).startBackgroundRead",
    ),
    (
        "chan send",
        &["example.com/shop/cart.(*Pricer).publish", "example.com/shop/cart.(*Pricer).quote"],
        "example.com/shop/cart.(*Pricer).Quote",
    ),
    ("select", &["net/http.(*persistConn).writeLoop"], "net/http.(*Transport).dialConn"),
    (
        "chan receive",
        &["example.com/shop/internal/worker.(*Pool).run"],
        "example.com/shop/internal/worker.NewPool",
    ),
    (
        "semacquire",
        &[
            "internal/sync.runtime_SemacquireMutex",
            "internal/sync.(*Mutex).lockSlow",
            "example.com/shop/store.(*Cache).Get",
        ],
        "example.com/shop/api.(*Handler).ServeHTTP",
    ),
    ("sleep", &["time.Sleep", "example.com/shop/internal/retry.Do"], "example.com/shop/internal/retry.Go"),
];

/// A dump (`debug=2`) of this many goroutines.
pub fn goroutine_dump(goroutines: usize) -> String {
    let mut dump = String::new();
    for id in 1..=goroutines {
        let (state, frames, creator) = STACKS[id % STACKS.len()];
        // Writing to a string cannot fail.
        let _ = writeln!(dump, "goroutine {id} [{state}, {} minutes]:", id % 90);
        for (depth, frame) in frames.iter().enumerate() {
            let _ = writeln!(dump, "{frame}(0xc{:09x}, 0x{:x})", id * 64, depth + 1);
            let _ = writeln!(dump, "\t/src/{}/file.go:{} +0x{:x}", depth, 40 + depth, 16 * depth + 8);
        }
        let _ = writeln!(dump, "created by {creator} in goroutine 1\n\t/src/main/file.go:77 +0x9a\n");
    }
    dump
}

/// `smaps` of this many mappings: Go's arenas, thread stacks, libraries.
pub fn smaps(mappings: usize) -> String {
    let mut text = String::new();
    for row in 0..mappings {
        let start = 0x7f00_0000_0000_u64 + (row as u64) * 0x2_0000;
        let (name, permissions) = match row % 5 {
            0 => ("/usr/lib/x86_64-linux-gnu/libc.so.6", "r-xp"),
            1 => ("[anon: Go: heap]", "rw-p"),
            _ => ("", "rw-p"),
        };
        let rss = 4 * (1 + row % 16);
        let _ = writeln!(text, "{start:x}-{:x} {permissions} 00000000 00:00 0 {name}", start + 0x1_0000);
        for (key, kib) in [
            ("Size", 64),
            ("KernelPageSize", 4),
            ("MMUPageSize", 4),
            ("Rss", rss),
            ("Pss", rss),
            ("Shared_Clean", 0),
            ("Shared_Dirty", 0),
            ("Private_Clean", 0),
            ("Private_Dirty", rss),
            ("Referenced", rss),
            ("Anonymous", rss),
            ("LazyFree", 0),
            ("AnonHugePages", 0),
            ("Swap", 0),
            ("SwapPss", 0),
            ("Locked", 0),
        ] {
            let _ = writeln!(text, "{:<16}{kib:>8} kB", format!("{key}:"));
        }
        text.push_str("THPeligible:    0\nVmFlags: rd wr mr mw me ac sd\n");
    }
    text
}

/// Frames of samples, root first.
const SAMPLED: [&[&str]; 5] = [
    &[
        "runtime.goexit.abi0",
        "main.main",
        "example.com/shop/api.(*Handler).ServeHTTP",
        "encoding/json.Marshal",
    ],
    &[
        "runtime.goexit.abi0",
        "net/http.(*conn).serve",
        "example.com/shop/cart.(*Pricer).quote",
        "runtime.mallocgc",
    ],
    &["runtime.mcall", "runtime.schedule", "runtime.findRunnable", "runtime.futex.abi0"],
    &["runtime.goexit.abi0", "example.com/shop/store.(*Cache).Get", "sync.(*Mutex).Lock"],
    &["runtime.goexit.abi0", "runtime.gcBgMarkWorker", "runtime.gcDrain", "runtime.scanobject"],
];

fn frames_of(sample: u64) -> &'static [&'static str] {
    let index = usize::try_from(sample).unwrap_or(0) % SAMPLED.len();
    SAMPLED[index]
}

/// What `perf script` prints of samples up to so many bytes.
pub fn perf_script(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    for sample in 0_u64.. {
        if text.len() >= bytes {
            break;
        }
        let frames = frames_of(sample);
        let (second, micro) = (3_000 + sample / 4_000, sample % 4_000 * 250);
        let _ =
            writeln!(text, "shop  {}  {second}.{micro:06}:     250000 cpu-clock:ppp: ", 9_480 + sample % 8);
        // One leaf of many, as inlining and offsets make them.
        let _ = writeln!(
            text,
            "\t{:16x} example.com/shop/leaf.f{}+0x{:x} (/srv/app/shop)",
            0x40_1000 + sample % 4_096,
            sample % 512,
            sample % 64
        );
        for (depth, frame) in frames.iter().enumerate().rev() {
            let _ = writeln!(
                text,
                "\t{:16x} {frame}+0x{:x} (/srv/app/shop)",
                0x40_0000 + depth * 0x1000,
                16 * depth + 8
            );
        }
        text.push('\n');
    }
    text
}

/// Folded stacks up to so many bytes; most come again, as a collection over time leaves them.
pub fn folded(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    for line in 0_u64.. {
        if text.len() >= bytes {
            break;
        }
        let frames = frames_of(line);
        text.push_str("shop;");
        text.push_str(&frames.join(";"));
        let _ = writeln!(
            text,
            ";example.com/shop/leaf.f{};example.com/shop/leaf.g{} {}",
            line % 512,
            line % 97,
            1 + line % 31
        );
    }
    text
}

/// Garbage collection trace lines of this many cycles.
pub fn gc_trace(cycles: usize) -> String {
    let mut text = String::new();
    for cycle in 1..=cycles {
        let live = 40 + cycle % 60;
        let _ = writeln!(
            text,
            "gc {cycle} @{}.{:03}s 2%: 0.031+4.2+0.012 ms clock, 0.12+1.1/3.9/0.4+0.048 ms cpu, {}->{}->{live} MB, {} MB goal, \
             1 MB stacks, 0 MB globals, 4 P",
            cycle / 10,
            cycle % 10 * 100,
            live * 2,
            live * 2 + 3,
            live * 2 + 1,
        );
    }
    text
}
