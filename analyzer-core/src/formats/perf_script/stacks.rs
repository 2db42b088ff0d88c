//! From lines to samples.

use std::iter::Peekable;

use rustc_hash::FxHashMap;

use super::frames::{self, Row};
use super::header::{self, Head};
use crate::base::convert::to_usize;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::reader::{Line, Lines};
use crate::base::source::{Input, Position};
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelSetId, LocationId, MappingId, Profile};
use crate::formats::Facts;
use crate::formats::sampled::{self, Builder, Frame, ON_CPU};

/// Events whose samples are of what runs on a processor, and the unit of their period.
const ON_CPU_EVENTS: [(&str, &str, &str); 4] = [
    ("cpu-clock", "cpu", "nanoseconds"),
    ("task-clock", "cpu", "nanoseconds"),
    ("cycles", "cycles", "count"),
    ("cpu-cycles", "cycles", "count"),
];

/// Lines of frames that are known by their bytes at most: then they are learned again.
const KNOWN_FRAMES: usize = 1 << 20;

/// Reads samples into a profile.
/// # Errors
/// `Unrecognized` if no line begins a sample, `LimitExceeded` past the limits of profiles.
pub(super) fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut reader = Reader::new(input, Builder::new(input.source, &mut evidence.strings));
    let mut lines = Lines::new(input.bytes).peekable();
    while let Some(line) = lines.next() {
        reader.line(line, &mut lines)?;
    }
    reader.end_sample()?;
    if reader.samples.is_empty() && reader.records == 0 {
        let message = "no line starts a perf script sample";
        return Err(ParseError::new(ErrorKind::Unrecognized, Position::line(1), "samples", message));
    }
    let profile = reader.finish(facts);
    evidence.profiles.push(profile);
    Ok(())
}

/// Event and period of a sample.
type Amount = (u8, Option<i64>);

/// Its name, its process and its id.
type Thread<'a> = (&'a [u8], Option<u32>, Option<u32>);

struct Reader<'a, 'e> {
    bytes: &'a [u8],
    builder: Builder<'e>,
    events: Vec<&'a [u8]>,
    samples: Vec<Amount>,
    /// The sample at hand, where it begins, and its stack, innermost first.
    open: Option<(Head<'a>, usize)>,
    stack: Vec<LocationId>,
    /// Where the inlined calls begin that belong to the next frame.
    inlined_from: Option<usize>,
    /// Locations by the lines that name them.
    known: FxHashMap<&'a [u8], LocationId>,
    labels: FxHashMap<Thread<'a>, LabelSetId>,
    /// Lines that are no samples: of the recording, and of no known kind.
    records: u64,
    lost: u64,
    unread: u64,
    first_unread: Option<Position>,
}

impl<'a, 'e> Reader<'a, 'e> {
    fn new(input: &Input<'a>, builder: Builder<'e>) -> Self {
        Self {
            bytes: input.bytes,
            builder,
            events: Vec::new(),
            samples: Vec::new(),
            open: None,
            stack: Vec::new(),
            inlined_from: None,
            known: FxHashMap::default(),
            labels: FxHashMap::default(),
            records: 0,
            lost: 0,
            unread: 0,
            first_unread: None,
        }
    }

    fn line(&mut self, line: Line<'a>, lines: &mut Peekable<Lines<'a>>) -> Result<(), ParseError> {
        if line.bytes.is_empty() {
            return self.end_sample();
        }
        let begin = to_usize(line.offset).unwrap_or(0);
        if self.open.is_some() && line.bytes.first().is_some_and(u8::is_ascii_whitespace) {
            // A place in source stands under its frame.
            let mut end = begin + line.bytes.len();
            while let Some(place) = lines.next_if(|next| frames::place(next.bytes).is_some()) {
                end = to_usize(place.offset).unwrap_or(0) + place.bytes.len();
            }
            if self.frame(line.bytes, begin, end) {
                return Ok(());
            }
        }
        match header::parse(line.bytes) {
            Some(head) => self.head(head, begin),
            None if line.bytes.starts_with(b"#") => Ok(()),
            None => {
                self.unread += 1;
                self.first_unread = self.first_unread.or(Some(line.position()));
                Ok(())
            }
        }
    }

    fn head(&mut self, head: Head<'a>, begin: usize) -> Result<(), ParseError> {
        self.end_sample()?;
        if head.event.starts_with(b"PERF_RECORD_") {
            self.records += 1;
            self.lost += u64::from(head.event.starts_with(b"PERF_RECORD_LOST"));
            return Ok(());
        }
        self.open = Some((head, begin));
        Ok(())
    }

    /// Takes a frame; false if the line is none.
    fn frame(&mut self, line: &'a [u8], begin: usize, end: usize) -> bool {
        let from = self.inlined_from.unwrap_or(begin);
        let Some(group) = self.bytes.get(from..end) else { return false };
        if let Some(&location) = self.known.get(group) {
            self.inlined_from = None;
            self.stack.push(location);
            return true;
        }
        // A thread's name that is padded on the left may look like an address (`dd`).
        if line.first() == Some(&b' ') && header::parse(line).is_some() {
            return false;
        }
        let Some(row) = Row::of(line) else { return false };
        if row.is_inlined {
            self.inlined_from = Some(from);
            return true;
        }
        self.group(group);
        true
    }

    /// A frame with the calls that were inlined into it.
    fn group(&mut self, group: &'a [u8]) {
        self.inlined_from = None;
        let mut calls: Vec<(&str, &str, i64)> = Vec::new();
        let mut outer = Row::default();
        for line in Lines::new(group) {
            if let Some((file, number)) = frames::place(line.bytes) {
                if let Some(call) = calls.last_mut() {
                    (call.1, call.2) = (text(file), number);
                }
            } else if let Some(row) = Row::of(line.bytes) {
                outer = row;
                if !row.symbol.is_empty() {
                    calls.push((text(row.symbol), "", 0));
                }
            }
        }
        let mapping = mapping(&mut self.builder, &outer);
        let calls = calls.into_iter().map(|(name, file, line)| Frame { name, file, line, column: 0 });
        let location = self.builder.location(outer.address, mapping, calls);
        if self.known.len() >= KNOWN_FRAMES {
            self.known.clear();
        }
        self.known.insert(group, location);
        self.stack.push(location);
    }

    fn end_sample(&mut self) -> Result<(), ParseError> {
        let Some((head, begin)) = self.open.take() else { return Ok(()) };
        if let Some(from) = self.inlined_from {
            // The frame that they belong to is missing.
            let rest = self.bytes.get(from..).unwrap_or_default();
            let calls =
                Lines::new(rest).map_while(|line| Row::of(line.bytes).filter(|row| row.is_inlined)).count();
            let end = Lines::new(rest)
                .take(calls)
                .last()
                .map_or(0, |line| to_usize(line.offset).unwrap_or(0) + line.bytes.len());
            self.group(rest.get(..end).unwrap_or_default());
        }
        if self.stack.is_empty() {
            let location = match &head.frame {
                Some(row) => {
                    let mapping = mapping(&mut self.builder, row);
                    let call = Frame { name: text(row.symbol), ..Frame::default() };
                    self.builder.location(
                        row.address,
                        mapping,
                        Some(call).filter(|call| !call.name.is_empty()),
                    )
                }
                None => self.builder.location(0, None, [Frame { name: "[no stack]", ..Frame::default() }]),
            };
            self.stack.push(location);
        }
        let Some(event) = self.event(head.event) else {
            self.unread += 1;
            self.stack.clear();
            return Ok(());
        };
        let labels = self.labels(&head);
        let stack = self.builder.stack(self.stack.iter().rev().copied(), begin)?;
        self.stack.clear();
        self.builder.sample(stack, labels, begin, head.time)?;
        self.samples.push((event, head.period));
        Ok(())
    }

    /// The number of an event; `None` past the limit.
    fn event(&mut self, name: &'a [u8]) -> Option<u8> {
        let known = self.events.iter().position(|event| *event == name);
        let number = known.unwrap_or(self.events.len());
        if known.is_none() && number < limits::PERF_EVENTS {
            self.events.push(name);
        }
        u8::try_from(number).ok().filter(|_| number < limits::PERF_EVENTS)
    }

    fn labels(&mut self, head: &Head<'a>) -> LabelSetId {
        let key = (head.comm, head.pid, head.tid);
        if let Some(&set) = self.labels.get(&key) {
            return set;
        }
        let mut labels = vec![self.builder.text_label("comm", text(head.comm))];
        for (name, id) in [("pid", head.pid), ("tid", head.tid)] {
            labels.extend(id.map(|id| self.builder.number_label(name, i64::from(id))));
        }
        let set = self.builder.labels(&labels);
        if self.labels.len() >= KNOWN_FRAMES {
            return set;
        }
        self.labels.insert(key, set);
        set
    }

    fn finish(mut self, facts: &mut Facts) -> Profile {
        let has_periods = self.samples.iter().all(|(_, period)| period.is_some());
        self.columns(has_periods);
        let width = if has_periods { 2 } else { 1 };
        let stride = width * self.events.len();
        let mut values =
            Vec::with_capacity(self.samples.len().saturating_mul(stride).min(limits::PROFILE_VALUES));
        for (event, period) in std::mem::take(&mut self.samples) {
            let first = values.len();
            // Events times samples: more than a profile may have is refused with the rest of the samples.
            if first + stride > limits::PROFILE_VALUES {
                break;
            }
            values.resize(first + stride, 0);
            let at = first + width * usize::from(event);
            if let Some(count) = values.get_mut(at) {
                *count = 1;
            }
            if let Some((slot, period)) = values.get_mut(at + 1).filter(|_| has_periods).zip(period) {
                *slot = period;
            }
        }
        let samples = &mut self.builder.profile.samples;
        let kept = values.len().checked_div(stride).unwrap_or(0);
        if kept < samples.len() {
            let message =
                format!("{} samples of several events exceed the maximum of a profile", samples.len() - kept);
            facts.notes.data_loss("samples-left-out", None, message);
            samples.stack.truncate(kept);
            samples.labels.truncate(kept);
            samples.offset.truncate(kept);
            samples.time.truncate(kept);
        }
        samples.values = values;
        self.notes(facts);
        self.builder.finish(&mut facts.notes)
    }

    fn columns(&mut self, has_periods: bool) {
        let events = std::mem::take(&mut self.events);
        for event in &events {
            let name = text(event);
            let (what, unit) = on_cpu(name).unwrap_or((name, "count"));
            let (samples, what) = match events.as_slice() {
                [_] => ("samples".to_owned(), what),
                _ => (format!("{name}:samples"), name),
            };
            self.builder.column(&samples, "count");
            if has_periods {
                self.builder.column(if what.is_empty() { "period" } else { what }, unit);
            }
        }
        self.events = events;
    }

    fn notes(&self, facts: &mut Facts) {
        let is_on_cpu = self.events.iter().all(|event| on_cpu(text(event)).is_some());
        let name = self.events.first().map_or("", |event| text(event));
        facts.kind = Some(if is_on_cpu && !name.is_empty() { ON_CPU } else { name })
            .filter(|kind| !kind.is_empty())
            .map(str::to_owned);
        if self.lost > 0 {
            let message = format!(
                "perf lost samples in {}: the shares may be inaccurate",
                one_or_many(self.lost, "place", "places")
            );
            facts.notes.info("perf-lost", None, message);
        }
        if self.unread > 0 {
            let message = one_or_many(
                self.unread,
                "line belongs to no sample or frame and is ignored",
                "lines belong to no sample or frame and are ignored",
            );
            facts.notes.info("lines-not-read", self.first_unread, message);
        }
    }
}

/// The file of a frame; without one, addresses in the upper half are the kernel's.
fn mapping(builder: &mut Builder<'_>, row: &Row<'_>) -> Option<MappingId> {
    if row.dso.is_empty() {
        return (row.address >> 63 == 1).then(|| builder.mapping(sampled::KERNEL));
    }
    Some(builder.mapping(text(row.dso)))
}

/// What the period of an event counts that samples a processor; `None` for other events.
fn on_cpu(event: &str) -> Option<(&'static str, &'static str)> {
    let name = event.split(':').next().unwrap_or(event);
    // `cpu_core/cycles/` is the same event of one kind of core.
    let name = name.split('/').nth(1).unwrap_or(name);
    ON_CPU_EVENTS.iter().find(|(known, ..)| *known == name).map(|(_, what, unit)| (*what, *unit))
}

/// Text up to the first byte that is none.
fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok())
            .unwrap_or_default(),
    }
}
