//! Reads the lines of an out-of-memory dump into events.

use super::prefix::strip;
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::{OOM_EVENTS, OOM_TASKS};
use crate::base::reader::Line;
use crate::base::source::{Position, SourceId};
use crate::base::units::{Bytes, Nanos, Unit};
use crate::evidence::memory::Figure;
use crate::evidence::oom::{OomEvent, OomKill, OomTask, UsageLine};
use crate::formats::Facts;
use crate::formats::record::{decimal, flat_keyed};

/// Pages of the task table, on amd64 always and on arm64 mostly.
const PAGE_BYTES: i64 = 4096;

/// The kernel prints "no limit" as this many KiB.
const UNLIMITED_KIB: i64 = 9_007_199_254_740_988;

/// What the next lines may be of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Stats,
    Tasks,
}

/// Collects events line by line.
pub struct Reader<'a> {
    source: SourceId,
    strings: &'a mut StringTable,
    facts: &'a mut Facts,
    events: Vec<OomEvent>,
    part: Part,
    /// Names of the task table's columns after the pid.
    columns: Vec<String>,
    /// True from the first line of an event to its last.
    is_open: bool,
}

impl<'a> Reader<'a> {
    /// A reader without events.
    pub fn new(source: SourceId, strings: &'a mut StringTable, facts: &'a mut Facts) -> Self {
        Self {
            source,
            strings,
            facts,
            events: Vec::new(),
            part: Part::Header,
            columns: Vec::new(),
            is_open: false,
        }
    }

    /// Looks at one line.
    pub fn line(&mut self, line: &Line<'_>) {
        let (message, since_boot) = strip(line.text());
        let at = line.position();
        // One record of /dev/kmsg holds the statistics of 6.1 and earlier.
        for part in message.split("\\x0a") {
            self.message(part, since_boot, at);
        }
    }

    /// The events, in order.
    pub fn finish(self) -> Vec<OomEvent> {
        for event in &self.events {
            if event.stats_memcg.is_some() && event.stats.is_empty() {
                self.facts.is_partial = true;
                let message = "The statistics of the control group are missing from the log.";
                self.facts.notes.data_loss("no-statistics", Some(event.at), message);
            }
        }
        self.events
    }

    fn message(&mut self, text: &str, since_boot: Option<Nanos>, at: Position) {
        if let Some((command, _)) = text.split_once(" invoked oom-killer: ") {
            self.open(at, since_boot);
            let command = self.strings.intern(command.trim());
            self.with(at, since_boot, |event| event.invoked_by = Some(command));
        } else if let Some(rest) = text.strip_prefix("memory: usage ") {
            self.usage(rest, at, since_boot, |event| &mut event.memory);
        } else if let Some(rest) =
            text.strip_prefix("swap: usage ").or_else(|| text.strip_prefix("memory+swap: usage "))
        {
            self.usage(rest, at, since_boot, |event| &mut event.swap);
        } else if let Some(rest) = text.strip_prefix("kmem: usage ") {
            self.usage(rest, at, since_boot, |event| &mut event.kmem);
        } else if let Some(path) = text.strip_prefix("Memory cgroup stats for ") {
            self.part = Part::Stats;
            let path = self.strings.intern(path.trim_end_matches(':'));
            self.with(at, since_boot, |event| event.stats_memcg = Some(path));
        } else if text.starts_with("Tasks state ") {
            self.part = Part::Tasks;
        } else if let Some(fields) = text.strip_prefix("oom-kill:") {
            self.constraint(fields, at, since_boot);
        } else if let Some((before, rest)) = killed(text) {
            self.killed(before, rest, at, since_boot);
        } else if let Some(rest) = text.strip_prefix("Tasks in ") {
            let path = rest.split(" are going to be killed").next().unwrap_or(rest);
            let path = self.strings.intern(path);
            self.with(at, since_boot, |event| event.group = Some(path));
        } else if text.contains("no killable processes") {
            self.with(at, since_boot, |event| event.is_unkillable = true);
        } else {
            self.row(text, at);
        }
    }

    /// Starts an event.
    fn open(&mut self, at: Position, since_boot: Option<Nanos>) {
        self.part = Part::Header;
        self.is_open = true;
        if self.events.len() >= OOM_EVENTS {
            self.is_open = false;
            self.facts.is_partial = true;
            self.facts.notes.data_loss(
                "too-many-events",
                Some(at),
                format!("There are more than {OOM_EVENTS} events; the rest is not read."),
            );
            return;
        }
        self.events.push(OomEvent {
            source: self.source,
            at,
            since_boot,
            invoked_by: None,
            constraint: None,
            oom_memcg: None,
            task_memcg: None,
            stats_memcg: None,
            memory: None,
            swap: None,
            kmem: None,
            stats: Vec::new(),
            tasks: Vec::new(),
            kills: Vec::new(),
            group: None,
            is_unkillable: false,
            is_global: false,
        });
    }

    /// Changes the open event; a log that begins within one opens it here.
    fn with(&mut self, at: Position, since_boot: Option<Nanos>, change: impl FnOnce(&mut OomEvent)) {
        if !self.is_open && self.events.is_empty() {
            self.open(at, since_boot);
        }
        if let Some(event) = self.events.last_mut() {
            change(event);
        }
    }

    /// `184320kB, limit 184320kB, failcnt 63`.
    fn usage(
        &mut self,
        text: &str,
        at: Position,
        since_boot: Option<Nanos>,
        field: impl FnOnce(&mut OomEvent) -> &mut Option<UsageLine>,
    ) {
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(decimal);
        let (Some(usage), Some(limit), Some(failcnt)) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return;
        };
        let limit = (limit < UNLIMITED_KIB).then(|| Bytes::from_kib(limit));
        let line = UsageLine { usage: Bytes::from_kib(usage), limit, failcnt, at };
        self.with(at, since_boot, |event| *field(event) = Some(line));
    }

    /// `constraint=...,nodemask=0,1,cpuset=...,oom_memcg=/a,task_memcg=/b,task=c,pid=1,uid=0`:
    /// node lists hold commas, so that only known keys separate.
    fn constraint(&mut self, fields: &str, at: Position, since_boot: Option<Nanos>) {
        let value = |key: &str| {
            let start = fields.find(&format!("{key}="))? + key.len() + 1;
            let rest = fields.get(start..)?;
            Some(rest.split(',').next().unwrap_or(rest))
        };
        let mut keep = |text: Option<&str>| text.map(|text| self.strings.intern(text));
        let constraint = keep(value("constraint"));
        let oom_memcg = keep(value(",oom_memcg"));
        let task_memcg = keep(value(",task_memcg"));
        let is_global = fields.contains(",global_oom,");
        self.part = Part::Header;
        self.with(at, since_boot, |event| {
            event.constraint = constraint;
            event.oom_memcg = oom_memcg;
            event.task_memcg = task_memcg;
            event.is_global = is_global;
        });
    }

    /// `process 188 (victim) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB, ...`.
    fn killed(&mut self, before: &str, rest: &str, at: Position, since_boot: Option<Nanos>) {
        let Some((pid, rest)) = rest.split_once(" (") else { return };
        let Some((name, rest)) = rest.split_once(')') else { return };
        let Ok(pid) = pid.trim_end_matches(',').trim().parse() else { return };
        let size = |key: &str| {
            let (_, after) = rest.split_once(key)?;
            Some(Bytes::from_kib(decimal(after.split("kB").next()?)?))
        };
        let kill = OomKill {
            pid,
            name: self.strings.intern(name),
            anon_rss: size("anon-rss:").unwrap_or_default(),
            file_rss: size("file-rss:").unwrap_or_default(),
            shmem_rss: size("shmem-rss:").unwrap_or_default(),
            is_global: !before.contains("Memory cgroup"),
            at,
        };
        self.part = Part::Header;
        self.with(at, since_boot, |event| event.kills.push(kill));
    }

    /// A line of the statistics or the task table.
    fn row(&mut self, text: &str, at: Position) {
        match self.part {
            Part::Header => {}
            Part::Stats => self.stat(text, at),
            Part::Tasks => self.task(text, at),
        }
    }

    fn stat(&mut self, text: &str, at: Position) {
        let Some((key, value)) = flat_keyed(text).and_then(|(key, value)| Some((key, decimal(value)?)))
        else {
            return;
        };
        let key = self.strings.intern(key);
        if let Some(event) = self.events.last_mut() {
            event.stats.push(Figure { key, name: key, value, unit: Unit::Bytes, at });
        }
    }

    fn task(&mut self, text: &str, at: Position) {
        let Some((pid, rest)) = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'))
        else {
            return;
        };
        if pid.trim() == "pid" {
            self.columns = rest.split_whitespace().map(str::to_owned).collect();
            return;
        }
        let Ok(pid) = pid.trim().parse() else { return };
        let name_at = self.columns.iter().position(|column| column == "name");
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let name = name_at.and_then(|at| fields.get(at..)).map_or_else(String::new, |words| words.join(" "));
        let name = self.strings.intern(&name);
        let Some(task) = task_row(pid, &self.columns, &fields, name, at) else { return };
        let Some(event) = self.events.last_mut() else { return };
        if event.tasks.len() < OOM_TASKS {
            event.tasks.push(task);
        }
    }
}

/// The header names the columns: they differ between kernels.
fn task_row(pid: u64, columns: &[String], fields: &[&str], name: StrId, at: Position) -> Option<OomTask> {
    let number = |column: &str| {
        let index = columns.iter().position(|name| name == column)?;
        fields.get(index)?.parse::<i64>().ok()
    };
    let pages = |column: &str| number(column).map(|pages| Bytes(pages.saturating_mul(PAGE_BYTES)));
    Some(OomTask {
        pid,
        tgid: number("tgid").and_then(|tgid| u64::try_from(tgid).ok())?,
        rss: pages("rss")?,
        rss_anon: pages("rss_anon"),
        rss_file: pages("rss_file"),
        rss_shmem: pages("rss_shmem"),
        pagetables: Bytes(number("pgtables_bytes").unwrap_or_default()),
        swap: pages("swapents").unwrap_or_default(),
        oom_score_adj: number("oom_score_adj").unwrap_or_default(),
        name,
        at,
    })
}

/// Splits a line around `Killed process ` (`Kill process ` before 5.1 only announces).
fn killed(text: &str) -> Option<(&str, &str)> {
    text.split_once("Killed process ")
}
