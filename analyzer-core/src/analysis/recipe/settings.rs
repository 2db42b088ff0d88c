//! How Go and manifests write amounts.

use crate::base::units::Bytes;
use crate::evidence::memory::UNLIMITED;
use crate::report::number_format;

/// What the runtime reads as GOMEMLIMIT: `off` is none of it (runtime/debug, parseByteCount).
pub fn go_bytes(text: &str) -> Option<i64> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("B", 0), ("", 0)];
    let (digits, shift) = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))?;
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<i64>().ok().filter(|_| is_digits)?.checked_mul(1_i64 << shift)
}

/// GOMEMLIMIT with what stands for none: [`UNLIMITED`] for `off`.
pub fn gomemlimit(text: &str) -> Option<i64> {
    if text == "off" { Some(UNLIMITED) } else { go_bytes(text) }
}

/// GOGC in percent; [`UNLIMITED`] for `off` and what is below zero (runtime, readGOGC).
pub fn gogc(text: &str) -> Option<i64> {
    if text == "off" {
        return Some(UNLIMITED);
    }
    text.parse::<i32>().ok().map(|percent| if percent < 0 { UNLIMITED } else { i64::from(percent) })
}

/// An amount as Go's variables write it, in whole MiB.
pub fn in_mib(amount: i64) -> String {
    format!("{}MiB", (amount >> 20).max(1))
}

/// CPUs of thousandths, for people: `0.5`, `2`.
pub fn cpus(millis: i64) -> String {
    number_format::cpus(u64::try_from(millis).unwrap_or(0))
}

/// An amount for people.
pub fn text(amount: i64) -> String {
    number_format::bytes(Bytes(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_the_runtime_reads_them() {
        for (text, value) in [
            ("512MiB", Some(512 << 20)),
            ("1024", Some(1024)),
            ("8B", Some(8)),
            ("off", None),
            ("512Mi", None),
            ("1.5GiB", None),
            ("99999999999TiB", None),
            ("MiB", None),
        ] {
            assert_eq!(go_bytes(text), value, "{text}");
        }
        assert_eq!(
            (gomemlimit("off"), gogc("off"), gogc("-1")),
            (Some(UNLIMITED), Some(UNLIMITED), Some(UNLIMITED))
        );
        assert_eq!((gogc("200"), gogc("5%")), (Some(200), None));
    }
}
