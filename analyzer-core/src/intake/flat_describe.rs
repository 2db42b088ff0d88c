//! What `kubectl describe` prints, pasted where blanks at the start of a line are lost:
//! the containers of a pod get their indent back, for it says what is whose.

use super::text::{Builder, Row, Text};
use crate::base::limits;

/// Titles below which containers stand.
const CONTAINERS: [&[u8]; 3] = [b"Containers:", b"Init Containers:", b"Ephemeral Containers:"];
/// Titles that follow them.
const ENDS: [&[u8]; 7] =
    [b"Conditions:", b"Volumes:", b"QoS Class:", b"Node-Selectors:", b"Tolerations:", b"Events:", b"Name:"];
/// Fields of a container whose lines below are of them, and the keys of those lines.
const OUTER: [&[u8]; 5] = [b"State:", b"Last State:", b"Last Termination State:", b"Limits:", b"Requests:"];
const INNER: [&[u8]; 9] = [
    b"Reason:",
    b"Message:",
    b"Exit Code:",
    b"Signal:",
    b"Started:",
    b"Finished:",
    b"cpu:",
    b"memory:",
    b"ephemeral-storage:",
];

/// Indents the containers; `None` if there are none without indent.
pub(super) fn peel(text: &Text<'_>) -> Option<Text<'static>> {
    if text.bytes.len() > limits::PASTE_BYTES || memchr::memmem::find(&text.bytes, b"Container ID:").is_none()
    {
        return None;
    }
    let rows: Vec<Row<'_>> = text.rows().collect();
    let starts = |row: Option<&Row<'_>>, words: &[&[u8]]| {
        row.is_some_and(|row| words.iter().any(|word| row.bytes.starts_with(word)))
    };
    let mut out = Builder::with_capacity(text.bytes.len());
    let (mut found, mut within, mut in_field) = (0, false, false);
    for (index, row) in rows.iter().enumerate() {
        let line = row.bytes.trim_ascii_end();
        let next = rows.get(index + 1);
        let is_name = line.ends_with(b":") && starts(next, &[b"Container ID:", b"Image:"]);
        if CONTAINERS.contains(&line) {
            let named = rows.get(index + 2);
            within = next.is_some_and(|next| next.bytes.ends_with(b":"))
                && starts(named, &[b"Container ID:", b"Image:"]);
            found += usize::from(within);
            out.row(*row);
            continue;
        }
        within &= !starts(Some(row), &ENDS);
        let is_inner = in_field && starts(Some(row), &INNER);
        let indent: &[u8] = match (within, is_name, is_inner) {
            (false, ..) => b"",
            (true, true, _) => b"  ",
            (true, false, false) => b"    ",
            (true, false, true) => b"      ",
        };
        in_field = within && (is_inner || starts(Some(row), &OUTER));
        out.piece(indent, row.place);
        out.piece(row.bytes, row.place);
        if row.is_ended {
            out.end();
        }
    }
    (found > 0).then(|| out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_get_their_indent_back() {
        let text = "Name: a\nContainers:\napi:\nContainer ID: x\nState: Waiting\nReason: CrashLoopBackOff\nLast State: Terminated\nExit Code: 1\nReady: True\nLimits:\nmemory: 1Gi\nConditions:\nType Status\n";
        let expected = "Name: a\nContainers:\n  api:\n    Container ID: x\n    State: Waiting\n      Reason: CrashLoopBackOff\n    Last State: Terminated\n      Exit Code: 1\n    Ready: True\n    Limits:\n      memory: 1Gi\nConditions:\nType Status\n";
        let peeled = peel(&Text::dropped(text.as_bytes())).unwrap();
        assert_eq!(std::str::from_utf8(&peeled.bytes).unwrap(), expected);
        assert!(peel(&Text::dropped(expected.as_bytes())).is_none());
    }
}
