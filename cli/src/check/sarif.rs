//! SARIF 2.1.0 (OASIS), as code scanning services read it.
//!
//! A goroutine finding stands at its line of source; others stand at the line
//! of the captured file that they cite, for they are about no line of source.

use std::collections::BTreeMap;

use analyzer_core::base::source::Position;
use analyzer_core::report::plain_text::visible;
use analyzer_core::report::{Citation, Finding, Report, Severity};
use serde_json::{Value, json};

use crate::output;

use super::gate::{Fate, Outcome, Status};
use super::text::losses;

/// # Errors
/// None: everything in it is JSON.
pub(super) fn print(
    outcome: &Outcome<'_>,
    source_root: Option<&str>,
    has_baseline: bool,
) -> serde_json::Result<String> {
    let report = outcome.report;
    let rules: BTreeMap<&str, &Finding> =
        report.findings.iter().rev().map(|finding| (finding.code.as_str(), finding)).collect();
    let results: Vec<Value> = outcome
        .findings
        .iter()
        .map(|judged| {
            let mut result = result(judged.finding, report, source_root);
            result["partialFingerprints"] = json!({ "strata/v1": judged.fingerprint });
            if has_baseline {
                let is_known = judged.fate == Fate::Known;
                result["baselineState"] = json!(if is_known { "unchanged" } else { "new" });
            }
            result
        })
        .collect();
    let notifications: Vec<Value> = losses(report)
        .map(|(path, message)| {
            json!({ "level": "warning", "message": { "text": text(message) }, "locations": [location(path, None)] })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Strata",
                "version": report.engine,
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": outcome.status() != Status::Unreadable, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    output::json(&log)
}

fn rule(finding: &Finding) -> Value {
    json!({
        "id": finding.code,
        "name": finding.code,
        "shortDescription": { "text": text(&finding.title) },
        "help": { "text": text(&finding.advice.join(" ")) },
        "defaultConfiguration": { "level": level(finding.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Finding, report: &Report, source_root: Option<&str>) -> Value {
    let advice: String = finding.advice.iter().map(|advice| format!(" {advice}")).collect();
    let cited: Vec<Value> =
        finding.citations.as_slice().iter().filter_map(|citation| cited(citation, report)).collect();
    let main = line_of_source(finding, report, source_root).or_else(|| cited.first().cloned());
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": text(&format!("{}{advice}", finding.claim)) },
        "locations": main.into_iter().collect::<Vec<_>>(),
        "properties": { "confidence": finding.confidence, "amount": finding.amount },
    });
    if !cited.is_empty() {
        result["relatedLocations"] = json!(cited);
    }
    result
}

/// The first frame of the user's own code in the finding's goroutine group.
fn line_of_source(finding: &Finding, report: &Report, source_root: Option<&str>) -> Option<Value> {
    let groups = &report.goroutines.as_ref()?.groups;
    let group = groups.iter().find(|group| finding.group.as_ref() == Some(&group.id))?;
    let frame = group.user_frame.as_ref().or(group.created_by.as_ref())?;
    let file = frame.file.as_deref()?;
    let inside =
        source_root.and_then(|root| file.strip_prefix(root.trim_end_matches('/'))?.strip_prefix('/'));
    let line = frame.line.map(u64::from);
    Some(location(inside.unwrap_or(file), line.map(Position::line)))
}

fn cited(citation: &Citation, report: &Report) -> Option<Value> {
    let source = report.sources.iter().find(|row| row.id == citation.source)?;
    Some(location(&source.path, citation.at))
}

fn location(path: &str, at: Option<Position>) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(path) } });
    match at.map(|at| (at.line, at.offset)) {
        Some((Some(line), _)) => place["region"] = json!({ "startLine": line }),
        Some((None, Some(offset))) => place["region"] = json!({ "byteOffset": offset }),
        _ => {}
    }
    json!({ "physicalLocation": place })
}

/// A path as a URI reference: a file URI if it is absolute. Everything but
/// the characters that mean themselves is percent-encoded (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A plain text message. In SARIF `[a](1)` is a link and `{0}` a placeholder,
/// in plain text too: escaped where they would be taken for one.
fn text(raw: &str) -> String {
    let shown = visible(raw).replace("](", "\\](");
    let mut text = String::with_capacity(shown.len());
    let mut rest = shown.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (inside, behind) = after.split_at(digits);
        text.push_str(before);
        match behind.strip_prefix('}').filter(|_| digits > 0) {
            Some(behind) => {
                text.push_str(&format!("{{{{{inside}}}}}"));
                rest = behind;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    // An empty message is not allowed.
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("t0/heap.pb.gz"), "t0/heap.pb.gz");
        assert_eq!(uri("/srv/a b/ö.go"), "file:///srv/a%20b/%C3%B6.go");
        assert_eq!(uri("a:b?c#d%e"), "a%3Ab%3Fc%23d%25e");
    }

    #[test]
    fn links_and_placeholders_in_text_are_escaped() {
        assert_eq!(text("see [x](1) or {0}, {1 and {a} {}"), "see [x\\](1) or {{0}}, {1 and {a} {}");
        assert_eq!(text("Map[...].Get"), "Map[...].Get");
    }
}
