//! A trace beside goroutine dumps of the same process. A trace knows what
//! happened in some seconds, a dump what has gathered since the start; where
//! both show the same stack, each gains what the other saw there.

use std::collections::HashMap;

use super::leaks::{self, span};
use super::stacks::frames_of;
use crate::analysis::goroutines::names::Function;
use crate::evidence::trace::event::GoState;
use crate::report::number_format::count_u64;
use crate::report::trace::{SiteKind, Trace};
use crate::report::{Confidence, GoroutineGroup, Goroutines, Origin, StackFrame, Verdict};

/// A stack as both sides have it: dumps hide frames of the runtime.
type Key = Vec<(String, Option<u32>)>;

/// What a trace saw of goroutines that wait with one stack.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Waiting at the end.
    waiting: u64,
    /// Of those: all the time, and never woken.
    throughout: u64,
    /// Waits here that ended.
    completed: u64,
}

/// Tells each side what the other saw.
pub fn join(traces: &mut [Trace], goroutines: &mut Option<Goroutines>) {
    let Some(section) = goroutines else { return };
    for trace in traces {
        let window = span(trace.to.saturating_sub(trace.from));
        let seen = seen(trace);
        for leak in 0..trace.leaks.len() {
            tell_trace(trace, leak, &section.groups);
        }
        leaks::sort(&mut trace.leaks);
        let is_open = |group: &&mut GoroutineGroup| matches!(group.verdict, Verdict::Leak | Verdict::Suspect);
        let own = section.groups.iter_mut().filter(|group| trace.subject == Some(group.subject));
        for group in own.filter(is_open) {
            if let Some(seen) = seen.get(&key(group.stack.iter())) {
                tell_dump(group, seen, &window);
            }
        }
    }
}

/// The dump's group gains what the trace saw.
fn tell_dump(group: &mut GoroutineGroup, seen: &Seen, window: &str) {
    if seen.throughout > 0 {
        group.reasons.push(format!(
            "in the execution trace's {window}, {} waited here from start to end, and nothing woke any of them",
            count_u64(seen.throughout)
        ));
    }
    if seen.completed > 0 {
        group.against.push(format!(
            "in the execution trace's {window}, {} waits of others at this place ended",
            count_u64(seen.completed)
        ));
        return;
    }
    let came = seen.waiting.saturating_sub(seen.throughout);
    if came > 0 {
        group.reasons.push(format!(
            "in the execution trace's {window}, {} more came to wait here, and none left",
            count_u64(came)
        ));
    }
}

/// The sign in the trace gains what the dumps count.
fn tell_trace(trace: &mut Trace, leak: usize, groups: &[GoroutineGroup]) {
    let Some(stack) = trace.leaks.get(leak).and_then(|leak| leak.stack) else { return };
    let own_key = key(frames_of(trace, stack));
    let members = |group: &GoroutineGroup| group.counts.last().copied().unwrap_or(0);
    let subject = trace.subject;
    let of_subject = groups.iter().filter(|group| subject == Some(group.subject));
    let same = of_subject.filter(|group| key(group.stack.iter()) == own_key);
    let Some(group) = same.min_by_key(|group| (group.verdict, std::cmp::Reverse(members(group)))) else {
        return;
    };
    let Some(leak) = trace.leaks.get_mut(leak) else { return };
    leak.dump_group = Some(group.id.clone());
    let counts: Vec<String> = group.counts.iter().map(|&count| count_u64(count)).collect();
    let counted = if counts.len() > 1 {
        format!("the goroutine dumps also count {} with this stack", counts.join(", then "))
    } else {
        format!("the goroutine dump also counts {} with this stack", counts.join(""))
    };
    match group.verdict {
        Verdict::Leak | Verdict::Suspect => {
            leak.reasons.push(format!("{counted}, and they look leaked there as well"));
            if group.verdict == Verdict::Leak {
                leak.confidence = leak.confidence.min(Confidence::Likely);
            }
        }
        Verdict::Unknown => leak.reasons.push(counted),
        Verdict::Benign => {
            leak.against.push(format!("{counted}, and classify them as background work"));
        }
    }
}

/// What the trace saw, by stack.
fn seen(trace: &Trace) -> HashMap<Key, Seen> {
    let mut seen: HashMap<Key, Seen> = HashMap::new();
    let states = trace.groups.iter().filter(|group| !group.is_system).flat_map(|group| &group.alive_states);
    for state in states.filter(|state| state.state == GoState::Waiting.name()) {
        let Some(stack) = state.stack else { continue };
        let row = seen.entry(key(frames_of(trace, stack))).or_default();
        row.waiting += state.count;
        row.throughout += state.throughout;
    }
    for site in trace.sites.iter().filter(|site| site.kind == SiteKind::Wait && site.done.count > 0) {
        let Some(row) = site.stack.and_then(|stack| seen.get_mut(&key(frames_of(trace, stack)))) else {
            continue;
        };
        row.completed += site.done.count;
    }
    seen
}

fn key<'a>(frames: impl Iterator<Item = &'a StackFrame>) -> Key {
    let is_told =
        |frame: &&StackFrame| frame.origin != Origin::Runtime && !Function::new(&frame.function).is_wrapper();
    let own = frames.filter(is_told);
    own.map(|frame| (frame.function.clone(), frame.line)).collect()
}
