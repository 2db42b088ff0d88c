//! What every crash has: where it happened, who started the goroutine, and which events are one.

use std::collections::HashMap;

use crate::analysis::goroutines::names::Function;
use crate::base::convert::to_u64;
use crate::base::source::SourceId;
use crate::detectors::{Case, Draft, Rule};
use crate::evidence::Evidence;
use crate::evidence::crash::CrashRecord;
use crate::evidence::goroutines::{Goroutine, GoroutineDump, GoroutineFlags};
use crate::evidence::stacks::Frame;
use crate::report::{
    Amount, Citation, Confidence, Counted, Finding, Origin, Severity, StackFrame, SubjectId,
};

/// Characters of a message that a claim quotes.
const MESSAGE_CHARS: usize = 400;
/// Findings of one detector: a log may hold a crash for every restart of months.
const FINDINGS: usize = 50;

/// The runtime's calls that raise a panic.
const RAISES: [&str; 4] = ["panic", "runtime.panic", "runtime.sigpanic", "runtime.gopanic"];

/// Calls of the garbage collector that follow pointers (runtime/mgcmark.go).
const MARKERS: [&str; 5] =
    ["runtime.gcDrain", "runtime.scanobject", "runtime.scanblock", "runtime.greyobject", "runtime.markroot"];

/// Functions that recover a panic and print the stack.
const HANDLERS: [&str; 5] = [
    "net/http.(*conn).serve.func1",
    "runtime/debug.Stack",
    "runtime/debug.PrintStack",
    "/util/runtime.logPanic",
    "/util/runtime.HandleCrash",
];

/// A crash in the dump that it stands before.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub evidence: &'a Evidence,
    pub dump: &'a GoroutineDump,
    pub crash: &'a CrashRecord,
    pub subject: SubjectId,
}

/// What a detector says of one event; equal ones become one finding.
#[derive(Clone, Debug)]
pub struct Told {
    pub rule: Rule,
    pub severity: Severity,
    pub confidence: Confidence,
    pub condition: &'static str,
    pub title: String,
    /// What happened, as sentences without the place.
    pub claim: String,
    pub against: Vec<String>,
    pub advice: Vec<String>,
}

/// Every crash of every subject, in the order of the captures.
pub fn events<'a>(case: &Case<'a>) -> Vec<Event<'a>> {
    let subjects = subjects(case);
    let event = |dump: &'a GoroutineDump| {
        let subject = *subjects.get(&dump.source)?;
        Some(Event { evidence: case.evidence, dump, crash: dump.crash.as_ref()?, subject })
    };
    case.evidence.goroutines.dumps.iter().filter_map(event).collect()
}

/// What the rules of this room need.
pub fn missing_inputs(case: &Case<'_>) -> Vec<String> {
    if case.evidence.goroutines.dumps.is_empty() {
        vec!["what the program printed when it exited (stderr, or kubectl logs --previous)".to_owned()]
    } else {
        Vec::new()
    }
}

/// One finding for each kind of crash at one place: a service that restarts crashes again and again.
pub fn findings(case: &Case<'_>, tell: fn(&Event<'_>) -> Option<Told>) -> Vec<Finding> {
    let mut rows: Vec<(Event<'_>, Told, u64)> = Vec::new();
    let mut known: HashMap<(SubjectId, &str, String), usize> = HashMap::new();
    for event in events(case) {
        let Some(told) = tell(&event) else { continue };
        let key = (event.subject, told.rule.code, identity(&event, &told));
        if let Some(row) = known.get(&key).and_then(|&index| rows.get_mut(index)) {
            // The newest one is told.
            *row = (event, told, row.2.saturating_add(1));
        } else if rows.len() < FINDINGS {
            known.insert(key, rows.len());
            rows.push((event, told, 1));
        }
    }
    rows.into_iter().filter_map(|(event, told, times)| finding(&event, told, times)).collect()
}

/// What makes two crashes the same: the place in the user's code, else what is said of them.
fn identity(event: &Event<'_>, told: &Told) -> String {
    let own = event.own_frame().filter(|frame| frame.origin == Origin::Own);
    own.map_or_else(|| told.claim.clone(), |frame| frame.call_site())
}

fn finding(event: &Event<'_>, told: Told, times: u64) -> Option<Finding> {
    let again =
        if times > 1 { format!(" It occurs {times} times; this is the last one.") } else { String::new() };
    let line = event.crash.line;
    let goroutine = event.goroutine().map(|row| event.dump.span(u64::from(row.line)));
    let amount = Amount::counted(i64::try_from(times).unwrap_or(i64::MAX), Counted::Times);
    let draft = Draft {
        rule: told.rule,
        severity: told.severity,
        confidence: told.confidence,
        reclaim: None,
        condition: told.condition.to_owned(),
        title: told.title,
        claim: format!("{}{again}", told.claim),
        amount: (times > 1).then_some(amount),
        citations: std::iter::once(event.dump.span(line)).chain(goroutine).map(Citation::place).collect(),
        against: told.against,
        advice: told.advice,
    };
    draft.about(event.subject)
}

impl Event<'_> {
    /// The goroutine that crashed.
    pub fn goroutine(&self) -> Option<&Goroutine> {
        self.dump.goroutines.get(self.crash.goroutine?)
    }

    /// The frames of the crash from the innermost: those of deferred calls that
    /// ran because of the panic, and of the runtime's own ending, left out.
    pub fn frames(&self) -> Vec<(usize, StackFrame)> {
        let Some(row) = self.goroutine() else { return Vec::new() };
        let frames: Vec<(usize, StackFrame)> =
            self.evidence.stacks.leaf_first(row.stack).map(|frame| self.frame(frame)).enumerate().collect();
        // The first panic of a chain is the outermost on the stack.
        let start = frames
            .iter()
            .rposition(|(_, frame)| RAISES.contains(&frame.function.as_str()))
            .map_or(0, |at| at + 1);
        // What printed the stack stands above what raised the panic, where the panic itself is not printed.
        let is_handler = |frame: &StackFrame| {
            start == 0
                && self.crash.is_recovered
                && HANDLERS.iter().any(|name| frame.function.ends_with(name))
        };
        let is_beside =
            |(_, frame): &(usize, StackFrame)| frame.origin == Origin::Runtime || is_handler(frame);
        frames.into_iter().skip(start).skip_while(is_beside).collect()
    }

    /// Every frame from the innermost.
    fn all_frames(&self) -> impl Iterator<Item = StackFrame> + '_ {
        let stack = self.goroutine().and_then(|row| row.stack);
        self.evidence.stacks.leaf_first(stack).map(|frame| self.frame(frame))
    }

    /// How many times the stack raises a panic, as far as it is printed.
    pub fn raises(&self) -> usize {
        self.all_frames().filter(|frame| RAISES.contains(&frame.function.as_str())).count()
    }

    /// True if a function whose name ends so is on the stack.
    pub fn has_call(&self, name: &str) -> bool {
        self.all_frames().any(|frame| frame.function.ends_with(name))
    }

    /// Goroutines in the text; the scheduler's own stack of a thread is none.
    pub fn goroutines(&self) -> u64 {
        let rows = self.dump.goroutines.iter();
        to_u64(rows.filter(|row| !row.flags.has(GoroutineFlags::SYSTEM_STACK)).count())
    }

    /// True if a thread's own stack shows the garbage collector at work on the heap's pointers.
    pub fn is_in_gc(&self) -> bool {
        let rows = self.dump.goroutines.iter();
        rows.filter(|row| row.flags.has(GoroutineFlags::SYSTEM_STACK)).any(|row| {
            let mut frames = self.evidence.stacks.leaf_first(row.stack);
            frames.any(|frame| MARKERS.contains(&self.evidence.strings.get(frame.function)))
        })
    }

    /// True if the text ends at the call of the panic that was raised first.
    pub fn is_origin_cut(&self) -> bool {
        let Some(row) = self.goroutine() else { return false };
        let last = self.evidence.stacks.leaf_first(row.stack).last().map(|frame| self.frame(frame));
        last.is_some_and(|frame| matches!(frame.function.as_str(), "panic" | "runtime.panic"))
    }

    /// The first frame of the user's own code; else of a library, else of anyone.
    pub fn own_frame(&self) -> Option<StackFrame> {
        own(self.frames().into_iter().map(|(_, frame)| frame))
    }

    /// ` in shop.(*Cart).Total (cart.go:88)`, with the library call that it came from.
    pub fn place(&self) -> String {
        let frames = self.frames();
        let Some((_, leaf)) = frames.first() else { return String::new() };
        match own(frames.iter().map(|(_, frame)| frame.clone())) {
            Some(own) if own != *leaf => {
                format!(" in {}, called from {}", leaf.call_site(), own.call_site())
            }
            _ => format!(" in {}", leaf.call_site()),
        }
    }

    /// `, on goroutine 18, started by main.serve (main.go:39) in goroutine 1`.
    pub fn who(&self) -> String {
        let Some(row) = self.goroutine() else { return String::new() };
        let goid = row.goid;
        if goid == 0 && !row.flags.has(GoroutineFlags::SYSTEM_STACK) {
            return String::new();
        }
        let creator = row.creator.and_then(|id| self.evidence.stacks.frames.get(id));
        let parent = row.parent.map(|parent| format!(" in goroutine {parent}")).unwrap_or_default();
        match creator {
            Some(frame) => {
                format!(", on goroutine {goid}, started by {}{parent}", self.frame(frame).call_site())
            }
            None if goid == 1 => ", on goroutine 1 (main)".to_owned(),
            None => format!(", on goroutine {goid}"),
        }
    }

    /// Printed arguments of the frame with this index, with their parentheses.
    pub fn arguments(&self, index: usize) -> Option<&str> {
        let printed = self.crash.arguments.iter().rev().find(|(at, _)| *at == index)?;
        Some(self.evidence.strings.get(printed.1))
    }

    /// A frame with its names.
    pub fn frame(&self, frame: &Frame) -> StackFrame {
        self::frame(self.evidence, frame)
    }

    /// The remarks of the runtime as a sentence.
    pub fn remarks(&self) -> String {
        let texts: Vec<String> =
            self.crash.remarks.iter().take(3).map(|remark| quote(&remark.text)).collect();
        if texts.is_empty() {
            String::new()
        } else {
            format!(" The runtime also printed: {}.", texts.join("; "))
        }
    }
}

/// A frame with its names, and whose code it is.
pub fn frame(evidence: &Evidence, frame: &Frame) -> StackFrame {
    let function = Function::new(evidence.strings.get(frame.function));
    let file = frame.file.map(|file| evidence.strings.get(file).to_owned());
    let origin = function.origin(file.as_deref());
    StackFrame { function: function.name.to_string(), file, line: frame.line, origin }
}

/// The subject of each source.
pub fn subjects(case: &Case<'_>) -> HashMap<SourceId, SubjectId> {
    let mut subjects = HashMap::new();
    for subject in &case.analysis.subjects {
        subjects.extend(subject.sources().map(|source| (source, subject.id)));
    }
    subjects
}

fn own(frames: impl Iterator<Item = StackFrame> + Clone) -> Option<StackFrame> {
    // Calls into C that cgo generated, and the gap of a deep stack, are nobody's code.
    let is_written = |frame: &StackFrame| {
        !frame.function.starts_with("...") && frame.file.as_deref() != Some("_cgo_gotypes.go")
    };
    let of = |origin: Origin| frames.clone().find(|frame| frame.origin == origin && is_written(frame));
    of(Origin::Own).or_else(|| of(Origin::Dependency)).or_else(|| frames.clone().next())
}

/// A message on one line, cut where it is long.
pub fn quote(text: &str) -> String {
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    // A heading of what stands below it.
    let line = line.replace(":; ", ": ");
    let mut quoted: String = line.chars().take(MESSAGE_CHARS).collect();
    if quoted.len() < line.len() {
        quoted.push('…');
    }
    quoted.trim_end_matches('.').to_owned()
}
