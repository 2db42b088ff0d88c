//! One target under libFuzzer; `ENGINE_FUZZ_TARGET` names it.

#![no_main]
// The two macros export symbols that libFuzzer calls.
#![allow(unsafe_code)]

use std::sync::LazyLock;

use engine_fuzz::{Target, mutate, named};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::var("ENGINE_FUZZ_TARGET").unwrap_or_default();
    named(&name).unwrap_or_else(|| panic!("ENGINE_FUZZ_TARGET={name}: no such target"))
});

fuzz_target!(|bytes: &[u8]| TARGET.run(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = fastrand::Rng::with_seed(u64::from(seed));
    // Half of the time libFuzzer's own ways, which know what the code compares with.
    if random.bool() {
        return fuzzer_mutate(data, size, max_size);
    }
    let mutated = mutate::mutate(TARGET.shape(), &data[..size], &mut random);
    let length = mutated.len().min(max_size);
    data[..length].copy_from_slice(&mutated[..length]);
    length
});
