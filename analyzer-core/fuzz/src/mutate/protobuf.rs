//! Damage to protobuf messages that leaves them messages: lengths stay right,
//! numbers and the order and count of fields do not.

use fastrand::Rng;

use super::{bytes, number, put_varint, varint};

/// A field with its number.
enum Field {
    Varint(u64, u64),
    Bytes(u64, Vec<u8>),
    /// Of a fixed width: the tag, and what follows.
    Fixed(u64, Vec<u8>),
}

/// Damages a message, or bytes if it is none.
pub(super) fn mutate(message: &[u8], random: &mut Rng) -> Vec<u8> {
    match fields(message) {
        Some(mut fields) if !fields.is_empty() => {
            damage(&mut fields, random);
            encode(&fields)
        }
        _ => bytes::mutate(message.to_vec(), random),
    }
}

fn damage(fields: &mut Vec<Field>, random: &mut Rng) {
    let at = random.usize(..fields.len());
    match random.u8(..8) {
        0 => drop(fields.remove(at)),
        1 => {
            let copy = fields[at].copy();
            fields.insert(random.usize(..=fields.len()), copy);
        }
        2 => {
            let field = fields.remove(at);
            fields.insert(random.usize(..=fields.len()), field);
        }
        3 => {
            // The same field of another record.
            let other = fields[random.usize(..fields.len())].copy();
            fields[at] = other;
        }
        _ => match &mut fields[at] {
            Field::Varint(_, value) => *value = number(random),
            Field::Bytes(_, body) => *body = self::mutate(body, random),
            Field::Fixed(_, body) => *body = bytes::mutate(std::mem::take(body), random),
        },
    }
}

impl Field {
    fn copy(&self) -> Self {
        match self {
            Self::Varint(number, value) => Self::Varint(*number, *value),
            Self::Bytes(number, body) => Self::Bytes(*number, body.clone()),
            Self::Fixed(tag, body) => Self::Fixed(*tag, body.clone()),
        }
    }
}

/// The fields of a message; `None` for bytes that are none.
fn fields(message: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let tag = varint(message, &mut at)?;
        let number = tag >> 3;
        fields.push(match tag & 7 {
            0 => Field::Varint(number, varint(message, &mut at)?),
            1 => Field::Fixed(tag, take(message, &mut at, 8)?),
            5 => Field::Fixed(tag, take(message, &mut at, 4)?),
            2 => {
                let length = varint(message, &mut at)?;
                Field::Bytes(number, take(message, &mut at, length)?)
            }
            _ => return None,
        });
        if number == 0 {
            return None;
        }
    }
    Some(fields)
}

fn take(message: &[u8], at: &mut usize, length: u64) -> Option<Vec<u8>> {
    let end = at.checked_add(usize::try_from(length).ok()?)?;
    let body = message.get(*at..end)?.to_vec();
    *at = end;
    Some(body)
}

fn encode(fields: &[Field]) -> Vec<u8> {
    let mut message = Vec::new();
    for field in fields {
        match field {
            Field::Varint(number, value) => {
                put_varint(number << 3, 1, &mut message);
                put_varint(*value, 1, &mut message);
            }
            Field::Bytes(number, body) => {
                put_varint(number << 3 | 2, 1, &mut message);
                put_varint(body.len() as u64, 1, &mut message);
                message.extend_from_slice(body);
            }
            Field::Fixed(tag, body) => {
                put_varint(*tag, 1, &mut message);
                message.extend_from_slice(body);
            }
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_apart_and_put_together() {
        let message = [0x0a, 4, 8, 1, 16, 2, 0x78, 0xac, 2, 0x0d, 1, 2, 3, 4];
        assert_eq!(encode(&fields(&message).expect("a message")), message);
        assert!(fields(&[0x0a, 9, 1]).is_none());
    }
}
