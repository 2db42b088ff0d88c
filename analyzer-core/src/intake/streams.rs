//! Lines of several writers in one log, each by its own key.

use super::anchors;
use super::text::{Builder, Text, split_lines};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::limits;
use crate::base::places::Place;

/// The lines of a log, by writer, and the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: Vec<Stream>,
    /// Which stream the next lines are of, and how many.
    order: Vec<(u32, u32)>,
    /// Lines so far.
    lines: usize,
    times: Times,
}

/// Whether the entries of a log come with the newest first, as many stores export them.
#[derive(Debug, Default)]
struct Times {
    /// The time of the last entry.
    last: Vec<u8>,
    /// Lines before each entry, for as long as no entry is newer than the one before it.
    starts: Vec<usize>,
    /// True if an entry is older than the one before it.
    is_falling: bool,
    /// True if an entry is newer than the one before it.
    is_rising: bool,
}

impl Times {
    fn see(&mut self, time: &[u8], lines: usize) {
        let time = time.strip_suffix(b"Z").unwrap_or(time);
        if self.is_rising || time.is_empty() {
            return;
        }
        if !self.last.is_empty() && time > self.last.as_slice() {
            self.is_rising = true;
            self.starts = Vec::new();
            return;
        }
        self.is_falling |= !self.last.is_empty() && time < self.last.as_slice();
        self.last.clear();
        self.last.extend_from_slice(time);
        self.starts.push(lines);
    }
}

#[derive(Debug)]
struct Stream {
    key: u64,
    text: Builder,
}

impl Streams {
    /// Goes on with the open line of a writer, or starts one.
    pub fn piece(&mut self, key: u64, bytes: &[u8], place: Place) {
        let index = self.index(key);
        let Some(stream) = self.streams.get_mut(index) else { return };
        let starts = !stream.text.is_open();
        stream.text.piece(bytes, place);
        if starts {
            self.lines += 1;
            let index = to_u32(index);
            match self.order.last_mut() {
                Some((last, count)) if *last == index => *count = count.saturating_add(1),
                _ => self.order.push((index, 1)),
            }
        }
    }

    /// Ends the open line of a writer.
    pub fn end(&mut self, key: u64) {
        let index = self.index(key);
        if let Some(stream) = self.streams.get_mut(index).filter(|stream| stream.text.is_open()) {
            stream.text.end();
        }
    }

    /// Adds a whole line.
    pub fn line(&mut self, key: u64, bytes: &[u8], place: Place) {
        self.piece(key, bytes, place);
        self.end(key);
    }

    /// What comes next is an entry that was written at this time, in the words of the log.
    pub fn entry(&mut self, time: &[u8]) {
        self.times.see(time, self.lines);
    }

    fn index(&mut self, key: u64) -> usize {
        // The last one is the most likely: writers print several lines in a row.
        if let Some(index) = self.streams.iter().rposition(|stream| stream.key == key) {
            return index;
        }
        if self.streams.len() < limits::LOG_STREAMS {
            self.streams.push(Stream { key, text: Builder::default() });
        }
        self.streams.len().saturating_sub(1)
    }

    /// One text: in the order of the log, or each writer by itself if only so
    /// its lines follow one another.
    pub fn finish(self) -> Text<'static> {
        let is_newest_first = self.times.is_falling && !self.times.is_rising;
        if is_newest_first { self.oldest_first().one_text() } else { self.one_text() }
    }

    /// The same entries in the order of their times; lines before the first stay where they are.
    fn oldest_first(self) -> Self {
        let Self { streams, order, times, .. } = self;
        let keys: Vec<u64> = streams.iter().map(|stream| stream.key).collect();
        let texts: Vec<Text<'static>> = streams.into_iter().map(|stream| stream.text.finish()).collect();
        let lines: Vec<(u64, &[u8], Place)> = in_order(&texts, &order)
            .filter_map(|(stream, line, place)| Some((*keys.get(stream)?, line, place)))
            .collect();
        let mut turned = Self::default();
        let ends = times.starts.iter().skip(1).copied().chain([lines.len()]);
        let entries = times.starts.iter().copied().zip(ends).collect::<Vec<_>>();
        let before = (0, times.starts.first().copied().unwrap_or(0));
        for (start, end) in [before].into_iter().chain(entries.into_iter().rev()) {
            for &(key, line, place) in lines.get(start..end).unwrap_or_default() {
                turned.line(key, line, place);
            }
        }
        turned
    }

    fn one_text(mut self) -> Text<'static> {
        if self.streams.len() <= 1 {
            return self
                .streams
                .pop()
                .map(|stream| stream.text.finish())
                .unwrap_or(Builder::default().finish());
        }
        let texts: Vec<Text<'static>> = self.streams.into_iter().map(|stream| stream.text.finish()).collect();
        let merged = merge(&texts, &self.order);
        let apart: usize = texts.iter().map(|text| anchors::order(&text.bytes)).sum();
        if apart <= anchors::order(&merged.bytes) {
            return merged;
        }
        let mut all = Builder::with_capacity(merged.bytes.len());
        for text in &texts {
            text.rows().for_each(|row| all.line(row.bytes, row.place));
        }
        all.finish()
    }
}

fn merge(texts: &[Text<'_>], order: &[(u32, u32)]) -> Text<'static> {
    let mut all = Builder::with_capacity(texts.iter().map(|text| text.bytes.len()).sum());
    in_order(texts, order).for_each(|(_, line, place)| all.line(line, place));
    all.finish()
}

/// The lines of all streams as they came, with the stream that each is of.
fn in_order<'t>(
    texts: &'t [Text<'_>],
    order: &'t [(u32, u32)],
) -> impl Iterator<Item = (usize, &'t [u8], Place)> {
    let mut lines: Vec<_> =
        texts.iter().map(|text| split_lines(&text.bytes).zip(text.places.iter())).collect();
    let turns = order.iter().flat_map(|&(stream, count)| (0..count).map(move |_| id_to_usize(stream)));
    turns.filter_map(move |stream| {
        let ((line, _), place) = lines.get_mut(stream)?.next()?;
        Some((stream, line, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(entries: &[(&str, u64, &str)]) -> String {
        let mut streams = Streams::default();
        for (number, (time, key, lines)) in (1..).zip(entries) {
            streams.entry(time.as_bytes());
            lines.split('|').for_each(|line| streams.line(*key, line.as_bytes(), Place::line(number)));
        }
        String::from_utf8(streams.finish().bytes.into_owned()).unwrap()
    }

    #[test]
    fn entries_that_come_with_the_newest_first_are_turned() {
        assert_eq!(text(&[("09:03Z", 1, "d"), ("09:02.5Z", 2, "b|c"), ("09:02Z", 1, "a")]), "a\nb\nc\nd\n");
        assert_eq!(text(&[("09:03", 1, "b"), ("09:03", 1, "c"), ("09:02", 1, "a")]), "a\nc\nb\n");
    }

    #[test]
    fn entries_in_any_other_order_stay() {
        assert_eq!(text(&[("09:01", 1, "a"), ("09:02", 1, "b")]), "a\nb\n");
        assert_eq!(text(&[("09:02", 1, "a"), ("09:01", 1, "b"), ("09:03", 1, "c")]), "a\nb\nc\n");
        assert_eq!(text(&[("09:01", 1, "a"), ("09:01", 1, "b")]), "a\nb\n");
        assert_eq!(text(&[("", 1, "a"), ("", 1, "b")]), "a\nb\n");
    }
}
