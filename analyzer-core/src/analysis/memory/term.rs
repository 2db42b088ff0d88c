//! Amounts that remember the figures they were made of.

use std::ops::{Add, Neg, Sub};

use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::{Bytes, Unit};
use crate::evidence::Evidence;
use crate::evidence::memory::{Figure, Record};
use crate::report::Citation;

/// An amount with its sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// The amount, in the unit of its figures.
    pub value: i64,
    /// The figures that entered, each once.
    pub from: Vec<Citation>,
}

impl Term {
    /// An amount that one figure states.
    pub fn of_figure(evidence: &Evidence, source: SourceId, figure: &Figure, file: &str) -> Self {
        let name = evidence.strings.get(figure.name);
        let quantity = if name.is_empty() { file.to_owned() } else { name.to_owned() };
        let at = (figure.at != Position::default()).then_some(figure.at);
        let span = SourceSpan { source, at: figure.at };
        let citation = Citation { at, ..Citation::figure(span, quantity, figure.value, figure.unit) };
        Self { value: figure.value, from: vec![citation] }
    }

    /// An amount that a computation over a whole source gave.
    pub fn computed(source: SourceId, quantity: &str, value: i64) -> Self {
        let span = SourceSpan { source, at: Position::default() };
        Self {
            value,
            from: vec![Citation { at: None, ..Citation::figure(span, quantity, value, Unit::Bytes) }],
        }
    }

    /// As bytes.
    pub const fn bytes(&self) -> Bytes {
        Bytes(self.value)
    }

    /// Another value that rests on the same figures.
    pub fn with_value(&self, value: i64) -> Self {
        Self { value, from: self.from.clone() }
    }

    /// The figures of several terms, each once.
    pub fn citations(terms: &[&Self]) -> Vec<Citation> {
        let mut all: Vec<Citation> = Vec::new();
        for citation in terms.iter().flat_map(|term| &term.from) {
            if !all.contains(citation) {
                all.push(citation.clone());
            }
        }
        all
    }

    fn merge(&self, other: &Self, value: i64) -> Self {
        Self { value, from: Self::citations(&[self, other]) }
    }
}

impl Add for &Term {
    type Output = Term;
    fn add(self, other: Self) -> Term {
        self.merge(other, self.value.saturating_add(other.value))
    }
}

impl Sub for &Term {
    type Output = Term;
    fn sub(self, other: Self) -> Term {
        self.merge(other, self.value.saturating_sub(other.value))
    }
}

impl Neg for &Term {
    type Output = Term;
    fn neg(self) -> Term {
        self.with_value(self.value.saturating_neg())
    }
}

/// Adds terms; `None` if any is unknown.
pub fn sum<'a>(terms: impl IntoIterator<Item = Option<&'a Term>>) -> Option<Term> {
    let mut total: Option<Term> = None;
    for term in terms {
        let term = term?;
        total = Some(match total {
            Some(total) => &total + term,
            None => term.clone(),
        });
    }
    total
}

/// One record with its tables at hand.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The tables.
    pub evidence: &'a Evidence,
    /// The record.
    pub record: &'a Record,
}

impl<'a> View<'a> {
    /// The file's proper name.
    pub fn file(&self) -> &'a str {
        self.evidence.strings.get(self.record.file)
    }

    /// What stands before the proper name.
    pub fn level(&self) -> &'a str {
        self.evidence.strings.get(self.record.level)
    }

    /// The moment, if it is not the main one.
    pub fn moment(&self) -> &'a str {
        self.evidence.strings.get(self.record.moment)
    }

    /// The folder as dropped.
    pub fn folder(&self) -> &'a str {
        self.evidence.strings.get(self.record.folder)
    }

    /// A figure by its key.
    pub fn get(&self, key: &str) -> Option<Term> {
        let key = self.evidence.strings.find(key)?;
        let figure = self.evidence.memory.figure(self.record, key)?;
        Some(Term::of_figure(self.evidence, self.record.source, figure, self.file()))
    }

    /// The value of a figure by its key.
    pub fn value(&self, key: &str) -> Option<i64> {
        let key = self.evidence.strings.find(key)?;
        self.evidence.memory.figure(self.record, key).map(|figure| figure.value)
    }

    /// Every figure with its key, in file order.
    pub fn figures(&self) -> impl Iterator<Item = (&'a str, &'a Figure)> + 'a {
        let evidence = self.evidence;
        evidence
            .memory
            .figures_of(self.record)
            .iter()
            .map(|figure| (evidence.strings.get(figure.key), figure))
    }

    /// A text by its key.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let key = self.evidence.strings.find(key)?;
        let texts = self.evidence.memory.texts_of(self.record);
        texts.iter().find(|text| text.key == key).map(|text| self.evidence.strings.get(text.value))
    }

    /// Where a text stands.
    pub fn place_of_text(&self, key: &str) -> Option<SourceSpan> {
        let key = self.evidence.strings.find(key)?;
        let texts = self.evidence.memory.texts_of(self.record);
        texts
            .iter()
            .find(|text| text.key == key)
            .map(|text| SourceSpan { source: self.record.source, at: text.at })
    }

    /// All figures under the empty key: the lines of a list of ids.
    pub fn list(&self) -> impl Iterator<Item = i64> + 'a {
        let empty = crate::base::intern::StringTable::EMPTY;
        self.evidence
            .memory
            .figures_of(self.record)
            .iter()
            .filter(move |figure| figure.key == empty)
            .map(|figure| figure.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(value: i64, line: u64) -> Term {
        let span = SourceSpan { source: SourceId(0), at: Position::line(line) };
        Term { value, from: vec![Citation::figure(span, "x", value, Unit::Bytes)] }
    }

    #[test]
    fn sums_cite_each_figure_once() {
        let (a, b) = (term(5, 1), term(3, 2));
        let sum = &(&a - &b) + &a;
        assert_eq!((sum.value, sum.from.len()), (7, 2));
        assert_eq!((-&a).value, -5);
    }

    #[test]
    fn an_unknown_part_makes_the_sum_unknown() {
        let a = term(5, 1);
        assert_eq!(super::sum([Some(&a), None]), None);
        assert_eq!(super::sum([Some(&a), Some(&a)]).map(|t| t.value), Some(10));
    }
}
