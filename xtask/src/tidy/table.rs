//! `docs/dependencies.md`: a row for each package that the project names, made
//! from the comments in the manifests.

use std::collections::{BTreeMap, BTreeSet};

use super::supply::Package;
use super::{TrackedFile, Violation};

const FILE: &str = "docs/dependencies.md";

const HEAD: &str = "\
# What Strata is built of

Every package that the project asks for itself, and why; made from the manifests by `cargo xtask tidy --fix`, and held
current by a test. The page has what *engine* and *page* have, the program what *engine* and *program* have; the rest
builds and tests them. Packages come from crates.io only, at the versions of `Cargo.lock`. `cargo xtask tidy` checks
licences, doubles and build scripts of everything below them too, by the rules of `.cargo/deny.toml`, which `cargo deny
check` reads as well and holds against the database of advisories.

| package | version | licence | where | what for |
|---|---|---|---|---|
";

/// Finds a table that is not what the manifests say.
pub fn check(files: &[TrackedFile], packages: &[Package]) -> Option<Violation> {
    let kept = files.iter().find(|file| file.path == FILE).and_then(|file| file.text.as_deref());
    (kept != Some(text(files, packages).as_str())).then(|| Violation {
        path: FILE.to_owned(),
        line: 0,
        message: "is not what the manifests say: `cargo xtask tidy --fix` writes it".to_owned(),
    })
}

/// Where the table belongs, and what it should be.
pub fn wanted(files: &[TrackedFile], packages: &[Package]) -> (&'static str, String) {
    (FILE, text(files, packages))
}

fn text(files: &[TrackedFile], packages: &[Package]) -> String {
    let mut rows: BTreeMap<&str, (BTreeSet<&str>, Vec<String>)> = BTreeMap::new();
    for file in files {
        let Some(manifest) = file.text_if("Cargo.toml") else { continue };
        for (name, reason) in named(manifest) {
            let (places, reasons) = rows.entry(name).or_default();
            places.insert(place(&file.path));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    let mut text = HEAD.to_owned();
    for (name, (places, reasons)) in rows {
        // The project's own have no row; of several versions the newest is the project's.
        let newest = packages.iter().rfind(|package| package.name == name && package.is_foreign());
        let Some(package) = newest else { continue };
        let places: Vec<_> = places.into_iter().collect();
        let license = package.license.as_deref().unwrap_or("none");
        text.push_str(&format!(
            "| {name} | {} | {license} | {} | {} |\n",
            package.version,
            places.join(", "),
            reasons.join(" ").replace('|', "\\|")
        ));
    }
    text
}

/// What a manifest's package is part of.
fn place(path: &str) -> &'static str {
    match path.split('/').next().unwrap_or_default() {
        "analyzer-core" if path.contains("/fuzz/") => "tests",
        "analyzer-core" => "engine",
        "web-app" => "page",
        "cli" | "fleet" => "program",
        "xtask" => "build",
        _ => "tests",
    }
}

/// Dependencies of a manifest, each with the comment above it.
fn named(manifest: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut comment = Vec::new();
    let mut is_dependencies = false;
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            is_dependencies = !table.starts_with("workspace") && table.ends_with("dependencies");
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                found.push((name, comment.join(" ")));
            }
        } else if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
            continue;
        } else if is_dependencies && line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            found.push((name, comment.join(" ")));
        }
        comment.clear();
    }
    found.retain(|(_, reason)| !reason.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_has_the_comment_above_it() {
        let manifest = "[package]\n# No dependency.\nname = \"a\"\n[dependencies]\n# Finds\n# bytes.\nmemchr = \"2\"\n\
                        serde = { workspace = true }\n[dev-dependencies]\n# Reads JSON.\nserde_json.workspace = true\n";
        let found = named(manifest);
        assert_eq!(found, [("memchr", "Finds bytes.".to_owned()), ("serde_json", "Reads JSON.".to_owned())]);
    }
}
