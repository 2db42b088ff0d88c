//! `cargo xtask fmt`: formats every tracked Rust file. `cargo fmt` follows
//! `mod` items and so never sees the modules that a list macro declares.

use std::process::Command;

use anyhow::Result;

use crate::command::{output, root, run};

/// Formats, or only checks, all Rust files that git tracks.
///
/// # Errors
/// A file that is not formatted, when checking; git or rustfmt that fails.
pub fn format(is_check: bool) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"]).current_dir(root());
    let list = output(&mut git)?;
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]).current_dir(root());
    if is_check {
        rustfmt.arg("--check");
    }
    run(rustfmt.args(list.lines().filter(|path| root().join(path).is_file())))
}
