//! Damage to execution traces that leaves them batches: sizes stay right,
//! numbers in headers and events, and the order and count of batches do not.

use fastrand::Rng;

use super::{bytes, number, put_varint, varint};

const HEADER: usize = 16;
/// The runtime pads the size of a batch to ten bytes.
const SIZE_BYTES: usize = 10;
const BATCH: u8 = 1;

/// A batch, or what stands between two.
struct Piece {
    /// Generation, thread and time; none for what is no batch.
    header: Option<[u64; 3]>,
    data: Vec<u8>,
}

pub(super) fn mutate(trace: &[u8], random: &mut Rng) -> Vec<u8> {
    let Some((head, body)) = trace.split_at_checked(HEADER) else {
        return bytes::mutate(trace.to_vec(), random);
    };
    let mut pieces = pieces(body);
    if pieces.is_empty() {
        return bytes::mutate(trace.to_vec(), random);
    }
    let at = random.usize(..pieces.len());
    match random.u8(..10) {
        0 => drop(pieces.remove(at)),
        1 => {
            let copy = Piece { header: pieces[at].header, data: pieces[at].data.clone() };
            pieces.insert(random.usize(..=pieces.len()), copy);
        }
        2 => {
            let piece = pieces.remove(at);
            pieces.insert(random.usize(..=pieces.len()), piece);
        }
        3 => {
            if let Some(header) = &mut pieces[at].header {
                let field = random.usize(..3);
                header[field] = if random.bool() { number(random) } else { header[field] ^ 1 };
            }
        }
        4 => pieces[at].data = bytes::mutate(std::mem::take(&mut pieces[at].data), random),
        _ => pieces[at].data = change_number(&pieces[at].data, random),
    }
    let mut output = head.to_vec();
    for piece in pieces {
        if let Some(header) = piece.header {
            output.push(BATCH);
            header.into_iter().for_each(|value| put_varint(value, 1, &mut output));
            put_varint(piece.data.len() as u64, SIZE_BYTES, &mut output);
        }
        output.extend_from_slice(&piece.data);
    }
    output
}

/// Events are a byte and varints: replaces one of either.
fn change_number(data: &[u8], random: &mut Rng) -> Vec<u8> {
    let start = random.usize(..=data.len());
    // Back to the start of a number.
    let start = data[..start].iter().rposition(|byte| *byte < 0x80).map_or(0, |at| at + 1);
    let mut end = start;
    let old = varint(data, &mut end).unwrap_or(0);
    let new = if random.bool() { number(random) } else { old.wrapping_add(1) };
    let mut output = data[..start].to_vec();
    put_varint(new, 1, &mut output);
    output.extend_from_slice(&data[end..]);
    output
}

fn pieces(body: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < body.len() {
        match batch(body, at) {
            Some((header, data)) => {
                pieces.push(Piece { header: Some(header), data: body[data.clone()].to_vec() });
                at = data.end;
            }
            None => {
                let next = body[at + 1..].iter().position(|byte| *byte == BATCH).map(|next| at + 1 + next);
                let end = next.unwrap_or(body.len());
                pieces.push(Piece { header: None, data: body[at..end].to_vec() });
                at = end;
            }
        }
    }
    pieces
}

fn batch(body: &[u8], mut at: usize) -> Option<([u64; 3], std::ops::Range<usize>)> {
    if body.get(at) != Some(&BATCH) {
        return None;
    }
    at += 1;
    let header = [varint(body, &mut at)?, varint(body, &mut at)?, varint(body, &mut at)?];
    let size = usize::try_from(varint(body, &mut at)?).ok()?;
    let end = at.checked_add(size).filter(|end| *end <= body.len())?;
    Some((header, at..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_found_and_what_is_between_is_kept() {
        let mut body = vec![BATCH, 3, 7, 9];
        put_varint(2, SIZE_BYTES, &mut body);
        body.extend([17, 0, 0x22, 0x23]);
        let pieces = pieces(&body);
        assert_eq!((pieces[0].header, pieces[0].data.as_slice()), (Some([3, 7, 9]), [17, 0].as_slice()));
        assert_eq!((pieces[1].header, pieces[1].data.as_slice()), (None, [0x22, 0x23].as_slice()));
    }
}
