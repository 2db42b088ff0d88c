//! Rows in the making: entries with equal keys are summed.

use std::collections::BTreeMap;

use super::key;
use super::life::Life;
use crate::base::error::ParseError;
use crate::base::intern::StrId;
use crate::base::limits::PROBE_ROWS;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::probes::{Bucket, MapEntry};
use crate::evidence::stacks::StackId;
use crate::formats::Facts;
use crate::formats::record::nothing_found;

/// What is read of one file.
pub(super) struct Rows<'a> {
    input: &'a Input<'a>,
    entries: Vec<MapEntry>,
    by_key: BTreeMap<(StrId, StrId, Option<StackId>), usize>,
    buckets: Vec<Bucket>,
    /// What the script that counts goroutines printed.
    pub life: Life,
    left_out: u64,
}

/// The unit that a map's name states; `@us` and the like are of histograms, whose values are no counts.
fn unit(map: &str) -> Unit {
    let name = map.trim_start_matches('@').to_ascii_lowercase();
    let has = |word: &str| name.split('_').any(|part| part == word);
    if name.contains("bytes") || has("size") || has("sizes") { Unit::Bytes } else { Unit::Count }
}

impl<'a> Rows<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        Self {
            input,
            entries: Vec::new(),
            by_key: BTreeMap::new(),
            buckets: Vec::new(),
            life: Life::default(),
            left_out: 0,
        }
    }

    /// An entry of a map; the key is as bpftrace prints it, or empty.
    pub(super) fn entry(&mut self, map: &str, key: &str, value: i64, at: Position, evidence: &mut Evidence) {
        let parts = key::split(key);
        let stack = key::stack(parts.frames.iter().copied(), evidence);
        let (name, key) = (evidence.strings.intern(map), evidence.strings.intern(&parts.parts.join(", ")));
        let known = self.by_key.get(&(name, key, stack)).copied();
        match known {
            Some(index) => {
                let Some(entry) = self.entries.get_mut(index) else { return };
                entry.value = entry.value.saturating_add(value);
                entry.entries = entry.entries.saturating_add(1);
            }
            None if self.entries.len() >= PROBE_ROWS => self.left_out += 1,
            None => {
                self.by_key.insert((name, key, stack), self.entries.len());
                self.entries.push(MapEntry {
                    source: self.input.source,
                    at,
                    map: name,
                    key,
                    stack,
                    value,
                    unit: unit(map),
                    entries: 1,
                });
            }
        }
    }

    /// An interval of a histogram.
    pub(super) fn bucket(
        &mut self,
        (map, key): (&str, &str),
        (low, high): (Option<i64>, Option<i64>),
        count: u64,
        at: Position,
        evidence: &mut Evidence,
    ) {
        if self.buckets.len() >= PROBE_ROWS {
            self.left_out += 1;
            return;
        }
        let parts = key::split(key);
        let key = if parts.parts.is_empty() { parts.frames.join(" < ") } else { parts.parts.join(", ") };
        self.buckets.push(Bucket {
            source: self.input.source,
            at,
            map: evidence.strings.intern(map),
            key: evidence.strings.intern(&key),
            low,
            high,
            count,
        });
    }

    /// Stores the rows.
    /// # Errors
    /// `Malformed` if there are none.
    pub(super) fn finish(self, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
        let is_life = self.life.is_there();
        if self.entries.is_empty() && self.buckets.is_empty() && !is_life {
            return Err(nothing_found("maps", "at least one bpftrace map or histogram"));
        }
        if self.left_out > 0 {
            facts.is_partial = true;
            facts.notes.data_loss(
                "rows-left-out",
                None,
                format!("There are more than {PROBE_ROWS} rows; the rest is ignored."),
            );
        }
        let repeated: u64 = self.entries.iter().map(|entry| u64::from(entry.entries - 1)).sum();
        if repeated > 0 {
            let message = format!(
                "Entries with the same key are added up ({repeated}): bpftrace distinguishes keys by address but prints symbols."
            );
            facts.notes.info("equal-keys", None, message);
        }
        facts.kind = Some(if is_life { "goroutine-life" } else { "bpftrace" }.to_owned());
        if is_life {
            self.life.finish(self.input, evidence);
        } else {
            facts.notes.info("what-it-says", None, super::SAYS);
        }
        evidence.probes.entries.extend(self.entries);
        evidence.probes.buckets.extend(self.buckets);
        Ok(())
    }
}
