//! Profiles drawn as text for the tests: encoded as `profile.proto`, so that they
//! come through the same door as captures.

/// What a drawn profile is.
pub struct Drawn<'a> {
    /// Names and units of its columns.
    pub columns: &'a [(&'a str, &'a str)],
    /// Seconds since the epoch, and seconds that it was taken for (0: a moment).
    pub time: (i64, i64),
    /// What a period counts and how many.
    pub period: (&'a str, &'a str, i64),
    /// Stacks, functions from the root with spaces between (all at line 7), and their values.
    pub stacks: &'a [(&'a str, &'a [i64])],
}

/// A CPU profile of ten seconds with samples by stack.
pub fn cpu(stacks: &[(&str, i64)]) -> Vec<u8> {
    let values: Vec<[i64; 2]> = stacks.iter().map(|(_, count)| [*count, *count * 10_000_000]).collect();
    let stacks: Vec<(&str, &[i64])> =
        stacks.iter().zip(&values).map(|((stack, _), values)| (*stack, &values[..])).collect();
    let columns = [("samples", "count"), ("cpu", "nanoseconds")];
    Drawn {
        columns: &columns,
        time: (1_000, 10),
        period: ("cpu", "nanoseconds", 10_000_000),
        stacks: &stacks,
    }
    .encode()
}

/// A mutex or block profile at a second: contentions and nanoseconds by stack.
pub fn contention(at: i64, stacks: &[(&str, &[i64])]) -> Vec<u8> {
    let columns = [("contentions", "count"), ("delay", "nanoseconds")];
    Drawn { columns: &columns, time: (at, 0), period: ("contentions", "count", 1), stacks }.encode()
}

/// An exact heap profile (rate 1) at a second: allocated objects and bytes, then those in use.
pub fn heap(at: i64, stacks: &[(&str, &[i64])]) -> Vec<u8> {
    let columns = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    Drawn { columns: &columns, time: (at, 0), period: ("space", "bytes", 1), stacks }.encode()
}

impl Drawn<'_> {
    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut strings = vec![String::new()];
        let mut text = |text: &str| number(&mut strings, text);
        let mut file = Vec::new();
        for (name, unit) in self.columns {
            bytes(&mut file, 1, &pair(text(name), text(unit)));
        }
        let mut names: Vec<String> = vec![String::new()];
        for (stack, values) in self.stacks {
            // Leaf first, as the format has it.
            let ids: Vec<u64> = stack.split_whitespace().rev().map(|name| number(&mut names, name)).collect();
            let values = values.iter().map(|value| value.unsigned_abs());
            let mut sample = Vec::new();
            bytes(&mut sample, 1, &packed(ids));
            bytes(&mut sample, 2, &packed(values));
            bytes(&mut file, 2, &sample);
        }
        for (id, name) in (1_u64..).zip(names.iter().skip(1)) {
            let mut line = Vec::new();
            varint(&mut line, 1, id);
            varint(&mut line, 2, 7);
            let (mut location, mut function) = (Vec::new(), Vec::new());
            varint(&mut location, 1, id);
            bytes(&mut location, 4, &line);
            bytes(&mut file, 4, &location);
            varint(&mut function, 1, id);
            varint(&mut function, 2, text(name));
            varint(&mut function, 4, text("/src/shop/code.go"));
            bytes(&mut file, 5, &function);
        }
        let (kind, unit, period) = self.period;
        let period_type = pair(text(kind), text(unit));
        for text in &strings {
            bytes(&mut file, 6, text.as_bytes());
        }
        const SECOND: u64 = 1_000_000_000;
        varint(&mut file, 9, self.time.0.unsigned_abs() * SECOND);
        varint(&mut file, 10, self.time.1.unsigned_abs() * SECOND);
        bytes(&mut file, 11, &period_type);
        varint(&mut file, 12, period.unsigned_abs());
        file
    }
}

fn number(table: &mut Vec<String>, text: &str) -> u64 {
    let at = table.iter().position(|known| known == text).unwrap_or_else(|| {
        table.push(text.to_owned());
        table.len() - 1
    });
    crate::base::convert::to_u64(at)
}

fn pair(first: u64, second: u64) -> Vec<u8> {
    let mut message = Vec::new();
    varint(&mut message, 1, first);
    varint(&mut message, 2, second);
    message
}

fn packed(values: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut all = Vec::new();
    values.into_iter().for_each(|value| raw(&mut all, value));
    all
}

fn varint(message: &mut Vec<u8>, field: u64, value: u64) {
    raw(message, field << 3);
    raw(message, value);
}

fn bytes(message: &mut Vec<u8>, field: u64, content: &[u8]) {
    raw(message, field << 3 | 2);
    raw(message, crate::base::convert::to_u64(content.len()));
    message.extend_from_slice(content);
}

fn raw(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    message.push(u8::try_from(value).unwrap_or(0));
}
