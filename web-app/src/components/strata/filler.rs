//! What fills a container, or whatever layer is the last that is known: the
//! largest single part of the picture, looked for through all layers.

use analyzer_core::base::order::StableOrder;

use super::model::{Bar, Strata};

/// A part that no deeper layer splits further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filler {
    /// Index of the ledger row.
    pub row: usize,
    /// How much.
    pub bytes: i64,
}

/// The parts of the last bar, the largest first; what it carries, by the parts above.
pub fn fillers(strata: &Strata) -> Vec<Filler> {
    let mut all = match strata.bars.split_last() {
        Some((last, above)) => of(last, above),
        None => Vec::new(),
    };
    all.order_by(|a, b| b.bytes.cmp(&a.bytes).then(a.row.cmp(&b.row)));
    all
}

fn of(bar: &Bar, above: &[Bar]) -> Vec<Filler> {
    let mut all = Vec::new();
    for part in bar.parts.iter().filter(|part| part.bytes > 0) {
        let Some(row) = part.row else { continue };
        let deeper = match above.split_last() {
            Some((next, rest)) if part.is_carried => carried(row, next, rest),
            _ => None,
        };
        match deeper {
            Some(deeper) => all.extend(deeper),
            None => all.push(Filler { row, bytes: part.bytes }),
        }
    }
    all
}

/// What the layer above has instead of a carried part.
fn carried(row: usize, next: &Bar, rest: &[Bar]) -> Option<Vec<Filler>> {
    match next.parts.iter().find(|part| part.row == Some(row)) {
        // One of its parts: it may be carried there too.
        Some(part) if part.is_carried => rest.split_last().map(|(go, above)| of(go, above)),
        Some(_) => None,
        // All of it in one piece.
        None => Some(of(next, rest)),
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::units::Bytes;

    use super::super::model::tests::moment;
    use super::*;

    #[test]
    fn the_largest_part_is_found_in_any_layer() {
        let mut moment = moment();
        assert_eq!(fillers(&Strata::new(&moment))[0], Filler { row: 0, bytes: 60 });
        for row in &mut moment.ledger {
            match row.id.as_str() {
                "native" => row.bytes = Bytes(500),
                "process-anon" => row.bytes = Bytes(590),
                "cgroup-anon" => row.bytes = Bytes(585),
                "charge" => row.bytes = Bytes(614),
                _ => {}
            }
        }
        moment.layers[1].bytes = Bytes(590);
        moment.layers[2].bytes = Bytes(614);
        let all = fillers(&Strata::new(&moment));
        // The container is charged for 5 bytes less than the process holds.
        assert_eq!((all[0], all[1]), (Filler { row: 5, bytes: 495 }, Filler { row: 0, bytes: 60 }));
    }
}
