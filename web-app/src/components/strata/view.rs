//! The strata picture as SVG. Colors and patterns are in the style sheet.

use analyzer_core::report::{LayerId, LedgerClass, LedgerRow, MemorySnapshot, Report};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::filler::fillers;
use super::model::{Bar, Loss, Part, Strata};
use super::picture::{
    self, BarShape, Flow, Label, Line, LineKind, PartShape, Picture, Ribbon, Texts, Whisker,
};
use crate::components::text_width::at_12_px;
use crate::components::use_size::use_width;
use crate::number_format as text;
use crate::state::Shared;

/// Properties of [`StrataPicture`].
#[derive(Clone, PartialEq, Properties)]
pub struct StrataProps {
    /// The report.
    pub report: Shared<Report>,
    /// Index of the moment among the report's memory snapshots.
    pub moment: usize,
    /// The least amount that the axis reaches, so that pictures side by side share it.
    #[prop_or_default]
    pub reach: i64,
    /// Id of the selected ledger row.
    #[prop_or_default]
    pub selected: Option<AttrValue>,
    /// Called with the id of the ledger row that a part shows.
    pub on_select: Callback<AttrValue>,
    /// What stands between the picture and the explanation.
    #[prop_or_default]
    pub children: Html,
}

/// Three bars, with a line of text that explains the part under the pointer.
#[component]
pub fn StrataPicture(props: &StrataProps) -> Html {
    let place = use_node_ref();
    let width = use_width(&place);
    let pointed = use_state_eq(|| None::<usize>);
    let moment = props.report.memory.as_ref().and_then(|memory| memory.snapshots.get(props.moment));
    let Some(moment) = moment else { return Html::default() };
    let strata = Strata::new(moment);
    let name = |part: &Part| name_of(moment, part);
    let texts = Texts { bytes: &text::bytes, name: &name, width: &at_12_px };
    let shown = (width >= 1.0).then(|| picture::lay_out(&strata, width, props.reach, &texts));
    let detail = (*pointed).and_then(|row| moment.ledger.get(row)).map_or_else(
        || html! { <span class="quiet">{ "Hover for details, click for the formula and its sources." }</span> },
        |row| {
            let bounds = match (row.low, row.high) {
                (Some(low), Some(high)) if low != high => {
                    format!(" ({} to {})", text::bytes(low.0), text::bytes(high.0))
                }
                _ => String::new(),
            };
            html! { <><b>{ format!("{}: {}{bounds}", row.label, text::bytes(row.bytes.0)) }</b>{ ". " }{ &row.meaning }</> }
        },
    );
    let scene = Scene {
        moment,
        selected: props.selected.as_ref().map(AttrValue::as_str),
        on_point: {
            let pointed = pointed.clone();
            Callback::from(move |row| pointed.set(row))
        },
        on_select: props.on_select.clone(),
    };
    html! {
        <figure class="strata">
            { headline(moment, &strata) }
            <div class="strata-place" ref={place}>
                if let Some(picture) = shown {
                    { scene.svg(&picture, &strata) }
                }
            </div>
            { props.children.clone() }
            <figcaption class="strata-detail" aria-live="polite">{ detail }</figcaption>
        </figure>
    }
}

/// What the picture comes to: how full, and with what.
fn headline(moment: &MemorySnapshot, strata: &Strata) -> Html {
    let Some(last) = strata.bars.last() else { return Html::default() };
    let total = text::bytes(last.total);
    let least = if last.is_stated { "" } else { "At least " };
    let amount = match (last.layer, strata.limit) {
        (LayerId::Cgroup, Some(limit)) => format!(
            "{least}{total} is charged, {} of the limit of {}",
            text::percent(last.total, limit),
            text::bytes(limit)
        ),
        (LayerId::Cgroup, None) => format!("{least}{total} is charged"),
        (LayerId::Process, _) => format!("The process holds {total} of anonymous memory"),
        (LayerId::Go, _) => format!("The Go runtime holds {total}"),
    };
    let all = fillers(strata);
    let largest = all.first().and_then(|filler| Some((filler, moment.ledger.get(filler.row)?)));
    html! {
        <p class="strata-headline">
            { amount }{ ". " }
            if let Some((filler, row)) = largest {
                { "The largest part is " }
                <span class={classes!("swatch", format!("is-{}", row.id))} aria-hidden="true" />
                <b>{ &row.label }</b>
                { format!(" with {}", text::bytes(filler.bytes)) }
                if filler.bytes < last.total {
                    { format!(" ({})", text::percent(filler.bytes, last.total)) }
                }
                { "." }
            }
        </p>
    }
}

/// The name of a part: its ledger row's, as far as that tells what the picture shows.
fn name_of(moment: &MemorySnapshot, part: &Part) -> String {
    let Some(row) = part.row.and_then(|row| moment.ledger.get(row)) else { return "Other".to_owned() };
    match row.id.as_str() {
        "arena-not-resident" if part.bytes > 0 => "Freed with MADV_FREE, still resident".to_owned(),
        _ => row.label.clone(),
    }
}

fn layer_name(layer: LayerId) -> (&'static str, &'static str) {
    match layer {
        LayerId::Go => ("Go runtime", "committed"),
        LayerId::Process => ("Process", "anonymous, resident"),
        LayerId::Cgroup => ("Container", "charged"),
    }
}

fn layer_class(layer: LayerId) -> &'static str {
    match layer {
        LayerId::Go => "go",
        LayerId::Process => "process",
        LayerId::Cgroup => "cgroup",
    }
}

struct Scene<'a> {
    moment: &'a MemorySnapshot,
    selected: Option<&'a str>,
    on_point: Callback<Option<usize>>,
    on_select: Callback<AttrValue>,
}

impl Scene<'_> {
    fn svg(&self, picture: &Picture, strata: &Strata) -> Html {
        let Picture { width, height, .. } = picture;
        html! {
            <svg
                role="group" aria-label="Go runtime, process and container on one byte axis; the ledger below has the same data"
                width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")}
            >
                { patterns() }
                { for picture.ticks.iter().map(|tick| html! {
                    <line class="strata-grid" x1={px(tick.x)} x2={px(tick.x)} y1="0" y2={px(picture.axis_y)} />
                }) }
                { for picture.ribbons.iter().zip(picture.bars.iter().skip(1)).map(|(ribbon, below)| self.ribbon(ribbon, below)) }
                { for picture.bars.iter().zip(&strata.bars).map(|(bar, model)| self.bar(bar, model, *width)) }
                { for picture.lines.iter().map(line) }
                { for picture.bars.iter().flat_map(|bar| &bar.parts).map(|shape| self.label(shape)) }
                { axis(picture) }
            </svg>
        }
    }

    fn ribbon(&self, ribbon: &Ribbon, below: &BarShape) -> Html {
        let Ribbon { top, bottom, flows, lost: (kept, all) } = ribbon;
        let end = (top + 26.0).min(*bottom);
        let stub = format!("M{kept:.1} {top:.1} H{all:.1} Q{kept:.1} {top:.1} {kept:.1} {end:.1} Z");
        html! {
            <>
                { for flows.iter().map(|flow| {
                    let id = self.row(flow.row).map(|row| format!("is-{}", row.id));
                    html! { <path class={classes!("strata-ribbon", layer_class(below.layer), id)} d={flow_path(flow, *top, *bottom)} /> }
                }) }
                if all - kept >= 1.0 {
                    <path class="strata-lost" d={stub} fill="url(#strata-hatch)" />
                }
            </>
        }
    }

    fn row(&self, row: Option<usize>) -> Option<&LedgerRow> {
        row.and_then(|row| self.moment.ledger.get(row))
    }

    fn bar(&self, bar: &BarShape, model: &Bar, width: f64) -> Html {
        let (name, what) = layer_name(bar.layer);
        let what = if model.is_stated || bar.layer != LayerId::Cgroup { what } else { "charged at least" };
        let title = format!("{name} \u{2014} {what} {}", text::bytes(bar.total));
        let title_end = at_12_px(&title) * 1.12 + 18.0;
        html! {
            <g class={classes!("strata-bar", layer_class(bar.layer))}>
                <text class="strata-title" x="0" y={px(bar.title_y)}>
                    <tspan class="strata-layer">{ name }</tspan>
                    { format!(" {what} ") }
                    <tspan class="strata-total">{ text::bytes(bar.total) }</tspan>
                </text>
                { self.lost_label(&model.lost, title_end, bar.title_y, width) }
                if let Some((from, to)) = bar.headroom {
                    <rect
                        class="strata-headroom" x={px(from)} y={px(bar.y + 0.5)}
                        width={px(to - from)} height={px(bar.height - 1.0)}
                    />
                }
                { for bar.parts.iter().filter(|shape| shape.part.bytes >= 0).map(|shape| self.part(shape)) }
                { for bar.parts.iter().filter(|shape| shape.part.bytes < 0).map(|shape| self.part(shape)) }
            </g>
        }
    }

    /// What of the bar above is not in this one, beside this bar's title.
    fn lost_label(&self, lost: &[Loss], x: f64, y: f64, width: f64) -> Html {
        let total: i64 = lost.iter().map(|loss| loss.bytes).sum();
        let Some(largest) = lost.iter().max_by_key(|loss| loss.bytes) else { return Html::default() };
        let Some(row) = self.moment.ledger.get(largest.row) else { return Html::default() };
        let words = match row.id.as_str() {
            "arena-not-resident" | "metadata-not-resident" => "not resident".to_owned(),
            _ => row.label.clone(),
        };
        let label = format!("\u{2212}{} {words}", text::bytes(total));
        if x + at_12_px(&label) > width {
            return Html::default();
        }
        let (id, index) = (AttrValue::from(row.id.clone()), largest.row);
        let on_select = self.on_select.reform(move |_: MouseEvent| id.clone());
        html! {
            <text
                class="strata-lost-label" x={px(x)} y={px(y)} onclick={on_select}
                onmouseenter={self.on_point.reform(move |_| Some(index))} onmouseleave={self.on_point.reform(|_| None)}
            >
                { label }
            </text>
        }
    }

    fn part(&self, shape: &PartShape) -> Html {
        let PartShape { part, x, y, width, height, whisker, label: _ } = shape;
        let row = self.row(part.row);
        let id = row.map(|row| AttrValue::from(row.id.clone())).unwrap_or_default();
        let class = classes!(
            "strata-part",
            (!id.is_empty()).then(|| format!("is-{id}")),
            part.is_residual.then_some("residual"),
            part.is_carried.then_some("carried"),
            (part.bytes < 0).then_some("negative"),
            row.is_some_and(|row| row.class == LedgerClass::Bounded).then_some("bounded"),
            (self.selected == Some(id.as_str())).then_some("selected"),
        );
        let name = format!("{}, {}", name_of(self.moment, part), text::bytes(part.bytes));
        let (point, leave) = (part.row, self.on_point.clone());
        let on_click = {
            let (on_select, id) = (self.on_select.clone(), id.clone());
            Callback::from(move |_: MouseEvent| on_select.emit(id.clone()))
        };
        let on_key = {
            let (on_select, id) = (self.on_select.clone(), id);
            Callback::from(move |event: KeyboardEvent| {
                if matches!(event.key().as_str(), "Enter" | " ") {
                    event.prevent_default();
                    on_select.emit(id.clone());
                }
            })
        };
        html! {
            <g
                {class} role="button" tabindex="0" aria-label={name} onclick={on_click} onkeydown={on_key}
                onmouseenter={self.on_point.reform(move |_| point)} onmouseleave={leave.reform(|_| None)}
                onfocus={self.on_point.reform(move |_| point)} onblur={self.on_point.reform(|_| None)}
            >
                <rect class="strata-fill" x={px(*x)} y={px(*y)} width={px(width.max(1.0))} height={px(*height)} />
                if let Some(pattern) = pattern_of(part, row.map(|row| row.id.as_str())) {
                    <rect class="strata-pattern" x={px(*x)} y={px(*y)} width={px(width.max(1.0))} height={px(*height)} fill={pattern} />
                }
                // Something to hit, where there is hardly anything to see.
                if *width < 8.0 {
                    <rect class="strata-hit" x={px(x - 4.0 + width / 2.0)} y={px(*y)} width="8" height={px(*height)} />
                }
                if let Some(whisker) = whisker {
                    <path class="strata-whisker" d={whisker_path(whisker)} />
                }
            </g>
        }
    }

    fn label(&self, shape: &PartShape) -> Html {
        let Some(Label { text, x, y, leader }) = &shape.label else { return Html::default() };
        let id = self.row(shape.part.row).filter(|_| leader.is_none()).map(|row| format!("is-{}", row.id));
        html! {
            <>
                if let Some(leader) = leader {
                    <line class="strata-leader" x1={px(leader.x)} x2={px(leader.x)} y1={px(leader.top)} y2={px(leader.bottom)} />
                }
                <text class={classes!("strata-label", id)} x={px(*x)} y={px(*y)}>{ text }</text>
            </>
        }
    }
}

fn flow_path(flow: &Flow, top: f64, bottom: f64) -> String {
    let middle = (top + bottom) / 2.0;
    let Flow { from: (a, b), to: (c, d), .. } = flow;
    format!(
        "M{a:.1} {top:.1} H{b:.1} C{b:.1} {middle:.1} {d:.1} {middle:.1} {d:.1} {bottom:.1} H{c:.1} \
         C{c:.1} {middle:.1} {a:.1} {middle:.1} {a:.1} {top:.1} Z"
    )
}

/// A line between the bounds, with a mark where the bar has the end.
fn whisker_path(whisker: &Whisker) -> String {
    let Whisker { low, high, at, y } = whisker;
    let (top, bottom, edge) = (y - 3.5, y + 3.5, y - 4.5);
    format!(
        "M{low:.1} {y:.1} H{high:.1} M{low:.1} {top:.1} V{bottom:.1} M{high:.1} {top:.1} V{bottom:.1} M{at:.1} {edge:.1} V{y:.1}"
    )
}

/// A sign beside the color: lines for what is unexplained, dots for what the
/// kernel or the runtime can take back.
fn pattern_of(part: &Part, id: Option<&str>) -> Option<&'static str> {
    match id {
        _ if part.is_residual || part.bytes < 0 => Some("url(#strata-hatch)"),
        Some("idle" | "file-cache" | "unmapped" | "arena-not-resident") => Some("url(#strata-dots)"),
        _ => None,
    }
}

fn line(line: &Line) -> Html {
    let class = match line.kind {
        LineKind::Limit => "limit",
        LineKind::Gomemlimit => "gomemlimit",
        LineKind::WorkingSet => "working-set",
    };
    html! {
        <g class={classes!("strata-line", class)}>
            if !line.is_beyond {
                <line x1={px(line.x)} x2={px(line.x)} y1={px(line.top)} y2={px(line.bottom)} />
            }
            <text x={px(line.text_x)} y={px(line.text_y)}>{ &line.text }</text>
        </g>
    }
}

fn axis(picture: &Picture) -> Html {
    let y = picture.axis_y;
    html! {
        <g class="strata-axis" aria-hidden="true">
            <line x1="0" x2={px(picture.width)} y1={px(y)} y2={px(y)} />
            { for picture.ticks.iter().map(|tick| {
                let label = tick.text.replace(".00 ", " ").replace(".0 ", " ").replace(".50 ", ".5 ");
                let half = at_12_px(&label) / 2.0;
                let x = (tick.x - half).clamp(0.0, (picture.width - 2.0 * half).max(0.0));
                html! {
                    <>
                        <line x1={px(tick.x)} x2={px(tick.x)} y1={px(y)} y2={px(y + 4.0)} />
                        <text x={px(x)} y={px(y + 18.0)}>{ label }</text>
                    </>
                }
            }) }
        </g>
    }
}

fn patterns() -> Html {
    html! {
        <defs>
            <pattern id="strata-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <line class="strata-pattern-line" x1="0" y1="0" x2="0" y2="6" />
            </pattern>
            <pattern id="strata-dots" width="6" height="6" patternUnits="userSpaceOnUse">
                <circle class="strata-pattern-dot" cx="2" cy="2" r="1" />
            </pattern>
        </defs>
    }
}

fn px(value: f64) -> AttrValue {
    format!("{value:.1}").into()
}
