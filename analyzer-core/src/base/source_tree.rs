//! Which dropped files are a program's source, and which only stand beside it.
//!
//! A repository, a module cache or Go's own tree holds much that looks like captures: dumps and
//! profiles in `testdata`, crash texts in documents and in Go's strings. None of it tells of the
//! process whose captures lie beside.

use std::collections::HashMap;

use super::source::file_name;
use super::source_map::module_of;

/// Folders of a path that are looked up: no tree is deeper.
const DEPTH: usize = 64;

/// Folders of a source tree that hold no captures of a service. Go's own tools pass over them:
/// see `go help packages`.
const PASSED_OVER: [&str; 3] = ["testdata", "vendor", "node_modules"];

/// Endings of files that a source tree has and that no capture has.
const OF_TREES: [&str; 28] = [
    "md", "s", "c", "h", "cc", "cpp", "hpp", "S", "proto", "sql", "svg", "png", "jpg", "gif", "ico", "html",
    "css", "js", "ts", "tsx", "sh", "bash", "tmpl", "golden", "toml", "syso", "work", "rst",
];

/// Endings of captures: what cannot be read of them is said in a source tree, too.
const OF_CAPTURES: [&str; 14] =
    ["txt", "log", "gz", "pb", "pprof", "prof", "trace", "out", "zst", "dump", "tar", "zip", "tgz", "json"];

/// What a file is to a drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Go source.
    Source,
    /// A file of a source tree that is not judged, whatever stands in it.
    Passed,
    /// A file of a source tree: a capture if it is read as one, and no loss if it is not.
    InTree,
    /// A capture, or what is said to be none.
    Capture,
}

/// The source trees of a drop.
#[derive(Clone, Debug, Default)]
pub struct SourceTrees {
    /// By folder: true if nothing below it is a capture.
    folders: HashMap<String, bool>,
}

impl SourceTrees {
    /// Looks at a file of the drop: a `go.mod` makes a tree of its folder. Files beside it that
    /// were dropped one by one have no folder, and make none.
    pub fn note(&mut self, path: &str, bytes: &[u8]) {
        let Some(folder) = path.strip_suffix("/go.mod") else { return };
        let text = String::from_utf8_lossy(bytes);
        let Some(module) = module_of(&text) else { return };
        // Go's own modules: the tree around `src` has tests and texts of the toolchain.
        let (folder, is_whole) = match (module, folder.strip_suffix("/src")) {
            ("std", Some(root)) => (root, true),
            ("std", None) => (folder, true),
            _ => (folder, false),
        };
        let known = self.folders.entry(folder.to_owned()).or_default();
        *known |= is_whole;
    }

    /// What a file is.
    pub fn role(&self, path: &str, bytes: &[u8]) -> Role {
        let name = file_name(path);
        if name.ends_with(".go") && !bytes.get(..1024).unwrap_or(bytes).contains(&0) {
            return Role::Source;
        }
        if is_module_file(name) {
            return Role::Capture;
        }
        let Some(below) = self.below(path) else { return Role::Capture };
        let passed = |part: &str| PASSED_OVER.contains(&part) || (part.starts_with('.') && part.len() > 1);
        let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if folders.split('/').any(passed) || name.starts_with('.') || OF_TREES.contains(&ending) {
            return Role::Passed;
        }
        let is_capture = OF_CAPTURES.contains(&ending)
            || (ending.is_empty() && name.starts_with(|first: char| first.is_ascii_lowercase()));
        if is_capture { Role::Capture } else { Role::InTree }
    }

    /// The part of a path below the source tree that it is in; with a `testdata` in front where
    /// nothing of the tree is a capture.
    fn below<'p>(&self, path: &'p str) -> Option<std::borrow::Cow<'p, str>> {
        let cuts = path.match_indices('/').map(|(at, _)| at).take(DEPTH);
        let mut found = None;
        for cut in cuts {
            let folder = path.get(..cut)?;
            let is_whole = self.folders.get(folder).copied();
            if is_whole == Some(true) || is_cached(folder) {
                return Some(format!("testdata/{}", path.get(cut + 1..)?).into());
            }
            if is_whole.is_some() && found.is_none() {
                found = path.get(cut + 1..).map(Into::into);
            }
        }
        found
    }
}

/// True for files that say what a module is made of.
fn is_module_file(name: &str) -> bool {
    matches!(name, "go.mod" | "go.sum" | "go.work" | "go.work.sum")
}

/// True for the folder of a module in a module cache: `toml@v1.4.0`.
fn is_cached(folder: &str) -> bool {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let version = name.split_once("@v").map(|(_, version)| version);
    version.is_some_and(|version| {
        version.starts_with(|first: char| first.is_ascii_digit()) && version.contains('.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trees(modules: &[(&str, &str)]) -> SourceTrees {
        let mut trees = SourceTrees::default();
        for (path, module) in modules {
            trees.note(path, format!("module {module}\n").as_bytes());
        }
        trees
    }

    #[test]
    fn a_repository_has_source_and_captures() {
        let trees = trees(&[("drop/shop/go.mod", "example.com/shop")]);
        let role = |path: &str| trees.role(path, b"x");
        assert_eq!(role("drop/shop/internal/cart.go"), Role::Source);
        assert_eq!(role("cart.go"), Role::Source);
        for path in
            ["testdata/dump.txt", "a/testdata/heap.pb.gz", "vendor/x/log.txt", ".github/ci.yml", "README.md"]
        {
            assert_eq!(role(&format!("drop/shop/{path}")), Role::Passed, "{path}");
        }
        for path in ["heap.pb.gz", "profiles/goroutine.txt", "smaps", "go.mod"] {
            assert_eq!(role(&format!("drop/shop/{path}")), Role::Capture, "{path}");
        }
        assert_eq!([role("drop/shop/Makefile"), role("drop/shop/Dockerfile")], [Role::InTree; 2]);
        // Beside the tree nothing is passed over.
        assert_eq!([role("drop/testdata/dump.txt"), role("drop/README.md")], [Role::Capture; 2]);
        assert_eq!(trees.role("drop/shop/odd.go", b"\0\x01"), Role::InTree, "no text");
    }

    #[test]
    fn nothing_of_go_and_of_a_module_cache_is_a_capture() {
        let trees = trees(&[("go/src/go.mod", "std"), ("go/src/cmd/go.mod", "cmd")]);
        for path in ["go/test/dump.txt", "go/src/cmd/compile/default.pgo", "go/api/go1.1.txt"] {
            assert_eq!(trees.role(path, b"x"), Role::Passed, "{path}");
        }
        assert_eq!(trees.role("mod/github.com/!a/b@v1.2.3/dump.txt", b"x"), Role::Passed);
        assert_eq!(trees.role("mail@v1/dump.txt", b"x"), Role::Capture);
    }

    #[test]
    fn loose_files_are_no_tree() {
        let trees = trees(&[("go.mod", "example.com/shop")]);
        assert_eq!([trees.role("notes.md", b"x"), trees.role("testdata/a.txt", b"x")], [Role::Capture; 2]);
    }
}
