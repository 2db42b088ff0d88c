//! The flame graph: geometry that is plain Rust and tested natively, and the
//! canvas that paints it.

pub mod amount;
pub mod canvas;
mod coarse;
pub mod data;
pub mod geometry;
pub mod gesture;
pub mod label;
pub mod minimap;
pub mod painter;
pub mod palette;
pub mod picture;
pub mod svg;
pub mod viewport;
