//! Names of the captures themselves: folders name services, pods and hosts,
//! files name formats and moments.

use rustc_hash::FxHashSet;

use super::common::CAPTURE_WORDS;
use super::{Kind, Marks, words};
use crate::formats::{cgroup, names, proc};

/// Knows the words of file names that name nobody.
#[derive(Debug)]
pub struct CaptureNames {
    known: FxHashSet<String>,
}

impl Default for CaptureNames {
    fn default() -> Self {
        let words_of_names =
            cgroup::FILES.iter().chain(&proc::NAMES).chain(names::MOMENTS).chain(names::GENERIC);
        let kernel_files = words_of_names.flat_map(|name| {
            words(name.as_bytes()).filter_map(|word| name.get(word)).map(str::to_ascii_lowercase)
        });
        let known = CAPTURE_WORDS.split(' ').map(str::to_owned).chain(kernel_files).collect();
        Self { known }
    }
}

impl CaptureNames {
    /// Marks the words of a capture's path that are neither of a format, a
    /// moment, a number nor a time. Four numbers that make an address are marked.
    pub fn mark(&self, path: &[u8], marks: &mut Marks<'_>) {
        let found: Vec<_> = words(path).collect();
        let text =
            |index: usize| found.get(index).and_then(|word| path.get(word.clone())).unwrap_or_default();
        let mut index = 0;
        while index < found.len() {
            let is_address = (0..4).all(|part| is_octet(text(index + part)))
                && (0..3).all(|part| is_one_mark_apart(path, &found, index + part));
            let count = if is_address { 4 } else { 1 };
            for part in index..index + count {
                if is_address || !self.is_known(text(part)) {
                    marks.words(text(part), Kind::Capture);
                } else {
                    marks.keep(text(part));
                }
            }
            index += count;
        }
    }

    fn is_known(&self, word: &[u8]) -> bool {
        let Ok(word) = std::str::from_utf8(word) else { return false };
        let is_number = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        let stem = word.trim_matches(|c: char| c.is_ascii_digit());
        let digits = word.len() - stem.len();
        is_number
            || is_moment(word)
            || (digits <= 7 && self.known.contains(&stem.to_ascii_lowercase()))
            || self.known.contains(&word.to_ascii_lowercase())
    }
}

/// A part of a date or time: `2026`, `20261120`, `20261120T101500Z`, `10Z`, `20T10`, seconds since 1970 of this
/// century.
fn is_moment(word: &str) -> bool {
    let word = word.strip_suffix('Z').unwrap_or(word);
    let (date, time) = word.split_once('T').unwrap_or((word, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let is_date = match date.len() {
        0 | 2 => true,
        4 => (1990..2100).contains(&number(date)),
        8 => (1990..2100).contains(&(number(date) / 10_000)) && (1..=31).contains(&(number(date) % 100)),
        10 => (1_000_000_000..2_200_000_000).contains(&number(date)),
        14 => (1990..2100).contains(&(number(date) / 10_000_000_000)),
        _ => false,
    };
    is_digits(date) && is_digits(time) && is_date && matches!(time.len(), 0 | 2 | 4 | 6)
}

fn is_octet(word: &[u8]) -> bool {
    let value = std::str::from_utf8(word)
        .ok()
        .filter(|word| word.len() <= 3)
        .and_then(|word| word.parse::<u8>().ok());
    value.is_some()
}

fn is_one_mark_apart(path: &[u8], found: &[std::ops::Range<usize>], index: usize) -> bool {
    let (Some(left), Some(right)) = (found.get(index), found.get(index + 1)) else { return false };
    left.end + 1 == right.start && path.get(left.end).is_some_and(|mark| matches!(mark, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        super::super::shown(path, b'*', |input, marks| CaptureNames::default().mark(input.bytes, marks))
    }

    #[test]
    fn names_of_formats_and_moments_stay() {
        for path in [
            "t0/goroutine.debug2.txt.gz",
            "t1/proc/smaps_rollup",
            "cgroup/memory.stat",
            "snap-3/memory.usage_in_bytes",
            "2026-11-20T10:15:00Z/heap.pb.gz",
            "before/pid661.smaps",
            "20261120T101500/kernel.dmesg.log",
            "overcommit_memory",
        ] {
            assert_eq!(shown(path), path);
        }
    }

    #[test]
    fn names_of_services_and_hosts_do_not() {
        assert_eq!(shown("pricing-7d4f8-x2x/t0/heap.pb.gz"), "*******-*****-***/t0/heap.pb.gz");
        assert_eq!(shown("ip-10-1-22-3.log"), "**-**-*-**-*.log");
        assert_eq!(shown("customer-88127345/order4711.txt"), "********-********/*********.txt");
        assert_eq!(shown("heap-10.1.22.3-4.pb"), "heap-**.*.**.*-4.pb");
    }
}
