//! Lanes: what a processor or a goroutine did, stay by stay.

use analyzer_core::base::convert::to_f64;
use analyzer_core::session::lanes::{GC_WORKER, LaneOf, RUNNABLE, RUNNING, SYSCALL, WAITING};

use super::super::lane_names::short;
use super::super::palette::Ink;
use super::super::scene::{self, Row};
use super::super::words;
use super::{Frame, Painter, SMALL, Source};

/// Narrowest segment with a name in it.
const NAMED: f64 = 44.0;
/// Inks of the states, by number.
const STATES: [(u8, Ink); 5] = [
    (WAITING, Ink::Waiting),
    (SYSCALL, Ink::Syscall),
    (RUNNABLE, Ink::Runnable),
    (GC_WORKER, Ink::Gc),
    (RUNNING, Ink::Running),
];

type Rects = [Vec<[f64; 4]>; STATES.len()];

impl Painter {
    pub(super) fn lane(&self, frame: &Frame<'_>, row: &Row, of: LaneOf) {
        let mut rects: Rects = Default::default();
        let mut names = Vec::new();
        let seen = frame.scale.window();
        let range = frame.detail.map(|source| (source.part.trace.from, source.part.trace.to));
        let is_whole = |source: &Source<'_>| Some((source.part.trace.from, source.part.trace.to)) == range;
        if let Some(base) = frame.base.filter(|base| !is_whole(base)) {
            let (from, to) = range.unwrap_or((0, 0));
            if seen.from < from {
                collect(frame, row, of, base, (seen.from, from.min(seen.to)), &mut rects, &mut names);
            }
            if seen.to > to {
                collect(frame, row, of, base, (to.max(seen.from), seen.to), &mut rects, &mut names);
            }
        }
        if let Some(detail) = frame.detail {
            let (from, to) = range.unwrap_or_default();
            let part = (seen.from.max(from), seen.to.min(to));
            if part.0 < part.1 {
                collect(frame, row, of, detail, part, &mut rects, &mut names);
            }
        }
        for ((_, ink), rects) in STATES.iter().zip(&rects) {
            if rects.is_empty() {
                continue;
            }
            self.fill(frame, *ink);
            for &[x, y, width, height] in rects {
                self.pen.fill_rect(x, y, width, height);
            }
        }
        self.fill(frame, Ink::Surface);
        self.pen.set_font(SMALL);
        self.pen.set_text_baseline("middle");
        for (x, width, name) in names {
            self.fitted(&name, x + 4.0, row.y + row.height / 2.0, width - 8.0);
        }
    }
}

/// Adds the boxes of a lane's segments between two moments, and the names that fit.
fn collect(
    frame: &Frame<'_>,
    row: &Row,
    of: LaneOf,
    source: Source<'_>,
    (from, to): (u64, u64),
    rects: &mut Rects,
    names: &mut Vec<(f64, f64, String)>,
) {
    let lanes = &source.part.lanes;
    let Some(lane) = scene::lane(lanes, of) else { return };
    let (left, right) = (frame.scale.x(to_f64(from)), frame.scale.x(to_f64(to)));
    for at in scene::visible(lanes, lane, from, to) {
        let state = lanes.state.0[at];
        let Some(ink) = STATES.iter().position(|known| known.0 == state) else { continue };
        let x = frame.scale.x(to_f64(lanes.from.0[at])).max(left);
        let end = frame.scale.x(to_f64(lanes.to.0[at])).min(right);
        let width = (end - x).max(0.6);
        let full = row.height - 3.0;
        // Merged stays are as high as their share; waits are a line.
        let share = (f64::from(lanes.fill.0[at]) / 255.0).max(0.2);
        let height = if state == WAITING { 3.0 } else { full * share };
        let y = if state == WAITING { row.y + row.height / 2.0 - 1.5 } else { row.y + 1.0 + full - height };
        // Neighbors of one state stay apart where there is room.
        let gap = if width > 4.0 { 1.0 } else { 0.0 };
        rects[ink].push([x, y, width - gap, height]);
        if width > NAMED && lanes.stays.0[at] == 1 && state != WAITING {
            let name = match of {
                LaneOf::Processor(_) => source.names.start(lanes.group.0[at]).map(short),
                LaneOf::Goroutine(_) => Some(words::lane_state(state)),
            };
            names.extend(name.map(|name| (x, width, name.to_owned())));
        }
    }
}
