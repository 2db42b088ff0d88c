//! Wire bytes from the text form of a trace (`internal/trace/raw/doc.go`):
//! `Name arg=value...` lines, with `data=` or frames on lines of their own.

/// Names by number, from 1.
const NAMES: [&str; 52] = [
    "EventBatch",
    "Stacks",
    "Stack",
    "Strings",
    "String",
    "CPUSamples",
    "CPUSample",
    "Frequency",
    "ProcsChange",
    "ProcStart",
    "ProcStop",
    "ProcSteal",
    "ProcStatus",
    "GoCreate",
    "GoCreateSyscall",
    "GoStart",
    "GoDestroy",
    "GoDestroySyscall",
    "GoStop",
    "GoBlock",
    "GoUnblock",
    "GoSyscallBegin",
    "GoSyscallEnd",
    "GoSyscallEndBlocked",
    "GoStatus",
    "STWBegin",
    "STWEnd",
    "GCActive",
    "GCBegin",
    "GCEnd",
    "GCSweepActive",
    "GCSweepBegin",
    "GCSweepEnd",
    "GCMarkAssistActive",
    "GCMarkAssistBegin",
    "GCMarkAssistEnd",
    "HeapAlloc",
    "HeapGoal",
    "GoLabel",
    "UserTaskBegin",
    "UserTaskEnd",
    "UserRegionBegin",
    "UserRegionEnd",
    "UserLog",
    "GoSwitch",
    "GoSwitchDestroy",
    "GoCreateBlocked",
    "GoStatusStack",
    "ExperimentalBatch",
    "Sync",
    "ClockSnapshot",
    "EndOfGeneration",
];

/// The trace section of a `.test` file, or all of a plain text trace.
pub fn trace_section(text: &str) -> &str {
    text.split_once("-- trace --\n").map_or(text, |(_, trace)| trace)
}

/// What a `.test` file expects of Go's reader.
pub fn expects_success(text: &str) -> bool {
    text.split_once("-- expect --\n").is_some_and(|(_, rest)| rest.starts_with("SUCCESS"))
}

/// The bytes of a trace whose batches carry their sizes in the text.
pub fn wire(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or("").trim()) {
        if let Some(version) = line.strip_prefix("Trace Go") {
            bytes.extend(format!("go {version} trace\0\0\0").bytes());
        } else if let Some(quoted) = line.strip_prefix("data=") {
            let data = unquote(quoted);
            varint(&mut bytes, data.len() as u64);
            bytes.extend(data);
        } else if !line.is_empty() {
            event(&mut bytes, line);
        }
    }
    bytes
}

/// The bytes of a trace whose text has no sizes: each batch is measured here.
pub fn wire_measured(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with("EventBatch") {
            bytes.extend(wire(line));
            continue;
        }
        let mut data = String::new();
        while let Some(inner) = lines.next_if(|line| {
            !line.starts_with("EventBatch")
                && !line.starts_with("EndOfGeneration")
                && !line.starts_with("ExperimentalBatch")
        }) {
            data.push_str(inner);
            data.push('\n');
        }
        let data = wire(&data);
        event(&mut bytes, line);
        padded(&mut bytes, data.len() as u64);
        bytes.extend(data);
    }
    bytes
}

fn event(bytes: &mut Vec<u8>, line: &str) {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or("");
    if !name.contains('=') {
        let number = NAMES.iter().position(|known| *known == name).unwrap_or_else(|| panic!("event {name}"));
        bytes.push(u8::try_from(number + 1).unwrap());
        if name == "ExperimentalBatch" {
            let experiment = words.next().and_then(|word| word.strip_prefix("exp=")).unwrap();
            bytes.push(experiment.parse().unwrap());
        }
    } else {
        words = line.split_whitespace();
    }
    for word in words {
        let (_, value) = word.split_once('=').unwrap_or_else(|| panic!("argument {word}"));
        varint(bytes, value.parse().unwrap());
    }
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// As the runtime writes the size of a batch: always ten bytes.
fn padded(bytes: &mut Vec<u8>, mut value: u64) {
    for _ in 0..9 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The bytes of a Go-quoted string.
fn unquote(quoted: &str) -> Vec<u8> {
    let inner = quoted.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or("");
    let mut bytes = Vec::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            bytes.extend(char.to_string().bytes());
            continue;
        }
        let escape = chars.next().unwrap();
        match escape {
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            'r' => bytes.push(b'\r'),
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            other => bytes.extend(other.to_string().bytes()),
        }
    }
    bytes
}

/// The byte string of a seed of Go's fuzzer (`[]byte("…")`).
pub fn fuzz_seed(text: &str) -> Vec<u8> {
    let quoted = text.split_once("[]byte(").and_then(|(_, rest)| rest.trim_end().strip_suffix(')'));
    unquote(quoted.unwrap_or(""))
}
