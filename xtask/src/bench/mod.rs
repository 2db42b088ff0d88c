//! Measurements against the goals, beside the tools that people use today.

use std::path::PathBuf;

mod child;
mod counter;
pub mod generate;
pub mod goals;
pub mod goroutines;
mod in_page;
pub mod profiles;
mod table;
pub mod texts;
pub mod traces;

/// What to measure on.
#[derive(Clone, Debug)]
pub enum Input {
    /// Made for it, of this size.
    Size(u32),
    /// A file that is there.
    File(PathBuf),
}

impl Input {
    /// A size, else a path.
    pub fn new(word: &str) -> Self {
        word.parse().map_or_else(|_| Self::File(word.into()), Self::Size)
    }
}
