//! Of answers and exports, the figures of known metrics stay; values of labels,
//! legends, and other metrics do not.

use crate::base::source::Input;
use crate::formats::memstats::{is_known_label, is_known_metric, label_value};
use crate::formats::record::text_lines;
use crate::formats::redaction::{API, Kind, Marks, Part, Verdict, all_in, is_number, is_time, walk_json};
use crate::formats::tables::{Base, amount};

type Outcome = Result<(), &'static str>;

/// Members of the API's answers.
const MEMBERS: [&str; 10] =
    ["status", "data", "resultType", "result", "metric", "value", "values", "errorType", "error", "warnings"];

/// Keeps names of known metrics and labels, and the numbers of known metrics.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut metric: Vec<u8> = Vec::new();
    let mut is_known = false;
    walk_json(input.bytes, marks, &mut |marks, keys, part, text| {
        let own = keys.last().copied().unwrap_or_default();
        let is_label =
            own == b"metric" || keys.iter().rev().nth(1).is_some_and(|parent| *parent == b"metric");
        match part {
            Part::Key if own == b"metric" && is_known_label(text) => Verdict::Keep,
            Part::Key if own != b"metric" && MEMBERS.iter().any(|member| member.as_bytes() == text) => {
                is_known &= text != b"metric";
                Verdict::Keep
            }
            Part::Key => Verdict::Replace(Kind::Label),
            Part::Value if own == b"__name__" && is_label => {
                is_known = is_known_metric(text);
                metric = text.to_vec();
                if is_known { Verdict::Keep } else { Verdict::Replace(Kind::Label) }
            }
            Part::Value if is_label => {
                label_value(&metric, own, text, marks);
                Verdict::Done
            }
            Part::Value if matches!(own, b"status" | b"resultType") && all_in(text, &API) => Verdict::Keep,
            Part::Number | Part::Value
                if is_known && matches!(own, b"value" | b"values") && is_number(text) =>
            {
                Verdict::Keep
            }
            _ => Verdict::Replace(Kind::Label),
        }
    })
}

/// Legends hold whatever their author wrote: rows of figures stay, and of the header known metrics.
pub(super) fn csv(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let cells = super::csv::cells(text);
        if text.starts_with("sep=") || cells.iter().all(|cell| is_figure(cell)) {
            marks.keep(line.bytes);
        } else if super::csv::is_header(&cells) {
            labels(text, marks);
        }
    }
    Ok(())
}

/// A time, a number, an amount.
fn is_figure(cell: &str) -> bool {
    let cell = cell.trim();
    let is_moment = cell.split([' ', 'T']).all(|part| is_time(part.trim_end_matches('Z').as_bytes()));
    cell.is_empty() || is_moment || is_number(cell.as_bytes()) || amount(cell, Base::Decimal).is_some()
}

/// Names of known metrics and labels stay; every quoted value goes, and any other legend.
fn labels(header: &str, marks: &mut Marks<'_>) {
    // Within doubled quotes stands a label's value.
    for (index, part) in header.split("\"\"").enumerate() {
        if index % 2 == 1 {
            marks.words(part.as_bytes(), Kind::Label);
            continue;
        }
        for word in part.split([',', ';', '"', '{', '}', '=']) {
            if word == "Time" || is_known_metric(word.as_bytes()) || is_known_label(word.as_bytes()) {
                marks.keep(word.as_bytes());
            } else {
                marks.words(word.as_bytes(), Kind::Label);
            }
        }
    }
}
