//! Services with planted problems: what was found, and what was named in vain.

use std::path::Path;

use analyzer_core::report::{GoroutineGroup, Role, Severity, Verdict};
use anyhow::{Context, Result};
use serde_json::Value;

use super::case::read;

/// All services.
#[derive(Default)]
pub struct Services {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    /// Planted goroutine leaks: id, and the rule that named it.
    planted: Vec<(String, Option<String>)>,
    /// Groups that were named and were not planted.
    wrong: Vec<String>,
    findings: usize,
    verdict: String,
}

impl Services {
    /// True if there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Runs the engine on a whole bundle.
    pub fn add(&mut self, folder: &Path) -> Result<()> {
        let truth: Value = serde_json::from_str(&read(&folder.join("truth.json"))?)
            .with_context(|| format!("{}", folder.display()))?;
        let Some(planted) = truth.get("planted").and_then(Value::as_array) else { return Ok(()) };
        let report = strata::input::load(&[folder.to_owned()])?.report();
        let groups = report.goroutines.map(|section| section.groups).unwrap_or_default();
        let named: Vec<&GoroutineGroup> = groups.iter().filter(|g| g.verdict == Verdict::Leak).collect();
        let leaks = planted.iter().filter(|plant| {
            plant.get("class").and_then(Value::as_str) == Some("goroutine")
                && plant.get("expect").and_then(Value::as_str) == Some("leak")
        });
        let found =
            |plant: &Value| named.iter().find(|group| is_of(plant, group)).map(|group| group.rule.clone());
        let id = |plant: &Value| plant.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_planted = |group: &&&GoroutineGroup| {
            planted.iter().any(|plant| is_of(plant, group)) || group.role == Some(Role::Satellite)
        };
        let wrong = named.iter().filter(|group| !is_planted(group)).map(|group| {
            let frame = group.user_frame.as_ref().or(group.created_by.as_ref()).or(group.stack.first());
            format!("{} at {}", group.rule, frame.map_or("", |frame| &frame.function))
        });
        let name = folder.iter().rev().take(2).map(|part| part.to_string_lossy()).collect::<Vec<_>>();
        self.rows.push(Row {
            name: name.into_iter().rev().collect::<Vec<_>>().join("/"),
            planted: leaks.map(|plant| (id(plant), found(plant))).collect(),
            wrong: wrong.collect(),
            findings: report
                .findings
                .iter()
                .filter(|finding| finding.code.starts_with("goroutine.") && finding.severity < Severity::Info)
                .count(),
            verdict: truth.get("verdict").and_then(Value::as_str).unwrap_or_default().to_owned(),
        });
        Ok(())
    }

    /// One line a service.
    pub fn print(&self) {
        for row in &self.rows {
            let hits = row.planted.iter().filter(|(_, rule)| rule.is_some()).count();
            println!(
                "{:<36} {:<8} planted {hits}/{} wrong {} findings {}",
                row.name,
                row.verdict,
                row.planted.len(),
                row.wrong.len(),
                row.findings
            );
            for (id, rule) in &row.planted {
                match rule {
                    Some(rule) => println!("         {id}: {rule}"),
                    None => println!("    MISS {id}"),
                }
            }
            for wrong in &row.wrong {
                println!("    WRONG {wrong}");
            }
        }
    }
}

/// True if a group stands at a place of a plant.
fn is_of(plant: &Value, group: &GoroutineGroup) -> bool {
    let place = plant.get("where");
    let list = |name: &str| {
        place.and_then(|place| place.get(name)).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().replace("%2e", ".")
    };
    let blocks = list("block");
    let functions = list("std_functions");
    let at = |function: &str, line: Option<u64>| {
        group.stack.iter().any(|frame| {
            let is_same = match function.strip_suffix('*') {
                Some(start) => frame.function.starts_with(start),
                None => frame.function == function,
            };
            is_same && line.is_none_or(|line| frame.line.map(u64::from) == Some(line))
        })
    };
    blocks.iter().any(|block| at(&text(block, "function"), block.get("line").and_then(Value::as_u64)))
        || functions.iter().filter_map(Value::as_str).any(|name| at(&name.replace("%2e", "."), None))
        || blocks.is_empty()
            && functions.is_empty()
            && plant.get("kind").and_then(Value::as_str) == Some("shape")
}
