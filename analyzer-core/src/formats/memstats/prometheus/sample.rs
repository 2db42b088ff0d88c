//! One sample: the name of a metric, its labels, its value.

use serde_json::{Map, Value};

/// The labels of a sample.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) enum Labels<'a> {
    /// As the text format writes them: `name="value",…`.
    Text(&'a str),
    /// As PromQL's answers have them.
    Map(&'a Map<String, Value>),
}

impl<'a> Labels<'a> {
    /// The value of one label; escapes in texts stay as they are.
    pub fn get(self, name: &str) -> Option<&'a str> {
        match self {
            Self::Map(labels) => labels.get(name)?.as_str(),
            Self::Text(labels) => labels.match_indices(name).find_map(|(at, _)| {
                let before = labels.get(..at)?.chars().next_back();
                let value = labels.get(at + name.len()..)?.strip_prefix("=\"")?;
                before.is_none_or(|c| c == ',' || c == ' ').then(|| value.split('"').next())?
            }),
        }
    }

    /// The first of these labels that is there and not empty, else the empty text.
    pub fn first(self, names: &[&str]) -> &'a str {
        names.iter().find_map(|name| self.get(name).filter(|value| !value.is_empty())).unwrap_or("")
    }
}

/// One line of the text format, or one row of an answer.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Sample<'a> {
    pub metric: &'a str,
    pub labels: Labels<'a>,
    pub value: f64,
}

/// `name{labels} value [timestamp]`.
pub(in crate::formats) fn sample(text: &str) -> Option<Sample<'_>> {
    let (metric, labels, rest) = series(text)?;
    let value = rest.trim_start_matches('}').split_whitespace().next()?.parse().ok()?;
    Some(Sample { metric, labels: Labels::Text(labels), value })
}

/// `name{labels}`, and what stands behind it.
pub(in crate::formats) fn series(text: &str) -> Option<(&str, &str, &str)> {
    let name_end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (metric, rest) = text.split_at_checked(name_end)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_at_checked(labels_end(inner)?)?,
        None => ("", rest),
    };
    let is_name = metric.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    is_name.then_some((metric, labels, rest))
}

/// Where the closing brace stands, quotes minded.
fn labels_end(inner: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}
