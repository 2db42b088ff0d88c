//! The commands of `strata`, one module each, and what they share.

pub mod input;
pub mod report;
pub mod text;

/// Exit status when nothing could be read, or for bad usage.
pub const EXIT_UNUSABLE: u8 = 2;
