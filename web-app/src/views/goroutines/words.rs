//! Verdicts and changes in words, each with a mark and a color.

use analyzer_core::report::{Confidence, GoroutineGroup, Origin, Report, Role, StackFrame, Verdict};
use yew::prelude::*;

use crate::components::citation::place_href;
use crate::number_format as text;
use crate::selectors;

/// A verdict.
pub fn verdict(verdict: Verdict) -> Html {
    let (mark, word) = match verdict {
        Verdict::Leak => ("▲", "leak"),
        Verdict::Suspect => ("◆", "suspect"),
        Verdict::Benign => ("●", "benign"),
        Verdict::Unknown => ("○", "not judged"),
    };
    html! {
        <span class={classes!("verdict", class(verdict))}><span class="mark" aria-hidden="true">{ mark }</span>{ word }</span>
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

/// A group's part in a cause.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Root => "root cause",
        Role::Victim => "waits for the root",
        Role::Satellite => "belongs to the root",
    }
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

/// True for frames that are shown muted: not the user's own.
pub fn is_muted(frame: &StackFrame) -> bool {
    !matches!(frame.origin, Origin::User)
}

/// The counts over the snapshots: `12 → 40 → 100`, with a sparkline.
pub fn counts(group: &GoroutineGroup) -> Html {
    let numbers: Vec<String> = group.counts.iter().map(|&count| text::count_u64(count)).collect();
    if numbers.len() < 2 {
        return Html::default();
    }
    let is_flat = group.counts.windows(2).all(|pair| pair.first() == pair.last());
    html! {
        <span class={classes!("counts", is_flat.then_some("quiet"))}>
            if !is_flat { { sparkline(&group.counts) } }
            <span class="steps">{ numbers.join(" → ") }</span>
        </span>
    }
}

/// A small line through the counts; the numbers beside it say the same.
fn sparkline(counts: &[u64]) -> Html {
    const WIDTH: usize = 48;
    const HEIGHT: u64 = 14;
    let top = counts.iter().copied().max().unwrap_or(0).max(1);
    let steps = counts.len().saturating_sub(1).max(1);
    let points: Vec<String> = counts
        .iter()
        .enumerate()
        .map(|(index, &count)| format!("{},{}", 1 + index * (WIDTH - 2) / steps, 1 + HEIGHT - count * HEIGHT / top))
        .collect();
    html! {
        <svg class="sparkline" width={WIDTH.to_string()} height="16" viewBox="0 0 48 16" aria-hidden="true">
            <polyline points={points.join(" ")} />
        </svg>
    }
}

/// A link to a member's text in its dump, if it is text.
pub fn raw_href(report: &Report, group: &GoroutineGroup) -> Option<String> {
    let is_text = |citation: &&analyzer_core::report::Citation| {
        citation.at.is_some_and(|at| at.line.is_some())
            && selectors::source(report, citation.source).is_some_and(|row| row.is_text)
    };
    let citation = group.citations.iter().find(is_text)?;
    Some(place_href(report, citation.source, citation.at))
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
        assert_eq!(short, ["orders.(*Pool).worker", "main.main", "http.(*conn).serve", "a.Map[example.com/b.Key].get", ""]);
    }
}
