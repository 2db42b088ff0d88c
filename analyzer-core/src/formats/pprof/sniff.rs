//! Telling a profile by its first fields. Text never passes: its bytes are all
//! printable, a profile's lengths and numbers are not.

use super::survey::field;
use super::wire::{Value, Wire};
use crate::formats::{Probe, Sniff};

/// Fields that are looked at.
const FIELDS: usize = 24;
/// Names that say "profile" where the content is too broken to say it.
const NAMES: &[&str] = &[".pb", ".pprof", ".prof"];

pub(super) fn sniff(probe: &Probe<'_>) -> Sniff {
    if is_text(probe.head()) {
        return Sniff::No;
    }
    if is_profile(probe.bytes) {
        return Sniff::ByContent;
    }
    let name = probe.file_name();
    if NAMES.iter().any(|suffix| name.ends_with(suffix)) { Sniff::ByName } else { Sniff::No }
}

fn is_text(head: &[u8]) -> bool {
    let head = head.get(..256).unwrap_or(head);
    let is_printable = |&byte: &u8| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    // A character may be cut at the end.
    let is_utf8 = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && head.iter().all(is_printable)
}

/// True if the first fields have the numbers and types of `Profile`, and the
/// first messages among them hold what they must.
fn is_profile(bytes: &[u8]) -> bool {
    let mut wire = Wire::new(bytes);
    let mut messages = 0;
    for _ in 0..FIELDS {
        match wire.field() {
            Ok(Some(field)) => match (field.number, field.value) {
                (field::SAMPLE_TYPE | field::PERIOD_TYPE, Value::Bytes(message)) => {
                    if !is_message(message, 2, true) {
                        return false;
                    }
                    messages += 1;
                }
                (field::SAMPLE, Value::Bytes(message)) if is_message(message.clone(), 3, false) => {
                    messages += 1
                }
                (field::MAPPING, Value::Bytes(message)) if is_message(message.clone(), 10, true) => {
                    messages += 1
                }
                (field::LOCATION, Value::Bytes(message)) if is_message(message.clone(), 5, false) => {
                    messages += 1
                }
                (field::FUNCTION, Value::Bytes(message)) if is_message(message.clone(), 5, true) => {
                    messages += 1
                }
                (field::STRING_TABLE, Value::Bytes(text)) => messages += usize::from(text.remaining() > 0),
                (field::DROP_FRAMES..=field::DURATION_NANOS, Value::Varint(_)) => {}
                (field::PERIOD..=field::DOC_URL, Value::Varint(_)) => {}
                (field::COMMENT, Value::Bytes(_)) => {}
                (0..=field::DOC_URL, _) => return false,
                _ => {}
            },
            Ok(None) => break,
            // A file may be cut anywhere; what stands before must speak for itself.
            Err(_) => break,
        }
    }
    messages >= 2
}

/// True if all fields have numbers up to `last`, and are scalars where they must be.
fn is_message(mut wire: Wire<'_>, last: u32, scalars_only: bool) -> bool {
    loop {
        match wire.field() {
            Ok(Some(field)) if field.number <= last => match field.value {
                Value::Varint(_) => {}
                Value::Bytes(_) if !scalars_only => {}
                _ => return false,
            },
            // Later versions of the schema may add fields.
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(path: &str, bytes: &[u8]) -> Sniff {
        sniff(&Probe { path, bytes })
    }

    #[test]
    fn text_is_never_a_profile_whatever_its_name() {
        for text in
            ["", "goroutine profile: total 7\n", "heap profile: 1: 2 [3: 4] @ heap/1048576\n", "main 12\n"]
        {
            assert_eq!(sniffed("heap.pb", text.as_bytes()), Sniff::No, "{text}");
        }
    }

    #[test]
    fn other_binaries_are_not_profiles() {
        assert_eq!(sniffed("unknown", b"go 1.22 trace\0\0\0"), Sniff::No);
        assert_eq!(sniffed("unknown", b"\x7fELF\x02\x01\x01\0"), Sniff::No);
        assert_eq!(sniffed("unknown", &[0; 64]), Sniff::No);
        assert_eq!(sniffed("unknown", &[0xff; 64]), Sniff::No);
        assert_eq!(sniffed("broken.pb.gz", &[0xff; 64]), Sniff::ByName);
    }

    #[test]
    fn sample_types_and_strings_make_a_profile() {
        let bytes = [0x0a, 4, 0x08, 1, 0x10, 2, 0x32, 0, 0x32, 3, b'c', b'p', b'u', 0x32, 2, b'n', b's'];
        assert_eq!(sniffed("unknown", &bytes), Sniff::ByContent);
    }
}
