//! Captures without what is particular to their owner: the same figures under
//! other names.
//!
//! ```text
//! file ─► unwrap ─► intake ─► recognize ─► mark ─► all files seen ─► pseudonyms ─► rewrite ─► compare figures
//! ```
//!
//! What takes the place of a secret has as many bytes, so that every format
//! stays valid and every position stays true. Wrappings are taken off for good.
//! Captures that stand in a text become files of their own, and the text around them is gone.
//! A file of which it cannot be told what may stay is left out, and so is one that gives other
//! figures when it is rewritten; a note stands in its place.

mod addresses;
mod names;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::convert::to_u64;
use crate::base::error::NoteSeverity;
use crate::base::order::StableOrder as _;
use crate::base::source::{Input, SourceId};
use crate::base::source_tree::{Role, SourceTrees};
use crate::base::units::Nanos;
use crate::formats::container::{self, Budget, Leaf};
use crate::formats::redaction::{CaptureNames, Kind, Marks, Word, blank_escape, blank_number, blank_out};
use crate::formats::{self, Probe, left_out};
use crate::intake;

use addresses::Addresses;
pub use names::Digest;
use names::{NameId, Names};

/// A number that is the same for captures with the same figures, whatever their names. Takes a path and bytes.
pub type Figures = fn(&str, &[u8]) -> u64;

/// Why a file is left out that gives other figures.
const OTHER_FIGURES: &str = "it would not give the same figures without its names";

/// Why source is left out.
const NO_SOURCE: &str = "a redacted report does not include source code";

/// One capture, unwrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanFile {
    /// Its path, with pseudonyms.
    pub path: String,
    /// Last modification (Unix time), if known.
    pub modified_at: Option<Nanos>,
    /// Its bytes, rewritten.
    pub bytes: Vec<u8>,
}

/// A name and what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// What it was first seen as.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// What every place of it now has.
    pub pseudonym: String,
    /// How many places there are.
    pub places: u64,
}

/// A file that is not among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its path as dropped.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What was done, for a look before anything is given away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Every name, by kind, the most frequent first.
    pub replacements: Vec<Replacement>,
    /// Pieces of free text whose letters and digits were blanked.
    pub blanked: u64,
    /// Files that are not in it.
    pub left_out: Vec<LeftOut>,
}

/// Takes files, and gives them back without secrets.
#[derive(Debug, Default)]
pub struct Redaction {
    names: Names,
    addresses: Addresses,
    captures: CaptureNames,
    budget: Budget,
    files: Vec<Marked>,
    /// What wrappings said was missing, by the index of the file.
    losses: Vec<(usize, String)>,
    summary: Summary,
    trees: SourceTrees,
    /// Files of source and beside it: they are no captures.
    source_files: u64,
}

/// A file whose secrets are known and whose pseudonyms are not.
#[derive(Debug)]
struct Marked {
    /// As it was dropped.
    original: String,
    /// What it gives; `None` for what stands in another file's place.
    figures: Option<u64>,
    path: Vec<u8>,
    path_names: Vec<Place>,
    modified_at: Option<Nanos>,
    bytes: Vec<u8>,
    names: Vec<Place>,
}

/// A name in its file.
#[derive(Debug)]
struct Place {
    range: Range<usize>,
    /// `None` if there are too many names: the place is blanked.
    name: Option<NameId>,
}

impl Redaction {
    /// Adds a file as it was dropped.
    pub fn add(&mut self, path: String, modified_at: Option<Nanos>, bytes: Vec<u8>, figures: Figures) {
        let mut file = Leaf::new(path, bytes);
        file.modified_at = modified_at;
        let leaves = container::unwrap(file, &mut self.budget);
        for leaf in &leaves {
            self.trees.note(&leaf.path, &leaf.bytes);
        }
        for leaf in leaves {
            let is_left_out_before = left_out::is_placeholder(&leaf.bytes);
            let role = self.trees.role(&leaf.path, &leaf.bytes);
            if matches!(role, Role::Source | Role::Passed) && !is_left_out_before {
                self.source_files += 1;
                continue;
            }
            let parts = if leaf.error.is_none() { intake::open(&leaf.path, &leaf.bytes) } else { None };
            match parts {
                Some(parts) => self.add_parts(leaf, parts, figures),
                None => self.add_leaf(leaf, figures),
            }
        }
    }

    /// The captures of a text, each a file of its own.
    fn add_parts(&mut self, mut text: Leaf, parts: Vec<intake::Part>, figures: Figures) {
        for part in parts {
            let mut leaf = Leaf::new(part.path, part.bytes);
            leaf.modified_at = part.written_at.or(text.modified_at);
            leaf.notes = std::mem::take(&mut text.notes);
            self.add_leaf(leaf, figures);
        }
        self.summary.blanked += 1;
    }

    /// What will be replaced, and the files with it replaced.
    pub fn finish(mut self, figures: Figures, digest: Option<&Digest<'_>>) -> (Summary, Vec<CleanFile>) {
        let pseudonyms = self.names.pseudonyms(digest);
        let of = |id: NameId| pseudonyms.get(id).map_or(&[][..], Vec::as_slice);
        let mut files: Vec<CleanFile> = self
            .files
            .into_iter()
            .map(|mut file| {
                rewrite(&mut file.bytes, &file.names, of);
                rewrite(&mut file.path, &file.path_names, of);
                let path = String::from_utf8_lossy(&file.path).into_owned();
                // What was misread would be seen here, before anything is written.
                if file.figures.is_some_and(|before| before != figures(&path, &file.bytes)) {
                    file.bytes = left_out::placeholder(OTHER_FIGURES);
                    self.summary
                        .left_out
                        .push(LeftOut { path: file.original, reason: OTHER_FIGURES.to_owned() });
                }
                CleanFile { path, modified_at: file.modified_at, bytes: file.bytes }
            })
            .collect();
        if !self.losses.is_empty() {
            let path = |index: usize| files.get(index).map_or("", |file| file.path.as_str());
            let lines: Vec<String> =
                self.losses.iter().map(|(index, message)| format!("{}: {message}", path(*index))).collect();
            let bytes = left_out::losses(&lines);
            files.push(CleanFile { path: left_out::LOSSES_PATH.to_owned(), modified_at: None, bytes });
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.summary.replacements = self
            .names
            .sorted()
            .into_iter()
            .map(|(name, id, facts)| Replacement {
                kind: facts.kind,
                name: text(name),
                pseudonym: text(of(id)),
                places: facts.places,
            })
            .collect();
        if self.source_files > 0 {
            let files = if self.source_files == 1 { "source file" } else { "source files" };
            let path = format!("{} {files}", self.source_files);
            self.summary.left_out.push(LeftOut { path, reason: NO_SOURCE.to_owned() });
        }
        self.summary.replacements.order_by_key(|row| (row.kind, std::cmp::Reverse(row.places)));
        (self.summary, files)
    }

    fn add_leaf(&mut self, mut leaf: Leaf, figures: Figures) {
        let lost = leaf.notes.rows().iter().filter(|note| note.severity >= NoteSeverity::DataLoss);
        // The wrapping said it; without the wrapping, nothing else would. Its words may hold names of members.
        let index = self.files.len();
        self.losses.extend(lost.map(|note| (index, format!("a part of it ({})", note.code))));
        let path = std::mem::take(&mut leaf.path);
        match self.mark(&path, &mut leaf, figures) {
            Ok((names, figures)) => self.push(path, leaf, names, Some(figures)),
            Err(reason) => {
                leaf.bytes = left_out::placeholder(reason);
                self.push(path.clone(), leaf, Vec::new(), None);
                self.summary.left_out.push(LeftOut { path, reason: reason.to_owned() });
            }
        }
    }

    fn push(&mut self, path: String, leaf: Leaf, names: Vec<Place>, figures: Option<u64>) {
        let mut marks = Marks::new(path.as_bytes());
        self.captures.mark(path.as_bytes(), &mut marks);
        let path_names = see(&mut self.names, path.as_bytes(), &marks.words);
        let mut path_bytes = path.clone().into_bytes();
        for range in marks.rest() {
            blank_out(path_bytes.get_mut(range).unwrap_or_default());
        }
        self.files.push(Marked {
            original: path,
            figures,
            path: path_bytes,
            path_names,
            modified_at: leaf.modified_at,
            bytes: leaf.bytes,
            names,
        });
    }

    /// Replaces what may not stay, and finds the names; with them, the file's figures.
    fn mark(
        &mut self,
        path: &str,
        leaf: &mut Leaf,
        figures: Figures,
    ) -> Result<(Vec<Place>, u64), &'static str> {
        if leaf.error.is_some() {
            return Err("it could not be unpacked");
        }
        let format = formats::recognize(&Probe { path, bytes: &leaf.bytes }).ok_or("unknown format")?;
        let mut marks = Marks::new(&leaf.bytes);
        (format.secrets)(&Input { source: SourceId(0), path, bytes: &leaf.bytes }, &mut marks)?;
        let figures = figures(path, &leaf.bytes);
        let rest = marks.rest();
        let Marks { words, blanks, addresses, numbers, escapes, varints, .. } = marks;
        let places = see(&mut self.names, &leaf.bytes, &words);
        self.summary.blanked += to_u64(rest.len() + blanks.len() + numbers.len());
        let mut others: Vec<(Vec<u8>, Range<usize>)> = Vec::with_capacity(addresses.len() + varints.len());
        for range in addresses {
            let address = leaf.bytes.get(range.clone()).unwrap_or_default();
            others.push((self.addresses.pseudonym(address), range));
        }
        for range in varints {
            let varint = leaf.bytes.get(range.clone()).unwrap_or_default();
            others.push((self.addresses.varint(varint), range));
        }
        let bytes = &mut leaf.bytes;
        rest.into_iter().chain(blanks).for_each(|range| blank_out(bytes.get_mut(range).unwrap_or_default()));
        numbers.into_iter().for_each(|range| blank_number(bytes.get_mut(range).unwrap_or_default()));
        escapes.into_iter().for_each(|range| blank_escape(bytes.get_mut(range).unwrap_or_default()));
        for (other, range) in others {
            if let Some(place) = bytes.get_mut(range).filter(|place| place.len() == other.len()) {
                place.copy_from_slice(&other);
            }
        }
        Ok((places, figures))
    }
}

fn see(names: &mut Names, bytes: &[u8], words: &[Word]) -> Vec<Place> {
    let place = |word: &Word| {
        let range = word.start..word.end;
        let text = bytes.get(range.clone())?;
        Some(Place { name: names.see(text, word.kind), range })
    };
    words.iter().filter_map(place).collect()
}

fn rewrite<'n>(bytes: &mut [u8], places: &[Place], pseudonym: impl Fn(NameId) -> &'n [u8]) {
    for place in places {
        let Some(target) = bytes.get_mut(place.range.clone()) else { continue };
        match place.name.map(&pseudonym).filter(|name| name.len() == target.len()) {
            Some(name) => target.copy_from_slice(name),
            None => blank_out(target),
        }
    }
}
