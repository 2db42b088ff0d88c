//! Which part of a flame graph is seen, and at what size.
//!
//! Horizontally the graph is measured in the profile's own values, so that a
//! zoom is a range of values; vertically in rows of fixed height.

/// The window on a flame graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// First value that is seen.
    pub start: f64,
    /// End of the values that are seen; more than `start`.
    pub end: f64,
    /// Width of the canvas, in CSS pixels.
    pub width: f64,
    /// Height of the canvas, in CSS pixels.
    pub height: f64,
    /// Rows scrolled away at the top, in CSS pixels.
    pub scroll: f64,
    /// Height of a row, in CSS pixels.
    pub row: f64,
    /// True if the root is the lowest row.
    pub flipped: bool,
}

/// The narrowest range of values that a zoom reaches: one unit fills the canvas.
const NARROWEST: f64 = 1.0;

impl Viewport {
    /// CSS pixels per value.
    pub fn scale(&self) -> f64 {
        self.width / (self.end - self.start)
    }

    /// CSS pixel of a value.
    pub fn x_of(&self, value: f64) -> f64 {
        (value - self.start) * self.scale()
    }

    /// Value at a CSS pixel.
    pub fn value_at(&self, x: f64) -> f64 {
        self.start + x / self.scale()
    }

    /// The same window over other values, kept within `0..total`.
    pub fn with_range(self, start: f64, end: f64, total: f64) -> Self {
        let total = total.max(NARROWEST);
        let span = (end - start).clamp(NARROWEST.min(total), total);
        // A range that was too narrow grows around its middle.
        let start = (start + (end - start - span) / 2.0).clamp(0.0, total - span);
        Self { start, end: start + span, ..self }
    }

    /// Zooms by `factor` (over 1 comes nearer) so that the value at `x` stays there.
    pub fn zoomed(self, x: f64, factor: f64, total: f64) -> Self {
        let span = ((self.end - self.start) / factor).clamp(NARROWEST.min(total), total.max(NARROWEST));
        let fixed = self.value_at(x);
        let start = fixed - span * (x / self.width);
        self.with_range(start, start + span, total)
    }

    /// Moves the window by CSS pixels to the right.
    pub fn panned(self, pixels: f64, total: f64) -> Self {
        let by = pixels / self.scale();
        self.with_range(self.start + by, self.end + by, total)
    }

    /// The window that lies `done` (0 to 1) of the way from this one to `goal`.
    pub fn toward(self, goal: Self, done: f64) -> Self {
        let mix = |from: f64, to: f64| from + (to - from) * done;
        // The span changes by equal factors in equal times: to the eye, evenly.
        let span = (self.end - self.start).powf(1.0 - done) * (goal.end - goal.start).powf(done);
        let from_span = self.end - self.start;
        let to_span = goal.end - goal.start;
        let moved = if (from_span - to_span).abs() < f64::EPSILON * from_span {
            done
        } else {
            (span - from_span) / (to_span - from_span)
        };
        let start = self.start + (goal.start - self.start) * moved;
        Self { start, end: start + span, scroll: mix(self.scroll, goal.scroll), ..goal }
    }

    /// CSS pixel of the top of a row at `depth`, of `depths` rows in all.
    pub fn y_of(&self, depth: usize, depths: usize) -> f64 {
        use analyzer_core::base::convert::usize_to_f64;
        let line = if self.flipped { depths.saturating_sub(depth + 1) } else { depth };
        usize_to_f64(line) * self.row - self.scroll
    }

    /// The row at a CSS pixel, if any of the `depths` rows is there.
    pub fn depth_at(&self, y: f64, depths: usize) -> Option<usize> {
        use analyzer_core::base::convert::f64_to_usize;
        let line = (y + self.scroll) / self.row;
        if line < 0.0 {
            return None;
        }
        let line = f64_to_usize(line);
        let depth = if self.flipped { depths.checked_sub(line + 1)? } else { line };
        (depth < depths).then_some(depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Viewport = Viewport {
        start: 0.0,
        end: 1000.0,
        width: 500.0,
        height: 100.0,
        scroll: 0.0,
        row: 20.0,
        flipped: false,
    };

    #[test]
    fn zoom_keeps_the_value_under_the_pointer() {
        let before = VIEW.value_at(120.0);
        let near = VIEW.zoomed(120.0, 3.0, 1000.0);
        assert!((near.value_at(120.0) - before).abs() < 1e-9);
        assert!((near.end - near.start - 1000.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_window_never_leaves_the_graph() {
        assert_eq!(VIEW.zoomed(10.0, 0.1, 1000.0), VIEW);
        let far = VIEW.zoomed(250.0, 4.0, 1000.0).panned(1e9, 1000.0);
        assert_eq!((far.start, far.end), (750.0, 1000.0));
    }

    #[test]
    fn zoom_ends_at_one_unit() {
        let near = VIEW.zoomed(500.0, 1e12, 1000.0);
        assert_eq!((near.start, near.end), (999.0, 1000.0));
        let tiny = VIEW.with_range(3.4, 3.6, 1000.0);
        assert_eq!((tiny.start, tiny.end), (3.0, 4.0));
    }

    #[test]
    fn rows_count_from_the_root_in_both_directions() {
        assert_eq!(VIEW.depth_at(45.0, 4), Some(2));
        assert_eq!(VIEW.depth_at(85.0, 4), None);
        assert_eq!(VIEW.depth_at(-1.0, 4), None);
        let flipped = Viewport { flipped: true, ..VIEW };
        assert_eq!(flipped.depth_at(45.0, 4), Some(1));
        assert_eq!(flipped.y_of(1, 4), 40.0);
    }

    #[test]
    fn a_move_ends_at_its_goal() {
        let goal = VIEW.with_range(200.0, 210.0, 1000.0);
        let end = VIEW.toward(goal, 1.0);
        assert!((end.start - goal.start).abs() < 1e-9 && (end.end - goal.end).abs() < 1e-9);
        let half = VIEW.toward(goal, 0.5);
        assert!((half.end - half.start - 100.0).abs() < 1e-9);
    }
}
