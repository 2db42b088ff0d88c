//! From the ledger to bars: what each layer is made of, and which part of it
//! is the layer above.
//!
//! ```text
//! go       |live|garbage|stacks|idle|
//! process  |carried: go resident |exe|native|      less what is not resident
//! cgroup   |carried: go resident |exe|native|file|kernel|stock|
//! ```
//!
//! The container carries the process's parts one by one, so that its bar alone
//! says what fills it; only if the two differ by more than a hair, in one piece.

use analyzer_core::report::{LayerId, LedgerClass, LedgerRow, MemorySnapshot};

/// The ledger row of what is left below the limit: not a part of any bar.
const HEADROOM: &str = "headroom";
/// A carried layer is shown by its parts if no more than this part of it is lost on the way.
const HAIR: i64 = 50;

/// The bars of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strata {
    /// Known layers, from Go to cgroup.
    pub bars: Vec<Bar>,
    /// The container's limit.
    pub limit: Option<i64>,
    /// GOMEMLIMIT.
    pub gomemlimit: Option<i64>,
    /// What `kubectl top` shows.
    pub working_set: Option<i64>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Which.
    pub layer: LayerId,
    /// Its amount.
    pub total: i64,
    /// False if no input states the amount: it is what has a name.
    pub is_stated: bool,
    /// Its parts, from the left. They add up to `total`.
    pub parts: Vec<Part>,
    /// What of the layer above is not in this one: ledger rows with negative amounts.
    pub lost: Vec<Loss>,
}

/// Something that ends between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Index of the ledger row.
    pub row: usize,
    /// How much; positive.
    pub bytes: i64,
}

/// A stretch of a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Index of the ledger row; `None` for a start that no row names.
    pub row: Option<usize>,
    /// The layer above, as far as it lies in this one.
    pub is_carried: bool,
    /// Where it begins, in bytes from the bar's left. A negative part begins
    /// at its right end and takes back.
    pub start: i64,
    /// How much; negative for what takes back.
    pub bytes: i64,
    /// Lower and upper bound of the amount, where it is not exact.
    pub bounds: Option<(i64, i64)>,
    /// What is left when all else is subtracted.
    pub is_residual: bool,
}

impl Strata {
    /// The bars of a moment.
    pub fn new(moment: &MemorySnapshot) -> Self {
        let mut bars: Vec<Bar> = Vec::new();
        for layer in [LayerId::Go, LayerId::Process, LayerId::Cgroup] {
            if let Some(bar) = bar(moment, layer, bars.last()) {
                bars.push(bar);
            }
        }
        let positive = |amount: Option<analyzer_core::base::units::Bytes>| {
            amount.map(|bytes| bytes.0).filter(|bytes| *bytes > 0)
        };
        Self {
            bars,
            limit: positive(moment.limit),
            gomemlimit: positive(moment.gomemlimit),
            working_set: positive(moment.working_set),
        }
    }

    /// The largest amount that any bar reaches, on its way too.
    pub fn reach(&self) -> i64 {
        let ends = |bar: &Bar| {
            bar.parts
                .iter()
                .map(|part| part.start.max(part.start.saturating_add(part.bytes)))
                .max()
                .unwrap_or(0)
        };
        self.bars.iter().map(|bar| ends(bar).max(bar.total)).max().unwrap_or(0)
    }
}

fn bar(moment: &MemorySnapshot, layer: LayerId, above: Option<&Bar>) -> Option<Bar> {
    let rows =
        || moment.ledger.iter().enumerate().filter(|(_, row)| row.layer == layer && row.id != HEADROOM);
    let stated = moment.layers.iter().find(|stated| stated.id == layer).map(|stated| stated.bytes.0);
    // Without a stated amount, the last sum and the steps after it.
    let named = || {
        let (at, last) = rows().rfind(|(_, row)| row.is_total)?;
        let after: i64 = rows().filter(|(index, _)| *index > at).map(|(_, row)| row.bytes.0).sum();
        Some(last.bytes.0.saturating_add(after))
    };
    let total = stated.or_else(named)?;
    let steps: i64 = rows().filter(|(_, row)| !row.is_total).map(|(_, row)| row.bytes.0).sum();
    // What the steps do not make up is the layer above, or what this one starts from.
    let base = total.saturating_sub(steps);
    let mut builder = Builder { has_base: base != 0, is_open: true, parts: Vec::new(), lost: Vec::new() };
    if builder.has_base {
        let row = above.and_then(|above| last_total(moment, above.layer));
        let is_carried = above.is_some_and(|above| is_joined(moment, above.layer, layer));
        builder.push(Part { row, is_carried, start: 0, bytes: base, bounds: None, is_residual: false });
    }
    for (index, row) in rows() {
        builder.add(index, row);
    }
    let Builder { parts, lost, .. } = builder;
    let mut bar = Bar { layer, total, is_stated: stated.is_some(), parts, lost };
    if let Some(above) = above.filter(|above| above.layer == LayerId::Process) {
        unfold(&mut bar, above);
    }
    Some(bar)
}

/// Shows what a bar carries by the parts of the bar above, if what is lost on
/// the way is too little to see: it comes off the largest of them.
fn unfold(bar: &mut Bar, above: &Bar) {
    let Some(carried) = bar.parts.first().filter(|part| part.is_carried) else { return };
    let lost = above.total.saturating_sub(carried.bytes);
    let largest = above.parts.iter().map(|part| part.bytes).max().unwrap_or(0);
    let is_hair = (0..=above.total / HAIR).contains(&lost) && lost < largest;
    if !is_hair || above.parts.iter().any(|part| part.bytes < 0) {
        return;
    }
    let mut start = 0;
    let mut rest = lost;
    let unfolded = above.parts.iter().map(|part| {
        let off = if part.bytes == largest { std::mem::take(&mut rest) } else { 0 };
        let bytes = part.bytes - off;
        let part = Part { is_carried: true, start, bytes, bounds: None, ..part.clone() };
        start += bytes;
        part
    });
    bar.parts.splice(..1, unfolded.collect::<Vec<_>>());
}

fn last_total(moment: &MemorySnapshot, layer: LayerId) -> Option<usize> {
    moment.ledger.iter().rposition(|row| row.layer == layer && row.is_total)
}

/// False if the two layers are of different things or moments.
fn is_joined(moment: &MemorySnapshot, above: LayerId, layer: LayerId) -> bool {
    !moment.disagreements.iter().any(|disagreement| disagreement.between == [above, layer])
}

struct Builder {
    /// The first part is what the layer starts from.
    has_base: bool,
    /// No total was seen yet: what is subtracted comes off the base.
    is_open: bool,
    parts: Vec<Part>,
    lost: Vec<Loss>,
}

impl Builder {
    fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    fn end(&self) -> i64 {
        self.parts.last().map_or(0, |part| part.start.saturating_add(part.bytes))
    }

    fn add(&mut self, index: usize, row: &LedgerRow) {
        let bytes = row.bytes.0;
        if row.is_total {
            // The first total after the base alone is that amount's own name here.
            if self.has_base
                && self.is_open
                && let [base] = self.parts.as_mut_slice()
            {
                base.row = Some(index);
                base.bounds = bounds(row);
            }
            self.is_open = false;
        } else if bytes < 0 && self.is_open && self.has_base && self.take_off(bytes) {
            self.lost.push(Loss { row: index, bytes: -bytes });
        } else if bytes != 0 || bounds(row).is_some() {
            self.push(Part {
                row: Some(index),
                is_carried: false,
                start: self.end(),
                bytes,
                bounds: bounds(row),
                is_residual: row.class == LedgerClass::Residual,
            });
        }
    }

    /// Takes bytes off the base, if it has as many.
    fn take_off(&mut self, bytes: i64) -> bool {
        let Some(base) = self.parts.first_mut().filter(|base| base.bytes.saturating_add(bytes) > 0) else {
            return false;
        };
        base.bytes += bytes;
        for part in self.parts.iter_mut().skip(1) {
            part.start += bytes;
        }
        true
    }
}

fn bounds(row: &LedgerRow) -> Option<(i64, i64)> {
    let (low, high) = (row.low?.0, row.high?.0);
    (low != high).then_some((low, high))
}

#[cfg(test)]
pub(super) mod tests {
    use analyzer_core::base::units::Bytes;
    use analyzer_core::report::{Disagreement, Layer, SubjectId};

    use super::*;

    pub fn row(id: &str, layer: LayerId, bytes: i64, is_total: bool) -> LedgerRow {
        LedgerRow {
            id: id.to_owned(),
            layer,
            label: id.to_owned(),
            bytes: Bytes(bytes),
            low: None,
            high: None,
            class: LedgerClass::Exact,
            is_total,
            reclaim: None,
            formula: String::new(),
            meaning: String::new(),
            citations: Vec::new(),
        }
    }

    /// ```text
    /// go       live 60, idle 40                        100
    /// process  not resident −10, native 50              140
    /// cgroup   other −5, file 30, stock −1, headroom   164
    /// ```
    pub fn moment() -> MemorySnapshot {
        use LayerId::{Cgroup, Go, Process};
        let native = LedgerRow {
            low: Some(Bytes(45)),
            high: Some(Bytes(52)),
            class: LedgerClass::Bounded,
            ..row("native", Process, 50, false)
        };
        let stock = LedgerRow { class: LedgerClass::Residual, ..row("stock", Cgroup, -1, false) };
        MemorySnapshot {
            subject: SubjectId(0),
            snapshot: "t0".to_owned(),
            layers: vec![
                Layer { id: Go, bytes: Bytes(100) },
                Layer { id: Process, bytes: Bytes(140) },
                Layer { id: Cgroup, bytes: Bytes(164) },
            ],
            ledger: vec![
                row("live", Go, 60, false),
                row("idle", Go, 40, false),
                row("committed", Go, 100, true),
                row("not-resident", Process, -10, false),
                row("go-resident", Process, 90, true),
                native,
                row("process-anon", Process, 140, true),
                row("other", Cgroup, -5, false),
                row("cgroup-anon", Cgroup, 135, true),
                row("file", Cgroup, 30, false),
                stock,
                row("charge", Cgroup, 164, true),
                row("headroom", Cgroup, 36, false),
            ],
            limit: Some(Bytes(200)),
            gomemlimit: None,
            gogc: None,
            working_set: Some(Bytes(150)),
            skew: None,
            checks: Vec::new(),
            disagreements: Vec::new(),
            side: Vec::new(),
            mappings: None,
            size_classes: None,
            advisor: None,
            missing: Vec::new(),
        }
    }

    #[test]
    fn without_a_stated_charge_the_bar_is_what_has_a_name() {
        let mut moment = moment();
        moment.layers.retain(|layer| layer.id != LayerId::Cgroup);
        moment.ledger.retain(|row| row.id != "charge" && row.id != "stock");
        let strata = Strata::new(&moment);
        let bar = strata.bars.last().unwrap();
        let end = bar.parts.last().map(|part| part.start + part.bytes);
        assert_eq!((bar.layer, bar.is_stated, Some(bar.total)), (LayerId::Cgroup, false, end));
        assert_eq!(bar.parts.iter().map(|part| part.bytes).sum::<i64>(), bar.total);
    }

    #[test]
    fn each_bar_carries_what_lies_in_it_of_the_layer_above() {
        let strata = Strata::new(&moment());
        let [go, process, cgroup] = strata.bars.as_slice() else { panic!("three bars") };
        assert_eq!(
            go.parts.iter().map(|part| (part.start, part.bytes)).collect::<Vec<_>>(),
            [(0, 60), (60, 40)]
        );
        assert!(go.parts.iter().all(|part| !part.is_carried));
        assert_eq!(process.lost, [Loss { row: 3, bytes: 10 }]);
        assert_eq!((process.parts[0].row, process.parts[0].bytes), (Some(4), 90));
        assert_eq!((process.parts[1].start, process.parts[1].bounds), (90, Some((45, 52))));
        assert_eq!((cgroup.parts[0].row, cgroup.parts[0].bytes), (Some(8), 135));
        assert_eq!(cgroup.lost, [Loss { row: 7, bytes: 5 }]);
        assert_eq!(
            (cgroup.parts[2].start, cgroup.parts[2].bytes, cgroup.parts[2].is_residual),
            (165, -1, true)
        );
    }

    #[test]
    fn parts_of_every_bar_add_up_to_its_total() {
        for bar in Strata::new(&moment()).bars {
            assert_eq!(bar.parts.iter().map(|part| part.bytes).sum::<i64>(), bar.total, "{:?}", bar.layer);
        }
    }

    #[test]
    fn the_container_carries_the_parts_of_the_process_if_hardly_anything_is_lost() {
        let mut moment = moment();
        for row in &mut moment.ledger {
            match row.id.as_str() {
                "other" => row.bytes = Bytes(-2),
                "cgroup-anon" => row.bytes = Bytes(138),
                "file" => row.bytes = Bytes(27),
                _ => {}
            }
        }
        let cgroup = &Strata::new(&moment).bars[2];
        let carried = cgroup.parts.iter().filter(|part| part.is_carried);
        assert_eq!(
            carried.map(|part| (part.row, part.start, part.bytes)).collect::<Vec<_>>(),
            [(Some(4), 0, 88), (Some(5), 88, 50)]
        );
        assert_eq!(cgroup.parts.iter().map(|part| part.bytes).sum::<i64>(), cgroup.total);
    }

    #[test]
    fn a_layer_whose_steps_make_its_total_carries_nothing() {
        let mut moment = moment();
        moment.layers.remove(1);
        moment.ledger.retain(|row| row.layer != LayerId::Process);
        for row in &mut moment.ledger {
            if row.id == "other" {
                row.bytes = Bytes(135);
            }
        }
        let strata = Strata::new(&moment);
        assert_eq!(strata.bars.len(), 2);
        assert!(strata.bars[1].parts.iter().all(|part| !part.is_carried));
    }

    #[test]
    fn what_is_resident_though_released_is_a_part_of_its_own() {
        let mut moment = moment();
        moment.ledger[3].bytes = Bytes(20);
        moment.ledger[4].bytes = Bytes(120);
        moment.layers[1].bytes = Bytes(170);
        let process = &Strata::new(&moment).bars[1];
        assert_eq!(process.parts.iter().map(|part| part.bytes).collect::<Vec<_>>(), [100, 20, 50]);
        assert!(process.lost.is_empty());
    }

    #[test]
    fn layers_of_different_moments_are_not_joined() {
        let mut moment = moment();
        moment.disagreements.push(Disagreement {
            between: [LayerId::Go, LayerId::Process],
            reason: String::new(),
            difference: Bytes(9),
            tolerance: Bytes(1),
            citations: Vec::new(),
        });
        moment.ledger.remove(3);
        let process = &Strata::new(&moment).bars[1];
        assert_eq!((process.parts[0].row, process.parts[0].is_carried), (Some(3), false));
    }

    #[test]
    fn the_reach_counts_what_is_taken_back_later() {
        assert_eq!(Strata::new(&moment()).reach(), 165);
    }
}
