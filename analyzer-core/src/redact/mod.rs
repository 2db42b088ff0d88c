//! Captures without what is particular to their owner: the same figures under
//! other names.
//!
//! ```text
//! file ─► unwrap ─► recognize ─► mark ─► all files seen ─► pseudonyms ─► the same files, rewritten
//! ```
//!
//! What takes the place of a secret has as many bytes, so that every format
//! stays valid and every position stays true. Wrappings are taken off for good.
//! A file in which secrets cannot be told is left out; a note stands in its place.

mod addresses;
mod names;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::convert::to_u64;
use crate::base::error::NoteSeverity;
use crate::base::order::StableOrder as _;
use crate::base::source::{Input, SourceId};
use crate::base::units::Nanos;
use crate::formats::container::{self, Budget, Leaf};
use crate::formats::redaction::{CaptureNames, Kind, Marks, Word, blank_out};
use crate::formats::{self, Probe, left_out};

use addresses::Addresses;
use names::{NameId, Names};

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
}

/// A file whose secrets are known and whose pseudonyms are not.
#[derive(Debug)]
struct Marked {
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
    pub fn add(&mut self, path: String, modified_at: Option<Nanos>, bytes: Vec<u8>) {
        let mut file = Leaf::new(path, bytes);
        file.modified_at = modified_at;
        for leaf in container::unwrap(file, &mut self.budget) {
            self.add_leaf(leaf);
        }
    }

    /// What will be replaced, and the files with it replaced.
    pub fn finish(mut self) -> (Summary, Vec<CleanFile>) {
        let pseudonyms = self.names.pseudonyms();
        let of = |id: NameId| pseudonyms.get(id).map_or(&[][..], Vec::as_slice);
        let mut files: Vec<CleanFile> = self
            .files
            .into_iter()
            .map(|mut file| {
                rewrite(&mut file.bytes, &file.names, of);
                rewrite(&mut file.path, &file.path_names, of);
                CleanFile {
                    path: String::from_utf8_lossy(&file.path).into_owned(),
                    modified_at: file.modified_at,
                    bytes: file.bytes,
                }
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
        self.summary.replacements.order_by_key(|row| (row.kind, std::cmp::Reverse(row.places)));
        (self.summary, files)
    }

    fn add_leaf(&mut self, mut leaf: Leaf) {
        let lost = leaf.notes.rows().iter().filter(|note| note.severity >= NoteSeverity::DataLoss);
        // The wrapping said it; without the wrapping, nothing else would.
        let index = self.files.len();
        self.losses.extend(lost.map(|note| (index, note.message.clone())));
        let path = std::mem::take(&mut leaf.path);
        match self.mark(&path, &mut leaf) {
            Ok(names) => self.push(path, leaf, names),
            Err(reason) => {
                leaf.bytes = left_out::placeholder(reason);
                self.push(path.clone(), leaf, Vec::new());
                self.summary.left_out.push(LeftOut { path, reason: reason.to_owned() });
            }
        }
    }

    fn push(&mut self, path: String, leaf: Leaf, names: Vec<Place>) {
        let mut marks = Marks::new(path.as_bytes());
        self.captures.mark(path.as_bytes(), &mut marks);
        let words = std::mem::take(&mut marks.words);
        let path_names = see(&mut self.names, path.as_bytes(), &words);
        self.files.push(Marked {
            path: path.into_bytes(),
            path_names,
            modified_at: leaf.modified_at,
            bytes: leaf.bytes,
            names,
        });
    }

    /// Blanks free text, and finds the names.
    fn mark(&mut self, path: &str, leaf: &mut Leaf) -> Result<Vec<Place>, &'static str> {
        if leaf.error.is_some() {
            return Err("its wrapping could not be taken off");
        }
        let format = formats::recognize(&Probe { path, bytes: &leaf.bytes }).ok_or("no known format")?;
        let mut marks = Marks::new(&leaf.bytes);
        (format.secrets)(&Input { source: SourceId(0), path, bytes: &leaf.bytes }, &mut marks)?;
        let Marks { words, blanks, addresses, .. } = marks;
        let places = see(&mut self.names, &leaf.bytes, &words);
        self.summary.blanked += to_u64(blanks.len());
        let addresses: Vec<_> = addresses
            .into_iter()
            .map(|range| (self.addresses.pseudonym(leaf.bytes.get(range.clone()).unwrap_or_default()), range))
            .collect();
        for range in blanks {
            blank_out(leaf.bytes.get_mut(range).unwrap_or_default());
        }
        for (number, range) in addresses {
            leaf.bytes.get_mut(range).unwrap_or_default().copy_from_slice(&number);
        }
        Ok(places)
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
