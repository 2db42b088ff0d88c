//! What all profiles of a message share, by index. Index 0 of each table means none.

use std::borrow::Cow;

use crate::base::convert::to_usize;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::Position;
use crate::evidence::profiles::{Label, LocationId, MappingId, StackRow};
use crate::formats::sampled::{Builder, Frame};

/// A function: indexes of its names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Function {
    pub name: u64,
    pub system_name: u64,
    pub file: u64,
}

/// A line of a location.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line {
    pub function: u64,
    pub line: i64,
    pub column: i64,
}

/// A location.
#[derive(Clone, Debug, Default)]
pub(super) struct Location {
    pub mapping: u64,
    pub address: u64,
    /// Innermost inlined call first.
    pub lines: Vec<Line>,
}

/// The value of an attribute, as far as it becomes a label.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Value<'a> {
    #[default]
    Other,
    Text(Cow<'a, str>),
    /// An index of a string.
    Index(u64),
    Number(i64),
}

/// An attribute; its key is a text, or an index of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Attribute<'a> {
    pub key: Cow<'a, str>,
    pub key_index: u64,
    pub value: Value<'a>,
}

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Dictionary<'a> {
    pub strings: Vec<Cow<'a, str>>,
    /// Indexes of the files' names.
    pub mappings: Vec<u64>,
    pub functions: Vec<Function>,
    pub locations: Vec<Location>,
    pub attributes: Vec<Attribute<'a>>,
    /// Locations, innermost first.
    pub stacks: Vec<Vec<u64>>,
    /// What of them was written to the profile.
    pub locations_read: Vec<Option<LocationId>>,
    pub stacks_read: Vec<Option<StackRow>>,
    /// References to what is not in the tables.
    pub dangling: u64,
}

impl<'a> Dictionary<'a> {
    /// # Errors
    /// `LimitExceeded` if a table has more rows than a profile may have.
    pub(super) fn check(&self) -> Result<(), ParseError> {
        let rows = [
            self.strings.len(),
            self.mappings.len(),
            self.functions.len(),
            self.locations.len(),
            self.attributes.len(),
            self.stacks.len(),
        ];
        if rows.iter().all(|rows| *rows <= limits::PROFILE_ROWS) {
            return Ok(());
        }
        let message = format!("a table of more than {} rows", limits::PROFILE_ROWS);
        Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "ProfilesDictionary", message))
    }

    /// A string; empty for none.
    pub(super) fn string(&self, index: u64) -> &str {
        to_usize(index).and_then(|index| self.strings.get(index)).map_or("", |text| text)
    }

    /// The row of a stack.
    /// # Errors
    /// Past the limits of profiles.
    pub(super) fn stack(
        &mut self,
        index: u64,
        builder: &mut Builder<'_>,
        at: usize,
    ) -> Result<StackRow, ParseError> {
        self.stacks_read.resize(self.stacks.len(), None);
        let place = to_usize(index).filter(|&index| index < self.stacks.len());
        if let Some(row) = place.and_then(|place| self.stacks_read.get(place).copied().flatten()) {
            return Ok(row);
        }
        // Index 0 is a stack without frames.
        self.dangling += u64::from(place.is_none() && index != 0);
        let indexes =
            place.and_then(|place| self.stacks.get_mut(place)).map(std::mem::take).unwrap_or_default();
        let mut root_first = Vec::with_capacity(indexes.len());
        for &index in indexes.iter().rev() {
            root_first.push(self.location(index, builder));
        }
        let row = builder.stack(root_first, at)?;
        if let Some(slot) = place.and_then(|place| self.stacks_read.get_mut(place)) {
            *slot = Some(row);
        }
        Ok(row)
    }

    fn location(&mut self, index: u64, builder: &mut Builder<'_>) -> LocationId {
        self.locations_read.resize(self.locations.len(), None);
        let place = to_usize(index).unwrap_or(usize::MAX);
        if let Some(id) = self.locations_read.get(place).copied().flatten() {
            return id;
        }
        let Some(location) = self.locations.get_mut(place).map(std::mem::take) else {
            self.dangling += 1;
            return builder.location(0, None, []);
        };
        let frames = location.lines.iter().filter_map(|line| {
            let function = to_usize(line.function).and_then(|index| self.functions.get(index))?;
            let (name, file) = (self.string(function.name), self.string(function.file));
            Some(Frame { name, file, line: line.line, column: line.column })
                .filter(|frame| !frame.name.is_empty())
        });
        let mapping = self.mapping(location.mapping, builder);
        let id = builder.location(location.address, mapping, frames);
        if let Some(slot) = self.locations_read.get_mut(place) {
            *slot = Some(id);
        }
        id
    }

    fn mapping(&self, index: u64, builder: &mut Builder<'_>) -> Option<MappingId> {
        let file = to_usize(index).filter(|&index| index > 0).and_then(|index| self.mappings.get(index))?;
        let file = self.string(*file);
        (!file.is_empty()).then(|| builder.mapping(file))
    }

    /// An attribute as a label; `None` if its value is none.
    pub(super) fn label(&self, attribute: &Attribute<'_>, builder: &mut Builder<'_>) -> Option<Label> {
        let key = if attribute.key.is_empty() { self.string(attribute.key_index) } else { &attribute.key };
        if key.is_empty() {
            return None;
        }
        match &attribute.value {
            Value::Text(text) => Some(builder.text_label(key, text)),
            Value::Index(index) => Some(builder.text_label(key, self.string(*index))),
            Value::Number(number) => Some(builder.number_label(key, *number)),
            Value::Other => None,
        }
    }
}
