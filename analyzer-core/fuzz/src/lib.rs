//! Hostile input for the engine. A [`Target`] says what is done with an input
//! and what must hold; libFuzzer drives it for minutes (`cargo xtask fuzz`),
//! the tests of this package for seconds.
//!
//! ```text
//! fixtures ─► seeds ─► mutate ─► Target::run ─► every question that a view asks
//!                                    └─► no panic, memory within `memory::ceiling`
//! ```

pub mod drop;
pub mod hostile;
pub mod memory;
pub mod mutate;
pub mod odd;
mod plain_pprof;
mod questions;
pub mod seeds;
mod targets;

pub use targets::{Target, all, named};
