use super::*;
use crate::base::convert::{i64_to_f64, usize_to_f64};

const RATE: i64 = 512 << 10;

/// A linear congruential generator with a fixed seed (Knuth's MMIX constants):
/// the same numbers on every target.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        to_f64(self.0 >> 11) / to_f64(1 << 53)
    }

    /// How many of `objects` are sampled.
    fn sampled(&mut self, objects: u64, size: u64) -> f64 {
        let p = sampled_share(size, RATE);
        usize_to_f64((0..objects).filter(|_| self.unit() < p).count())
    }
}

#[test]
fn small_objects_are_worth_one_rate_each() {
    let mut level = Level::default();
    level.add(64, 16.0, RATE);
    assert!((level.bytes / (16.0 * i64_to_f64(RATE)) - 1.0).abs() < 1e-3);
    assert!((level.variance.sqrt() / level.bytes - 0.25).abs() < 1e-3, "1/√16");
}

#[test]
fn exact_profiles_and_large_objects_have_no_spread() {
    let mut level = Level::default();
    level.add(4096, 3.0, 1);
    level.add(64 << 20, 1.0, RATE);
    let Interval { low, high } = level.interval();
    assert_eq!((whole(low), whole(high)), ((64 << 20) + 3 * 4096, (64 << 20) + 3 * 4096));
}

#[test]
fn nothing_sampled_still_allows_three_rates() {
    let mut level = Level::default();
    level.add(16, 0.0, RATE);
    let Interval { low, high } = level.interval();
    assert!(low == 0.0 && (high / (3.0 * i64_to_f64(RATE)) - 1.0).abs() < 1e-3);
}

#[test]
fn intervals_of_levels_cover_what_they_say() {
    let mut random = Random(17);
    for (size, total) in [(64_u64, 4 << 20), (4096, 4 << 20), (4096, 32 << 20), (64 << 10, 16 << 20)] {
        let objects = total / size;
        let inside = (0..400)
            .filter(|_| {
                let mut level = Level::default();
                level.add(size, random.sampled(objects, size), RATE);
                let Interval { low, high } = level.interval();
                (low..=high).contains(&to_f64(total))
            })
            .count();
        assert!(inside >= 93 * 4, "{size} B, {total} B in all: {inside} of 400");
    }
}

/// Half of a base of 16 MiB is replaced, and 8 MiB are added.
#[test]
fn the_error_of_a_difference_is_that_of_what_happened() {
    let mut random = Random(4);
    let size = 1024;
    let (mut inside, mut found, mut false_alarms) = (0, 0, 0);
    for _ in 0..300 {
        let freed = random.sampled((8 << 20) / size, size);
        let added = random.sampled((16 << 20) / size, size);
        let mut change = Change::default();
        change.add(size, added, added - freed, RATE);
        let Interval { low, high } = change.interval();
        inside += i32::from((low..=high).contains(&to_f64(8 << 20)));
        let grown = random.sampled((8 << 20) / size, size);
        let mut without_frees = Change::default();
        without_frees.add(size, grown, grown, RATE);
        found += i32::from(without_frees.z() > 3.0);
        let replaced = random.sampled((8 << 20) / size, size);
        let mut none = Change::default();
        none.add(size, replaced, replaced - random.sampled((8 << 20) / size, size), RATE);
        false_alarms += i32::from(none.z() > 3.0);
    }
    assert!(inside >= 279, "covered {inside} of 300");
    assert!(found >= 291, "found {found} of 300");
    assert!(false_alarms <= 3, "{false_alarms} false alarms of 300");
}

#[test]
fn the_least_growth_that_shows_depends_on_what_is_turned_over() {
    let mib = |bytes: f64| bytes / to_f64(1 << 20);
    assert!((mib(least_growth(0.0, RATE)) - 4.5).abs() < 0.01);
    assert!((mib(least_growth(to_f64(16 << 20), RATE)) - 14.5).abs() < 0.1);
    assert!((mib(least_growth(to_f64(100 << 20), RATE)) - 32.3).abs() < 0.5);
}

#[test]
fn shares_of_few_samples_are_wide() {
    let Interval { low, high } = share(10, 100);
    assert!((low - 0.055).abs() < 0.001 && (high - 0.174).abs() < 0.001);
    assert_eq!(share(0, 0), Interval { low: 0.0, high: 1.0 });
}
