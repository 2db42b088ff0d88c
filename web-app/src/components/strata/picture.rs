//! Where everything of the strata picture lies, in CSS pixels.

use analyzer_core::base::convert::{f64_to_usize, i64_to_f64, usize_to_f64};
use analyzer_core::report::LayerId;

use super::labels::{Waiting, place};
use super::model::{Bar, Part, Strata};

/// Height of a bar.
const BAR: f64 = 34.0;
/// Height of the line above a bar that names it.
const TITLE: f64 = 22.0;
/// Height of a row of labels.
const LANE: f64 = 17.0;
/// Height of the lines from parts to labels below.
const LEADER: f64 = 8.0;
/// Space around the label of a part.
const PADDING: f64 = 6.0;
/// Height of the strip below a bar in which bounds are drawn.
const WHISKERS: f64 = 9.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.12;
/// Parts that are narrower go without a label.
const TOO_NARROW: f64 = 1.5;
/// Pictures that are narrower have fewer labels beside each other, and more below each other.
const NARROW: f64 = 640.0;
/// Space below the labels of a bar.
const BETWEEN: f64 = 10.0;
/// Height of a row of line labels at the top.
const FLAG: f64 = 18.0;
/// Height of the axis with its numbers.
const AXIS: f64 = 26.0;
/// A limit farther away than this many times what there is lies off the picture.
const FAR: f64 = 2.5;
/// Room at the right of what there is.
const MARGIN: f64 = 1.02;

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Size.
    pub width: f64,
    /// Size.
    pub height: f64,
    /// The bars, from the top.
    pub bars: Vec<BarShape>,
    /// From each bar into the next.
    pub ribbons: Vec<Ribbon>,
    /// Limit, GOMEMLIMIT, working set.
    pub lines: Vec<Line>,
    /// Marks of the axis.
    pub ticks: Vec<Tick>,
    /// Where the axis lies.
    pub axis_y: f64,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct BarShape {
    /// Which layer.
    pub layer: LayerId,
    /// Its amount.
    pub total: i64,
    /// Top edge of the bar.
    pub y: f64,
    /// Height of the bar.
    pub height: f64,
    /// Width of the bar.
    pub width: f64,
    /// Baseline of the title.
    pub title_y: f64,
    /// Its parts.
    pub parts: Vec<PartShape>,
    /// From the bar's end to the limit.
    pub headroom: Option<(f64, f64)>,
}

/// A part of a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct PartShape {
    /// What it shows.
    pub part: Part,
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height: less than the bar's for what takes back.
    pub height: f64,
    /// Where its end may lie.
    pub whisker: Option<Whisker>,
    /// Its label, if there is room.
    pub label: Option<Label>,
}

/// Bounds of an amount, below the bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whisker {
    /// Least end.
    pub low: f64,
    /// Greatest end.
    pub high: f64,
    /// Where the bar has the end.
    pub at: f64,
    /// Height of the line.
    pub y: f64,
}

/// A label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Left edge of the text.
    pub x: f64,
    /// Baseline of the text.
    pub y: f64,
    /// A line from the part to a label below the bar.
    pub leader: Option<Leader>,
}

/// A line from a part down to its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leader {
    /// Where.
    pub x: f64,
    /// Upper end.
    pub top: f64,
    /// Lower end.
    pub bottom: f64,
}

/// What of a bar lies in the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Ribbon {
    /// Lower edge of the bar above.
    pub top: f64,
    /// Upper edge of the bar below.
    pub bottom: f64,
    /// What goes down, from the left.
    pub flows: Vec<Flow>,
    /// What ends on the way: a stretch of the bar above.
    pub lost: (f64, f64),
}

/// A part that goes from one bar into the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Index of the ledger row.
    pub row: Option<usize>,
    /// Left and right edge in the bar above.
    pub from: (f64, f64),
    /// Left and right edge in the bar below.
    pub to: (f64, f64),
}

/// An upright line with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which.
    pub kind: LineKind,
    /// The amount.
    pub bytes: i64,
    /// Where.
    pub x: f64,
    /// True if it lies beyond the picture: `x` is the right edge.
    pub is_beyond: bool,
    /// Upper end.
    pub top: f64,
    /// Lower end.
    pub bottom: f64,
    /// The text.
    pub text: String,
    /// Where the text begins.
    pub text_x: f64,
    /// Its baseline.
    pub text_y: f64,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// The container's limit.
    Limit,
    /// GOMEMLIMIT.
    Gomemlimit,
    /// The working set.
    WorkingSet,
}

/// A mark of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where.
    pub x: f64,
    /// The text.
    pub text: String,
}

/// How texts are made and how wide they are.
pub struct Texts<'a> {
    /// An amount of bytes.
    pub bytes: &'a dyn Fn(i64) -> String,
    /// The name of a part.
    pub name: &'a dyn Fn(&Part) -> String,
    /// Width of a text.
    pub width: &'a dyn Fn(&str) -> f64,
}

/// Lays the picture out.
pub fn lay_out(strata: &Strata, width: f64, reach: i64, texts: &Texts<'_>) -> Picture {
    let axis = Axis::new(strata, width, reach);
    let kinds = lines_of(strata);
    let above = kinds.iter().filter(|(kind, _)| *kind != LineKind::WorkingSet).count();
    let mut y = usize_to_f64(above) * FLAG;
    let flags_end = y;
    let mut bars = Vec::new();
    for (index, bar) in strata.bars.iter().enumerate() {
        let is_last = index + 1 == strata.bars.len();
        let limit = strata.limit.filter(|_| is_last);
        let shape = bar_shape(bar, y, &axis, limit, texts);
        y = bottom_of(&shape) + BETWEEN;
        bars.push(shape);
    }
    let ribbons = bars.windows(2).zip(strata.bars.windows(2)).filter_map(|(shapes, bars)| {
        let [above, below] = shapes else { return None };
        ribbon(above, below, bars, &axis)
    });
    let ribbons = ribbons.collect();
    let has_working_set = kinds.len() > above;
    let axis_y = y + if has_working_set { FLAG } else { 0.0 };
    let lines = lines(&kinds, &bars, &axis, flags_end, y, texts);
    let ticks = axis.ticks(texts);
    Picture { width, height: axis_y + AXIS, bars, ribbons, lines, ticks, axis_y }
}

/// Bytes to pixels.
struct Axis {
    width: f64,
    end: f64,
}

impl Axis {
    fn new(strata: &Strata, width: f64, reach: i64) -> Self {
        let amount = i64_to_f64(strata.reach().max(reach).max(1));
        let near = |bytes: &i64| i64_to_f64(*bytes) <= amount * FAR;
        let lines = [strata.limit, strata.gomemlimit, strata.working_set];
        let farthest = lines.into_iter().flatten().filter(near).max().unwrap_or(0);
        Self { width, end: amount.max(i64_to_f64(farthest)) * MARGIN }
    }

    fn x(&self, bytes: i64) -> f64 {
        i64_to_f64(bytes) / self.end * self.width
    }

    /// Round amounts, about a hundred pixels apart.
    fn ticks(&self, texts: &Texts<'_>) -> Vec<Tick> {
        let wanted = self.end / (self.width / 100.0).max(1.0);
        let mut step = 1024_i64;
        while i64_to_f64(step) < wanted && step < i64::MAX / 2 {
            step *= 2;
        }
        let count = f64_to_usize(self.end / i64_to_f64(step));
        (0..=count)
            .filter_map(|index| i64::try_from(index).ok()?.checked_mul(step))
            .map(|bytes| Tick { x: self.x(bytes), text: (texts.bytes)(bytes) })
            .collect()
    }
}

fn bar_shape(bar: &Bar, top: f64, axis: &Axis, limit: Option<i64>, texts: &Texts<'_>) -> BarShape {
    let y = top + TITLE;
    let mut parts: Vec<PartShape> = bar.parts.iter().map(|part| part_shape(part, y, axis)).collect();
    label_parts(&mut parts, y, axis.width, texts);
    let end = axis.x(bar.total);
    let headroom = limit.map(|limit| axis.x(limit).min(axis.width)).filter(|x| *x > end).map(|x| (end, x));
    BarShape {
        layer: bar.layer,
        total: bar.total,
        y,
        height: BAR,
        width: end.max(0.0),
        title_y: top + TITLE - 7.0,
        parts,
        headroom,
    }
}

fn part_shape(part: &Part, y: f64, axis: &Axis) -> PartShape {
    let from = axis.x(part.start);
    let to = axis.x(part.start.saturating_add(part.bytes));
    let whisker = part.bounds.map(|(low, high)| Whisker {
        low: axis.x(part.start.saturating_add(low)).max(0.0),
        high: axis.x(part.start.saturating_add(high)).min(axis.width),
        at: to,
        y: y + BAR + WHISKERS / 2.0,
    });
    let is_negative = part.bytes < 0;
    PartShape {
        part: part.clone(),
        x: from.min(to).max(0.0),
        // What takes back hangs at the lower edge, over the parts that it takes from.
        y: if is_negative { y + BAR * 0.55 } else { y },
        width: (from.max(to) - from.min(to).max(0.0)).max(0.0),
        height: if is_negative { BAR * 0.45 } else { BAR },
        whisker,
        label: None,
    }
}

/// Labels inside where they fit, else below. With its bounds, if there is room for them.
fn label_parts(parts: &mut [PartShape], y: f64, width: f64, texts: &Texts<'_>) {
    let mut below: Vec<Waiting> = Vec::new();
    for (index, shape) in parts.iter_mut().enumerate() {
        let part = &shape.part;
        let name = (texts.name)(part);
        let full = format!("{name} {}", (texts.bytes)(part.bytes));
        let bounds = part
            .bounds
            .map(|(low, high)| ((texts.bytes)(low), (texts.bytes)(high)))
            // Bounds nearer than their texts can say are no news.
            .filter(|(low, high)| low != high)
            .map(|(low, high)| format!("{name} {low} to {high}"));
        let room = shape.width - 2.0 * PADDING;
        let fits = |text: &&String| (texts.width)(text) <= room;
        let inside = bounds.as_ref().into_iter().chain([&full, &name]).find(fits).cloned();
        match inside.filter(|_| part.bytes > 0) {
            Some(text) => {
                shape.label =
                    Some(Label { text, x: shape.x + PADDING, y: y + BAR / 2.0 + 4.0, leader: None });
            }
            None if shape.width < TOO_NARROW => {}
            None => below.push(Waiting {
                index,
                middle: shape.x + shape.width / 2.0,
                width: (texts.width)(&full),
                text: full,
                weight: part.bytes.unsigned_abs(),
            }),
        }
    }
    let has_whiskers = parts.iter().any(|shape| shape.whisker.is_some());
    let top = y + BAR + if has_whiskers { WHISKERS } else { 0.0 } + LEADER;
    for placed in place(below, width, if width < NARROW { 5 } else { 3 }) {
        let (label, line) = (placed.label, top + LANE * usize_to_f64(placed.lane));
        let leader = Leader { x: label.middle, top: y + BAR, bottom: line };
        parts[label.index].label =
            Some(Label { text: label.text, x: placed.x, y: line + 11.0, leader: Some(leader) });
    }
}

/// Lower edge of a bar with what hangs below it.
fn bottom_of(shape: &BarShape) -> f64 {
    let whiskers =
        shape.parts.iter().filter_map(|part| part.whisker).map(|whisker| whisker.y + WHISKERS / 2.0);
    let labels = shape.parts.iter().filter_map(|part| part.label.as_ref());
    let labels = labels.filter(|label| label.leader.is_some()).map(|label| label.y + LANE - 11.0);
    whiskers.chain(labels).fold(shape.y + BAR, f64::max)
}

fn ribbon(above: &BarShape, below: &BarShape, bars: &[Bar], axis: &Axis) -> Option<Ribbon> {
    let [from, to] = bars else { return None };
    let lost: i64 = to.lost.iter().map(|loss| loss.bytes).sum();
    let kept = axis.x(from.total.saturating_sub(lost)).clamp(0.0, above.width);
    let carried: Vec<&Part> = to.parts.iter().filter(|part| part.is_carried).collect();
    let edges =
        |part: &Part| (axis.x(part.start).max(0.0), axis.x(part.start.saturating_add(part.bytes)).max(0.0));
    let flow = |part: &&Part| Flow {
        row: part.row,
        from: from.parts.iter().find(|other| other.row == part.row).map_or((0.0, kept), edges),
        to: edges(part),
    };
    let flows: Vec<Flow> = carried.iter().map(flow).collect();
    (!flows.is_empty()).then_some(Ribbon {
        top: above.y + BAR,
        bottom: below.y,
        flows,
        lost: (kept, above.width),
    })
}

fn lines_of(strata: &Strata) -> Vec<(LineKind, i64)> {
    let has = |layer: LayerId| strata.bars.iter().any(|bar| bar.layer == layer);
    let limit = strata.limit.map(|bytes| (LineKind::Limit, bytes));
    let gomemlimit = strata.gomemlimit.filter(|_| has(LayerId::Go)).map(|b| (LineKind::Gomemlimit, b));
    let working = strata.working_set.filter(|_| has(LayerId::Cgroup)).map(|b| (LineKind::WorkingSet, b));
    limit.into_iter().chain(gomemlimit).chain(working).collect()
}

fn lines(
    kinds: &[(LineKind, i64)],
    bars: &[BarShape],
    axis: &Axis,
    flags_end: f64,
    bars_end: f64,
    texts: &Texts<'_>,
) -> Vec<Line> {
    let bar_of = |layer: LayerId| bars.iter().find(|bar| bar.layer == layer);
    let mut flag = 0.0;
    kinds
        .iter()
        .map(|&(kind, bytes)| {
            let is_beyond = axis.x(bytes) > axis.width;
            let x = axis.x(bytes).min(axis.width);
            let name = match kind {
                LineKind::Limit => "limit",
                LineKind::Gomemlimit => "GOMEMLIMIT",
                LineKind::WorkingSet => "working set",
            };
            let arrow = if is_beyond { " \u{2192}" } else { "" };
            let text = format!("{name} {}{arrow}", (texts.bytes)(bytes));
            let text_width = (texts.width)(&text) * BOLD;
            // Left of the line where the right has no room.
            let text_x = if x + 5.0 + text_width > axis.width { x - 5.0 - text_width } else { x + 5.0 };
            let (top, bottom, text_y) = match kind {
                LineKind::WorkingSet => {
                    let bar = bar_of(LayerId::Cgroup);
                    (bar.map_or(flags_end, |bar| bar.y - 4.0), bars_end + FLAG - 4.0, bars_end + 10.0)
                }
                LineKind::Limit | LineKind::Gomemlimit => {
                    let top = flag;
                    flag += FLAG;
                    let end = match kind {
                        LineKind::Gomemlimit => bar_of(LayerId::Go).map(|bar| bar.y + BAR + 4.0),
                        _ => bars.last().map(|bar| bar.y + BAR + 6.0),
                    };
                    (top, end.unwrap_or(bars_end), top + 12.0)
                }
            };
            Line { kind, bytes, x, is_beyond, top, bottom, text, text_x: text_x.max(0.0), text_y }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::moment;
    use super::*;

    fn picture(width: f64) -> Picture {
        let moment = moment();
        let ledger = moment.ledger.clone();
        let name = move |part: &Part| part.row.map(|row| ledger[row].label.clone()).unwrap_or_default();
        let texts = Texts {
            bytes: &|bytes| format!("{bytes} B"),
            name: &name,
            width: &|text| 7.0 * usize_to_f64(text.chars().count()),
        };
        lay_out(&Strata::new(&moment), width, 0, &texts)
    }

    #[test]
    fn all_bars_share_one_axis() {
        let picture = picture(1020.0);
        // The limit of 200 is the farthest: 5 pixels a byte.
        let widths: Vec<f64> = picture.bars.iter().map(|bar| bar.width.round()).collect();
        assert_eq!(widths, [500.0, 700.0, 820.0]);
        assert_eq!(picture.lines[0].x.round(), 1000.0);
        assert_eq!(
            picture.bars[2].headroom.map(|(from, to)| (from.round(), to.round())),
            Some((820.0, 1000.0))
        );
    }

    #[test]
    fn ribbons_lead_from_what_stays_to_where_it_lies() {
        let picture = picture(1020.0);
        assert_eq!(picture.ribbons.len(), 2);
        let first = &picture.ribbons[0];
        assert_eq!((first.flows[0].from.1.round(), first.flows[0].to.1.round()), (450.0, 450.0));
        assert_eq!((first.lost.0.round(), first.lost.1.round()), (450.0, 500.0));
        assert!(first.top < first.bottom);
    }

    #[test]
    fn bounds_are_whiskers_and_negatives_hang() {
        let picture = picture(1020.0);
        let native = &picture.bars[1].parts[1];
        let whisker = native.whisker.expect("bounds");
        assert_eq!((whisker.low.round(), whisker.at.round(), whisker.high.round()), (675.0, 700.0, 710.0));
        assert!(whisker.y > native.y + native.height, "it would run through the label");
        let stock = &picture.bars[2].parts[2];
        assert!(stock.width > 0.0 && stock.height < BAR && stock.x + stock.width <= 826.0);
    }

    #[test]
    fn labels_never_overlap() {
        for width in [340.0, 500.0, 1020.0] {
            let picture = picture(width);
            for bar in &picture.bars {
                let labels: Vec<&Label> = bar.parts.iter().filter_map(|part| part.label.as_ref()).collect();
                for (index, a) in labels.iter().enumerate() {
                    for b in &labels[index + 1..] {
                        let end = |label: &Label| label.x + 7.0 * usize_to_f64(label.text.chars().count());
                        let apart = a.y != b.y || end(a) <= b.x || end(b) <= a.x;
                        assert!(apart, "{} and {} at {width}", a.text, b.text);
                    }
                    assert!(a.x >= 0.0, "{}", a.text);
                }
            }
        }
    }

    #[test]
    fn a_far_limit_does_not_flatten_the_bars() {
        let mut strata = Strata::new(&moment());
        strata.limit = Some(10_000);
        let name = |_: &Part| String::new();
        let texts = Texts { bytes: &|b| b.to_string(), name: &name, width: &|_| 10.0 };
        let picture = lay_out(&strata, 1000.0, 0, &texts);
        assert!(picture.lines[0].is_beyond && picture.lines[0].text.ends_with('→'));
        assert!(picture.bars[2].width > 900.0);
    }

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let mut strata = Strata::new(&moment());
        for bar in &mut strata.bars {
            bar.total <<= 20;
        }
        strata.limit = Some(400 << 20);
        strata.bars[0].parts.clear();
        let name = |_: &Part| String::new();
        let texts = Texts { bytes: &|b| (b >> 20).to_string(), name: &name, width: &|_| 10.0 };
        let picture = lay_out(&strata, 900.0, 0, &texts);
        let marks: Vec<&str> = picture.ticks.iter().map(|tick| tick.text.as_str()).collect();
        assert_eq!(marks, ["0", "64", "128", "192", "256", "320", "384"]);
        assert!(picture.ticks.iter().all(|tick| tick.x <= 900.0));
    }
}
