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
        let count = self.numbers.len();
        let number = match self.numbers.get(address) {
            Some(&number) => Some(number),
            None if count < REDACTED_NAMES => {
                self.numbers.insert(address.to_vec(), count + 1);
                Some(count + 1)
            }
            None => None,
        };
        let width = address.len();
        let text = number.map(|number| format!("{number:#0width$x}")).filter(|text| text.len() == width);
        text.map_or_else(|| vec![b'x'; width], String::into_bytes)
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
}
