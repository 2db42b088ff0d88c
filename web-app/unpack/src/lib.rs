//! The packed parts of the page: [Z85] text of an [LZMA] file, without the one
//! letter of Z85 that begins markup.
//!
//! Browsers unpack gzip alone, and read base64 alone. This costs the page
//! 20 KB and saves it a third of all the rest.
//!
//! [Z85]: https://rfc.zeromq.org/spec/32/
//! [LZMA]: https://www.7-zip.org/sdk.html (lzma-specification.txt)

use std::fmt;
use std::io::Read;

use lzma_rust2::LzmaReader;
use wasm_bindgen::prelude::*;

/// The letter of Z85 that HTML would read, and the one that stands for it.
pub const MARKUP: (char, char) = ('<', '~');

/// Bytes of the header: properties, size of the dictionary, size of the content.
const HEADER_LEN: usize = 13;

/// Content larger than this is not what a page carries.
const CONTENT_BYTES_MAX: usize = 256 << 20;

/// Why a part is not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Not Z85.
    Text,
    /// No header, or a size of the content that is unknown or too large.
    Header,
    /// The content ends early or contradicts itself.
    Content,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a part of this page is damaged",
            Self::Header => "a part of this page has no usable header",
            Self::Content => "a part of this page is truncated or damaged",
        })
    }
}

/// The bytes of a packed part.
///
/// # Errors
/// A part that was cut or changed.
#[wasm_bindgen]
pub fn unpack(text: &str) -> Result<Vec<u8>, JsError> {
    content(text).map_err(|damage| JsError::new(&damage.to_string()))
}

/// As [`unpack`], outside of a browser.
///
/// # Errors
/// A part that was cut or changed.
pub fn content(text: &str) -> Result<Vec<u8>, Damage> {
    let (letter, stand_in) = MARKUP;
    let text: String = text.chars().map(|c| if c == stand_in { letter } else { c }).collect();
    let packed = z85::decode(text).map_err(|_| Damage::Text)?;
    let size = packed.get(5..HEADER_LEN).and_then(|bytes| bytes.try_into().ok()).ok_or(Damage::Header)?;
    let size = usize::try_from(u64::from_le_bytes(size)).map_err(|_| Damage::Header)?;
    if size > CONTENT_BYTES_MAX {
        return Err(Damage::Header);
    }
    let mut reader =
        LzmaReader::new_mem_limit(packed.as_slice(), u32::MAX, None).map_err(|_| Damage::Header)?;
    let mut bytes = vec![0; size];
    reader.read_exact(&mut bytes).map_err(|_| Damage::Content)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lzma_rust2::{LzmaOptions, LzmaWriter};

    use super::*;

    fn packed(bytes: &[u8]) -> String {
        let mut writer =
            LzmaWriter::new_use_header(Vec::new(), &LzmaOptions::with_preset(6), Some(bytes.len() as u64))
                .unwrap();
        writer.write_all(bytes).unwrap();
        z85::encode(writer.finish().unwrap())
    }

    #[test]
    fn what_was_packed_comes_back() {
        let long: Vec<u8> = (0..300_000_u32).map(|n| (n % 251).to_le_bytes()[0]).collect();
        for bytes in [b"".as_slice(), b"a", b"abcd", &long] {
            assert_eq!(content(&packed(bytes)).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn damage_is_an_error() {
        let text = packed(&[7; 1000]);
        assert_eq!(content(""), Err(Damage::Header));
        assert_eq!(content("abcd"), Err(Damage::Text));
        assert_eq!(content(&text[..text.len() - 10]), Err(Damage::Content));
        let huge = z85::encode([93, 0, 0, 128, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0]);
        assert_eq!(content(&huge), Err(Damage::Header));
    }
}
