//! The whole trace, small.

use super::super::palette::Ink;
use super::super::scale::Scale;
use super::super::scene::{Row, RowOf};
use super::{FONT, Frame, Painter, SMALL};
use crate::number_format as text;

impl Painter {
    /// Draws the whole trace small, with the part that is seen marked.
    pub fn paint_strip(&self, frame: &Frame<'_>, seen: Scale) {
        let (pen, scale, height) = (&self.pen, &frame.scale, frame.height);
        let right = scale.left + scale.width;
        self.fill(frame, Ink::Surface);
        pen.fill_rect(0.0, 0.0, right, height);
        let row = |of, y, height| Row { of, y, height, label: String::new() };
        let whole = Frame { detail: None, ..*frame };
        for row in [
            row(RowOf::Heap, 0.0, height - 10.0),
            row(RowOf::Processors, 0.0, height - 10.0),
            row(RowOf::Collector, height - 10.0, 10.0),
        ] {
            self.track(&whole, &row);
        }
        let (from, to) = (scale.x(seen.from), scale.x(seen.to));
        self.fill(frame, Ink::Surface);
        pen.set_global_alpha(0.7);
        pen.fill_rect(scale.left, 0.0, from - scale.left, height);
        pen.fill_rect(to, 0.0, right - to, height);
        pen.set_global_alpha(1.0);
        pen.set_stroke_style_str(frame.palette.get(Ink::Accent));
        pen.set_line_width(1.5);
        pen.stroke_rect(from + 0.75, 0.75, (to - from - 1.5).max(1.0), height - 1.5);
        self.fill(frame, Ink::Raised);
        pen.fill_rect(0.0, 0.0, scale.left, height);
        self.fill(frame, Ink::Text);
        pen.set_font(FONT);
        pen.set_text_baseline("middle");
        self.fitted("Whole trace", 8.0, 13.0, scale.left - 12.0);
        self.fill(frame, Ink::Muted);
        pen.set_font(SMALL);
        let length = text::duration((seen.last - seen.first) as i64);
        self.fitted(&length, 8.0, 29.0, scale.left - 12.0);
    }
}
