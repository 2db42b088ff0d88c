//! `cargo xtask score …`: what the engine says, held against labelled captures.

mod cases;
pub mod findings;
pub mod goroutines;
pub mod memory;
pub mod profiles;
pub mod resources;
pub mod traces;
