//! Which modules are the program's own: found from names and source files.

use std::collections::BTreeSet;

use analyzer_core::base::go_symbol::{self, Origin};

/// The modules of functions that are neither standard library nor downloaded:
/// a dependency's source lies in the module cache (with a version after `@`)
/// or in a vendor folder.
pub fn own_modules<'a>(functions: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut modules = BTreeSet::new();
    for (name, file) in functions {
        let is_module = go_symbol::origin(name, None) == Origin::Dependency && !file.is_empty();
        if !is_module || go_symbol::origin_by_file(name, Some(file)) != Origin::Own {
            continue;
        }
        modules.insert(go_symbol::likely_module(go_symbol::package(name)).to_owned());
    }
    modules.into_iter().collect()
}

/// Every [`pattern`] starts with this.
pub const START: &str = "^(main";

/// A regular expression for the functions of these modules and of `main`.
pub fn pattern(modules: &[String]) -> String {
    let mut roots = vec!["main".to_owned()];
    roots.extend(modules.iter().map(|module| escape(module)));
    format!("^({})[./]", roots.join("|"))
}

/// A regular expression for exactly this text.
pub fn exactly(text: &str) -> String {
    format!("^{}$", escape(text))
}

/// A regular expression that finds this text.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_modules_are_those_without_a_version() {
        let functions = [
            ("main.main", "/src/shop/cmd/main.go"),
            ("example.com/shop/store.Open", "/src/shop/store/open.go"),
            ("github.com/lib/pq.Open", "/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go"),
            ("golang.org/x/net/http2.Serve", "golang.org/x/net@v0.1.0/http2/server.go"),
            ("net/http.Serve", "/usr/local/go/src/net/http/server.go"),
            ("runtime.mallocgc", "/usr/local/go/src/runtime/malloc.go"),
        ];
        assert_eq!(own_modules(functions.into_iter()), ["example.com/shop"]);
    }

    #[test]
    fn patterns_match_the_whole_name_literally() {
        assert_eq!(exactly("a.(*B).C"), r"^a\.\(\*B\)\.C$");
        assert_eq!(pattern(&["example.com/shop".to_owned()]), r"^(main|example\.com/shop)[./]");
    }
}
