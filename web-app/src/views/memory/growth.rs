//! Where the growth went: the change of each layer, split into its steps.

use analyzer_core::base::order::StableOrder;
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
    /// What the two are called.
    pub names: [AttrValue; 2],
    /// Called with the id of a row that was chosen.
    pub on_row: Callback<AttrValue>,
}

/// Live objects, where they are told from garbage.
const LIVE: &str = "live";
/// Live objects and garbage together.
const OBJECTS: &str = "heap-objects";

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
    /// What they do not make up: the layer above, and steps that one of the moments lacks.
    pub rest: i64,
}

/// The changes of the layers that both moments know.
pub fn changes(before: &MemorySnapshot, after: &MemorySnapshot) -> Vec<LayerChange> {
    let total = |moment: &MemorySnapshot, id: LayerId| {
        moment.layers.iter().find(|layer| layer.id == id).map(|layer| layer.bytes.0)
    };
    let layers = [LayerId::Go, LayerId::Process, LayerId::Cgroup];
    let changes = layers.into_iter().filter_map(|layer| {
        let by = total(after, layer)?.saturating_sub(total(before, layer)?);
        let was = steps(before, layer, knows_live(after));
        let mut changed: Vec<Change> = steps(after, layer, knows_live(before))
            .into_iter()
            .filter_map(|step| {
                let was = was.iter().find(|other| other.id == step.id)?;
                let by = step.by.saturating_sub(was.by);
                (by != 0).then_some(Change { by, ..step })
            })
            .collect();
        changed.order_by(|a, b| b.by.unsigned_abs().cmp(&a.by.unsigned_abs()).then(a.id.cmp(&b.id)));
        // What the layer above brought, and steps that only one of the moments knows.
        let known: i64 = changed.iter().map(|step| step.by).sum();
        let rest = by.saturating_sub(known);
        Some(LayerChange { layer, by, steps: changed, rest })
    });
    changes.collect()
}

fn knows_live(moment: &MemorySnapshot) -> bool {
    moment.ledger.iter().any(|row| row.id == LIVE)
}

/// The steps of a layer with their amounts. Where the other moment does not
/// tell live objects from garbage, they are one step here too.
fn steps(moment: &MemorySnapshot, layer: LayerId, splits_heap: bool) -> Vec<Change> {
    let rows = moment.ledger.iter().filter(|row| row.layer == layer && !row.is_total && row.id != "headroom");
    let mut steps: Vec<Change> = Vec::new();
    for row in rows {
        let is_merged = !splits_heap && matches!(row.id.as_str(), LIVE | "garbage");
        let (id, label) =
            if is_merged { (OBJECTS, "Heap objects") } else { (row.id.as_str(), row.label.as_str()) };
        match steps.iter_mut().find(|step| step.id == id) {
            Some(step) => step.by = step.by.saturating_add(row.bytes.0),
            None => steps.push(Change { id: id.to_owned(), label: label.to_owned(), by: row.bytes.0 }),
        }
    }
    steps
}

/// Bars to the right for growth and to the left for the opposite, with signs.
#[component]
pub fn Growth(props: &GrowthProps) -> Html {
    let layers = changes(&props.before, &props.after);
    let steps = || layers.iter().flat_map(|layer| &layer.steps);
    let widest =
        steps().map(|step| step.by.saturating_abs()).chain(layers.iter().map(|l| l.by.saturating_abs()));
    let widest = widest.max().unwrap_or(1).max(1);
    html! {
        <section class="panel growth">
            <h3>{ "Where the growth went" }</h3>
            <p class="quiet">
                { format!("From {} to {}: the change of each layer, split into its steps.", props.names[0], props.names[1]) }
            </p>
            { for layers.iter().map(|layer| html! {
                <div class="growth-layer">
                    { line(None, &format!("{} in total", name(layer.layer)), layer.by, widest, &props.on_row) }
                    { for layer.steps.iter().take(6).map(|step| {
                        line(Some(&step.id), &step.label, step.by, widest, &props.on_row)
                    }) }
                    if layer.rest != 0 {
                        { line(None, rest_name(layer.layer), layer.rest, widest, &props.on_row) }
                    }
                    if layer.steps.is_empty() && layer.rest == 0 {
                        <p class="quiet">{ "No step changed." }</p>
                    }
                </div>
            }) }
        </section>
    }
}

/// What changed in a layer besides its steps.
fn rest_name(layer: LayerId) -> &'static str {
    match layer {
        LayerId::Go => "Not known at both times",
        LayerId::Process => "The Go layer, and what is not known at both times",
        LayerId::Cgroup => "The process layer, and what is not known at both times",
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
    let share =
        analyzer_core::base::convert::ratio(by.saturating_abs().into(), widest.into()).unwrap_or(0.0) * 50.0;
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
            ledger: vec![
                row("live", live, false),
                row("idle", idle, false),
                row("committed", live + idle, true),
            ],
            limit: None,
            gomemlimit: None,
            gogc: None,
            working_set: None,
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
    fn steps_add_up_to_the_change_of_their_layer_and_the_largest_comes_first() {
        let layers = changes(&moment(10, 90), &moment(70, 40));
        let [go] = layers.as_slice() else { panic!("one layer") };
        assert_eq!(go.by, 10);
        assert_eq!(
            go.steps.iter().map(|step| (step.id.as_str(), step.by)).collect::<Vec<_>>(),
            [("live", 60), ("idle", -50)]
        );
        assert_eq!(go.steps.iter().map(|step| step.by).sum::<i64>(), go.by);
    }

    #[test]
    fn a_heap_that_only_one_moment_splits_is_compared_whole() {
        let mut before = moment(0, 90);
        before.ledger[0].id = OBJECTS.to_owned();
        before.ledger[0].bytes = Bytes(30);
        before.layers[0].bytes = Bytes(120);
        let mut after = moment(50, 90);
        let garbage = LedgerRow { id: "garbage".to_owned(), bytes: Bytes(7), ..after.ledger[0].clone() };
        after.ledger.insert(1, garbage);
        after.layers[0].bytes = Bytes(147);
        let layers = changes(&before, &after);
        assert_eq!(
            layers[0].steps,
            [Change { id: OBJECTS.to_owned(), label: "Heap objects".to_owned(), by: 27 }]
        );
        assert_eq!((layers[0].by, layers[0].rest), (27, 0));
    }

    #[test]
    fn what_steps_do_not_make_up_is_said() {
        let mut before = moment(10, 90);
        before.ledger.remove(1);
        let layers = changes(&before, &moment(20, 95));
        assert_eq!((layers[0].by, layers[0].rest), (15, 5));
    }

    #[test]
    fn a_layer_that_one_moment_lacks_has_no_change() {
        let mut before = moment(1, 2);
        before.layers.clear();
        assert_eq!(changes(&before, &moment(5, 5)), []);
    }
}
