//! Lines that hold nothing but figures under fixed keys.

use super::{Marks, is_kernel_key};
use crate::base::reader::Lines;
use crate::base::source::Input;

/// Words beside numbers: units, and what stands in place of a number.
const WORDS: [&str; 12] =
    ["kB", "max", "some", "full", "unlimited", "bytes", "us", "pages", "default", "total", "rw", "ro"];

/// Lines of figures under the kernel's keys stay.
/// # Errors
/// None.
pub fn figures(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        if is_figures(line.bytes) {
            marks.keep(line.bytes);
        }
    }
    Ok(())
}

/// True for a line of numbers, each under a key, a `key=` or none: `anon 4096`,
/// `VmRSS:   12 kB`, `some avg10=0.00 total=5`, `TCP: inuse 5 mem 1`.
pub fn is_figures(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let mut awaits_number = false;
    for (index, token) in text.split_whitespace().enumerate() {
        if let Some((key, value)) = token.split_once('=') {
            if !is_key(key) || !is_number(value) {
                return false;
            }
            awaits_number = false;
        } else if is_number(token) || WORDS.contains(&token) {
            awaits_number = false;
        } else if let Some(title) = token.strip_suffix(':').filter(|_| index == 0) {
            if !is_key(title) {
                return false;
            }
        } else if awaits_number || !is_key(token) {
            return false;
        } else {
            awaits_number = true;
        }
    }
    !awaits_number
}

/// `12`, `0.50`, `8:0`, `1-3`, `[1]`; hexadecimal only behind `0x`.
fn is_number(text: &str) -> bool {
    let text = text.trim_matches(['[', ']', '(', ')', ',', '+', '-', '%']);
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty()
            && digits.len() <= 16
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b':' | b'-' | b'/'))
}

/// What the kernel calls a figure: `Pgfault`, `total_rss`, `Active(anon)`, `N0`.
fn is_key(text: &str) -> bool {
    is_kernel_key(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_prose() {
        for line in [
            "anon 4096",
            "VmRSS:\t   12 kB",
            "Active(anon):     9124 kB",
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=0",
            "TCP: inuse 5 orphan 0 tw 0 alloc 5 mem 1",
            "anon N0=4096 N1=0",
            "8:0 rbytes=1459200 wbytes=314773504",
            "max",
            "1 2 3",
            "",
        ] {
            assert!(is_figures(line.as_bytes()), "{line}");
        }
        for line in [
            "root@node-17:/# cat memory.stat",
            "Name:\tpricing",
            "node-17 3",
            "on host a 3 4 5",
            "a=b",
            "alice bob 3",
            "orders 4711",
            "acme_total 3",
            "usage 1a2b3c",
        ] {
            assert!(!is_figures(line.as_bytes()), "{line}");
        }
    }
}
