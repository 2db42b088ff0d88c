//! Of a profile, figures stay, functions, places in source, and known types and
//! units; labels, comments, programs, build ids, filters and whatever nothing
//! refers to do not. All of them are strings of its table, but for numeric labels.

use rustc_hash::{FxHashMap, FxHashSet};

use super::survey::{Survey, field};
use super::wire::{Value, Wire};
use crate::base::convert::to_usize;
use crate::base::order::StableOrder as _;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, PROFILE, all_in};

/// Functions of one file that are kept: all are of one package.
const FUNCTIONS_PER_FILE: usize = 4;

/// What a profile with fields of types that the format does not have is not left in for.
const FOREIGN: &str = "a profile with parts that are of no known kind";

/// What the strings of the table are used as, by their index.
#[derive(Default)]
struct Uses {
    /// Names of functions: they stay.
    functions: FxHashSet<u64>,
    /// Types, units and keys of labels: those that are known stay.
    words: Vec<u64>,
    labels: Vec<u64>,
    programs: Vec<u64>,
    /// Functions of each source file.
    files: FxHashMap<u64, Vec<u64>>,
    /// Values of numeric labels, with their keys.
    numbers: Vec<(u64, usize, usize)>,
    /// True if a message holds what cannot be replaced.
    is_foreign: bool,
}

pub(super) fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let survey = Survey::of(input.bytes);
    if survey.second.is_some() {
        return Err("two profiles in one file");
    }
    let whole = input.bytes.get(..survey.end).unwrap_or(input.bytes);
    // Figures are all that is left when strings and unknown fields are marked.
    marks.keep_binary(whole);
    let mut uses = Uses::default();
    let mut strings: Vec<&[u8]> = Vec::new();
    let mut wire = Wire::new(whole);
    while let Ok(Some(field)) = wire.field() {
        match field.value {
            Value::Bytes(bytes) if field.number == field::STRING_TABLE => strings.push(bytes.rest()),
            Value::Bytes(bytes) if field.number <= field::DOC_URL => uses.message(field.number, bytes, marks),
            Value::Varint(index) => uses.scalar(field.number, index),
            Value::Bytes(unknown) => marks.blank(unknown.rest()),
            _ => return Err(FOREIGN),
        }
    }
    if uses.is_foreign {
        return Err(FOREIGN);
    }
    uses.mark(&strings, whole, marks);
    // What follows a break is read by nobody; its tag and length are, for the note.
    if let Some(unread) = input.bytes.get(survey.end..) {
        marks.keep_binary(unread.get(..Wire::head_length(unread)).unwrap_or_default());
    }
    Ok(())
}

impl Uses {
    /// A message, or a packed list, of the top level.
    fn message(&mut self, number: u32, mut message: Wire<'_>, marks: &mut Marks<'_>) {
        if number == field::COMMENT {
            while let Ok(index) = message.varint() {
                self.labels.push(index);
            }
            return;
        }
        let mut function = (0, 0);
        while let Ok(Some(part)) = message.field() {
            match (number, part.number, part.value) {
                (field::SAMPLE, 3, Value::Bytes(label)) => self.label(label, marks),
                (field::SAMPLE, 1 | 2, Value::Bytes(_)) | (field::LOCATION, 4, Value::Bytes(_)) => {}
                (field::SAMPLE_TYPE | field::PERIOD_TYPE, 1 | 2, Value::Varint(index)) => {
                    self.words.push(index)
                }
                (field::MAPPING, 5, Value::Varint(index)) => self.programs.push(index),
                (field::MAPPING, 6, Value::Varint(index)) => self.labels.push(index),
                (field::FUNCTION, 2, Value::Varint(index)) => {
                    self.functions.insert(index);
                    function.0 = index;
                }
                (field::FUNCTION, 3, Value::Varint(index)) => drop(self.functions.insert(index)),
                (field::FUNCTION, 4, Value::Varint(index)) => function.1 = index,
                // A field that the format does not have.
                (_, _, Value::Bytes(unknown)) => marks.blank(unknown.rest()),
                (_, _, Value::Fixed(_) | Value::Group) => self.is_foreign = true,
                _ => {}
            }
        }
        if number == field::FUNCTION {
            let functions = self.files.entry(function.1).or_default();
            if functions.len() < FUNCTIONS_PER_FILE {
                functions.push(function.0);
            }
        }
    }

    fn label(&mut self, mut label: Wire<'_>, marks: &mut Marks<'_>) {
        let mut key = 0;
        let mut number = None;
        let mut at = label.at();
        while let Ok(Some(part)) = label.field() {
            match (part.number, part.value) {
                (1, Value::Varint(index)) => {
                    key = index;
                    self.word(index);
                }
                (4, Value::Varint(index)) => self.word(index),
                (2, Value::Varint(index)) if self.labels.last() != Some(&index) => self.labels.push(index),
                (3, Value::Varint(_)) => number = Some((at + 1, label.at())),
                (_, Value::Bytes(unknown)) => marks.blank(unknown.rest()),
                (_, Value::Fixed(_) | Value::Group) => self.is_foreign = true,
                _ => {}
            }
            at = label.at();
        }
        if let Some((start, end)) = number {
            self.numbers.push((key, start, end));
        }
    }

    fn word(&mut self, index: u64) {
        if self.words.last() != Some(&index) {
            self.words.push(index);
        }
    }

    fn scalar(&mut self, number: u32, index: u64) {
        match number {
            field::DEFAULT_SAMPLE_TYPE => self.words.push(index),
            field::DROP_FRAMES | field::KEEP_FRAMES | field::COMMENT | field::DOC_URL => {
                self.labels.push(index)
            }
            _ => {}
        }
    }

    fn mark(&self, strings: &[&[u8]], whole: &[u8], marks: &mut Marks<'_>) {
        let string =
            |index: u64| to_usize(index).and_then(|index| strings.get(index)).copied().unwrap_or_default();
        let mut is_done = vec![false; strings.len()];
        let mut claim = |index: u64| {
            let done = to_usize(index).and_then(|index| is_done.get_mut(index));
            done.is_some_and(|done| !std::mem::replace(done, true))
        };
        for &index in &self.functions {
            claim(index);
        }
        for &index in &self.words {
            if claim(index) && !all_in(string(index), &PROFILE) {
                marks.words(string(index), Kind::Label);
            }
        }
        let mut files: Vec<_> = self.files.iter().collect();
        files.order();
        for (&file, functions) in files {
            if claim(file) {
                let of_package = functions.iter().map(|&function| string(function));
                let function = of_package.max_by_key(|name| name.len()).unwrap_or_default();
                marks.source_file(string(file), function);
            }
        }
        for &index in &self.programs {
            if claim(index) {
                marks.mapping(string(index));
            }
        }
        for &index in &self.labels {
            if claim(index) {
                marks.words(string(index), Kind::Label);
            }
        }
        // Nothing refers to the rest.
        for (index, string) in strings.iter().enumerate() {
            if is_done.get(index) == Some(&false) {
                marks.blank(string);
            }
        }
        // The sizes of heap profiles are the runtime's; other numbers may be anybody's.
        for (key, start, end) in &self.numbers {
            if string(*key) != b"bytes" {
                marks.varint(whole.get(*start..*end).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::super::proto::{Function, Label, Profile, Sample, ValueType};
    use super::*;
    use crate::formats::redaction::blank_out;

    #[test]
    fn strings_are_judged_by_what_they_are_used_as() {
        let text = [
            "",
            "cpu",
            "main.run",
            "/home/alice/x/main.go",
            "tenant",
            "acme",
            "unused",
            "a note",
            "main.run",
        ];
        let profile = Profile {
            sample_type: vec![ValueType { r#type: 1, unit: 1 }],
            sample: vec![Sample {
                value: vec![1],
                label: vec![
                    Label { key: 4, str: 5, ..Label::default() },
                    // A value that is a function's name too: that name stays.
                    Label { key: 4, str: 2, ..Label::default() },
                ],
                ..Sample::default()
            }],
            function: vec![Function { id: 1, name: 2, system_name: 2, filename: 3, start_line: 0 }],
            string_table: text.iter().map(|text| text.as_bytes().to_vec()).collect(),
            comment: vec![7],
            ..Profile::default()
        };
        let mut bytes = profile.encode_to_vec();
        let original = bytes.clone();
        let input = Input { source: crate::base::source::SourceId(0), path: "", bytes: &original };
        let mut marks = Marks::new(&original);
        secrets(&input, &mut marks).unwrap();
        for word in &marks.words {
            bytes[word.start..word.end].fill(b'.');
        }
        for blank in marks.blanks.clone() {
            blank_out(&mut bytes[blank]);
        }
        let strings: Vec<String> = Profile::decode(bytes.as_slice())
            .unwrap()
            .string_table
            .into_iter()
            .map(|text| String::from_utf8(text).unwrap())
            .collect();
        let expected = [
            "",
            "cpu",
            "main.run",
            "/home/....././main.go",
            "......",
            "....",
            "xxxxxx",
            ". ....",
            "xxxx.xxx",
        ];
        assert_eq!(strings, expected);
    }
}
