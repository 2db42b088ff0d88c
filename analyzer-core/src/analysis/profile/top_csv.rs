//! A top table as comma-separated values (RFC 4180), amounts in the profile's own unit.

use std::borrow::Cow;
use std::fmt::Write;

use super::measurement::percentage;
use super::top::Top;
use crate::report::plain_text::visible;

/// The whole table with a header line; with a base, its flat and cum too.
pub fn top_csv(top: &Top) -> String {
    let has_base = !top.base_flat.0.is_empty();
    let unit = &top.unit;
    let mut out = field(&format!("flat ({unit})")).into_owned();
    out.push_str(",flat%,sum%,");
    out.push_str(&field(&format!("cum ({unit})")));
    out.push_str(",cum%");
    if has_base {
        for name in ["base flat", "base cum"] {
            out.push(',');
            out.push_str(&field(&format!("{name} ({unit})")));
        }
    }
    out.push_str(",function,file\r\n");
    let share = |value| percentage(value, top.total).trim_matches([' ', '%']).to_owned();
    let mut sum = 0_i64;
    for (index, (row, file)) in top.rows().zip(&top.file).enumerate() {
        sum = sum.saturating_add(row.flat);
        let (flat, cum) = (row.flat, row.cum);
        // Writing to a string cannot fail.
        let _ = write!(out, "{flat},{},{},{cum},{}", share(flat), share(sum), share(cum));
        if let Some((flat, cum)) = top.base_flat.0.get(index).zip(top.base_cum.0.get(index)) {
            let _ = write!(out, ",{flat},{cum}");
        }
        let _ = write!(out, ",{},{}\r\n", field(row.name), field(file));
    }
    out
}

/// A text as one field. A spreadsheet takes some first characters for those of
/// a formula: an apostrophe before them makes it a text.
fn field(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    if is_formula || text.contains([',', '"', '\n', '\r']) {
        let apostrophe = if is_formula { "'" } else { "" };
        Cow::Owned(format!("\"{apostrophe}{}\"", text.replace('"', "\"\"")))
    } else {
        text
    }
}
