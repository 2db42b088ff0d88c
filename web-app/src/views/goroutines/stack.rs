//! A stack, innermost frame first, as Go prints it.

use std::fmt::Write;

use analyzer_core::report::{GoroutineGroup, StackFrame};
use yew::prelude::*;

use super::words;
use crate::components::copy_button::CopyButton;
use crate::number_format as text;
use crate::selectors;

/// Frames shown before the rest is folded.
const FRAMES: usize = 40;

/// The stack of a group, with a button that copies it.
pub fn stack(group: &GoroutineGroup) -> Html {
    let (first, rest) = group.stack.split_at(group.stack.len().min(FRAMES));
    // The frame that the verdict is about: the first of the user's own.
    let named = group.user_frame.as_ref().and_then(|own| group.stack.iter().position(|frame| frame == own));
    let frames = |frames: &[StackFrame], start: usize| {
        html! { <ol class="stack" start={(start + 1).to_string()}>
            { for frames.iter().enumerate().map(|(index, item)| frame(item, named == Some(start + index))) }
        </ol> }
    };
    html! {
        <>
            <div class="detail-head">
                <h4>{ "Stack" }</h4>
                <CopyButton text={plain(group)} label="Copy stack" />
            </div>
            { frames(first, 0) }
            if !rest.is_empty() {
                <details>
                    <summary>{ text::counted(rest.len(), "more frame", "more frames") }</summary>
                    { frames(rest, first.len()) }
                </details>
            }
            if let Some(creator) = &group.created_by {
                <p class="creator"><span class="quiet">{ "created by " }</span>{ function(creator) }</p>
            }
        </>
    }
}

fn frame(frame: &StackFrame, is_named: bool) -> Html {
    let class = classes!(words::is_muted(frame).then_some("muted"), is_named.then_some("named"));
    html! { <li {class}>{ function(frame) }</li> }
}

fn function(frame: &StackFrame) -> Html {
    html! {
        <>
            <code>{ selectors::visible(&frame.function) }</code>
            <div class="place">{ words::place(frame, false) }</div>
        </>
    }
}

/// As lines of a dump.
fn plain(group: &GoroutineGroup) -> String {
    let mut lines = format!("[{}]\n", group.state);
    for frame in &group.stack {
        let _ = writeln!(lines, "{}\n\t{}", frame.function, words::place(frame, false));
    }
    if let Some(creator) = &group.created_by {
        let _ = writeln!(lines, "created by {}\n\t{}", creator.function, words::place(creator, false));
    }
    lines
}
