//! The flame graph: geometry that is plain Rust and tested natively, and the
//! canvas that paints it.

pub mod data;
pub mod geometry;
pub mod label;
pub mod palette;
pub mod viewport;
