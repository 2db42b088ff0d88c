//! Go source files and module files (go.dev/ref/spec, go.dev/ref/mod): the program whose captures
//! they lie beside. They are not judged: findings quote them.

use super::record::text_lines;
use super::redaction::{Kind, Marks, free_text, is_go_version, is_number};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::{Input, SourceSpan};
use crate::base::source_map::module_of;
use crate::evidence::Evidence;
use crate::evidence::go_source::GoModule;
use crate::evidence::recipe::{Helpers, Module, Stated};

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
        secrets: secrets_of_module,
    },
    PASSED_OVER,
];

/// What stands beside the source in its tree: its path decides, not its content.
pub const PASSED_OVER: Format = Format {
    name: "source-tree",
    label: "file of a source tree, not analyzed",
    content: Content::Document,
    sniff: |_| Sniff::No,
    parse: |_, _, _| Ok(()),
    secrets: free_text,
};

/// The format of Go source.
pub const SOURCE: &Format = &FORMATS[0];

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
        evidence.recipe.modules.push(versions(input, module, &text));
        let module = evidence.strings.intern(module);
        evidence.go_source.modules.push(GoModule { source: input.source, module });
    }
    Ok(())
}

/// What a `go.mod` says of versions (go.dev/ref/mod, go.dev/doc/godebug): the `go` line decides which
/// defaults the runtime has, unless `godebug default=go1.N` does.
fn versions(input: &Input<'_>, path: &str, text: &str) -> Module {
    let mut module = Module {
        path: path.to_owned(),
        source: input.source,
        go: None,
        toolchain: None,
        container_max_procs: None,
        helpers: Helpers::default(),
    };
    let mut block = String::new();
    for (line, text) in text_lines(text.as_bytes()) {
        let text = text.split("//").next().unwrap_or(text).trim();
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        let stated = |value: &str| {
            let at = SourceSpan { source: input.source, at: line.position() };
            Some(Stated { value: value.to_owned(), written: text.to_owned(), at })
        };
        if text == ")" {
            block.clear();
        } else if text.ends_with('(') {
            first.clone_into(&mut block);
        } else {
            let directive = if block.is_empty() { first } else { block.as_str() };
            let value = if block.is_empty() { words.next().unwrap_or_default() } else { first };
            match directive {
                "go" => module.go = module.go.or_else(|| stated(value)),
                "toolchain" => module.toolchain = stated(value),
                "require" => module.helpers.look(value),
                "godebug" => match value.split_once('=') {
                    Some(("containermaxprocs", on)) => module.container_max_procs = Some(on == "1"),
                    Some(("default", version)) => module.go = stated(version),
                    _ => {}
                },
                _ => {}
            }
        }
    }
    module
}

/// Directives of a `go.mod`.
const DIRECTIVES: [&str; 10] =
    ["module", "go", "toolchain", "require", "replace", "exclude", "retract", "godebug", "ignore", "tool"];

/// Directives, versions of Go and modules that set limits stay; the module's path gets a pseudonym.
fn secrets_of_module(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    if crate::base::source::file_name(input.path) != "go.mod" {
        return Err("nothing of it is in the report");
    }
    for (_, text) in text_lines(input.bytes) {
        let text = text.split("//").next().unwrap_or(text);
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        if DIRECTIVES.contains(&first) || is_kept(first) {
            marks.keep(first.as_bytes());
        }
        for word in words {
            if first == "module" {
                marks.words(word.as_bytes(), Kind::Name);
            } else if is_kept(word) {
                marks.keep(word.as_bytes());
            }
        }
    }
    Ok(())
}

/// A version of Go, a setting of its defaults, a module that sets limits.
fn is_kept(word: &str) -> bool {
    let is_version = |text: &str| {
        is_go_version(text.as_bytes())
            || (text.starts_with("1.") && is_go_version(format!("go{text}").as_bytes()))
    };
    let is_setting = |(key, value): (&str, &str)| match key {
        "containermaxprocs" => is_number(value.as_bytes()),
        "default" => is_version(value),
        _ => false,
    };
    is_version(word) || word.split_once('=').is_some_and(is_setting) || Helpers::are(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceId;
    use crate::evidence::sources::SourceStatus;
    use crate::session::{FileInfo, Session};

    #[test]
    fn a_module_file_says_which_runtime_defaults_hold() {
        let text = "module example.com/shop // x\n\ngo 1.24\ntoolchain go1.26.6\ngodebug (\n\tcontainermaxprocs=1\n)\nrequire (\n\tgo.uber.org/automaxprocs v1.6.0\n)\nrequire github.com/KimMachineGun/automemlimit v0.7.0\n";
        let input = Input { source: SourceId(0), path: "go.mod", bytes: text.as_bytes() };
        let module = versions(&input, "example.com/shop", text);
        assert_eq!(module.go.map(|go| (go.value, go.at.at.line)), Some(("1.24".to_owned(), Some(3))));
        assert_eq!(module.toolchain.map(|go| go.value).as_deref(), Some("go1.26.6"));
        assert_eq!(module.container_max_procs, Some(true));
        assert_eq!(module.helpers, Helpers { memory: true, processors: true });
    }

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

    const DUMP: &str = "goroutine 1 [running]:\nmain.main()\n\t/a/main.go:3 +0x1\nexit status 2\n";

    fn paths(files: &[(&str, &str)], format: &str) -> Vec<String> {
        let mut session = Session::default();
        for (path, text) in files {
            session.add(path, text.as_bytes().to_vec());
        }
        let report = session.report();
        let rows = report.sources.iter().filter(|row| row.format.as_deref() == Some(format));
        rows.map(|row| row.path.clone()).collect()
    }

    #[test]
    fn what_stands_in_source_is_no_capture() {
        let quoted = format!("package cart\n\nconst dump = `\n{DUMP}`\n");
        let gc = "package runtime\n\n// gc 1 @0.014s 1%: 0.011+0.58+0.004 ms clock, 0.022+0.1/0.4/0+0.008 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\n";
        let long = format!("// {}\npackage cart\n", "x".repeat(70_000));
        let files = [
            ("a_test.go", quoted.as_str()),
            ("extern.go", gc),
            ("long.go", &long),
            ("cut.go", "<<<<<<< HEAD\n"),
            ("empty.go", ""),
        ];
        assert_eq!(paths(&files, "go-source").len(), 5);
        assert_eq!(paths(&files, "goroutine-dump").len() + paths(&files, "gctrace").len(), 0);
    }

    #[test]
    fn of_a_repository_only_captures_beside_the_source_are_judged() {
        let files = [
            ("shop/go.mod", "module example.com/shop\n"),
            ("shop/README.md", DUMP),
            ("shop/Makefile", "all:\n"),
            ("shop/notes.txt", "hello\n"),
            ("shop/main.go", "package main\n"),
            ("shop/parse/testdata/dump.txt", DUMP),
            ("shop/t0/goroutine.txt", DUMP),
        ];
        assert_eq!(paths(&files, "goroutine-dump"), ["shop/t0/goroutine.txt"]);
        assert_eq!(paths(&files, "source-tree").len(), 3);
        let mut session = Session::default();
        for (path, text) in files {
            session.add(path, text.as_bytes().to_vec());
        }
        let report = session.report();
        let unread: Vec<&str> = report
            .sources
            .iter()
            .filter(|row| row.status == SourceStatus::Unrecognized)
            .map(|row| row.path.as_str())
            .collect();
        assert_eq!(unread, ["shop/notes.txt"], "a text that may be a capture is said");
    }

    #[test]
    fn an_archive_says_at_its_end_what_it_is() {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in [("r/cmd/testdata/dump.txt", DUMP), ("r/go.mod", "module example.com/r\n")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(text.len()).unwrap());
            header.set_cksum();
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let mut session = Session::default();
        session.add("r.tar", tar.into_inner().unwrap());
        assert!(session.report().goroutines.is_none());
    }

    #[test]
    fn a_redacted_report_has_no_source() {
        let mut session = Session::default();
        let files = [
            ("shop/go.mod", "module example.com/shop\n"),
            ("shop/a.go", "package a\n"),
            ("shop/README.md", DUMP),
        ];
        for (path, text) in files {
            let bytes = u64::try_from(text.len()).unwrap();
            let file = session.open(FileInfo { path: path.to_owned(), bytes, modified_at: None });
            session.chunk(file, text.as_bytes().to_vec());
            session.close_to_redact(file);
        }
        let redacted = session.redact();
        assert_eq!(redacted.files.len(), 1, "of the module, a note: {:?}", redacted.files);
        assert!(redacted.summary.left_out.iter().any(|row| row.path == "2 source files"));
    }
}
