//! What is selected and which lanes are pinned: the address says it, and every
//! link of the view is made here.

use analyzer_core::report::trace::Trace as Section;
use analyzer_core::session::lanes::{LaneOf, Lanes};

use super::Window;
use crate::state::Params;

/// Lanes that can be pinned: more would leave no room for the others.
const PINS: usize = 8;

/// What the panel tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// A goroutine, and a moment of one of its states.
    Goroutine(u64, Option<u64>),
    /// A user task.
    Task(u64),
}

impl Selected {
    /// What the address selects.
    pub fn of(params: &Params) -> Option<Self> {
        let goroutine = params.number("go").map(|id| Self::Goroutine(id, params.number("at")));
        goroutine.or_else(|| params.number("task").map(Self::Task))
    }

    /// The goroutine, if it is one.
    pub fn goroutine(self) -> Option<u64> {
        match self {
            Self::Goroutine(id, _) => Some(id),
            Self::Task(_) => None,
        }
    }
}

/// The address with nothing selected.
pub fn cleared(params: &Params) -> Params {
    params.without("go").without("at").without("task")
}

/// Goroutines whose lanes are pinned.
pub fn pins(params: &Params) -> Vec<u64> {
    let ids = params.get("pin").unwrap_or_default().split('.');
    let mut pins = Vec::new();
    for id in ids.filter_map(|id| id.parse().ok()) {
        if pins.len() < PINS && !pins.contains(&id) {
            pins.push(id);
        }
    }
    pins
}

/// The address with a goroutine pinned, or no more; the oldest pin makes room.
pub fn pinned(params: &Params, id: u64, is_pinned: bool) -> Params {
    let mut pins = pins(params);
    pins.retain(|&pin| pin != id);
    if is_pinned {
        pins.push(id);
        let beyond = pins.len().saturating_sub(PINS);
        pins.drain(..beyond);
    }
    params.with("pin", pins.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// What is on the screen: where links lead from.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    /// The address.
    pub params: &'a Params,
    /// The whole trace.
    pub trace: &'a Section,
    /// The part that is seen.
    pub window: Window,
    /// The lanes that are there, if any are.
    pub lanes: Option<&'a Lanes>,
}

impl Here<'_> {
    /// A goroutine in the state that it is in at a moment. It gets a lane if it
    /// has none, and the part that is seen moves if the moment is outside.
    pub fn goroutine(&self, id: u64, at: Option<u64>) -> Params {
        let moment = at.map(|at| at.to_string()).unwrap_or_default();
        let mut params = self.params.without("task").with("go", id.to_string()).with("at", moment);
        let span = self.window.nanos();
        if let Some(at) = at.filter(|at| !(self.window.from..=self.window.to).contains(at)) {
            params = self.around(&params, at.saturating_sub(span / 2), at.saturating_add(span / 2));
        }
        let has_lane =
            self.lanes.is_none_or(|lanes| lanes.lanes.iter().any(|lane| lane.of == LaneOf::Goroutine(id)));
        if has_lane { params } else { pinned(&params, id, true) }
    }

    /// A task, with all of it in sight.
    pub fn task(&self, id: u64, from: u64, to: u64) -> Params {
        let params = cleared(self.params).with("task", id.to_string());
        if self.window.from <= from && to <= self.window.to { params } else { self.zoomed(&params, from, to) }
    }

    /// These settings, showing from one moment to another with some room at the sides.
    pub fn zoomed(&self, params: &Params, from: u64, to: u64) -> Params {
        let room = to.saturating_sub(from) / 10 + 500;
        self.around(params, from.saturating_sub(room), to.saturating_add(room))
    }

    fn around(&self, params: &Params, from: u64, to: u64) -> Params {
        let whole = Window::whole(self.trace);
        let from = from.clamp(whole.from, whole.to.saturating_sub(1));
        Window { from, to: to.clamp(from + 1, whole.to.max(from + 1)) }.params(params, self.trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pin_makes_room() {
        let mut params = Params::default();
        for id in 1..=9 {
            params = pinned(&params, id, true);
        }
        assert_eq!(params.get("pin"), Some("2.3.4.5.6.7.8.9"));
        assert_eq!(pins(&pinned(&params, 5, false)), [2, 3, 4, 6, 7, 8, 9]);
        assert_eq!(pinned(&pinned(&Params::default(), 7, true), 7, false), Params::default());
    }

    #[test]
    fn an_address_made_by_hand_pins_no_more_than_fit() {
        let params = Params::default().with("pin", "1.x.1.2.3.4.5.6.7.8.9");
        assert_eq!(pins(&params), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Selected::of(&Params::default().with("at", "5")), None);
    }
}
