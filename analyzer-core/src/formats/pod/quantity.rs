//! Quantities of Kubernetes: `512Mi`, `1G`, `1500m`, `1e9`.

use crate::base::convert::rounded_i64;

/// Suffixes with what they multiply by.
const SUFFIXES: [(&str, f64); 14] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// The quantity in whole units, rounded up as Kubernetes does; `None` if it is none.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return (whole >= 0).then_some(whole);
    }
    let suffix = SUFFIXES.iter().find(|(suffix, _)| text.ends_with(suffix));
    let (number, factor) = match suffix {
        Some((suffix, factor)) => (text.strip_suffix(suffix)?, *factor),
        None => (text, 1.0),
    };
    let is_number =
        number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value = number.parse::<f64>().ok().filter(|_| is_number)? * factor;
    (value >= 0.0).then(|| rounded_i64(value.ceil()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_every_kind_are_read() {
        for (text, bytes) in [
            ("134217728", Some(134_217_728)),
            ("512Mi", Some(512 << 20)),
            ("1.5Gi", Some(3 << 29)),
            ("129M", Some(129_000_000)),
            ("128974848000m", Some(128_974_848)),
            ("1e9", Some(1_000_000_000)),
            ("0", Some(0)),
            ("-1", None),
            ("inf", None),
            ("Mi", None),
            ("12 Mi x", None),
            ("", None),
        ] {
            assert_eq!(parse(text), bytes, "{text}");
        }
    }
}
