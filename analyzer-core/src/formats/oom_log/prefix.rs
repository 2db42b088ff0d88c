//! What loggers put before the kernel's own words.

use crate::base::convert::rounded_i64;
use crate::base::units::Nanos;

/// The kernel's message, and the time since boot if the prefix has one.
pub fn strip(line: &str) -> (&str, Option<Nanos>) {
    let line = level(line.trim_end());
    if let Some((message, since_boot)) = kmsg(line) {
        return (message, Some(since_boot));
    }
    let line = line.split_once(" kernel: ").map_or(line, |(_, rest)| rest);
    match bracketed(line) {
        Some((message, since_boot)) => (message, since_boot),
        None => (iso_time(line), None),
    }
}

/// True for a line behind the kernel's clock: seconds or, of `dmesg -T`, a date that ends with its year.
pub fn has_clock(line: &str) -> bool {
    strip(line).1.is_some() || dated(line).is_some()
}

/// What stands behind `[Fri Nov 20 20:10:56 2026] `.
fn dated(line: &str) -> Option<&str> {
    let (date, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (time, year) = date.rsplit_once(' ')?;
    let clock = time.rsplit(' ').next()?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let is_clock = clock.len() == 8 && is_clock(clock, 2);
    (is_year && is_clock).then_some(rest)
}

/// Levels of Apache's error log (server/log.c).
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

/// True for a line of a web server's log, which has the date of `dmesg -T`: Apache up to 2.2, PHP's own server.
pub fn is_of_server(line: &str) -> bool {
    let Some(rest) = dated(line) else { return false };
    let level = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let address = rest.split([':', ' ']).next().unwrap_or_default();
    level.is_some_and(|(level, _)| LEVELS.contains(&level))
        || rest.starts_with("PHP ")
        || address.parse::<std::net::Ipv4Addr>().is_ok()
}

/// `<4>` of `dmesg --raw`.
fn level(line: &str) -> &str {
    let rest = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    rest.filter(|(level, _)| level.parse::<u16>().is_ok()).map_or(line, |(_, rest)| rest)
}

/// `priority,sequence,microseconds,flags;message` of `/dev/kmsg`.
fn kmsg(line: &str) -> Option<(&str, Nanos)> {
    let (prefix, message) = line.split_once(';')?;
    let mut fields = prefix.split(',');
    let numbers: Vec<i64> = fields.by_ref().take(3).map(str::parse).collect::<Result<_, _>>().ok()?;
    let micros = *numbers.get(2)?;
    fields.next().map(|_| (message, Nanos(micros.saturating_mul(1000))))
}

/// `[  123.456789] message`, or `[Fri Nov 20 20:10:56 2026] message`.
fn bracketed(line: &str) -> Option<(&str, Option<Nanos>)> {
    let at = line.find('[')?;
    let before = line.get(..at)?;
    let (inside, message) = line.get(at + 1..)?.split_once(']')?;
    let is_first =
        before.chars().all(|c| c.is_ascii_digit() || " :-TZ.+,/".contains(c)) || before.ends_with(' ');
    let seconds = inside.trim().split('T').next().and_then(|text| text.trim().parse::<f64>().ok());
    let is_seconds = seconds.is_some() && inside.contains('.');
    let is_date = inside.len() > 20 && inside.contains(':');
    if !is_first || !(is_seconds || is_date) {
        return None;
    }
    let since_boot = seconds.filter(|_| is_seconds).and_then(|seconds| rounded_i64(seconds * 1e9)).map(Nanos);
    Some((message.strip_prefix(' ').unwrap_or(message), since_boot))
}

/// `2026-11-20T20:10:56,123456+00:00 message` of `dmesg --time-format iso`.
fn iso_time(line: &str) -> &str {
    let Some((first, rest)) = line.split_once(' ') else { return line };
    let is_time = first.len() >= 19 && first.get(4..5) == Some("-") && first.get(10..11) == Some("T");
    if is_time { rest } else { line }
}

/// Date and time as a prefix prints them: `Nov 20 20:10:56`, `2026-11-20T20:10:56.123Z`,
/// `Fri Nov 20 20:10:56 2026`.
pub fn stamp(prefix: &str) -> Option<&str> {
    let colon = prefix.match_indices(':').find(|(at, _)| is_clock(prefix, *at))?.0;
    let is_end = |c: char| c.is_whitespace() || "[]<>|\"".contains(c);
    let before = prefix.get(..colon)?;
    let word = before.rfind(is_end).map_or(0, |at| at + 1);
    let end = prefix.get(colon..)?.find(is_end).map_or(prefix.len(), |length| colon + length);
    let clock = prefix.get(word..end)?.trim_end_matches(':');
    let (clock_end, date) = (word + clock.len(), prefix.get(..word)?.trim_end());
    let last = |text: &str| text.rfind(is_end).map_or(0, |at| at + 1);
    let day = last(date);
    let is_day =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if clock.len() >= 19 || !is_day(date.get(day..)?) {
        return Some(clock);
    }
    let month = date.get(..day)?.trim_end();
    let start = last(month);
    let is_month =
        month.get(start..)?.len() == 3 && month.get(start..)?.bytes().all(|b| b.is_ascii_alphabetic());
    prefix.get(if is_month { start } else { day }..clock_end)
}

/// The colon after the hour of `20:10:56`.
fn is_clock(text: &str, colon: usize) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_pair = |at: usize| digit(at) && digit(at + 1);
    colon >= 2
        && is_pair(colon - 2)
        && is_pair(colon + 1)
        && bytes.get(colon + 3) == Some(&b':')
        && is_pair(colon + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_every_logger_are_stripped() {
        let seconds = Some(Nanos(39_423_983_000));
        for (line, expected) in [
            ("[   39.423983] anon 4096", ("anon 4096", seconds)),
            ("<4>[   39.423983] anon 4096", ("anon 4096", seconds)),
            ("4,559,39423983,-;anon 4096", ("anon 4096", seconds)),
            ("Nov 20 20:10:56 node-1 kernel: [   39.423983] anon 4096", ("anon 4096", seconds)),
            ("Nov 20 20:10:56 node-1 kernel: anon 4096", ("anon 4096", None)),
            ("[Fri Nov 20 20:10:56 2026] anon 4096", ("anon 4096", None)),
            ("2026-11-20T20:10:56,123456+00:00 anon 4096", ("anon 4096", None)),
            ("anon 4096", ("anon 4096", None)),
            ("[    188]     0   188", ("[    188]     0   188", None)),
            ("[   39.423983] [    188]     0   188", ("[    188]     0   188", seconds)),
        ] {
            assert_eq!(strip(line), expected, "{line}");
        }
    }

    #[test]
    fn seconds_and_dates_are_clocks() {
        for line in
            ["[   39.423983] anon", "[Fri Nov 20 20:10:56 2026] anon", "[四 7月 25 08:58:31 2024] anon"]
        {
            assert!(has_clock(line), "{line}");
        }
        for line in [
            "[    188]     0   188",
            "anon 4096",
            "[see the log of 20:10:56]",
            "[2026-11-20 20:10:56.123 UTC] x",
            "",
        ] {
            assert!(!has_clock(line), "{line}");
        }
    }

    #[test]
    fn the_time_of_a_prefix_is_kept_as_printed() {
        for (prefix, expected) in [
            ("Nov 20 20:10:56 node-1 kernel: [   39.423983] ", Some("Nov 20 20:10:56")),
            ("[Fri Nov 20 20:10:56 2026] ", Some("Nov 20 20:10:56")),
            ("2026-11-20T20:10:56,123456+00:00 ", Some("2026-11-20T20:10:56,123456+00:00")),
            ("2026-11-20 20:10:56 node-1 kernel: ", Some("2026-11-20 20:10:56")),
            ("node: kern: warning: [2026-11-20T20:10:56.1Z]: ", Some("2026-11-20T20:10:56.1Z")),
            ("[   39.423983] ", None),
        ] {
            assert_eq!(stamp(prefix), expected, "{prefix}");
        }
    }
}
