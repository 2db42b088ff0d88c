//! Numbers as text, for people: the one place that decides units, digits and
//! signs. Integer arithmetic only, so that every target prints the same.

use super::Amount;
use crate::base::convert::{rounded_i64, to_u64};
use crate::base::units::{Bytes, Nanos, Unit};

/// Counts one after the other: "12 → 40 → 1,000".
pub fn series(counts: &[u64]) -> String {
    counts.iter().map(|&number| count_u64(number)).collect::<Vec<_>>().join(" \u{2192} ")
}

/// A number within a sentence: in letters up to nine.
pub fn few(number: usize) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(number).map_or_else(|| count_u64(to_u64(number)), |&word| word.to_owned())
}

/// A rate with two digits that count, from ten on to the unit: "0.044", "0.44",
/// "8.5", "1,200".
pub fn rate(value: f64) -> String {
    let scaled = |scale: f64| rounded_i64(value.abs() * scale).unwrap_or(0);
    let scales = [(3, 1_000.0, 1_000), (2, 100.0, 100), (1, 10.0, 10)];
    let fitting = scales.into_iter().find(|(_, scale, _)| scaled(*scale) < 100);
    let Some((digits, scale, unit)) = fitting else { return count(rounded_i64(value).unwrap_or(0)) };
    let amount = scaled(scale);
    if amount == 0 {
        return "0".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}.{:0digits$}", amount / unit, amount % unit)
}

/// A share: `12.3%`, from 100 on `100%`, never `0.0%` for something (`<0.1%`), and never `100%`
/// for less than the whole. An empty text if the whole is zero.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return String::new();
    }
    let (magnitude, of) = (u128::from(part.unsigned_abs()), u128::from(whole.unsigned_abs()));
    let is_negative = part != 0 && (part < 0) != (whole < 0);
    if part != 0 && magnitude * 1_000 < of {
        return if is_negative { ">-0.1%" } else { "<0.1%" }.to_owned();
    }
    let sign = if is_negative { "-" } else { "" };
    let rounded = (magnitude * 2_000 + of) / (of * 2);
    let tenths = if magnitude < of { rounded.min(999) } else { rounded };
    if tenths >= 1_000 {
        return format!("{sign}{}%", (magnitude * 200 + of) / (of * 2));
    }
    format!("{sign}{}.{}%", tenths / 10, tenths % 10)
}

/// Hundredths of a percent: as [`percent`].
pub fn basis_points(value: i64) -> String {
    percent(value, 10_000)
}

/// Thousandths of a processor as text: `0.6`, `1.5`, `2`.
pub fn cpus(milli: u64) -> String {
    let (whole, rest) = (milli / 1000, milli % 1000);
    if rest == 0 {
        count_u64(whole)
    } else {
        format!("{}.{rest:03}", count_u64(whole)).trim_end_matches('0').to_owned()
    }
}

/// Binary units, each 1024 of the one before.
const BINARY_UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// `1.5 MiB`, `-12 B`: a binary unit that leaves less than 1024 before the
/// point, one decimal from KiB on.
pub fn bytes(amount: Bytes) -> String {
    // The runtime's and the kernel's number for "no limit".
    if amount.0 == i64::MAX {
        return "not set".to_owned();
    }
    let magnitude = u128::from(amount.0.unsigned_abs());
    let sign = if amount.0 < 0 { "-" } else { "" };
    let mut power = 0;
    // Rounded before it is compared: 1048575 B is 1.0 MiB, never 1024.0 KiB.
    while power + 1 < BINARY_UNITS.len() && tenths(magnitude, power) >= 10_240 {
        power += 1;
    }
    let unit = BINARY_UNITS.get(power).copied().unwrap_or("B");
    if power == 0 {
        return format!("{sign}{magnitude} {unit}");
    }
    let tenths = tenths(magnitude, power);
    format!("{sign}{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Tenths of the `power`-th binary unit, rounded half up.
fn tenths(bytes: u128, power: usize) -> u128 {
    let unit = 1_u128 << (10 * power);
    (bytes * 10 + unit / 2) / unit
}

/// A number of things: as [`count`].
pub fn count_u64(number: u64) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// `12,345`: digits in groups of three.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Whole minutes: `9 min`, `2 h 05 min`, from two days on `12 days 3 h 05 min`.
pub fn minutes(value: u64) -> String {
    let (hours, rest) = (value / 60, value % 60);
    match hours {
        0 => format!("{rest} min"),
        1..48 => format!("{hours} h {rest:02} min"),
        _ => format!("{} days {} h {rest:02} min", count_u64(hours / 24), hours % 24),
    }
}

/// `1.50 s`, `12.30 ms`, `3 ns`: the largest unit that is not below one, to
/// the second; longer spans as `4 min 05 s`, and from an hour on as [`minutes`].
pub fn duration(span: Nanos) -> String {
    let nanos = span.0.unsigned_abs();
    let sign = if span.0 < 0 { "-" } else { "" };
    let seconds = nanos / 1_000_000_000;
    match seconds {
        3_600.. => return format!("{sign}{}", minutes(seconds / 60)),
        60.. => return format!("{sign}{} min {:02} s", seconds / 60, seconds % 60),
        _ => {}
    }
    let (unit, name) = match nanos {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "µs"),
        _ => return format!("{sign}{nanos} ns"),
    };
    let hundredths = nanos / (unit / 100);
    format!("{sign}{}.{:02} {name}", hundredths / 100, hundredths % 100)
}

/// `2026-02-28 23:59:59 UTC`.
pub fn time(at: Nanos) -> String {
    let seconds = at.0.div_euclid(1_000_000_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a day since 1970-01-01, in the proleptic Gregorian
/// calendar. Years are counted from March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since_march_0000 = days + 719_468;
    let era = since_march_0000.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = since_march_0000.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// A count with its noun: `1 file`, `1,200 files`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count_u64(number), if number == 1 { one } else { many })
}

/// A value of a profile, in the unit that the profile names.
pub fn profile_value(value: i64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(Bytes(value)),
        "nanoseconds" => duration(Nanos(value)),
        "count" | "" => count(value),
        other => format!("{} {}", count(value), super::plain_text::visible(other)),
    }
}

/// A number in its unit: `1.5 MiB`, `12,345`, `3 min`, `12.3%`.
pub fn quantity(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => bytes(Bytes(value)),
        Unit::Nanoseconds => duration(Nanos(value)),
        Unit::Count => count(value),
        Unit::Minutes if value < 0 => format!("-{}", minutes(value.unsigned_abs())),
        Unit::Minutes => minutes(value.unsigned_abs()),
        Unit::BasisPoints => basis_points(value),
        Unit::MilliCpu if value < 0 => format!("-{} CPU", cpus(value.unsigned_abs())),
        Unit::MilliCpu => format!("{} CPU", cpus(value.unsigned_abs())),
    }
}

/// An amount with its bounds: `120.0 MiB (100.0 MiB to 140.0 MiB)`.
pub fn amount(amount: &Amount) -> String {
    let value = amount_value(amount);
    match range(amount.low, amount.high, |bound| quantity(bound, amount.unit)) {
        Some(range) => format!("{value} ({range})"),
        None => value,
    }
}

/// An amount without its bounds: `120.0 MiB`, `63 descriptors`.
pub fn amount_value(amount: &Amount) -> String {
    let value = quantity(amount.value, amount.unit);
    match amount.of {
        Some(counted) => format!("{value} {}", counted.word(amount.value)),
        None => value,
    }
}

/// The bounds that are known: `1 to 3`, `at least 1`, `at most 3`. None if
/// both are nearer to each other than their texts can say.
pub fn range<T>(low: Option<T>, high: Option<T>, text: impl Fn(T) -> String) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => {
            let (low, high) = (text(low), text(high));
            (low != high).then(|| format!("{low} to {high}"))
        }
        (Some(low), None) => Some(format!("at least {}", text(low))),
        (None, Some(high)) => Some(format!("at most {}", text(high))),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_their_sign_and_never_show_1024_of_a_unit() {
        let texts =
            [0, 1023, 1024, 1_048_575, 1 << 20, -(3 << 19), 80 << 30, i64::MIN].map(|n| bytes(Bytes(n)));
        assert_eq!(
            texts,
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "1.0 MiB", "-1.5 MiB", "80.0 GiB", "-8388608.0 TiB"]
        );
    }

    #[test]
    fn counts_are_grouped_by_three_digits() {
        assert_eq!([7, 1_000, -12_345, 1_234_567].map(count), ["7", "1,000", "-12,345", "1,234,567"]);
    }

    #[test]
    fn rates_have_two_digits_that_count() {
        let small = [0.0, 0.0004, 0.044, 0.44, 0.996, -1.25].map(rate);
        assert_eq!(small, ["0", "0", "0.044", "0.44", "1.0", "-1.3"]);
        assert_eq!([8.5, 9.96, 176.2, 1_234.0].map(rate), ["8.5", "10", "176", "1,234"]);
        assert_eq!(series(&[12, 40, 1_000]), "12 \u{2192} 40 \u{2192} 1,000");
    }

    #[test]
    fn shares_never_round_something_to_nothing() {
        let texts = [(1, 3), (1, 100_000), (0, 5), (5, 5), (-1, 4), (-1, 100_000), (1, 0), (1_234, 1_000)];
        let texts = texts.map(|(part, whole)| percent(part, whole));
        assert_eq!(texts, ["33.3%", "<0.1%", "0.0%", "100%", "-25.0%", ">-0.1%", "", "123%"]);
        assert_eq!([9_994, 9_995, 1_234, 10].map(basis_points), ["99.9%", "99.9%", "12.3%", "0.1%"]);
        assert_eq!(percent(i64::MIN, i64::MAX), "-100%");
    }

    #[test]
    fn waits_of_hours_are_not_hundreds_of_minutes() {
        let texts = [0, 9, 125, 2_879, 2_880, 17_465].map(minutes);
        assert_eq!(
            texts,
            ["0 min", "9 min", "2 h 05 min", "47 h 59 min", "2 days 0 h 00 min", "12 days 3 h 05 min"]
        );
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        let texts = [3, 1_500, 12_300_000, -1_500_000_000, 245_000_000_000, 7_380_000_000_000]
            .map(|n| duration(Nanos(n)));
        assert_eq!(texts, ["3 ns", "1.50 µs", "12.30 ms", "-1.50 s", "4 min 05 s", "2 h 03 min"]);
    }

    #[test]
    fn times_are_civil_dates_in_utc() {
        let seconds = [0, -1, 951_782_400, 1_772_323_199, 4_107_542_400];
        let texts = seconds.map(|seconds| time(Nanos(seconds * 1_000_000_000)));
        assert_eq!(
            texts,
            [
                "1970-01-01 00:00:00 UTC",
                "1969-12-31 23:59:59 UTC",
                "2000-02-29 00:00:00 UTC",
                "2026-02-28 23:59:59 UTC",
                "2100-03-01 00:00:00 UTC"
            ]
        );
    }

    #[test]
    fn amounts_show_the_bounds_that_are_known() {
        let exact = Amount::exact(2 << 20, Unit::Bytes);
        assert_eq!(amount(&exact), "2.0 MiB");
        assert_eq!(amount(&Amount { low: Some(1 << 20), ..exact }), "2.0 MiB (at least 1.0 MiB)");
        let both = Amount { value: 1234, low: Some(-5), high: Some(2000), unit: Unit::BasisPoints, of: None };
        assert_eq!(amount(&both), "12.3% (>-0.1% to 20.0%)");
    }
}
