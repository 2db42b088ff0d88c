//! Words of the view.

use analyzer_core::report::trace::{DelayCause, LeakSign, Spread, Trace};
use analyzer_core::session::lanes::{GC_WORKER, RUNNABLE, RUNNING, SYSCALL};
use yew::prelude::*;

use super::lane_names::{Stacks, frames};
use crate::number_format as text;

/// A duration, as tables have it.
pub fn nanos(value: u64) -> String {
    text::duration(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A duration in a cell, to the nanosecond in its title; a dash for none.
pub fn cell(label: &'static str, value: Option<u64>) -> Html {
    match value {
        Some(value) => html! {
            <td class="number" data-label={label} title={format!("{} ns", text::count_u64(value))}>{ nanos(value) }</td>
        },
        None => html! { <td class="number unset" data-label={label}>{ "\u{2014}" }</td> },
    }
}

/// A count in a cell.
pub fn count(label: &'static str, value: u64) -> Html {
    html! { <td class="number" data-label={label}>{ text::count_u64(value) }</td> }
}

/// The sum of some durations in a cell; a dash if there is none.
pub fn total(label: &'static str, spread: &Spread) -> Html {
    cell(label, (spread.count > 0).then_some(spread.total))
}

/// Length of what is counted.
pub fn length(trace: &Trace) -> u64 {
    trace.to.saturating_sub(trace.from)
}

/// A state of a lane.
pub const fn lane_state(state: u8) -> &'static str {
    match state {
        RUNNING => "running",
        GC_WORKER => "GC worker",
        RUNNABLE => "waiting for a processor",
        SYSCALL => "in a system call",
        _ => "blocked",
    }
}

/// Why a goroutine waited for a processor.
pub const fn cause(cause: DelayCause) -> &'static str {
    match cause {
        DelayCause::Created => "after its creation",
        DelayCause::Woken => "after it was woken",
        DelayCause::Preempted => "after a yield or preemption",
        DelayCause::SyscallReturn => "after a system call",
        DelayCause::Existed => "since before",
    }
}

/// What speaks for a leak, in short.
pub const fn sign(sign: LeakSign) -> &'static str {
    match sign {
        LeakSign::BlockedForever => "Blocked forever",
        LeakSign::Growth => "Created, never ended",
        LeakSign::NeverWoken => "Never woken",
        LeakSign::WaitedThroughout => "Waited throughout",
    }
}

/// The first frame of a stack that is not the runtime's, in short.
pub fn place(of: &dyn Stacks, stack: Option<u32>) -> Option<String> {
    let frames = frames(of, stack);
    let is_plumbing = |function: &str| {
        ["runtime.", "sync.", "internal/", "time.Sleep", "syscall.", "reflect."]
            .iter()
            .any(|prefix| function.starts_with(prefix))
    };
    let frame = frames.iter().find(|frame| !is_plumbing(&frame.function)).or(frames.first())?;
    Some(frame.function.clone())
}

/// A stack, opened on demand; its first own frame stands for it.
pub fn stack(of: &dyn Stacks, stack: Option<u32>) -> Html {
    let frames = frames(of, stack);
    let Some(place) = place(of, stack) else {
        return html! { <span class="quiet">{ "no stack" }</span> };
    };
    html! {
        <details class="trace-stack">
            <summary><code>{ place }</code></summary>
            <ol>
                { for frames.iter().map(|frame| html! {
                    <li>
                        <code>{ &frame.function }</code>
                        if let Some(file) = &frame.file {
                            <span class="quiet">{ format!(" {}{}", file, frame.line.map(|line| format!(":{line}")).unwrap_or_default()) }</span>
                        }
                    </li>
                }) }
            </ol>
        </details>
    }
}
