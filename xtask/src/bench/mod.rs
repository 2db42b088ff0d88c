//! Measurements against the goals, beside the tools that people use today.

mod child;
mod generate;
pub mod goals;
pub mod goroutines;
pub mod profiles;
mod table;
mod texts;
pub mod traces;
