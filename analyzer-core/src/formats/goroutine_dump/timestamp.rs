//! RFC 3339 times of log prefixes.

use crate::base::units::Nanos;

/// `2026-11-20T20:03:00.5Z` as Unix time; `None` if `text` is not of this form.
pub fn rfc3339(text: &str) -> Option<Nanos> {
    let (date, time) = text.split_once('T')?;
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if parts.next().is_some() || !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let zone_at = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = whole.split(':').map(str::parse::<i64>);
    let (hour, minute, second) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        - zone_seconds(zone)?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos(fraction)?).map(Nanos)
}

fn nanos(fraction: &str) -> Option<i64> {
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    digits.parse().ok()
}

fn zone_seconds(zone: &str) -> Option<i64> {
    let Some(sign) = zone.chars().next().filter(|&c| c != 'Z') else { return Some(0) };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let offset = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
    Some(if sign == '-' { -offset } else { offset })
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. The year is
/// shifted to start in March, so that the leap day is its last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_fractions_and_zones() {
        let seconds = |text: &str| rfc3339(text).map(|nanos| nanos.0 / 1_000_000_000);
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(seconds("2000-02-29T13:00:00.25+01:00"), Some(951_825_600));
        assert_eq!(rfc3339("1970-01-01T00:00:00.25Z"), Some(Nanos(250_000_000)));
        assert_eq!(rfc3339("stderr"), None);
        assert_eq!(rfc3339("1970-13-01T00:00:00Z"), None);
    }
}
