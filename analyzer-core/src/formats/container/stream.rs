//! Single compressed streams: gzip (RFC 1952), zlib (RFC 1950), zstd (RFC 8878).

use std::io::{self, Read};

use flate2::bufread::{GzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

use super::{Budget, Leaf, Wrapping};
use crate::base::convert::{to_u64, to_usize};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::Position;

const CHUNK: usize = 64 * 1024;

/// Expansion that a trailer may claim and be believed before anything is decoded.
const PLAUSIBLE_RATIO: usize = 16;

/// Why a stream stopped before its end.
enum Stop {
    Limit(ParseError),
    Broken(io::Error),
}

/// Takes one compression off. What was decoded before damage is kept.
pub(super) fn decode(mut leaf: Leaf, wrapping: Wrapping, budget: &mut Budget) -> Leaf {
    let encoded = std::mem::take(&mut leaf.bytes);
    leaf.encoded_bytes = to_u64(encoded.len());
    let stop = match wrapping {
        Wrapping::Zlib => drain(ZlibDecoder::new(encoded.as_slice()), &mut leaf, budget).err(),
        Wrapping::Zstd => decode_zstd(&encoded, &mut leaf, budget).err(),
        _ => decode_gzip(&encoded, &mut leaf, budget).err(),
    };
    if let Some(stop) = stop {
        report(stop, &mut leaf);
    }
    leaf
}

fn decode_zstd(encoded: &[u8], leaf: &mut Leaf, budget: &mut Budget) -> Result<(), Stop> {
    let decoder = StreamingDecoder::new(encoded)
        .map_err(|error| Stop::Broken(io::Error::new(io::ErrorKind::InvalidData, error.to_string())))?;
    drain(decoder, leaf, budget)
}

/// gzip members one after the other, as `cat a.gz b.gz` and log rotation make them.
fn decode_gzip(encoded: &[u8], leaf: &mut Leaf, budget: &mut Budget) -> Result<(), Stop> {
    // The trailer ends in the decoded size. A vector that doubles instead would be moved, and be there twice.
    if let Some(size) = encoded.last_chunk().map(|size| to_usize(u32::from_le_bytes(*size).into()))
        && let Some(size) = size.filter(|size| size / PLAUSIBLE_RATIO <= encoded.len())
    {
        // Without the room the stream is read all the same, as far as memory goes.
        let _ = leaf.bytes.try_reserve_exact(size);
    }
    let mut rest = encoded;
    loop {
        let mut decoder = GzDecoder::new(rest);
        drain(&mut decoder, leaf, budget)?;
        rest = decoder.into_inner();
        if rest.starts_with(&[0x1f, 0x8b]) {
            continue;
        }
        if rest.iter().any(|&byte| byte != 0) {
            let at = Position::offset(to_u64(encoded.len() - rest.len()));
            leaf.notes.data_loss(
                "gzip-trailing-bytes",
                Some(at),
                format!("{} bytes after the end of the gzip data are ignored", rest.len()),
            );
        } else if !rest.is_empty() {
            leaf.notes.info("gzip-zero-padding", None, "The gzip data is padded with zero bytes");
        }
        return Ok(());
    }
}

fn drain(mut decoder: impl Read, leaf: &mut Leaf, budget: &mut Budget) -> Result<(), Stop> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match decoder.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                budget.take(to_u64(n), to_u64(leaf.bytes.len()), leaf.encoded_bytes).map_err(Stop::Limit)?;
                leaf.bytes.extend_from_slice(chunk.get(..n).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::Broken(error)),
        }
    }
}

/// Damage after usable data is a loss; damage before any is an error.
fn report(stop: Stop, leaf: &mut Leaf) {
    let decoded = Position::offset(to_u64(leaf.bytes.len()));
    match stop {
        Stop::Limit(error) => {
            leaf.bytes = Vec::new();
            leaf.error = Some(error);
        }
        Stop::Broken(error) if leaf.bytes.is_empty() => {
            let kind = match error.kind() {
                io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
                _ => ErrorKind::Malformed,
            };
            let message = format!("the compressed data cannot be read: {error}");
            leaf.error = Some(ParseError::new(kind, Position::offset(0), "compressed stream", message));
        }
        Stop::Broken(error) if error.kind() == io::ErrorKind::UnexpectedEof => leaf.notes.data_loss(
            "compressed-truncated",
            Some(decoded),
            "The compressed data is truncated; only the part before that is used",
        ),
        Stop::Broken(error) => leaf.notes.data_loss(
            "compressed-damaged",
            Some(decoded),
            format!("The compressed data is damaged ({error}); only the part before that is used"),
        ),
    }
}

/// Reads all of an archive member through `reader`, within the budget.
pub(super) fn read_member(reader: impl Read, leaf: &mut Leaf, budget: &mut Budget) {
    if let Err(stop) = drain(reader, leaf, budget) {
        report(stop, leaf);
    }
}
