//! The secrets of `/proc`: names of processes, arguments, the environment,
//! paths of control groups, and where a machine's own texts name it.

use super::process::{GO_VARIABLES, split_cgroup, split_stat};
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::record::decimal;
use crate::formats::redaction::{Kind, Marks, is_figures};

type Outcome = Result<(), &'static str>;

/// Lines of `status` whose values are words of the kernel.
const STATUS_WORDS: [&str; 4] =
    ["State:", "Speculation_Store_Bypass:", "SpeculationIndirectBranch:", "Seccomp:"];

pub(super) fn status(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        if let Some(name) = line.bytes.strip_prefix(b"Name:") {
            marks.words(name, Kind::Name);
        } else if !is_status_figure(line.text()) {
            marks.blank(line.bytes);
        }
    }
    Ok(())
}

/// One key with any count of numbers, or a known word.
fn is_status_figure(text: &str) -> bool {
    let Some((key, value)) = text.split_once(':') else { return text.trim().is_empty() };
    let is_word = STATUS_WORDS.iter().any(|word| text.starts_with(word));
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_key && (is_word || value.trim().is_empty() || is_figures(value.as_bytes()))
}

pub(super) fn stat(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let text = std::str::from_utf8(input.bytes).unwrap_or("");
    let (_, command, _) = split_stat(text.trim()).ok_or("not of the form of stat")?;
    marks.words(command.as_bytes(), Kind::Name);
    Ok(())
}

pub(super) fn limits(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        if !line.bytes.starts_with(b"Max ") && !line.bytes.starts_with(b"Limit ") {
            marks.blank(line.bytes);
        }
    }
    Ok(())
}

pub(super) fn cgroup(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        match split_cgroup(line.text().trim()) {
            Some((_, path)) => marks.cgroup_path(path.as_bytes()),
            None => marks.blank(line.bytes),
        }
    }
    Ok(())
}

pub(super) fn cmdline(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    marks.words(input.bytes, Kind::Argument);
    Ok(())
}

pub(super) fn environ(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for entry in input.bytes.split(|&byte| byte == 0 || byte == b'\n') {
        let equals = memchr::memchr(b'=', entry).unwrap_or(0);
        let (name, value) = entry.split_at(equals);
        let is_go = GO_VARIABLES.iter().any(|variable| variable.as_bytes() == name);
        if !is_go {
            marks.words(value, Kind::Environment);
        }
    }
    Ok(())
}

/// Settings stay as far as they are numbers or the kernel's own words; of the
/// rest the first line is kept in names, and later ones not at all.
pub(super) fn kernel_text(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut lines = Lines::new(input.bytes).skip_while(|line| line.bytes.trim_ascii().is_empty());
    if let Some(first) = lines.next() {
        let text = first.text().trim();
        if let Some(rest) = text.strip_prefix("Linux version ") {
            let named = rest.split_once(' ').map_or("", |(_, named)| named);
            marks.words(named.as_bytes(), Kind::Name);
        } else if !super::host::is_thp_setting(text) && decimal(text).is_none() && !is_release(text) {
            marks.words(first.bytes, Kind::Name);
        }
    }
    for line in lines {
        if !is_figures(line.bytes) {
            marks.blank(line.bytes);
        }
    }
    Ok(())
}

/// A kernel's release alone: `6.1.0-18-amd64`.
fn is_release(text: &str) -> bool {
    let starts = text.split('.').take(2).all(|part| decimal(part).is_some());
    starts && text.contains('.') && !text.contains(' ')
}
