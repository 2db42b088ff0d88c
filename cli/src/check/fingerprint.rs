//! Names for findings that stay the same from run to run.

use std::fmt::Write as _;

use analyzer_core::report::{Finding, Report};
use sha2::{Digest, Sha256};

/// Bytes of the hash that are kept: enough that thousands of findings never meet.
const BYTES: usize = 12;

/// Unit words that may follow a number in a title.
const UNITS: [&str; 12] = ["B", "KiB", "MiB", "GiB", "TiB", "%", "ns", "µs", "ms", "s", "min", "h"];

/// A fingerprint in hexadecimal digits.
///
/// It is made of the code and of what the finding is about, never of numbers,
/// places, processes or hosts: for goroutines the functions of the stack and
/// the creator (without lines, so that edits above do not make it new), for
/// others the title without its numbers.
pub(crate) fn of(finding: &Finding, report: &Report) -> String {
    let mut key = format!("{}\n", finding.code);
    let groups = report.goroutines.iter().flat_map(|goroutines| &goroutines.groups);
    match groups.into_iter().find(|group| finding.group.as_ref() == Some(&group.id)) {
        Some(group) => {
            for frame in group.stack.iter().chain(&group.created_by) {
                key.push_str(&frame.function);
                key.push('\n');
            }
        }
        None => key.push_str(&without_numbers(&finding.title)),
    }
    let hash = Sha256::digest(key);
    hash.iter().take(BYTES).fold(String::with_capacity(2 * BYTES), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// `212.4 MiB of 1,024` becomes `# of #`.
fn without_numbers(title: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in title.split_whitespace() {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '%');
        if bare.starts_with(|c: char| c.is_ascii_digit()) {
            words.push("#");
        } else if words.last() != Some(&"#") || !UNITS.contains(&bare) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_units_leave_no_trace() {
        let texts = [
            "212.4 MiB outside the Go runtime",
            "1,020 KiB outside the Go runtime",
            "-3 B outside the Go runtime",
        ];
        for text in texts {
            assert_eq!(without_numbers(text), "# outside the Go runtime");
        }
        assert_eq!(without_numbers("Heap (12 %, 3 min) in v2.cache"), "Heap # # in v2.cache");
    }
}
