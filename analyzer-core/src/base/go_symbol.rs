//! Names of Go functions, as linker, profiles and dumps print them, and whose code they are.

use serde::{Deserialize, Serialize};

/// Whose code a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Origin {
    /// The program's own, or of a module that cannot be told from it.
    #[default]
    #[serde(rename = "user")]
    Own,
    /// A dependency: from the module cache, vendored, or `golang.org/x`.
    #[serde(rename = "library")]
    Dependency,
    /// The standard library without the runtime.
    #[serde(rename = "std")]
    Standard,
    /// The Go runtime.
    #[serde(rename = "runtime")]
    Runtime,
    /// Not Go: C, the kernel, an address without a name.
    #[serde(rename = "native")]
    Native,
}

/// The package path of a function, without the function: `net/http` of
/// `net/http.(*conn).serve`. Empty for a name without a package (C, an address).
pub fn package(name: &str) -> &str {
    let end = path_end(name);
    let last_slash = name.get(..end).and_then(|path| path.rfind('/')).map_or(0, |at| at + 1);
    match name.get(last_slash..end).and_then(|element| element.find('.')) {
        Some(dot) => name.get(..last_slash + dot).unwrap_or_default(),
        None => "",
    }
}

/// The name with only the last element of the package's path: `http.(*conn).serve`.
pub fn short(name: &str) -> &str {
    let package = package(name);
    let start = package.rfind('/').map_or(0, |at| at + 1);
    name.get(start..).unwrap_or(name)
}

/// The name without its package: `(*conn).serve`.
pub fn unqualified(name: &str) -> &str {
    let package = package(name);
    if package.is_empty() { name } else { name.get(package.len() + 1..).unwrap_or(name) }
}

/// Where a function comes from. `own_module` is the path of the program's main
/// module; without it, every module but the standard library's is a dependency.
pub fn origin(name: &str, own_module: Option<&str>) -> Origin {
    let package = package(name);
    if package.is_empty() {
        return Origin::Native;
    }
    if package == "main" || own_module.is_some_and(|own| is_within(package, own)) {
        return Origin::Own;
    }
    if ["runtime", "internal/runtime", "internal/abi", "internal/bytealg", "internal/cpu"]
        .iter()
        .any(|root| is_within(package, root))
    {
        // runtime/pprof and runtime/debug are libraries on top of the runtime.
        return match package {
            "runtime/pprof" | "runtime/debug" | "runtime/trace" | "runtime/metrics" => Origin::Standard,
            _ => Origin::Runtime,
        };
    }
    let first = package.split('/').next().unwrap_or_default();
    if is_standard_package(first) { Origin::Standard } else { Origin::Dependency }
}

/// Where a function comes from, as its source file tells: what is neither of Go
/// nor downloaded is the program's own. Without a file, only the modules that
/// Go's own project publishes are known as dependencies.
pub fn origin_by_file(name: &str, file: Option<&str>) -> Origin {
    let origin = origin(name, None);
    if origin != Origin::Dependency {
        return origin;
    }
    let package = package(name);
    let is_published = PUBLISHED.iter().any(|root| is_within(package, root));
    if is_published || file.is_some_and(is_downloaded) { Origin::Dependency } else { Origin::Own }
}

/// Modules of Go's own project that no service is part of.
const PUBLISHED: [&str; 2] = ["golang.org/x", "google.golang.org"];

/// True for a source file of a module that was downloaded: in the module cache,
/// below `vendor`, or (with `-trimpath`) behind `module@version`.
pub fn is_downloaded(file: &str) -> bool {
    file.contains("/pkg/mod/") || file.contains("/vendor/") || file.contains("@v")
}

/// True for the first element of a package path of the standard library.
pub fn is_standard_package(first_element: &str) -> bool {
    STANDARD.binary_search(&first_element).is_ok()
}

/// The module that a package most probably belongs to, as far as names tell:
/// `github.com/a/b` of `github.com/a/b/c/d`.
pub fn likely_module(package: &str) -> &str {
    let first = package.split('/').next().unwrap_or_default();
    let elements = match first {
        "github.com" | "gitlab.com" | "bitbucket.org" | "codeberg.org" => 3,
        "golang.org" => 3,
        _ if first.contains('.') => 2,
        _ => 1,
    };
    let end = package.match_indices('/').nth(elements - 1).map_or(package.len(), |(at, _)| at);
    package.get(..end).unwrap_or(package)
}

/// True if `package` is `root` or lies under it.
pub fn is_within(package: &str, root: &str) -> bool {
    package.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The package's path ends before the first `(`, `[` or space: what follows may
/// have slashes of its own, in receivers, type arguments and places.
fn path_end(name: &str) -> usize {
    name.find(['(', '[', ' ']).unwrap_or(name.len())
}

/// First elements of the standard library's package paths, sorted.
const STANDARD: &[&str] = &[
    "archive",
    "arena",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "simd",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "uuid",
    "vendor",
    "weak",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_end_at_the_first_dot_of_the_last_element() {
        for (name, expected) in [
            ("main.main", "main"),
            ("net/http.(*conn).serve", "net/http"),
            ("gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml%2ev3"),
            ("github.com/a/b.Map[github.com/c/d.T,go.shape.int].func1", "github.com/a/b"),
            ("example.com/shop/store.(*Cache[...]).Put-fm", "example.com/shop/store"),
            ("runtime.gcBgMarkWorker", "runtime"),
            ("main.run /src/app/cmd/main.go:12", "main"),
            ("malloc", ""),
            ("0x4a21f0", ""),
            ("", ""),
        ] {
            assert_eq!(package(name), expected, "{name}");
        }
    }

    #[test]
    fn short_names_keep_one_element_of_the_path() {
        assert_eq!(short("net/http.(*conn).serve"), "http.(*conn).serve");
        assert_eq!(short("github.com/a/b.Map[github.com/c/d.T]"), "b.Map[github.com/c/d.T]");
        assert_eq!(short("malloc"), "malloc");
        assert_eq!(unqualified("net/http.(*conn).serve"), "(*conn).serve");
        assert_eq!(unqualified("malloc"), "malloc");
    }

    #[test]
    fn origins_follow_the_package() {
        let origin = |name| super::origin(name, Some("example.com/shop"));
        assert_eq!(origin("main.run"), Origin::Own);
        assert_eq!(origin("example.com/shop/store.Open"), Origin::Own);
        assert_eq!(origin("example.com/shopping.Open"), Origin::Dependency);
        assert_eq!(origin("net/http.(*conn).serve"), Origin::Standard);
        assert_eq!(origin("runtime/pprof.writeHeap"), Origin::Standard);
        assert_eq!(origin("runtime.mallocgc"), Origin::Runtime);
        assert_eq!(origin("internal/runtime/maps.(*Map).Get"), Origin::Runtime);
        assert_eq!(origin("pthread_create"), Origin::Native);
        assert_eq!(super::origin("shop/store.Open", None), Origin::Dependency);
    }

    #[test]
    fn files_tell_dependencies_from_own_code() {
        let cases = [
            ("shop.f", "/app/main.go", Origin::Own),
            ("github.com/a/b.F", "/go/pkg/mod/github.com/a/b@v1.0.0/f.go", Origin::Dependency),
            ("github.com/a/b.F", "github.com/a/b@v1.0.0/f.go", Origin::Dependency),
            ("github.com/a/b.F", "/src/shop/vendor/github.com/a/b/f.go", Origin::Dependency),
            ("github.com/a/b.F", "/src/b/f.go", Origin::Own),
            ("golang.org/x/sync/errgroup.(*Group).Go", "", Origin::Dependency),
            ("vendor/golang.org/x/net/http2/hpack.NewEncoder", "", Origin::Standard),
            ("net/http.(*conn).serve", "net/http/server.go", Origin::Standard),
            ("runtime.mallocgc", "", Origin::Runtime),
            ("malloc", "", Origin::Native),
        ];
        for (name, file, expected) in cases {
            let file = Some(file).filter(|file| !file.is_empty());
            assert_eq!(origin_by_file(name, file), expected, "{name}");
        }
    }

    #[test]
    fn modules_are_guessed_from_well_known_hosts() {
        assert_eq!(likely_module("github.com/a/b/c/d"), "github.com/a/b");
        assert_eq!(likely_module("golang.org/x/net/http2"), "golang.org/x/net");
        assert_eq!(likely_module("shop/store"), "shop");
    }

    #[test]
    fn the_standard_list_is_sorted() {
        assert!(STANDARD.is_sorted());
    }
}
