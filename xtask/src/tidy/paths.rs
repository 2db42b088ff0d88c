//! The paths that a source names, from the root of a crate on.

use super::TrackedFile;
use super::tokens::{self, Token};

/// A path without the crate that it begins in: `["formats", "pprof"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub segments: Vec<String>,
    /// Line of its last segment.
    pub line: usize,
}

/// The modules that lead to a file, by its path in the crate's `src` folder.
pub fn module_of(in_src: &str) -> Vec<String> {
    let stem = in_src.strip_suffix(".rs").unwrap_or(in_src);
    let is_root = |name: &&str| matches!(*name, "lib" | "main" | "mod");
    stem.split('/').filter(|name| !is_root(name)).map(str::to_owned).collect()
}

/// Paths into a crate outside of tests. For `crate` these are those that begin
/// with `self` and `super` too, seen from the file's own module.
pub fn named(file: &TrackedFile, root: &str) -> Vec<Named> {
    let tokens = tokens::without_tests(file.text_if(".rs").unwrap_or_default());
    let in_src = file.path.split_once("src/").map_or("", |(_, in_src)| in_src);
    let own = if root == "crate" { Some(module_of(in_src)) } else { None };
    let mut reader = Reader { tokens: &tokens, found: Vec::new() };
    for at in 0..tokens.len() {
        let is_inner = at >= 2 && reader.is_separator(at - 2);
        let start = match (reader.text(at), &own) {
            (text, _) if text == root => Vec::new(),
            ("self", Some(own)) => own.clone(),
            ("super", Some(own)) => own.split_last().map_or_else(Vec::new, |(_, parent)| parent.to_vec()),
            _ => continue,
        };
        if !is_inner && reader.is_separator(at + 1) {
            reader.branches(at + 3, start);
        }
    }
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token],
    found: Vec<Named>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_separator(&self, at: usize) -> bool {
        self.text(at) == ":" && self.text(at + 1) == ":"
    }

    /// Reads what follows `prefix`, which may be several branches in braces;
    /// gives the index of what comes after.
    fn branches(&mut self, at: usize, mut prefix: Vec<String>) -> usize {
        match self.text(at) {
            "" => return at,
            "{" => {
                let mut next = at + 1;
                while !matches!(self.text(next), "}" | "") {
                    next =
                        if self.text(next) == "," { next + 1 } else { self.branches(next, prefix.clone()) };
                }
                return next + 1;
            }
            "super" => {
                prefix.pop();
            }
            "self" => {}
            name => prefix.push(name.to_owned()),
        }
        if self.is_separator(at + 1) {
            return self.branches(at + 3, prefix);
        }
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        self.found.push(Named { segments: prefix, line });
        // `as` and the other name.
        if self.text(at + 1) == "as" { at + 3 } else { at + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn paths(path: &str, source: &str, root: &str) -> Vec<(String, usize)> {
        let join = |named: Named| (named.segments.join("::"), named.line);
        named(&file(path, source), root).into_iter().map(join).collect()
    }

    #[test]
    fn branches_and_other_names_are_followed() {
        let source = "use crate::{\n    a::{self, b as c, d::*},\n    e,\n};\nfn f() { crate::g::h(1) }";
        let found = paths("x/src/lib.rs", source, "crate");
        let expected = [("a", 2), ("a::b", 2), ("a::d::*", 2), ("e", 3), ("g::h", 5)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn super_is_seen_from_the_file_and_inside_of_a_path_too() {
        let source = "use super::super::c::D;\nuse super::e;\nuse self::f::g;";
        let found = paths("x/src/a/b/mod.rs", source, "crate");
        let expected = [("c::D", 1), ("a::e", 2), ("a::b::f::g", 3)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn of_another_crate_only_its_own_paths_count() {
        let source = "use engine::a::B;\nuse super::c;\nfn f(self) { self.d() }";
        assert_eq!(paths("x/src/a.rs", source, "engine"), [("a::B".to_owned(), 1)]);
    }
}
