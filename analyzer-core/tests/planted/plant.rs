//! Puts a secret at one place of a template, in one way of writing it.

use super::profile;
use super::templates::{ALL, Template, Writing};

/// A capture with one secret in it.
pub struct Planted {
    pub template: &'static str,
    /// What stands at the place otherwise, and its number.
    pub place: String,
    pub encoding: &'static str,
    pub path: String,
    pub bytes: Vec<u8>,
    pub secret: String,
}

type Encode = fn(&str) -> String;

const TEXT: [(&str, Encode); 4] = [
    ("plain", str::to_owned),
    ("url", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("hash-octal", |text| text.bytes().map(|byte| format!("#{byte:03o}")).collect()),
    ("backslash-octal", |text| text.bytes().map(|byte| format!("\\{byte:03o}")).collect()),
];

const JSON: [(&str, Encode); 4] = [
    ("plain", str::to_owned),
    ("unicode", |text| text.bytes().map(|byte| format!("\\u{byte:04x}")).collect()),
    ("half-unicode", |text| {
        text.bytes()
            .enumerate()
            .map(
                |(at, byte)| {
                    if at % 2 == 0 { format!("\\u{byte:04X}") } else { char::from(byte).to_string() }
                },
            )
            .collect()
    }),
    ("url", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
];

/// Own random numbers (SplitMix64), so that every run plants the same.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A name that is no word of any format.
    pub fn name(&mut self) -> String {
        let letters = b"qzwkvjgyhbup";
        let one = |random: &mut Self, from: &[u8]| {
            char::from(from[usize::try_from(random.next() % from.len() as u64).unwrap()])
        };
        (0..11).map(|at| if at % 4 == 3 { one(self, b"3579") } else { one(self, letters) }).collect()
    }

    /// A number of nine digits that is no time.
    pub fn number(&mut self) -> String {
        format!("7{:08}", self.next() % 100_000_000)
    }
}

/// The parts of a template: texts, and between them what stands at each place.
fn places(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut rest = text;
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once('«') {
        let (place, after) = after.split_once('»').expect("a place is closed");
        parts.push((before, Some(place)));
        rest = after;
    }
    parts.push((rest, None));
    parts
}

/// The text with something else at one place.
fn filled(text: &str, at: usize, with: &str) -> String {
    places(text)
        .into_iter()
        .enumerate()
        .map(|(index, (before, place))| {
            let place =
                place.map_or("", |place| if index == at { with } else { place.trim_start_matches('#') });
            format!("{before}{place}")
        })
        .collect()
}

/// A template with nothing planted.
pub fn plain(template: &'static Template) -> Planted {
    Planted {
        template: template.path,
        place: String::new(),
        encoding: "none",
        path: filled(template.path, usize::MAX, ""),
        bytes: filled(template.text, usize::MAX, "").into_bytes(),
        secret: String::new(),
    }
}

/// Every place of every template, in every way of writing.
pub fn all() -> Vec<Planted> {
    let mut random = Random(20_261_129);
    let mut all = Vec::new();
    for template in ALL {
        let mut plant = |is_path: bool, at: usize, place: &str, encoding: &'static str, encode: Encode| {
            let secret = if place.starts_with('#') { random.number() } else { random.name() };
            let written = encode(&secret);
            let text = filled(template.text, if is_path { usize::MAX } else { at }, &written);
            let path = filled(template.path, if is_path { at } else { usize::MAX }, &written);
            let place = format!("{at} «{place}»");
            all.push(Planted {
                template: template.path,
                place,
                encoding,
                path,
                bytes: text.into_bytes(),
                secret,
            });
        };
        for (is_path, text) in [(true, template.path), (false, template.text)] {
            for (at, (_, place)) in places(text).into_iter().enumerate() {
                let Some(place) = place else { continue };
                let ways: &[(&str, Encode)] = match template.writing {
                    _ if place.starts_with('#') || is_path => &TEXT[..1],
                    Writing::Json => &JSON,
                    Writing::Text => &TEXT,
                };
                for (name, encode) in ways {
                    plant(is_path, at, place, name, *encode);
                }
            }
        }
    }
    all.extend(profile::planted(&mut random));
    all
}
