//! Builds ledger rows: steps that add downwards, and totals.

use super::native::Bounded;
use super::term::Term;
use crate::base::units::Bytes;
use crate::report::{Layer, LayerId, LedgerClass, LedgerRow, Reclaim};

/// What a row says besides its amount.
#[derive(Clone, Copy, Debug)]
pub struct RowText {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// What becomes of such memory; `None` of totals and of steps that mix kinds.
    pub reclaim: Option<Reclaim>,
    /// Name for people.
    pub label: &'static str,
    /// How it is computed, in the sources' own names.
    pub formula: &'static str,
    /// One sentence: what it means.
    pub meaning: &'static str,
}

/// A ledger in the making.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Rows so far, top down.
    pub rows: Vec<LedgerRow>,
    /// Totals of the layers.
    pub layers: Vec<Layer>,
}

impl Ledger {
    /// Adds a step that is known to the byte.
    pub fn exact(&mut self, layer: LayerId, text: RowText, term: &Term) {
        self.push(layer, text, term, LedgerClass::Exact, None);
    }

    /// Adds a step that is what others leave.
    pub fn residual(&mut self, layer: LayerId, text: RowText, term: &Term) {
        self.push(layer, text, term, LedgerClass::Residual, None);
    }

    /// Adds a step within bounds; exact if the bounds meet.
    pub fn bounded(&mut self, layer: LayerId, text: RowText, amount: &Bounded) {
        let bounds = (!amount.is_exact()).then_some((amount.low, amount.high));
        let class = if amount.is_exact() { LedgerClass::Exact } else { LedgerClass::Bounded };
        self.push(layer, text, &amount.term, class, bounds);
    }

    /// Adds a running total that is also a layer of the picture.
    pub fn layer_total(&mut self, layer: LayerId, text: RowText, amount: &Bounded) {
        self.total(layer, text, amount);
        self.layers.push(Layer { id: layer, bytes: amount.term.bytes() });
    }

    /// Adds a running total.
    pub fn total(&mut self, layer: LayerId, text: RowText, amount: &Bounded) {
        self.bounded(layer, text, amount);
        if let Some(row) = self.rows.last_mut() {
            row.is_total = true;
        }
    }

    fn push(
        &mut self,
        layer: LayerId,
        text: RowText,
        term: &Term,
        class: LedgerClass,
        bounds: Option<(i64, i64)>,
    ) {
        self.rows.push(LedgerRow {
            id: text.id.to_owned(),
            layer,
            label: text.label.to_owned(),
            bytes: term.bytes(),
            low: bounds.map(|(low, _)| Bytes(low)),
            high: bounds.map(|(_, high)| Bytes(high)),
            class,
            is_total: false,
            reclaim: text.reclaim,
            formula: text.formula.to_owned(),
            meaning: text.meaning.to_owned(),
            citations: term.from.clone(),
        });
    }
}
