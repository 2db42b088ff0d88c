//! What libFuzzer does for hours, for seconds and the same every time: stored
//! inputs that once broke something, then a fixed number of damaged fixtures.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use engine_fuzz::{Target, all, mutate, seeds};
use fastrand::Rng;

/// Damaged copies of each seed.
const COPIES: u64 = 6;

#[test]
fn stored_inputs_are_survived() {
    for target in all() {
        for (path, input) in seeds::stored(target.name).expect("stored inputs") {
            println!("{}", path.display());
            target.run(&input);
        }
    }
}

#[test]
fn damaged_fixtures_are_survived() {
    let seeds = seeds::by_target().expect("fixtures");
    for target in all() {
        for (number, seed) in seeds.get(target.name).into_iter().flatten().enumerate() {
            target.run(seed);
            for copy in 0..COPIES {
                let mut random = Rng::with_seed(hash(target, number, copy));
                println!("{} seed {number} copy {copy}", target.name);
                target.run(&mutate::mutate(target.shape(), seed, &mut random));
            }
        }
    }
}

/// Formats of which no capture is among the fixtures: their texts are short
/// and start from another format's, or are only recognized.
const WITHOUT_SEEDS: [&str; 3] = ["left-out", "csv", "log"];

#[test]
fn every_parser_has_seeds() {
    let seeds = seeds::by_target().expect("fixtures");
    let without: Vec<_> =
        all().iter().map(|target| target.name).filter(|name| !seeds.contains_key(name)).collect();
    assert_eq!(without, WITHOUT_SEEDS);
}

fn hash(target: &Target, number: usize, copy: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (target.name, number, copy).hash(&mut hasher);
    hasher.finish()
}
