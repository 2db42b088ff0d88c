//! YAML (1.2, yaml.org/spec) as values with their places, for the formats that are written in it:
//! documents, anchors and aliases, merge keys (`<<`), flow collections. JSON is YAML, and read alike.
//!
//! Any input is safe: depth, nodes and what aliases repeat are bounded; nothing is read recursively.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Number};

use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits::{YAML_DEPTH, YAML_NODES, YAML_REPEATED_BYTES};
use crate::base::source::Position;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub struct Node {
    /// Line and column of its first character.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text, number, truth value or nothing.
    Scalar {
        /// As written, without quotes and escapes.
        text: String,
        /// True if it was written without quotes: `5` and not `"5"`.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// An object: its members in the order of the text, each key once.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its key.
    pub key: String,
    /// Where the key stands.
    pub at: Position,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The value at the end of a path of keys, blanks between.
    pub fn at_path(&self, path: &str) -> Option<&Self> {
        path.split(' ').try_fold(self, |node, key| node.get(key))
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar that is something.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, is_plain } if !(*is_plain && is_null(text)) => Some(text),
            _ => None,
        }
    }

    /// The text of a member's scalar.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// True for `true`.
    pub fn is_true(&self) -> bool {
        self.text() == Some("true")
    }

    /// The same as JSON has it. What is neither a whole number nor a word of JSON is a text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Scalar { text, is_plain: true } => match text.as_str() {
                text if is_null(text) => Json::Null,
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                text => text.parse::<i64>().map_or_else(
                    |_| Json::String(text.to_owned()),
                    |number| Json::Number(Number::from(number)),
                ),
            },
            Value::Scalar { text, .. } => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Object(members) => {
                let pairs = members.iter().map(|member| (member.key.clone(), member.value.to_json()));
                Json::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// The same as JSON says it; where it stands is not known.
    pub fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let scalar = |text: String, is_plain| Value::Scalar { text, is_plain };
        let value = match value {
            Json::Array(items) => Value::List(items.iter().map(Self::from_json).collect()),
            Json::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, value)| Member {
                        key: key.clone(),
                        at: Position::line(1),
                        value: Self::from_json(value),
                    })
                    .collect(),
            ),
            Json::String(text) => scalar(text.clone(), false),
            other => scalar(other.to_string(), true),
        };
        Self { at: Position::line(1), value }
    }

    /// Nodes in it, itself among them, and bytes of text.
    fn size(&self) -> (usize, usize) {
        let add = |(nodes, bytes): (usize, usize), (more, longer): (usize, usize)| {
            (nodes.saturating_add(more), bytes.saturating_add(longer))
        };
        match &self.value {
            Value::Scalar { text, .. } => (1, text.len()),
            Value::List(items) => items.iter().map(Self::size).fold((1, 0), add),
            Value::Object(members) => {
                members.iter().map(|member| add(member.value.size(), (0, member.key.len()))).fold((1, 0), add)
            }
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The documents of a text, and why reading ended before its end. What stands before a mistake is read.
pub fn documents(bytes: &[u8], part: &'static str, notes: &mut Notes) -> (Vec<Node>, Option<ParseError>) {
    let text = String::from_utf8_lossy(bytes);
    let mut builder = Builder {
        part,
        notes,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        repeated: 0,
        roots: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(&text));
    while let Some(next) = parser.next_event() {
        let error = match next {
            Ok((event, span)) => builder.event(event, span).err(),
            Err(error) => Some(scan_error(&error, &text, part)),
        };
        if let Some(error) = error {
            return (builder.roots, Some(error));
        }
    }
    (builder.roots, None)
}

/// The documents of a text that must be whole to be of use.
///
/// # Errors
/// `Malformed` or `Truncated` where the YAML breaks, with line and column; `LimitExceeded` where it
/// is nested too deep or its aliases repeat too much.
pub fn whole(bytes: &[u8], part: &'static str, notes: &mut Notes) -> Result<Vec<Node>, ParseError> {
    match documents(bytes, part, notes) {
        (roots, None) => Ok(roots),
        (_, Some(error)) => Err(error),
    }
}

fn scan_error(error: &ScanError, text: &str, part: &'static str) -> ParseError {
    let at = Position {
        line: Some(to_u64(error.marker().line())),
        column: Some(to_u64(error.marker().col()) + 1),
        offset: None,
    };
    let info = error.info();
    let is_at_end = error.marker().index() >= text.trim_end().chars().count();
    let is_cut = is_at_end || info.contains("end of stream");
    // The scanner counts what is open in 8 bits, and looks ahead of what it gives.
    let kind = if info.contains("recursion limit") {
        ErrorKind::LimitExceeded
    } else if is_cut {
        ErrorKind::Truncated
    } else {
        ErrorKind::Malformed
    };
    let is_template = text.lines().any(|line| line.contains("{{") && line.contains("}}"));
    let message = if is_template {
        format!("this is a template and not YAML yet ({info}); render it first, as helm template does")
    } else {
        info.to_owned()
    };
    ParseError::new(kind, at, part, message)
}

/// A list or object whose end has not come.
enum Open {
    List { at: Position, anchor: usize, items: Vec<Node> },
    Object { at: Position, anchor: usize, members: Vec<Member>, key: Option<(String, Position)> },
}

struct Builder<'n> {
    part: &'static str,
    notes: &'n mut Notes,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
    /// Bytes that aliases repeated.
    repeated: usize,
    roots: Vec<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        let at = Position {
            line: Some(to_u64(span.start.line())),
            column: Some(to_u64(span.start.col()) + 1),
            offset: None,
        };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text =
                    tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                self.tag(tag.is_some_and(|tag| !tag.is_yaml_core_schema()), at);
                let is_plain = style == ScalarStyle::Plain && !is_text;
                let node = Node { at, value: Value::Scalar { text: text.into_owned(), is_plain } };
                self.count(1, at)?;
                self.close(node, anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.is_some_and(|tag| !tag.is_yaml_core_schema()), at);
                self.deeper(at)?;
                self.open.push(Open::List { at, anchor, items: Vec::new() });
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.is_some_and(|tag| !tag.is_yaml_core_schema()), at);
                self.deeper(at)?;
                self.brace(at)?;
                self.open.push(Open::Object { at, anchor, members: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { at, anchor, items }) => {
                    self.close(Node { at, value: Value::List(items) }, anchor);
                }
                Some(Open::Object { at, anchor, members, .. }) => {
                    let members = self.settled(members)?;
                    self.close(Node { at, value: Value::Object(members) }, anchor);
                }
                None => {}
            },
            Event::Alias(anchor) => self.alias(anchor, at)?,
            Event::DocumentEnd => self.anchors.clear(),
            _ => {}
        }
        Ok(())
    }

    /// An application's own type says nothing here; the value is read as it is written.
    fn tag(&mut self, is_unknown: bool, at: Position) {
        if is_unknown {
            let message = "Tags of an application are not known; their values are read as they are written.";
            self.notes.info("yaml-tag", Some(at), message);
        }
    }

    /// `{{ .Values.image }}` is YAML, an object as the key of another, and never meant so.
    fn brace(&self, at: Position) -> Result<(), ParseError> {
        let Some(Open::Object { at: outer, members, key: None, .. }) = self.open.last() else {
            return Ok(());
        };
        let is_next = outer.line == at.line && outer.column.map(|column| column + 1) == at.column;
        if !is_next || !members.is_empty() {
            return Ok(());
        }
        let message = "this is a template and not YAML yet; render it first, as helm template does";
        Err(ParseError::new(ErrorKind::Malformed, *outer, self.part, message))
    }

    fn deeper(&mut self, at: Position) -> Result<(), ParseError> {
        if self.open.len() >= YAML_DEPTH {
            let message = format!("the document is nested more than {YAML_DEPTH} deep");
            return Err(ParseError::new(ErrorKind::LimitExceeded, at, self.part, message));
        }
        self.count(1, at)
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), ParseError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= YAML_NODES {
            return Ok(());
        }
        let message = format!("the text has more than {YAML_NODES} values, with what its aliases repeat");
        Err(ParseError::new(ErrorKind::LimitExceeded, at, self.part, message))
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), ParseError> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let message = "an alias stands within what it names";
            return Err(ParseError::new(ErrorKind::Malformed, at, self.part, message));
        };
        let node = self.repeat(&node, at)?;
        self.close(node, 0);
        Ok(())
    }

    /// A copy, if there is room for it.
    fn repeat(&mut self, node: &Node, at: Position) -> Result<Node, ParseError> {
        let (nodes, bytes) = node.size();
        self.count(nodes, at)?;
        self.repeated = self.repeated.saturating_add(bytes);
        if self.repeated > YAML_REPEATED_BYTES {
            let message = format!("aliases repeat more than {YAML_REPEATED_BYTES} bytes");
            return Err(ParseError::new(ErrorKind::LimitExceeded, at, self.part, message));
        }
        Ok(node.clone())
    }

    /// Puts a value where it belongs.
    fn close(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::new(node.clone()));
        }
        match self.open.last_mut() {
            None => self.roots.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Object { members, key, .. }) => match key.take() {
                Some((key, at)) => members.push(Member { key, at, value: node }),
                None => {
                    let text = match node.value {
                        Value::Scalar { text, .. } => text,
                        // A list or object as a key: nothing that is read here has any.
                        _ => String::new(),
                    };
                    *key = Some((text, node.at));
                }
            },
        }
    }

    /// Members with those of `<<` among them, each key once. As in most readers the last of equal keys holds.
    fn settled(&mut self, members: Vec<Member>) -> Result<Vec<Member>, ParseError> {
        let mut places: HashMap<String, usize> = HashMap::with_capacity(members.len());
        let mut kept: Vec<Member> = Vec::with_capacity(members.len());
        let mut merged = Vec::new();
        for member in members {
            if member.key == "<<" && !matches!(member.value.value, Value::Scalar { .. }) {
                merged.push(member.value);
                continue;
            }
            let slot = places.get(&member.key).and_then(|&place| kept.get_mut(place));
            if let Some(earlier) = slot {
                let first = earlier.at.line.unwrap_or(0);
                let message = format!(
                    "The key \"{}\" stands twice in one object, first in line {first}; the last one is read.",
                    member.key
                );
                self.notes.data_loss("duplicate-key", Some(member.at), message);
                *earlier = member;
            } else {
                places.insert(member.key.clone(), kept.len());
                kept.push(member);
            }
        }
        for value in merged {
            let sources = match value.value {
                Value::List(items) => items,
                value @ Value::Object(_) => vec![Node { at: value_at(&value), value }],
                Value::Scalar { .. } => Vec::new(),
            };
            let members = sources.into_iter().flat_map(|source| match source.value {
                Value::Object(members) => members,
                _ => Vec::new(),
            });
            for member in members {
                if !places.contains_key(&member.key) {
                    places.insert(member.key.clone(), kept.len());
                    kept.push(member);
                }
            }
        }
        Ok(kept)
    }
}

/// Where the first member of an object stands.
fn value_at(value: &Value) -> Position {
    match value {
        Value::Object(members) => members.first().map_or_else(Position::default, |member| member.at),
        _ => Position::default(),
    }
}

#[cfg(test)]
mod tests {
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
        for text in
            ["a: {{ .Values.limit }}\nb: {{- if x }}\n", "a: 1\nb: {{ .Values.image }}\n", "{{ x }}: 1\n"]
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
        let codes: Vec<_> =
            notes.rows().iter().map(|row| (row.code.as_str(), row.at.unwrap().line)).collect();
        assert_eq!(codes, [("yaml-tag", Some(2)), ("duplicate-key", Some(2))]);
    }
}
