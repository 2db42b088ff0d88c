//! The names of rows, at the left.

use analyzer_core::session::lanes::LaneOf;

use super::super::palette::Ink;
use super::super::scene::{Row, RowOf};
use super::tracks::scale_text;
use super::{FONT, Frame, Painter, SMALL};

/// Room at the left from which a goroutine's id has its noun.
const ROOMY: f64 = 100.0;

impl Painter {
    pub(super) fn labels(&self, frame: &Frame<'_>) {
        let (pen, scale) = (&self.pen, &frame.scale);
        self.fill(frame, Ink::Raised);
        pen.fill_rect(0.0, frame.scrolled, scale.left, frame.height);
        self.fill(frame, Ink::Border);
        pen.fill_rect(scale.left - 1.0, frame.scrolled, 1.0, frame.height);
        pen.set_text_baseline("middle");
        for row in frame.rows() {
            match row.of {
                RowOf::Title => self.title(frame, row, row.y),
                RowOf::Lane(of) => {
                    let is_selected =
                        matches!(of, LaneOf::Goroutine(id) if frame.marks.goroutine() == Some(id));
                    self.fill(frame, if is_selected { Ink::Accent } else { Ink::Muted });
                    pen.set_font(SMALL);
                    let label = match of {
                        LaneOf::Processor(id) => format!("P{id}"),
                        LaneOf::Goroutine(id) if scale.left < ROOMY => format!("G{id}"),
                        LaneOf::Goroutine(id) => format!("goroutine {id}"),
                    };
                    self.fitted(&label, 16.0, row.y + row.height / 2.0, scale.left - 20.0);
                }
                RowOf::Tasks(_) => {
                    self.fill(frame, Ink::Text);
                    pen.set_font(FONT);
                    self.fitted(&row.label, 8.0, row.y + row.height / 2.0, scale.left - 12.0);
                }
                RowOf::Heap | RowOf::Goroutines | RowOf::Processors | RowOf::Collector => {
                    self.fill(frame, Ink::Text);
                    pen.set_font(FONT);
                    self.fitted(&row.label, 8.0, row.y + 11.0, scale.left - 12.0);
                    let Some(scale_text) = scale_text(frame, row.of) else { continue };
                    self.fill(frame, Ink::Muted);
                    pen.set_font(SMALL);
                    self.fitted(&scale_text, 8.0, row.y + 26.0, scale.left - 12.0);
                }
            }
        }
        // The heading of what is on top stays in sight.
        let above = frame.scene.rows.iter().take_while(|row| row.y < frame.scrolled);
        if let Some(row) = above.filter(|row| row.of == RowOf::Title).last() {
            self.title(frame, row, frame.scrolled);
        }
    }

    fn title(&self, frame: &Frame<'_>, row: &Row, y: f64) {
        let right = frame.scale.left + frame.scale.width;
        self.fill(frame, Ink::Raised);
        self.pen.fill_rect(0.0, y, right, row.height);
        self.fill(frame, Ink::Text);
        self.pen.set_font(FONT);
        self.fitted(&row.label, 8.0, y + row.height / 2.0, right - 16.0);
    }
}
