//! YAML (1.2, yaml.org/spec) as values with their places, for the formats that are written in it:
//! documents, anchors and aliases, merge keys (`<<`), flow collections. JSON is YAML, and read alike.
//!
//! Any input is safe: depth, nodes and what aliases repeat are bounded; nothing is read recursively.

mod builder;

use saphyr_parser::{Parser, ScanError};
use serde_json::{Map, Number};

use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::source::Position;
use builder::Builder;

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
    let mut builder = Builder::new(part, notes);
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

/// What is said of a text that a template engine has yet to read; `why` is what the reader says.
fn template(why: &str) -> String {
    format!("this is a template, not YAML{why}; render it first, for example with helm template")
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
    let message = if is_template { template(&format!(" ({info})")) } else { info.to_owned() };
    ParseError::new(kind, at, part, message)
}

#[cfg(test)]
mod tests;
