//! Goroutine totals, the groups that matter, and stacks of the leaking ones.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::base::convert::to_u64;
use crate::report::number_format::{count_u64, counted};
use crate::report::{GoroutineGroup, Goroutines, StackFrame, Verdict};

/// Groups in the table; the JSON form has all.
const GROUPS: usize = 20;
/// Leaking and suspect groups whose stack is printed.
const STACKS: usize = 5;
/// Frames printed of one stack.
const FRAMES: usize = 30;

pub(super) fn print(goroutines: &Goroutines, out: &mut Out) -> fmt::Result {
    writeln!(out, "\n### Goroutines\n")?;
    let totals: Vec<_> = goroutines
        .snapshots
        .iter()
        .map(|snapshot| format!("{} at {}", count_u64(snapshot.total), escape::text(&snapshot.snapshot)))
        .collect();
    writeln!(out, "{}", totals.join(", "))?;
    if goroutines.groups.is_empty() {
        return Ok(());
    }
    table(
        out,
        &[
            ("Verdict", false),
            ("Goroutines", true),
            ("State", false),
            ("Where", false),
            ("Started by", false),
            ("Rule", false),
        ],
    )?;
    goroutines.groups.iter().take(GROUPS).try_for_each(|group| row(out, &cells(group)))?;
    if let Some(more) = goroutines.groups.len().checked_sub(GROUPS).filter(|more| *more > 0) {
        writeln!(out, "\nAnd {}.", counted(to_u64(more), "more group", "more groups"))?;
    }
    let leaking = goroutines.groups.iter().filter(|group| is_serious(group.verdict));
    leaking.take(STACKS).try_for_each(|group| print_group(group, out))
}

fn is_serious(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Leak | Verdict::Suspect)
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leak => "leak",
        Verdict::Suspect => "suspect",
        Verdict::Benign => "benign",
        Verdict::Unknown => "unknown",
    }
}

fn cells(group: &GoroutineGroup) -> [String; 6] {
    let verdict = name(group.verdict);
    let state = match group.wait_minutes {
        Some(minutes) => format!("{}, {minutes} min", escape::text(&group.state)),
        None => escape::text(&group.state),
    };
    let place = group.user_frame.as_ref().or(group.stack.first());
    [
        if is_serious(group.verdict) { format!("**{verdict}**") } else { verdict.to_owned() },
        counts(group),
        state,
        place.map(frame).unwrap_or_default(),
        group.created_by.as_ref().map(|frame| escape::code(&frame.function)).unwrap_or_default(),
        if group.rule.is_empty() { String::new() } else { escape::code(&group.rule) },
    ]
}

fn counts(group: &GoroutineGroup) -> String {
    group.counts.iter().map(|&members| count_u64(members)).collect::<Vec<_>>().join(" → ")
}

fn print_group(group: &GoroutineGroup, out: &mut Out) -> fmt::Result {
    let place = group.user_frame.as_ref().or(group.stack.first());
    let function = place.map_or_else(|| "?".to_owned(), |frame| escape::code(&frame.function));
    writeln!(out, "\n#### {} {} in {function}\n", counts(group), escape::text(&group.state))?;
    for reason in &group.reasons {
        writeln!(out, "- {}", escape::text(reason))?;
    }
    for against in &group.against {
        writeln!(out, "- Against: {}", escape::text(against))?;
    }
    for advice in &group.advice {
        writeln!(out, "- **Do:** {}", escape::text(advice))?;
    }
    let mut lines: Vec<String> = group.stack.iter().take(FRAMES).map(plain).collect();
    if let Some(more) = group.stack.len().checked_sub(FRAMES).filter(|more| *more > 0) {
        lines.push(format!("... {}", counted(to_u64(more), "more frame", "more frames")));
    }
    lines.extend(group.created_by.as_ref().map(|frame| format!("created by {}", plain(frame))));
    write!(out, "\n{}", escape::block(lines.iter().map(String::as_str)))
}

fn frame(frame: &StackFrame) -> String {
    let mut text = escape::code(&frame.function);
    if let (Some(file), Some(line)) = (&frame.file, frame.line) {
        let name = file.rsplit('/').next().unwrap_or(file);
        let _ = write!(text, " {}", escape::code(&format!("{name}:{line}")));
    }
    text
}

fn plain(frame: &StackFrame) -> String {
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{} {file}:{line}", frame.function),
        (Some(file), None) => format!("{} {file}", frame.function),
        (None, _) => frame.function.clone(),
    }
}
