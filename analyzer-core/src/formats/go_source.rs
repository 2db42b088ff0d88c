//! Go source files and module files (go.dev/ref/spec, go.dev/ref/mod): the program whose captures
//! they lie beside. They are not judged: findings quote them.

use super::record::text_lines;
use super::redaction::free_text;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::base::source_map::module_of;
use crate::evidence::Evidence;
use crate::evidence::go_source::GoModule;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "go-source",
        label: "Go source",
        content: Content::Document,
        sniff: sniff_source,
        parse: parse_source,
        secrets: free_text,
    },
    Format {
        name: "go-mod",
        label: "Go module",
        content: Content::Document,
        sniff: sniff_module,
        parse: parse_module,
        secrets: free_text,
    },
];

fn sniff_source(probe: &Probe<'_>) -> Sniff {
    if !probe.file_name().ends_with(".go") {
        return Sniff::No;
    }
    let is_text = !probe.head().contains(&0);
    let is_package = text_lines(probe.head()).any(|(_, text)| text.trim_start().starts_with("package "));
    if is_text && is_package { Sniff::ByContent } else { Sniff::No }
}

fn parse_source(input: &Input<'_>, evidence: &mut Evidence, _: &mut Facts) -> Result<(), ParseError> {
    evidence.go_source.files.push(input.source);
    Ok(())
}

fn sniff_module(probe: &Probe<'_>) -> Sniff {
    match probe.file_name() {
        "go.mod" if module_of(&String::from_utf8_lossy(probe.head())).is_some() => Sniff::ByContent,
        "go.sum" | "go.work" | "go.work.sum" if std::str::from_utf8(probe.head_lines()).is_ok() => {
            Sniff::ByContent
        }
        _ => Sniff::No,
    }
}

fn parse_module(input: &Input<'_>, evidence: &mut Evidence, _: &mut Facts) -> Result<(), ParseError> {
    let is_module = input.path.rsplit('/').next() == Some("go.mod");
    let text = String::from_utf8_lossy(input.bytes);
    if let Some(module) = module_of(&text).filter(|_| is_module) {
        let module = evidence.strings.intern(module);
        evidence.go_source.modules.push(GoModule { source: input.source, module });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::evidence::sources::SourceStatus;
    use crate::session::Session;

    #[test]
    fn source_is_known_and_not_judged() {
        let mut session = Session::default();
        session.add("shop/go.mod", b"module example.com/shop\n\ngo 1.22\n".to_vec());
        session.add("shop/go.sum", b"example.com/dep v1.0.0 h1:abc=\n".to_vec());
        session.add(
            "shop/main.go",
            b"// Command shop.\npackage main\n\nfunc main() { panic(\"goroutine 1 [running]:\") }\n".to_vec(),
        );
        let report = session.report();
        assert!(report.sources.iter().all(|row| row.status == SourceStatus::Parsed && row.notes.is_empty()));
        assert_eq!((report.findings.len(), report.subjects.len()), (0, 0));
    }
}
