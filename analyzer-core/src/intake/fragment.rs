//! Members of a JSON object that were quoted without the braces around them, cut
//! anywhere, their keys perhaps without quotes.
//!
//! ```text
//!     "State": {
//!         "OOMKilled": true,
//!         "ExitCode": 137
//!     }
//! ```
//! Only where a member is one that captures have: other texts have braces too.

use super::text::{Builder, Row, Text};
use crate::base::limits;

/// Members with which a quoted piece of a capture starts.
const HEADS: [&[u8]; 9] = [
    b"State",
    b"state",
    b"lastState",
    b"terminated",
    b"memory_stats",
    b"involvedObject",
    b"regarding",
    b"containerStatuses",
    b"initContainerStatuses",
];
/// Objects within one another at most.
const DEPTH: usize = 32;

/// Puts braces around such pieces and quotes around their keys; `None` if there are none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::PASTE_BYTES || memchr::memchr(b'{', &text.bytes).is_none() {
        return None;
    }
    let rows: Vec<Row<'_>> = text.rows().collect();
    let mut out = Builder::with_capacity(text.bytes.len() + 64);
    let (mut index, mut found) = (0, 0);
    // Within a whole document, nothing was taken out of it.
    let mut depth = 0_i64;
    while let Some(row) = rows.get(index) {
        let piece = if depth <= 0 { Piece::at(rows.get(index..).unwrap_or_default()) } else { None };
        match piece {
            Some(piece) => {
                found += 1;
                index += piece.rows;
                piece.give(row.place, &mut out);
            }
            None => {
                depth = (depth + balance(row.bytes)).max(0);
                out.row(*row);
                index += 1;
            }
        }
    }
    (found > 0).then(|| out.finish())
}

/// Braces that a line of a document opens and does not close.
fn balance(line: &[u8]) -> i64 {
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    match (text.first(), text.last()) {
        (Some(b'{' | b'['), _) if text.len() == 1 => 1,
        (Some(b'}' | b']'), _) if text.len() == 1 => -1,
        (Some(b'"'), Some(b'{' | b'[')) => 1,
        _ => 0,
    }
}

/// A piece, as lines of JSON.
struct Piece<'t> {
    /// Rows that it stands in.
    rows: usize,
    lines: Vec<(Row<'t>, Vec<u8>)>,
    /// What is still open at its end, outermost first.
    open: Vec<u8>,
}

impl<'t> Piece<'t> {
    /// The piece that starts in the first of these rows.
    fn at(rows: &[Row<'t>]) -> Option<Self> {
        let (key, value) = member(rows.first()?.bytes)?;
        // A container's name, where the list of states is an object: the kubelet's own words up to Kubernetes 0.8.
        let is_named = || {
            value == b"{" && rows.get(1).and_then(|row| member(row.bytes)) == Some((&b"state"[..], &b"{"[..]))
        };
        if (!HEADS.contains(&key) && !is_named()) || !matches!(value, b"{" | b"[") {
            return None;
        }
        let mut piece = Self { rows: 0, lines: Vec::new(), open: Vec::new() };
        for row in rows {
            let Some(line) = piece.line(row.bytes) else { break };
            piece.lines.push((*row, line));
            piece.rows += 1;
        }
        let has_value =
            piece.lines.iter().any(|(row, _)| member(row.bytes).is_some_and(|(_, value)| is_value(value)));
        has_value.then_some(piece)
    }

    /// A row as a line of JSON; `None` if it is no part of the piece.
    fn line(&mut self, row: &[u8]) -> Option<Vec<u8>> {
        let text = row.trim_ascii();
        let bare = text.strip_suffix(b",").unwrap_or(text);
        if let [close @ (b'}' | b']')] = bare {
            let open = self.open.pop()?;
            return ((open == b'{') == (*close == b'}')).then(|| text.to_vec());
        }
        if let [open @ (b'{' | b'[')] = bare {
            return self.opens(*open).then(|| text.to_vec());
        }
        let (key, value) = member(text)?;
        let is_open = matches!(value, b"{" | b"[");
        if is_open && !self.opens(*value.first()?) {
            return None;
        }
        let ends = if text.ends_with(b",") { &b","[..] } else { b"" };
        (is_open || is_value(value)).then(|| [b"\"", key, b"\": ", value, ends].concat())
    }

    fn opens(&mut self, byte: u8) -> bool {
        self.open.push(byte);
        self.open.len() <= DEPTH
    }

    fn give(self, place: crate::base::places::Place, out: &mut Builder) {
        out.line(b"{", place);
        let mut end = place;
        for (index, (row, line)) in self.lines.iter().enumerate() {
            let next = self.lines.get(index + 1).and_then(|(_, line)| line.first());
            let is_last = next.is_none_or(|byte| matches!(byte, b'}' | b']'));
            let line = if is_last { line.strip_suffix(b",").unwrap_or(line) } else { line };
            out.line(line, row.place);
            end = row.place;
        }
        for open in self.open.iter().rev() {
            out.line(if *open == b'{' { b"}" } else { b"]" }, end);
        }
        out.line(b"}", end);
    }
}

/// The key and the value of `"key": value,` or `key: value,`.
fn member(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    let (key, rest) = match text.strip_prefix(b"\"") {
        Some(rest) => {
            let end = memchr::memchr(b'"', rest)?;
            (rest.get(..end)?, rest.get(end + 1..)?.trim_ascii_start())
        }
        None => {
            let end = memchr::memchr(b':', text)?;
            (text.get(..end)?, text.get(end..)?)
        }
    };
    let is_key =
        !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(byte));
    let value = rest.strip_prefix(b":").filter(|_| is_key)?.trim_ascii();
    (!value.is_empty()).then_some((key, value))
}

/// True for a whole value of JSON on one line.
fn is_value(value: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peeled(text: &str) -> Option<String> {
        peel(&Text::dropped(text.as_bytes())).map(|text| String::from_utf8(text.bytes.into_owned()).unwrap())
    }

    #[test]
    fn members_get_braces_and_quotes() {
        assert_eq!(
            peeled("so:\n  \"State\": {\n    \"ExitCode\": 2\n  },\nwhy?\n").unwrap(),
            "so:\n{\n\"State\": {\n\"ExitCode\": 2\n}\n}\nwhy?\n"
        );
        assert_eq!(
            peeled("State:{\nDead:false,\nError:\"\",\n}\n").unwrap(),
            "{\n\"State\": {\n\"Dead\": false,\n\"Error\": \"\"\n}\n}\n"
        );
        assert_eq!(
            peeled("\"memory_stats\": {\n  \"usage\": 5,\n  \"stats\": {\n    \"rss\": 4,\n    \"ca")
                .unwrap(),
            "{\n\"memory_stats\": {\n\"usage\": 5,\n\"stats\": {\n\"rss\": 4\n}\n}\n}\n    \"ca"
        );
    }

    #[test]
    fn whole_documents_and_other_texts_stay() {
        for text in [
            "{\n  \"State\": {\n    \"ExitCode\": 2\n  }\n}\n",
            "func State() {\nState: {\n}\n",
            "state: {\nand so on\n",
            "status:\n  a: 1\n",
        ] {
            assert_eq!(peeled(text), None, "{text}");
        }
    }
}
