//! The engine as a module without imports: bytes go in and come out as
//! numbers, so that neither side touches the other's memory.
#![allow(unsafe_code)] // Symbols of the module's own.

use std::cell::RefCell;

use analyzer_core::session::Session;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Takes the next `count` bytes of the input: those of `bytes`, the lowest first.
#[unsafe(no_mangle)]
pub extern "C" fn push(bytes: u64, count: u32) {
    let bytes = bytes.to_le_bytes();
    INPUT.with_borrow_mut(|input| input.extend(bytes.iter().take(count as usize)));
}

/// Reads a file whose path is the first `path` bytes of the input; gives the
/// length of its report.
#[unsafe(no_mangle)]
pub extern "C" fn report(path: u32) -> u32 {
    let input = INPUT.take();
    let (path, bytes) = input.split_at_checked(path as usize).unwrap_or_default();
    let mut session = Session::default();
    session.add(&String::from_utf8_lossy(path), bytes.to_vec());
    let report = serde_json::to_vec(&session.report()).unwrap_or_default();
    let length = report.len();
    OUTPUT.set(report);
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Eight bytes of the report, the lowest first; zeros past its end.
#[unsafe(no_mangle)]
pub extern "C" fn output(at: u32) -> u64 {
    OUTPUT.with_borrow(|output| {
        let mut bytes = [0; 8];
        let rest = output.get(at as usize..).unwrap_or_default();
        for (byte, from) in bytes.iter_mut().zip(rest) {
            *byte = *from;
        }
        u64::from_le_bytes(bytes)
    })
}
