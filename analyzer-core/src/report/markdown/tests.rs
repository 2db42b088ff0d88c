//! The output is judged by a parser of GitHub's Markdown, not by its letters.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use serde_json::{Value, json};

use super::*;
use crate::report::{SCHEMA, plain_text};

/// Text that means something to Markdown, to HTML, to a table, to a host of
/// issues, or to the eye.
const HOSTILE: [&str; 19] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden",
    "a | b | c",
    "a\\|b \\",
    "`code` ``more`` ```",
    "```\nfence",
    "[link](https://example.com) ![image](x)",
    "https://example.com www.example.com <https://example.com> me@example.com",
    "@team fixes #1",
    "line\n\n# heading\n- item\n\n    code",
    "- item",
    "1. item",
    "> quote",
    "--- \n===",
    "*em* **strong** _em_ ~~gone~~ $x^2$",
    "&lt;b&gt; &#60; &amp;",
    "bidi \u{202e}txt.exe\u{202c} zero\u{200b}width",
    "nul\0 bell\u{7} escape\u{1b}[31m",
];

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options
}

/// A report with `text` in every place that input can reach.
fn report_with(text: &str) -> Report {
    let frame = json!({ "function": text, "file": text, "line": 7 });
    let citation =
        json!({ "source": 0, "at": { "line": 12 }, "quantity": text, "value": 126_143_488, "unit": "bytes" });
    let report = json!({
        "schema": SCHEMA, "engine": text, "verdict": text,
        "sources": [{
            "id": 0, "path": text, "format": text, "bytes": 1, "decoded_bytes": 1, "snapshot": text,
            "subject": 0, "kind": text, "status": "partial",
            "notes": [{ "severity": "data-loss", "code": text, "message": text, "count": 2 }]
        }],
        "subjects": [{
            "id": 0, "name": text, "pid": 7, "go_version": text, "spanning": [],
            "snapshots": [{ "label": text, "captured_at": 0, "sources": [0] }]
        }],
        "findings": [{
            "code": text, "severity": "critical", "confidence": "likely", "title": text, "claim": text,
            "amount": { "value": 3 << 20, "low": 1 << 20, "unit": "bytes" },
            "subject": 0, "citations": [citation], "against": [text], "advice": [text]
        }],
        "not_run": [{ "code": text, "needs": [text] }],
        "memory": memory_with(text),
        "goroutines": {
            "snapshots": [{ "source": 0, "subject": 0, "snapshot": text, "total": 1234, "states": {} }],
            "groups": [{
                "id": text, "subject": 0, "verdict": "leak", "rule": text, "confidence": "certain",
                "counts": [10, 1000], "state": text, "wait_minutes": 9, "created_by": frame,
                "user_frame": frame, "stack": [frame, frame], "labels": {}, "reasons": [text],
                "against": [text], "advice": [text], "citations": [citation]
            }]
        }
    });
    serde_json::from_value(report).unwrap()
}

fn memory_with(text: &str) -> Value {
    let row = |is_total: bool| {
        json!({
            "id": text, "layer": "process", "label": text, "bytes": -(5 << 20), "low": -(6 << 20), "high": 0,
            "class": "residual", "is_total": is_total, "formula": text, "meaning": text, "citations": []
        })
    };
    json!({
        "subject": 0, "snapshot": text, "layers": [], "ledger": [row(true), row(false)],
        "limit": 512 << 20, "gogc": -1, "missing": [text], "snapshots": [],
        "checks": [{ "identity": text, "holds": false, "difference": 4096, "tolerance": 0, "note": text }]
    })
}

/// What the document is made of, without its words: `heading(3)`, `table`, `code`, ...
fn shape<'a>(node: &'a AstNode<'a>) -> Vec<String> {
    let kinds = node.descendants().filter_map(|node| match &node.data.borrow().value {
        // How often text is split, and whether a name is code or plain, is no structure.
        NodeValue::Text(_) | NodeValue::Code(_) => None,
        NodeValue::Heading(heading) => Some(format!("heading {}", heading.level)),
        NodeValue::List(_) => Some("list".to_owned()),
        NodeValue::Item(_) => Some("item".to_owned()),
        NodeValue::CodeBlock(_) => Some("code block".to_owned()),
        value => Some(value.xml_node_name().to_owned()),
    });
    kinds.collect()
}

fn words<'a>(node: &'a AstNode<'a>) -> String {
    let mut words = String::new();
    for node in node.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words.push_str(&code.literal),
            NodeValue::CodeBlock(block) => words.push_str(&block.literal),
            _ => words.push('\n'),
        }
    }
    words.replace('\u{2060}', "")
}

#[test]
fn text_from_input_changes_no_structure_of_the_document() {
    let arena = Arena::new();
    let plain = report_with("plain").to_markdown();
    let expected = shape(parse_document(&arena, &plain, &options()));
    assert!(expected.iter().any(|kind| kind == "table"), "{expected:?}");
    for text in HOSTILE {
        let markdown = report_with(text).to_markdown();
        let document = parse_document(&arena, &markdown, &options());
        assert_eq!(shape(document), expected, "for {text:?}:\n{markdown}");
    }
}

#[test]
fn every_place_shows_the_text_as_it_is() {
    let arena = Arena::new();
    let places = |text: &str| {
        let markdown = report_with(text).to_markdown();
        let document = parse_document(&arena, &markdown, &options());
        words(document).matches(plain_text::visible(text).trim()).count()
    };
    let expected = places("plain text");
    assert!(expected >= 24, "{expected}");
    // Text that holds no slash: a file's place shows the last part of its path.
    for text in HOSTILE.into_iter().filter(|text| !text.contains('/')) {
        assert_eq!(places(text), expected, "for {text:?}");
    }
}

#[test]
fn no_invisible_character_of_input_is_left() {
    for text in HOSTILE {
        let markdown = report_with(text).to_markdown();
        let left = markdown.chars().find(|&c| plain_text::is_invisible(c) && !matches!(c, '\n' | '\u{2060}'));
        assert_eq!(left, None, "for {text:?}");
    }
}

#[test]
fn numbers_carry_units_signs_and_bounds() {
    let markdown = report_with("x").to_markdown();
    for part in [
        "- `x`, likely, 3.0 MiB (at least 1.0 MiB)",
        "- From `x`, line 12: `x` = 120.3 MiB",
        "Limit 512.0 MiB, GOMEMLIMIT unknown, GOGC off",
        "| process | **x** | **-5.0 MiB** | -5242880 | residual, -6.0 MiB to 0 B | `x` |",
        "off by 4.0 KiB, tolerance 0 B. x",
        "1,234 at x",
        "| **leak** | 10 → 1,000 | x, 9 min | `x` `x:7` | `x` | `x` |",
        "x (1970-01-01 00:00:00 UTC)",
    ] {
        assert!(markdown.contains(part), "{part}\nis not in\n{markdown}");
    }
}

#[test]
fn a_report_of_nothing_is_one_sentence() {
    let mut session = crate::session::Session::default();
    let markdown = session.report().to_markdown();
    assert!(markdown.starts_with("## Strata report\n\n**Nothing could be read"), "{markdown}");
    assert!(!markdown.contains("###"), "{markdown}");
}
