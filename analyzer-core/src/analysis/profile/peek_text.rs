//! A peek as `go tool pprof -peek` prints it.

use std::fmt::Write;

use super::measurement::{percentage, scaled_label};
use super::peek::{Calls, Peek};
use super::top::Top;
use super::top_text;

const SEPARATOR: &str = "----------------------------------------------------------+-------------\n";
const LEGEND: &str = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n";

/// The nodes with their callers above and their callees below. `top` is the
/// same view's table; `unit` as for [`super::top_text`].
pub fn peek_text(top: &Top, peek: &Peek, unit: Option<&str>) -> String {
    let unit = top_text::output_unit(top, top.name.len(), unit);
    let label = |value| scaled_label(value, &top.unit, &unit);
    let mut out = top_text::head(top, top.name.len(), &unit);
    out.push_str(SEPARATOR);
    out.push_str(LEGEND);
    let mut sum = 0_i64;
    for node in &peek.nodes {
        out.push_str(SEPARATOR);
        sum = sum.saturating_add(node.flat);
        calls(&mut out, &node.callers, node.cum, &label);
        let share = |value| percentage(value, peek.total);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:>10} {} {} {:>10} {}                | {}",
            label(node.flat),
            share(node.flat),
            share(sum),
            label(node.cum),
            share(node.cum),
            node.name
        );
        calls(&mut out, &node.callees, node.cum, &label);
    }
    if !top.name.is_empty() {
        out.push_str(SEPARATOR);
    }
    out
}

fn calls(out: &mut String, calls: &Calls, cum: i64, label: &impl Fn(i64) -> String) {
    let rows = calls.name.iter().zip(&calls.amount.0).zip(&calls.inlined.0);
    for ((name, &amount), &inlined) in rows {
        let inlined = if inlined == 1 { " (inline)" } else { "" };
        let share = percentage(amount, cum);
        let _ = writeln!(out, "{:>50} {share} |   {name}{inlined}", label(amount));
    }
}
