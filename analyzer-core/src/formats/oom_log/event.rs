//! Reads the lines of out-of-memory records into events.

use super::line::{Counter, Said, Victim, caller};
use super::note_failure;
use super::prefix::{stamp, strip};
use super::table::{Columns, page_bytes, scale};
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::{OOM_EVENTS, OOM_STATS, OOM_TASKS};
use crate::base::reader::Line;
use crate::base::source::{Position, SourceId};
use crate::base::units::{Bytes, Nanos, Unit};
use crate::evidence::memory::Figure;
use crate::evidence::oom::{OomEvent, OomKill, OomScope, UsageLine};
use crate::formats::Facts;
use crate::formats::record::decimal;

/// The kernel prints "no limit" as the most pages that a counter holds, in KiB: some
/// 2^53, less by the size of a page. No machine has a half of it.
const UNLIMITED_KIB: i64 = 1 << 52;

/// "No limit" of 32-bit kernels, in KiB.
const UNLIMITED_KIB_32: i64 = 8_589_934_588;

/// Lines further apart are of two events: a record is printed at once, though slowly on serial lines.
const LONGEST_EVENT: Nanos = Nanos(30_000_000_000);

/// What the next lines may be of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Stats,
    Tasks,
}

/// Where and when a line was written.
#[derive(Clone, Copy)]
struct Moment<'a> {
    at: Position,
    since_boot: Option<Nanos>,
    stamp: Option<&'a str>,
}

/// Collects events line by line.
pub struct Reader<'a> {
    source: SourceId,
    strings: &'a mut StringTable,
    facts: &'a mut Facts,
    events: Vec<OomEvent>,
    part: Part,
    columns: Columns,
    /// When the last line of the open event was written.
    last_seen: Option<Nanos>,
    /// True if no further event fits.
    is_full: bool,
    /// Tables of the machine's memory stood before the first line of an event.
    has_tables: bool,
    /// The tables that come are of an allocation that failed, and no kill.
    is_failure: bool,
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
            columns: Columns::default(),
            last_seen: None,
            is_full: false,
            has_tables: false,
            is_failure: false,
        }
    }

    /// Looks at one line.
    pub fn line(&mut self, line: &Line<'_>) {
        let text = line.text().trim_end();
        let (message, since_boot) = strip(text);
        let prefix = text.get(..text.len().saturating_sub(message.len())).unwrap_or_default();
        let moment = Moment { at: line.position(), since_boot, stamp: stamp(prefix) };
        for part in parts(message) {
            self.message(part, moment);
        }
    }

    /// The events, in order.
    pub fn finish(mut self) -> Vec<OomEvent> {
        if self.events.is_empty() && self.has_tables {
            let message = "The log has tables of the machine's memory (Mem-Info) alone: the kernel prints them when the machine ran out, when an allocation failed, or on SysRq-m.";
            self.facts.notes.info("machine-tables", None, message);
        }
        let of_log = self.events.iter().find_map(page_bytes);
        for event in &mut self.events {
            if let Some(page) = page_bytes(event).or(of_log) {
                scale(event, page);
            }
            if event.stats_memcg.is_some() && event.stats.is_empty() {
                self.facts.is_partial = true;
                let message = "The cgroup's statistics are missing from the log.";
                self.facts.notes.data_loss("no-statistics", Some(event.at), message);
            }
        }
        self.events
    }

    fn message(&mut self, text: &str, moment: Moment<'_>) {
        if text.contains("page allocation failure") {
            self.is_failure = true;
            note_failure(text, moment.at, self.facts);
        }
        match Said::of(text) {
            Said::Invoked { command } => self.invoked(command, moment),
            Said::Limit { task, limit } => self.limit(task, limit, moment),
            Said::Usage { of, usage, limit, failcnt } => {
                let is_unlimited = limit >= UNLIMITED_KIB || limit == UNLIMITED_KIB_32;
                let limit = (!is_unlimited).then(|| Bytes::from_kib(limit));
                let line = UsageLine { usage: Bytes::from_kib(usage), limit, failcnt, at: moment.at };
                self.usage(of, line, moment);
            }
            Said::Stats { path, figures } => self.stats(path, figures, moment),
            Said::Columns(heading) => {
                self.part = Part::Tasks;
                self.columns = Columns::of(heading);
            }
            Said::Task { pid, cells } => self.task(pid, cells, moment),
            Said::Constraint(fields) => self.constraint(fields, moment),
            Said::Chosen(victim) => self.chosen(&victim, moment),
            Said::Killed(victim) => self.killed(&victim, moment),
            Said::Reaped(victim) => self.reaped(&victim, moment),
            Said::Group { path } => {
                let path = self.strings.intern(path);
                let Some(event) = self.event(moment, |event| event.group.is_some()) else { return };
                event.said = Some(OomScope::Group);
                event.group = Some(path);
            }
            Said::Unkillable { is_panic } => {
                let Some(event) = self.event(moment, |event| !event.kills.is_empty()) else { return };
                event.is_unkillable = true;
                if is_panic {
                    event.said = Some(OomScope::Machine);
                }
            }
            Said::MachineMemory => self.tables(),
            Said::Frame(function) => {
                if let Some(scope) = caller(function) {
                    self.traced(scope);
                }
            }
            Said::Other if self.part == Part::Stats => self.stat_line(text, moment.at),
            Said::Other => {}
        }
    }

    /// The event that a line is of: a new one if the open one has such a line already
    /// (`is_over`) or lies too far back. A log that begins within a record opens one here.
    fn event(
        &mut self,
        moment: Moment<'_>,
        is_over: impl FnOnce(&OomEvent) -> bool,
    ) -> Option<&mut OomEvent> {
        let gap = self.last_seen.zip(moment.since_boot).map(|(last, now)| now.0.saturating_sub(last.0));
        let is_far = gap.is_some_and(|gap| gap.unsigned_abs() > LONGEST_EVENT.0.unsigned_abs());
        if self.events.last().is_none_or(|event| is_far || is_over(event)) {
            self.open(moment);
        }
        self.last_seen = moment.since_boot.or(self.last_seen);
        if self.is_full { None } else { self.events.last_mut() }
    }

    fn open(&mut self, moment: Moment<'_>) {
        self.is_failure = false;
        if self.events.len() < OOM_EVENTS {
            let stamp = moment.stamp.map(|stamp| self.strings.intern(stamp));
            let mut event = OomEvent::new(self.source, moment.at, moment.since_boot, stamp);
            event.is_by_tables = std::mem::take(&mut self.has_tables);
            event.traced = event.is_by_tables.then_some(OomScope::Machine);
            self.events.push(event);
        } else if !self.is_full {
            self.is_full = true;
            self.facts.is_partial = true;
            self.facts.notes.data_loss(
                "too-many-events",
                Some(moment.at),
                format!("There are more than {OOM_EVENTS} events; the rest is ignored."),
            );
        }
    }

    fn invoked(&mut self, command: &str, moment: Moment<'_>) {
        let command = self.strings.intern(command);
        self.part = Part::Header;
        self.has_tables = false;
        self.is_failure = false;
        if let Some(event) = self.event(moment, |_| true) {
            event.invoked_by = Some(command);
        }
    }

    /// The tables of the machine's memory are printed if no control group ran out. A log that begins
    /// within them has no event yet.
    fn tables(&mut self) {
        if self.is_failure {
            return;
        }
        let Some(event) = self.events.last_mut().filter(|event| event.kills.is_empty()) else {
            self.has_tables = true;
            return;
        };
        if self.part == Part::Header && !self.is_full && event.traced.is_none() && event.said.is_none() {
            event.traced = Some(OomScope::Machine);
            event.is_by_tables = true;
        }
    }

    /// The function nearest to the kill decides, and it stands first.
    fn traced(&mut self, scope: OomScope) {
        if self.part == Part::Header
            && !self.is_full
            && let Some(event) = self.events.last_mut()
            && event.kills.is_empty()
        {
            event.traced = event.traced.or(Some(scope));
        }
    }

    fn limit(&mut self, task: Option<&str>, limit: Option<&str>, moment: Moment<'_>) {
        let mut keep = |path: Option<&str>| path.map(|path| self.strings.intern(path));
        let (task, limit) = (keep(task), keep(limit));
        let is_over =
            |event: &OomEvent| !event.kills.is_empty() || (task.is_some() && event.task_memcg.is_some());
        let Some(event) = self.event(moment, is_over) else { return };
        event.said = Some(OomScope::Group);
        event.task_memcg = task.or(event.task_memcg);
        event.oom_memcg = limit.or(event.oom_memcg);
    }

    /// Only the record of a control group has these lines.
    fn usage(&mut self, of: Counter, line: UsageLine, moment: Moment<'_>) {
        let is_over =
            |event: &OomEvent| !event.kills.is_empty() || (of == Counter::Memory && event.memory.is_some());
        let Some(event) = self.event(moment, is_over) else { return };
        event.said = Some(OomScope::Group);
        match of {
            Counter::Memory => event.memory = Some(line),
            Counter::Swap => event.swap = Some(line),
            Counter::Kmem => event.kmem = Some(line),
        }
        self.part = Part::Header;
    }

    /// Up to 5.2 the group at its limit comes first, then each group within it with its own figures.
    fn stats(&mut self, path: &str, figures: &str, moment: Moment<'_>) {
        let path = self.strings.intern(path);
        let Some(event) = self.event(moment, |event| !event.kills.is_empty()) else { return };
        event.said = Some(OomScope::Group);
        // Without the lines before it, nothing tells whether it is the first.
        if figures.is_empty() || event.memory.is_some() {
            event.stats_memcg = event.stats_memcg.or(Some(path));
        }
        event.counted_memcg = event.counted_memcg.or(Some(path));
        self.part = Part::Stats;
        self.stat_line(figures, moment.at);
    }

    /// `anon 4096`, several of them in a row where a printer joined the lines, or `cache:8KB rss:4KB ...`.
    fn stat_line(&mut self, text: &str, at: Position) {
        let inline = |cell: &str| {
            let (key, value) = cell.split_once(':')?;
            let kib = decimal(value.strip_suffix("KB")?)?;
            Some((self.strings.intern(key), Bytes::from_kib(kib).0))
        };
        let sums: Vec<(StrId, i64)> = text.split_whitespace().filter_map(inline).collect();
        for (key, value) in sums {
            self.add_stat(key, value, at);
        }
        for (key, value) in joined(text) {
            let key = self.strings.intern(key);
            self.add_stat(key, value, at);
        }
    }

    fn add_stat(&mut self, key: StrId, value: i64, at: Position) {
        let Some(event) = self.events.last_mut().filter(|_| !self.is_full) else { return };
        let Some(known) = event.stats.iter_mut().find(|figure| figure.key == key) else {
            if event.stats.len() < OOM_STATS {
                event.stats.push(Figure { key, name: key, value, unit: Unit::Bytes, at });
            }
            return;
        };
        if known.value == 0 {
            known.at = at;
        }
        known.value = known.value.saturating_add(value);
    }

    fn task(&mut self, pid: u64, cells: &str, moment: Moment<'_>) {
        if self.part != Part::Tasks {
            // A table whose heading is cut off comes before the kill.
            if self.events.last().is_some_and(|event| !event.kills.is_empty()) {
                return;
            }
            self.columns = Columns::default();
        }
        let Some(task) = self.columns.row(pid, cells, self.strings, moment.at) else { return };
        let Some(event) = self.event(moment, |event| !event.kills.is_empty()) else { return };
        if event.tasks.len() < OOM_TASKS {
            event.tasks.push(task);
        }
        self.part = Part::Tasks;
    }

    /// `constraint=...,nodemask=0,1,cpuset=...,oom_memcg=/a,task_memcg=/b,task=c,pid=1,uid=0`:
    /// node lists hold commas, so that only known keys separate.
    fn constraint(&mut self, fields: &str, moment: Moment<'_>) {
        let value = |key: &str| {
            let (_, rest) = fields.split_once(key)?;
            Some(rest.split(',').next().unwrap_or(rest))
        };
        let constraint = value("constraint=");
        let scope = match constraint {
            _ if fields.contains(",global_oom") => Some(OomScope::Machine),
            Some("CONSTRAINT_MEMCG") => Some(OomScope::Group),
            Some(_) => Some(OomScope::Machine),
            None => None,
        };
        let chosen = fields.split_once(",task=").and_then(|(_, rest)| {
            let (name, rest) = rest.rsplit_once(",pid=")?;
            let pid = rest.split(',').next()?.parse().ok()?;
            Some(Victim { pid, name, sizes: "", scope })
        });
        let chosen = chosen.map(|victim| self.process(&victim, moment.at));
        let mut keep = |text: Option<&str>| text.map(|text| self.strings.intern(text));
        let (constraint, limit, task) =
            (keep(constraint), keep(value(",oom_memcg=")), keep(value(",task_memcg=")));
        let is_over = |event: &OomEvent| !event.kills.is_empty() || event.constraint.is_some();
        let Some(event) = self.event(moment, is_over) else { return };
        event.said = scope.or(event.said);
        event.constraint = constraint;
        event.oom_memcg = limit.or(event.oom_memcg);
        event.task_memcg = task.or(event.task_memcg);
        event.chosen = chosen;
        self.part = Part::Header;
    }

    /// Up to 5.0: the process of the greatest score; a child of it may be killed in its place.
    fn chosen(&mut self, victim: &Victim<'_>, moment: Moment<'_>) {
        let chosen = self.process(victim, moment.at);
        let is_over = |event: &OomEvent| {
            !event.kills.is_empty() || event.chosen.is_some_and(|before| before.pid != chosen.pid)
        };
        let Some(event) = self.event(moment, is_over) else { return };
        event.said = event.said.or(victim.scope);
        event.chosen = Some(chosen);
        self.part = Part::Header;
    }

    /// One record kills one process, unless its whole group is killed.
    fn killed(&mut self, victim: &Victim<'_>, moment: Moment<'_>) {
        let kill = self.process(victim, moment.at);
        let is_over = |event: &OomEvent| !event.kills.is_empty() && event.group.is_none();
        let Some(event) = self.event(moment, is_over) else { return };
        event.said = event.said.or(victim.scope);
        event.kills.push(kill);
        self.part = Part::Header;
    }

    /// The reaper follows the kill; in a log that has only its lines, it tells of the kill.
    fn reaped(&mut self, victim: &Victim<'_>, moment: Moment<'_>) {
        const RECENT: usize = 64;
        let is_known = |event: &OomEvent| event.kills.iter().any(|kill| kill.pid == victim.pid);
        if self.events.iter().rev().take(RECENT).any(is_known) {
            return;
        }
        // What it says of sizes is what is left after it.
        let kill = self.process(&Victim { sizes: "", ..*victim }, moment.at);
        let is_over = |event: &OomEvent| !event.kills.is_empty();
        if let Some(event) = self.event(moment, is_over) {
            event.kills.push(kill);
        }
    }

    fn process(&mut self, victim: &Victim<'_>, at: Position) -> OomKill {
        let size = |key: &str| victim.kib(key).map(Bytes::from_kib);
        OomKill {
            pid: victim.pid,
            name: self.strings.intern(victim.name),
            total_vm: size("total-vm:"),
            anon_rss: size("anon-rss:"),
            file_rss: size("file-rss:"),
            shmem_rss: size("shmem-rss:"),
            at,
        }
    }
}

/// `anon 4096\nfile 8192`, with the line ends escaped or as blanks: pairs and nothing else.
fn joined(text: &str) -> Vec<(&str, i64)> {
    let is_key = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut words = text.split("\\n").flat_map(str::split_whitespace);
    let mut pairs = Vec::new();
    while let Some(key) = words.next() {
        let Some(value) = words.next().and_then(decimal).filter(|_| is_key(&key)) else {
            return Vec::new();
        };
        pairs.push((key, value));
    }
    pairs
}

/// The lines of one message. One record of /dev/kmsg holds the statistics of 5.3 to 6.7,
/// with escaped line ends; rsyslog escapes them in its own way.
pub fn parts(message: &str) -> impl Iterator<Item = &str> {
    message.split("\\x0a").flat_map(|part| part.split("#012"))
}
