//! Go execution traces: what was read of them, summarized while decoding.

pub mod event;
pub mod names;
