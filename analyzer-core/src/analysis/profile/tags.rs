//! Labels as filters and as frames. Source: `internal/driver/driver_focus.go`
//! and `tagroot.go`; pprof calls labels tags there.

use std::collections::HashMap;

use regex::Regex;

use super::go_regex::compile;
use super::measurement::{scale, scaled_label};
use super::query::QueryError;
use crate::base::intern::{StrId, StringTable};
use crate::evidence::profiles::{Label, LabelSets, LabelValue};

/// Units of numeric labels by key.
///
/// A key has the first unit that any sample gives it, else "bytes" for what
/// allocators call `alignment` and `request`, else the key itself.
#[derive(Debug, Default)]
pub(super) struct LabelUnits {
    by_key: HashMap<StrId, String>,
}

impl LabelUnits {
    pub(super) fn of<'a>(sets: impl Iterator<Item = &'a LabelSets>, strings: &StringTable) -> Self {
        let mut by_key = HashMap::<StrId, String>::new();
        for (_, labels) in sets.flat_map(LabelSets::iter) {
            for label in labels {
                let LabelValue::Number { unit, .. } = label.value else { continue };
                let known = by_key.entry(label.key).or_default();
                if known.is_empty() {
                    unit.map(|unit| strings.get(unit)).unwrap_or_default().clone_into(known);
                }
            }
        }
        for (&key, unit) in by_key.iter_mut().filter(|(_, unit)| unit.is_empty()) {
            let key = strings.get(key);
            *unit = if matches!(key, "alignment" | "request") { "bytes" } else { key }.to_owned();
        }
        Self { by_key }
    }

    pub(super) fn get(&self, key: StrId) -> &str {
        self.by_key.get(&key).map_or("", String::as_str)
    }
}

/// A compiled `tagfocus` or `tagignore`.
#[derive(Debug)]
pub(super) struct TagFilter {
    /// Only labels of this key.
    key: Option<String>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// Numbers from `low` to `high` in a unit.
    Range { low: Option<f64>, high: Option<f64>, unit: String },
    /// Texts. Without a key all must match some `key:value`; with one, any its value.
    Texts(Vec<Regex>),
}

impl TagFilter {
    /// Compiles a filter; `None` if it is absent.
    pub(super) fn compile(name: &str, text: Option<&str>) -> Result<Option<Self>, QueryError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key).filter(|key| !key.is_empty()), value),
            None => (None, text),
        };
        let test = match parse_range(name, value)? {
            Some(range) => range,
            None => Test::Texts(value.split(',').map(|part| compile(name, part)).collect::<Result<_, _>>()?),
        };
        Ok(Some(Self { key: key.map(str::to_owned), test }))
    }

    pub(super) fn matches(&self, labels: &[Label], units: &LabelUnits, strings: &StringTable) -> bool {
        let is_wanted = |label: &&Label| self.key.as_deref().is_none_or(|key| strings.get(label.key) == key);
        match &self.test {
            Test::Range { low, high, unit } => labels.iter().filter(is_wanted).any(|label| {
                let LabelValue::Number { value, .. } = label.value else { return false };
                let (scaled, scaled_unit) = scale(value, units.get(label.key), unit);
                scaled_unit == *unit
                    && low.is_none_or(|low| scaled >= low)
                    && high.is_none_or(|high| scaled <= high)
            }),
            Test::Texts(expressions) => {
                let texts = || {
                    labels.iter().filter(is_wanted).filter_map(|label| match label.value {
                        LabelValue::Text(text) => Some((strings.get(label.key), strings.get(text))),
                        _ => None,
                    })
                };
                if self.key.is_some() {
                    return texts().any(|(_, text)| expressions.iter().any(|rx| rx.is_match(text)));
                }
                expressions.iter().all(|rx| texts().any(|(key, text)| rx.is_match(&format!("{key}:{text}"))))
            }
        }
    }
}

/// Reads "32kb", ":64kb", "4mb:" and "12kb:64mb"; `None` if the text is none of these.
fn parse_range(filter: &str, text: &str) -> Result<Option<Test>, QueryError> {
    let bounds = match text.split_once(':') {
        None => (number(text), number(text)),
        Some((low, "")) => (number(low), None),
        Some(("", high)) => (None, number(high)),
        Some((low, high)) => match (number(low), number(high)) {
            (Some(low), Some(high)) => (Some(low), Some(high)),
            _ => return Ok(None),
        },
    };
    let parse = |(digits, unit): (&str, &str), to: &str| {
        let value = digits.trim_start_matches('+').parse().map_err(|_| QueryError::BadFilter {
            filter: filter.to_owned(),
            message: format!("{digits} is not a number of 64 bits"),
        })?;
        Ok(scale(value, unit, to))
    };
    let Some(first) = bounds.0.or(bounds.1) else { return Ok(None) };
    let (value, unit) = parse(first, first.1)?;
    let low = bounds.0.map(|_| value);
    let high = match bounds {
        (Some(_), Some(second)) => {
            let (high, high_unit) = parse(second, &unit)?;
            if high_unit != unit {
                return Ok(None);
            }
            Some(high)
        }
        (None, Some(_)) => Some(value),
        (_, None) => None,
    };
    Ok(Some(Test::Range { low, high, unit }))
}

/// Digits with an optional sign, and the letters after them.
fn number(text: &str) -> Option<(&str, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let split = text.len() - unsigned.len() + digits;
    let (number, unit) = text.split_at_checked(split)?;
    (digits > 0 && unit.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some((number, unit))
}

/// The keys of `tagroot` or `tagleaf`.
pub(super) fn keys(list: Option<&str>) -> Vec<&str> {
    list.unwrap_or_default().split(',').filter(|key| !key.is_empty()).collect()
}

/// The values of a key in a set, as the frame's name: texts, then numbers with
/// their units; empty if the set has none.
pub(super) fn frame_name(labels: &[Label], key: &str, strings: &StringTable) -> String {
    let of_key = || labels.iter().filter(|label| strings.get(label.key) == key);
    let texts = of_key().filter_map(|label| match label.value {
        LabelValue::Text(text) => Some(strings.get(text).to_owned()),
        _ => None,
    });
    let has_units = of_key().any(|label| matches!(label.value, LabelValue::Number { unit: Some(_), .. }));
    let numbers = of_key().filter_map(|label| match label.value {
        LabelValue::Number { value, unit } if has_units => {
            Some(scaled_label(value, unit.map_or("", |unit| strings.get(unit)), "minimum"))
        }
        LabelValue::Number { value, .. } => Some(value.to_string()),
        _ => None,
    });
    texts.chain(numbers).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Set {
        strings: StringTable,
        labels: Vec<Label>,
    }

    fn set(texts: &[(&str, &str)], numbers: &[(&str, i64, Option<&str>)]) -> Set {
        let mut strings = StringTable::default();
        let mut labels = Vec::new();
        for (key, text) in texts {
            let key = strings.intern(key);
            labels.push(Label { key, value: LabelValue::Text(strings.intern(text)) });
        }
        for (key, value, unit) in numbers {
            let unit = unit.map(|unit| strings.intern(unit));
            let key = strings.intern(key);
            labels.push(Label { key, value: LabelValue::Number { value: *value, unit } });
        }
        Set { strings, labels }
    }

    fn matches(filter: &str, set: &Set) -> bool {
        let mut sets = LabelSets::default();
        sets.push(set.labels.iter().copied());
        let units = LabelUnits::of([&sets].into_iter(), &set.strings);
        TagFilter::compile("tagfocus", Some(filter)).unwrap().unwrap().matches(
            &set.labels,
            &units,
            &set.strings,
        )
    }

    #[test]
    fn texts_match_key_and_value_or_the_value_of_a_key() {
        let set = set(&[("tenant", "acme"), ("route", "/a")], &[]);
        assert!(matches("tenant:ac", &set));
        assert!(matches("acme,route", &set));
        assert!(!matches("acme,other", &set));
        assert!(matches("tenant=^acme$", &set));
        assert!(matches("tenant=x,acme", &set));
        assert!(!matches("route=acme", &set));
    }

    #[test]
    fn numbers_match_exact_values_and_open_and_closed_ranges_across_units() {
        let set = set(&[], &[("bytes", 32_768, Some("bytes"))]);
        for (filter, expected) in [
            ("32kb", true),
            ("32768", false), // no unit: not the label's
            ("32768b", true),
            (":64kb", true),
            ("64kb:", false),
            ("16kb:1mb", true),
            ("bytes=16kb:32kb", true),
            ("size=16kb:32kb", false),
            ("16kb:1s", false), // units that do not convert: an expression
        ] {
            assert_eq!(matches(filter, &set), expected, "{filter}");
        }
    }

    #[test]
    fn a_key_without_units_is_its_own_unit() {
        let set = set(&[], &[("request", 2048, None), ("shard", 7, None)]);
        assert!(matches("request=2kb", &set));
        assert!(matches("shard=7shard", &set));
    }

    #[test]
    fn values_become_frame_names() {
        let set = set(&[("k", "b"), ("k", "a")], &[("bytes", 2048, Some("bytes")), ("n", 3, None)]);
        assert_eq!(frame_name(&set.labels, "k", &set.strings), "b,a");
        assert_eq!(frame_name(&set.labels, "bytes", &set.strings), "2kB");
        assert_eq!(frame_name(&set.labels, "n", &set.strings), "3");
        assert_eq!(frame_name(&set.labels, "none", &set.strings), "");
    }
}
