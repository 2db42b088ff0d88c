//! Tracks: figures over time.

use analyzer_core::base::convert::{to_f64, usize_to_f64};
use analyzer_core::report::trace::{Overview, Trace};

use super::super::palette::Ink;
use super::super::scale::Scale;
use super::super::scene::{Row, RowOf};
use super::{Frame, Painter};
use crate::number_format as text;

impl Painter {
    /// One track: the coarse figures first, the finer ones over them.
    pub(super) fn track(&self, frame: &Frame<'_>, row: &Row) {
        let peak = peak(&frame.report.overview, row.of)
            .max(frame.detail.map_or(0.0, |source| peak(&source.part.trace.overview, row.of)));
        let base = frame.base.map_or(frame.report, |source| &source.part.trace);
        self.series(frame, row, base, peak);
        if let Some(detail) =
            frame.detail.map(|source| &source.part.trace).filter(|part| !std::ptr::eq(*part, base))
        {
            let (left, right) = (frame.scale.x(to_f64(detail.from)), frame.scale.x(to_f64(detail.to)));
            self.fill(frame, Ink::Surface);
            self.pen.fill_rect(left, row.y, right - left, row.height);
            self.series(frame, row, detail, peak);
        }
        self.fill(frame, Ink::Border);
        self.pen.fill_rect(frame.scale.left, row.y + row.height - 1.0, frame.scale.width, 1.0);
    }

    fn series(&self, frame: &Frame<'_>, row: &Row, trace: &Trace, peak: f64) {
        let plot = Plot::new(frame, row, trace, peak);
        let overview = &trace.overview;
        let at = |column: &[u64], part: usize| column.get(part).map_or(0.0, |&value| to_f64(value));
        match row.of {
            RowOf::Heap => {
                let whole = frame.base.map_or(frame.report, |source| &source.part.trace);
                let heap =
                    carried(&overview.heap_max, held_before(whole, &whole.overview.heap_max, trace.from));
                let height = |part: usize| heap.get(part).copied().flatten().map_or(0.0, to_f64);
                self.area(frame, &plot, Ink::Heap, |_| 0.0, height);
                let goal = carried(&overview.goal, held_before(whole, &whole.overview.goal, trace.from));
                self.line(frame, &plot, Ink::Goal, |part| {
                    goal.get(part).copied().flatten().filter(|&goal| goal > 0)
                });
            }
            RowOf::Goroutines => {
                let mut below = vec![0.0; plot.parts];
                for (ink, column) in [
                    (Ink::Running, &overview.running),
                    (Ink::Gc, &overview.gc_workers),
                    (Ink::Syscall, &overview.syscall),
                    (Ink::Runnable, &overview.runnable),
                    (Ink::Waiting, &overview.waiting),
                ] {
                    let above: Vec<f64> =
                        below.iter().enumerate().map(|(part, low)| low + at(column, part)).collect();
                    self.area(frame, &plot, ink, |part| below[part], |part| above[part]);
                    below = above;
                }
            }
            RowOf::Processors => {
                let gc = |part: usize| at(&overview.gc_workers, part);
                let run = |part: usize| gc(part) + at(&overview.running, part);
                self.area(frame, &plot, Ink::Gc, |_| 0.0, gc);
                self.area(frame, &plot, Ink::Running, gc, run);
                self.line(frame, &plot, Ink::Muted, |part| overview.gomaxprocs.get(part).copied());
            }
            RowOf::Collector => {
                self.area(frame, &plot, Ink::Gc, |_| 0.0, |part| at(&overview.marking, part));
                self.stops(frame, row, trace);
            }
            RowOf::Title | RowOf::Lane(_) | RowOf::Tasks(_) => {}
        }
    }

    /// Pauses as bars, each at least a pixel wide.
    fn stops(&self, frame: &Frame<'_>, row: &Row, trace: &Trace) {
        self.fill(frame, Ink::Stopped);
        for pause in &trace.pauses {
            let (left, right) =
                (frame.scale.x(to_f64(pause.begin)), frame.scale.x(to_f64(pause.end.unwrap_or(trace.to))));
            if right >= frame.scale.left && left <= frame.scale.left + frame.scale.width {
                self.pen.fill_rect(left, row.y + 1.0, (right - left).max(1.5), row.height - 3.0);
            }
        }
    }

    fn area(
        &self,
        frame: &Frame<'_>,
        plot: &Plot,
        ink: Ink,
        low: impl Fn(usize) -> f64,
        high: impl Fn(usize) -> f64,
    ) {
        if plot.first >= plot.last {
            return;
        }
        self.fill(frame, ink);
        self.pen.begin_path();
        self.pen.move_to(plot.x(plot.first), plot.y(low(plot.first)));
        // Flat over each part: the figure is a mean over it.
        for part in plot.first..plot.last {
            let y = plot.y(high(part));
            self.pen.line_to(plot.x(part), y);
            self.pen.line_to(plot.x(part + 1), y);
        }
        for part in (plot.first..plot.last).rev() {
            let y = plot.y(low(part));
            self.pen.line_to(plot.x(part + 1), y);
            self.pen.line_to(plot.x(part), y);
        }
        self.pen.fill();
    }

    fn line(&self, frame: &Frame<'_>, plot: &Plot, ink: Ink, value: impl Fn(usize) -> Option<u64>) {
        self.pen.set_stroke_style_str(frame.palette.get(ink));
        self.pen.set_line_width(1.5);
        self.pen.begin_path();
        let mut is_down = false;
        for part in plot.first..plot.last {
            let Some(value) = value(part) else {
                is_down = false;
                continue;
            };
            let y = plot.y(to_f64(value));
            if !is_down {
                self.pen.move_to(plot.x(part), y);
            }
            is_down = true;
            self.pen.line_to(plot.x(part), y);
            self.pen.line_to(plot.x(part + 1), y);
        }
        self.pen.stroke();
    }
}

/// Where the parts of an overview lie in a row.
struct Plot {
    scale: Scale,
    from: f64,
    width: f64,
    parts: usize,
    first: usize,
    last: usize,
    bottom: f64,
    height: f64,
    peak: f64,
}

impl Plot {
    fn new(frame: &Frame<'_>, row: &Row, trace: &Trace, peak: f64) -> Self {
        let parts = trace.overview.running.len();
        let from = to_f64(trace.from);
        let width = (to_f64(trace.to) - from) / usize_to_f64(parts.max(1));
        let part = |time: f64| ((time - from) / width.max(1e-9)).clamp(0.0, usize_to_f64(parts));
        Self {
            scale: frame.scale,
            from,
            width,
            parts,
            first: part(frame.scale.from).floor() as usize,
            last: part(frame.scale.to).ceil() as usize,
            bottom: row.y + row.height - 1.0,
            height: row.height - 4.0,
            peak: peak.max(1.0),
        }
    }

    fn x(&self, part: usize) -> f64 {
        self.scale.x(self.from + usize_to_f64(part) * self.width)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (value / self.peak).min(1.0) * self.height
    }
}

/// The greatest value of a track.
fn peak(overview: &Overview, of: RowOf) -> f64 {
    let most = |column: &[Option<u64>]| column.iter().flatten().copied().max().unwrap_or(0);
    match of {
        RowOf::Heap => to_f64(most(&overview.heap_max).max(most(&overview.goal))),
        RowOf::Goroutines => {
            let sums = (0..overview.running.len()).map(|part| {
                let columns = [
                    &overview.running,
                    &overview.gc_workers,
                    &overview.syscall,
                    &overview.runnable,
                    &overview.waiting,
                ];
                columns.iter().filter_map(|column| column.get(part)).sum::<u64>()
            });
            to_f64(sums.max().unwrap_or(0))
        }
        RowOf::Processors => to_f64(overview.gomaxprocs.iter().copied().max().unwrap_or(0)),
        RowOf::Collector => 1_000.0,
        RowOf::Title | RowOf::Lane(_) | RowOf::Tasks(_) => 0.0,
    }
}

/// What the top of a track stands for.
pub(super) fn scale_text(frame: &Frame<'_>, of: RowOf) -> Option<String> {
    let top = peak(&frame.report.overview, of)
        .max(frame.detail.map_or(0.0, |source| peak(&source.part.trace.overview, of)));
    match of {
        RowOf::Heap => Some(format!("to {}", text::bytes(top as i64))),
        RowOf::Goroutines => Some(format!("to {}", text::count((top / 1_000.0).ceil() as i64))),
        RowOf::Processors => Some(format!("of {}", text::count((top / 1_000.0).ceil() as i64))),
        _ => None,
    }
}

/// A figure that holds until it is set again, from what it was before; if that
/// is not known, from what it is set to first.
pub fn carried(column: &[Option<u64>], before: Option<u64>) -> Vec<Option<u64>> {
    let first = before.or(column.iter().flatten().next().copied());
    let values = column.iter().scan(first, |last, value| {
        *last = value.or(*last);
        Some(*last)
    });
    values.collect()
}

/// What a figure of the whole trace was before a moment; `None` at its start.
pub fn held_before(whole: &Trace, column: &[Option<u64>], moment: u64) -> Option<u64> {
    let length = u128::from(whole.to.saturating_sub(whole.from).max(1));
    let parts = u128::try_from(column.len()).unwrap_or(0);
    let part = u128::from(moment.saturating_sub(whole.from)) * parts / length;
    let part = usize::try_from(part).unwrap_or(usize::MAX);
    column.iter().take(part).rev().flatten().next().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_holds_until_it_is_set_again() {
        assert_eq!(carried(&[None, Some(3), None], Some(9)), [Some(9), Some(3), Some(3)]);
        assert_eq!(carried(&[None, Some(3)], None), [Some(3), Some(3)]);
        assert_eq!(carried(&[None, None], None), [None, None]);
    }
}
