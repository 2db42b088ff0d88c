//! The decoded tables, printed as `go tool pprof -raw` prints a profile.

use std::collections::BTreeMap;
use std::fmt::Write;

use analyzer_core::evidence::profiles::{LabelValue, Location, Profile};

use crate::support::{Loaded, fixture, fixture_names, fixtures};

#[test]
fn every_fixture_decodes_to_what_go_tool_pprof_raw_prints() {
    for name in fixture_names() {
        let stored = fixtures().join("reference").join(format!("{}.raw.txt", name.replace('/', "-")));
        let expected = std::fs::read_to_string(stored).unwrap();
        let printed = raw(&fixture(&name));
        for (row, (ours, theirs)) in printed.lines().zip(expected.lines()).enumerate() {
            assert_eq!(ours, theirs, "{name}, row {}", row + 1);
        }
        assert_eq!(printed.lines().count(), expected.lines().count(), "{name}");
    }
}

/// The profile as text, in pprof's own debugging form.
pub fn raw(loaded: &Loaded) -> String {
    let profile = loaded.profile();
    let mut out = String::new();
    header(loaded, &mut out);
    for sample in 0..profile.samples.len() {
        print_sample(loaded, sample, &mut out);
    }
    out.push_str("Locations\n");
    let mut locations: Vec<_> = profile.locations.iter().collect();
    locations.sort_by_key(|location| location.id);
    for location in locations {
        print_location(loaded, location, &mut out);
    }
    out.push_str("Mappings\n");
    for mapping in &profile.mappings {
        let bits: String = [
            (mapping.has_functions, "[FN]"),
            (mapping.has_filenames, "[FL]"),
            (mapping.has_line_numbers, "[LN]"),
            (mapping.has_inline_frames, "[IN]"),
        ]
        .iter()
        .filter_map(|&(has, text)| has.then_some(text))
        .collect();
        let (file, build_id) = (loaded.text(mapping.file), loaded.text(mapping.build_id));
        let (id, start, limit, offset) = (mapping.id, mapping.start, mapping.limit, mapping.offset);
        writeln!(out, "{id}: {start:#x}/{limit:#x}/{offset:#x} {file} {build_id} {bits}").unwrap();
    }
    out
}

fn header(loaded: &Loaded, out: &mut String) {
    let profile = loaded.profile();
    for &comment in &profile.comments {
        writeln!(out, "Comment: {}", loaded.text(comment)).unwrap();
    }
    let period_type = profile.period_type.unwrap_or_default();
    let (kind, unit) = (loaded.text(period_type.kind), loaded.text(period_type.unit));
    writeln!(out, "PeriodType: {kind} {unit}").unwrap();
    writeln!(out, "Period: {}", profile.period.unwrap_or(0)).unwrap();
    if let Some(time) = profile.time {
        writeln!(out, "Time: {}", go_time(time.0)).unwrap();
    }
    if let Some(duration) = profile.duration {
        writeln!(out, "Duration: {}", go_duration(duration.0)).unwrap();
    }
    out.push_str("Samples:\n");
    let types = profile.sample_types.iter().map(|value_type| {
        let default = if profile.default_sample_type == Some(value_type.kind) { "[dflt]" } else { "" };
        format!("{}/{}{default}", loaded.text(value_type.kind), loaded.text(value_type.unit))
    });
    writeln!(out, "{}", types.collect::<Vec<_>>().join(" ")).unwrap();
}

fn print_sample(loaded: &Loaded, sample: usize, out: &mut String) {
    let profile = loaded.profile();
    let stride = profile.sample_types.len();
    for value in &profile.samples.values[sample * stride..(sample + 1) * stride] {
        write!(out, " {value:10}").unwrap();
    }
    out.push_str(": ");
    let mut stack: Vec<_> = profile.stacks.locations(profile.samples.stack[sample]).collect();
    stack.reverse();
    for location in stack {
        write!(out, "{} ", profile.locations[location.0 as usize].id).unwrap();
    }
    out.push('\n');
    let (mut texts, mut numbers) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    let mut with_unit = false;
    for label in profile.label_sets.get(profile.samples.labels[sample]) {
        let key = loaded.text(label.key);
        match label.value {
            LabelValue::Text(text) => texts.entry(key).or_default().push(loaded.text(text).to_owned()),
            LabelValue::Number { value, unit } => {
                with_unit |= unit.is_some();
                let unit = unit.map(|unit| format!(" {}", loaded.text(unit))).unwrap_or_default();
                numbers.entry(key).or_default().push(format!("{value}{unit}"));
            }
            // pprof's reader does not keep these.
            LabelValue::EmptyOrZero => {}
        }
    }
    assert!(!with_unit, "no fixture has units: extend the printer");
    for labels in [texts, numbers] {
        let pairs: Vec<_> =
            labels.iter().map(|(key, values)| format!("{key}:[{}]", values.join(" "))).collect();
        if !pairs.is_empty() {
            writeln!(out, "                {}", pairs.join(" ")).unwrap();
        }
    }
}

fn print_location(loaded: &Loaded, location: &Location, out: &mut String) {
    let profile: &Profile = loaded.profile();
    let mapping =
        profile.mapping_of(location).map(|mapping| format!("M={} ", mapping.id)).unwrap_or_default();
    let folded = if location.is_folded { "[F] " } else { "" };
    let mut lead = format!("{:6}: {:#x} {mapping}{folded}", location.id, location.address);
    if profile.lines_of(location).is_empty() {
        writeln!(out, "{lead}").unwrap();
    }
    for line in profile.lines_of(location) {
        let function = profile.function_of(line).unwrap();
        let (name, system_name) = (loaded.text(function.name), loaded.text(function.system_name));
        let system = if name == system_name { String::new() } else { format!("({system_name})") };
        let (file, start) = (loaded.text(function.file), function.start_line);
        writeln!(out, "{lead}{name} {file}:{}:{} s={start}{system}", line.line, line.column).unwrap();
        lead = "             ".to_owned();
    }
}

/// A Unix time as Go prints it in UTC (civil date from days: Howard Hinnant's algorithm).
fn go_time(nanos: i64) -> String {
    let (seconds, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let fraction = format!("{fraction:09}").trim_end_matches('0').to_owned();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{fraction} +0000 UTC")
}

/// A duration of seconds with four characters, as Go's `%.4v` cuts it.
fn go_duration(nanos: i64) -> String {
    let text = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    text.trim_end_matches('0').chars().take(4).collect()
}
