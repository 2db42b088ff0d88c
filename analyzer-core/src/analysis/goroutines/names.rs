//! Function names: generics normalized, package, and whose code it is.

use std::collections::HashMap;
use std::rc::Rc;

use crate::base::intern::{StrId, StringTable};
use crate::report::Origin;

/// A function with what its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name, type arguments as `[...]`, escapes undone.
    pub name: Rc<str>,
    /// Import path of its package; empty for builtins such as `panic`.
    pub package: Rc<str>,
    /// True if the runtime or the standard library has it.
    pub is_std: bool,
    /// True if it is of package `runtime` or below.
    pub is_runtime: bool,
}

/// Functions by the string of the capture.
#[derive(Debug, Default)]
pub struct Functions {
    by_text: HashMap<StrId, Rc<Function>>,
}

impl Functions {
    /// What is known of a function.
    pub fn get(&mut self, strings: &StringTable, text: StrId) -> Rc<Function> {
        Rc::clone(self.by_text.entry(text).or_insert_with(|| Rc::new(Function::new(strings.get(text)))))
    }
}

impl Function {
    /// Reads a name as captures print it.
    pub fn new(text: &str) -> Self {
        let name = normalize_generics(text);
        let package = unescape(package_of(&name));
        let name = unescape(&name);
        let is_runtime = package.is_empty()
            || package == "runtime"
            || package.starts_with("runtime/internal/")
            || package.starts_with("internal/runtime/");
        let is_std = is_runtime || is_std_package(&package);
        Self { name: name.into(), package: package.into(), is_std, is_runtime }
    }

    /// Whose code it is. Files of modules lie in the module cache, below
    /// `vendor`, or (with -trimpath) behind `module@version`.
    pub fn origin(&self, file: Option<&str>) -> Origin {
        if self.is_runtime {
            return Origin::Runtime;
        }
        if self.is_std {
            return Origin::Std;
        }
        let is_dependency = file.is_some_and(|file| {
            file.contains("/pkg/mod/") || file.contains("/vendor/") || file.contains("@v")
        });
        let is_library = is_dependency
            || self.package.starts_with("golang.org/x/")
            || self.package.starts_with("google.golang.org/");
        if is_library { Origin::Library } else { Origin::User }
    }

    /// True for calls that the compiler puts around a `go` or `defer`
    /// statement: some captures show them, others do not.
    pub fn is_wrapper(&self) -> bool {
        let last = self.name.rsplit('.').next().unwrap_or_default();
        ["gowrap", "deferwrap"].iter().any(|prefix| {
            last.strip_prefix(prefix).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
    }
}

/// `main.Map[go.shape.int,main.T]` as `main.Map[...]`.
fn normalize_generics(text: &str) -> String {
    if !text.contains('[') {
        return text.to_owned();
    }
    let mut name = String::with_capacity(text.len());
    let mut depth = 0_u32;
    for character in text.chars() {
        match character {
            '[' => {
                if depth == 0 {
                    name.push_str("[...]");
                }
                depth += 1;
            }
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => name.push(character),
            _ => {}
        }
    }
    name
}

/// The linker escapes dots in the last element of an import path (`lumberjack%2ev2`).
fn unescape(name: &str) -> String {
    name.replace("%2e", ".").replace("%25", "%")
}

fn package_of(name: &str) -> &str {
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let rest = name.get(last..).unwrap_or_default();
    rest.find('.').and_then(|dot| name.get(..last + dot)).unwrap_or_default()
}

/// First elements of the standard library's import paths (Go 1.21 to 1.27).
const STD_ROOTS: &[&str] = &[
    "archive",
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

fn is_std_package(package: &str) -> bool {
    let root = package.split('/').next().unwrap_or_default();
    STD_ROOTS.contains(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_forms_normalize_alike() {
        let name = |text: &str| Function::new(text).name.to_string();
        assert_eq!(name("main.(*T[...]).Wait"), "main.(*T[...]).Wait");
        assert_eq!(name("main.(*T[go.shape.struct { X []int }]).Wait"), "main.(*T[...]).Wait");
        assert_eq!(
            name("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
            "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun"
        );
    }

    #[test]
    fn packages_and_whose_code() {
        let package = |text: &str| Function::new(text).package.to_string();
        assert_eq!(package("net/http.(*conn).serve"), "net/http");
        assert_eq!(package("example.com/shop/orders.(*Pool).worker"), "example.com/shop/orders");
        assert_eq!(package("gopkg.in/lumberjack%2ev2.(*Logger).millRun"), "gopkg.in/lumberjack.v2");
        assert_eq!(package("panic"), "");
        let origin = |text: &str, file: &str| Function::new(text).origin(Some(file));
        assert_eq!(origin("internal/runtime/maps.fatal", ""), Origin::Runtime);
        assert_eq!(origin("net/http.(*conn).serve", ""), Origin::Std);
        assert_eq!(origin("github.com/a/b.F", "/go/pkg/mod/github.com/a/b@v1.0.0/f.go"), Origin::Library);
        assert_eq!(origin("main.f", "/app/main.go"), Origin::User);
        assert_eq!(origin("shop.f", "/app/main.go"), Origin::User);
    }

    #[test]
    fn compiler_wrappers_are_known() {
        assert!(Function::new("main.main.gowrap1").is_wrapper());
        assert!(Function::new("main.f.deferwrap12").is_wrapper());
        assert!(!Function::new("main.gowrapper").is_wrapper());
    }
}
