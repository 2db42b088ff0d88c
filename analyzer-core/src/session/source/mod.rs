//! The program's source beside what the captures say of it.

mod quote;
mod view;

use super::ingest::Texts;
use crate::base::source::SourceId;
use crate::base::source_map::{Found, SourceMap};
use crate::evidence::Evidence;
use crate::report::plain_text::visible;

pub(super) use quote::quote;
pub(super) use view::view;
pub use view::{SourceLine, SourceView, Waiting};

/// The dropped sources, to be found by the names that captures have for them.
struct Sources<'a> {
    evidence: &'a Evidence,
    texts: &'a Texts,
    map: SourceMap,
}

impl<'a> Sources<'a> {
    /// `None` if no source was dropped.
    fn new(evidence: &'a Evidence, texts: &'a Texts) -> Option<Self> {
        let path =
            |id: SourceId| evidence.sources.get(id).map(|source| source.path.clone()).unwrap_or_default();
        let files = &evidence.go_source.files;
        let modules = evidence.go_source.modules.iter().map(|module| {
            let path = path(module.source);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            (folder, evidence.strings.get(module.module).to_owned())
        });
        let map = SourceMap::new(files.iter().map(|&id| path(id)), modules);
        (!files.is_empty()).then_some(Self { evidence, texts, map })
    }

    /// The file that a capture names.
    fn find(&self, file: &str) -> File {
        match self.map.find(file) {
            Found::None => File::Missing,
            Found::Several(several) => {
                let paths: Vec<&str> = several.iter().take(3).map(|&index| self.map.path(index)).collect();
                let more = if several.len() > paths.len() { ", \u{2026}" } else { "" };
                File::Several(format!("Several files match: {}{more}.", paths.join(", ")))
            }
            Found::One(index) => match self.evidence.go_source.files.get(index) {
                Some(&source) => File::One(source, self.map.path(index).to_owned()),
                None => File::Missing,
            },
        }
    }

    /// The text of a file, if it is kept.
    fn text(&self, source: SourceId) -> Option<String> {
        let bytes = self.texts.get(source)?.as_ref()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// What a file that a capture names is among the dropped ones.
enum File {
    /// One, by its path.
    One(SourceId, String),
    /// Several fit alike: a sentence says which.
    Several(String),
    /// None fits.
    Missing,
}

/// A sentence of a source that does not have a function's line.
fn of_another_version(line: u64, function: &str) -> String {
    format!("This source file is a different version: line {line} is not in {function}.")
}

/// A line as it can be shown.
fn shortened(line: &str, most: usize) -> String {
    let spaced = line.replace('\t', "    ");
    let mut text: String = visible(&spaced).chars().take(most + 1).collect();
    if text.chars().count() > most {
        text.pop();
        text.push('\u{2026}');
    }
    text
}
