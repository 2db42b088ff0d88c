//! What is read as which value, and what is refused where.

use serde_json::json;

use super::*;

fn read(text: &str) -> Result<serde_json::Value, ParseError> {
    let roots = whole(text.as_bytes(), "yaml", &mut Notes::default())?;
    Ok(roots.first().map(Node::to_json).unwrap_or_default())
}

#[test]
fn block_style_is_read_as_its_json() {
    let text = "apiVersion: v1\nitems:\n- kind: Pod # a comment\n  metadata:\n    annotations: {}\n    \"a/b: c\": 'it''s'\n  \
                spec:\n    args:\n    - --port=80\n    - -v\n    -\n      a: 1\n    - - x\n      - 'y'\n\n  empty:\n  more: ~\nend: false\n";
    let expected = json!({
        "apiVersion": "v1",
        "items": [{
            "kind": "Pod",
            "metadata": { "annotations": {}, "a/b: c": "it's" },
            "spec": { "args": ["--port=80", "-v", { "a": 1 }, ["x", "y"]] },
            "empty": null,
            "more": null,
        }],
        "end": false,
    });
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn long_texts_are_unfolded() {
    let text = "a: 'one\n  two: ''three''\n\n  four'\nb: \"x\\ty \\\n  \\u00e9\\\"z\"\nc: plain text\n  goes on\nd: |\n  {\"k\":\n    1}\ne: |-\n  # kept\n\nf: 2\n";
    let expected = json!({
        "a": "one two: 'three'\nfour",
        "b": "x\ty é\"z",
        "c": "plain text goes on",
        "d": "{\"k\":\n  1}\n",
        "e": "# kept",
        "f": 2,
    });
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn flow_collections_anchors_and_merge_keys_are_read() {
    let text = "base: &base {cpu: 1, memory: 1Gi}\nlimits:\n  <<: *base\n  cpu: 2\nboth:\n  <<: [{a: 1}, {a: 2, b: 3}]\nlist: [*base, \"x\", ]\n";
    let expected = json!({
        "base": { "cpu": 1, "memory": "1Gi" },
        "limits": { "cpu": 2, "memory": "1Gi" },
        "both": { "a": 1, "b": 3 },
        "list": [{ "cpu": 1, "memory": "1Gi" }, "x"],
    });
    assert_eq!(read(text).unwrap(), expected);
    assert_eq!(
        read("{\"a\": [1, \"\\u00e9\\/\"],\n\t\"b\": null}").unwrap(),
        json!({ "a": [1, "é/"], "b": null })
    );
}

/// As YAML 1.1 readers take it, and people write it.
#[test]
fn flow_collections_may_end_in_the_column_of_their_key() {
    for (text, expected) in [
        ("a: {\n  b: 1\n}\nc: 2\n", json!({ "a": { "b": 1 }, "c": 2 })),
        (
            "a:\n  b: {\n    c: {\n      d: 1\n    }\n  }\n  e: 2\n",
            json!({ "a": { "b": { "c": { "d": 1 } }, "e": 2 } }),
        ),
        ("a:\n- b: [\n    1,\n  ]\n  c: 2\n", json!({ "a": [{ "b": [1], "c": 2 }] })),
        ("a:\n- {\n    b: 1\n  }\n- 2\n", json!({ "a": [{ "b": 1 }, 2] })),
    ] {
        assert_eq!(read(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn a_value_knows_its_line_and_column() {
    let roots = whole(b"# c\n---\na: {b: 512Mi}\n---\nc: 1\n", "yaml", &mut Notes::default()).unwrap();
    assert_eq!(roots.len(), 2);
    let at = roots[0].at_path("a b").unwrap().at;
    assert_eq!((at.line, at.column), (Some(3), Some(8)));
}

#[test]
fn what_is_not_read_says_where() {
    let place = |text: &str| {
        let error = read(text).unwrap_err();
        assert!(error.at.column.is_some(), "{error}");
        (error.kind, error.at.line.unwrap())
    };
    assert_eq!(place("a:\n  b: 1\n   c: 2\n"), (ErrorKind::Malformed, 3));
    assert_eq!(place("a:\n\tb: 1\n"), (ErrorKind::Malformed, 2));
    assert_eq!(place("a: *nothing\n"), (ErrorKind::Malformed, 1));
    assert_eq!(place("a: &a [*a]\n"), (ErrorKind::Malformed, 1));
    for text in ["a: 1\n\nb: \"x\n", "a: [1,\n"] {
        assert_eq!(place(text).0, ErrorKind::Truncated, "{text}");
    }
    for deep in ["- ".repeat(10_000), "[".repeat(100_000), "{a: ".repeat(10_000)] {
        assert_eq!(place(&deep).0, ErrorKind::LimitExceeded);
    }
    for text in ["a: {{ .Values.limit }}\nb: {{- if x }}\n", "a: 1\nb: {{ .Values.image }}\n", "{{ x }}: 1\n"]
    {
        let template = read(text).unwrap_err();
        assert!(template.message.contains("render it first"), "{template}");
    }
    for text in ["a: \"{{ $labels.pod }}\"\n", "a: |\n  {{ .Values.x }}\n", "a: { {b: 1}: c }\n"] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn what_stands_before_a_mistake_is_kept() {
    let (roots, error) = documents(b"a: 1\n---\nb: [1\n", "yaml", &mut Notes::default());
    assert_eq!((roots.len(), error.is_some()), (1, true));
}

#[test]
fn a_bomb_of_aliases_is_bounded_and_said() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("a{level}: &a{level} [{inner}]\n");
    }
    let error = read(&text).unwrap_err();
    assert_eq!(error.kind, ErrorKind::LimitExceeded);
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(64));
    assert_eq!(read(&long).unwrap_err().kind, ErrorKind::LimitExceeded);
}

#[test]
fn equal_keys_and_own_tags_are_said() {
    let mut notes = Notes::default();
    let roots = whole(b"a: 1\na: !Secret 2\nb: !!str 3\n", "yaml", &mut notes).unwrap();
    assert_eq!(roots[0].to_json(), json!({ "a": 2, "b": "3" }));
    let codes: Vec<_> = notes.rows().iter().map(|row| (row.code.as_str(), row.at.unwrap().line)).collect();
    assert_eq!(codes, [("yaml-tag", Some(2)), ("duplicate-key", Some(2))]);
}
