//! Text encodings around captures: UTF-16 (PowerShell's `>`), base64 (copied from a terminal).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Leaf;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;

/// True for UTF-16 with a byte order mark, or where every other byte is zero as in ASCII.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return true;
    }
    let head = bytes.get(..256).unwrap_or(bytes);
    let half = head.len() / 2;
    let zeros = |skip: usize| head.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    half >= 8 && ((even == 0 && odd >= half - half / 8) || (odd == 0 && even >= half - half / 8))
}

/// UTF-16 as UTF-8 without a byte order mark.
pub(super) fn decode_utf16(mut leaf: Leaf) -> Leaf {
    let bytes = std::mem::take(&mut leaf.bytes);
    let has_mark = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let is_big_endian = matches!(bytes.first(), Some(0xfe | 0));
    let body = bytes.get(if has_mark { 2 } else { 0 }..).unwrap_or_default();
    let units = body.chunks_exact(2).map(|pair| match *pair {
        [a, b] if is_big_endian => u16::from_be_bytes([a, b]),
        [a, b] => u16::from_le_bytes([a, b]),
        _ => 0,
    });
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    leaf.notes.info("utf-16", None, "The text is UTF-16; positions refer to its UTF-8 form");
    leaf.bytes = text.into_bytes();
    leaf
}

/// Base64 text with any line breaks.
pub(super) fn decode_base64(mut leaf: Leaf) -> Leaf {
    let text: Vec<u8> = leaf.bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    leaf.bytes = match STANDARD.decode(&text) {
        Ok(bytes) => {
            leaf.notes.info("base64", None, "The file is base64 text; positions refer to the decoded data");
            bytes
        }
        Err(error) => {
            let message = format!("starts as base64 of gzip data, but: {error}");
            leaf.error = Some(ParseError::new(ErrorKind::Malformed, Position::offset(0), "base64", message));
            Vec::new()
        }
    };
    leaf
}
