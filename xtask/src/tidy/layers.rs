//! Who may use whom. The table is ARCHITECTURE.md's.

use super::{TrackedFile, Violation, paths};

/// Sources below a folder, and the parts of the engine that they may name.
struct Layer {
    folder: &'static str,
    /// How these sources name the engine.
    engine: &'static str,
    may_use: &'static [&'static str],
}

const LAYERS: [Layer; 11] = [
    Layer { folder: "analyzer-core/src/base/", engine: "crate", may_use: &["base"] },
    Layer { folder: "analyzer-core/src/evidence/", engine: "crate", may_use: &["base", "evidence"] },
    Layer {
        folder: "analyzer-core/src/formats/",
        engine: "crate",
        may_use: &["base", "evidence", "formats"],
    },
    Layer { folder: "analyzer-core/src/intake/", engine: "crate", may_use: &["base", "formats", "intake"] },
    Layer {
        folder: "analyzer-core/src/redact/",
        engine: "crate",
        may_use: &["base", "formats", "intake", "redact"],
    },
    Layer {
        folder: "analyzer-core/src/analysis/",
        engine: "crate",
        may_use: &["base", "evidence", "report", "analysis"],
    },
    Layer {
        folder: "analyzer-core/src/detectors/",
        engine: "crate",
        may_use: &["base", "evidence", "analysis", "report", "detectors"],
    },
    Layer { folder: "analyzer-core/src/report/", engine: "crate", may_use: &["base", "evidence", "report"] },
    Layer { folder: "cli/src/", engine: "analyzer_core", may_use: &["base", "report", "session"] },
    Layer { folder: "fleet/src/", engine: "analyzer_core", may_use: &["base", "report", "session"] },
    Layer { folder: "web-app/src/", engine: "analyzer_core", may_use: &["base", "report", "session"] },
];

/// The engine's parts; other names after `crate::` are macros.
const PARTS: [&str; 9] =
    ["base", "evidence", "formats", "intake", "redact", "analysis", "detectors", "report", "session"];

/// Finds paths that lead into a part of the engine above the file's own.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    files.iter().flat_map(|file| {
        let layer = LAYERS.iter().find(|layer| file.path.starts_with(layer.folder));
        layer.filter(|_| !file.holds_tests()).map_or_else(Vec::new, |layer| check_file(file, layer))
    })
}

fn check_file(file: &TrackedFile, layer: &Layer) -> Vec<Violation> {
    let used = paths::named(file, layer.engine).into_iter();
    let parts = used.filter_map(|named| Some((named.segments.into_iter().next()?, named.line)));
    let forbidden =
        parts.filter(|(part, _)| PARTS.contains(&part.as_str()) && !layer.may_use.contains(&part.as_str()));
    forbidden
        .map(|(part, line)| {
            let allowed = layer.may_use.join(", ");
            let message = format!("{} may not use {part}, only {allowed}", layer.folder);
            Violation::new(file, line, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    fn violations(path: &str, source: &str) -> Vec<usize> {
        lines(check(&[file(path, source)]))
    }

    #[test]
    fn a_format_may_not_use_analysis_or_detectors() {
        let source =
            "use crate::base::units::Bytes;\nuse crate::analysis::top;\nfn f() { crate::detectors::run() }";
        assert_eq!(violations("analyzer-core/src/formats/smaps.rs", source), [2, 3]);
    }

    #[test]
    fn grouped_imports_are_seen() {
        let source = "use crate::{\n    base::{error, units},\n    formats::pprof,\n};";
        assert_eq!(violations("analyzer-core/src/evidence/stacks.rs", source), [3]);
    }

    #[test]
    fn super_leads_no_further_than_crate() {
        let source = "use super::super::detectors;\nuse super::smaps;";
        assert_eq!(violations("analyzer-core/src/formats/pprof/mod.rs", source), [1]);
    }

    #[test]
    fn base_uses_nothing_of_the_engine_but_itself_and_its_macros() {
        assert_eq!(violations("analyzer-core/src/base/error.rs", "use crate::report::Report;"), [1]);
        assert!(
            violations("analyzer-core/src/base/error.rs", "use crate::{base::index, newtype_index};")
                .is_empty()
        );
    }

    #[test]
    fn the_program_and_the_page_stay_at_the_door() {
        let source = "use analyzer_core::session::Session;\nuse analyzer_core::formats::pprof;";
        assert_eq!(violations("cli/src/main.rs", source), [2]);
        assert_eq!(violations("web-app/src/worker.rs", source), [2]);
        assert!(violations("xtask/src/inventory.rs", source).is_empty());
    }

    #[test]
    fn tests_may_reach_up() {
        let test = "#[cfg(test)] mod tests { use crate::session::Session; }";
        assert!(violations("analyzer-core/src/formats/smaps.rs", test).is_empty());
        assert!(violations("analyzer-core/src/report/tests.rs", "use crate::session::Session;").is_empty());
    }
}
