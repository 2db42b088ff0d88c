//! Profiles with a secret at each place that a string of the table can be used at.

use super::plant::{Planted, Random};

#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).unwrap());
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn message(self, field: u64, message: Self) -> Self {
        self.bytes(field, &message.0)
    }
}

/// What each string of the table is used as, and what it is where nothing is planted.
const STRINGS: [(&str, &str); 21] = [
    ("empty", ""),
    ("sample type", "cpu"),
    ("sample unit", "nanoseconds"),
    ("function", "main.run"),
    ("system name", "main.run"),
    ("file", "/home/bob/x/main.go"),
    ("relative file", "shop/main.go"),
    ("windows file", "C:\\Users\\bob\\main.go"),
    ("label key", "tenant"),
    ("label value", "acme"),
    ("numeric label key", "bytes"),
    ("num_unit", "bytes"),
    ("mapping file", "/srv/acme/shop"),
    ("build id", "abcdef0123"),
    ("drop frames", "main.*"),
    ("keep frames", "main.*"),
    ("comment", "words"),
    ("default type", "cpu"),
    ("doc url", "https://acme.example"),
    ("unused", "words"),
    ("second type", "samples"),
];

fn profile(strings: &[String], number: u64, unknown: &str) -> Vec<u8> {
    let index = |name: &str| STRINGS.iter().position(|(what, _)| *what == name).unwrap() as u64;
    let kind = |a: &str, b: &str| Message::default().number(1, index(a)).number(2, index(b));
    let label = Message::default().number(1, index("label key")).number(2, index("label value"));
    let numeric = Message::default()
        .number(1, index("numeric label key"))
        .number(3, number)
        .number(4, index("num_unit"));
    let sample = Message::default()
        .number(1, 1)
        .number(1, 2)
        .number(2, 10)
        .number(2, 1)
        .message(3, label)
        .message(3, numeric);
    let mapping = Message::default()
        .number(1, 1)
        .number(2, 0x40_0000)
        .number(3, 0x50_0000)
        .number(5, index("mapping file"))
        .number(6, index("build id"));
    let mut all = Message::default()
        .message(1, kind("second type", "sample unit"))
        .message(1, kind("sample type", "sample unit"))
        .message(2, sample)
        .message(3, mapping);
    for id in 1..=3 {
        let line = Message::default().number(1, id).number(2, 9);
        all = all.message(
            4,
            Message::default().number(1, id).number(2, 1).number(3, 0x40_0010 + id).message(4, line),
        );
    }
    for (id, file) in [(1, "file"), (2, "relative file"), (3, "windows file")] {
        all = all.message(
            5,
            Message::default()
                .number(1, id)
                .number(2, index("function"))
                .number(3, index("system name"))
                .number(4, index(file)),
        );
    }
    for string in strings {
        all = all.bytes(6, string.as_bytes());
    }
    all = all
        .number(7, index("drop frames"))
        .number(8, index("keep frames"))
        .number(9, 1_763_668_980_000_000_000)
        .number(13, index("comment"))
        .number(14, index("default type"))
        .number(15, index("doc url"));
    if unknown.is_empty() { all.0 } else { all.bytes(60, unknown.as_bytes()).0 }
}

/// One profile for each use of a string; functions are documented to stay.
pub fn planted(random: &mut Random) -> Vec<Planted> {
    let plain = || STRINGS.iter().map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>();
    let mut all = Vec::new();
    let mut push = |place: &str, encoding: &'static str, bytes: Vec<u8>, secret: String| {
        all.push(Planted {
            template: "pprof",
            place: place.to_owned(),
            encoding,
            path: "p/cpu.pb".to_owned(),
            bytes,
            secret,
        });
    };
    for (at, (what, text)) in STRINGS.iter().enumerate() {
        if matches!(*what, "empty" | "function" | "system name") {
            continue;
        }
        for encoding in ["plain", "beside", "url"] {
            let secret = random.name();
            let url: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let mut strings = plain();
            strings[at] = match encoding {
                _ if what.ends_with("file") && encoding == "plain" => text
                    .replace("bob", &secret)
                    .replace("acme", &secret)
                    .replace("shop/", &format!("{secret}/")),
                "plain" => secret.clone(),
                "beside" => format!("{text} {secret}"),
                _ => format!("{text}/{url}"),
            };
            push(what, encoding, profile(&strings, 7, ""), secret);
        }
    }
    let secret = random.name();
    push("unknown field", "plain", profile(&plain(), 7, &secret), secret);
    all
}
