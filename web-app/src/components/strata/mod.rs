//! The strata picture: Go runtime, process and cgroup as three bars on one
//! byte axis.

pub mod filler;
mod labels;
pub mod model;
pub mod picture;
pub mod view;
