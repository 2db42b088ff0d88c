//! Which rows the table has, and in which order.

use std::cmp::Reverse;

use analyzer_core::base::convert::to_u32;
use analyzer_core::base::order::StableOrder;
use analyzer_core::session::Top;

use crate::state::Params;
use crate::views::profiles::search::Pattern;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// What a function costs itself.
    Flat,
    /// What it costs with all it calls.
    Cum,
    /// In a comparison, flat in percent of what it was.
    FlatPercent,
    /// In a comparison, cum in percent of what it was.
    CumPercent,
    /// How much flat grew over the snapshots.
    Growth,
    /// Its name.
    Name,
}

impl Key {
    /// Every key by its name in the address.
    const ALL: [(Self, &'static str); 6] = [
        (Self::Flat, ""),
        (Self::Cum, "cum"),
        (Self::FlatPercent, "flat-percent"),
        (Self::CumPercent, "cum-percent"),
        (Self::Growth, "growth"),
        (Self::Name, "name"),
    ];

    /// Its name in the address.
    pub fn param(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }
}

/// How the table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub key: Key,
    /// The other way round than usual.
    pub is_reversed: bool,
}

impl Order {
    /// What the address says.
    pub fn of(params: &Params) -> Self {
        let name = params.get("sort").unwrap_or_default();
        let key = Key::ALL.iter().find(|(_, known)| *known == name).map_or(Key::Flat, |(key, _)| *key);
        Self { key, is_reversed: params.get("order") == Some("reversed") }
    }

    /// The address that sorts by a key: again by the same one, the other way round.
    pub fn params(self, key: Key, params: &Params) -> Params {
        let is_reversed = self.key == key && !self.is_reversed;
        params.with("sort", key.param()).with("order", if is_reversed { "reversed" } else { "" })
    }

    /// True if small comes before large, or A before Z.
    pub fn is_ascending(self) -> bool {
        (self.key == Key::Name) != self.is_reversed
    }
}

/// What a function cost in the other profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// By itself.
    pub flat: i64,
    /// With all it called.
    pub cum: i64,
}

/// What the functions of a comparison cost in the other profile, row by row; `None` without one.
pub fn before(top: &Top) -> Option<Vec<Before>> {
    let columns = top.base_flat.0.iter().zip(&top.base_cum.0);
    let rows: Vec<Before> = columns.map(|(&flat, &cum)| Before { flat, cum }).collect();
    (rows.len() == top.name.len() && !rows.is_empty()).then_some(rows)
}

/// Rows in order, with the sum of flat so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Rows of the table, each with the sum down to it.
    pub rows: Vec<(u32, i64)>,
    /// The sum of all.
    pub flat: i64,
}

/// Sorts the rows that a search leaves. Amounts are sorted by their size; in a
/// comparison growth comes first and shrinking last.
pub fn sorted(
    top: &Top,
    before: Option<&[Before]>,
    growth: impl Fn(&str) -> i64,
    order: Order,
    search: &str,
) -> Sorted {
    let pattern = Pattern::new(search);
    let is_shown = |name: &String| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
    let mut rows: Vec<usize> =
        top.name.iter().enumerate().filter(|(_, name)| is_shown(name)).map(|(row, _)| row).collect();
    let (flat, cum) = (|row: usize| top.flat.0[row], |row: usize| top.cum.0[row]);
    let share = |change: i64, was: i64| match (change, was) {
        (0, _) => 0,
        // What is new grew more than anything else; the more the larger it is.
        (_, 0) => (i128::from(change.signum()) << 96) + i128::from(change),
        _ => (i128::from(change) << 24) / i128::from(was).abs(),
    };
    match (order.key, before) {
        (Key::Name, _) => rows.order_by(|&a, &b| top.name[a].cmp(&top.name[b])),
        (Key::Growth, _) => rows.order_by_key(|&row| Reverse(growth(&top.name[row]))),
        (Key::Flat | Key::FlatPercent, None) => {
            rows.order_by_key(|&row| Reverse((flat(row).unsigned_abs(), cum(row).unsigned_abs())));
        }
        (Key::Cum | Key::CumPercent, None) => {
            rows.order_by_key(|&row| Reverse((cum(row).unsigned_abs(), flat(row).unsigned_abs())));
        }
        (Key::Flat, Some(_)) => rows.order_by_key(|&row| Reverse((flat(row), cum(row)))),
        (Key::Cum, Some(_)) => rows.order_by_key(|&row| Reverse((cum(row), flat(row)))),
        (Key::FlatPercent, Some(before)) => {
            rows.order_by_key(|&row| Reverse(share(flat(row), before[row].flat)));
        }
        (Key::CumPercent, Some(before)) => {
            rows.order_by_key(|&row| Reverse(share(cum(row), before[row].cum)))
        }
    }
    if order.is_reversed {
        rows.reverse();
    }
    let mut sum = 0_i64;
    let rows = rows
        .into_iter()
        .map(|row| {
            sum = sum.saturating_add(flat(row));
            (to_u32(row), sum)
        })
        .collect();
    Sorted { rows, flat: sum }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::packed::{PackedI64, PackedU32};
    use analyzer_core::session::Inlining;

    use super::*;

    fn top(rows: &[(&str, i64, i64)]) -> Top {
        Top {
            unit: "bytes".to_owned(),
            total: 100,
            key: PackedU32((0..).take(rows.len()).collect()),
            name: rows.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            file: vec![String::new(); rows.len()],
            flat: PackedI64(rows.iter().map(|(_, flat, _)| *flat).collect()),
            cum: PackedI64(rows.iter().map(|(.., cum)| *cum).collect()),
            inlining: vec![Inlining::None; rows.len()],
            ..Top::default()
        }
    }

    fn plain() -> Top {
        top(&[("main.b", 50, 50), ("main.a", 30, 90), ("runtime.c", -20, -20)])
    }

    fn by(key: Key) -> Order {
        Order { key, is_reversed: false }
    }

    #[test]
    fn sums_run_down_the_rows_as_they_are_sorted() {
        let rows = |order| sorted(&plain(), None, |_| 0, order, "").rows;
        assert_eq!(rows(by(Key::Flat)), [(0, 50), (1, 80), (2, 60)]);
        assert_eq!(rows(by(Key::Cum)), [(1, 30), (0, 80), (2, 60)]);
        assert_eq!(rows(by(Key::Name)), [(1, 30), (0, 80), (2, 60)]);
        assert_eq!(rows(Order { key: Key::Flat, is_reversed: true }), [(2, -20), (1, 10), (0, 60)]);
    }

    #[test]
    fn a_search_leaves_the_rows_that_match() {
        let found = sorted(&plain(), None, |_| 0, by(Key::Flat), "^main");
        assert_eq!((found.rows.len(), found.flat), (2, 80));
    }

    #[test]
    fn in_a_comparison_growth_comes_first_and_what_is_new_grew_most() {
        let mut change = top(&[("shrank", -60, -60), ("grew", 20, 20), ("new", 5, 5), ("doubled", 10, 10)]);
        assert_eq!(before(&change), None);
        change.base_flat = PackedI64(vec![100, 40, 0, 10]);
        change.base_cum = change.base_flat.clone();
        let before = before(&change).unwrap();
        assert_eq!(before[0], Before { flat: 100, cum: 100 });
        assert_eq!(before[2], Before::default());
        let names = |key| {
            let sorted = sorted(&change, Some(&before), |_| 0, by(key), "");
            sorted.rows.iter().map(|(row, _)| change.name[*row as usize].as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(Key::Flat), ["grew", "doubled", "new", "shrank"]);
        assert_eq!(names(Key::FlatPercent), ["new", "doubled", "grew", "shrank"]);
    }

    #[test]
    fn what_grew_most_over_the_snapshots_comes_first() {
        let growth = |name: &str| if name == "runtime.c" { 7 } else { -1 };
        let sorted = sorted(&plain(), None, growth, by(Key::Growth), "");
        assert_eq!(sorted.rows[0].0, 2);
    }

    #[test]
    fn the_same_column_again_sorts_the_other_way_round() {
        let once = Order::of(&Params::default()).params(Key::Cum, &Params::default());
        assert_eq!(Order::of(&once), by(Key::Cum));
        let twice = Order::of(&once).params(Key::Cum, &once);
        assert_eq!(Order::of(&twice), Order { key: Key::Cum, is_reversed: true });
        assert!(Order::of(&twice).is_ascending());
        assert_eq!(Order::of(&twice).params(Key::Flat, &twice), Params::default());
    }
}
