//! The project speaks of itself alone: no tracked file names a folder of the
//! machine it was written on, or a registry other than the public one.

use std::path::PathBuf;

use super::{TrackedFile, Violation};
use crate::command::root;

/// Where every package of the lock file must come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The folders of this machine that no file may name.
pub fn of_this_machine() -> Vec<String> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let folders = [Some(root().to_path_buf()), std::env::home_dir(), cargo];
    let names = folders.into_iter().flatten().map(|folder| format!("{}/", folder.display()));
    // A home of `/` is in every path.
    names.filter(|name| name.len() > 2).collect()
}

/// Finds folders of the machine, and packages from elsewhere. Fixtures are
/// left out: they hold the paths of the machine that they were captured on.
pub fn check(files: &[TrackedFile], places: &[String]) -> Vec<Violation> {
    let own = files.iter().filter(|file| !file.path.contains("/fixtures/"));
    own.flat_map(|file| {
        let lines = file.text.as_deref().unwrap_or_default().lines().zip(1..);
        lines.filter_map(|(line, number)| {
            Some(Violation::new(file, number, problem(&file.path, line, places)?))
        })
    })
    .collect()
}

fn problem(path: &str, line: &str, places: &[String]) -> Option<String> {
    if let Some(place) = places.iter().find(|place| line.contains(place.as_str())) {
        return Some(format!("names {place}, a folder of this machine"));
    }
    let source = line.strip_prefix("source = ").map(|source| source.trim_matches('"'));
    if path.ends_with("Cargo.lock") && source.is_some_and(|source| source != REGISTRY) {
        return Some("a package that is not from crates.io".to_owned());
    }
    let is_other_registry =
        ["[source", "[registries", "[registry"].iter().any(|table| line.starts_with(table));
    (path.ends_with(".cargo/config.toml") && is_other_registry)
        .then(|| "a registry of this machine: that belongs in cargo's home".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    #[test]
    fn a_folder_of_the_machine_is_found_outside_fixtures() {
        let places = ["/home/ada/".to_owned()];
        let text = "a\nsee /home/ada/notes\n";
        assert_eq!(lines(check(&[file("README.md", text)], &places)), [2]);
        assert!(check(&[file("a/tests/fixtures/x/dump.txt", text)], &places).is_empty());
    }

    #[test]
    fn packages_come_from_the_public_registry() {
        let lock = format!("source = \"{REGISTRY}\"\nsource = \"registry+https://mirror.example/index\"\n");
        assert_eq!(lines(check(&[file("Cargo.lock", &lock)], &[])), [2]);
        assert_eq!(lines(check(&[file(".cargo/config.toml", "[source.crates-io]\n")], &[])), [1]);
    }
}
