//! Lines of several writers in one log, each by its own key.

use super::anchors;
use super::text::{Builder, Text, split_lines};
use crate::base::convert::to_u32;
use crate::base::limits;
use crate::base::places::Place;

/// The lines of a log, by writer, and the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: Vec<Stream>,
    /// Which stream the next lines are of, and how many.
    order: Vec<(u32, u32)>,
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
    pub fn finish(mut self) -> Text<'static> {
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
    let mut lines: Vec<_> =
        texts.iter().map(|text| split_lines(&text.bytes).zip(text.places.iter())).collect();
    let mut all = Builder::with_capacity(texts.iter().map(|text| text.bytes.len()).sum());
    for &(stream, count) in order {
        let Some(lines) = lines.get_mut(crate::base::convert::id_to_usize(stream)) else { continue };
        for ((bytes, _), place) in lines.take(crate::base::convert::id_to_usize(count)) {
            all.line(bytes, place);
        }
    }
    all.finish()
}
