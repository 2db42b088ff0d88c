//! Measurements against the goals, beside the tools that people use today.

mod child;
mod generate;
pub mod goroutines;
pub mod profiles;
mod table;
pub mod traces;
