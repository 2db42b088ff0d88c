//! Numbers as text: the only place of the page that writes them.
//!
//! A short form for reading and, for amounts that it rounds, an exact one for
//! titles and copying. A minus sign is U+2212, as wide as a plus.

use analyzer_core::base::convert::{ratio, to_f64};
use analyzer_core::base::units::{Nanos, Unit};
use analyzer_core::report::Amount;

const BYTE_UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Bytes in IEC units with three significant digits: `1.50 MiB`, `812 B`, `−3.1 KiB`.
pub fn bytes(value: i64) -> String {
    let magnitude = value.unsigned_abs();
    if magnitude < 1024 {
        return format!("{}{magnitude} B", minus(value));
    }
    let mut scaled = to_f64(magnitude) / 1024.0;
    let mut unit = 0;
    // 1023.5 would print as 1024: the next unit reads better.
    while scaled >= 1023.5 && unit + 1 < BYTE_UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let unit = BYTE_UNITS.get(unit).copied().unwrap_or_default();
    format!("{}{} {unit}", minus(value), three_digits(scaled))
}

/// Bytes to the byte: `1,572,864 B`.
pub fn bytes_exact(value: i64) -> String {
    format!("{} B", count(value))
}

/// A file's size, which is never negative: as [`bytes`].
pub fn size(value: u64) -> String {
    bytes(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A count with its thousands apart: `12,345`.
pub fn count(value: i64) -> String {
    format!("{}{}", minus(value), grouped(value.unsigned_abs()))
}

/// An unsigned count: as [`count`].
pub fn count_u64(value: u64) -> String {
    grouped(value)
}

/// A length: as [`count`].
pub fn count_usize(value: usize) -> String {
    grouped(analyzer_core::base::convert::to_u64(value))
}

/// A count with its noun: `1 file`, `1,200 files`.
pub fn counted(value: usize, singular: &str, plural: &str) -> String {
    let noun = if value == 1 { singular } else { plural };
    format!("{} {noun}", count_usize(value))
}

/// A change, always with its sign: `+12`, `−3`, `±0`.
pub fn signed_count(value: i64) -> String {
    with_sign(value, count)
}

/// A change of bytes, always with its sign: `+1.50 MiB`.
pub fn signed_bytes(value: i64) -> String {
    with_sign(value, bytes)
}

/// A share: `12.3%`, `<0.1%`; an empty text if the whole is zero.
pub fn percent(part: i64, whole: i64) -> String {
    let Some(share) = ratio(part.into(), whole.into()) else { return String::new() };
    let percent = share * 100.0;
    if part != 0 && percent.abs() < 0.1 {
        return if percent < 0.0 { ">\u{2212}0.1%".to_owned() } else { "<0.1%".to_owned() };
    }
    let sign = if percent < 0.0 { "\u{2212}" } else { "" };
    let digits = if percent.abs() >= 99.95 { 0 } else { 1 };
    format!("{sign}{:.digits$}%", percent.abs())
}

/// A time span in its two largest units: `1.25 s`, `350 ms`, `2 m 5 s`, `3 h 2 m`, `4 d 1 h`.
pub fn duration(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let text = match magnitude {
        0..1_000 => format!("{magnitude} ns"),
        1_000..1_000_000 => format!("{} µs", three_digits(to_f64(magnitude) / 1e3)),
        1_000_000..NANOS_PER_SECOND => format!("{} ms", three_digits(to_f64(magnitude) / 1e6)),
        _ if magnitude < 60 * NANOS_PER_SECOND => format!("{} s", three_digits(to_f64(magnitude) / 1e9)),
        _ => long_duration(magnitude / NANOS_PER_SECOND),
    };
    format!("{}{text}", minus(nanos))
}

/// Whole minutes, as the Go runtime prints waits: `9 min`, `2 h 5 m`.
pub fn minutes(value: u64) -> String {
    if value < 60 { format!("{value} min") } else { long_duration(value.saturating_mul(60)) }
}

fn long_duration(seconds: u64) -> String {
    const STEPS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    for (index, (step, unit)) in STEPS.into_iter().enumerate() {
        if seconds < step {
            continue;
        }
        let first = format!("{} {unit}", grouped(seconds / step));
        let rest = STEPS.get(index + 1).map(|(next, name)| (seconds % step / next, name));
        return match rest {
            Some((amount, name)) if amount > 0 => format!("{first} {amount} {name}"),
            _ => first,
        };
    }
    "0 s".to_owned()
}

/// A point in time in UTC, as captures and logs have it: `2026-05-01 03:12:07Z`.
pub fn instant(at: Nanos) -> String {
    let seconds = at.0.div_euclid(1_000_000_000);
    let (year, month, day) = civil_date(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {}", clock(seconds))
}

/// The time of day of a point in time, in UTC: `03:12:07Z`.
pub fn time_of_day(at: Nanos) -> String {
    clock(at.0.div_euclid(1_000_000_000))
}

fn clock(seconds: i64) -> String {
    let second = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}Z", second / 3_600, second % 3_600 / 60, second % 60)
}

/// The Gregorian date of a day counted from 1970-01-01. Years are counted
/// from March, so that the leap day is the last of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// A value in its unit, short.
pub fn value(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => bytes(value),
        Unit::Nanoseconds => duration(value),
        Unit::Count => count(value),
        Unit::Minutes if value < 0 => format!("\u{2212}{}", minutes(value.unsigned_abs())),
        Unit::Minutes => minutes(value.unsigned_abs()),
        Unit::BasisPoints => percent(value, 10_000),
    }
}

/// A value in its unit, to the last digit.
pub fn value_exact(value: i64, unit: Unit) -> String {
    let unit = match unit {
        Unit::Bytes => " B",
        Unit::Nanoseconds => " ns",
        Unit::Count => "",
        Unit::Minutes => " min",
        Unit::BasisPoints => " basis points",
    };
    format!("{}{unit}", count(value))
}

/// A finding's amount without its bounds.
pub fn amount(amount: &Amount) -> String {
    value(amount.value, amount.unit)
}

/// The bounds of an amount, if it is a range: `380 KiB to 450 KiB`.
pub fn amount_range(amount: &Amount) -> Option<String> {
    match (amount.low, amount.high) {
        (None, None) => None,
        (Some(low), None) => Some(format!("at least {}", value(low, amount.unit))),
        (None, Some(high)) => Some(format!("at most {}", value(high, amount.unit))),
        (Some(low), Some(high)) if low == high => None,
        (Some(low), Some(high)) => {
            Some(format!("{} to {}", value(low, amount.unit), value(high, amount.unit)))
        }
    }
}

fn minus(value: i64) -> &'static str {
    if value < 0 { "\u{2212}" } else { "" }
}

fn with_sign(value: i64, text: fn(i64) -> String) -> String {
    match value {
        0 => format!("\u{b1}{}", text(0)),
        1.. => format!("+{}", text(value)),
        _ => text(value),
    }
}

/// Three significant digits, and all digits before the point.
fn three_digits(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_digits_and_the_unit_that_needs_no_more() {
        let shown = [0, 1, 1023, 1024, 1536, 10_240, 1_048_575, 1_048_576, 536_870_912, i64::MAX].map(bytes);
        let expected = [
            "0 B", "1 B", "1023 B", "1.00 KiB", "1.50 KiB", "10.0 KiB", "1.00 MiB", "1.00 MiB", "512 MiB",
            "8.00 EiB",
        ];
        assert_eq!(shown, expected);
        assert_eq!(bytes(-3174), "\u{2212}3.10 KiB");
        assert_eq!(bytes_exact(1_572_864), "1,572,864 B");
    }

    #[test]
    fn changes_carry_their_sign() {
        assert_eq!([12, 0, -3000].map(signed_count), ["+12", "\u{b1}0", "\u{2212}3,000"]);
        assert_eq!(signed_bytes(-2048), "\u{2212}2.00 KiB");
    }

    #[test]
    fn shares_never_round_something_to_nothing() {
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(1, 100_000), "<0.1%");
        assert_eq!(percent(0, 5), "0.0%");
        assert_eq!(percent(5, 5), "100%");
        assert_eq!(percent(-1, 4), "\u{2212}25.0%");
        assert_eq!(percent(1, 0), "");
    }

    #[test]
    fn durations_name_their_two_largest_units() {
        let shown =
            [7, 1_500, 350_000_000, 1_250_000_000, 125_000_000_000, 10_920_000_000_000, 86_400_000_000_000]
                .map(duration);
        assert_eq!(shown, ["7 ns", "1.50 µs", "350 ms", "1.25 s", "2 m 5 s", "3 h 2 m", "1 d"]);
        assert_eq!([0, 9, 125].map(minutes), ["0 min", "9 min", "2 h 5 m"]);
    }

    #[test]
    fn instants_are_utc_dates() {
        assert_eq!(instant(Nanos(0)), "1970-01-01 00:00:00Z");
        assert_eq!(instant(Nanos(951_827_696_000_000_000)), "2000-02-29 12:34:56Z");
        assert_eq!(instant(Nanos(1_777_605_127_999_999_999)), "2026-05-01 03:12:07Z");
        assert_eq!(instant(Nanos(-1)), "1969-12-31 23:59:59Z");
    }

    #[test]
    fn an_amount_shows_its_bounds_only_if_it_has_any() {
        let amount = |low, high| Amount { value: 2048, low, high, unit: Unit::Bytes };
        assert_eq!(amount_range(&amount(None, None)), None);
        assert_eq!(amount_range(&amount(Some(2048), Some(2048))), None);
        assert_eq!(amount_range(&amount(Some(1024), Some(4096))), Some("1.00 KiB to 4.00 KiB".to_owned()));
    }
}
