//! Binary files: profiles and traces of other runtimes, and of Go before the
//! forms that are read.

use super::{Known, has};

/// Every kind, in the order in which they are asked.
pub(super) const ALL: &[Known] = &[
    Known {
        kind: "gperftools-cpu",
        what: "A gperftools CPU profile (legacy binary format)",
        instead: "Convert it on the machine with the program and its libraries: pprof -proto PROGRAM FILE > cpu.pb.gz.",
        is: is_gperftools_cpu,
    },
    Known {
        kind: "java-hprof",
        what: "A Java heap dump (HPROF)",
        instead: "It contains no Go memory. Open it with Eclipse MAT or VisualVM.",
        is: |bytes| bytes.starts_with(b"JAVA PROFILE 1.0"),
    },
    Known {
        kind: "java-jfr",
        what: "A JDK Flight Recorder recording",
        instead: "It contains no Go memory. Open it with JDK Mission Control.",
        is: |bytes| bytes.starts_with(b"FLR\0"),
    },
    Known {
        kind: "perf-data",
        what: "A Linux perf recording (perf.data)",
        instead: "Convert it on the machine where it was recorded: perf script -i perf.data > perf.txt, or perf_to_profile -i perf.data -o cpu.pb.gz.",
        is: |bytes| bytes.starts_with(b"PERFILE2") || bytes.starts_with(b"2ELIFREP"),
    },
    Known {
        kind: "core-dump",
        what: "A core dump",
        instead: "To print its goroutines: dlv core PROGRAM FILE, then goroutines -t.",
        // e_type 4 is ET_CORE (elf.h), little endian first.
        is: |bytes| {
            bytes.starts_with(b"\x7fELF")
                && (bytes.get(16..18) == Some(&[4, 0]) || bytes.get(16..18) == Some(&[0, 4]))
        },
    },
    Known {
        kind: "program",
        what: "A program or library (ELF, Mach-O or PE)",
        instead: "Capture profiles and dumps of the running program instead: see /debug/pprof/.",
        is: is_program,
    },
    Known {
        kind: "sqlite",
        what: "An SQLite database",
        instead: "Export its contents as text.",
        is: |bytes| bytes.starts_with(b"SQLite format 3\0"),
    },
    Known {
        kind: "heapdump",
        what: "A heap dump from runtime/debug.WriteHeapDump",
        instead: "Capture /debug/pprof/heap instead: it shows which code allocated the heap.",
        is: |bytes| {
            bytes.starts_with(b"go1.7 heap dump\n")
                || (bytes.starts_with(b"go1.") && has(bytes, " heap dump\n"))
        },
    },
];

/// Words of the header: 0, 3, 0, period, 0, in either size and byte order
/// (gperftools, docs/cpuprofile-fileformat.html).
fn is_gperftools_cpu(bytes: &[u8]) -> bool {
    let has_words = |size: usize, is_big: bool| {
        let word = |index: usize| -> Option<u64> {
            let word = bytes.get(index * size..(index + 1) * size)?;
            let shift = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
            Some(if is_big { word.iter().fold(0, shift) } else { word.iter().rev().fold(0, shift) })
        };
        let period = word(3).unwrap_or(0);
        word(0) == Some(0) && word(1) == Some(3) && word(2) == Some(0) && word(4) == Some(0) && period > 0
    };
    [(8, false), (4, false), (8, true), (4, true)].into_iter().any(|(size, is_big)| has_words(size, is_big))
}

fn is_program(bytes: &[u8]) -> bool {
    const MACH_O: [&[u8]; 3] = [b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe\0\0\0\x02"];
    bytes.starts_with(b"\x7fELF")
        || MACH_O.iter().any(|magic| bytes.starts_with(magic))
        || (bytes.starts_with(b"MZ") && has(bytes, "This program cannot be run in DOS mode"))
}
