//! What each location of a profile shows under a query: the filters are
//! decided once a function and mapping, not once a sample.

use regex::Regex;

use super::go_regex::{compile, compile_optional};
use super::nodes::{Kept, KeyId, Keys, NodeKey};
use super::query::{Filters, QueryError};
use super::text::{Names, TextId, clean_path, trim_path};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::intern::StringTable;
use crate::evidence::profiles::{Line, Location, LocationId, Profile};

/// The compiled filters on frames.
#[derive(Debug)]
pub(super) struct FrameFilters {
    focus: Option<Regex>,
    ignore: Option<Regex>,
    hide: Option<Regex>,
    show: Option<Regex>,
    show_from: Option<Regex>,
    drop_frames: Option<Regex>,
    keep_frames: Option<Regex>,
}

impl FrameFilters {
    /// Compiles the filters, and the profile's own wish to drop frames. pprof
    /// ignores a wish that is no expression.
    pub(super) fn compile(
        filters: &Filters,
        profile: &Profile,
        strings: &StringTable,
    ) -> Result<Self, QueryError> {
        let own = |pattern| compile("drop_frames", &format!("^({})$", strings.get(pattern))).ok();
        Ok(Self {
            focus: compile_optional("focus", filters.focus.as_deref())?,
            ignore: compile_optional("ignore", filters.ignore.as_deref())?,
            hide: compile_optional("hide", filters.hide.as_deref())?,
            show: compile_optional("show", filters.show.as_deref())?,
            show_from: compile_optional("show_from", filters.show_from.as_deref())?,
            drop_frames: profile.drop_frames.and_then(own),
            keep_frames: profile.keep_frames.and_then(own),
        })
    }

    /// True if any filter decides over whole stacks by name.
    pub(super) fn is_by_name(&self) -> bool {
        self.focus.is_some() || self.ignore.is_some() || self.hide.is_some() || self.show.is_some()
    }

    pub(super) fn has_show_from(&self) -> bool {
        self.show_from.is_some()
    }

    /// True if the profile wishes frames to be dropped.
    pub(super) fn prunes(&self) -> bool {
        self.drop_frames.is_some()
    }

    fn bits(&self, is_match: impl Fn(&Regex) -> bool) -> u8 {
        [
            (&self.focus, FOCUS),
            (&self.ignore, IGNORE),
            (&self.hide, HIDE),
            (&self.show, SHOW),
            (&self.show_from, SHOW_FROM),
        ]
        .iter()
        .filter_map(|(regex, bit)| regex.as_ref().filter(|regex| is_match(regex)).map(|_| bit))
        .fold(0, |bits, bit| bits | bit)
    }

    fn is_dropped(&self, name: &str) -> bool {
        let Some(drop) = self.drop_frames.as_ref().filter(|_| !name.is_empty()) else { return false };
        let name = simplified(name);
        drop.is_match(name) && !self.keep_frames.as_ref().is_some_and(|keep| keep.is_match(name))
    }
}

/// A name without its argument list, which is what `drop_frames` looks at.
fn simplified(name: &str) -> &str {
    const RESERVED: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut from = 0;
    while let Some(rest) = name.get(from..) {
        let Some(paren) = rest.find('(') else { break };
        // "operator()" starts before its parenthesis.
        let reserved = RESERVED.iter().find_map(|word| {
            let start = rest.find(word)?;
            (start <= paren).then_some(start + word.len())
        });
        match reserved {
            Some(end) => from += end,
            None => return name.get(..from + paren).unwrap_or(name),
        }
    }
    name
}

// Bits of functions and mappings: the filters that match them.
const FOCUS: u8 = 1;
const IGNORE: u8 = 1 << 1;
const HIDE: u8 = 1 << 2;
const SHOW: u8 = 1 << 3;
const SHOW_FROM: u8 = 1 << 4;
const DROP: u8 = 1 << 5;

/// What is decided of a location.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verdict {
    /// Stacks with it are kept, unless another one is ignored.
    pub(super) is_focused: bool,
    /// Stacks with it are dropped.
    pub(super) is_ignored: bool,
    /// It has no frame left.
    pub(super) is_hidden: bool,
    /// `show_from` matches it.
    pub(super) shows_from: bool,
    /// `drop_frames` matches its outermost frame: it goes, with all below.
    pub(super) is_pruned: bool,
    /// `drop_frames` matches an inlined frame: all below goes.
    pub(super) is_pruned_beneath: bool,
}

/// A frame of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameRef(u32);

impl FrameRef {
    const INLINED: u32 = 1 << 31;

    pub(super) fn new(key: KeyId, is_inlined: bool) -> Self {
        Self(key.0 | if is_inlined { Self::INLINED } else { 0 })
    }

    pub(super) fn key(self) -> KeyId {
        KeyId(self.0 & !Self::INLINED)
    }

    /// True if the call was inlined into the frame before.
    pub(super) fn is_inlined(self) -> bool {
        self.0 & Self::INLINED != 0
    }
}

/// The frames and verdicts of all locations, pseudo locations of labels included.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    frames: Vec<FrameRef>,
    /// Where the frames of location `i` end.
    ends: Vec<u32>,
    verdicts: Vec<Verdict>,
    /// True if any location is hidden.
    pub(super) hides_any: bool,
}

impl Frames {
    /// The frames of a location, outermost first.
    pub(super) fn of(&self, location: LocationId) -> &[FrameRef] {
        let (begin, end) = self.range(location);
        self.frames.get(id_to_usize(begin)..id_to_usize(end)).unwrap_or_default()
    }

    /// Where the frames of a location stand, for [`Self::at`].
    pub(super) fn range(&self, location: LocationId) -> (u32, u32) {
        let row = id_to_usize(location.0);
        let end = self.ends.get(row).copied().unwrap_or(0);
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        (begin, end)
    }

    /// The frames of each location.
    pub(super) fn by_location(&self) -> impl Iterator<Item = &[FrameRef]> + '_ {
        (0..to_u32(self.ends.len())).map(|row| self.of(LocationId(row)))
    }

    pub(super) fn at(&self, index: u32) -> Option<FrameRef> {
        self.frames.get(id_to_usize(index)).copied()
    }

    /// The same with the frames of each location innermost first.
    pub(super) fn reversed(&self) -> Self {
        let mut reversed = Self { frames: Vec::with_capacity(self.frames.len()), ..self.clone() };
        for row in 0..to_u32(self.ends.len()) {
            reversed.frames.extend(self.of(LocationId(row)).iter().rev());
        }
        reversed
    }

    pub(super) fn verdict(&self, location: LocationId) -> Verdict {
        self.verdicts.get(id_to_usize(location.0)).copied().unwrap_or_default()
    }

    fn push(&mut self, frames: impl Iterator<Item = FrameRef>, verdict: Verdict) {
        self.frames.extend(frames);
        self.ends.push(to_u32(self.frames.len()));
        self.hides_any |= verdict.is_hidden;
        self.verdicts.push(verdict);
    }
}

/// What the filters leave of each location's lines.
#[derive(Debug, Default)]
pub(super) struct RemainingLines {
    lines: Vec<Line>,
    /// Where the lines of location `i` end.
    ends: Vec<u32>,
}

impl RemainingLines {
    /// The lines of a location, innermost first.
    pub(super) fn of(&self, location: LocationId) -> &[Line] {
        let row = id_to_usize(location.0);
        let end = self.ends.get(row).copied().unwrap_or(0);
        let begin = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.lines.get(id_to_usize(begin)..id_to_usize(end)).unwrap_or_default()
    }
}

/// A frame made of a label: its name, and the label's key as its file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PseudoFrame {
    pub(super) name: TextId,
    pub(super) key: TextId,
}

/// Decides all locations of a profile.
pub(super) struct Decider<'d, 'a> {
    pub(super) profile: &'d Profile,
    pub(super) filters: &'d FrameFilters,
    pub(super) kept: Kept,
    /// What is added to the addresses of each mapping, for a base that was loaded elsewhere.
    pub(super) address_shift: &'d [u64],
    pub(super) names: &'d mut Names<'a>,
    pub(super) keys: &'d mut Keys,
}

/// What is known of a function before its locations.
#[derive(Clone, Copy, Debug)]
struct FunctionFacts {
    bits: u8,
    name: TextId,
    /// As pprof prints it: cleaned.
    file: TextId,
    start_line: i64,
}

/// A line with what is known of its function.
type DecidedLine = (Line, Option<FunctionFacts>);

/// A mapping: the filters that match it, and its file.
type DecidedMapping = Option<(u8, TextId)>;

impl Decider<'_, '_> {
    /// The frames of every location, then of every pseudo frame.
    pub(super) fn frames(mut self, pseudo: &[PseudoFrame]) -> Frames {
        let mut frames = Frames::default();
        self.each_location(|decider, location, mapping, lines| {
            let verdict = decider.filter_lines(mapping, lines);
            decider.push_frames(location, mapping, lines, verdict, &mut frames);
        });
        for PseudoFrame { name, key } in pseudo {
            let mut lines = vec![(Line::default(), Some(self.facts(*name, *key)))];
            let verdict = self.filter_lines(None, &mut lines);
            self.push_frames(&Location::default(), None, &mut lines, verdict, &mut frames);
        }
        frames
    }

    /// The lines that the filters leave of every location.
    pub(super) fn remaining_lines(mut self) -> RemainingLines {
        let mut remaining = RemainingLines::default();
        self.each_location(|decider, _, mapping, lines| {
            decider.filter_lines(mapping, lines);
            remaining.lines.extend(lines.iter().map(|(line, _)| *line));
            remaining.ends.push(to_u32(remaining.lines.len()));
        });
        remaining
    }

    fn each_location(
        &mut self,
        mut each: impl FnMut(&mut Self, &Location, DecidedMapping, &mut Vec<DecidedLine>),
    ) {
        let profile = self.profile;
        let functions: Vec<_> = profile
            .functions
            .iter()
            .map(|function| {
                let (name, file) = (self.names.of(function.name), self.names.of(function.file));
                FunctionFacts { start_line: function.start_line, ..self.facts(name, file) }
            })
            .collect();
        let mappings: Vec<_> = profile
            .mappings
            .iter()
            .map(|mapping| {
                let file = self.names.of(mapping.file);
                (self.filters.bits(|regex| regex.is_match(self.names.get(file))), file)
            })
            .collect();
        let mut lines = Vec::new();
        for location in &profile.locations {
            let mapping = match location.mapping {
                Some(id) => mappings.get(id_to_usize(id.0)).copied(),
                // Without any mapping, pprof makes one up that has no file.
                None if mappings.is_empty() => {
                    Some((self.filters.bits(|regex| regex.is_match("")), TextId::EMPTY))
                }
                None => None,
            };
            lines.clear();
            lines.extend(profile.lines_of(location).iter().map(|line| {
                let facts = line.function.and_then(|id| functions.get(id_to_usize(id.0)));
                (*line, facts.copied())
            }));
            each(self, location, mapping, &mut lines);
        }
    }

    fn facts(&mut self, name: TextId, file: TextId) -> FunctionFacts {
        let (name_text, file_text) = (self.names.get(name), self.names.get(file));
        let bits = self.filters.bits(|regex| regex.is_match(name_text) || regex.is_match(file_text))
            | if self.filters.is_dropped(name_text) { DROP } else { 0 };
        let file = match trim_path(file_text) {
            "" => TextId::EMPTY,
            path => {
                let cleaned = clean_path(path);
                self.names.intern(&cleaned)
            }
        };
        FunctionFacts { bits, name, file, start_line: 0 }
    }

    /// Applies the filters to a location's lines in pprof's order.
    fn filter_lines(&self, mapping: DecidedMapping, lines: &mut Vec<DecidedLine>) -> Verdict {
        let mut verdict = Verdict::default();
        prune(lines, &mut verdict);
        let mapping_bits = mapping.map_or(0, |(bits, _)| bits);
        let line_bits = |line: &DecidedLine| line.1.map_or(0, |facts| facts.bits);
        let matched = lines.iter().map(line_bits).fold(mapping_bits, |all, bits| all | bits);
        verdict.is_ignored = matched & IGNORE != 0;
        verdict.is_focused = !verdict.is_ignored && (self.filters.focus.is_none() || matched & FOCUS != 0);
        if matched & HIDE != 0 {
            lines.retain(|line| (mapping_bits | line_bits(line)) & HIDE == 0);
            verdict.is_hidden = lines.is_empty();
        }
        if self.filters.show.is_some() {
            // Lines without a function stay.
            lines.retain(|line| line.1.is_none() || (mapping_bits | line_bits(line)) & SHOW != 0);
            verdict.is_hidden = lines.is_empty();
        }
        if self.filters.show_from.is_some() {
            let last = lines.iter().rposition(|line| line_bits(line) & SHOW_FROM != 0);
            verdict.shows_from = mapping_bits & SHOW_FROM != 0 || last.is_some();
            if let Some(last) = last.filter(|_| mapping_bits & SHOW_FROM == 0) {
                lines.truncate(last + 1);
            }
        }
        verdict
    }

    fn push_frames(
        &mut self,
        location: &Location,
        mapping: DecidedMapping,
        lines: &mut Vec<DecidedLine>,
        verdict: Verdict,
        frames: &mut Frames,
    ) {
        if verdict.is_hidden {
            return frames.push(std::iter::empty(), verdict);
        }
        if !self.kept.inlined && lines.len() > 1 {
            lines.drain(..lines.len() - 1);
        }
        if lines.is_empty() {
            lines.push((Line::default(), None));
        }
        let object_file = mapping.map_or(TextId::EMPTY, |(_, file)| file);
        let shift = location.mapping.and_then(|id| self.address_shift.get(id_to_usize(id.0)));
        let address = location.address.wrapping_add(shift.copied().unwrap_or(0));
        let outermost = lines.len() - 1;
        let refs = lines.iter().enumerate().rev().map(|(index, (line, facts))| {
            let key = self.kept.key(address, line, facts.as_ref(), object_file);
            let file = facts.map_or(TextId::EMPTY, |facts| facts.file);
            FrameRef::new(self.keys.intern(key, file), index != outermost)
        });
        frames.push(refs, verdict);
    }
}

impl Kept {
    fn key(self, address: u64, line: &Line, facts: Option<&FunctionFacts>, object_file: TextId) -> NodeKey {
        let address = if self.address { address } else { 0 };
        let Some(facts) = facts else {
            return NodeKey { address, object_file, ..NodeKey::NOTHING };
        };
        let name = if self.function { facts.name } else { TextId::EMPTY };
        let is_nameless = name == TextId::EMPTY;
        NodeKey {
            name,
            file: if self.file { facts.file } else { TextId::EMPTY },
            address,
            line: if self.line { line.line } else { 0 },
            column: if self.column { line.column } else { 0 },
            object_file: if is_nameless { object_file } else { TextId::EMPTY },
            start_line: if is_nameless { facts.start_line } else { 0 },
        }
    }
}

/// Drops what `drop_frames` matches within a location: the outermost matching
/// frame and those inlined into it. A match of the outermost frame leaves the
/// lines alone: such a location goes as a whole, or, under no user frame, stays.
fn prune(lines: &mut Vec<DecidedLine>, verdict: &mut Verdict) {
    let is_dropped = |line: &DecidedLine| line.1.is_some_and(|facts| facts.bits & DROP != 0);
    let Some(at) = lines.iter().rposition(is_dropped) else { return };
    if at + 1 == lines.len() {
        verdict.is_pruned = true;
    } else {
        verdict.is_pruned_beneath = true;
        lines.drain(..=at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lists_are_not_looked_at() {
        for (name, expected) in [
            ("malloc", "malloc"),
            (".malloc", "malloc"),
            ("std::vector<int>::push_back(int const&)", "std::vector<int>::push_back"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("A::operator()(int)", "A::operator()"),
            ("main.(*T).M", "main."),
        ] {
            assert_eq!(simplified(name), expected);
        }
    }
}
