//! Dockerfiles and Containerfiles: how the program is built, on what it stands, how it is started.
//!
//! Spec: docs.docker.com/reference/dockerfile (BuildKit's frontend 1.x): stages, arguments, heredocs,
//! shell and exec form, continuation lines. Of variables only those are kept that the Go runtime reads.

mod secrets;
mod stage;

use parse_dockerfile::{Instruction, parse as parse_text};

use self::stage::{Stage, expand};
use super::manifest::kept;
use super::record::{nothing_found, text_lines};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::JSON_BYTES;
use crate::base::source::{Input, Position, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::recipe::{Build, Stated};

/// The formats of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "dockerfile",
    label: "Dockerfile",
    content: Content::Document,
    sniff,
    parse,
    secrets: secrets::mark,
}];

/// By its name, or as a text whose first instruction is `FROM` or `ARG` and that copies, runs or starts something.
fn sniff(probe: &Probe<'_>) -> Sniff {
    let name = probe.file_name().to_ascii_lowercase();
    let is_named = ["dockerfile", "containerfile"].iter().any(|stem| {
        name == *stem
            || name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['.', '-']))
            || name.ends_with(&format!(".{stem}"))
    });
    let lines = || text_lines(probe.head()).map(|(_, text)| text).filter(|text| !text.starts_with('#'));
    let is = |line: &str, word: &str| {
        let start = line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        start && line.as_bytes().get(word.len()).is_some_and(|byte| matches!(byte, b' ' | b'\t'))
    };
    let has_from = lines().any(|line| is(line, "FROM"));
    let begins = lines().next().is_some_and(|line| line.starts_with("FROM ") || line.starts_with("ARG "));
    let acts = || {
        lines().any(|line| ["RUN ", "COPY ", "CMD ", "ENTRYPOINT "].iter().any(|word| line.starts_with(word)))
    };
    if has_from && (is_named || (begins && acts())) { Sniff::ByContent } else { Sniff::No }
}

/// Parses the stages.
/// # Errors
/// `Malformed` where an instruction cannot be read; `LimitExceeded` if the text is too large.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    if input.bytes.len() > JSON_BYTES {
        let message = format!("the text is larger than {JSON_BYTES} bytes");
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::line(1), "dockerfile", message));
    }
    let text = String::from_utf8_lossy(input.bytes);
    let text = text.trim_start_matches('\u{feff}');
    let file = parse_text(text).map_err(|error| {
        let at =
            Position { line: Some(to_u64(error.line())), column: Some(to_u64(error.column())), offset: None };
        ParseError::new(ErrorKind::Malformed, at, "dockerfile", error.to_string())
    })?;
    let lines = Lines::new(input, text);
    let mut arguments = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in &file.instructions {
        match (instruction, stages.last_mut()) {
            (Instruction::From(from), _) => {
                let image = expand(&from.image.value, &arguments);
                let at = lines.span(from.image.span.start);
                let name = from.as_.as_ref().map(|(_, name)| name.value.to_string());
                let earlier = stages.iter().find(|stage| stage.is_named(&image)).cloned();
                stages.push(Stage::begin(earlier, Stated { value: image.clone(), written: image, at }, name));
            }
            (Instruction::Arg(arg), None) => {
                arguments.extend(stage::argument(&arg.arguments.value, &arguments))
            }
            (instruction, Some(stage)) => stage.instruction(instruction, &lines, &arguments),
            _ => {}
        }
    }
    let Some(last) = stages.pop() else { return Err(nothing_found("dockerfile", "an instruction FROM")) };
    evidence.recipe.builds.push(build(input, stages, last));
    facts.kind = Some("dockerfile".to_owned());
    Ok(())
}

/// The image of the last stage, with what the stages before it say of how the program is built.
fn build(input: &Input<'_>, earlier: Vec<Stage>, last: Stage) -> Build {
    let mut all: Vec<&Stage> = earlier.iter().collect();
    all.push(&last);
    let compiles =
        all.iter().rev().find(|stage| stage.compiles).or_else(|| all.iter().find(|stage| stage.is_golang()));
    let builder = compiles.filter(|stage| stage.is_golang()).map(|stage| stage.base.clone());
    let mut programs: Vec<String> = all.iter().flat_map(|stage| stage.programs.clone()).collect();
    programs.sort();
    programs.dedup();
    Build {
        source: input.source,
        is_go: builder.is_some() || compiles.is_some(),
        cgo: compiles.and_then(|stage| stage.cgo.clone()),
        is_static: compiles.is_some_and(|stage| stage.is_static),
        builder,
        variables: last.variables.iter().filter(|variable| kept(&variable.name)).cloned().collect(),
        base: last.base,
        entrypoint: last.entrypoint,
        cmd: last.cmd,
        shell: last.shell,
        stop_signal: last.stop_signal,
        programs,
        scripts: last.scripts,
        brings_shell: last.brings_shell,
    }
}

/// Places by the byte at which something begins.
struct Lines<'i> {
    input: &'i Input<'i>,
    starts: Vec<usize>,
}

impl<'i> Lines<'i> {
    fn new(input: &'i Input<'i>, text: &str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { input, starts: starts.collect() }
    }

    fn span(&self, byte: usize) -> SourceSpan {
        let line = self.starts.partition_point(|start| *start <= byte);
        SourceSpan { source: self.input.source, at: Position::line(to_u64(line)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceId;

    fn read(text: &str) -> Build {
        let input = Input { source: SourceId(0), path: "Dockerfile", bytes: text.as_bytes() };
        assert_eq!(sniff(&Probe { path: "x", bytes: text.as_bytes() }), Sniff::ByContent, "{text}");
        let mut evidence = Evidence::default();
        parse(&input, &mut evidence, &mut Facts::default()).unwrap();
        evidence.recipe.builds.remove(0)
    }

    #[test]
    fn stages_and_arguments_are_resolved_to_the_last_base() {
        let build = read(
            "ARG GO=1.24\nARG BASE=debian:bookworm-slim\nFROM golang:${GO} AS build\nRUN --mount=type=cache,target=/x \\\n  CGO_ENABLED=0 go build -o /out/shop ./cmd/shop\nFROM $BASE AS base\nENV GOGC=off PATH=/bin TOKEN=x\nFROM base\nCOPY --from=build /out/shop /usr/bin/\nSTOPSIGNAL SIGQUIT\nCMD shop --port 80 && \\\n  echo stopped\n",
        );
        assert!(build.is_go);
        assert_eq!(build.builder.unwrap().value, "golang:1.24");
        assert_eq!((build.base.value.as_str(), build.base.at.at.line), ("debian:bookworm-slim", Some(6)));
        assert_eq!(build.cgo.map(|cgo| cgo.value), Some(false));
        assert_eq!(build.variables.len(), 1);
        assert_eq!(build.programs, ["shop"]);
        assert_eq!(build.stop_signal.unwrap().at.at.line, Some(10));
        let cmd = build.cmd.unwrap();
        assert!(cmd.value.is_shell);
        assert_eq!(cmd.value.words, ["shop --port 80 &&    echo stopped"]);
        assert_eq!(cmd.at.at.line, Some(11));
    }

    #[test]
    fn exec_form_and_scripts_in_heredocs_are_read() {
        let build = read(
            "FROM golang:1.26-alpine AS b\nENV CGO_ENABLED=1\nRUN go build -ldflags '-extldflags \"-static\"' -o app .\nFROM alpine:3.20\nCOPY --chmod=755 <<EOF /entry.sh\n#!/bin/sh\n/app\nEOF\nCOPY --from=b /src/app /app\nENTRYPOINT [\"/entry.sh\", \"-v\"]\n",
        );
        assert_eq!(build.entrypoint.unwrap().value.words, ["/entry.sh", "-v"]);
        assert!(build.is_static);
        let (path, script) = &build.scripts[0];
        assert_eq!(
            (path.as_str(), script.value.as_str(), script.at.at.line),
            ("/entry.sh", "#!/bin/sh\n/app\n", Some(6))
        );
    }

    #[test]
    fn a_mistake_says_its_line() {
        let text = "FROM golang:1.26\nRUN go build .\nNONSENSE x\n";
        let input = Input { source: SourceId(0), path: "Dockerfile", bytes: text.as_bytes() };
        let error = parse(&input, &mut Evidence::default(), &mut Facts::default()).unwrap_err();
        assert_eq!(error.at.line, Some(3), "{error}");
    }
}
