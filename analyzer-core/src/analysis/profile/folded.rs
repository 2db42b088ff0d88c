//! Folded stacks: one line a distinct stack, frames from the root with `;`
//! between, then the amount. What flame graph tools read.

use std::fmt::Write;

use super::nodes::KeyId;
use super::query::QueryError;
use super::view::View;
use crate::base::convert::{id_to_usize, to_u32, to_u64};
use crate::base::index::Idx;
use crate::base::limits;
use crate::evidence::profiles::{LocationId, StackInterner, StackList, StackRow};
use crate::report::plain_text::visible;

/// The stacks of a view in the order of the file. With a base each line has two
/// amounts, the base's and the profile's, as `difffolded.pl` writes them.
///
/// `;` in a name becomes `,`: nothing else may part frames. A stack that comes
/// to nothing is left out.
/// # Errors
/// `TooLarge` past [`limits::EXPORT_BYTES`].
pub fn folded(view: &View<'_>) -> Result<String, QueryError> {
    let mut stacks = Stacks::default();
    for side in &view.sides {
        for row in &side.rows {
            stacks.frames.clear();
            side.walk(row, |frame| stacks.frames.push(frame.key()));
            stacks.add(row.weight, side.column.is_base);
        }
    }
    let names: Vec<_> = view.keys.ids().map(|key| foldable(&view.name(key))).collect();
    let mut out = String::new();
    for (row, &(own, base)) in (0..).zip(&stacks.amounts) {
        if own == 0 && base == 0 {
            continue;
        }
        let mut separator = "";
        for key in stacks.list.locations(StackRow(row)) {
            out.push_str(separator);
            out.push_str(names.get(id_to_usize(key.0)).map_or("", String::as_str));
            separator = ";";
        }
        // Writing to a string cannot fail.
        let _ = match view.has_base() {
            true => writeln!(out, " {base} {own}"),
            false => writeln!(out, " {own}"),
        };
        if to_u64(out.len()) > limits::EXPORT_BYTES {
            let message = format!("folded stacks of more than {} MiB", limits::EXPORT_BYTES >> 20);
            return Err(QueryError::TooLarge { message });
        }
    }
    Ok(out)
}

fn foldable(name: &str) -> String {
    visible(&name.replace(['\n', '\r'], " ")).replace(';', ",")
}

/// Distinct stacks of nodes with what they come to.
#[derive(Default)]
struct Stacks {
    /// Node ids take the place of locations.
    list: StackList,
    interner: StackInterner,
    /// In the profile, and in the base as a positive number.
    amounts: Vec<(i64, i64)>,
    /// The stack at hand.
    frames: Vec<KeyId>,
}

impl Stacks {
    fn add(&mut self, weight: i64, is_base: bool) {
        let ids = self.frames.iter().map(|key| LocationId(to_u32(key.index())));
        let Some(row) = self.interner.intern(&mut self.list, ids) else { return };
        let at = id_to_usize(row.0);
        if at >= self.amounts.len() {
            self.amounts.resize(at + 1, (0, 0));
        }
        let (own, base) = &mut self.amounts[at];
        match is_base {
            true => *base = base.saturating_sub(weight),
            false => *own = own.saturating_add(weight),
        }
    }
}
