//! A trace as a profile: where its time went, by call stack. Everything that
//! can be asked of a pprof profile can be asked of it.
//!
//! `as_go_tool` is what `go tool trace -pprof=TYPE` adds up to, for all four
//! of its types at once; the label `kind` tells them apart. The other columns
//! also hold what Go's tool leaves out: waits that were open when the trace
//! ended, and everything before a goroutine's first run.

use std::collections::HashMap;

use super::summary::{Site, SiteKind, Summary};
use crate::base::convert::{clamp_i64, to_u32};
use crate::base::intern::{StrId, StringTable};
use crate::base::units::Nanos;
use crate::evidence::profiles::{
    Function, FunctionId, Label, LabelSetId, LabelValue, Line, Location, LocationId, Profile, StackInterner,
    StackRow, ValueType,
};
use crate::evidence::trace::Trace;
use crate::evidence::trace::names::{Names, StackRef};

/// Columns: what is counted, and its unit.
const COLUMNS: [(&str, &str); 7] = [
    ("block", "nanoseconds"),
    ("block_open", "nanoseconds"),
    ("network", "nanoseconds"),
    ("sched_latency", "nanoseconds"),
    ("syscall", "nanoseconds"),
    ("as_go_tool", "nanoseconds"),
    ("cpu_samples", "count"),
];
/// Frame of what the trace gives no stack for.
const NO_STACK: &str = "[no stack]";
/// Reason of waits for which the runtime gives none.
const NO_REASON: &str = "not given";

/// The profile of a whole trace; `None` if nothing in it has a duration.
pub fn of(trace: &Trace, summary: &Summary, strings: &mut StringTable) -> Option<Profile> {
    let mut writer = Writer::new(trace, strings);
    for site in summary.sites.iter() {
        writer.site(site);
    }
    for &(stack, _, count) in &summary.samples {
        let mut values = [0; COLUMNS.len()];
        values[6] = signed(count);
        let labels = writer.labels("cpu", None);
        writer.sample(stack, labels, values);
    }
    let mut profile = writer.profile;
    profile.duration = Some(Nanos(signed(summary.nanos())));
    (!profile.samples.is_empty()).then_some(profile)
}

struct Writer<'a> {
    names: &'a Names,
    strings: &'a mut StringTable,
    profile: Profile,
    stacks: StackInterner,
    functions: HashMap<(StrId, StrId), FunctionId>,
    /// Location of each frame of the trace.
    locations: HashMap<u32, LocationId>,
    label_sets: HashMap<(&'static str, Option<StrId>), LabelSetId>,
    no_stack: Option<LocationId>,
}

impl<'a> Writer<'a> {
    fn new(trace: &'a Trace, strings: &'a mut StringTable) -> Self {
        let mut profile = Profile::new(trace.source);
        profile.sample_types = COLUMNS
            .iter()
            .map(|(kind, unit)| ValueType { kind: strings.intern(kind), unit: strings.intern(unit) })
            .collect();
        profile.default_sample_type = Some(strings.intern(COLUMNS[0].0));
        Self {
            names: &trace.names,
            strings,
            profile,
            stacks: StackInterner::default(),
            functions: HashMap::new(),
            locations: HashMap::new(),
            label_sets: HashMap::new(),
            no_stack: None,
        }
    }

    fn site(&mut self, site: &Site) {
        let total = site.done.total.saturating_add(site.open.total);
        if total == 0 && site.as_go_tool.1 == 0 {
            return;
        }
        let is_network = self.names.strings.get(site.key.reason) == "network";
        let mut values = [0; COLUMNS.len()];
        let (column, kind) = match site.key.kind {
            SiteKind::Wait if is_network => (2, "network"),
            SiteKind::Wait => (0, "block"),
            SiteKind::Runnable(_) => (3, "sched"),
            SiteKind::Syscall => (4, "syscall"),
        };
        values[column] = signed(total);
        if column == 0 {
            values[1] = signed(site.open.total);
        }
        values[5] = signed(site.as_go_tool.1);
        let reason = (site.key.kind == SiteKind::Wait).then_some(site.key.reason);
        let labels = self.labels(kind, reason);
        self.sample(site.key.stack, labels, values);
    }

    fn labels(&mut self, kind: &'static str, reason: Option<StrId>) -> LabelSetId {
        if let Some(&set) = self.label_sets.get(&(kind, reason)) {
            return set;
        }
        let key = self.strings.intern("kind");
        let mut labels = vec![Label { key, value: LabelValue::Text(self.strings.intern(kind)) }];
        if let Some(reason) = reason {
            let word = self.names.strings.get(reason);
            let value = LabelValue::Text(self.strings.intern(if word.is_empty() { NO_REASON } else { word }));
            labels.push(Label { key: self.strings.intern("reason"), value });
        }
        let set = self.profile.label_sets.push(labels);
        self.label_sets.insert((kind, reason), set);
        set
    }

    fn sample(&mut self, stack: StackRef, labels: LabelSetId, values: [i64; COLUMNS.len()]) {
        let Some(row) = self.stack(stack) else { return };
        let samples = &mut self.profile.samples;
        samples.stack.push(row);
        samples.labels.push(labels);
        // Sums have no one place in the file.
        samples.offset.push(0);
        samples.values.extend(values);
    }

    fn stack(&mut self, stack: StackRef) -> Option<StackRow> {
        let names = self.names;
        let mut root_first = Vec::new();
        for (&frame, row) in names.frame_ids_of(stack).iter().rev().zip(names.frames_of(stack).rev()) {
            let location = match self.locations.get(&frame.0) {
                Some(&location) => location,
                None => {
                    let (function, file) = (names.strings.get(row.function), names.strings.get(row.file));
                    let location = self.location(function, file, row.line, row.pc);
                    self.locations.insert(frame.0, location);
                    location
                }
            };
            root_first.push(location);
        }
        if root_first.is_empty() {
            let location = match self.no_stack {
                Some(location) => location,
                None => self.location(NO_STACK, "", 0, 0),
            };
            self.no_stack = Some(location);
            root_first.push(location);
        }
        self.stacks.intern(&mut self.profile.stacks, root_first)
    }

    fn location(&mut self, function: &str, file: &str, line: u64, pc: u64) -> LocationId {
        let key = (self.strings.intern(function), self.strings.intern(file));
        let functions = &mut self.profile.functions;
        let function = *self.functions.entry(key).or_insert_with(|| {
            let id = u64::from(to_u32(functions.len())) + 1;
            functions.push(Function { id, name: key.0, system_name: key.0, file: key.1, start_line: 0 });
            FunctionId(to_u32(functions.len() - 1))
        });
        let begin = to_u32(self.profile.lines.len());
        self.profile.lines.push(Line { function: Some(function), line: signed(line), column: 0 });
        let row = to_u32(self.profile.locations.len());
        self.profile.locations.push(Location {
            id: u64::from(row) + 1,
            address: pc,
            lines_begin: begin,
            lines_end: begin + 1,
            is_defined: true,
            ..Location::default()
        });
        LocationId(row)
    }
}

fn signed(n: u64) -> i64 {
    clamp_i64(i128::from(n))
}
