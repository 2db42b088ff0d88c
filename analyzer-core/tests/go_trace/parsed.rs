//! Events as `go tool trace -d=parsed` prints them, without times and stacks.

use std::fmt::Write;

use analyzer_core::evidence::trace::event::{Edge, Event, EventKind, EventSink};
use analyzer_core::evidence::trace::names::Names;

/// Prints every event into lines.
#[derive(Default)]
pub struct Parsed {
    /// One line an event.
    pub lines: Vec<String>,
    syncs: u32,
    /// Name and parent of open tasks, which Go repeats at their end.
    tasks: std::collections::HashMap<u64, (u64, String)>,
}

impl Parsed {
    /// The last line of every trace.
    pub fn finish(&mut self) {
        self.sync();
    }

    fn sync(&mut self) {
        self.syncs += 1;
        self.lines.push(format!("M=-1 P=-1 G=-1 Sync N={}", self.syncs));
    }
}

impl EventSink for Parsed {
    fn generation_begins(&mut self, _number: u64, _start: u64) {
        self.sync();
    }

    fn event(&mut self, event: &Event, names: &Names) {
        let mut line = String::new();
        let id = |id: Option<u64>| id.map_or("-1".to_owned(), |id| id.to_string());
        let (proc, go) = match event.kind {
            EventKind::CpuSample { proc, go } => {
                (Some(proc).filter(|&proc| proc != u64::MAX), Some(go).filter(|&go| go != 0))
            }
            _ => (event.proc.map(|proc| proc.id), event.go.map(|go| go.id)),
        };
        write!(line, "M={} P={} G={} ", id(event.thread), id(proc), id(go)).unwrap();
        let text = |id| format!("{:?}", names.strings.get(id));
        let metric =
            |name: &str, value: u64| format!("Metric Name=\"{name}\" Value=Value{{Uint64({value})}}");
        let range = |edge: Edge, name: String, scope: String| match edge {
            Edge::Begin => format!("RangeBegin Name=\"{name}\" Scope={scope}"),
            Edge::Active => format!("RangeActive Name=\"{name}\" Scope={scope}"),
            Edge::End => format!("RangeEnd Name=\"{name}\" Scope={scope} Attributes=[]"),
        };
        let go_scope = |go: Option<u64>| format!("Goroutine({})", id(go));
        line += &match event.kind {
            EventKind::Go(change) => {
                let (id, from, to) = (change.go.id, change.from.name(), change.to.name());
                format!("StateTransition GoID={id} {from}->{to} Reason={}", text(change.reason))
            }
            EventKind::Proc(change) => {
                let (id, from, to) = (change.proc.id, change.from.name(), change.to.name());
                format!("StateTransition ProcID={id} {from}->{to} Reason=\"\"")
            }
            EventKind::ProcsChange(value) => metric("/sched/gomaxprocs:threads", value),
            EventKind::HeapAlloc(value) => metric("/memory/classes/heap/objects:bytes", value),
            EventKind::HeapGoal(value) => metric("/gc/heap/goal:bytes", value),
            EventKind::Gc(edge) => range(edge, "GC concurrent mark phase".to_owned(), "None".to_owned()),
            EventKind::StopTheWorld(edge, kind) => {
                let name = format!("stop-the-world ({})", names.strings.get(kind));
                range(edge, name, go_scope(event.go.map(|go| go.id)))
            }
            EventKind::MarkAssist(edge, go) => {
                range(edge, "GC mark assist".to_owned(), go_scope(go.map(|go| go.id)))
            }
            EventKind::Sweep { edge, proc, swept, reclaimed } => {
                let scope = format!("Proc({})", id(proc.map(|proc| proc.id)));
                let line = range(edge, "GC incremental sweep".to_owned(), scope);
                let bytes = format!(
                    "[\"bytes swept\"=Value{{Uint64({swept})}} \"bytes reclaimed\"=Value{{Uint64({reclaimed})}}]"
                );
                line.replace("[]", &bytes)
            }
            EventKind::GoLabel(label) => {
                format!("Label Label={} Resource={}", text(label), go_scope(event.go.map(|go| go.id)))
            }
            EventKind::TaskBegin(task, parent, name) => {
                // No parent is printed as the largest number.
                let parent = if parent == 0 { u64::MAX } else { parent };
                self.tasks.insert(task, (parent, text(name)));
                format!("TaskBegin ID={task} Parent={parent} Type={}", text(name))
            }
            EventKind::TaskEnd(task) => {
                let (parent, name) = self.tasks.remove(&task).unwrap_or((u64::MAX, "\"\"".to_owned()));
                format!("TaskEnd ID={task} Parent={parent} Type={name}")
            }
            EventKind::RegionBegin(task, name) => format!("RegionBegin Task={task} Type={}", text(name)),
            EventKind::RegionEnd(task, name) => format!("RegionEnd Task={task} Type={}", text(name)),
            EventKind::Log(task, key, value) => {
                format!("Log Task={task} Category={} Message={}", text(key), text(value))
            }
            EventKind::CpuSample { .. } => "StackSample".to_owned(),
            EventKind::Experimental(_) => "Experimental".to_owned(),
        };
        self.lines.push(line);
    }
}

/// A line of Go's tool without its time, clocks and experiments' arguments.
pub fn plain(line: &str) -> String {
    let (head, rest) = line.split_once(" Time=").unwrap_or((line, ""));
    if head.ends_with(" Experimental") {
        return head.to_owned();
    }
    let rest = rest.trim_start_matches(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let rest = if head.ends_with(" Sync") { rest.split(" Trace=").next().unwrap_or(rest) } else { rest };
    format!("{head}{rest}")
}
