//! Verdicts, states and places in words, each with a mark beside its color.

use analyzer_core::report::{Citation, Confidence, GoroutineGroup, Origin, Report, StackFrame, Verdict};
use yew::prelude::*;

use crate::components::citation::place_href;
use crate::components::series::series;
use crate::number_format as text;
use crate::selectors;

/// A verdict's mark and word.
pub fn verdict_words(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Leak => ("▲", "leak"),
        Verdict::Suspect => ("◆", "suspect"),
        Verdict::Benign => ("●", "benign"),
        Verdict::Unknown => ("○", "not classified"),
    }
}

/// What a verdict means.
pub fn verdict_meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leak => "These goroutines will never exit",
        Verdict::Suspect => "These goroutines may never exit: the evidence is weak",
        Verdict::Benign => "Known background work, or work in progress",
        Verdict::Unknown => "Not enough evidence for a verdict",
    }
}

/// A verdict.
pub fn verdict(verdict: Verdict) -> Html {
    let (mark, word) = verdict_words(verdict);
    html! {
        <span class={classes!("verdict", class(verdict))} title={verdict_meaning(verdict)}>
            <span class="mark" aria-hidden="true">{ mark }</span>{ word }
        </span>
    }
}

/// The style of a verdict.
pub fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leak => "leak",
        Verdict::Suspect => "suspect",
        Verdict::Benign => "benign",
        Verdict::Unknown => "unknown",
    }
}

/// How sure the classifier is.
pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// What a state means, for those who do not know the runtime's words (runtime2.go).
pub fn state_meaning(state: &str) -> Option<&'static str> {
    const MEANINGS: &[(&str, &str)] = &[
        ("chan send (nil chan)", "sends on a nil channel, which blocks forever"),
        ("chan receive (nil chan)", "receives from a nil channel, which blocks forever"),
        ("select (no cases)", "waits in select{}, which never returns"),
        ("chan send", "sends on a channel: no receiver, or the buffer is full"),
        ("chan receive", "receives from a channel, or ranges over it"),
        ("select", "waits for the first of several channels"),
        ("sync.Mutex.Lock", "waits for a mutex that another goroutine holds"),
        ("sync.RWMutex.RLock", "waits for a read-write lock, to read"),
        ("sync.RWMutex.Lock", "waits for a read-write lock, to write"),
        ("sync.WaitGroup.Wait", "waits until a WaitGroup is done"),
        ("sync.Cond.Wait", "waits for a sync.Cond to be signaled"),
        ("semacquire", "waits for a lock or a WaitGroup; the stack shows which"),
        ("IO wait", "waits for the network, a pipe or a terminal"),
        ("sleep", "sleeps in time.Sleep"),
        ("syscall", "is in a system call, and occupies a thread"),
        ("running", "runs"),
        ("runnable", "is runnable, and waits for a processor"),
        ("coroutine", "is an iter.Pull iterator that waits for the next call"),
        ("finalizer wait", "runtime goroutine: waits for finalizers to run"),
    ];
    MEANINGS.iter().find(|(prefix, _)| state.starts_with(prefix)).map(|(_, meaning)| *meaning)
}

/// The function, short and without its package's path, and its place.
pub fn frame(frame: &StackFrame) -> Html {
    html! {
        <span class={classes!("frame", is_muted(frame).then_some("muted"))} title={selectors::visible(&frame.function)}>
            <code>{ selectors::visible(short_name(&frame.function)) }</code>
            { " " }
            <span class="place">{ place(frame, true) }</span>
        </span>
    }
}

/// File and line of a frame, without folders if `short`.
pub fn place(frame: &StackFrame, short: bool) -> String {
    let Some(file) = &frame.file else { return String::new() };
    let name = if short { file.rsplit('/').next().unwrap_or(file) } else { file };
    let name = selectors::visible(name);
    frame.line.map_or(name.clone(), |line| format!("{name}:{line}"))
}

/// `http.(*conn).serve` of `net/http.(*conn).serve`: the path ends at the
/// last slash before any type arguments or receiver.
pub fn short_name(function: &str) -> &str {
    let end = function.find(['(', '[']).unwrap_or(function.len());
    let head = function.get(..end).unwrap_or_default();
    head.rfind('/').and_then(|slash| function.get(slash + 1..)).unwrap_or(function)
}

/// The frame that names a group best: the user's own, else the outermost,
/// which says what the goroutine is for (`http.(*conn).serve`), where the
/// innermost would only repeat its state.
pub fn main_frame(group: &GoroutineGroup) -> Option<&StackFrame> {
    group.user_frame.as_ref().or_else(|| group.stack.last())
}

/// A group's name in running text.
pub fn name(group: &GoroutineGroup) -> String {
    main_frame(group)
        .map_or_else(|| group.state.clone(), |frame| selectors::visible(short_name(&frame.function)))
}

/// True for frames that are shown muted: not the user's own.
pub fn is_muted(frame: &StackFrame) -> bool {
    !matches!(frame.origin, Origin::Own)
}

/// The counts over the snapshots, if there are several.
pub fn counts(group: &GoroutineGroup) -> Html {
    if group.counts.len() < 2 {
        return Html::default();
    }
    let counts: Vec<Option<u64>> = group.counts.iter().copied().map(Some).collect();
    series(&counts)
}

/// Citations of a group that lead to text.
pub fn raw_places<'a>(report: &'a Report, group: &'a GoroutineGroup) -> impl Iterator<Item = &'a Citation> {
    group.citations.iter().filter(|citation| {
        citation.at.is_some_and(|at| at.line.is_some())
            && selectors::source(report, citation.source).is_some_and(|row| row.is_text)
    })
}

/// A link to a member's text in its dump, if it is text.
pub fn raw_href(report: &Report, group: &GoroutineGroup) -> Option<String> {
    let citation = raw_places(report, group).next()?;
    Some(place_href(report, citation.source, citation.at))
}

/// So many goroutines.
pub fn goroutines(count: u64) -> String {
    format!("{} {}", text::count_u64(count), if count == 1 { "goroutine" } else { "goroutines" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_the_path_of_its_package() {
        let names = [
            "example.com/shop/internal/orders.(*Pool).worker",
            "main.main",
            "net/http.(*conn).serve",
            "example.com/a.Map[example.com/b.Key].get",
            "",
        ];
        let short = names.map(short_name);
        assert_eq!(
            short,
            ["orders.(*Pool).worker", "main.main", "http.(*conn).serve", "a.Map[example.com/b.Key].get", ""]
        );
    }

    #[test]
    fn a_nil_channel_is_not_explained_as_any_channel() {
        assert!(state_meaning("chan send (nil chan)").is_some_and(|text| text.contains("forever")));
        assert!(state_meaning("chan receive (durable)").is_some_and(|text| text.contains("ranges")));
        assert_eq!(state_meaning("something new"), None);
    }
}
