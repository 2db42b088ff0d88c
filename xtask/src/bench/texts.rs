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
