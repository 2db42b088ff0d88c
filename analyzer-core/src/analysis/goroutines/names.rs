//! Function names: generics normalized, package, and whose code it is.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::base::go_symbol::{self, Origin};
use crate::base::intern::{StrId, StringTable};

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
    by_text: FxHashMap<StrId, Rc<Function>>,
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
        let package = unescape(go_symbol::package(&name));
        let name = unescape(&name);
        // Builtins such as `panic` have no package: they are the runtime's.
        let is_runtime = matches!(go_symbol::origin(&name, None), Origin::Runtime | Origin::Native);
        let is_std = is_runtime || go_symbol::origin(&name, None) == Origin::Standard;
        Self { name: name.into(), package: package.into(), is_std, is_runtime }
    }

    /// Whose code it is.
    pub fn origin(&self, file: Option<&str>) -> Origin {
        if self.is_runtime { Origin::Runtime } else { go_symbol::origin_by_file(&self.name, file) }
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

/// `main.(*Registry)` of `main.(*Registry).Get.func1`; the outer function of a
/// closure; else the function.
pub fn owner_of(function: &str) -> &str {
    if let Some(end) = function.find(").") {
        return function.get(..=end).unwrap_or(function);
    }
    function.find(".func").and_then(|end| function.get(..end)).unwrap_or(function)
}

/// True for a method with a pointer receiver, and not for closures in it.
pub fn is_method(function: &str) -> bool {
    function.split_once(").").is_some_and(|(_, method)| !method.contains('.'))
}

/// `store.(*Store).Get` of `example.com/shop/store.(*Store).Get`.
pub fn short(function: &str) -> &str {
    let plain = function.split(['(', '[']).next().unwrap_or(function);
    plain.rfind('/').and_then(|at| function.get(at + 1..)).unwrap_or(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_of_locks() {
        assert_eq!(owner_of("main.(*Registry).Get"), "main.(*Registry)");
        assert_eq!(owner_of("main.(*Registry).Get.func1"), "main.(*Registry)");
        assert_eq!(owner_of("main.(*Table[...]).Get"), "main.(*Table[...])");
        assert_eq!(owner_of("main.serve.func2.1"), "main.serve");
        assert_eq!(owner_of("main.transfer"), "main.transfer");
        assert_eq!(short("example.com/shop/store.(*Store).Get"), "store.(*Store).Get");
        assert_eq!(short("main.run"), "main.run");
        assert!(is_method("main.(*Registry).Get") && is_method("main.(*Table[...]).Get"));
        assert!(!is_method("main.(*Registry).Get.func1") && !is_method("main.run"));
    }

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
        assert_eq!(origin("net/http.(*conn).serve", ""), Origin::Standard);
        assert_eq!(origin("github.com/a/b.F", "/go/pkg/mod/github.com/a/b@v1.0.0/f.go"), Origin::Dependency);
        assert_eq!(origin("main.f", "/app/main.go"), Origin::Own);
        assert_eq!(origin("shop.f", "/app/main.go"), Origin::Own);
    }

    #[test]
    fn compiler_wrappers_are_known() {
        assert!(Function::new("main.main.gowrap1").is_wrapper());
        assert!(Function::new("main.f.deferwrap12").is_wrapper());
        assert!(!Function::new("main.gowrapper").is_wrapper());
    }
}
