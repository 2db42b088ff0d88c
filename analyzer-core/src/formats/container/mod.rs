//! Wrappings around captures: gzip, zlib, zstd, base64, UTF-16, tar and zip,
//! nested to [`limits::CONTAINER_DEPTH`].
//!
//! Untrusted input: output is bounded per file, per session and by ratio; a cut
//! or damaged stream yields what stands before the damage, with a note.

mod archive;
mod budget;
mod stream;
mod text;

use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits;
use crate::base::source::Position;
use crate::base::units::Nanos;

pub use budget::Budget;

/// Format name of a source whose wrapping could not be taken off.
pub const FORMAT_NAME: &str = "container";

/// A file of the drop, or a member of an archive in it, down to its own bytes.
#[derive(Debug)]
pub struct Leaf {
    /// Path with `/` between folders and archive levels.
    pub path: String,
    /// Bytes before the last decompression.
    pub encoded_bytes: u64,
    /// Modification time that the archive states.
    pub modified_at: Option<Nanos>,
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// Repairs and losses on the way.
    pub notes: Notes,
    /// Why there is nothing (more) to read, if unwrapping failed.
    pub error: Option<ParseError>,
}

impl Leaf {
    /// A file as it was dropped.
    pub fn new(path: String, bytes: Vec<u8>) -> Self {
        let encoded_bytes = to_u64(bytes.len());
        Self { path, encoded_bytes, modified_at: None, bytes, notes: Notes::default(), error: None }
    }

    fn failed(path: String, error: ParseError) -> Self {
        Self { error: Some(error), ..Self::new(path, Vec::new()) }
    }
}

/// One layer of wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    Gzip,
    Zlib,
    Zstd,
    Base64,
    Utf16,
    Tar,
    Zip,
}

fn wrapping_of(bytes: &[u8]) -> Option<Wrapping> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Wrapping::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Wrapping::Zstd),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Wrapping::Zip),
        // RFC 1950: deflate with a 32 KiB window; the first two bytes are a multiple of 31.
        [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0 => Some(Wrapping::Zlib),
        // "H4sI" is the gzip magic in base64.
        [b'H', b'4', b's', b'I', ..] => Some(Wrapping::Base64),
        _ if archive::is_tar(bytes) => Some(Wrapping::Tar),
        _ if text::is_utf16(bytes) => Some(Wrapping::Utf16),
        _ => None,
    }
}

/// Takes all wrappings off a file. Each leaf carries its own trouble; one bad
/// member never costs the others.
pub fn unwrap(file: Leaf, budget: &mut Budget) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    budget.start_file(to_u64(file.bytes.len()));
    // A stack instead of recursion: hostile nesting costs nothing but a refusal.
    let mut pending = vec![(file, 0)];
    while let Some((mut leaf, depth)) = pending.pop() {
        let Some(wrapping) = wrapping_of(&leaf.bytes).filter(|_| leaf.error.is_none()) else {
            leaves.push(leaf);
            continue;
        };
        if depth >= limits::CONTAINER_DEPTH {
            leaf.error = Some(ParseError::new(
                ErrorKind::LimitExceeded,
                Position::offset(0),
                "container",
                format!("more than {} levels of archives and compression", limits::CONTAINER_DEPTH),
            ));
            leaf.bytes = Vec::new();
            leaves.push(leaf);
            continue;
        }
        match wrapping {
            Wrapping::Tar | Wrapping::Zip => {
                let members = match wrapping {
                    Wrapping::Tar => archive::untar(&leaf, budget),
                    _ => archive::unzip(&leaf, budget),
                };
                pending.extend(members.into_iter().rev().map(|member| (member, depth + 1)));
            }
            Wrapping::Utf16 => pending.push((text::decode_utf16(leaf), depth + 1)),
            Wrapping::Base64 => pending.push((text::decode_base64(leaf), depth + 1)),
            Wrapping::Gzip | Wrapping::Zlib | Wrapping::Zstd => {
                pending.push((stream::decode(leaf, wrapping, budget), depth + 1));
            }
        }
    }
    leaves
}

#[cfg(test)]
mod tests;
