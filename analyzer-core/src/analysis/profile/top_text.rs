//! A top table as `go tool pprof -top` prints it.

use std::fmt::Write;

use super::measurement::{percentage, scaled_label, smallest_unit};
use super::top::{Inlining, Top, TopRow};

/// The table as text. `unit` is the unit of the amounts ("bytes"); without one,
/// pprof's choice. At most `limit` rows are printed; 0 is no limit.
pub fn top_text(top: &Top, limit: usize, unit: Option<&str>) -> String {
    let shown = if limit == 0 { top.name.len() } else { limit.min(top.name.len()) };
    let unit = output_unit(top, shown, unit);
    let label = |value| scaled_label(value, &top.unit, &unit);
    let mut out = head(top, shown, &unit);
    let _ = writeln!(out, "{:>10} {:>5}% {:>5}% {:>10} {:>5}%", "flat", "flat", "sum", "cum", "cum");
    let mut sum = 0_i64;
    for TopRow { name, flat, cum, inlining, .. } in top.rows().take(shown) {
        sum = sum.saturating_add(flat);
        let inlined = match inlining {
            Inlining::None => "",
            Inlining::Partial => " (partial-inline)",
            Inlining::Full => " (inline)",
        };
        let (flat_share, sum_share) = (percentage(flat, top.total), percentage(sum, top.total));
        let cum_share = percentage(cum, top.total);
        let (flat, cum) = (label(flat), label(cum));
        let _ = writeln!(out, "{flat:>10} {flat_share} {sum_share} {cum:>10} {cum_share}  {name}{inlined}");
    }
    out
}

/// The unit of the amounts of the first `shown` rows: the one asked for, else pprof's choice.
pub(super) fn output_unit(top: &Top, shown: usize, asked: Option<&str>) -> String {
    match asked {
        Some(unit) => unit.to_owned(),
        None if shown == 0 => "minimum".to_owned(),
        None => {
            let amount = |row: TopRow<'_>| if row.flat == 0 { row.cum } else { row.flat };
            smallest_unit(top.rows().take(shown).map(amount), top.total, &top.unit)
        }
    }
}

/// What the first `shown` rows account for.
pub(super) fn head(top: &Top, shown: usize, unit: &str) -> String {
    let label = |value| scaled_label(value, &top.unit, unit);
    let accounted = top.rows().take(shown).fold(0, |sum: i64, row| sum.saturating_add(row.flat));
    let part = percentage(accounted, top.total);
    let mut out = format!(
        "Showing nodes accounting for {}, {} of {} total\n",
        label(accounted),
        part.trim_start(),
        label(top.total)
    );
    if shown < top.name.len() && top.total != 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "Showing top {shown} nodes out of {}", top.name.len());
    }
    out
}
