//! `go vet -json`: a JSON object for each package, `{"package": {"analyzer": [diagnostic]}}`, one
//! after the other; up to Go 1.25 on standard error, with a line `# package` before each.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::{Stated, Taker, by_content, has_all, malformed};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

/// An object's members in the order in which they stand.
struct Members<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
            type Value = Members<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each(std::marker::PhantomData))
    }
}

/// An analyzer's diagnostics, or the error that kept it from running.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Diagnostics(Vec<Said1>),
    Failed(IgnoredAny),
}

#[derive(Deserialize)]
struct Said1 {
    posn: String,
    message: String,
}

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let start = value(probe.head(), 0).and_then(|at| probe.head().get(at));
    by_content(start == Some(&b'{') && has_all(probe, &["\"posn\"", "\"message\""]))
}

/// Where the next object starts: behind blank lines, `# package` and what `vet` says itself.
fn value(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        if !rest.starts_with(b"# ") && !rest.starts_with(b"vet: ") && !rest.starts_with(b"exit status ") {
            return Some(at);
        }
        at += memchr::memchr(b'\n', rest)?;
    }
}

/// Reads every package's diagnostics.
/// # Errors
/// `Malformed` if the first object is none; `LimitExceeded`.
pub(super) fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    if input.bytes.len() > limits::JSON_BYTES {
        let message = format!("more than {} MiB of JSON", limits::JSON_BYTES >> 20);
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "file", message));
    }
    let mut taker = Taker::new(input, evidence, facts);
    let (mut from, mut is_first) = (0, true);
    while let Some(at) = value(input.bytes, from) {
        let rest = input.bytes.get(at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Members<Members<Said>>>();
        match values.next() {
            Some(Ok(packages)) => {
                take(&packages, &mut taker);
                from = at + values.byte_offset().max(1);
            }
            Some(Err(error)) => {
                let before = input.bytes.get(..at).unwrap_or_default();
                let error = malformed(&error, to_u64(memchr::memchr_iter(b'\n', before).count()));
                if is_first {
                    return Err(error);
                }
                taker.facts.notes.data_loss("cut", Some(error.at), error.message);
                break;
            }
            None => break,
        }
        is_first = false;
    }
    taker.finish();
    Ok(())
}

fn take(packages: &Members<Members<Said>>, taker: &mut Taker<'_>) {
    for (analyzer, said) in packages.0.iter().flat_map(|(_, analyzers)| &analyzers.0) {
        let diagnostics = match said {
            Said::Diagnostics(diagnostics) => diagnostics,
            Said::Failed(_) => {
                let message = format!("The analyzer {analyzer} failed: its diagnostics are missing");
                taker.facts.notes.data_loss("analyzer-failed", None, message);
                continue;
            }
        };
        for said in diagnostics {
            let Some((file, line)) = place(&said.posn) else { continue };
            let stated =
                Stated { tool: "go vet", rule: analyzer, file, line, message: said.message.as_str() };
            taker.take(&stated, &said.posn);
        }
    }
}

/// `file.go:17:7`, or without a column.
fn place(posn: &str) -> Option<(&str, u32)> {
    let (head, last) = posn.rsplit_once(':')?;
    match head.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some(place) => Some(place),
        None => Some((head, last.parse().ok()?)),
    }
}
