//! Where everything of the strata picture lies, in CSS pixels.

use analyzer_core::base::convert::{f64_to_usize, i64_to_f64, usize_to_f64};
use analyzer_core::report::LayerId;

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
/// Space between labels of a row.
const APART: f64 = 10.0;
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
    pub whisker: Option<(f64, f64)>,
    /// Its label, if there is room.
    pub label: Option<Label>,
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
    /// Where it begins.
    pub x: f64,
    /// Upper end.
    pub top: f64,
    /// Where it ends.
    pub to: f64,
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
    /// How far it reaches at the top.
    pub from: f64,
    /// How far it reaches at the bottom.
    pub to: f64,
    /// What ends on the way: from `from` to here, at the top.
    pub lost: f64,
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
        y = shape.y + BAR + lane_of(&shape) + BETWEEN;
        bars.push(shape);
    }
    let ribbons = bars.windows(2).zip(strata.bars.windows(2)).filter_map(|(shapes, bars)| {
        let [above, below] = shapes else { return None };
        ribbon(above, below, &bars[1], &axis)
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
    let whisker = part.bounds.map(|(low, high)| {
        (
            axis.x(part.start.saturating_add(low)).max(0.0),
            axis.x(part.start.saturating_add(high)).min(axis.width),
        )
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

/// Labels inside where they fit, else in a row below, in the order of the
/// parts, so that the lines that lead there do not cross. What does not fit
/// into the row goes without, the smallest parts first.
fn label_parts(parts: &mut [PartShape], y: f64, width: f64, texts: &Texts<'_>) {
    let mut below: Vec<Waiting> = Vec::new();
    for (index, shape) in parts.iter_mut().enumerate() {
        let name = (texts.name)(&shape.part);
        let full = format!("{name} {}", (texts.bytes)(shape.part.bytes));
        let room = shape.width - 2.0 * PADDING;
        let inside = [&full, &name].into_iter().find(|text| (texts.width)(text) <= room);
        match inside.filter(|_| shape.part.bytes > 0) {
            Some(text) => {
                let text = text.clone();
                shape.label =
                    Some(Label { text, x: shape.x + PADDING, y: y + BAR / 2.0 + 4.0, leader: None });
            }
            None => below.push(Waiting {
                index,
                middle: shape.x + shape.width / 2.0,
                width: (texts.width)(&full),
                text: full,
                weight: shape.part.bytes.unsigned_abs(),
            }),
        }
    }
    let room = width + APART;
    while below.iter().map(|label| label.width + APART).sum::<f64>() > room {
        let Some(least) = (0..below.len()).min_by_key(|&index| below[index].weight) else { break };
        below.remove(least);
    }
    for (label, x) in below.iter().zip(spread(&below, width)) {
        let target = label.middle.clamp(x, x + label.width);
        let leader = Leader { x: label.middle, top: y + BAR, to: target, bottom: y + BAR + LEADER };
        parts[label.index].label =
            Some(Label { text: label.text.clone(), x, y: y + BAR + LEADER + 11.0, leader: Some(leader) });
    }
}

/// A label without a place yet.
struct Waiting {
    index: usize,
    middle: f64,
    width: f64,
    text: String,
    weight: u64,
}

/// Left edges of labels that are in order and fit into `width`: each under
/// its part, or as near to it as its neighbors allow.
fn spread(labels: &[Waiting], width: f64) -> Vec<f64> {
    let mut left: Vec<f64> = Vec::with_capacity(labels.len());
    let mut end = 0.0;
    for label in labels {
        let x = (label.middle - label.width / 2.0).max(end);
        left.push(x);
        end = x + label.width + APART;
    }
    let mut end = width;
    for (x, label) in left.iter_mut().zip(labels).rev() {
        *x = x.min(end - label.width);
        end = *x - APART;
    }
    left
}

/// Height that the labels below a bar need.
fn lane_of(shape: &BarShape) -> f64 {
    let has_lane =
        shape.parts.iter().any(|part| part.label.as_ref().is_some_and(|label| label.leader.is_some()));
    if has_lane { LEADER + LANE } else { 0.0 }
}

fn ribbon(above: &BarShape, below: &BarShape, bar: &Bar, axis: &Axis) -> Option<Ribbon> {
    let carried = bar.parts.iter().find(|part| part.is_carried)?;
    let lost: i64 = bar.lost.iter().map(|loss| loss.bytes).sum();
    let from = axis.x(above.total.saturating_sub(lost)).clamp(0.0, above.width);
    Some(Ribbon {
        top: above.y + BAR,
        bottom: below.y,
        from,
        to: axis.x(carried.bytes).max(0.0),
        lost: above.width,
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
            let text_width = (texts.width)(&text);
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
        assert_eq!((first.from.round(), first.to.round(), first.lost.round()), (450.0, 450.0, 500.0));
        assert!(first.top < first.bottom);
    }

    #[test]
    fn bounds_are_whiskers_and_negatives_hang() {
        let picture = picture(1020.0);
        let native = &picture.bars[1].parts[1];
        assert_eq!(native.whisker.map(|(low, high)| (low.round(), high.round())), Some((675.0, 710.0)));
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
