//! What each label accounts for: pprof's `-tags`, with the rest that has no such label.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::measurement::scaled_label;
use super::rows::Side;
use super::tags::LabelUnits;
use super::view::View;
use crate::base::convert::{id_to_usize, to_u64};
use crate::base::intern::{StrId, StringTable};
use crate::base::limits;
use crate::base::order::StableOrder;
use crate::base::packed::{PackedI64, PackedU64};
use crate::evidence::Evidence;
use crate::evidence::profiles::{Label, LabelValue};

/// The labels of a view by key, the keys sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// What the filters leave.
    pub left: Share,
    /// The keys.
    pub keys: Vec<LabelKey>,
}

/// Samples and the sum of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Samples, those of a base included.
    pub samples: u64,
    /// The sum of their values; those of a base count negative.
    pub amount: i64,
}

impl Share {
    pub(super) fn add(&mut self, samples: u64, amount: i64) {
        self.samples += samples;
        self.amount = self.amount.saturating_add(amount);
    }
}

/// The values of a key as columns, the largest amounts first.
///
/// A sample with two values of one key counts for both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelKey {
    /// The key.
    pub key: String,
    /// The unit of its numbers; the key itself where the profile states none.
    /// `None` if all its values are texts.
    pub number_unit: Option<String>,
    /// Samples with the key.
    pub tagged: Share,
    /// Samples without it.
    pub untagged: Share,
    /// The values as text; numbers with their unit ("32kB").
    pub text: Vec<String>,
    /// The number of each value, in `number_unit`; 0 for texts.
    pub number: PackedI64,
    /// The samples that have it.
    pub samples: PackedU64,
    /// The sum of their values.
    pub amount: PackedI64,
    /// Values past the ceiling of [`limits::LABEL_VALUES`]: how many, and what they come to.
    pub others: Option<(u64, Share)>,
}

/// Adds up a view by label.
pub fn labels(evidence: &Evidence, view: &View<'_>) -> Labels {
    let strings = &evidence.strings;
    let units = LabelUnits::of(view.sides.iter().map(|side| &side.profile().label_sets), strings);
    let mut left = Share::default();
    let mut keys: HashMap<StrId, Sums> = HashMap::new();
    for side in &view.sides {
        let by_set = by_label_set(side);
        for ((_, labels), share) in side.profile().label_sets.iter().zip(&by_set) {
            left.add(share.samples, share.amount);
            if share.samples > 0 {
                add(&mut keys, labels, *share);
            }
        }
    }
    let mut keys: Vec<_> =
        keys.into_iter().map(|(key, sums)| sums.finish(key, left, &units, strings)).collect();
    keys.order_by(|a, b| a.key.cmp(&b.key));
    Labels {
        sample_type: view.sample_type().to_owned(),
        unit: view.unit().to_owned(),
        total: view.total(),
        left,
        keys,
    }
}

/// What the filters leave of each label set.
fn by_label_set(side: &Side<'_>) -> Vec<Share> {
    let mut sums = vec![Share::default(); side.profile().label_sets.len()];
    for (set, value) in side.left_samples() {
        if let Some(sum) = sums.get_mut(id_to_usize(set.0)) {
            sum.add(1, value);
        }
    }
    sums
}

fn add(keys: &mut HashMap<StrId, Sums>, labels: &[Label], share: Share) {
    for (index, label) in labels.iter().enumerate() {
        let sums = keys.entry(label.key).or_default();
        let before = labels.get(..index).unwrap_or_default();
        if before.iter().all(|other| other.key != label.key) {
            sums.tagged.add(share.samples, share.amount);
        }
        if !before.contains(label) {
            sums.values.entry(label.value).or_default().add(share.samples, share.amount);
        }
    }
}

/// The sums of one key.
#[derive(Default)]
struct Sums {
    tagged: Share,
    values: HashMap<LabelValue, Share>,
}

impl Sums {
    fn finish(self, key: StrId, left: Share, units: &LabelUnits, strings: &StringTable) -> LabelKey {
        let is_number = |value: &LabelValue| matches!(value, LabelValue::Number { .. });
        let unit = self.values.keys().any(is_number).then(|| units.get(key).to_owned());
        let mut rows: Vec<_> = self
            .values
            .iter()
            .map(|(&value, &share)| (text(value, unit.as_deref().unwrap_or_default(), strings), value, share))
            .collect();
        rows.order_by(|(text_a, _, a), (text_b, _, b)| {
            let amount = |share: &Share| std::cmp::Reverse(share.amount.unsigned_abs());
            amount(a).cmp(&amount(b)).then_with(|| text_a.cmp(text_b)).then(b.samples.cmp(&a.samples))
        });
        let rest = rows.split_off(rows.len().min(limits::LABEL_VALUES));
        let mut others = Share::default();
        rest.iter().for_each(|(.., share)| others.add(share.samples, share.amount));
        LabelKey {
            key: strings.get(key).to_owned(),
            number_unit: unit,
            tagged: self.tagged,
            untagged: Share {
                samples: left.samples.saturating_sub(self.tagged.samples),
                amount: left.amount.saturating_sub(self.tagged.amount),
            },
            number: PackedI64(rows.iter().map(|(_, value, _)| number(*value)).collect()),
            samples: PackedU64(rows.iter().map(|(.., share)| share.samples).collect()),
            amount: PackedI64(rows.iter().map(|(.., share)| share.amount).collect()),
            text: rows.into_iter().map(|(text, ..)| text).collect(),
            others: (!rest.is_empty()).then_some((to_u64(rest.len()), others)),
        }
    }
}

fn number(value: LabelValue) -> i64 {
    if let LabelValue::Number { value, .. } = value { value } else { 0 }
}

fn text(value: LabelValue, unit: &str, strings: &StringTable) -> String {
    match value {
        LabelValue::Text(text) => strings.get(text).to_owned(),
        LabelValue::Number { value, .. } => scaled_label(value, unit, "minimum"),
        // An empty text and the number 0 are written alike.
        LabelValue::EmptyOrZero => "(empty or 0)".to_owned(),
    }
}
