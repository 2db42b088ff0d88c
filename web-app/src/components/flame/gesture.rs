//! What fingers and mouse mean: a state machine without a browser.

/// Movement below which a press is a click, in CSS pixels.
const STILL: f64 = 4.0;
/// Two clicks within this time are a double click, in milliseconds.
const DOUBLE_MILLIS: f64 = 400.0;

/// A pointer that is down.
#[derive(Clone, Copy, Debug)]
struct Down {
    id: i32,
    x: f64,
    y: f64,
}

/// What a pointer's event asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// Nothing yet.
    None,
    /// The pointer is over a place, up.
    Hover {
        /// CSS pixels from the left.
        x: f64,
        /// CSS pixels from the top.
        y: f64,
    },
    /// The graph is dragged by so many CSS pixels.
    Pan {
        /// To the right.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// Two fingers moved apart or together.
    Pinch {
        /// The middle between them, in CSS pixels from the left.
        x: f64,
        /// Over 1 if they moved apart.
        factor: f64,
        /// How far the middle moved to the right.
        dx: f64,
    },
    /// A press without a movement.
    Click {
        /// CSS pixels from the left.
        x: f64,
        /// CSS pixels from the top.
        y: f64,
        /// The second of two at the same place.
        is_double: bool,
    },
}

/// Follows the pointers over one element.
#[derive(Clone, Debug, Default)]
pub struct Gestures {
    down: Vec<Down>,
    moved: f64,
    /// True once a second finger was down: what follows is no click.
    was_pinched: bool,
    last_click: Option<(f64, f64, f64)>,
}

impl Gestures {
    /// A pointer went down.
    pub fn down(&mut self, id: i32, x: f64, y: f64) {
        self.down.retain(|pointer| pointer.id != id);
        self.down.push(Down { id, x, y });
        if self.down.len() == 1 {
            self.moved = 0.0;
            self.was_pinched = false;
        } else {
            self.was_pinched = true;
        }
    }

    /// A pointer moved.
    pub fn moved(&mut self, id: i32, x: f64, y: f64) -> Gesture {
        let Some(index) = self.down.iter().position(|pointer| pointer.id == id) else {
            return if self.down.is_empty() { Gesture::Hover { x, y } } else { Gesture::None };
        };
        let before = self.down[index];
        self.down[index] = Down { id, x, y };
        let (dx, dy) = (x - before.x, y - before.y);
        match self.down.as_slice() {
            [_] => {
                self.moved += dx.abs() + dy.abs();
                if self.moved < STILL || self.was_pinched { Gesture::None } else { Gesture::Pan { dx, dy } }
            }
            [_, _] => {
                let other = self.down[1 - index];
                let distance = |x: f64| (x - other.x).abs().max(24.0);
                Gesture::Pinch {
                    x: (x + other.x) / 2.0,
                    factor: distance(x) / distance(before.x),
                    dx: dx / 2.0,
                }
            }
            _ => Gesture::None,
        }
    }

    /// A pointer went up, at a time in milliseconds.
    pub fn up(&mut self, id: i32, x: f64, y: f64, now: f64) -> Gesture {
        let was_down = self.down.iter().any(|pointer| pointer.id == id);
        self.down.retain(|pointer| pointer.id != id);
        if !was_down || !self.down.is_empty() || self.was_pinched || self.moved >= STILL {
            return Gesture::None;
        }
        let is_double = self.last_click.take().is_some_and(|(at, before_x, before_y)| {
            now - at < DOUBLE_MILLIS && (x - before_x).abs() + (y - before_y).abs() < 2.0 * STILL
        });
        if !is_double {
            self.last_click = Some((now, x, y));
        }
        Gesture::Click { x, y, is_double }
    }

    /// A pointer went away without going up: the browser took it for scrolling.
    pub fn cancel(&mut self, id: i32) {
        self.down.retain(|pointer| pointer.id != id);
        self.was_pinched = true;
    }

    /// True while one pointer is down that has not moved: it may become a click or a long press.
    pub fn is_resting(&self) -> bool {
        self.down.len() == 1 && self.moved < STILL && !self.was_pinched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_that_stays_is_a_click_and_two_are_a_double_click() {
        let mut gestures = Gestures::default();
        let mut click = |at: f64| {
            gestures.down(1, 10.0, 10.0);
            gestures.moved(1, 11.0, 10.0);
            gestures.up(1, 11.0, 10.0, at)
        };
        assert_eq!(click(0.0), Gesture::Click { x: 11.0, y: 10.0, is_double: false });
        assert_eq!(click(300.0), Gesture::Click { x: 11.0, y: 10.0, is_double: true });
        assert_eq!(click(350.0), Gesture::Click { x: 11.0, y: 10.0, is_double: false });
        assert_eq!(click(900.0), Gesture::Click { x: 11.0, y: 10.0, is_double: false });
    }

    #[test]
    fn a_drag_pans_and_is_no_click() {
        let mut gestures = Gestures::default();
        gestures.down(1, 10.0, 10.0);
        assert_eq!(gestures.moved(1, 12.0, 10.0), Gesture::None);
        assert_eq!(gestures.moved(1, 20.0, 15.0), Gesture::Pan { dx: 8.0, dy: 5.0 });
        assert_eq!(gestures.up(1, 20.0, 15.0, 0.0), Gesture::None);
    }

    #[test]
    fn two_fingers_pinch_and_lifting_one_does_nothing_more() {
        let mut gestures = Gestures::default();
        gestures.down(1, 100.0, 0.0);
        gestures.down(2, 200.0, 0.0);
        assert_eq!(gestures.moved(2, 300.0, 0.0), Gesture::Pinch { x: 200.0, factor: 2.0, dx: 50.0 });
        assert_eq!(gestures.up(2, 300.0, 0.0, 0.0), Gesture::None);
        assert_eq!(gestures.moved(1, 150.0, 0.0), Gesture::None);
        assert_eq!(gestures.up(1, 150.0, 0.0, 0.0), Gesture::None);
    }

    #[test]
    fn a_finger_rests_until_it_moves_and_a_long_press_is_no_click() {
        let mut gestures = Gestures::default();
        assert!(!gestures.is_resting());
        gestures.down(1, 5.0, 5.0);
        assert!(gestures.is_resting());
        gestures.moved(1, 30.0, 5.0);
        assert!(!gestures.is_resting());
        gestures.up(1, 30.0, 5.0, 0.0);
        gestures.down(1, 5.0, 5.0);
        gestures.cancel(1);
        assert_eq!(gestures.up(1, 5.0, 5.0, 900.0), Gesture::None);
    }

    #[test]
    fn a_pointer_that_is_up_hovers() {
        let mut gestures = Gestures::default();
        assert_eq!(gestures.moved(1, 5.0, 6.0), Gesture::Hover { x: 5.0, y: 6.0 });
        gestures.down(1, 5.0, 6.0);
        gestures.cancel(1);
        assert_eq!(gestures.up(1, 5.0, 6.0, 0.0), Gesture::None);
    }
}
