//! The floors of the page: a module uses its own floor and those below, and no
//! rooms of a floor stand in a circle. ARCHITECTURE.md has the same table.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{self, Named};
use super::{TrackedFile, Violation};

const SOURCES: &str = "web-app/src/";

/// The page's modules, from the ground up.
const FLOORS: [&[&str]; 7] = [
    &["crash", "file_reader", "number_format", "protocol"],
    &["state"],
    &["selectors"],
    &["address", "intake", "link", "worker_client"],
    &["components"],
    &["views"],
    &["app", "worker"],
];

/// A file with the modules that lead to it.
struct Module<'a> {
    file: &'a TrackedFile,
    path: Vec<String>,
    uses: Vec<Named>,
}

/// Finds what reaches up, and rooms that stand in a circle.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let modules: Vec<Module<'_>> = files.iter().filter_map(module).collect();
    let mut violations: Vec<Violation> = modules.iter().flat_map(reaching_up).collect();
    violations.extend(circles(&modules));
    violations
}

/// A source of the page, but for the root, which ties all floors together.
fn module(file: &TrackedFile) -> Option<Module<'_>> {
    let in_src = file.path.strip_prefix(SOURCES).filter(|path| path.ends_with(".rs"))?;
    let path = paths::module_of(in_src);
    let is_checked = !path.is_empty() && !file.holds_tests();
    is_checked.then(|| Module { file, path, uses: paths::named(file, "crate") })
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn reaching_up(module: &Module<'_>) -> Vec<Violation> {
    let Some(own) = floor(&module.path[0]) else {
        let message = format!("{} stands on no floor of xtask/src/tidy/floors.rs", module.path[0]);
        return vec![Violation::new(module.file, 0, message)];
    };
    let above = |named: &&Named| named.segments.first().and_then(|name| floor(name)) > Some(own);
    let violation = |named: &Named| {
        let message = format!("{} may not use {}, which is above it", module.path[0], named.segments[0]);
        Violation::new(module.file, named.line, message)
    };
    module.uses.iter().filter(above).map(violation).collect()
}

/// Uses between rooms of one floor that lead back to where they come from.
fn circles(modules: &[Module<'_>]) -> Vec<Violation> {
    let rooms: BTreeSet<String> = modules.iter().filter_map(|module| room(&module.path)).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut places = Vec::new();
    for module in modules {
        let Some(from) = room(&module.path) else { continue };
        for named in &module.uses {
            let to = room(&named.segments).filter(|to| *to != from && rooms.contains(to));
            if let Some(to) = to {
                uses.entry(from.clone()).or_default().insert(to.clone());
                places.push((module.file, named.line, from.clone(), to));
            }
        }
    }
    let back = places.into_iter().filter(|(_, _, from, to)| reaches(&uses, to, from));
    back.map(|(file, line, from, to)| {
        Violation::new(file, line, format!("{from} uses {to}, which leads back to it"))
    })
    .collect()
}

/// What of a floor a path leads into: a module, or a part of one that is a whole
/// floor. The root of such a floor holds what its rooms share, and is none.
fn room(path: &[String]) -> Option<String> {
    let module = path.first()?;
    let is_floor = FLOORS.iter().any(|floor| *floor == [module.as_str()]);
    if is_floor { Some(format!("{module}::{}", path.get(1)?)) } else { Some(module.clone()) }
}

fn reaches(uses: &BTreeMap<String, BTreeSet<String>>, from: &str, goal: &str) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(room) = open.pop() {
        if room == goal {
            return true;
        }
        if seen.insert(room) {
            open.extend(uses.get(room).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn violations(sources: &[(&str, &str)]) -> Vec<(String, usize)> {
        let files: Vec<_> =
            sources.iter().map(|(path, text)| file(&format!("{SOURCES}{path}"), text)).collect();
        let found = check(&files).into_iter();
        found.map(|violation| (violation.path.replace(SOURCES, ""), violation.line)).collect()
    }

    #[test]
    fn state_may_not_use_views_nor_a_component_a_view_or_the_app() {
        let up = [
            ("state/route.rs", "use crate::number_format;\nuse crate::views::View;"),
            ("components/tabs.rs", "use crate::state::Route;\nfn f() { crate::views::all() }"),
            ("components/flame/data.rs", "use crate::{\n    app::mount,\n    link::Link,\n};"),
        ];
        let expected = [("state/route.rs", 2), ("components/tabs.rs", 2), ("components/flame/data.rs", 2)];
        assert_eq!(violations(&up), expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn super_leads_no_further_than_crate() {
        let source = "use super::super::views::View;";
        assert_eq!(violations(&[("components/tabs.rs", source)]), [("components/tabs.rs".to_owned(), 1)]);
    }

    #[test]
    fn what_is_below_may_be_used_and_a_test_may_use_anything() {
        let down = [
            ("views/files/mod.rs", "use super::View;\nuse crate::components::rows::Rows;\nuse crate::state;"),
            ("app/mod.rs", "use crate::views::ViewProps;"),
            ("state/mod.rs", "#[cfg(test)]\nmod tests { use crate::app; }"),
            ("state/tests.rs", "use crate::views::View;"),
        ];
        assert_eq!(violations(&down), []);
    }

    #[test]
    fn rooms_that_use_each_other_are_found_over_a_third_one_too() {
        let pair = [
            ("views/gc/mod.rs", "use crate::views::trace::words;"),
            ("views/trace/mod.rs", "use super::gc;"),
            ("views/files.rs", "use super::gc;"),
        ];
        assert_eq!(
            violations(&pair),
            [("views/gc/mod.rs".to_owned(), 1), ("views/trace/mod.rs".to_owned(), 1)]
        );
        let ring = [
            ("link.rs", "use crate::intake::Intake;"),
            ("intake/mod.rs", "use crate::address;"),
            ("address.rs", "fn f() { crate::link::send() }"),
        ];
        assert_eq!(violations(&ring).len(), 3);
    }

    #[test]
    fn a_module_without_a_floor_is_named() {
        assert_eq!(violations(&[("cellar.rs", "")]), [("cellar.rs".to_owned(), 0)]);
    }
}
