//! Values out of a parser's events: bounded, nothing read recursively.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, ScalarStyle, Span};

use super::{Member, Node, Value, template};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits::{YAML_DEPTH, YAML_NODES, YAML_REPEATED_BYTES};
use crate::base::source::Position;

/// A list or object whose end has not come.
enum Open {
    List { at: Position, anchor: usize, items: Vec<Node> },
    Object { at: Position, anchor: usize, members: Vec<Member>, key: Option<(String, Position)> },
}

pub(super) struct Builder<'n> {
    part: &'static str,
    notes: &'n mut Notes,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
    /// Bytes that aliases repeated.
    repeated: usize,
    pub(super) roots: Vec<Node>,
}

impl<'n> Builder<'n> {
    /// A builder of nothing yet.
    pub(super) fn new(part: &'static str, notes: &'n mut Notes) -> Self {
        Self {
            part,
            notes,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            repeated: 0,
            roots: Vec::new(),
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
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
            let message = "Application-specific tags are unknown; their values are read as written.";
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
        Err(ParseError::new(ErrorKind::Malformed, *outer, self.part, template("")))
    }

    fn deeper(&mut self, at: Position) -> Result<(), ParseError> {
        if self.open.len() >= YAML_DEPTH {
            let message = format!("the document is nested more than {YAML_DEPTH} levels deep");
            return Err(ParseError::new(ErrorKind::LimitExceeded, at, self.part, message));
        }
        self.count(1, at)
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), ParseError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= YAML_NODES {
            return Ok(());
        }
        let message = format!("the text has more than {YAML_NODES} values, including repeated aliases");
        Err(ParseError::new(ErrorKind::LimitExceeded, at, self.part, message))
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), ParseError> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let message = "an alias refers to itself";
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
                    "The key \"{}\" occurs twice in one object, first in line {first}; the last one is used.",
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
