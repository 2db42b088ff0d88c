//! For tests: a text as its format reads it.
#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

use std::collections::BTreeMap;

use crate::base::convert::to_u32;
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelValue, Profile};
use crate::formats::{Facts, Probe, recognize};

/// What was read of a source.
pub struct Read {
    pub evidence: Evidence,
    pub facts: Facts,
    pub format: &'static str,
}

/// Recognizes and reads a source.
pub fn read(path: &str, bytes: &[u8]) -> Read {
    try_read(path, bytes).unwrap_or_else(|message| panic!("{path}: {message}"))
}

/// As [`read`]; the error's message.
pub fn try_read(path: &str, bytes: &[u8]) -> Result<Read, String> {
    let format = recognize(&Probe { path, bytes }).ok_or("not recognized")?;
    let (mut evidence, mut facts) = (Evidence::default(), Facts::default());
    let input = Input { source: SourceId(0), path, bytes };
    (format.parse)(&input, &mut evidence, &mut facts).map_err(|error| error.message)?;
    Ok(Read { evidence, facts, format: format.name })
}

impl Read {
    pub fn profile(&self) -> &Profile {
        self.evidence.profiles.iter().next().unwrap()
    }

    /// `what/unit` of the columns.
    pub fn columns(&self) -> Vec<String> {
        let name = |id| self.evidence.strings.get(id);
        self.profile()
            .sample_types
            .iter()
            .map(|column| format!("{}/{}", name(column.kind), name(column.unit)))
            .collect()
    }

    pub fn total(&self, column: usize) -> i64 {
        self.profile().column(column).sum()
    }

    /// Stacks, root first with `;` between, with the sums of a column.
    pub fn stacks(&self, column: usize) -> BTreeMap<String, i64> {
        let mut stacks = BTreeMap::new();
        for (row, value) in self.profile().column(column).enumerate() {
            *stacks.entry(self.stack(row)).or_default() += value;
        }
        stacks
    }

    fn stack(&self, sample: usize) -> String {
        let profile = self.profile();
        let mut names = Vec::new();
        for id in profile.stacks.locations(profile.samples.stack[sample]) {
            let location = &profile.locations[crate::base::convert::id_to_usize(id.0)];
            let lines = profile.lines_of(location);
            if lines.is_empty() {
                names.push(format!("{:#x}", location.address));
            }
            names.extend(lines.iter().rev().map(|line| {
                let function = profile.function_of(line).unwrap();
                self.evidence.strings.get(function.name).to_owned()
            }));
        }
        names.join(";")
    }

    /// `function file:line` of every function.
    pub fn places(&self) -> Vec<String> {
        let profile = self.profile();
        let strings = &self.evidence.strings;
        let of_line = |line: &crate::evidence::profiles::Line| {
            let function = profile.function_of(line).unwrap();
            format!("{} {}:{}", strings.get(function.name), strings.get(function.file), line.line)
        };
        profile.lines.iter().map(of_line).collect()
    }

    /// `key=value` of the labels of a sample.
    pub fn labels(&self, sample: usize) -> Vec<String> {
        let profile = self.profile();
        let strings = &self.evidence.strings;
        let labels = profile.label_sets.get(profile.samples.labels[sample]);
        labels
            .iter()
            .map(|label| match label.value {
                LabelValue::Text(text) => format!("{}={}", strings.get(label.key), strings.get(text)),
                LabelValue::Number { value, .. } => format!("{}={value}", strings.get(label.key)),
                LabelValue::EmptyOrZero => format!("{}=", strings.get(label.key)),
            })
            .collect()
    }

    pub fn times(&self) -> Vec<i64> {
        self.profile().samples.time.iter().map(|time| time.0).collect()
    }

    /// Invariants of the tables.
    pub fn check(&self) {
        let profile = self.profile();
        let samples = &profile.samples;
        assert_eq!(samples.values.len(), samples.len() * profile.sample_types.len());
        assert_eq!(samples.labels.len(), samples.len());
        assert_eq!(samples.offset.len(), samples.len());
        assert!(samples.time.is_empty() || samples.time.len() == samples.len());
        assert!(samples.stack.iter().all(|row| row.0 < to_u32(profile.stacks.len())));
    }
}
