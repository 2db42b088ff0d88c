//! Where the lines of a text stood before its wrapping was taken off.

use super::source::Position;

/// The place of one line: a line of the file as it was dropped, and the column
/// in it where several lines stand in one (in an escaped string).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line number, from 1.
    pub line: u32,
    /// Column in bytes, from 1; 0 where the line as a whole is meant.
    pub column: u32,
}

impl Place {
    /// A whole line.
    pub const fn line(line: u32) -> Self {
        Self { line, column: 0 }
    }

    /// A place within the line that this place names; what is in a string already stays where it is.
    pub const fn within(self, column: u32) -> Self {
        if self.column == 0 { Self { line: self.line, column } } else { self }
    }
}

/// Lines that follow one another in both texts, or one line with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Its first line in the text, from 0.
    first: u32,
    place: Place,
}

/// The place of every line of a text. Without rows, line N is line N.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    runs: Vec<Run>,
    lines: u32,
}

impl Places {
    /// True if every line stands where it stood.
    pub fn is_identity(&self) -> bool {
        match self.runs.as_slice() {
            [] => true,
            [only] => only.place == Place::line(1),
            _ => false,
        }
    }

    /// Adds the place of the next line.
    pub fn push(&mut self, place: Place) {
        if self.expected() != Some(place) {
            self.runs.push(Run { first: self.lines, place });
        }
        self.lines = self.lines.saturating_add(1);
    }

    /// The place that needs no run of its own.
    fn expected(&self) -> Option<Place> {
        let last = self.runs.last().filter(|run| run.place.column == 0)?;
        Some(Place::line(last.place.line.saturating_add(self.lines - last.first)))
    }

    /// The place of a line, counted from 1.
    pub fn of(&self, line: u64) -> Place {
        let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        let index = self.runs.partition_point(|run| run.first <= line).saturating_sub(1);
        let Some(run) = self.runs.get(index) else { return Place::line(line.saturating_add(1)) };
        if run.place.column > 0 {
            return run.place;
        }
        Place::line(run.place.line.saturating_add(line.saturating_sub(run.first)))
    }

    /// The places of all lines, in order, and on.
    pub fn iter(&self) -> impl Iterator<Item = Place> + '_ {
        let mut run = 0;
        (0_u32..).map(move |line| {
            while self.runs.get(run + 1).is_some_and(|next| next.first <= line) {
                run += 1;
            }
            match self.runs.get(run) {
                Some(at) if at.place.column > 0 => at.place,
                Some(at) => Place::line(at.place.line.saturating_add(line.saturating_sub(at.first))),
                None => Place::line(line.saturating_add(1)),
            }
        })
    }

    /// A position in the text as a position in what was dropped.
    pub fn position(&self, at: Position) -> Position {
        let Some(line) = at.line.filter(|_| !self.runs.is_empty()) else { return at };
        let place = self.of(line);
        let column = (place.column > 0).then(|| u64::from(place.column));
        Position { line: Some(u64::from(place.line)), column, offset: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_one_another_share_a_run() {
        let mut places = Places::default();
        for line in [3, 4, 5, 9] {
            places.push(Place::line(line));
        }
        assert_eq!(places.runs.len(), 2);
        assert_eq!([1, 2, 3, 4, 5].map(|line| places.of(line).line), [3, 4, 5, 9, 10]);
        assert_eq!(places.iter().take(4).map(|place| place.line).collect::<Vec<_>>(), [3, 4, 5, 9]);
    }

    #[test]
    fn lines_of_one_string_have_a_column() {
        let mut places = Places::default();
        places.push(Place { line: 7, column: 10 });
        places.push(Place { line: 7, column: 42 });
        places.push(Place::line(8));
        assert_eq!(
            places.position(Position::line(2)),
            Position { line: Some(7), column: Some(42), offset: None }
        );
        assert_eq!(places.position(Position::line(3)), Position::line(8));
    }

    #[test]
    fn without_rows_nothing_moves() {
        let places = Places::default();
        assert!(places.is_identity());
        let at = Position { line: Some(2), column: None, offset: Some(9) };
        assert_eq!(places.position(at), at);
        assert_eq!(places.of(5), Place::line(5));
    }
}
