//! From a file that a capture names to the one of the sources that were dropped.
//!
//! A program's stacks name files as its builder saw them: absolute, or with `-trimpath` as
//! `module/rest`, `module@version/rest` (also when vendored) and, of the standard library, as
//! `net/http/server.go`. In order: what a module's `go.mod` says, a dependency in `vendor` or in a
//! module cache, the standard library below a `src`, else the longest common end.

use std::collections::HashMap;

use super::go_symbol::is_standard_package;

/// The dropped sources by path.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// Paths as dropped, `/` between folders.
    paths: Vec<String>,
    by_base: HashMap<String, Vec<usize>>,
    /// Modules: the folder of each `go.mod`, without a `/` at its end, and the module's path.
    modules: Vec<(String, String)>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One file: its place in the list.
    One(usize),
    /// Several fit alike: their places.
    Several(Vec<usize>),
    /// None fits.
    None,
}

impl SourceMap {
    /// A map of these files and modules.
    pub fn new(
        paths: impl IntoIterator<Item = String>,
        modules: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let paths: Vec<String> = paths.into_iter().collect();
        let mut by_base: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, path) in paths.iter().enumerate() {
            by_base.entry(base(path).to_owned()).or_default().push(index);
        }
        let mut modules: Vec<_> = modules.into_iter().collect();
        // The innermost module is the one that a file is of.
        modules.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
        Self { paths, by_base, modules }
    }

    /// The paths, as they were given.
    pub fn path(&self, index: usize) -> &str {
        self.paths.get(index).map_or("", String::as_str)
    }

    /// The file that a capture means by a path.
    pub fn find(&self, path: &str) -> Found {
        let path = path.replace('\\', "/");
        let Some(alike) = self.by_base.get(base(&path)) else { return Found::None };
        let exact = |wanted: &str| self.ending(alike, wanted);
        let candidates = self.candidates(&path);
        for wanted in candidates {
            match exact(&wanted) {
                Found::None => {}
                found => return found,
            }
        }
        self.longest_end(alike, &path)
    }

    /// What the file may be called among the sources, the surest first.
    fn candidates(&self, path: &str) -> Vec<String> {
        let mut wanted = Vec::new();
        for (folder, module) in &self.modules {
            if let Some(rest) = path.strip_prefix(module.as_str()).and_then(|rest| rest.strip_prefix('/')) {
                wanted.push(if folder.is_empty() { rest.to_owned() } else { format!("{folder}/{rest}") });
            }
        }
        if let Some((module, version, rest)) = versioned(path) {
            wanted.push(format!("vendor/{module}/{rest}"));
            wanted.push(format!("{}@{version}/{rest}", escaped(module)));
            wanted.push(format!("{module}@{version}/{rest}"));
        }
        let first = path.split('/').next().unwrap_or_default();
        if path.contains('/') && is_standard_package(first) {
            wanted.push(format!("src/{path}"));
        }
        wanted
    }

    /// The files that end with a path, by whole parts.
    fn ending(&self, alike: &[usize], wanted: &str) -> Found {
        let ends = |index: &&usize| {
            let rest = self.path(**index).strip_suffix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        one_of(alike.iter().filter(ends).copied().collect())
    }

    /// The files with the longest common end: two parts or more, or the only one of its name.
    fn longest_end(&self, alike: &[usize], path: &str) -> Found {
        // The standard library and other modules' versions are not guessed at by their ends alone.
        let is_known = versioned(path).is_some()
            || (!path.starts_with('/') && path.split('/').next().is_some_and(is_standard_package));
        if is_known && path.contains('/') {
            return Found::None;
        }
        let common = |index: usize| {
            let (one, other) = (self.path(index).rsplit('/'), path.rsplit('/'));
            one.zip(other).take_while(|(a, b)| a == b).count()
        };
        let longest = alike.iter().map(|&index| common(index)).max().unwrap_or(0);
        if longest < 2 && alike.len() > 1 {
            return Found::Several(alike.to_vec());
        }
        one_of(alike.iter().copied().filter(|&index| common(index) == longest).collect())
    }
}

fn one_of(found: Vec<usize>) -> Found {
    match found.as_slice() {
        [] => Found::None,
        [one] => Found::One(*one),
        _ => Found::Several(found),
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `example.com/dep@v1.2.3/dir/dep.go` as module, version and rest; in a module cache, the module
/// starts behind `pkg/mod/`.
fn versioned(path: &str) -> Option<(&str, &str, &str)> {
    let (module, rest) = path.split_once('@')?;
    let (version, rest) = rest.split_once('/')?;
    let module = module.rsplit_once("pkg/mod/").map_or(module, |(_, module)| module);
    Some((module, version, rest)).filter(|_| version.starts_with('v'))
}

/// A module's path as the module cache has it: `!x` for `X`.
fn escaped(module: &str) -> String {
    let mut escaped = String::with_capacity(module.len());
    for character in module.chars() {
        if character.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(character.to_ascii_lowercase());
    }
    escaped
}

/// The module that a `go.mod` names.
pub fn module_of(go_mod: &str) -> Option<&str> {
    let stated = go_mod.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    let stated = stated.split("//").next().unwrap_or(stated).trim();
    Some(stated.trim_matches(['"', '`'])).filter(|module| !module.is_empty())
}

/// True if a line lies in the function that a capture names there. What has no name of its own in
/// the source (package variables' closures, generated code) cannot be told.
pub fn fits(lines: &[&str], function: &str, line: usize) -> bool {
    if line == 0 || line > lines.len() {
        return false;
    }
    let name = declared(function);
    if name.is_empty() {
        return true;
    }
    let above = lines.get(..line).unwrap_or_default();
    let head = above.iter().rev().find(|text| text.starts_with("func "));
    head.is_some_and(|head| {
        let is_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80;
        head.match_indices(name).any(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| head.as_bytes().get(at)).copied();
            let after = head.as_bytes().get(at + name.len()).copied();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    })
}

/// The name in the `func` line: `Login` of `main.(*Store).Login.func1`. Empty if there is none.
fn declared(function: &str) -> &str {
    // Type arguments may hold anything.
    let plain = function.split('[').next().unwrap_or(function);
    let rest = plain.rsplit('/').next().unwrap_or(plain);
    let Some((_, rest)) = rest.split_once('.') else { return "" };
    let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(").")).map_or(rest, |(_, rest)| rest);
    let mut parts = rest.split('.');
    let first = parts.next().unwrap_or_default();
    let is_closure = |part: &str| part.starts_with("func") || part.starts_with("gowrap") || part.is_empty();
    // `main.Type.Method`, with a value receiver, has the method behind the type.
    let second = parts.next().filter(|part| !is_closure(part) && !part.bytes().all(|b| b.is_ascii_digit()));
    let name = second.unwrap_or(first);
    if matches!(name, "init" | "glob" | "") || name.starts_with("func") || name.contains('(') {
        ""
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(paths: &[&str], modules: &[(&str, &str)]) -> SourceMap {
        let own = |text: &&str| (*text).to_owned();
        let modules = modules.iter().map(|(folder, module)| ((*folder).to_owned(), (*module).to_owned()));
        SourceMap::new(paths.iter().map(own), modules)
    }

    #[test]
    fn a_module_is_found_by_its_path_wherever_it_was_built() {
        let map = map(
            &["shop/internal/cart/cart.go", "shop/cart.go", "shop/cmd/a/main.go", "shop/cmd/b/main.go"],
            &[("shop", "example.com/shop")],
        );
        assert_eq!(map.find("example.com/shop/internal/cart/cart.go"), Found::One(0));
        assert_eq!(map.find("/home/ci/build/shop/internal/cart/cart.go"), Found::One(0));
        assert_eq!(map.find("/src/cmd/b/main.go"), Found::One(3));
        assert_eq!(map.find("/elsewhere/main.go"), Found::Several(vec![2, 3]));
        assert_eq!(map.find("example.com/shop/gone.go"), Found::None);
    }

    #[test]
    fn a_dependency_is_found_in_vendor_and_in_a_module_cache() {
        let vendored = map(&["shop/vendor/example.com/dep/dep.go"], &[("shop", "example.com/shop")]);
        assert_eq!(vendored.find("example.com/dep@v1.2.3/dep.go"), Found::One(0));
        assert_eq!(vendored.find("/src/shop/vendor/example.com/dep/dep.go"), Found::One(0));
        let cache = map(
            &[
                "mod/github.com/!burnt!sushi/toml@v1.0.0/lex.go",
                "mod/github.com/!burnt!sushi/toml@v1.1.0/lex.go",
            ],
            &[],
        );
        assert_eq!(cache.find("github.com/BurntSushi/toml@v1.1.0/lex.go"), Found::One(1));
        assert_eq!(cache.find("/home/ci/go/pkg/mod/github.com/BurntSushi/toml@v1.1.0/lex.go"), Found::One(1));
        assert_eq!(cache.find("github.com/BurntSushi/toml@v1.3.0/lex.go"), Found::None, "another version");
    }

    #[test]
    fn the_standard_library_is_below_src_or_nowhere() {
        let map = map(&["go/src/net/http/server.go", "shop/server.go"], &[("shop", "example.com/shop")]);
        assert_eq!(map.find("net/http/server.go"), Found::One(0));
        assert_eq!(map.find("/usr/local/go/src/net/http/server.go"), Found::One(0));
        let without = SourceMap::new(["shop/http/server.go".to_owned()], []);
        assert_eq!(without.find("net/http/server.go"), Found::None);
    }

    #[test]
    fn a_line_fits_the_function_that_is_declared_above_it() {
        let lines: Vec<&str> =
            "package main\n\nfunc (s *Store) Login(user string) {\n\ts.add(user)\n}\n\nfunc main() {\n}\n"
                .lines()
                .collect();
        for function in [
            "main.(*Store).Login",
            "main.(*Store).Login.func1",
            "example.com/a/b.Store.Login",
            "main.init.func1",
        ] {
            assert!(fits(&lines, function, 4), "{function}");
        }
        assert!(!fits(&lines, "main.(*Store).Log", 4));
        assert!(!fits(&lines, "main.(*Store).Login", 8));
        assert!(!fits(&lines, "main.main", 40), "beyond the file");
        assert!(fits(&lines, "main.main[...]", 8));
    }

    #[test]
    fn a_module_says_its_name() {
        assert_eq!(module_of("// x\nmodule example.com/shop // main\n\ngo 1.22\n"), Some("example.com/shop"));
        assert_eq!(module_of("module \"example.com/q\"\n"), Some("example.com/q"));
        assert_eq!(module_of("go 1.22\n"), None);
    }
}
