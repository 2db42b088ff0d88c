//! Ways to damage an input that knows what it is made of: what a parser would
//! refuse at its door is of no use behind it.

mod bytes;
mod protobuf;
mod text;
mod trace;

use fastrand::Rng;

/// What an input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Bytes,
    /// Lines of words and numbers.
    Text,
    /// Protobuf fields.
    Protobuf,
    /// A Go execution trace: batches of events.
    Trace,
}

/// A damaged copy, of up to four times the size.
pub fn mutate(shape: Shape, input: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut output = input.to_vec();
    for _ in 0..random.usize(1..=4) {
        output = match shape {
            // Every shape may be damaged as if it were another.
            _ if random.u8(..) < 32 => bytes::mutate(output, random),
            Shape::Bytes => bytes::mutate(output, random),
            Shape::Text => text::mutate(&output, random),
            Shape::Protobuf => protobuf::mutate(&output, random),
            Shape::Trace => trace::mutate(&output, random),
        };
        output.truncate(input.len() * 4 + 4096);
    }
    output
}

/// Numbers at which programs break.
fn number(random: &mut Rng) -> u64 {
    match random.u8(..6) {
        0 => random.u64(..4),
        1 => (1 << random.u32(..64)) - random.u64(..2),
        2 => u64::MAX - random.u64(..3),
        3 => random.u64(..300),
        4 => random.u64(..) >> random.u32(..64),
        _ => i64::MAX.cast_unsigned() - random.u64(..2),
    }
}

/// A part of something of this length, short parts more often.
fn part(length: usize, random: &mut Rng) -> std::ops::Range<usize> {
    let start = random.usize(..=length);
    let longest = (length - start) >> random.u32(..8);
    start..start + random.usize(..=longest)
}

/// Appends a number as a varint of at least this many bytes.
fn put_varint(mut value: u64, least: usize, output: &mut Vec<u8>) {
    let mut written = 1;
    while value >= 0x80 || written < least {
        output.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
        written += 1;
    }
    output.push(value as u8);
}

/// The varint at `at`, which moves behind it.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_read_as_written_padded_or_not() {
        for (value, least) in [(0, 1), (300, 1), (u64::MAX, 1), (7, 10)] {
            let mut bytes = Vec::new();
            put_varint(value, least, &mut bytes);
            assert!(bytes.len() >= least);
            let mut at = 0;
            assert_eq!((varint(&bytes, &mut at), at), (Some(value), bytes.len()));
        }
    }

    #[test]
    fn a_seed_repeats_its_damage() {
        for shape in [Shape::Bytes, Shape::Text, Shape::Protobuf, Shape::Trace] {
            let damage =
                |seed| mutate(shape, b"goroutine 1 [running]:\nmain.main()\n", &mut Rng::with_seed(seed));
            assert_eq!(damage(1), damage(1));
            assert!((2..20).any(|seed| damage(seed) != damage(1)), "{shape:?}");
        }
    }
}
