//! Maps of bpftrace whose keys are call stacks, `profile:hz:99 { @[ustack, comm] = count(); }`: as it
//! prints them, and as JSON (`-f json`, one object a line).
//!
//! Spec: bpftrace `src/output.cpp`; tested with 0.17 to 0.23. The parts of a key stand one behind the
//! other with `,` between; a stack is lines of `    symbol+offset`, innermost first. **Equal keys occur more than
//! once in one object** (stacks that differ in addresses alone): all of them count. What bpftrace prints does not say
//! what a map counts: names tell, or it is unknown. Maps of bytes are not read here.
//!
//! Other parts of a key are labels: a text is `comm`, a number `pid`.

mod json;
mod key;
mod secrets;
mod text;

use super::sampled::{self, Builder, Counted};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::{Input, Position};
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use key::Key;

#[cfg(test)]
mod tests;

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "bpftrace-stacks",
    label: "bpftrace call stacks",
    content: Content::Document,
    sniff,
    parse,
    secrets: secrets::secrets,
}];

fn sniff(probe: &Probe<'_>) -> Sniff {
    let names =
        if json::is_json(probe.head()) { json::names(probe.head()) } else { text::names(probe.head()) };
    let is_it = !names.is_empty() && !names.iter().any(|name| is_of_bytes(name));
    if is_it { Sniff::ByContent } else { Sniff::No }
}

/// True for maps that sum up memory.
fn is_of_bytes(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["byte", "size", "alloc", "malloc", "mem", "leak", "kb", "mb"].iter().any(|word| name.contains(word))
}

/// What the name of a map says of its values.
fn by_name(map: &str) -> Option<Counted> {
    let name = map.trim_start_matches('@').to_ascii_lowercase();
    let is_word = |words: &[&str]| name.split('_').any(|word| words.contains(&word));
    let time = |unit| Some(Counted { kind: "off-cpu", what: "time", unit });
    if is_word(&["ns", "nsecs"]) {
        return time("nanoseconds");
    }
    if is_word(&["us", "usecs"]) {
        return time("microseconds");
    }
    if is_word(&["ms", "msecs"]) {
        return time("milliseconds");
    }
    sampled::by_name(&name)
}

/// Reads the maps into a profile with a column for each.
/// # Errors
/// `Unrecognized` if no map has stacks, broken JSON, or past the limits of profiles.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut reader = Reader {
        builder: Builder::new(input.source, &mut evidence.strings),
        maps: Vec::new(),
        rows: Vec::new(),
        empty: 0,
    };
    if json::is_json(input.bytes) {
        json::read(input.bytes, &mut reader, facts)?;
    } else {
        text::read(input.bytes, &mut reader, facts)?;
    }
    if reader.rows.is_empty() {
        let message = "no map has call stacks as keys";
        return Err(ParseError::new(ErrorKind::Unrecognized, Position::line(1), "maps", message));
    }
    let profile = reader.finish(input.file_name(), facts);
    evidence.profiles.push(profile);
    Ok(())
}

struct Reader<'e> {
    builder: Builder<'e>,
    /// Names of the maps.
    maps: Vec<String>,
    /// Map and value of each sample.
    rows: Vec<(usize, i64)>,
    /// Keys without a stack.
    empty: u64,
}

impl Reader<'_> {
    /// A value of a map under a key.
    fn entry(&mut self, map: &str, key: &str, value: i64, at: usize) -> Result<(), ParseError> {
        let Some(key) = Key::of(key) else {
            self.empty += 1;
            return Ok(());
        };
        let place = self.maps.iter().position(|known| known == map);
        let place = match place {
            Some(place) => place,
            None if self.maps.len() < crate::base::limits::PROFILE_SAMPLE_TYPES => {
                self.maps.push(map.to_owned());
                self.maps.len() - 1
            }
            None => return Ok(()),
        };
        let mut stack = Vec::new();
        for (name, is_kernel) in key.root_first() {
            let mapping = is_kernel.then(|| self.builder.mapping(sampled::KERNEL));
            stack.push(self.builder.location(
                0,
                mapping,
                [sampled::Frame { name, ..sampled::Frame::default() }],
            ));
        }
        let mut labels = Vec::new();
        for part in &key.others {
            labels.push(match part.parse::<i64>() {
                Ok(number) => self.builder.number_label("pid", number),
                Err(_) => self.builder.text_label("comm", part),
            });
        }
        let labels = self.builder.labels(&labels);
        let row = self.builder.stack(stack, at)?;
        self.builder.sample(row, labels, at, None)?;
        self.rows.push((place, value));
        Ok(())
    }

    fn finish(mut self, file_name: &str, facts: &mut Facts) -> crate::evidence::profiles::Profile {
        let mut first = None;
        for map in std::mem::take(&mut self.maps) {
            // A name of its own says more than the file's.
            let counted = by_name(&map).or_else(|| sampled::by_name(file_name));
            first = first.or(Some(counted));
            let bare = map.trim_start_matches('@');
            let (what, unit) = counted
                .map_or((if bare.is_empty() { "amount" } else { bare }, ""), |counted| {
                    (counted.what, counted.unit)
                });
            self.builder.column(what, unit);
        }
        let counted = first.flatten();
        sampled::note_unit(counted, facts);
        facts.kind = Some(counted.map_or("stacks", |counted| counted.kind).to_owned());
        if self.empty > 0 {
            let message = one_or_many(
                self.empty,
                "key has no call stack (bpftrace found none) and is omitted",
                "keys have no call stack (bpftrace found none) and are omitted",
            );
            facts.notes.data_loss("no-stack", None, message);
        }
        let width = self.builder.profile.sample_types.len();
        let values = &mut self.builder.profile.samples.values;
        for (map, value) in self.rows {
            values.extend((0..width).map(|at| if at == map { value } else { 0 }));
        }
        self.builder.finish(&mut facts.notes)
    }
}
