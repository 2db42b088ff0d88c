//! Goroutine profiles in protobuf, as counted stacks. They keep the runtime's
//! frames, so what the goroutines wait in stands on the stack.

use super::state::Wait;

use crate::base::intern::{StrId, StringTable};
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelValue, LocationId, Profile};
use crate::evidence::stacks::Frame;

/// Sample types of the two profiles that count goroutines.
const GOROUTINE: &str = "goroutine";
const LEAK: &str = "goroutineleak";

/// Lines from the start of `chansend` or `chanrecv` within which the park of a
/// nil channel stands; the other one stands some 60 lines further down at least
/// (runtime/chan.go, Go 1.21 to 1.27).
const NIL_PARK_LINES: i64 = 40;

/// Goroutines with one stack and one set of labels.
#[derive(Clone, Debug)]
pub struct ProfileRow {
    /// The call stack, innermost first.
    pub frames: Vec<Frame>,
    /// What they wait in.
    pub wait: Wait,
    /// How many.
    pub count: u64,
    /// Their labels.
    pub labels: Vec<(StrId, StrId)>,
    /// Byte offset of the sample.
    pub offset: u64,
}

/// True for a profile of goroutines; `Some(true)` for one of leaked ones only.
pub fn is_leak_profile(evidence: &Evidence, profile: &Profile) -> Option<bool> {
    match evidence.strings.get(profile.sample_types.first()?.kind) {
        GOROUTINE => Some(false),
        LEAK => Some(true),
        _ => None,
    }
}

/// How many goroutines it counts.
pub fn total(profile: &Profile) -> u64 {
    profile.column(0).fold(0, |sum, value| sum.saturating_add(u64::try_from(value).unwrap_or(0)))
}

/// The rows of a goroutine profile, in file order.
pub fn rows(evidence: &Evidence, profile: &Profile) -> Vec<ProfileRow> {
    let values = profile.column(0);
    let samples = profile.samples.stack.iter().zip(&profile.samples.labels).zip(&profile.samples.offset);
    let rows = samples.zip(values).map(|(((&stack, &labels), &offset), value)| {
        let mut locations: Vec<LocationId> = profile.stacks.locations(stack).collect();
        locations.reverse();
        let sites: Vec<(Frame, i64)> = locations.iter().flat_map(|&id| sites(profile, id)).collect();
        ProfileRow {
            wait: wait(evidence, &sites),
            frames: sites.into_iter().map(|(frame, _)| frame).collect(),
            count: u64::try_from(value).unwrap_or(0),
            labels: profile.label_sets.get(labels).iter().filter_map(text_label).collect(),
            offset: u64::from(offset),
        }
    });
    rows.collect()
}

fn text_label(label: &crate::evidence::profiles::Label) -> Option<(StrId, StrId)> {
    match label.value {
        LabelValue::Text(value) => Some((label.key, value)),
        LabelValue::EmptyOrZero => Some((label.key, StringTable::EMPTY)),
        LabelValue::Number { .. } => None,
    }
}

/// The calls of a location, innermost first, each with the line on which its function starts.
fn sites(profile: &Profile, id: LocationId) -> Vec<(Frame, i64)> {
    let location = profile.locations.get(crate::base::convert::id_to_usize(id.0));
    let lines = location.map(|location| profile.lines_of(location)).unwrap_or_default();
    let last = lines.len().saturating_sub(1);
    let site = |(index, line): (usize, &crate::evidence::profiles::Line)| {
        let function = profile.function_of(line)?;
        let frame = Frame {
            function: function.name,
            file: Some(function.file),
            line: u32::try_from(line.line).ok().filter(|&line| line > 0),
            inlined: index < last,
        };
        Some((frame, function.start_line))
    };
    lines.iter().enumerate().filter_map(site).collect()
}

/// What the innermost frames wait in.
fn wait(evidence: &Evidence, sites: &[(Frame, i64)]) -> Wait {
    let name = |index: usize| sites.get(index).map_or("", |(frame, _)| evidence.strings.get(frame.function));
    let names = || sites.iter().map(|(frame, _)| evidence.strings.get(frame.function));
    let top = name(0);
    if top.starts_with("runtime.asyncPreempt") {
        return Wait::Running;
    }
    if top == "runtime.coroswitch" || top.starts_with("runtime.coroswitch") {
        return Wait::Coroutine;
    }
    if top.starts_with("syscall.") || top.starts_with("internal/runtime/syscall") || top == "runtime.cgocall"
    {
        return Wait::Syscall;
    }
    if top != "runtime.gopark" {
        let is_signal =
            name(0) == "runtime.notetsleepg" || names().any(|name| name == "os/signal.signal_recv");
        return if is_signal { Wait::Syscall } else { Wait::Running };
    }
    let is_nil = sites.get(1).is_some_and(|(frame, start)| {
        frame.line.is_some_and(|line| *start > 0 && i64::from(line) - start < NIL_PARK_LINES)
    });
    let parker = if name(1) == "runtime.goparkunlock" { name(2) } else { name(1) };
    match parker {
        "runtime.chanrecv" => {
            if is_nil {
                Wait::NilReceive
            } else {
                Wait::Receive
            }
        }
        "runtime.chansend" => {
            if is_nil {
                Wait::NilSend
            } else {
                Wait::Send
            }
        }
        "runtime.selectgo" => Wait::Select,
        "runtime.block" => Wait::SelectForever,
        "runtime.netpollblock" => Wait::Io,
        "time.Sleep" => Wait::Sleep,
        "sync.runtime_notifyListWait" => Wait::Cond,
        "runtime.semacquire1" => semaphore(names()),
        _ => Wait::Runtime,
    }
}

fn semaphore<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Wait {
    let has = |wanted: &str| names.clone().any(|name| name == wanted);
    if has("sync.runtime_SemacquireWaitGroup") {
        return Wait::WaitGroup;
    }
    if has("sync.runtime_SemacquireRWMutex") || has("sync.runtime_SemacquireRWMutexR") {
        return Wait::RwMutex;
    }
    Wait::Semaphore.refine(names)
}
