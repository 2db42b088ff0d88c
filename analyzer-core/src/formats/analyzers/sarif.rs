//! SARIF 2.1.0 (OASIS): `runs[].results[]`, each with a rule, a message and places.

use serde::Deserialize;

use super::{Stated, Taker, by_content, first_value, has_all};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    tool: Option<Tool>,
    results: Option<Vec<Found>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    #[serde(default)]
    name: String,
    #[serde(default)]
    rules: Vec<RuleName>,
}

#[derive(Deserialize)]
struct RuleName {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: Option<String>,
    rule_index: Option<usize>,
    kind: Option<String>,
    #[serde(default)]
    message: Message,
    #[serde(default)]
    locations: Vec<Location>,
    suppressions: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<Physical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Deserialize)]
struct Artifact {
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<u32>,
}

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = probe.head().strip_prefix(b"\xef\xbb\xbf").unwrap_or(probe.head());
    let is_object = head.trim_ascii_start().starts_with(b"{");
    let is_named = has_all(probe, &["\"$schema\"", "sarif"]) || has_all(probe, &["\"2.1.0\"", "\"driver\""]);
    by_content(is_object && is_named && has_all(probe, &["\"version\"", "\"runs\""]))
}

/// Reads the results of every run; what was suppressed or passed is left out.
/// # Errors
/// `Malformed`, `LimitExceeded`.
pub(super) fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let log: Log = first_value(input)?;
    let mut taker = Taker::new(input, evidence, facts);
    for run in &log.runs {
        let driver = run.tool.as_ref().map(|tool| &tool.driver);
        let tool = driver.map(|driver| driver.name.as_str()).filter(|name| !name.is_empty());
        for found in run.results.iter().flatten() {
            let by_index = || driver?.rules.get(found.rule_index?).map(|rule| rule.id.as_str());
            let rule = found.rule_id.as_deref().or_else(by_index).unwrap_or_default();
            let is_passed = found.kind.as_deref().is_some_and(|kind| !matches!(kind, "fail" | "review"));
            if is_passed || found.suppressions.as_ref().is_some_and(|list| !list.is_empty()) {
                continue;
            }
            let place = found.locations.iter().find_map(|location| {
                let physical = location.physical_location.as_ref()?;
                let uri = physical.artifact_location.as_ref()?.uri.as_deref()?;
                Some((uri, physical.region.as_ref().and_then(|region| region.start_line).unwrap_or(0)))
            });
            let Some((uri, line)) = place else { continue };
            let file = path(uri);
            let stated = Stated {
                tool: tool.unwrap_or("static analyzer"),
                rule,
                file: &file,
                line,
                message: &found.message.text,
            };
            taker.take(&stated, "\"physicalLocation\"");
        }
    }
    taker.finish();
    Ok(())
}

/// The path of a URI: without `file://`, percent-encoded bytes as they are meant.
fn path(uri: &str) -> String {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let mut ahead = rest.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
