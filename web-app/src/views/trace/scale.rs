//! Which part of a trace lies where on the canvas.

use super::Window;
use analyzer_core::base::convert::{f64_to_i64, to_f64};

/// Shortest part that can be seen, in nanoseconds.
const SHORTEST: f64 = 500.0;

/// The visible part of a trace; times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// First moment at the left edge of the plot.
    pub from: f64,
    /// Last moment.
    pub to: f64,
    /// The trace's first moment.
    pub first: f64,
    /// The trace's last moment.
    pub last: f64,
    /// Left edge of the plot, in CSS pixels.
    pub left: f64,
    /// Its width.
    pub width: f64,
}

impl Scale {
    /// A scale that shows a part of a trace.
    pub fn new(window: Window, whole: Window) -> Self {
        Self {
            from: to_f64(window.from),
            to: to_f64(window.to),
            first: to_f64(whole.from),
            last: to_f64(whole.to),
            left: 0.0,
            width: 1.0,
        }
    }

    /// Nanoseconds that are seen.
    pub fn span(&self) -> f64 {
        (self.to - self.from).max(1.0)
    }

    /// The CSS pixel of a moment.
    pub fn x(&self, time: f64) -> f64 {
        self.left + (time - self.from) / self.span() * self.width
    }

    /// The moment at a CSS pixel.
    pub fn time(&self, x: f64) -> f64 {
        self.from + (x - self.left) / self.width.max(1.0) * self.span()
    }

    /// Zoomed in by a factor around a CSS pixel.
    #[must_use]
    pub fn zoomed(&self, x: f64, factor: f64) -> Self {
        let all = (self.last - self.first).max(1.0);
        let span = (self.span() / factor).clamp(SHORTEST.min(all), all);
        let at = self.time(x).clamp(self.from, self.to);
        let share = (at - self.from) / self.span();
        self.showing(at - share * span, span)
    }

    /// Moved by CSS pixels: to later moments if positive.
    #[must_use]
    pub fn panned(&self, pixels: f64) -> Self {
        let by = pixels / self.width.max(1.0) * self.span();
        self.showing(self.from + by, self.span())
    }

    /// Showing a part, kept within the trace.
    #[must_use]
    pub fn showing(&self, from: f64, span: f64) -> Self {
        let span = span.min((self.last - self.first).max(1.0));
        let from = from.clamp(self.first, (self.last - span).max(self.first));
        Self { from, to: from + span, ..*self }
    }

    /// The whole trace.
    #[must_use]
    pub fn everything(&self) -> Self {
        self.showing(self.first, self.last - self.first)
    }

    /// What is seen, in whole nanoseconds.
    pub fn window(&self) -> Window {
        let whole = |time: f64| u64::try_from(f64_to_i64(time.round())).unwrap_or(0);
        let from = whole(self.from);
        Window { from, to: whole(self.to).max(from + 1) }
    }

    /// Nanoseconds between two marks of an axis that has room for `room` pixels each.
    pub fn tick(&self, room: f64) -> f64 {
        let rough = self.span() * room / self.width.max(1.0);
        let power = 10f64.powf(rough.max(1.0).log10().floor());
        [1.0, 2.0, 5.0, 10.0]
            .map(|step| step * power)
            .into_iter()
            .find(|&step| step >= rough)
            .unwrap_or(rough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        let whole = Window { from: 0, to: 1_000_000 };
        Scale { left: 100.0, width: 1_000.0, ..Scale::new(whole, whole) }
    }

    #[test]
    fn the_moment_under_the_pointer_stays_there() {
        let zoomed = scale().zoomed(350.0, 4.0);
        assert!((zoomed.time(350.0) - 250_000.0).abs() < 1e-6);
        assert!((zoomed.span() - 250_000.0).abs() < 1e-6);
        assert!((zoomed.x(250_000.0) - 350.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_beyond_the_trace_is_seen() {
        let zoomed = scale().zoomed(100.0, 2.0);
        assert_eq!(zoomed.panned(-50.0).window(), Window { from: 0, to: 500_000 });
        assert_eq!(zoomed.panned(1e9).window(), Window { from: 500_000, to: 1_000_000 });
        assert_eq!(zoomed.zoomed(400.0, 1e-9).window(), Window { from: 0, to: 1_000_000 });
        assert!(zoomed.zoomed(400.0, 1e12).span() >= SHORTEST);
    }

    #[test]
    fn marks_are_round() {
        assert!((scale().tick(100.0) - 100_000.0).abs() < 1e-6);
        assert!((scale().tick(110.0) - 200_000.0).abs() < 1e-6);
    }
}
