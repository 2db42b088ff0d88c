//! The flame graph: geometry that is plain Rust and tested natively, and the
//! canvas that paints it.

pub mod geometry;
pub mod viewport;
