//! Where the growth went: the change of each layer, split into its steps.

use analyzer_core::report::{LayerId, MemorySnapshot};
use yew::prelude::*;

use crate::number_format as text;

/// Properties of [`Growth`].
#[derive(Clone, PartialEq, Properties)]
pub struct GrowthProps {
    /// The earlier moment.
    pub before: MemorySnapshot,
    /// The later moment.
    pub after: MemorySnapshot,
    /// Called with the id of a row that was chosen.
    pub on_row: Callback<AttrValue>,
}

/// The change of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Id of the ledger row.
    pub id: String,
    /// Its name.
    pub label: String,
    /// By how much it changed.
    pub by: i64,
}

/// The change of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerChange {
    /// Which.
    pub layer: LayerId,
    /// By how much its total changed.
    pub by: i64,
    /// Its steps that changed, the largest change first.
    pub steps: Vec<Change>,
}

/// The changes of the layers that both moments know.
pub fn changes(before: &MemorySnapshot, after: &MemorySnapshot) -> Vec<LayerChange> {
    let total = |moment: &MemorySnapshot, id: LayerId| {
        moment.layers.iter().find(|layer| layer.id == id).map(|layer| layer.bytes.0)
    };
    let layers = [LayerId::Go, LayerId::Process, LayerId::Cgroup];
    let changes = layers.into_iter().filter_map(|layer| {
        let by = total(after, layer)?.saturating_sub(total(before, layer)?);
        let steps = after.ledger.iter().filter(|row| row.layer == layer && !row.is_total && row.id != "headroom");
        let mut steps: Vec<Change> = steps
            .filter_map(|row| {
                let was = before.ledger.iter().find(|other| other.id == row.id)?;
                let by = row.bytes.0.saturating_sub(was.bytes.0);
                (by != 0).then(|| Change { id: row.id.clone(), label: row.label.clone(), by })
            })
            .collect();
        steps.sort_by(|a, b| b.by.unsigned_abs().cmp(&a.by.unsigned_abs()).then(a.id.cmp(&b.id)));
        Some(LayerChange { layer, by, steps })
    });
    changes.collect()
}

/// Bars to the right for growth and to the left for the opposite, with signs.
#[component]
pub fn Growth(props: &GrowthProps) -> Html {
    let layers = changes(&props.before, &props.after);
    let steps = || layers.iter().flat_map(|layer| &layer.steps);
    let widest = steps().map(|step| step.by.saturating_abs()).chain(layers.iter().map(|l| l.by.saturating_abs()));
    let widest = widest.max().unwrap_or(1).max(1);
    html! {
        <section class="panel growth">
            <h3>{ "Where the growth went" }</h3>
            { for layers.iter().map(|layer| html! {
                <div class="growth-layer">
                    { line(None, &format!("{} in all", name(layer.layer)), layer.by, widest, &props.on_row) }
                    { for layer.steps.iter().take(6).map(|step| {
                        line(Some(&step.id), &step.label, step.by, widest, &props.on_row)
                    }) }
                    if layer.steps.is_empty() {
                        <p class="quiet">{ "No step of it changed." }</p>
                    }
                </div>
            }) }
        </section>
    }
}

fn name(layer: LayerId) -> &'static str {
    match layer {
        LayerId::Go => "Go runtime",
        LayerId::Process => "Process",
        LayerId::Cgroup => "Container",
    }
}

fn line(id: Option<&str>, label: &str, by: i64, widest: i64, on_row: &Callback<AttrValue>) -> Html {
    let share = analyzer_core::base::convert::ratio(by.saturating_abs().into(), widest.into()).unwrap_or(0.0) * 50.0;
    let (class, left) = if by < 0 { ("shrunk", 50.0 - share) } else { ("grown", 50.0) };
    let name = match id {
        Some(id) => {
            let id = AttrValue::from(id.to_owned());
            let on_click = on_row.reform(move |_: MouseEvent| id.clone());
            html! { <button type="button" class="ledger-name" onclick={on_click}>{ label }</button> }
        }
        None => html! { <b>{ label }</b> },
    };
    html! {
        <div class={classes!("growth-line", class, id.is_none().then_some("is-total"))}>
            <span class="growth-name">{ name }</span>
            <span class="growth-track" aria-hidden="true">
                <span class="growth-bar" style={format!("left:{left:.2}%;width:{share:.2}%")} />
            </span>
            <span class="number">{ text::signed_bytes(by) }</span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::units::Bytes;
    use analyzer_core::report::{Layer, LedgerClass, LedgerRow, SubjectId};

    use super::*;

    fn moment(live: i64, idle: i64) -> MemorySnapshot {
        let row = |id: &str, bytes: i64, is_total: bool| LedgerRow {
            id: id.to_owned(),
            layer: LayerId::Go,
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
        };
        MemorySnapshot {
            subject: SubjectId(0),
            snapshot: String::new(),
            layers: vec![Layer { id: LayerId::Go, bytes: Bytes(live + idle) }],
            ledger: vec![row("live", live, false), row("idle", idle, false), row("committed", live + idle, true)],
            limit: None,
            gomemlimit: None,
            gogc: None,
            working_set: None,
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
    fn steps_add_up_to_the_change_of_their_layer_and_the_largest_comes_first() {
        let layers = changes(&moment(10, 90), &moment(70, 40));
        let [go] = layers.as_slice() else { panic!("one layer") };
        assert_eq!(go.by, 10);
        assert_eq!(go.steps.iter().map(|step| (step.id.as_str(), step.by)).collect::<Vec<_>>(), [("live", 60), ("idle", -50)]);
        assert_eq!(go.steps.iter().map(|step| step.by).sum::<i64>(), go.by);
    }

    #[test]
    fn a_layer_that_one_moment_lacks_has_no_change() {
        let mut before = moment(1, 2);
        before.layers.clear();
        assert_eq!(changes(&before, &moment(5, 5)), []);
    }
}
