//! Reads the YAML that `kubectl get -o yaml` prints into the values that its
//! JSON has: the block style of go-yaml, with long scalars folded. Flow
//! collections with members, anchors, aliases and tags never come from there
//! and are refused.

use serde_json::{Map, Number, Value};

use super::objects;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::YAML_DEPTH;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::record::text_lines;
use crate::formats::{Facts, Probe, Sniff};

/// `apiVersion: v1` and `kind: Pod` (or a list) as keys without indent.
pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(2_000);
    let is_object = lines().any(|line| line == "apiVersion: v1");
    let is_pod = lines()
        .any(|line| matches!(line.trim_start_matches("- "), "kind: Pod" | "kind: List" | "kind: PodList"));
    let has = |key: &str| lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(key));
    let has_containers = has("containers:") || has("containerStatuses:");
    let is_first = || {
        let first =
            lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().trim_start_matches("- "));
        first.is_some_and(|first| EXCERPT_STARTS.iter().any(|start| first.starts_with(start)))
    };
    let is_excerpt = || is_first() && objects::is_excerpt(|key| has(&format!("{key}:")));
    if (is_object && is_pod && has_containers) || is_excerpt() { Sniff::ByContent } else { Sniff::No }
}

/// Keys with which the states of containers start that were cut out of a pod.
const EXCERPT_STARTS: [&str; 6] =
    ["containerStatuses:", "status:", "lastState:", "terminated:", "containerID:", "allocatedResources:"];

/// The same with what an event has.
pub fn sniff_events(probe: &Probe<'_>) -> Sniff {
    let lines = || text_lines(probe.head()).map(|(line, _)| line.text()).take(2_000);
    let is_object = lines().any(|line| line.starts_with("apiVersion: "));
    let has = |key: &str| lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(key));
    let is_event = has("reason:") && (has("involvedObject:") || has("regarding:"));
    if is_object && is_event { Sniff::ByContent } else { Sniff::No }
}

/// Parses pods and events, or lists of them.
/// # Errors
/// As [`documents`], `Malformed` without either, `LimitExceeded` if the text is too large.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    super::within_limit(input)?;
    objects::read(&documents(input.bytes)?, |name| format!("name: {name}"), input, evidence, facts)
}

/// The documents of a text, one each after `---`.
///
/// # Errors
/// `Malformed` or `Unsupported` at a line that is no such YAML; `LimitExceeded` if it is nested too deep.
fn documents(bytes: &[u8]) -> Result<Vec<Value>, ParseError> {
    let mut lines: Vec<Line<'_>> =
        Lines::new(bytes).map(|line| Line::new(line.text(), line.number)).collect();
    // What was cut out of a document keeps its indentation.
    let outer = lines.iter().filter(|line| !line.is_blank()).map(|line| line.indent).min().unwrap_or(0);
    lines.iter_mut().for_each(|line| line.indent = line.indent.saturating_sub(outer));
    let mut found = Vec::new();
    for part in lines.split(|line| line.indent == 0 && matches!(line.text, "---" | "...")) {
        let mut reader = Reader { lines: part, at: 0, pending: None };
        if reader.peek().is_some() {
            found.push(reader.block(0, 0)?);
            if let Some(line) = reader.peek() {
                return Err(line.fails(ErrorKind::Malformed, "it is indented less than what it belongs to"));
            }
        }
    }
    Ok(found)
}

const INDENTED_MORE: &str = "it is indented more than what it belongs to";

/// A line without its indentation.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    indent: usize,
    number: u64,
}

impl<'a> Line<'a> {
    fn new(line: &'a str, number: u64) -> Self {
        let line = line.trim_end();
        let text = line.trim_start_matches(' ');
        Self { text, indent: line.len() - text.len(), number }
    }

    /// True for what means nothing outside of a scalar.
    fn is_blank(&self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }

    fn fails(&self, kind: ErrorKind, message: &str) -> ParseError {
        ParseError::new(kind, Position::line(self.number), "pod", message)
    }
}

struct Reader<'l, 'a> {
    lines: &'l [Line<'a>],
    at: usize,
    /// What stands behind the dash of a list's entry, as a line of its own.
    pending: Option<Line<'a>>,
}

impl<'a> Reader<'_, 'a> {
    /// The next line that means something.
    fn peek(&mut self) -> Option<Line<'a>> {
        if self.pending.is_some() {
            return self.pending;
        }
        while self.lines.get(self.at).is_some_and(Line::is_blank) {
            self.at += 1;
        }
        self.lines.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Line<'a>> {
        let line = self.peek();
        if self.pending.take().is_none() {
            self.at += 1;
        }
        line
    }

    /// The list, the object or the scalar whose lines are indented by `least` or more.
    fn block(&mut self, least: usize, depth: usize) -> Result<Value, ParseError> {
        let Some(first) = self.peek().filter(|line| line.indent >= least) else { return Ok(Value::Null) };
        if depth > YAML_DEPTH {
            let message = format!("the document is nested more than {YAML_DEPTH} deep");
            return Err(first.fails(ErrorKind::LimitExceeded, &message));
        }
        if is_entry(first.text) {
            return self.list(first.indent, depth);
        }
        if key_of(&first)?.is_some() {
            return self.object(first.indent, depth);
        }
        let line = self.next().unwrap_or(first);
        self.scalar(line, line.text, least)
    }

    fn list(&mut self, indent: usize, depth: usize) -> Result<Value, ParseError> {
        let mut entries = Vec::new();
        while let Some(line) = self.peek().filter(|line| line.indent == indent && is_entry(line.text)) {
            self.next();
            let rest = line.text.get(1..).unwrap_or_default();
            let text = rest.trim_start();
            if !text.is_empty() {
                let indent = indent + 1 + (rest.len() - text.len());
                self.pending = Some(Line { text, indent, ..line });
            }
            entries.push(self.block(indent + 1, depth + 1)?);
        }
        Ok(Value::Array(entries))
    }

    fn object(&mut self, indent: usize, depth: usize) -> Result<Value, ParseError> {
        let mut members = Map::new();
        while let Some(line) = self.peek().filter(|line| line.indent == indent && !is_entry(line.text)) {
            let Some((key, rest)) = key_of(&line)? else {
                return Err(line.fails(ErrorKind::Malformed, "a key is expected"));
            };
            self.next();
            let value = if rest.is_empty() {
                // A list stands below its key, indented or not.
                let is_list = self.peek().is_some_and(|next| next.indent == indent && is_entry(next.text));
                self.block(if is_list { indent } else { indent + 1 }, depth + 1)?
            } else {
                self.scalar(line, rest, indent + 1)?
            };
            members.insert(key, value);
        }
        if let Some(line) = self.peek().filter(|line| line.indent > indent) {
            return Err(line.fails(ErrorKind::Malformed, INDENTED_MORE));
        }
        Ok(Value::Object(members))
    }

    /// A value that begins with `text` and may go on in lines indented by `least` or more.
    fn scalar(&mut self, line: Line<'a>, text: &str, least: usize) -> Result<Value, ParseError> {
        match text.as_bytes() {
            [b'|' | b'>', ..] => Ok(Value::String(self.literal(text, least))),
            [quote @ (b'"' | b'\''), ..] => self.quoted(line, text, char::from(*quote)),
            b"{}" => Ok(Value::Object(Map::new())),
            b"[]" => Ok(Value::Array(Vec::new())),
            [b'{' | b'[' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`', ..] => {
                let message = "YAML that kubectl does not print is not read; save the pod with -o json";
                Err(line.fails(ErrorKind::Unsupported, message))
            }
            _ => {
                let mut value = plain(text).to_owned();
                while let Some(more) =
                    self.peek().filter(|more| self.pending.is_none() && more.indent >= least)
                {
                    if key_of(&more)?.is_some() {
                        return Err(more.fails(ErrorKind::Malformed, INDENTED_MORE));
                    }
                    self.next();
                    value.push(' ');
                    value.push_str(plain(more.text));
                }
                Ok(typed(value))
            }
        }
    }

    /// The lines below `|` or `>`, without their common indentation.
    fn literal(&mut self, header: &str, least: usize) -> String {
        let is_folded = header.starts_with('>');
        let rest = self.lines.get(self.at..).unwrap_or_default();
        let is_inside = |line: &&Line<'_>| line.text.is_empty() || line.indent >= least;
        let lines = || rest.iter().take_while(is_inside);
        let indent = lines().find(|line| !line.text.is_empty()).map_or(0, |line| line.indent);
        let mut value = String::new();
        for (row, line) in lines().enumerate() {
            if row > 0 {
                value.push(if is_folded && !line.text.is_empty() { ' ' } else { '\n' });
            }
            value.extend(std::iter::repeat_n(' ', line.indent.saturating_sub(indent)));
            value.push_str(line.text);
        }
        self.at += lines().count();
        let kept = value.trim_end_matches('\n').len();
        value.truncate(kept);
        if !header.contains('-') {
            value.push('\n');
        }
        value
    }

    /// A quoted text to its closing quote, which may be in a later line.
    fn quoted(&mut self, line: Line<'a>, text: &str, quote: char) -> Result<Value, ParseError> {
        let mut value = String::new();
        let mut text = text.get(1..).unwrap_or_default();
        loop {
            let (is_closed, is_joined) = unquote(text, quote, &mut value);
            if is_closed {
                return Ok(Value::String(value));
            }
            let Some(more) = self.lines.get(self.at).filter(|_| self.pending.is_none()) else {
                return Err(
                    line.fails(ErrorKind::Truncated, "the text that begins here has no closing quote")
                );
            };
            self.at += 1;
            if more.text.is_empty() {
                value.push('\n');
            } else if !is_joined && !value.ends_with('\n') {
                value.push(' ');
            }
            text = more.text;
        }
    }
}

fn is_entry(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// The key of a member and what stands behind its colon.
fn key_of<'a>(line: &Line<'a>) -> Result<Option<(String, &'a str)>, ParseError> {
    if line.text.starts_with('\t') {
        return Err(line.fails(ErrorKind::Malformed, "YAML is indented by spaces"));
    }
    let (key, rest) = match line.text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let mut key = String::new();
            let inside = line.text.get(1..).unwrap_or_default();
            if !unquote(inside, quote, &mut key).0 {
                return Ok(None);
            }
            let end = closing(inside, quote).unwrap_or(inside.len());
            (key, inside.get(end + 1..).unwrap_or_default())
        }
        Some('?') => {
            return Err(line.fails(ErrorKind::Unsupported, "YAML that kubectl does not print is not read"));
        }
        _ => {
            let end = line.text.match_indices(':').map(|(at, _)| at).find(|&at| {
                let after = line.text.as_bytes().get(at + 1);
                after.is_none_or(|&byte| byte == b' ')
            });
            let Some(end) = end else { return Ok(None) };
            let (key, rest) = line.text.split_at(end);
            (key.to_owned(), rest)
        }
    };
    Ok(rest.strip_prefix(':').map(|rest| (key, plain(rest.trim_start()))))
}

/// Where a quoted text ends.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        if character == '\\' && quote == '"' {
            chars.next();
        } else if character == quote && !(quote == '\'' && chars.next_if(|next| next.1 == '\'').is_some()) {
            return Some(at);
        }
    }
    None
}

/// Adds a line of a quoted text without its escapes. Gives whether its closing
/// quote is in it, and whether the next line follows without a space.
fn unquote(text: &str, quote: char, value: &mut String) -> (bool, bool) {
    let end = closing(text, quote);
    let mut chars = text.get(..end.unwrap_or(text.len())).unwrap_or_default().chars();
    while let Some(character) = chars.next() {
        if character == '\'' && quote == '\'' {
            chars.next();
        }
        if character != '\\' || quote == '\'' {
            value.push(character);
            continue;
        }
        let digits = match chars.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                value.push(match other {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
                continue;
            }
            None => return (end.is_some(), true),
        };
        let digits: String = chars.by_ref().take(digits).collect();
        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        value.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    (end.is_some(), false)
}

/// A text without the comment behind it.
fn plain(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b'"' | b'\'') => text,
        Some(b'#') => "",
        _ => text.split(" #").next().unwrap_or_default().trim_end(),
    }
}

fn typed(text: String) -> Value {
    match text.as_str() {
        "null" | "~" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.clone()), |number| Value::Number(Number::from(number))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, ParseError> {
        documents(text.as_bytes()).map(|documents| documents.into_iter().next().unwrap_or_default())
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
    fn what_is_not_read_says_where() {
        let line = |text: &str| {
            let error = read(text).unwrap_err();
            (error.kind, error.at.line.unwrap())
        };
        assert_eq!(line("a: 1\nb: &x 1\n"), (ErrorKind::Unsupported, 2));
        assert_eq!(line("a: {b: 1}\n"), (ErrorKind::Unsupported, 1));
        assert_eq!(line("a:\n  b: 1\n   c: 2\n"), (ErrorKind::Malformed, 3));
        assert_eq!(line("a:\n\tb: 1\n"), (ErrorKind::Malformed, 2));
        assert_eq!(line("a: 1\n\nb: \"x\n"), (ErrorKind::Truncated, 3));
        let deep = "- ".repeat(10_000);
        assert_eq!(line(&deep), (ErrorKind::LimitExceeded, 1));
    }
}
