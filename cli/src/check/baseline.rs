//! The file of known findings.

use std::collections::HashMap;
use std::path::Path;
use std::{error, fs};

use serde::{Deserialize, Serialize};

use crate::output;

use super::gate::Outcome;

/// Identifies the file.
const SCHEMA: &str = "strata-baseline/1";

/// The file: one entry a finding, with what a reader needs to know it by.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    code: String,
    title: String,
    fingerprint: String,
}

/// Known findings, by fingerprint, with how many there may be.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    entries: Vec<Entry>,
    left: HashMap<String, usize>,
}

impl Baseline {
    /// # Errors
    /// A file that cannot be read or is no baseline, with its name.
    pub(super) fn read(path: &Path) -> Result<Self, Box<dyn error::Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("no baseline: {error}"))?;
        if file.schema != SCHEMA {
            return Err(format!("a baseline of another kind: {}, not {SCHEMA}", file.schema));
        }
        Ok(Self::new(file.findings))
    }

    /// All findings of a run.
    pub(super) fn of(outcome: &Outcome<'_>) -> Self {
        let entries = outcome.findings.iter().map(|judged| Entry {
            code: judged.finding.code.clone(),
            title: judged.finding.title.clone(),
            fingerprint: judged.fingerprint.clone(),
        });
        Self::new(entries.collect())
    }

    fn new(entries: Vec<Entry>) -> Self {
        let mut left = HashMap::new();
        for entry in &entries {
            *left.entry(entry.fingerprint.clone()).or_insert(0) += 1;
        }
        Self { entries, left }
    }

    /// Uses up one known finding of this fingerprint, if one is left.
    pub(super) fn take(&mut self, fingerprint: &str) -> bool {
        match self.left.get_mut(fingerprint) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// The file's text, in an order that does not depend on sizes.
    ///
    /// # Errors
    /// None: strings are always JSON.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        let mut findings = self.entries.clone();
        findings.sort();
        let file = File { schema: SCHEMA.to_owned(), findings };
        output::json(&file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused() {
        assert!(Baseline::parse("{}").is_err_and(|error| error.contains("no baseline")));
        let other = r#"{ "schema": "strata-baseline/9", "findings": [] }"#;
        assert!(Baseline::parse(other).is_err_and(|error| error.contains("strata-baseline/9")));
    }
}
