//! What the runtime ended the program with, where a text begins below its message
//! (runtime/panic.go, runtime/mem_linux.go, runtime/map.go).

/// What is said of an end whose message is not in the text.
pub(super) const NO_MESSAGE: &[u8] = b"fatal error: (the message is not in the text)";

/// Calls that end the program.
const ENDS: [&str; 5] =
    ["runtime.throw", "runtime.fatal", "runtime.fatalthrow", "runtime.dopanic", "runtime.dopanic_m"];

/// Calls that map memory; all that they throw says that the system refused it.
const MAPS: [&str; 4] = ["runtime.sysMap", "runtime.sysMapOS", "runtime.sysReserve", "runtime.sysUsedOS"];

/// What else a call throws, by the start of its name.
const THROWN: [(&str, &[u8]); 6] = [
    ("runtime.mapassign", b"fatal error: concurrent map writes (from the stack: the message is not in the text)"),
    ("runtime.mapdelete", b"fatal error: concurrent map writes (from the stack: the message is not in the text)"),
    ("runtime.mapaccess", b"fatal error: concurrent map read and map write (from the stack: the message is not in the text)"),
    ("runtime.mapiternext", b"fatal error: concurrent map iteration and map write (from the stack: the message is not in the text)"),
    ("runtime.checkdead", b"fatal error: all goroutines are asleep - deadlock! (from the stack: the message is not in the text)"),
    ("runtime.newosproc", b"fatal error: newosproc (from the stack: the message is not in the text)"),
];

/// What the runtime says of memory that it did not get.
const NO_MEMORY: &[u8] =
    b"fatal error: out of memory (from the stack: runtime.sysMap failed; the message is not in the text)";

/// The message of a stack, from its innermost call on; `None` if the runtime did not end the program there.
pub(super) fn message<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static [u8]> {
    let mut names = names.peekable();
    let first = *names.peek()?;
    let is_end = |name: &str| {
        ENDS.contains(&name) || name.starts_with("runtime.throw.") || name == "runtime.systemstack"
    };
    // The runtime calls itself on its own stack: no goroutine waits or runs there.
    if !ENDS.contains(&first) && !MAPS.contains(&first) {
        return None;
    }
    let by = names.find(|name| !is_end(name) && !name.starts_with("runtime.fatal."));
    let of = |by: &str| {
        let is_of = |(start, _): &&(&str, &[u8])| by.starts_with(start);
        if MAPS.contains(&by) { Some(NO_MEMORY) } else { THROWN.iter().find(is_of).map(|(_, text)| *text) }
    };
    Some(by.and_then(of).unwrap_or(NO_MESSAGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str]) -> Option<String> {
        message(names.iter().copied()).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    #[test]
    fn the_call_that_threw_tells_the_message() {
        for (names, says) in [
            (&["runtime.throw", "runtime.sysMap", "runtime.(*mheap).sysAlloc"][..], "out of memory"),
            (&["runtime.sysMap", "runtime.(*mheap).sysAlloc"], "out of memory"),
            (&["runtime.fatal", "runtime.mapassign_faststr", "main.(*Cart).Add"], "concurrent map writes"),
            (&["runtime.throw.func1", "main.main"], ""),
            (&["runtime.throw", "runtime.gcDrain"], "(the message is not in the text)"),
            (&["runtime.gopark", "runtime.throw"], ""),
        ] {
            assert_eq!(said(names).is_some(), !says.is_empty(), "{names:?}");
            assert!(said(names).unwrap_or_default().contains(says), "{names:?}");
        }
    }
}
