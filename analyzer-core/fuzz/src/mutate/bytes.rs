//! Damage to bytes of no known structure.

use fastrand::Rng;

use super::{number, part};

pub(super) fn mutate(mut bytes: Vec<u8>, random: &mut Rng) -> Vec<u8> {
    let range = part(bytes.len(), random);
    match random.u8(..8) {
        0 => {
            if let Some(byte) = bytes.get_mut(range.start) {
                *byte ^= 1 << random.u8(..8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(range.start) {
                *byte = random.u8(..);
            }
        }
        2 => drop(bytes.drain(range)),
        3 => {
            let copy = bytes[range].to_vec();
            let at = random.usize(..=bytes.len());
            bytes.splice(at..at, copy);
        }
        4 => {
            let copy = bytes[range].to_vec();
            let at = random.usize(..=bytes.len());
            let end = (at + copy.len()).min(bytes.len());
            bytes.splice(at..end, copy);
        }
        5 => {
            let value = number(random);
            let width = [1, 2, 4, 8][random.usize(..4)];
            let encoded =
                if random.bool() { value.to_le_bytes() } else { (value << (64 - 8 * width)).to_be_bytes() };
            let end = (range.start + width).min(bytes.len());
            bytes.splice(range.start..end, encoded[..width].iter().copied());
        }
        6 => bytes.truncate(range.start),
        _ => {
            let byte = [0, 0xff, b'\n', b' ', b'0'][random.usize(..5)];
            bytes.splice(range.start..range.start, std::iter::repeat_n(byte, random.usize(1..200)));
        }
    }
    bytes
}
