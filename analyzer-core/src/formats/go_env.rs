//! `go env`: which Go a build machine has.
//!
//! Spec: `go help env`; a line a variable, as the shell of the system sets it (cmd/go/internal/envcmd),
//! or JSON with `-json`. Only the version is kept.

use super::record::{nothing_found, text_lines};
use super::redaction::{Marks, is_go_version};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::recipe::Stated;

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "go-env",
    label: "Go settings (go env)",
    content: Content::Document,
    sniff,
    parse,
    secrets,
}];

/// Variables that every `go env` prints.
const ALWAYS: [&str; 4] = ["GOVERSION", "GOROOT", "GOARCH", "GOOS"];

/// Name, value and place of every variable.
fn variables(bytes: &[u8]) -> impl Iterator<Item = (&str, &str, Position)> {
    text_lines(bytes).filter_map(|(line, text)| {
        let text = text.trim();
        let (name, value) = match text.strip_prefix('"') {
            // `"GOVERSION": "go1.26.6",`
            Some(rest) => rest.split_once("\":")?,
            None => text.strip_prefix("set ").unwrap_or(text).split_once('=')?,
        };
        let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        Some((name, value, line.position()))
    })
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let has = |name: &&str| variables(probe.head()).take(200).any(|(other, ..)| other == *name);
    if ALWAYS.iter().all(has) { Sniff::ByContent } else { Sniff::No }
}

fn parse(input: &Input<'_>, evidence: &mut Evidence, _: &mut Facts) -> Result<(), ParseError> {
    let version = variables(input.bytes).find(|(name, ..)| *name == "GOVERSION");
    let Some((_, value, at)) = version else { return Err(nothing_found("go env", "GOVERSION")) };
    let at = SourceSpan { source: input.source, at };
    evidence.recipe.toolchains.push(Stated { value: value.to_owned(), written: value.to_owned(), at });
    Ok(())
}

/// What a build machine is, and its version of Go, stay; folders and flags do not.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    const SYSTEMS: [&str; 9] =
        ["linux", "windows", "darwin", "freebsd", "amd64", "arm64", "arm", "386", "riscv64"];
    for (name, value, _) in variables(input.bytes).filter(|(name, ..)| ALWAYS.contains(name)) {
        marks.keep(name.as_bytes());
        if SYSTEMS.contains(&value) || is_go_version(value.as_bytes()) {
            marks.keep(value.as_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    const DEPLOY: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        env: [{name: GOGC, value: '50'}]\n        resources: {limits: {cpu: 2}}\n";

    #[test]
    fn an_old_toolchain_is_known_from_any_form() {
        for text in [
            "AR='ar'\nGOARCH='amd64'\nGOOS='linux'\nGOROOT='/usr/local/go'\nGOVERSION='go1.24.2'\n",
            "set GOARCH=amd64\nset GOOS=windows\nset GOROOT=C:\\Go\nset GOVERSION=go1.23.1\n",
            "{\n\t\"GOARCH\": \"arm64\",\n\t\"GOOS\": \"linux\",\n\t\"GOROOT\": \"/go\",\n\t\"GOVERSION\": \"go1.22.0\"\n}\n",
        ] {
            check(
                "spec.gomaxprocs",
                &[("deploy.yaml", DEPLOY), ("env.txt", text)],
                &["spec.gomaxprocs.unaware"],
            );
        }
        let new = "GOARCH='amd64'\nGOOS='linux'\nGOROOT='/go'\nGOVERSION='go1.26.6'\n";
        check("spec.gomaxprocs", &[("deploy.yaml", DEPLOY), ("env.txt", new)], &[]);
    }
}
