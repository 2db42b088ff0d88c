//! A count over the snapshots: `12 → 40 → 100`, with a sparkline.

use yew::prelude::*;

use crate::number_format as text;

/// Counts written out; beyond, the first and the last.
const STEPS: usize = 4;
const WIDTH: usize = 48;
const HEIGHT: u128 = 14;

/// What stands for a snapshot that does not tell.
const UNKNOWN: &str = "\u{2013}";

/// A count over the snapshots; `None` where a snapshot does not tell. Of one snapshot, the count.
pub fn series(counts: &[Option<u64>]) -> Html {
    let is_flat = is_flat(counts);
    html! {
        <span class={classes!("counts", is_flat.then_some("quiet"))} title={all(counts)}>
            if !is_flat { { sparkline(counts) } }
            <span class="steps">{ short(counts) }</span>
        </span>
    }
}

/// Every count, in order.
fn all(counts: &[Option<u64>]) -> String {
    counts.iter().map(|&count| one(count)).collect::<Vec<_>>().join(" \u{2192} ")
}

/// The counts as far as a cell has room for them.
fn short(counts: &[Option<u64>]) -> String {
    match counts {
        [first, _, ..] if is_flat(counts) => format!("{} throughout", one(*first)),
        [first, .., last] if counts.len() > STEPS => format!("{} \u{2026} {}", one(*first), one(*last)),
        _ => all(counts),
    }
}

fn one(count: Option<u64>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), text::count_u64)
}

fn is_flat(counts: &[Option<u64>]) -> bool {
    counts.iter().all(|count| count.is_some() && Some(count) == counts.first())
}

/// A small line through the counts that are known; the numbers beside it say the same.
fn sparkline(counts: &[Option<u64>]) -> Html {
    let points = points(counts);
    if points.len() < 2 {
        return Html::default();
    }
    let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        <svg class="sparkline" width={WIDTH.to_string()} height="16" viewBox="0 0 48 16" aria-hidden="true">
            <polyline points={points.join(" ")} />
        </svg>
    }
}

fn points(counts: &[Option<u64>]) -> Vec<(usize, u128)> {
    let top = counts.iter().copied().flatten().max().unwrap_or(0).max(1);
    let steps = counts.len().saturating_sub(1).max(1);
    let place = |(index, count): (usize, &Option<u64>)| {
        let height = u128::from((*count)?) * HEIGHT / u128::from(top);
        Some((1 + index * (WIDTH - 2) / steps, 1 + HEIGHT - height))
    };
    counts.iter().enumerate().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_room_for_four_counts_and_the_title_for_all() {
        let counts = [Some(12), Some(40), Some(1_000)];
        assert_eq!(short(&counts), "12 \u{2192} 40 \u{2192} 1,000");
        let many = [Some(1), Some(2), Some(3), Some(4), Some(5)];
        assert_eq!((short(&many).as_str(), all(&many).matches('\u{2192}').count()), ("1 \u{2026} 5", 4));
        assert_eq!(short(&[Some(7), Some(7)]), "7 throughout");
        assert_eq!(short(&[Some(7)]), "7");
    }

    #[test]
    fn a_snapshot_that_does_not_tell_is_no_zero() {
        let counts = [None, Some(0), Some(9)];
        assert_eq!(short(&counts), "\u{2013} \u{2192} 0 \u{2192} 9");
        assert_eq!(points(&counts), [(24, 15), (47, 1)]);
        assert_eq!(short(&[None, None]), "\u{2013} \u{2192} \u{2013}");
    }
}
