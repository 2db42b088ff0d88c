//! Numbers as text: the only place of the page that writes them.
//!
//! What the engine writes in its claims and in Markdown reads the same here,
//! for it is the engine's own; the page adds exact forms for titles, and
//! changes.

use analyzer_core::base::convert::to_u64;
use analyzer_core::base::units::{Bytes, Nanos, Unit};
use analyzer_core::report::Amount;
use analyzer_core::report::number_format as engine;

/// Bytes in binary units: `1.5 MiB`, `812 B`, `-3.1 KiB`.
pub fn bytes(value: i64) -> String {
    with_minus(engine::bytes(Bytes(value)))
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
    with_minus(engine::count(value))
}

pub use engine::{count_u64, minutes, rate};

/// A share: `12.3%`, `<0.1%`, `−4.0%`.
pub fn percent(part: i64, whole: i64) -> String {
    engine::percent(part, whole).replace('-', "\u{2212}")
}

/// A length: as [`count`].
pub fn count_usize(value: usize) -> String {
    count_u64(to_u64(value))
}

/// A count with its noun: `1 file`, `1,200 files`.
pub fn counted(value: usize, singular: &str, plural: &str) -> String {
    counted_u64(to_u64(value), singular, plural)
}

/// As [`counted`], of what the engine counted.
pub fn counted_u64(value: u64, singular: &str, plural: &str) -> String {
    engine::counted(value, singular, plural)
}

/// A change, always with its sign: `+12`, `-3`, `±0`.
pub fn signed_count(value: i64) -> String {
    with_sign(value, count)
}

/// A change of bytes, always with its sign: `+1.5 MiB`.
pub fn signed_bytes(value: i64) -> String {
    with_sign(value, bytes)
}

/// A time span in the unit that fits: `1.25 s`, `4 min 05 s`.
pub fn duration(nanos: i64) -> String {
    with_minus(engine::duration(Nanos(nanos)))
}

/// A moment on an axis with a mark each `tick` nanoseconds: no more digits than
/// tell two marks apart: `200 ms`, `1.25 s`.
pub fn moment(nanos: f64, tick: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "\u{b5}s")];
    let Some((unit, name)) = units.into_iter().find(|unit| nanos >= unit.0) else {
        return format!("{nanos:.0}{}", if nanos < 1.0 { "" } else { " ns" });
    };
    let digits = (0..=9).find(|&digits| tick / unit * 10f64.powi(digits) >= 0.999).unwrap_or(9);
    format!("{:.*} {name}", usize::try_from(digits).unwrap_or(0), nanos / unit)
}

/// A point in time: `2026-05-01 03:12:07 UTC`.
pub fn instant(at: Nanos) -> String {
    engine::time(at)
}

/// The time of day of a point in time: `03:12:07 UTC`.
pub fn time_of_day(at: Nanos) -> String {
    let instant = engine::time(at);
    instant.split_once(' ').map_or(instant.clone(), |(_, time)| time.to_owned())
}

/// A value in its unit, short.
pub fn value(value: i64, unit: Unit) -> String {
    with_minus(engine::quantity(value, unit))
}

/// A value of a profile, in the unit that the profile names.
pub fn profile_value(value: i64, unit: &str) -> String {
    with_minus(engine::profile_value(value, unit))
}

/// A value in its unit, to the last digit.
pub fn value_exact(value: i64, unit: Unit) -> String {
    let unit = match unit {
        Unit::Bytes => " B",
        Unit::Nanoseconds => " ns",
        Unit::Count => "",
        Unit::Minutes => " min",
        Unit::BasisPoints => " basis points",
        Unit::MilliCpu => " thousandths of a CPU",
    };
    format!("{}{unit}", count(value))
}

/// A finding's amount without its bounds.
pub fn amount(amount: &Amount) -> String {
    with_minus(engine::amount_value(amount))
}

/// The bounds of an amount, if it is a range: `380.0 KiB to 450.0 KiB`.
pub fn amount_range(amount: &Amount) -> Option<String> {
    if amount.low.is_some() && amount.low == amount.high {
        return None;
    }
    engine::range(amount.low, amount.high, |bound| value(bound, amount.unit))
}

/// A number with the sign of subtraction in place of a hyphen: it is as wide as a plus.
fn with_minus(text: String) -> String {
    text.strip_prefix('-').map(|rest| format!("\u{2212}{rest}")).unwrap_or(text)
}

fn with_sign(value: i64, text: fn(i64) -> String) -> String {
    match value {
        0 => format!("\u{b1}{}", text(0)),
        1.. => format!("+{}", text(value)),
        _ => text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_amount_has_an_exact_one() {
        assert_eq!(bytes(1_572_864), "1.5 MiB");
        assert_eq!(bytes_exact(1_572_864), "1,572,864 B");
        assert_eq!(value_exact(-1_500, Unit::Nanoseconds), "\u{2212}1,500 ns");
    }

    #[test]
    fn changes_carry_their_sign() {
        assert_eq!([12, 0, -3000].map(signed_count), ["+12", "\u{b1}0", "\u{2212}3,000"]);
        assert_eq!(signed_bytes(-2048), "\u{2212}2.0 KiB");
    }

    #[test]
    fn moments_have_the_digits_of_their_axis() {
        assert_eq!([0.0, 2e8, 1e9, 1.2e9].map(|at| moment(at, 2e8)), ["0", "200 ms", "1.0 s", "1.2 s"]);
        assert_eq!(moment(1_234_567_500.0, 500.0), "1.2345675 s");
        assert_eq!([500.0, 2_500.0].map(|at| moment(at, 500.0)), ["500 ns", "2.5 \u{b5}s"]);
    }

    #[test]
    fn a_time_of_day_is_that_of_its_instant() {
        let at = Nanos(951_827_696_000_000_000);
        assert_eq!(
            (instant(at), time_of_day(at)),
            ("2000-02-29 12:34:56 UTC".to_owned(), "12:34:56 UTC".to_owned())
        );
    }

    #[test]
    fn an_amount_shows_its_bounds_only_if_it_has_any() {
        let amount = |low, high| Amount { low, high, ..Amount::exact(2048, Unit::Bytes) };
        assert_eq!(amount_range(&amount(None, None)), None);
        assert_eq!(amount_range(&amount(Some(2048), Some(2048))), None);
        assert_eq!(amount_range(&amount(Some(1024), Some(4096))), Some("1.0 KiB to 4.0 KiB".to_owned()));
    }
}
