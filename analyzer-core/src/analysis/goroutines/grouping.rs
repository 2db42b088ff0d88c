//! Goroutines with one state, call chain and creator are one group.

use std::collections::HashMap;
use std::rc::Rc;

use super::moments::{self, Moment, Moments};
use super::names::{Function, Functions};
use super::recover;
use super::state::Wait;
use crate::base::convert::{to_u32, to_u64};
use crate::base::intern::StrId;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{GoroutineDump, GoroutineFlags, LabelSetId};
use crate::evidence::stacks::{Frame, FrameId, StackId};
use crate::report::{Origin, StackFrame};

/// Marker frame that the parser puts where the text leaves frames out.
pub const ELIDED: &str = "...frames elided...";

/// A call site of a group's stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The function.
    pub function: Rc<Function>,
    /// Source file.
    pub file: Option<StrId>,
    /// Line in it.
    pub line: Option<u32>,
    /// Whose code it is.
    pub origin: Origin,
}

/// Goroutines that wait at one place for one reason.
#[derive(Clone, Debug)]
pub struct Group {
    /// Kind of wait.
    pub wait: Wait,
    /// The reason as the dump prints it.
    pub state: String,
    /// The call chain, innermost first, without the runtime's own frames
    /// where there are others.
    pub frames: Vec<CallSite>,
    /// The `go` statement that started them; `None` also if the form does not say.
    pub creator: Option<CallSite>,
    /// Members at each moment.
    pub at: Vec<Population>,
}

/// A group at one moment.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// How many.
    pub count: u64,
    /// How many of them the runtime proved leaked.
    pub leaked: u64,
    /// Each of them, by ascending id, where the form names each.
    pub members: Vec<MemberRow>,
    /// Labels of counted members.
    pub counted_labels: Vec<(LabelSetId, u64)>,
    /// Lines of counted stacks.
    pub lines: Vec<u32>,
}

/// One goroutine of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Its id.
    pub goid: u64,
    /// Who started it.
    pub parent: Option<u64>,
    /// Minutes as printed.
    pub minutes: Option<u32>,
    /// Line of its header.
    pub line: u32,
    /// Proven leaked.
    pub is_leaked: bool,
    /// Its labels.
    pub labels: LabelSetId,
}

/// What two dumps must share to be of one group, comparable across forms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    wait: Wait,
    frames: Vec<(u32, Option<u32>)>,
    creator: Option<(u32, Option<u32>)>,
}

/// What one form says of a group before normalizing.
type RawKey = (Option<StackId>, Option<StrId>, Option<FrameId>, Wait);

struct Table<'e> {
    evidence: &'e Evidence,
    functions: Functions,
    names: HashMap<Rc<str>, u32>,
    groups: Vec<Group>,
    keys: Vec<Key>,
    by_key: HashMap<Key, usize>,
    by_raw: HashMap<RawKey, usize>,
    moments: usize,
    /// Counted forms do not say who started a goroutine: if a subject mixes
    /// forms, creators are left out of the keys.
    uses_creator: bool,
}

/// Groups over all moments of a subject.
pub fn group(evidence: &Evidence, found: &Moments) -> Vec<Group> {
    let mut table = Table {
        evidence,
        functions: Functions::default(),
        names: HashMap::new(),
        groups: Vec::new(),
        keys: Vec::new(),
        by_key: HashMap::new(),
        by_raw: HashMap::new(),
        moments: found.moments.len(),
        uses_creator: found.moments.iter().all(|moment| moment.has_ids),
    };
    for (index, moment) in found.moments.iter().enumerate() {
        table.add_moment(index, moment);
    }
    table.merge_running();
    table.mark_leaked(found);
    for population in table.groups.iter_mut().flat_map(|group| &mut group.at) {
        population.members.sort_unstable_by_key(|member| member.goid);
    }
    table.groups
}

impl Table<'_> {
    fn add_moment(&mut self, index: usize, moment: &Moment) {
        let dump = &self.evidence.goroutines.dumps[moment.dump];
        for row in moments::real(dump) {
            // A cut stack would be a group of its own without meaning one.
            if row.flags.has(GoroutineFlags::CUT) {
                continue;
            }
            let raw = (row.stack, Some(row.state), row.creator, Wait::Other);
            let group = self.group_of(raw);
            let is_leaked = row.flags.has(GoroutineFlags::LEAKED);
            let population = &mut self.groups[group].at[index];
            population.count += 1;
            population.leaked += u64::from(is_leaked);
            population.members.push(MemberRow {
                goid: row.goid,
                parent: row.parent,
                minutes: row.wait_minutes,
                line: row.line,
                is_leaked,
                labels: row.labels,
            });
        }
        self.add_counted(index, moment, dump);
    }

    fn add_counted(&mut self, index: usize, moment: &Moment, dump: &GoroutineDump) {
        let waits = recover::waits(self.evidence, dump);
        for (row, wait) in dump.counted.iter().zip(waits) {
            let group = self.group_of((row.stack, None, None, wait));
            let population = &mut self.groups[group].at[index];
            population.count = population.count.saturating_add(row.count);
            population.counted_labels.push((row.labels, row.count));
            population.lines.push(row.line);
            if moment.is_only_leaked {
                population.leaked = population.leaked.saturating_add(row.count);
            }
        }
    }

    fn group_of(&mut self, raw: RawKey) -> usize {
        if let Some(&group) = self.by_raw.get(&raw) {
            return group;
        }
        let (stack, state, creator, wait) = raw;
        let frames = self.chain(stack);
        let reason = state.map(|state| self.evidence.strings.get(state));
        let names = frames.iter().map(|site| &*site.function.name);
        let wait = reason.map_or(wait, |reason| Wait::from_reason(reason).refine(names));
        let creator = creator.and_then(|id| self.evidence.stacks.frames.get(id)).copied();
        let creator = creator.map(|frame| self.site(&frame)).filter(|_| self.uses_creator);
        let key = Key {
            wait,
            frames: frames.iter().map(|site| self.site_key(site)).collect(),
            creator: creator.as_ref().map(|site| self.site_key(site)),
        };
        let group = match self.by_key.get(&key) {
            Some(&group) => group,
            None => {
                let group = self.groups.len();
                self.groups.push(Group {
                    wait,
                    state: reason.unwrap_or(wait.label()).to_owned(),
                    frames,
                    creator,
                    at: vec![Population::default(); self.moments],
                });
                self.keys.push(key.clone());
                self.by_key.insert(key, group);
                group
            }
        };
        self.by_raw.insert(raw, group);
        group
    }

    fn site(&mut self, frame: &Frame) -> CallSite {
        let function = self.functions.get(&self.evidence.strings, frame.function);
        let origin = function.origin(frame.file.map(|file| self.evidence.strings.get(file)));
        CallSite { function, file: frame.file, line: frame.line, origin }
    }

    fn site_key(&mut self, site: &CallSite) -> (u32, Option<u32>) {
        let next = to_u32(self.names.len());
        (*self.names.entry(Rc::clone(&site.function.name)).or_insert(next), site.line)
    }

    /// The call chain as every form would show it: frames that only some forms
    /// print (the runtime's own, compiler wrappers) are left out.
    fn chain(&mut self, stack: Option<StackId>) -> Vec<CallSite> {
        let all: Vec<CallSite> = self
            .evidence
            .stacks
            .leaf_first(stack)
            .copied()
            .collect::<Vec<_>>()
            .iter()
            .map(|f| self.site(f))
            .collect();
        let shown: Vec<CallSite> = all.iter().filter(|site| is_shown(&site.function)).cloned().collect();
        if shown.is_empty() { all } else { shown }
    }

    /// A loop that was just woken stands in the same chain as `runnable`: it
    /// belongs to the group in which it waits otherwise.
    fn merge_running(&mut self) {
        let mut waiting: HashMap<(&[_], &Option<_>), usize> = HashMap::new();
        for (group, key) in self.keys.iter().enumerate() {
            if key.wait != Wait::Running {
                let slot = waiting.entry((&key.frames, &key.creator)).or_insert(group);
                let total = |group: usize| self.groups[group].at.iter().map(|p| p.count).max().unwrap_or(0);
                if total(group) > total(*slot) {
                    *slot = group;
                }
            }
        }
        let moves: Vec<(usize, usize)> = self
            .keys
            .iter()
            .enumerate()
            .filter(|(_, key)| key.wait == Wait::Running)
            .filter_map(|(from, key)| Some((from, *waiting.get(&(key.frames.as_slice(), &key.creator))?)))
            .collect();
        for (from, to) in moves {
            let moved = std::mem::take(&mut self.groups[from].at);
            for (target, source) in self.groups[to].at.iter_mut().zip(moved) {
                target.absorb(source);
            }
        }
        self.groups.retain(|group| !group.at.is_empty());
    }

    /// Takes over proofs of other dumps: marks by id, counted leak profiles by chain.
    fn mark_leaked(&mut self, found: &Moments) {
        self.mark_by_id(found);
        for proof in &found.proofs {
            self.mark_by_chain(found, proof.dump, proof.snapshot);
        }
    }

    fn mark_by_id(&mut self, found: &Moments) {
        let mut marked: HashMap<u64, Vec<(u32, Option<u32>)>> = HashMap::new();
        for &id in &found.marked {
            let dump = &self.evidence.goroutines.dumps[id];
            for row in dump.goroutines.iter().filter(|row| row.flags.has(GoroutineFlags::LEAKED)) {
                let chain = self.chain(row.stack);
                let chain = chain.iter().map(|site| self.site_key(site)).collect();
                marked.insert(row.goid, chain);
            }
        }
        if marked.is_empty() {
            return;
        }
        for index in 0..self.groups.len() {
            let frames = std::mem::take(&mut self.groups[index].frames);
            let chain: Vec<_> = frames.iter().map(|site| self.site_key(site)).collect();
            let group = &mut self.groups[index];
            group.frames = frames;
            for population in &mut group.at {
                for member in population.members.iter_mut().filter(|member| !member.is_leaked) {
                    if marked.get(&member.goid) == Some(&chain) {
                        member.is_leaked = true;
                        population.leaked += 1;
                    }
                }
            }
        }
    }

    fn mark_by_chain(&mut self, found: &Moments, dump: crate::evidence::goroutines::DumpId, snapshot: usize) {
        let dump = &self.evidence.goroutines.dumps[dump];
        let Some(moment) = found.moments.iter().rposition(|moment| moment.snapshot == snapshot) else {
            return;
        };
        if found.moments.get(moment).is_some_and(|moment| moment.is_only_leaked) {
            return;
        }
        let mut proven: HashMap<Vec<(u32, Option<u32>)>, u64> = HashMap::new();
        for row in &dump.counted {
            let chain = self.chain(row.stack);
            let chain = chain.iter().map(|site| self.site_key(site)).collect();
            *proven.entry(chain).or_default() += row.count;
        }
        for index in 0..self.groups.len() {
            let frames = std::mem::take(&mut self.groups[index].frames);
            let chain: Vec<_> = frames.iter().map(|site| self.site_key(site)).collect();
            self.groups[index].frames = frames;
            let Some(left) = proven.get_mut(&chain) else { continue };
            let population = &mut self.groups[index].at[moment];
            let taken = population.count.min(*left);
            population.leaked = population.leaked.max(taken);
            *left -= taken;
        }
    }
}

impl Population {
    fn absorb(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.leaked = self.leaked.saturating_add(other.leaked);
        self.members.extend(other.members);
        self.counted_labels.extend(other.counted_labels);
        self.lines.extend(other.lines);
    }
}

/// True for frames that every form prints. `debug=2` hides the runtime's
/// unexported functions, but (since Go 1.25) not those that run finalizers
/// and cleanups.
fn is_shown(function: &Function) -> bool {
    if function.is_wrapper() {
        return false;
    }
    let name = &*function.name;
    if !function.is_runtime || name == "panic" || name == ELIDED || name == "non-Go function" {
        return true;
    }
    if matches!(name, "runtime.runFinalizers" | "runtime.runCleanups" | "runtime.runfinq") {
        return true;
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    !function.package.is_empty() && last.chars().next().is_some_and(char::is_uppercase)
}

impl CallSite {
    /// The form that the report has.
    pub fn to_report(&self, evidence: &Evidence) -> StackFrame {
        StackFrame {
            function: self.function.name.to_string(),
            file: self.file.map(|file| evidence.strings.get(file).to_owned()),
            line: self.line,
            origin: self.origin,
        }
    }
}

impl Group {
    /// Members at the last moment.
    pub fn last(&self) -> &Population {
        static EMPTY: Population = Population {
            count: 0,
            leaked: 0,
            members: Vec::new(),
            counted_labels: Vec::new(),
            lines: Vec::new(),
        };
        self.at.last().unwrap_or(&EMPTY)
    }

    /// Names of the functions, innermost first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.frames.iter().map(|site| &*site.function.name)
    }

    /// True if a function of this name is on the stack.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|function| function == name)
    }

    /// The first frame of the user's own code, from the innermost; else of a library.
    pub fn user_frame(&self) -> Option<&CallSite> {
        let first = |origin: Origin| self.frames.iter().find(|site| site.origin == origin);
        first(Origin::User).or_else(|| first(Origin::Library))
    }

    /// Counts at each moment.
    pub fn counts(&self) -> Vec<u64> {
        self.at.iter().map(|population| population.count).collect()
    }

    /// True if only the runtime's own code is in it.
    pub fn is_system(&self) -> bool {
        self.wait == Wait::Runtime
            || self.frames.iter().all(|site| site.function.is_runtime) && !self.frames.is_empty()
    }
}

/// A number of rows as a count.
pub fn count_of<T>(rows: &[T]) -> u64 {
    to_u64(rows.len())
}
