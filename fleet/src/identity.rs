//! Whose a bundle is: from its path, and from the labels that its capture gave.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use analyzer_core::base::units::Nanos;
use analyzer_core::report::number_format;

/// What a path says: `cluster`, `namespace`, `service`, `pod`, `node`, `date`.
pub type Names = BTreeMap<String, String>;

/// Endings that are no part of a pod's name.
const ENDINGS: [&str; 6] = [".tar.gz", ".tgz", ".tar.zst", ".tar", ".zip", ".gz"];

/// How a path is read: `{cluster}/{service}/{pod}.tar.gz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    text: String,
    /// Folders and the name: what stands before and after each key, and the key.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    before: String,
    key: Option<String>,
    after: String,
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split('/').map(|part| {
            let Some((before, rest)) = part.split_once('{') else {
                return Ok(Part { before: part.to_owned(), key: None, after: String::new() });
            };
            let (key, after) = rest.split_once('}').ok_or_else(|| format!("no }} after {{ in {part}"))?;
            let is_name =
                !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || after.contains('{') {
                return Err(format!("one {{key}} of letters and digits in each part, not {part}"));
            }
            Ok(Part { before: before.to_owned(), key: Some(key.to_owned()), after: after.to_owned() })
        });
        Ok(Self { text: text.to_owned(), parts: parts.collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Layout {
    /// What a path's last parts say; nothing if they are not as laid out.
    fn read(&self, path: &str) -> Names {
        let parts: Vec<&str> = path.split('/').collect();
        let last = parts.get(parts.len().saturating_sub(self.parts.len())..).unwrap_or_default();
        if last.len() != self.parts.len() {
            return Names::new();
        }
        let mut names = Names::new();
        for (part, text) in self.parts.iter().zip(last) {
            let inner = text
                .strip_prefix(part.before.as_str())
                .and_then(|rest| rest.strip_suffix(part.after.as_str()));
            match (inner, &part.key) {
                (Some(value), Some(key)) => {
                    names.insert(key.clone(), value.to_owned());
                }
                (Some(""), None) => {}
                _ => return Names::new(),
            }
        }
        names
    }
}

/// What the parts `key=value` of a path say, else a layout; the pod is the file's name if nothing else is.
pub fn of_path(path: &str, layout: Option<&Layout>) -> Names {
    let mut names: Names = path
        .split('/')
        .filter_map(|part| part.split_once('='))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty())
        .map(|(key, value)| (key.to_owned(), without_ending(value).to_owned()))
        .collect();
    names.extend(layout.map(|layout| layout.read(path)).unwrap_or_default());
    names
}

/// The file's name without its ending.
pub fn stem(path: &str) -> &str {
    without_ending(path.rsplit('/').next().unwrap_or(path))
}

fn without_ending(name: &str) -> &str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The night of a bundle: `date` of its path, else the day on which it was written (UTC).
pub fn date(names: &Names, modified_at: Option<Nanos>) -> Option<String> {
    let stated = names.get("date").filter(|date| is_date(date)).cloned();
    stated.or_else(|| modified_at.and_then(day))
}

/// `YYYY-MM-DD` of a moment.
pub fn day(at: Nanos) -> Option<String> {
    number_format::time(at).get(..10).map(str::to_owned).filter(|date| is_date(date))
}

/// True for `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(names: &Names) -> String {
        names.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_stand_in_the_path() {
        let names = of_path("night/date=2026-11-29/cluster=eu1/service=api/api-7d9f.tar.gz", None);
        assert_eq!(drawn(&names), "cluster=eu1 date=2026-11-29 service=api");
        assert_eq!(drawn(&of_path("service=api/pod=api-1.tgz", None)), "pod=api-1 service=api");
        assert_eq!(stem("a/b/api-7d9f.tar.gz"), "api-7d9f");
    }

    #[test]
    fn a_layout_reads_paths_without_keys() {
        let layout: Layout = "{cluster}/{service}/{pod}.tar.gz".parse().unwrap();
        let names = of_path("bucket/eu1/api/api-7d9f.tar.gz", Some(&layout));
        assert_eq!(drawn(&names), "cluster=eu1 pod=api-7d9f service=api");
        assert_eq!(drawn(&of_path("bucket/eu1/api/api-7d9f.zip", Some(&layout))), "");
        assert!("{cluster/x".parse::<Layout>().is_err() && "{a}{b}".parse::<Layout>().is_err());
    }

    #[test]
    fn the_night_is_the_paths_or_the_day_of_writing() {
        let at = Some(Nanos(1_764_470_000_000_000_000));
        assert_eq!(date(&of_path("date=2026-11-29/x", None), at).as_deref(), Some("2026-11-29"));
        assert_eq!(date(&of_path("x", None), at).as_deref(), Some("2025-11-30"));
        assert_eq!(date(&of_path("date=today/x", None), None), None);
    }
}
