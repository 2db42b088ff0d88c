//! speedscope's own form (JSON), which py-spy, rbspy, dotnet-trace and others write.
//!
//! Spec: speedscope `src/lib/file-format-spec.ts`, version 0.0.1: frames in common, then profiles of
//! samples with weights, or of calls that open and close. Read are all of the profiles of a file, told apart
//! by the label `profile`, with a column for each unit. Frames of calls that stay open to the end last until there.

use serde::Deserialize;

use super::cpuprofile::json;
use super::redaction::{Kind, Marks, Part, Verdict, walk_json};
use super::sampled::{Builder, Frame};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::{i64_to_f64, rounded_i64};
use crate::base::error::ParseError;
use crate::base::limits;
use crate::base::source::Input;
use crate::base::units::Nanos;
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelSetId, LabelSets, LocationId};

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "speedscope",
    label: "speedscope profile (JSON)",
    content: Content::Document,
    sniff,
    parse,
    secrets,
}];

#[derive(Deserialize)]
struct File {
    shared: Shared,
    profiles: Vec<Timed>,
}

#[derive(Deserialize)]
struct Shared {
    frames: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    line: Option<f64>,
    #[serde(default)]
    col: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timed {
    #[serde(rename = "type")]
    form: Form,
    #[serde(default)]
    name: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    start_value: f64,
    #[serde(default)]
    end_value: f64,
    #[serde(default)]
    samples: Vec<Vec<u32>>,
    #[serde(default)]
    weights: Vec<f64>,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Form {
    Sampled,
    Evented,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Kinds,
    at: f64,
    frame: u32,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum Kinds {
    #[serde(rename = "O")]
    Open,
    #[serde(rename = "C")]
    Close,
}

/// A unit of the format: what it is of, the unit of the column, and so many of it.
const UNITS: [(&str, &str, &str, f64); 5] = [
    ("nanoseconds", "time", "nanoseconds", 1.0),
    ("microseconds", "time", "nanoseconds", 1e3),
    ("milliseconds", "time", "nanoseconds", 1e6),
    ("seconds", "time", "nanoseconds", 1e9),
    ("bytes", "space", "bytes", 1.0),
];

fn unit(name: &str) -> (&'static str, &'static str, f64) {
    let known = UNITS.iter().find(|(known, ..)| *known == name);
    known.map_or(("amount", "", 1.0), |(_, what, unit, scale)| (*what, *unit, *scale))
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let bytes = probe.bytes.trim_ascii();
    let ends = [probe.head(), bytes.get(bytes.len().saturating_sub(4_096)..).unwrap_or_default()];
    let has = |text: &str| ends.iter().any(|end| memchr::memmem::find(end, text.as_bytes()).is_some());
    let is_it = bytes.starts_with(b"{") && has("speedscope.app/file-format-schema.json");
    if is_it { Sniff::ByContent } else { Sniff::No }
}

/// Reads all profiles of a file into one.
/// # Errors
/// Broken JSON, more of it than [`limits::JSON_BYTES`], or past the limits of profiles.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let file: File = json(input.bytes)?;
    let mut builder = Builder::new(input.source, &mut evidence.strings);
    let whole = |number: Option<f64>| number.and_then(rounded_i64).unwrap_or(0).max(0);
    let frames = file.shared.frames.iter().map(|call| {
        let (name, file) = (call.name.as_str(), call.file.as_deref().unwrap_or_default());
        builder.location(0, None, [Frame { name, file, line: whole(call.line), column: whole(call.col) }])
    });
    let frames: Vec<LocationId> = frames.collect();
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for profile in &file.profiles {
        let (what, unit, _) = unit(&profile.unit);
        if !columns.contains(&(what, unit)) {
            columns.push((what, unit));
            builder.column(what, unit);
        }
    }
    if columns.is_empty() {
        builder.column("amount", "");
    }
    let mut reader = Reader {
        builder,
        frames,
        width: columns.len().max(1),
        column: 0,
        scale: 1.0,
        labels: LabelSets::EMPTY,
        inexact: 0,
        unknown: 0,
    };
    for profile in &file.profiles {
        let (what, unit, scale) = unit(&profile.unit);
        reader.column = columns.iter().position(|column| *column == (what, unit)).unwrap_or(0);
        reader.scale = scale;
        reader.labels = LabelSets::EMPTY;
        if file.profiles.len() > 1 {
            let label = reader.builder.text_label("profile", &profile.name);
            reader.labels = reader.builder.labels(&[label]);
        }
        match profile.form {
            Form::Sampled => reader.sampled(profile)?,
            Form::Evented => reader.evented(profile)?,
        }
    }
    facts.kind = Some("speedscope".to_owned());
    if reader.inexact > 0 {
        let message = one_or_many(
            reader.inexact,
            "amount has a fraction, which is rounded",
            "amounts have fractions, which are rounded",
        );
        facts.notes.info("fractions", None, message);
    }
    if reader.unknown > 0 {
        let message = one_or_many(
            reader.unknown,
            "frame referenced by the profiles is not in the file and is omitted",
            "frames referenced by the profiles are not in the file and are omitted",
        );
        facts.notes.data_loss("undefined-frame", None, message);
    }
    // Profiles stand one behind the other: times of several threads are each in order.
    let profile = reader.builder.finish(&mut facts.notes);
    evidence.profiles.push(profile);
    Ok(())
}

struct Reader<'e> {
    builder: Builder<'e>,
    frames: Vec<LocationId>,
    width: usize,
    column: usize,
    scale: f64,
    labels: LabelSetId,
    inexact: u64,
    unknown: u64,
}

impl Reader<'_> {
    fn amount(&mut self, value: f64) -> i64 {
        let scaled = value * self.scale;
        let whole = rounded_i64(scaled).unwrap_or(0);
        self.inexact += u64::from((i64_to_f64(whole) - scaled).abs() > 0.01);
        whole
    }

    fn time(&self, value: f64) -> Option<Nanos> {
        rounded_i64(value * self.scale).map(Nanos)
    }

    fn sample(&mut self, stack: &[LocationId], time: Option<Nanos>, amount: i64) -> Result<(), ParseError> {
        let row = self.builder.stack(stack.iter().copied(), 0)?;
        self.builder.sample(row, self.labels, 0, time)?;
        let column = self.column;
        self.builder
            .profile
            .samples
            .values
            .extend((0..self.width).map(|at| if at == column { amount } else { 0 }));
        Ok(())
    }

    fn sampled(&mut self, profile: &Timed) -> Result<(), ParseError> {
        let mut now = profile.start_value;
        let mut stack = Vec::new();
        // Weights of bytes are no time.
        let is_timed = unit(&profile.unit).1 == "nanoseconds";
        for (index, sample) in profile.samples.iter().enumerate() {
            let weight = profile.weights.get(index).copied().unwrap_or(1.0);
            stack.clear();
            let known =
                sample.iter().filter_map(|frame| self.frames.get(crate::base::convert::id_to_usize(*frame)));
            stack.extend(known.copied());
            self.unknown += u64::from(stack.len() < sample.len());
            let time = self.time(now).filter(|_| is_timed);
            let amount = self.amount(weight);
            self.sample(&stack, time, amount)?;
            now += weight;
        }
        Ok(())
    }

    fn evented(&mut self, profile: &Timed) -> Result<(), ParseError> {
        let mut stack: Vec<LocationId> = Vec::new();
        let mut now = profile.start_value;
        let is_timed = unit(&profile.unit).1 == "nanoseconds";
        for event in &profile.events {
            self.interval(&stack, now, event.at, is_timed)?;
            now = now.max(event.at);
            let Some(&frame) = self.frames.get(crate::base::convert::id_to_usize(event.frame)) else {
                self.unknown += 1;
                continue;
            };
            match event.kind {
                Kinds::Open if stack.len() < limits::SAMPLED_STACK_FRAMES => stack.push(frame),
                Kinds::Open => self.unknown += 1,
                // Calls that were opened within and not closed end with it.
                Kinds::Close => match stack.iter().rposition(|open| *open == frame) {
                    Some(at) => stack.truncate(at),
                    None => self.unknown += 1,
                },
            }
        }
        self.interval(&stack, now, profile.end_value, is_timed)
    }

    fn interval(
        &mut self,
        stack: &[LocationId],
        from: f64,
        to: f64,
        is_timed: bool,
    ) -> Result<(), ParseError> {
        if stack.is_empty() || to <= from {
            return Ok(());
        }
        let amount = self.amount(to - from);
        let time = self.time(from).filter(|_| is_timed);
        self.sample(stack, time, amount)
    }
}

/// Names of functions stay, units and figures; files and names of profiles do not.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    walk_json(input.bytes, marks, &mut |_, keys, part, text| match (part, keys.last().copied()) {
        (Part::Number, _) => Verdict::Keep,
        (Part::Key, _) => known_key(text),
        (Part::Value, Some(b"$schema" | b"type" | b"unit")) => Verdict::Keep,
        (Part::Value, Some(b"name")) if keys.get(1) == Some(&&b"frames"[..]) => Verdict::Keep,
        (Part::Value, _) => Verdict::Replace(Kind::Path),
    })
}

fn known_key(key: &[u8]) -> Verdict {
    const KEYS: [&[u8]; 21] = [
        b"$schema",
        b"shared",
        b"frames",
        b"name",
        b"file",
        b"line",
        b"col",
        b"profiles",
        b"type",
        b"unit",
        b"startValue",
        b"endValue",
        b"samples",
        b"weights",
        b"events",
        b"at",
        b"frame",
        b"exporter",
        b"activeProfileIndex",
        b"version",
        b"opened",
    ];
    if KEYS.contains(&key) { Verdict::Keep } else { Verdict::Replace(Kind::Label) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::formats::sampled::testing::{read, try_read};

    fn file(profiles: &str) -> String {
        format!(
            r#"{{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{{"frames":[{{"name":"main.main","file":"main.go","line":12}},{{"name":"main.hash"}},{{"name":"main.rest"}}]}},"profiles":[{profiles}]}}"#
        )
    }

    #[test]
    fn samples_have_weights_and_times() {
        let text = file(
            r#"{"type":"sampled","name":"cpu","unit":"milliseconds","startValue":5,"endValue":9.5,"samples":[[0,1],[0],[0,1]],"weights":[1,1.5,2]}"#,
        );
        let read = read("x.json", text.as_bytes());
        read.check();
        assert_eq!((read.format, read.columns()), ("speedscope", vec!["time/nanoseconds".to_owned()]));
        assert_eq!(
            read.stacks(0),
            BTreeMap::from([
                ("main.main".to_owned(), 1_500_000),
                ("main.main;main.hash".to_owned(), 3_000_000)
            ])
        );
        assert_eq!(read.times(), [5_000_000, 6_000_000, 7_500_000]);
        assert!(read.places().contains(&"main.main main.go:12".to_owned()));
    }

    #[test]
    fn calls_that_open_and_close_are_intervals_of_stacks() {
        let text = file(
            r#"{"type":"evented","name":"t1","unit":"none","startValue":0,"endValue":10,"events":[
            {"type":"O","frame":0,"at":1},{"type":"O","frame":1,"at":2},{"type":"C","frame":1,"at":5},{"type":"O","frame":2,"at":5}]},
            {"type":"sampled","name":"t2","unit":"bytes","startValue":0,"endValue":8,"samples":[[2]],"weights":[8]}"#,
        );
        let read = read("x.json", text.as_bytes());
        read.check();
        assert_eq!(read.columns(), ["amount/", "space/bytes"]);
        assert_eq!((read.total(0), read.total(1)), (9, 8));
        assert_eq!(read.stacks(0).get("main.main;main.rest"), Some(&5));
        assert_eq!(read.labels(0), ["profile=t1"]);
        assert!(read.times().is_empty());
    }

    #[test]
    fn frames_that_are_not_there_and_broken_files_are_said() {
        let text = file(r#"{"type":"sampled","name":"a","unit":"none","samples":[[0,99],[1]]}"#);
        let lost = read("x", text.as_bytes());
        lost.check();
        assert_eq!(lost.total(0), 2);
        assert!(lost.facts.notes.rows().iter().any(|note| note.code == "undefined-frame"));
        assert_eq!(read("x", file("").as_bytes()).profile().samples.len(), 0);
        let cut = file("").replace("]}", "");
        assert!(try_read("x", cut.as_bytes()).is_err());
    }

    #[test]
    fn files_and_names_of_threads_are_secrets() {
        let text = r#"{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"main.f","file":"acme.go"}]},"profiles":[{"type":"sampled","name":"acme","unit":"none"}]}"#;
        let expected = text.replace("acme.go", ".......").replace("\"acme\"", "\"....\"");
        let shown = crate::formats::redaction::shown(text, b'.', |input, marks| {
            super::secrets(input, marks).unwrap()
        });
        assert_eq!(shown, expected);
    }
}
