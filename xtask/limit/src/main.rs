//! What any reader of a file pays: its bytes inflated by the library that the engine uses, or copied if they are
//! not compressed, and summed once. `cargo xtask bench` sets the program beside it.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

fn main() -> io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(path)?;
        let decoded = decoded(&bytes)?;
        println!("{}", decoded.iter().map(|&byte| u64::from(byte)).sum::<u64>());
    }
    Ok(())
}

fn decoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    // The trailer ends in the decoded size.
    let size = bytes.last_chunk().map_or(0, |size| u32::from_le_bytes(*size));
    let mut decoded = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    MultiGzDecoder::new(bytes).read_to_end(&mut decoded)?;
    Ok(decoded)
}
