//! The secrets of answers and exports: values of labels, and legends.

use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, walk_json};
use crate::formats::tables::{Base, amount};

type Outcome = Result<(), &'static str>;

/// Members and labels whose texts are names of metrics, numbers, or the API's words.
const KEPT: [&str; 8] =
    ["__name__", "status", "resultType", "value", "values", "resource", "reason", "version"];

/// Keeps names of metrics and numbers.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    walk_json(input.bytes, &mut |keys, part, text| {
        let own = keys.last().copied().unwrap_or_default();
        let is_kept = KEPT.iter().any(|name| name.as_bytes() == own);
        match part {
            Part::Key if keys.last().is_some_and(|key| *key == b"stats") => marks.quoted(text, Kind::Label),
            Part::Key => {}
            Part::Value if is_kept => {}
            Part::Value if own == b"id" && text.starts_with(b"/") => marks.cgroup_path(text),
            Part::Value => marks.quoted(text, Kind::Label),
        }
    })
}

/// Legends hold whatever their author wrote: only rows of figures could be kept,
/// and without a header they say nothing.
pub(super) fn csv(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let cells = super::csv::cells(text);
        if text.starts_with("sep=") || cells.iter().all(|cell| is_figure(cell)) {
            continue;
        }
        if !super::csv::is_header(&cells) {
            marks.blank(line.bytes);
            continue;
        }
        labels(text, marks);
    }
    Ok(())
}

/// A time, a number, an amount.
fn is_figure(cell: &str) -> bool {
    let cell = cell.trim();
    let is_time = |byte: u8| byte.is_ascii_digit() || b"-:./ +TZe".contains(&byte);
    cell.is_empty() || cell.bytes().all(is_time) || amount(cell, Base::Decimal).is_some()
}

/// Names of metrics and labels stay; every quoted value goes, and any other legend.
fn labels(header: &str, marks: &mut Marks<'_>) {
    const NAMES: [&str; 5] = ["go_", "process_", "container_", "kube_", "Time"];
    // Within doubled quotes stands a label's value.
    for (index, part) in header.split("\"\"").enumerate() {
        if index % 2 == 1 {
            marks.words(part.as_bytes(), Kind::Label);
            continue;
        }
        for word in part.split([',', ';', '"', '{', '}']) {
            let is_metric = NAMES.iter().any(|start| word.starts_with(start));
            if !is_metric && !word.ends_with('=') {
                marks.words(word.as_bytes(), Kind::Label);
            }
        }
    }
}
