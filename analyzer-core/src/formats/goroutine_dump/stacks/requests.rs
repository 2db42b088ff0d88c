//! Calls of the runtime that ask for memory, with the sizes that their arguments tell
//! (runtime/mem_linux.go, runtime/malloc.go, runtime/mcache.go).

use crate::evidence::crash::MemoryRequest;

/// Calls that are kept of one stack.
pub(super) const REQUESTS: usize = 4;

/// A call: which argument is its size, and whether it maps memory at the address before that.
struct Call {
    name: &'static [u8],
    size: usize,
    is_mapping: bool,
}

const CALLS: [Call; 4] = [
    Call { name: b"runtime.sysMap(", size: 1, is_mapping: true },
    Call { name: b"runtime.sysMapOS(", size: 1, is_mapping: true },
    // The allocator of a large object, up to Go 1.15 and since.
    Call { name: b"runtime.largeAlloc(", size: 0, is_mapping: false },
    Call { name: b"runtime.(*mcache).allocLarge(", size: 1, is_mapping: false },
];

/// The request of a call line; `None` of other calls, and of arguments that may be stale (`?`).
pub(super) fn request(line: &[u8]) -> Option<MemoryRequest> {
    let (call, rest) = CALLS.iter().find_map(|call| Some((call, line.strip_prefix(call.name)?)))?;
    let printed = rest.split(|&byte| byte == b')').next()?;
    let mut words = printed.split(|&byte| byte == b',').map(word).take(3);
    let first = words.next()??;
    let second = words.next().flatten();
    let bytes = if call.size == 0 { first } else { second? };
    let is_low = call.size > 0 && (1..1 << 32).contains(&first);
    Some(MemoryRequest { bytes, address: call.is_mapping.then_some(first), is_low })
}

fn word(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text.trim_ascii().strip_prefix(b"0x")?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_a_call_tell_what_was_asked_for() {
        for (line, bytes, address, is_low) in [
            ("runtime.sysMap(0xc25c000000, 0x74000000, 0xe7c6f8)", 0x7400_0000, Some(0xc2_5c00_0000), false),
            ("runtime.largeAlloc(0x72eaa000, 0x450001, 0x7f)", 0x72ea_a000, None, false),
            ("runtime.(*mcache).allocLarge(0xf7f94c40, 0x4c00000, 0x1)", 0x4c0_0000, None, true),
        ] {
            let expected = MemoryRequest { bytes, address, is_low };
            assert_eq!(request(line.as_bytes()), Some(expected), "{line}");
        }
        for line in [
            "runtime.sysMap(0xc25c000000?, 0x74000000?, 0x1?)",
            "runtime.sysMap(...)",
            "main.sysMap(0x1, 0x2)",
        ] {
            assert_eq!(request(line.as_bytes()), None, "{line}");
        }
    }
}
