//! Amounts of a profile, in its unit, short and to the last digit.

use crate::number_format as text;

/// An amount, short.
pub fn short(value: i64, unit: &str) -> String {
    text::profile_value(value, unit)
}

/// An amount, to the last digit.
pub fn exact(value: i64, unit: &str) -> String {
    let suffix = match unit {
        "bytes" => "B",
        "nanoseconds" => "ns",
        "count" => "",
        other => other,
    };
    format!("{} {suffix}", text::count(value)).trim_end().to_owned()
}

/// A change, always with its sign.
pub fn signed(value: i64, unit: &str) -> String {
    match value {
        1.. => format!("+{}", short(value, unit)),
        0 => format!("\u{b1}{}", short(0, unit)),
        _ => short(value, unit),
    }
}

/// A change in percent of what was before: `+12.0%`, `new`, `gone`.
pub fn change_percent(before: i64, after: i64) -> String {
    match (before, after) {
        (0, 0) => String::new(),
        (0, _) => "new".to_owned(),
        (_, 0) => "gone".to_owned(),
        _ => {
            let by = after.saturating_sub(before);
            let sign = if by > 0 { "+" } else { "" };
            format!("{sign}{}", text::percent(by, before.saturating_abs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_unit_of_the_profile() {
        assert_eq!(short(1_572_864, "bytes"), "1.5 MiB");
        assert_eq!(short(1_500_000, "nanoseconds"), "1.50 ms");
        assert_eq!(short(12_345, "count"), "12,345");
        assert_eq!(short(5, "widgets"), "5 widgets");
        assert_eq!(exact(1_572_864, "bytes"), "1,572,864 B");
    }

    #[test]
    fn changes_say_their_direction_in_words_and_signs() {
        assert_eq!(signed(2048, "bytes"), "+2.0 KiB");
        assert_eq!(change_percent(100, 150), "+50.0%");
        assert_eq!(change_percent(100, 50), "\u{2212}50.0%");
        assert_eq!(change_percent(0, 50), "new");
        assert_eq!(change_percent(50, 0), "gone");
    }
}
