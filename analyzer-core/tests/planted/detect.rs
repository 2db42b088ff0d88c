//! Finds secrets in any encoding: whole, or in part.

use std::collections::HashMap;

/// Characters in a row that are no chance.
const ENOUGH: usize = 6;

/// Parts of secrets, and whose they are.
pub struct Secrets<'s> {
    parts: HashMap<&'s [u8], &'s str>,
}

impl<'s> Secrets<'s> {
    pub fn new(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let parts = |secret: &'s str| secret.as_bytes().windows(ENOUGH).map(move |part| (part, secret));
        Self { parts: secrets.into_iter().flat_map(parts).collect() }
    }

    /// A secret of which a part stands in the bytes, as it is or behind escapes.
    pub fn find(&self, bytes: &[u8]) -> Option<&'s str> {
        [bytes, &decoded(bytes)]
            .into_iter()
            .find_map(|bytes| bytes.windows(ENOUGH).find_map(|part| self.parts.get(part).copied()))
    }
}

/// The text behind `\uXXXX`, `\xXX`, `\ooo`, `%XX` and `#ooo`.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let number = |start: usize, digits: usize, radix: u32| {
            let text = std::str::from_utf8(bytes.get(start..start + digits)?).ok()?;
            let code = u32::from_str_radix(text, radix).ok().filter(|code| *code < 128)?;
            u8::try_from(code).ok()
        };
        let found = match bytes[at] {
            b'\\' if bytes.get(at + 1) == Some(&b'u') => number(at + 2, 4, 16).map(|byte| (byte, 6)),
            b'\\' if bytes.get(at + 1) == Some(&b'x') => number(at + 2, 2, 16).map(|byte| (byte, 4)),
            b'\\' if bytes.get(at + 1) == Some(&b'\\') => Some((b'\\', 2)),
            b'\\' | b'#' => number(at + 1, 3, 8).map(|byte| (byte, 4)),
            b'%' => number(at + 1, 2, 16).map(|byte| (byte, 3)),
            _ => None,
        };
        let (byte, length) = found.unwrap_or((bytes[at], 1));
        out.push(byte);
        at += length;
    }
    out
}

#[test]
fn secrets_are_found_in_every_writing() {
    let secrets = Secrets::new(["abcdefgh"]);
    for text in [
        "xx abcdefgh",
        r"a\u0062cdefgh",
        "%61%62%63%64%65%66%67%68",
        r"\141\142\143\144\145\146\147\150",
        "#141#142#143#144#145#146#147#150",
        "bcdefg",
    ] {
        assert_eq!(secrets.find(text.as_bytes()), Some("abcdefgh"), "{text}");
    }
    assert_eq!(secrets.find(b"abcde fgh"), None);
}
