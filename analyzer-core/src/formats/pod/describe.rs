//! `kubectl describe pod` and `kubectl describe node`: the pod and its
//! containers as their objects say it, the node's memory, and the events.
//!
//! Lines are told by their indent below that of `Name:`; a value stands behind
//! the first colon (kubectl, pkg/describe). People also paste the states of one
//! container alone: they are of a container without a name.

use super::events;
use super::objects::{UNNAMED, VARIABLES};
use super::quantity;
use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::{RecordKind, UNLIMITED};
use crate::evidence::recipe;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found};
use crate::formats::{Facts, Probe, Sniff, manifest};

/// Titles of how a container runs and how it ended before: the third up to Kubernetes 1.2, the last as people type it.
const STATES: [&str; 4] = ["State:", "Last State:", "Last Termination State:", "LastState:"];
/// What stands below them.
const OF_STATE: [&str; 6] = ["Reason", "Message", "Exit Code", "Signal", "Started", "Finished"];
/// Keys that stand around a state at most.
const DEPTH: usize = 8;
/// Blanks before the states of a container.
const STATE_INDENT: usize = 4;

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = String::from_utf8_lossy(probe.head());
    let has = |title: &str| head.lines().any(|line| line.trim_start().starts_with(title));
    let is_state =
        || ["State:", "Last State:", "Restart Count:", "Container ID:"].iter().any(|title| has(title));
    let is_pod = has("Containers:") && has("Name:") && is_state();
    let is_node = has("Name:") && has("Capacity:") && has("Allocatable:");
    let titles = ["Name:", "Namespace:", "Status:", "Reason:", "Message:"];
    let is_ended = titles.iter().all(|title| has(title));
    let is_excerpt = STATES.iter().any(|state| has(state)) && has("Reason:") && has("Exit Code:");
    if is_pod || is_node || is_ended || is_excerpt { Sniff::ByContent } else { Sniff::No }
}

/// Parses every pod and node of the text.
/// # Errors
/// `Malformed` without either.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let described = Described::default();
    let mut reader = Reader { input, evidence, base: 0, lift: 0, above: Vec::new(), described, count: 0 };
    for line in Lines::new(input.bytes) {
        reader.line(line.text(), line.position());
    }
    reader.close();
    facts.kind = Some("describe".to_owned());
    if reader.count >= CONTAINERS {
        facts.is_partial = true;
        let message = format!("There are more than {CONTAINERS} containers or events; the rest is ignored.");
        facts.notes.data_loss("too-many-containers", None, message);
    }
    if reader.count == 0 {
        Err(nothing_found("describe", "a pod with containers, or a node"))
    } else {
        Ok(())
    }
}

/// A text or number on its way into a record.
enum Fact {
    Text(String, String, Position),
    Number(String, i64, Unit, Position),
}

/// One container so far.
struct Container {
    name: String,
    role: &'static str,
    facts: Vec<Fact>,
    /// `state` or `lastState`: what the lines below are of.
    state: &'static str,
    /// The list that the lines below are of: `Limits`, `Environment`.
    list: String,
    /// The same as the recipe has it, and the volumes that it mounts.
    recipe: recipe::Container,
    mounts: Vec<String>,
}

/// One pod or node so far.
#[derive(Default)]
struct Described {
    name: String,
    facts: Vec<Fact>,
    /// The title without indent that the lines are below.
    section: String,
    containers: Vec<Container>,
    /// The volume that the lines are of, and whether it is in memory.
    volume: String,
    is_memory: bool,
    is_node: bool,
    /// Volumes in memory.
    memory: Vec<recipe::MemoryVolume>,
}

struct Reader<'a, 'i> {
    input: &'a Input<'i>,
    evidence: &'a mut Evidence,
    /// Blanks before `Name:`.
    base: usize,
    /// Blanks that an excerpt lost.
    lift: usize,
    /// Keys without a value that the line is below, with the blanks before each: one may name a container.
    above: Vec<(String, usize)>,
    described: Described,
    count: usize,
}

impl Reader<'_, '_> {
    fn line(&mut self, line: &str, at: Position) {
        let text = line.trim();
        let blanks = line.len() - line.trim_start().len();
        if text.starts_with("Name:") && (self.described.name.is_empty() || blanks <= self.base) {
            self.close();
            (self.base, self.lift) = (blanks, 0);
        }
        if !text.is_empty() {
            while self.above.last().is_some_and(|(_, outer)| *outer >= blanks) {
                self.above.pop();
            }
        }
        if STATES.iter().any(|state| text.starts_with(state)) {
            self.excerpt(blanks, at);
        }
        let indent = (blanks + self.lift).saturating_sub(self.base);
        let (key, value) = text.split_once(':').map_or((text, ""), |(key, value)| (key.trim(), value.trim()));
        if text.is_empty() {
            return;
        }
        if value.is_empty() && text.ends_with(':') && self.above.len() < DEPTH {
            self.above.push((key.to_owned(), blanks));
        }
        if indent == 0 {
            return self.title(key, value, at);
        }
        match self.described.section.as_str() {
            "Containers" => self.container(indent, key, value, "", at),
            "Init Containers" => self.container(indent, key, value, "init", at),
            "Ephemeral Containers" => self.container(indent, key, value, "ephemeral", at),
            "Volumes" => self.volume(indent, key, value, at),
            "Capacity" | "Allocatable" if key == "memory" => {
                let name = format!("{}.memory", self.described.section.to_ascii_lowercase());
                self.described
                    .facts
                    .extend(quantity::parse(value).map(|bytes| Fact::Number(name, bytes, Unit::Bytes, at)));
            }
            "Conditions" => self.condition(text, at),
            "Events" => self.event(text, at),
            _ => {}
        }
    }

    /// The states of a container of a pod that is not in the text.
    fn excerpt(&mut self, blanks: usize, at: Position) {
        let described = &mut self.described;
        if !described.name.is_empty() || !described.containers.is_empty() {
            return;
        }
        let above = self.above.last().map(|(name, _)| name).filter(|name| !name.contains(' '));
        let name = above.cloned().unwrap_or_else(|| UNNAMED.to_owned());
        "Containers".clone_into(&mut described.section);
        let at = SourceSpan { source: self.input.source, at };
        described.containers.push(Container::new(&name, "", at));
        (self.base, self.lift) = (blanks, STATE_INDENT);
    }

    fn title(&mut self, key: &str, value: &str, at: Position) {
        self.described.section = key.to_owned();
        self.described.is_node |= key == "Allocatable";
        let name = match key {
            "Name" => {
                value.clone_into(&mut self.described.name);
                "name"
            }
            "Namespace" => "namespace",
            "Status" => "phase",
            "Reason" => "reason",
            "Message" => "message",
            "QoS Class" => "qosClass",
            _ => return,
        };
        self.described.facts.push(Fact::Text(name.to_owned(), value.to_owned(), at));
    }

    fn container(&mut self, indent: usize, key: &str, value: &str, role: &'static str, at: Position) {
        if indent <= 2 && value.is_empty() {
            let at = SourceSpan { source: self.input.source, at };
            let container = Container::new(key, role, at);
            if self.count + self.described.containers.len() < CONTAINERS {
                self.described.containers.push(container);
            }
            return;
        }
        let Some(container) = self.described.containers.last_mut() else { return };
        // A paste may have them in one column.
        let is_of_state = !container.state.is_empty() && OF_STATE.contains(&key);
        if indent <= 4 && !is_of_state {
            container.state = "";
            key.clone_into(&mut container.list);
        }
        container.field(key, value, at);
    }

    fn volume(&mut self, indent: usize, key: &str, value: &str, at: Position) {
        if indent <= 2 && value.is_empty() {
            key.clone_into(&mut self.described.volume);
        } else if key == "Medium" {
            self.described.is_memory = value == "Memory";
            if self.described.is_memory {
                let at = SourceSpan { source: self.input.source, at };
                let name = self.described.volume.clone();
                self.described.memory.push(recipe::MemoryVolume { name, size: None, at });
            }
        } else if key == "SizeLimit" && self.described.is_memory {
            let size = quantity::parse(value);
            if let Some(volume) = self.described.memory.last_mut() {
                (volume.size, volume.at.at) = (size, at);
            }
            let limit = size.unwrap_or(UNLIMITED);
            let name = format!("emptyDir {}", self.described.volume);
            self.described.facts.push(Fact::Number(name, limit, Unit::Bytes, at));
            self.described.is_memory = false;
        }
    }

    /// `MemoryPressure   True   …` of a node.
    fn condition(&mut self, text: &str, at: Position) {
        let mut cells = text.split_whitespace();
        if let (Some("MemoryPressure"), Some(status)) = (cells.next(), cells.next()) {
            self.described.facts.push(Fact::Text("MemoryPressure".to_owned(), status.to_owned(), at));
        }
    }

    fn event(&mut self, text: &str, at: Position) {
        let Some(mut event) = events::of_row(text).filter(|_| self.count < CONTAINERS) else { return };
        if event.object.is_empty() {
            let kind = if self.described.is_node { "node" } else { "pod" };
            event.object = format!("{kind}/{}", self.described.name);
        }
        event.store(self.input, self.evidence, at);
        self.count += 1;
    }

    /// Stores what was read of a pod or node.
    fn close(&mut self) {
        let described = std::mem::take(&mut self.described);
        // A pod that was evicted has no states.
        let is_reason =
            |fact: &Fact| matches!(fact, Fact::Text(key, value, _) if key == "reason" && !value.is_empty());
        let is_ended = described.facts.iter().any(is_reason);
        if !described.is_node && !is_ended && described.containers.is_empty() {
            return;
        }
        let kind = if described.is_node { RecordKind::Host } else { RecordKind::Pod };
        let file = if described.is_node { "node" } else { "pod" };
        self.store(kind, file, "", described.facts);
        for container in described.containers {
            if !described.is_node && container.name != UNNAMED {
                self.evidence.recipe.containers.push(container.recipe(&described.name, &described.memory));
            }
            let mut facts = container.facts;
            let at = facts.first().map_or_else(Position::default, Fact::at);
            facts.push(Fact::Text("pod".to_owned(), described.name.clone(), at));
            if !container.role.is_empty() {
                facts.push(Fact::Text("role".to_owned(), container.role.to_owned(), at));
            }
            self.store(kind, file, &container.name, facts);
        }
    }

    fn store(&mut self, kind: RecordKind, file: &str, level: &str, facts: Vec<Fact>) {
        let parts = NameParts { level: level.to_owned(), ..NameParts::of(self.input.path, file) };
        let mut record = RecordBuilder::with_parts(self.input, self.evidence, kind, file, &parts);
        for fact in facts {
            match fact {
                Fact::Text(key, value, at) => record.text(&key, &value, at),
                Fact::Number(key, value, unit, at) => record.figure(&key, value, unit, at),
            }
        }
        record.finish();
        self.count += 1;
    }
}

impl Fact {
    const fn at(&self) -> Position {
        match self {
            Self::Text(_, _, at) | Self::Number(_, _, _, at) => *at,
        }
    }
}

impl Container {
    fn new(name: &str, role: &'static str, at: SourceSpan) -> Self {
        let mut recipe = recipe::Container::new(recipe::Dialect::Kubernetes, "", name, at);
        recipe.is_init = role == "init";
        let name = name.to_owned();
        Self { name, role, facts: Vec::new(), state: "", list: String::new(), recipe, mounts: Vec::new() }
    }

    fn recipe(&self, pod: &str, volumes: &[recipe::MemoryVolume]) -> recipe::Container {
        let mounted = volumes.iter().filter(|volume| self.mounts.contains(&volume.name));
        recipe::Container {
            workload: format!("Pod/{pod}"),
            memory_volumes: mounted.cloned().collect(),
            ..self.recipe.clone()
        }
    }

    /// The same line for the recipe.
    fn state_recipe(&mut self, key: &str, value: &str, at: Position) {
        let at = SourceSpan { source: self.recipe.at.source, at };
        let stated = |value: Option<i64>, written: &str| {
            value.map(|value| recipe::Stated { value, written: written.to_owned(), at })
        };
        let recipe = &mut self.recipe;
        match (key, self.list.as_str()) {
            ("Image", _) => recipe.image = Some(value.to_owned()),
            ("memory", "Limits") => recipe.memory_limit = stated(quantity::parse(value), value),
            ("memory", "Requests") => recipe.memory_request = stated(quantity::parse(value), value),
            ("cpu", "Limits") => recipe.cpu_limit = stated(manifest::cpus(value), value),
            ("Liveness" | "Readiness" | "Startup", _) => {
                let written = value.split_whitespace().find(|word| word.contains("/")).unwrap_or(value);
                let path = written.split_once("://").map_or(written, |(_, rest)| rest);
                let path = path.find('/').and_then(|start| path.get(start..)).unwrap_or(path);
                let value = format!("{}Probe", key.to_ascii_lowercase());
                recipe.probes.push(recipe::Stated { value, written: path.to_owned(), at });
            }
            (name, "Environment") if manifest::kept(name) => {
                // `268435456 (limits.memory)`: a reference with what it came to. `<set to the key …>`: not here.
                let resource = value.rsplit_once(" (").and_then(|(_, rest)| rest.strip_suffix(')'));
                let value = match resource {
                    Some(resource) => recipe::VariableValue::Resource(resource.to_owned()),
                    None if value.starts_with('<') => recipe::VariableValue::Unknown,
                    None => recipe::VariableValue::Text(value.to_owned()),
                };
                recipe.variables.push(recipe::Variable { name: name.to_owned(), value, at });
            }
            (mount, "Mounts") => {
                self.mounts.extend(
                    mount
                        .split_once(" from ")
                        .and_then(|(_, rest)| rest.split_whitespace().next().map(str::to_owned)),
                );
            }
            (_, "Environment Variables from") if key != "Environment Variables from" => {
                recipe.imports.push(recipe::Import { config_map: None, prefix: String::new(), at });
            }
            _ => {}
        }
    }

    fn field(&mut self, key: &str, value: &str, at: Position) {
        self.state_recipe(key, value, at);
        match (key, self.list.as_str()) {
            ("State", _) => self.state(value, "state", at),
            ("Last State" | "Last Termination State" | "LastState", _) => self.state(value, "lastState", at),
            ("Restart Count", _) => self.number("restartCount", value.parse().ok(), Unit::Count, at),
            ("memory", "Limits") => self.number("limits.memory", quantity::parse(value), Unit::Bytes, at),
            ("memory", "Requests") => self.number("requests.memory", quantity::parse(value), Unit::Bytes, at),
            ("Reason" | "Exit Code" | "Signal" | "Started" | "Finished" | "Message", _)
                if !self.state.is_empty() =>
            {
                self.of_state(key, value, at);
            }
            (name, "Environment") if VARIABLES.contains(&name) => {
                // `268435456 (limits.memory)`: a reference with what it came to.
                let value = if value.ends_with("(limits.memory)") { "limits.memory" } else { value };
                self.facts.push(Fact::Text(name.to_owned(), value.to_owned(), at));
            }
            _ => {}
        }
    }

    fn state(&mut self, value: &str, state: &'static str, at: Position) {
        self.state = state;
        self.facts.push(Fact::Text(state.to_owned(), value.to_ascii_lowercase(), at));
    }

    fn of_state(&mut self, key: &str, value: &str, at: Position) {
        let state = self.state;
        match key {
            "Exit Code" => self.number(&format!("{state}.exitCode"), value.parse().ok(), Unit::Count, at),
            "Signal" => self.number(&format!("{state}.signal"), value.parse().ok(), Unit::Count, at),
            _ => {
                let name = match key {
                    "Reason" => "reason",
                    "Started" => "startedAt",
                    "Finished" => "finishedAt",
                    _ => "message",
                };
                self.facts.push(Fact::Text(format!("{state}.{name}"), value.to_owned(), at));
            }
        }
    }

    fn number(&mut self, key: &str, value: Option<i64>, unit: Unit, at: Position) {
        self.facts.extend(value.map(|value| Fact::Number(key.to_owned(), value, unit, at)));
    }
}
