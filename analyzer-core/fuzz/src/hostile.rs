//! Captures whose names and texts would act where they are shown: markup and
//! script for a page, escape sequences for a terminal, formulas for a
//! spreadsheet, characters that turn a line around for a reader.

use std::fs;
use std::io;
use std::path::Path;

use analyzer_core::base::intern::StringTable;
use analyzer_core::base::source::SourceId;
use analyzer_core::evidence::profiles::{
    Function, FunctionId, Label, LabelInterner, LabelValue, Line, Location, LocationId, Mapping, MappingId,
    Profile, StackInterner, ValueType,
};
use analyzer_core::formats::pprof;

/// The text that stands in every place of the captures. It sets `pwned` where it
/// runs as script, and turns the line around where it is shown as it is.
pub const TEXT: &str = "<img src=x onerror=pwned=1><script>pwned=1</script></script>\u{1b}]0;pwned\u{7}\u{9b}31m\u{202e}evil\u{2066}";

/// Begins like a formula.
pub const FORMULA: &str = "=cmd|'/C calc'!A0";

/// Every capture with its path.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let name = file_name();
    vec![
        (format!("{name}/goroutine.debug2.txt"), dump().into_bytes()),
        (format!("{name}/heap.pb"), profile()),
        (format!("{name}/heap-later.pb"), profile()),
        (format!("{name}/proc/smaps"), smaps().into_bytes()),
        (format!("{name}/proc/status"), status().into_bytes()),
        (format!("{name}/pod.json"), pod().into_bytes()),
        (format!("{name}/stderr.log"), format!("READY {TEXT}\n").into_bytes()),
        (format!("{name}/{name}.bin"), format!("unknown {TEXT}\n").into_bytes()),
        (format!("{name}/cut.tar"), archive(&name)),
    ]
}

/// Writes every capture below a folder.
///
/// # Errors
/// What the file system refuses.
pub fn write(folder: &Path) -> io::Result<()> {
    for (path, bytes) in files() {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, bytes)?;
    }
    Ok(())
}

/// The text, as far as it can name a file.
fn file_name() -> String {
    TEXT.replace('/', "")
}

/// Senders that nobody receives from, so that a finding names the function.
fn dump() -> String {
    let mut dump = format!(
        "goroutine 1 [running, labels:{{\"{TEXT}\":\"{TEXT}\"}}]:\nmain.main()\n\t/app/main.go:10 +0x1d\n\n"
    );
    for id in 2..80 {
        dump.push_str(&format!(
            "goroutine {id} [chan send, 30 minutes]:\nmain.leak{TEXT}(0x1)\n\t/app/{TEXT}.go:20 +0x1d\n\
             created by main.{TEXT} in goroutine 1\n\t/app/{TEXT}.go:30 +0x2\n\n"
        ));
    }
    dump
}

fn profile() -> Vec<u8> {
    let mut strings = StringTable::default();
    let mut profile = Profile::new(SourceId(0));
    let mut value_type = |kind, unit| ValueType { kind: strings.intern(kind), unit: strings.intern(unit) };
    profile.sample_types = vec![value_type("inuse_objects", "count"), value_type("inuse_space", "bytes")];
    profile.period_type = Some(value_type("space", "bytes"));
    let text = strings.intern(TEXT);
    profile.comments.push(text);
    profile.mappings.push(Mapping { id: 1, start: 0x1000, limit: 0x9000, file: text, ..Mapping::default() });
    let (mut stacks, mut label_sets) = (StackInterner::default(), LabelInterner::default());
    for (row, name) in [TEXT, FORMULA, "main.main"].into_iter().enumerate() {
        let id = row as u64 + 1;
        let name = strings.intern(name);
        profile.functions.push(Function { id, name, system_name: name, file: text, start_line: 1 });
        profile.lines.push(Line { function: Some(FunctionId(row as u32)), line: 7, column: 0 });
        profile.locations.push(Location {
            id,
            mapping: Some(MappingId(0)),
            address: 0x1000 + id,
            lines_begin: row as u32,
            lines_end: row as u32 + 1,
            is_folded: false,
            is_defined: true,
        });
    }
    let label = Label { key: text, value: LabelValue::Text(text) };
    for leaf in 0..2 {
        let stack = [LocationId(2), LocationId(leaf)];
        let Some(stack) = stacks.intern(&mut profile.stacks, stack) else { continue };
        profile.samples.stack.push(stack);
        profile.samples.labels.push(label_sets.intern(&mut profile.label_sets, &[label]));
        profile.samples.offset.push(0);
        profile.samples.values.extend([1, 64 << 20]);
    }
    pprof::encode(&profile, &strings)
}

fn smaps() -> String {
    let names = [format!("/usr/lib/{TEXT}.so"), format!("[anon: {TEXT}]"), "[heap]".to_owned()];
    let entry = |(row, name): (usize, String)| {
        format!(
            "7f00000{row}0000-7f00000{row}8000 rw-p 00000000 00:00 0 {name}\nSize: 32 kB\nRss: 32 kB\nPss: 32 kB\n\
             Shared_Clean: 0 kB\nShared_Dirty: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 32 kB\nReferenced: 32 kB\n\
             Anonymous: 32 kB\nSwap: 0 kB\nVmFlags: rd wr mr mw me ac\n"
        )
    };
    names.into_iter().enumerate().map(entry).collect()
}

fn status() -> String {
    format!(
        "Name:\t{TEXT}\nState:\tS (sleeping)\nPid:\t7\nVmPeak:\t 100 kB\nVmSize:\t 100 kB\nVmRSS:\t 96 kB\nRssAnon:\t 96 kB\nThreads:\t4\n"
    )
}

fn pod() -> String {
    let text = serde_json::to_string(TEXT).unwrap_or_default();
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":{text},"namespace":{text}}},
"spec":{{"containers":[{{"name":{text},"resources":{{"limits":{{"memory":"512Mi"}}}}}}]}},
"status":{{"phase":"Running","containerStatuses":[{{"name":{text},"restartCount":3,"state":{{"running":{{}}}},
"lastState":{{"terminated":{{"exitCode":137,"reason":"OOMKilled"}}}}}}]}}}}"#
    )
}

/// A tar archive of one member, cut, so that a note quotes it.
fn archive(name: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    let shown = name.as_bytes().get(..99).unwrap_or(name.as_bytes());
    header[..shown.len()].copy_from_slice(shown);
    header[124..136].copy_from_slice(b"00000001000\0");
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.extend_from_slice(TEXT.as_bytes());
    header
}
