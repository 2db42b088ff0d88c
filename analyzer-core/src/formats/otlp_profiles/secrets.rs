//! Of profiles, figures stay, functions, places in source, known types and units, and the keys that
//! OpenTelemetry defines; values of attributes, programs and whatever nothing refers to do not.

use super::dictionary::Dictionary;
use super::json;
use super::proto;
use super::samples::Head;
use crate::base::convert::to_usize;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, PROFILE, Part, Verdict, all_in, walk_json};
use crate::formats::wire::{Value, Wire};

/// Namespaces of the keys that OpenTelemetry's semantic conventions define.
const NAMESPACES: [&str; 13] = [
    "service.",
    "process.",
    "container.",
    "k8s.",
    "host.",
    "thread.",
    "os.",
    "telemetry.",
    "cloud.",
    "profile.",
    "cpu.",
    "deployment.",
    "trace.",
];

/// What a string of the table is used as, the first use that keeps most.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Nothing,
    Function,
    Word,
    Key,
    Source,
    Program,
    Label,
}

fn uses(tables: &Dictionary<'_>, heads: &[Head]) -> Vec<Use> {
    let mut uses = vec![Use::Nothing; tables.strings.len()];
    let mut set = |index: u64, is: Use| {
        if let Some(slot) =
            to_usize(index).and_then(|index| uses.get_mut(index)).filter(|slot| **slot == Use::Nothing)
        {
            *slot = is;
        }
    };
    for function in &tables.functions {
        set(function.name, Use::Function);
        set(function.system_name, Use::Function);
    }
    for head in heads {
        [head.sample_type.0, head.sample_type.1, head.period_type.0, head.period_type.1]
            .into_iter()
            .for_each(|index| set(index, Use::Word));
    }
    tables.attributes.iter().for_each(|attribute| set(attribute.key_index, Use::Key));
    tables.functions.iter().for_each(|function| set(function.file, Use::Source));
    tables.mappings.iter().for_each(|&file| set(file, Use::Program));
    for attribute in &tables.attributes {
        if let super::dictionary::Value::Index(index) = attribute.value {
            set(index, Use::Label);
        }
    }
    uses
}

fn mark(text: &[u8], is: Use, marks: &mut Marks<'_>) {
    match is {
        Use::Function => marks.keep(text),
        Use::Word if all_in(text, &PROFILE) => marks.keep(text),
        Use::Key => key(text, marks),
        Use::Source => marks.source_file(text, b""),
        Use::Program => marks.mapping(text),
        Use::Word | Use::Label => marks.words(text, Kind::Label),
        Use::Nothing => marks.blank(text),
    }
}

fn key(text: &[u8], marks: &mut Marks<'_>) {
    let is_defined = NAMESPACES.iter().any(|namespace| text.starts_with(namespace.as_bytes()));
    if is_defined { marks.keep(text) } else { marks.words(text, Kind::Label) }
}

pub(super) fn of_proto(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    // Figures are all that is left when texts and unknown fields are marked.
    marks.keep_binary(input.bytes);
    for (_, message) in proto::messages(input.bytes) {
        let (tables, _, profiles) = proto::data(message.clone()).map_err(|_| "a broken message")?;
        let tables = tables.ok_or("profiles without a dictionary")?;
        let heads: Vec<Head> = profiles.into_iter().map(|profile| profile.head).collect();
        let mut texts = Texts { uses: uses(&tables, &heads), next: 0, is_foreign: false };
        texts.walk(message, Message::Data, marks);
        if texts.is_foreign {
            return Err("a message with parts that are of no known kind");
        }
    }
    Ok(())
}

/// Messages of the format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Data,
    Resources,
    Resource,
    Pair,
    Any,
    Scopes,
    Scope,
    Profile,
    Dictionary,
    /// Numbers alone, packed or not, in messages or not.
    Numbers,
}

/// What a field is that has a length.
enum Is {
    Message(Message),
    Numbers,
    Key,
    Label,
    Row,
    Unknown,
}

const fn is(message: Message, field: u32) -> Is {
    match (message, field) {
        (Message::Data, 1) => Is::Message(Message::Resources),
        (Message::Data, 2) => Is::Message(Message::Dictionary),
        (Message::Resources, 1) => Is::Message(Message::Resource),
        (Message::Resources, 2) => Is::Message(Message::Scopes),
        (Message::Resource, 1) | (Message::Scope, 3) => Is::Message(Message::Pair),
        (Message::Dictionary, 6) => Is::Message(Message::Pair),
        (Message::Pair, 1) => Is::Key,
        (Message::Pair, 2) => Is::Message(Message::Any),
        (Message::Any, 1) | (Message::Scope, 1 | 2) => Is::Label,
        (Message::Scopes, 1) => Is::Message(Message::Scope),
        (Message::Scopes, 2) => Is::Message(Message::Profile),
        (Message::Profile, 1 | 2 | 5) | (Message::Dictionary, 1 | 2 | 3 | 7) => Is::Message(Message::Numbers),
        (Message::Profile, 11) | (Message::Numbers, 1..=5) => Is::Numbers,
        (Message::Dictionary, 5) => Is::Row,
        _ => Is::Unknown,
    }
}

struct Texts {
    uses: Vec<Use>,
    /// Number of the next string of the table.
    next: usize,
    is_foreign: bool,
}

impl Texts {
    fn walk(&mut self, mut wire: Wire<'_>, message: Message, marks: &mut Marks<'_>) {
        while let Ok(Some(field)) = wire.field() {
            match field.value {
                Value::Bytes(content) => match is(message, field.number) {
                    Is::Message(of) => self.walk(content, of, marks),
                    Is::Numbers => {}
                    Is::Key => key(content.rest(), marks),
                    Is::Label => marks.words(content.rest(), Kind::Label),
                    Is::Row => {
                        let of = self.uses.get(self.next).copied().unwrap_or(Use::Nothing);
                        self.next += 1;
                        // All of it is kept so far.
                        if of != Use::Function {
                            mark(content.rest(), of, marks);
                        }
                    }
                    Is::Unknown => marks.blank(content.rest()),
                },
                Value::Group => self.is_foreign = true,
                Value::Varint(_) | Value::Fixed(_) => {}
            }
        }
    }
}

pub(super) fn of_json(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    if serde_json::from_slice::<serde::de::IgnoredAny>(input.bytes).is_ok() {
        return object(input.bytes, marks);
    }
    let lines = input.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.into_iter().try_for_each(|line| object(line, marks))
}

fn object(bytes: &[u8], marks: &mut Marks<'_>) -> Result<(), &'static str> {
    let (tables, heads) = json::tables(bytes).ok_or("profiles without a dictionary")?;
    let uses = uses(&tables, &heads);
    let mut next = 0;
    walk_json(bytes, marks, &mut |marks, keys, part, text| match (part, keys.last().copied()) {
        (Part::Number, _) => Verdict::Keep,
        (Part::Key, _) if text.iter().all(u8::is_ascii_alphanumeric) => Verdict::Keep,
        (Part::Key, _) => Verdict::Replace(Kind::Label),
        (Part::Value, Some(b"stringTable")) => {
            let of = uses.get(next).copied().unwrap_or(Use::Nothing);
            next += 1;
            // An escape in a text may stand for a letter: such a text is not looked into.
            match of {
                Use::Nothing => Verdict::Replace(Kind::Label),
                _ if text.contains(&b'\\') && of != Use::Function => Verdict::Replace(Kind::Label),
                _ => {
                    mark(text, of, marks);
                    Verdict::Done
                }
            }
        }
        (Part::Value, Some(b"key")) if !text.contains(&b'\\') => {
            key(text, marks);
            Verdict::Done
        }
        // Numbers of 64 bits are texts.
        (Part::Value, Some(last))
            if is_number_key(last) && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') =>
        {
            Verdict::Keep
        }
        (Part::Value, _) => Verdict::Replace(Kind::Label),
    })
}

fn is_number_key(key: &[u8]) -> bool {
    const ENDS: [&[u8]; 11] = [
        b"Nano",
        b"period",
        b"intValue",
        b"values",
        b"address",
        b"memoryStart",
        b"memoryLimit",
        b"fileOffset",
        b"line",
        b"column",
        b"startLine",
    ];
    ENDS.iter().any(|end| key.ends_with(end))
}
