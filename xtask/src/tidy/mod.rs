//! `cargo xtask tidy`: the rules of the house that a program can check. Each
//! rule is a pure function from the tracked files to what breaks it; the
//! tests of this package run them all.

mod casts;
mod catalog;
mod dependencies;
mod features;
mod fixtures;
mod floors;
mod layers;
mod length;
mod links;
mod marks;
mod paths;
mod places;
mod rules;
mod supply;
mod table;
mod tokens;

use std::fmt;
use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{self, root};

pub use links::resolve;

/// A tracked file.
#[derive(Debug, Clone)]
pub struct TrackedFile {
    /// Path from the workspace's folder, with `/`.
    pub path: String,
    /// Content; `None` if it is not UTF-8 text.
    pub text: Option<String>,
}

impl TrackedFile {
    /// The text of a file of this kind, by the ending of its name.
    fn text_if(&self, ending: &str) -> Option<&str> {
        self.path.ends_with(ending).then_some(self.text.as_deref()).flatten()
    }

    /// True for the tests of a module in a file of their own, and for what tests share.
    fn holds_tests(&self) -> bool {
        ["/tests.rs", "/testing.rs"].iter().any(|end| self.path.ends_with(end))
            || self.path.contains("/tests/")
    }
}

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Path of the file.
    pub path: String,
    /// Line from 1; 0 stands for the whole file.
    pub line: usize,
    /// What is wrong, and what is asked for.
    pub message: String,
}

impl Violation {
    fn new(file: &TrackedFile, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Checks every rule and prints what breaks one. `with_fixes` writes first what
/// is made from other files.
///
/// # Errors
/// A broken rule, or files that git cannot list.
pub fn tidy(with_fixes: bool) -> Result<()> {
    if with_fixes {
        let files = tracked_files()?;
        let made = catalog::wanted(&files).into_iter().chain([table::wanted(&files, &supply::packages()?)]);
        for (path, text) in made {
            fs::write(root().join(path), text)?;
        }
    }
    let violations = violations()?;
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} places break a rule of the house", violations.len());
    }
    println!("tidy: every rule holds");
    Ok(())
}

/// Everything that breaks a rule, sorted by place.
///
/// # Errors
/// Files that git cannot list or that cannot be read.
pub fn violations() -> Result<Vec<Violation>> {
    let files = tracked_files()?;
    let mut violations = Vec::new();
    violations.extend(casts::check(&files));
    violations.extend(catalog::check(&files));
    violations.extend(dependencies::check(&files));
    violations.extend(dependencies::check_insiders(&files));
    violations.extend(dependencies::check_tree(&engine_tree()?));
    violations.extend(features::check()?);
    violations.extend(fixtures::check(&files));
    violations.extend(floors::check(&files));
    violations.extend(layers::check(&files));
    violations.extend(length::check(&files));
    violations.extend(links::check(&files));
    violations.extend(marks::check(&files));
    violations.extend(rules::check(&files));
    let packages = supply::packages()?;
    violations.extend(supply::check(&packages)?);
    violations.extend(table::check(&files, &packages));
    violations.extend(places::check(&files, &places::of_this_machine()));
    violations.sort();
    Ok(violations)
}

/// What git tracks, and what it would track if asked to add everything.
fn tracked_files() -> Result<Vec<TrackedFile>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let list = command::output(&mut git)?;
    let paths = list.lines().filter(|path| root().join(path).is_file());
    paths
        .map(|path| {
            let text = String::from_utf8(fs::read(root().join(path))?).ok();
            Ok(TrackedFile { path: path.to_owned(), text })
        })
        .collect()
}

/// Every package that the engine is built of, in the browser.
fn engine_tree() -> Result<String> {
    let tree = ["tree", "--package", "analyzer-core", "--edges", "normal,build", "--prefix", "none"];
    let target = ["--target", crate::build::WASM_TARGET, "--format", "{p}"];
    command::output(command::cargo().args(tree).args(target))
}

/// Files for the tests of the rules.
#[cfg(test)]
fn file(path: &str, text: &str) -> TrackedFile {
    TrackedFile { path: path.to_owned(), text: Some(text.to_owned()) }
}

/// The lines that break a rule, for its tests.
#[cfg(test)]
fn lines(violations: impl IntoIterator<Item = Violation>) -> Vec<usize> {
    violations.into_iter().map(|violation| violation.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_house_holds() -> Result<()> {
        let violations: Vec<_> = violations()?.iter().map(Violation::to_string).collect();
        assert!(violations.is_empty(), "\n{}", violations.join("\n"));
        Ok(())
    }
}
