//! What a single line of a dump looks like, for those who look for one in other texts.

use super::{frame, header, preamble, race, stacks};

/// True for a whole header: `goroutine 7 [running]:`.
pub fn is_header(line: &[u8]) -> bool {
    header::parse(line).is_some()
}

/// True for the header of several goroutines, as tools print it: `48 goroutines [semacquire, 4 minutes]:`.
pub fn is_group(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = line.get(digits..).unwrap_or_default().trim_ascii_end();
    digits > 0 && rest.starts_with(b" goroutines [") && rest.ends_with(b"]:")
}

/// Where the race detector names an access in a line: `Write at 0x00c0001a2018 by goroutine 12:`.
pub fn race_access(line: &[u8]) -> Option<usize> {
    race::access_at(line)
}

/// The goroutine of a header.
pub fn goid(line: &[u8]) -> Option<u64> {
    header::parse(line).map(|header| header.goid)
}

/// True for a call: `main.f(0x1)`.
pub fn is_call(line: &[u8]) -> bool {
    frame::function(line).is_some()
}

/// True for the place of a call, with or without its tab: `/srv/main.go:3 +0x1`.
pub fn is_file_line(line: &[u8]) -> bool {
    frame::file_line(line).is_some()
}

/// True for a line that only a Go program prints while it ends: `panic: boom`.
pub fn starts_crash(line: &[u8]) -> bool {
    preamble::starts_crash(line)
}

/// True if a leak checker says here that a goroutine was left behind: `Leaked goroutine: `.
pub fn says_leaked(line: &[u8]) -> bool {
    stacks::says_leaked(line)
}

/// True if a handler says here that it caught a panic, whose stack comes next.
pub fn says_recovered(line: &[u8]) -> bool {
    stacks::says_recovered(&String::from_utf8_lossy(line))
}
