//! Folded stacks: one line a stack, frames from the root with `;` between, then a number.
//!
//! Producers: bcc's `profile -f` and `offcputime -f` (their kernel frames end in `_[k]` with `-a`, or
//! stand behind a frame `-` with `-d`), the stackcollapse scripts, inferno, py-spy, async-profiler, this program's own export.
//! The form has no mark of its own and no unit: it is asked after every other format that reads,
//! and the unit comes from the file's name or is unknown.
//!
//! Not read: a difference, which has two amounts in each line and is refused by name; annotations other than the kernel's stay in the names.

mod line;
mod secrets;

use super::sampled::{self, Builder, Frame};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::to_usize;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelSets, LocationId};
use line::Stack;
use rustc_hash::FxHashMap;

#[cfg(test)]
mod tests;

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "folded",
    label: "folded stacks",
    content: Content::Document,
    sniff,
    parse,
    secrets: secrets::secrets,
}];

/// Lines that are looked at.
const LINES: usize = 500;
/// Of so many lines one may be another: what the sampler says on the side.
const OTHERS: usize = 10;
/// Frames that are known by their bytes at most: then they are learned again.
const KNOWN_FRAMES: usize = 1 << 20;

fn sniff(probe: &Probe<'_>) -> Sniff {
    let (mut stacks, mut deep, mut others) = (0_usize, 0_usize, 0_usize);
    for line in Lines::new(probe.head_lines()).take(LINES) {
        match Stack::of(line.bytes) {
            Some(stack) => {
                stacks += 1;
                deep += usize::from(stack.is_deep());
            }
            None => others += usize::from(!line.bytes.trim_ascii().is_empty()),
        }
    }
    let is_folded = deep > 0 && deep * 2 >= stacks && others * OTHERS <= stacks;
    if is_folded { Sniff::ByContent } else { Sniff::No }
}

/// True for what `difffolded.pl` and `inferno-diff-folded` print: two amounts behind the stack in every line,
/// so that the first would be taken for the end of a name.
fn is_difference(bytes: &[u8]) -> bool {
    let mut has_any = false;
    for stack in Lines::new(bytes).take(LINES).filter_map(|line| Stack::of(line.bytes)) {
        if !stack.has_second_amount() {
            return false;
        }
        has_any = true;
    }
    has_any
}

/// Reads stacks into a profile.
/// # Errors
/// `Unrecognized` if no line is a stack, `LimitExceeded` past the limits of profiles.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    if is_difference(input.bytes) {
        let message = "the file is a difference of two profiles, with two amounts in each line: drop both profiles, and Strata compares them";
        return Err(ParseError::new(ErrorKind::Unsupported, Position::line(1), "stacks", message));
    }
    let mut reader = Reader {
        builder: Builder::new(input.source, &mut evidence.strings),
        known: FxHashMap::default(),
        stack: Vec::new(),
        fractions: 0,
    };
    let mut unread: (u64, Option<Position>) = (0, None);
    for line in Lines::new(input.bytes) {
        match Stack::of(line.bytes) {
            Some(stack) => reader.stack(&stack, to_usize(line.offset).unwrap_or(0))?,
            None if line.bytes.trim_ascii().is_empty() => {}
            None => unread = (unread.0 + 1, unread.1.or(Some(line.position()))),
        }
    }
    if reader.builder.profile.samples.is_empty() {
        let message = "no line is a folded stack";
        return Err(ParseError::new(ErrorKind::Unrecognized, Position::line(1), "stacks", message));
    }
    let counted = sampled::by_name(input.file_name());
    sampled::note_unit(counted, facts);
    let (what, unit) = counted.map_or(("amount", ""), |counted| (counted.what, counted.unit));
    facts.kind = Some(counted.map_or("stacks", |counted| counted.kind).to_owned());
    reader.builder.column(what, unit);
    if unread.0 > 0 {
        let message = one_or_many(
            unread.0,
            "line is not a stack followed by a number and is ignored",
            "lines are not stacks followed by a number and are ignored",
        );
        facts.notes.info("lines-not-read", unread.1, message);
    }
    if reader.fractions > 0 {
        let message = one_or_many(
            reader.fractions,
            "amount has a fraction, which is truncated",
            "amounts have fractions, which are truncated",
        );
        facts.notes.data_loss("fractions", None, message);
    }
    let profile = reader.builder.finish(&mut facts.notes);
    evidence.profiles.push(profile);
    Ok(())
}

struct Reader<'a, 'e> {
    builder: Builder<'e>,
    /// Locations by the bytes of their frames, of the kernel and of others.
    known: FxHashMap<(&'a [u8], bool), LocationId>,
    stack: Vec<LocationId>,
    fractions: u64,
}

impl<'a> Reader<'a, '_> {
    fn stack(&mut self, stack: &Stack<'a>, at: usize) -> Result<(), ParseError> {
        self.stack.clear();
        for (frame, is_kernel) in stack.frames() {
            let location = match self.known.get(&(frame, is_kernel)) {
                Some(&location) => location,
                None => self.frame(frame, is_kernel),
            };
            self.stack.push(location);
        }
        let row = self.builder.stack(self.stack.iter().copied(), at)?;
        self.builder.sample(row, LabelSets::EMPTY, at, None)?;
        self.builder.profile.samples.values.push(stack.amount);
        self.fractions += u64::from(stack.has_fraction);
        Ok(())
    }

    fn frame(&mut self, frame: &'a [u8], is_kernel: bool) -> LocationId {
        let text = String::from_utf8_lossy(frame);
        let (name, file, line) = sampled::symbol::placed(&text);
        let mapping = is_kernel.then(|| self.builder.mapping(sampled::KERNEL));
        let location = self.builder.location(0, mapping, [Frame { name, file, line, column: 0 }]);
        if self.known.len() >= KNOWN_FRAMES {
            self.known.clear();
        }
        self.known.insert((frame, is_kernel), location);
        location
    }
}
