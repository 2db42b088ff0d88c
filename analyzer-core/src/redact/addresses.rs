//! Addresses, numbered: where two were equal they stay equal, and no more is known of them.

use rustc_hash::FxHashMap;

use crate::base::limits::REDACTED_NAMES;

/// Every address of the captures.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    numbers: FxHashMap<Vec<u8>, usize>,
}

impl Addresses {
    /// `0x` and other digits, as many; `x`s if there are more addresses than are told apart.
    pub(super) fn pseudonym(&mut self, address: &[u8]) -> Vec<u8> {
        let width = address.len();
        let text = self
            .number(address)
            .map(|number| format!("{number:#0width$x}"))
            .filter(|text| text.len() == width);
        text.map_or_else(|| vec![b'x'; width], String::into_bytes)
    }

    /// Another varint, in as many bytes.
    pub(super) fn varint(&mut self, varint: &[u8]) -> Vec<u8> {
        let mut left = self.number(varint).unwrap_or_default();
        let last = varint.len().saturating_sub(1);
        let seven_bits = |index: usize| {
            let bits = u8::try_from(left & 0x7f).unwrap_or_default();
            left >>= 7;
            // The tenth byte of a varint has one bit.
            let bits = if index == 9 { 0 } else { bits };
            if index < last { bits | 0x80 } else { bits }
        };
        (0..varint.len()).map(seven_bits).collect()
    }

    /// The number of an address; `None` if there are too many.
    fn number(&mut self, address: &[u8]) -> Option<usize> {
        let count = self.numbers.len();
        if let Some(&number) = self.numbers.get(address) {
            return Some(number);
        }
        if count >= REDACTED_NAMES {
            return None;
        }
        self.numbers.insert(address.to_vec(), count + 1);
        Some(count + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_addresses_stay_equal() {
        let mut addresses = Addresses::default();
        let mut next = |address: &str| String::from_utf8(addresses.pseudonym(address.as_bytes())).unwrap();
        assert_eq!(next("0xc000012345"), "0x0000000001");
        assert_eq!(next("0x7f00beef"), "0x00000002");
        assert_eq!(next("0xc000012345"), "0x0000000001");
    }

    #[test]
    fn a_varint_keeps_its_length() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.varint(&[0xe7, 0x24]), [0x81, 0x00]);
        assert_eq!(addresses.varint(&[0x05]), [0x02]);
        assert_eq!(addresses.varint(&[0xe7, 0x24]), [0x81, 0x00]);
    }
}
