//! The maps as JSON: read in order, for a key may come again.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Reader;
use crate::base::convert::to_usize;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::reader::Lines;
use crate::base::source::Position;
use crate::base::words::one_or_many;
use crate::formats::Facts;

/// True for objects of bpftrace, one a line; what it says on the side may stand before.
pub(super) fn is_json(head: &[u8]) -> bool {
    Lines::new(head).take(100).any(|line| line.bytes.starts_with(b"{\"type\""))
}

/// Names of the maps at the start of a text whose first keys have stacks.
pub(super) fn names(head: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for at in memchr::memmem::find_iter(head, b"\"@") {
        let rest = head.get(at + 1..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'"', rest) else { break };
        let after = rest.get(end + 1..).unwrap_or_default().trim_ascii_start();
        let Some(value) = after.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else { continue };
        let Some(key) = value.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { continue };
        let first = key.get(1..).and_then(|key| key.get(..memchr::memchr(b'"', key).unwrap_or(key.len())));
        if first.is_some_and(|first| memchr::memmem::find(first, b"\\n    ").is_some()) {
            names.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
        }
    }
    names
}

/// The members of an object in order, doubles and all.
struct Members<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    data: Data,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Maps(Members<Map>),
    Other(IgnoredAny),
}

/// A map without keys is a number, a histogram a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Map {
    Keyed(Members<Number>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Other(IgnoredAny),
}

/// Reads the maps of all objects.
/// # Errors
/// Past the limits, or in a line that is broken.
pub(super) fn read(bytes: &[u8], reader: &mut Reader<'_>, facts: &mut Facts) -> Result<(), ParseError> {
    if bytes.len() > limits::JSON_BYTES {
        let message = format!("JSON of more than {} MiB", limits::JSON_BYTES >> 20);
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "file", message));
    }
    let mut broken: (u64, Option<Position>) = (0, None);
    for line in Lines::new(bytes).filter(|line| line.bytes.starts_with(b"{")) {
        let Ok(object) = serde_json::from_slice::<Object<'_>>(line.bytes) else {
            broken = (broken.0 + 1, broken.1.or(Some(line.position())));
            continue;
        };
        let Data::Maps(maps) = object.data else { continue };
        if object.kind != "map" {
            continue;
        }
        for (name, map) in maps.0 {
            let Map::Keyed(entries) = map else { continue };
            for (key, value) in entries.0 {
                if let Number::Whole(value) = value {
                    reader.entry(&name, &key, value, to_usize(line.offset).unwrap_or(0))?;
                }
            }
        }
    }
    if broken.0 > 0 {
        let message = one_or_many(
            broken.0,
            "line is invalid JSON and is ignored",
            "lines are invalid JSON and are ignored",
        );
        facts.notes.data_loss("broken-json", broken.1, message);
    }
    Ok(())
}
