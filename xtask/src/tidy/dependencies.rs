//! Every dependency has its reason beside it, the engine has none on the web, and
//! its insides are open to few.

use super::{TrackedFile, Violation};

/// What only a browser has, by the start of the package's name.
const WEB: [&str; 6] = ["gloo", "js-sys", "serde-wasm-bindgen", "wasm-bindgen", "web-sys", "yew"];

/// Who may look into the engine.
const INSIDERS: [&str; 3] = ["analyzer-core/Cargo.toml", "analyzer-core/fuzz/Cargo.toml", "xtask/Cargo.toml"];

/// Finds packages that open the engine's insides, but for those that test and measure it.
pub fn check_insiders(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    let others = files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml") && !INSIDERS.contains(&file.path.as_str()));
    others.flat_map(|file| {
        let lines = file.text.as_deref().unwrap_or_default().lines().enumerate();
        let opening =
            lines.filter(|(_, line)| line.contains("\"internals\"") || line.contains("/internals\""));
        opening
            .map(|(index, _)| Violation::new(file, index + 1, "the engine's insides are for its tests"))
            .collect::<Vec<_>>()
    })
}

/// Finds dependencies without a comment on the line above, or for a table of
/// its own, below.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    files.iter().filter(|file| file.path.ends_with("Cargo.toml")).flat_map(|file| {
        let lines: Vec<&str> = file.text.as_deref().unwrap_or_default().lines().collect();
        unexplained(&lines)
            .into_iter()
            .map(|line| Violation::new(file, line, "a dependency without a comment that says what for"))
            .collect::<Vec<_>>()
    })
}

/// Finds web packages in the printed tree of the engine's packages.
pub fn check_tree(tree: &str) -> impl Iterator<Item = Violation> {
    let packages = tree.lines().filter_map(|line| line.split_whitespace().next());
    packages.filter(|package| WEB.iter().any(|web| package.starts_with(web))).map(|package| Violation {
        path: "analyzer-core/Cargo.toml".to_owned(),
        line: 0,
        message: format!("the engine depends on {package}, directly or not"),
    })
}

/// Numbers of the lines that name a dependency without a reason.
fn unexplained(lines: &[&str]) -> Vec<usize> {
    let comment_at = |index: Option<usize>| {
        index.and_then(|index| lines.get(index)).is_some_and(|line| line.starts_with("# "))
    };
    let mut found = Vec::new();
    let mut in_table = false;
    for (index, line) in lines.iter().enumerate() {
        if let Some(table) = line.strip_prefix('[').map(|rest| rest.trim_end_matches(']')) {
            in_table = is_dependency_table(table);
            let names_one = is_table_of_one(table);
            if names_one && !comment_at(index.checked_sub(1)) && !comment_at(Some(index + 1)) {
                found.push(index + 1);
            }
        } else if in_table && names_dependency(line) && !comment_at(index.checked_sub(1)) {
            found.push(index + 1);
        }
    }
    found
}

/// `dependencies`, `dev-dependencies`, `target.….dependencies`; the
/// workspace's own table only holds versions, its members say what for.
fn is_dependency_table(table: &str) -> bool {
    !table.starts_with("workspace.") && table.ends_with("dependencies")
}

/// `dependencies.NAME`
fn is_table_of_one(table: &str) -> bool {
    table.rsplit_once('.').is_some_and(|(parent, _)| is_dependency_table(parent))
}

/// True for a key at the start of the line, not for what continues a value.
fn names_dependency(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphanumeric()) && line.contains('=')
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        lines(check(&[file("a/Cargo.toml", text)]))
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        assert_eq!(found("[dependencies]\n# Finds bytes.\nmemchr = \"2\"\nserde = \"1\"\n"), [4]);
        assert_eq!(found("[target.'cfg(unix)'.dev-dependencies]\nlibc = \"1\"\n"), [2]);
        assert_eq!(found("[dependencies.web-sys]\nversion = \"1\"\n"), [1]);
    }

    #[test]
    fn what_is_no_dependency_needs_no_reason() {
        assert!(found("[package]\nname = \"a\"\n[features]\nx = []\n[lints]\nworkspace = true\n").is_empty());
        assert!(found("[workspace.dependencies]\nserde = \"1\"\n").is_empty());
        assert!(
            found("[dependencies]\n# DOM.\nweb-sys = { version = \"1\", features = [\n  \"Blob\",\n] }\n")
                .is_empty()
        );
        assert!(found("[dependencies.web-sys]\n# DOM.\nversion = \"1\"\nfeatures = []\n").is_empty());
    }

    #[test]
    fn the_program_may_not_open_the_engine_and_the_fuzzer_may() {
        let opened = "[dependencies]\nanalyzer-core = { workspace = true, features = [\"internals\"] }\n";
        assert_eq!(lines(check_insiders(&[file("cli/Cargo.toml", opened)])), [2]);
        assert!(lines(check_insiders(&[file("analyzer-core/fuzz/Cargo.toml", opened)])).is_empty());
        let closed = "[dependencies]\nanalyzer-core = { workspace = true }\n";
        assert!(lines(check_insiders(&[file("cli/Cargo.toml", closed)])).is_empty());
    }

    #[test]
    fn a_web_package_below_the_engine_is_found() {
        let tree = "analyzer-core v0.1.0\nzip v8.0.0\ngetrandom v0.3.0\nwasm-bindgen v0.2.130\n";
        assert_eq!(check_tree(tree).count(), 1);
        assert_eq!(check_tree("analyzer-core v0.1.0\nflate2 v1.1.0\n").count(), 0);
    }
}
