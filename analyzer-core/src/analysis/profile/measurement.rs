//! Units and number texts as pprof has them. Source: `internal/measurement`.

use crate::base::convert::i64_to_f64;

/// A unit: its symbol, other spellings, and how many base units it has.
struct Unit {
    symbol: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

/// Units that convert into each other, and the one for values in unknown units.
struct Family {
    default: Unit,
    units: &'static [Unit],
}

const fn unit(symbol: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit { symbol, aliases, factor }
}

const FAMILIES: &[Family] = &[
    Family {
        default: unit("B", &[], 1.0),
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
            unit("MB", &["mb", "mbyte", "megabyte"], 1024.0 * 1024.0),
            unit("GB", &["gb", "gbyte", "gigabyte"], 1024.0 * 1024.0 * 1024.0),
            unit("TB", &["tb", "tbyte", "terabyte"], 1024.0 * 1024.0 * 1024.0 * 1024.0),
            unit("PB", &["pb", "pbyte", "petabyte"], 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0),
        ],
    },
    Family {
        default: unit("s", &[], 1e9),
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
    },
    Family {
        default: unit("GCU", &[], 1.0),
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
    },
];

impl Family {
    fn find(&self, name: &str) -> Option<&'static Unit> {
        let lower = name.to_lowercase();
        let singular = if lower.len() > 2 { lower.strip_suffix('s').unwrap_or(&lower) } else { &lower };
        self.units.iter().find(|unit| unit.aliases.contains(&singular))
    }

    fn convert(&self, value: i64, from: &str, to: &str) -> Option<(f64, &'static str)> {
        let value = i64_to_f64(value) * self.find(from)?.factor;
        let in_unit = |unit: &Unit| (value / unit.factor, unit.symbol);
        if matches!(to, "minimum" | "auto") {
            let fits = |unit: &&Unit| value / unit.factor >= 1.0;
            return Some(in_unit(self.units.iter().rfind(fits).unwrap_or(&self.default)));
        }
        Some(in_unit(self.find(to).unwrap_or(&self.default)))
    }
}

/// A value in another unit, and that unit's symbol; "auto" and "minimum" stand
/// for the largest unit that gives at least 1. Unknown units are left as they are.
pub fn scale(value: i64, from: &str, to: &str) -> (f64, String) {
    if value < 0 && value != i64::MIN {
        let (scaled, unit) = scale(-value, from, to);
        return (-scaled, unit);
    }
    for family in FAMILIES {
        if let Some((scaled, unit)) = family.convert(value, from, to) {
            return (scaled, unit.to_owned());
        }
    }
    match to {
        "count" | "sample" | "unit" | "minimum" | "auto" => (i64_to_f64(value), String::new()),
        _ => (i64_to_f64(value), to.to_owned()),
    }
}

/// True if two units convert into each other.
pub(super) fn is_convertible(one: &str, other: &str) -> bool {
    one == other || FAMILIES.iter().any(|family| family.find(one).is_some() && family.find(other).is_some())
}

/// A value with its unit, at most two decimals ("1.50kB", "16", "0").
pub fn scaled_label(value: i64, from: &str, to: &str) -> String {
    let (scaled, unit) = scale(value, from, to);
    let text = format!("{scaled:.2}");
    let text = text.strip_suffix(".00").unwrap_or(&text);
    if matches!(text, "0" | "-0") { "0".to_owned() } else { format!("{text}{unit}") }
}

/// The unit in which pprof prints a list: that of the smallest value, or of a
/// hundred of it where the largest is far away.
pub fn smallest_unit(values: impl Iterator<Item = i64>, total: i64, unit: &str) -> String {
    let smallest = values.map(i64::saturating_abs).filter(|&value| value > 0).min().unwrap_or(total);
    let (_, low) = scale(smallest, unit, "minimum");
    let (_, high) = scale(total, unit, "minimum");
    let hundred = smallest.saturating_mul(100);
    let chosen = if low != high && hundred < total { scale(hundred, unit, "minimum").1 } else { low };
    if chosen.is_empty() { unit.to_owned() } else { chosen }
}

/// How much of the total a value is, in six characters: " 4.20%", "  100%", "0.012%".
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 { 0.0 } else { (i64_to_f64(value) / i64_to_f64(total)).abs() * 100.0 };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".to_owned()
    } else if ratio >= 1.0 {
        format!("{ratio:5.2}%")
    } else {
        format!("{:>5}%", two_digits(ratio))
    }
}

/// A number below 1 with two significant digits, as C's and Go's `%.2g`.
fn two_digits(ratio: f64) -> String {
    if ratio == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{ratio:.1e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    if exponent < -4 {
        return format!("{}e-{:02}", trim(mantissa), exponent.unsigned_abs());
    }
    let decimals = usize::try_from(1 - exponent).unwrap_or(0);
    trim(&format!("{ratio:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_unit_that_fits() {
        assert_eq!(scaled_label(1536, "bytes", "auto"), "1.50kB");
        assert_eq!(scaled_label(-1536, "bytes", "auto"), "-1.50kB");
        assert_eq!(scaled_label(0, "bytes", "auto"), "0");
        assert_eq!(scaled_label(7, "count", "minimum"), "7");
        assert_eq!(scaled_label(10_000_000, "nanoseconds", "auto"), "10ms");
        assert_eq!(scaled_label(10_000_000, "nanoseconds", "nanoseconds"), "10000000ns");
        assert_eq!(scaled_label(1, "widgets", "widgets"), "1widgets");
        assert_eq!(scaled_label(5, "", ""), "5");
    }

    #[test]
    fn percentages_have_two_digits_at_least() {
        assert_eq!(percentage(1, 1), "  100%");
        assert_eq!(percentage(420, 10_000), " 4.20%");
        assert_eq!(percentage(-42, 100), "42.00%");
        assert_eq!(percentage(52, 10_000), " 0.52%");
        assert_eq!(percentage(5, 100_000), "0.005%");
        assert_eq!(percentage(1, 10_000_000), "1e-05%");
        assert_eq!(percentage(0, 5), "    0%");
        assert_eq!(percentage(5, 0), "    0%");
    }

    #[test]
    fn spellings_of_a_unit_convert() {
        assert_eq!(scale(2, "MB", "kilobytes"), (2048.0, "kB".to_owned()));
        assert_eq!(scale(1, "hours", "seconds"), (3600.0, "s".to_owned()));
        assert!(is_convertible("ns", "milliseconds") && !is_convertible("ns", "bytes"));
    }
}
