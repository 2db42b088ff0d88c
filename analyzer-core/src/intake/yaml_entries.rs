//! Entries of a log as YAML: what `gcloud logging read` prints, a document an entry.
//!
//! ```text
//! ---
//! insertId: 1x2y
//! logName: projects/shop/logs/stderr
//! textPayload: 'goroutine 1 [running]:'
//! timestamp: '2026-11-20T20:03:00.1Z'
//! ```

use super::fields::{Role, role};
use super::streams::Streams;
use super::text::{Text, split_lines};
use crate::base::convert::to_u32;
use crate::base::error::Notes;
use crate::base::limits;
use crate::formats::yaml::{self, Node};

/// Keys without indent that an entry has beside its text.
const BESIDE: [&[u8]; 3] = [b"insertId:", b"logName:", b"receiveTimestamp:"];
/// Keys under which the text is.
const PAYLOADS: [&[u8]; 3] = [b"textPayload:", b"jsonPayload:", b"protoPayload:"];
/// Lines at the start in which they are looked for.
const HEAD_LINES: usize = 200;

/// Takes the text out of the entries; `None` if the text has none.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::JSON_BYTES {
        return None;
    }
    let has = |keys: &[&[u8]]| {
        split_lines(&text.bytes)
            .take(HEAD_LINES)
            .any(|(line, _)| keys.iter().any(|key| line.starts_with(key)))
    };
    if !has(&BESIDE) || !has(&PAYLOADS) {
        return None;
    }
    let (entries, _) = yaml::documents(&text.bytes, "log", &mut Notes::default());
    let lines: Vec<&[u8]> = split_lines(&text.bytes).map(|(line, _)| line).collect();
    let mut streams = Streams::default();
    let mut found = 0;
    for entry in &entries {
        let Some(payload) = payload(entry) else { continue };
        if let Some(time) = entry.text_of("timestamp") {
            streams.entry(time.as_bytes());
        }
        found += 1;
        let value = payload.text().unwrap_or_default();
        let line = payload.at.line.unwrap_or(1);
        let first = block_start(&lines, line);
        let column = to_u32(usize::try_from(payload.at.column.unwrap_or(0)).unwrap_or(0));
        let one = text.places.of(line);
        let one = if value.contains('\n') { one.within(column) } else { one };
        for (index, (part, _)) in (0_u64..).zip(split_lines(value.as_bytes())) {
            streams.line(0, part, first.map_or(one, |first| text.places.of(first + index)));
        }
        if value.is_empty() {
            streams.line(0, b"", one);
        }
    }
    (found > 0).then(|| streams.finish())
}

/// The line in which the text of a block begins, if the value that starts in this line is one.
fn block_start(lines: &[&[u8]], line: u64) -> Option<u64> {
    let at = |line: u64| lines.get(usize::try_from(line).ok()?.checked_sub(1)?).copied();
    let opens = |line: u64| {
        let text = at(line)?.trim_ascii_end();
        [&b": |"[..], b": |-", b": |+"].iter().any(|end| text.ends_with(end)).then_some(line + 1)
    };
    opens(line).or_else(|| opens(line.checked_sub(1)?))
}

/// The text of an entry.
fn payload(entry: &Node) -> Option<&Node> {
    let is_text = |key: &str| matches!(role(key.as_bytes()), Role::Text | Role::Pieces | Role::Panic);
    if let Some(text) = entry.get("textPayload") {
        return Some(text);
    }
    let json = entry.get("jsonPayload")?;
    let texts = json.members().iter().filter(|member| is_text(&member.key)).map(|member| &member.value);
    texts.filter(|value| value.text().is_some()).max_by_key(|value| value.text().map_or(0, str::len))
}
