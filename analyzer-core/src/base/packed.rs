//! Columns that cross to the page as raw bytes instead of number by number.

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! packed {
    ($(#[$meta:meta])* $name:ident($element:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(pub Vec<$element>);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let rows: Vec<_> = self.0.iter().map(|n| n.to_le_bytes()).collect();
                serializer.serialize_bytes(rows.as_flattened())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_bytes(RowsVisitor(<$element>::from_le_bytes)).map(Self)
            }
        }
    };
}

packed! {
    /// A column of `u8`: flags.
    PackedU8(u8)
}
packed! {
    /// A column of `u32`: ids, counts, depths.
    PackedU32(u32)
}
packed! {
    /// A column of `i64`: values in a profile's own unit.
    PackedI64(i64)
}
packed! {
    /// A column of `u64`: offsets and times.
    PackedU64(u64)
}
packed! {
    /// A column of `f64`: positions on an axis.
    PackedF64(f64)
}

/// Makes rows of `N` bytes: each byte is copied once, from where the decoder has it.
struct RowsVisitor<T, const N: usize>(fn([u8; N]) -> T);

impl<'de, T, const N: usize> Visitor<'de> for RowsVisitor<T, N> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bytes of a column")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
        match bytes.as_chunks::<N>() {
            (rows, []) => Ok(rows.iter().map(|row| (self.0)(*row)).collect()),
            _ => Err(E::custom("a column of broken rows")),
        }
    }

    /// Self-describing text formats have no bytes, only numbers.
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_the_crossing() {
        let column = PackedI64(vec![0, -1, i64::MAX]);
        let text = serde_json::to_string(&column).unwrap();
        assert_eq!(serde_json::from_str::<PackedI64>(&text).unwrap(), column);
        assert!(serde_json::from_str::<PackedI64>("[1,2,3]").is_err());
    }
}
