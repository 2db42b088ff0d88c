//! Services with planted problems: what was found, by kind of input, and what
//! was named in vain. A group counts for a plant only where the truth puts the
//! plant: at its line, in its functions, or (with neither) at its `go` statement.

use std::collections::BTreeMap;
use std::path::Path;

use analyzer_core::report::{GoroutineGroup, Report, Role, Severity, StackFrame, Verdict};
use analyzer_core::session::Session;
use anyhow::{Context, Result};
use serde_json::Value;
use strata::progress::Progress;

use super::case::read;
use super::input::Input;

/// Inputs that services are scored with.
const INPUTS: &[Input] = &[
    Input::One,
    Input::FirstTwo,
    Input::Two,
    Input::Three,
    Input::ThreeCounts,
    Input::ThreeProfiles,
    Input::Everything,
];

/// Kinds that truths name, and the rules that name them rightly.
const KINDS: &[(&str, &[&str])] = &[
    ("chan-send", &["chan-send-abandoned"]),
    ("chan-send-full-buffer", &["chan-send-abandoned", "semaphore-exhausted"]),
    ("chan-receive", &["chan-recv-unclosed"]),
    ("chan-receive-range", &["chan-recv-unclosed"]),
    ("nil-chan-receive", &["nil-channel"]),
    ("nil-chan-send", &["nil-channel"]),
    ("select-no-cases", &["select-forever"]),
    ("select", &["select-no-exit"]),
    ("context-not-cancelled", &["ctx-never-cancelled"]),
    ("context-not-propagated", &["http-client-no-timeout", "ctx-never-cancelled", "select-no-exit"]),
    ("http-body-not-closed", &["http-body-not-closed"]),
    ("http-server-no-timeout", &["http-server-read-no-timeout", "http-server-idle"]),
    ("ticker-not-stopped", &["ticker-loop-no-exit"]),
    ("sleep-loop", &["sleep-loop"]),
    ("time-after-in-loop", &["ticker-loop-no-exit", "select-long-timer", "select-no-exit"]),
    ("once-blocked", &["once-stuck"]),
    ("finalizer-blocked", &["finalizer-stuck"]),
];

/// All services.
#[derive(Default)]
pub struct Services {
    rows: Vec<Row>,
}

/// One service with one kind of input.
struct Row {
    input: Input,
    name: String,
    /// Planted goroutine leaks: id, kind, and the rule that named it.
    planted: Vec<(String, String, Option<String>)>,
    /// Groups at plants that are neither right nor wrong to name.
    neutral: Vec<String>,
    /// Groups that were named and were not planted.
    wrong: Vec<String>,
    /// Findings beyond one a plant.
    extra: Vec<String>,
    findings: usize,
    verdict: String,
}

impl Services {
    /// True if there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Runs the engine with each kind of input.
    pub fn add(&mut self, folder: &Path) -> Result<()> {
        let truth: Value = serde_json::from_str(&read(&folder.join("truth.json"))?)
            .with_context(|| format!("{}", folder.display()))?;
        let Some(planted) = truth.get("planted").and_then(Value::as_array) else { return Ok(()) };
        let name = folder.iter().rev().take(2).map(|part| part.to_string_lossy()).collect::<Vec<_>>();
        let name = name.into_iter().rev().collect::<Vec<_>>().join("/");
        let verdict = text(&truth, "verdict");
        for &input in INPUTS {
            let report = if input == Input::Everything {
                strata::input::load(&[folder.to_owned()], &Progress::none())?.report()
            } else {
                let Some(report) = report(folder, input)? else { continue };
                report
            };
            self.rows.push(row(input, name.clone(), verdict.clone(), planted, &report));
        }
        Ok(())
    }

    /// Sums for each kind of input, then one line a service with its plants.
    pub fn print(&self) {
        if self.rows.is_empty() {
            return;
        }
        println!(
            "\n{:<22} {:>9} {:>8} {:>6} {:>6} {:>8} {:>9} {:>9}",
            "services", "planted", "kind ok", "wrong", "extra", "neutral", "findings", "clean"
        );
        for &input in INPUTS {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.input == input).collect();
            let sum = |count: &dyn Fn(&Row) -> usize| rows.iter().map(|row| count(row)).sum::<usize>();
            let healthy = rows.iter().filter(|row| row.planted.is_empty());
            let clean = healthy.clone().filter(|row| row.findings == 0).count();
            println!(
                "{:<22} {:>9} {:>8} {:>6} {:>6} {:>8} {:>9} {:>9}",
                input.name(),
                format!("{}/{}", sum(&Row::hits), sum(&|row: &Row| row.planted.len())),
                format!("{}/{}", sum(&Row::right), sum(&Row::hits)),
                sum(&|row: &Row| row.wrong.len()),
                sum(&|row: &Row| row.extra.len()),
                sum(&|row: &Row| row.neutral.len()),
                sum(&|row: &Row| row.findings),
                format!("{clean}/{}", healthy.count()),
            );
        }
        println!();
        for row in &self.rows {
            row.print();
        }
    }
}

impl Row {
    fn hits(&self) -> usize {
        self.planted.iter().filter(|(_, _, rule)| rule.is_some()).count()
    }

    fn right(&self) -> usize {
        let is_right = |(_, kind, rule): &&(String, String, Option<String>)| {
            rule.as_ref().is_some_and(|rule| names(kind, rule))
        };
        self.planted.iter().filter(is_right).count()
    }

    fn print(&self) {
        let at = format!("{}  {}", self.input.name(), self.name);
        println!(
            "{at:<56} {:<8} planted {}/{} wrong {} findings {}",
            self.verdict,
            self.hits(),
            self.planted.len(),
            self.wrong.len(),
            self.findings
        );
        for (id, kind, rule) in &self.planted {
            match rule {
                Some(rule) if names(kind, rule) => {}
                Some(rule) => println!("    NAMED {id}: {kind} as {rule}"),
                None => println!("    MISS {id}: {kind}"),
            }
        }
        for (what, list) in [("WRONG", &self.wrong), ("EXTRA", &self.extra), ("NEUTRAL", &self.neutral)] {
            for line in list {
                println!("    {what} {line}");
            }
        }
    }
}

/// The engine's answer to the goroutine files of a service that belong to an input.
fn report(folder: &Path, input: Input) -> Result<Option<Report>> {
    let mut session = Session::default();
    let mut files = 0;
    for moment in ["t0", "t1", "t2"] {
        let below = folder.join(moment);
        if !below.is_dir() {
            continue;
        }
        let mut names: Vec<_> = std::fs::read_dir(&below)?.collect::<std::io::Result<Vec<_>>>()?;
        names.sort_by_key(std::fs::DirEntry::file_name);
        for entry in names {
            let name = entry.file_name().to_string_lossy().into_owned();
            let plain = format!("{moment}.{}", name.trim_end_matches(".gz"));
            if input.takes(&format!("{plain}.gz")) {
                session.add(&format!("service/{moment}/{name}"), std::fs::read(entry.path())?);
                files += 1;
            }
        }
    }
    Ok((files > 0).then(|| session.report()))
}

fn row(input: Input, name: String, verdict: String, planted: &[Value], report: &Report) -> Row {
    let empty = Vec::new();
    let groups = report.goroutines.as_ref().map_or(&empty, |section| &section.groups);
    let named: Vec<&GoroutineGroup> = groups.iter().filter(|g| g.verdict == Verdict::Leak).collect();
    let expects = |plant: &&Value, what: &str| {
        plant.get("class").and_then(Value::as_str) == Some("goroutine")
            && plant.get("expect").and_then(Value::as_str) == Some(what)
    };
    let leaks: Vec<&Value> = planted.iter().filter(|plant| expects(plant, "leak")).collect();
    let neutrals: Vec<&Value> = planted.iter().filter(|plant| expects(plant, "neutral")).collect();
    let is_at = |plants: &[&Value], group: &GoroutineGroup| plants.iter().any(|plant| is_of(plant, group));
    let found = |plant: &Value| {
        let kind = text(plant, "kind");
        let rules = named.iter().filter(|group| is_of(plant, group)).map(|group| group.rule.clone());
        let rules: Vec<String> = rules.collect();
        rules.iter().find(|rule| names(&kind, rule)).or(rules.first()).cloned()
    };
    let describe = |group: &GoroutineGroup| format!("{} at {}", group.rule, place(group));
    let others = named.iter().filter(|group| !is_at(&leaks, group) && group.role != Some(Role::Satellite));
    let (neutral, wrong): (Vec<&GoroutineGroup>, Vec<&GoroutineGroup>) =
        others.copied().partition(|group| is_at(&neutrals, group));
    let mut roots: BTreeMap<String, Vec<&GoroutineGroup>> = BTreeMap::new();
    for group in named.iter().filter(|group| group.role == Some(Role::Root)) {
        if let Some(plant) = leaks.iter().find(|plant| is_of(plant, group)) {
            roots.entry(text(plant, "id")).or_default().push(group);
        }
    }
    let extra = roots.iter().flat_map(|(id, groups)| {
        groups.iter().skip(1).map(move |group| format!("{id}: {}", describe(group)))
    });
    Row {
        input,
        name,
        planted: leaks.iter().map(|plant| (text(plant, "id"), text(plant, "kind"), found(plant))).collect(),
        neutral: neutral.into_iter().map(describe).collect(),
        wrong: wrong.into_iter().map(describe).collect(),
        extra: extra.collect(),
        findings: report
            .findings
            .iter()
            .filter(|finding| finding.code.starts_with("goroutine.") && finding.severity < Severity::Info)
            .count(),
        verdict,
    }
}

fn names(kind: &str, rule: &str) -> bool {
    KINDS.iter().any(|(known, rules)| *known == kind && rules.contains(&rule))
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn place(group: &GoroutineGroup) -> &str {
    let frame = group.user_frame.as_ref().or(group.created_by.as_ref()).or(group.stack.first());
    frame.map_or("", |frame| &frame.function)
}

/// True if a group stands where the truth puts a plant.
fn is_of(plant: &Value, group: &GoroutineGroup) -> bool {
    let list = |name: &str| {
        plant.get("where").and_then(|at| at.get(name)).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (blocks, functions) = (list("block"), list("std_functions"));
    let line = |site: &Value| site.get("line").and_then(Value::as_u64);
    let is_on_stack =
        |function: &str, line: Option<u64>| group.stack.iter().any(|frame| is_call(frame, function, line));
    let is_creator = |site: &Value| {
        group.created_by.as_ref().is_some_and(|frame| is_call(frame, &text(site, "function"), line(site)))
    };
    blocks.iter().any(|block| is_on_stack(&text(block, "function"), line(block)))
        || functions.iter().filter_map(Value::as_str).any(|name| is_on_stack(name, None))
        || blocks.is_empty() && functions.is_empty() && list("created_by").iter().any(is_creator)
}

/// Names as captures escape them; `*` at the end stands for anything.
fn is_call(frame: &StackFrame, function: &str, line: Option<u64>) -> bool {
    let function = function.replace("%2e", ".");
    let is_same = match function.strip_suffix('*') {
        Some(start) => frame.function.starts_with(start),
        None => frame.function == function,
    };
    is_same && line.is_none_or(|line| frame.line.map(u64::from) == Some(line))
}
