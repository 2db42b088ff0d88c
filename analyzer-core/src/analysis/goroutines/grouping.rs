//! Goroutines with one state, call chain and creator are one group.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::moments::{self, Form, Moment, Moments, Proof};
use super::names::{Function, Functions};
use super::profile_rows;
use super::recover;
use super::state::Wait;
use crate::base::convert::{to_u32, to_u64};
use crate::base::intern::StrId;
use crate::base::order::StableOrder;
use crate::base::source::Position;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{Goroutine, GoroutineDump, GoroutineFlags, LabelSetId};
use crate::evidence::profiles::Profile;
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
    pub counted_labels: Vec<(Vec<(StrId, StrId)>, u64)>,
    /// Where counted stacks stand.
    pub places: Vec<Position>,
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
    /// Locked to its thread.
    pub is_locked: bool,
    /// A test says that it was left behind.
    pub is_left: bool,
    /// Fingerprint of the addresses that it was started with; 0 if unknown.
    pub arguments: u32,
    /// Its labels.
    pub labels: LabelSetId,
}

/// A function and a line of it.
type SiteKey = (u32, Option<u32>);

/// What two dumps must share to be of one group, comparable across forms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    wait: Wait,
    frames: Vec<SiteKey>,
    creator: Option<SiteKey>,
}

/// What one form says of a group before normalizing.
type RawKey = (Option<StackId>, Option<StrId>, Option<FrameId>, Wait);

struct Table<'e> {
    evidence: &'e Evidence,
    functions: Functions,
    names: FxHashMap<Rc<str>, u32>,
    groups: Vec<Group>,
    keys: Vec<Key>,
    by_key: FxHashMap<Key, usize>,
    by_raw: FxHashMap<RawKey, usize>,
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
        names: FxHashMap::default(),
        groups: Vec::new(),
        keys: Vec::new(),
        by_key: FxHashMap::default(),
        by_raw: FxHashMap::default(),
        moments: found.moments.len(),
        uses_creator: found.moments.iter().all(|moment| moment.has_ids),
    };
    for (index, moment) in found.moments.iter().enumerate() {
        table.add_moment(index, moment);
    }
    table.merge_running();
    table.mark_leaked(found);
    for population in table.groups.iter_mut().flat_map(|group| &mut group.at) {
        population.members.order_by_key(|member| member.goid);
    }
    table.groups
}

impl Table<'_> {
    fn add_moment(&mut self, index: usize, moment: &Moment) {
        match moment.form {
            Form::Dump(id) => {
                let dump = &self.evidence.goroutines.dumps[id];
                self.add_named(index, dump);
                self.add_counted(index, moment, dump);
            }
            Form::Profile(id) => self.add_profile(index, moment, &self.evidence.profiles[id]),
        }
    }

    fn add_named(&mut self, index: usize, dump: &GoroutineDump) {
        for row in moments::real(dump) {
            // A cut stack would be a group of its own without meaning one, unless no other
            // goroutine is where it is.
            if row.flags.has(GoroutineFlags::CUT) && !self.stands_alone(row, dump) {
                continue;
            }
            let group = self.group_of((row.stack, Some(row.state), row.creator, Wait::Other));
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
                is_locked: row.flags.has(GoroutineFlags::LOCKED),
                is_left: row.flags.has(GoroutineFlags::LEFT_BY_TEST),
                arguments: row.arguments,
                labels: row.labels,
            });
        }
    }

    /// True if no other goroutine of the dump waits in the same call, and the stack has one.
    fn stands_alone(&self, row: &Goroutine, dump: &GoroutineDump) -> bool {
        let leaf =
            |row: &Goroutine| self.evidence.stacks.leaf_first(row.stack).next().map(|frame| frame.function);
        let own = leaf(row);
        let is_beside = |other: &Goroutine| other.line != row.line && leaf(other) == own;
        own.is_some() && !moments::real(dump).any(is_beside)
    }

    fn add_counted(&mut self, index: usize, moment: &Moment, dump: &GoroutineDump) {
        let waits = recover::waits(self.evidence, dump);
        for (row, wait) in dump.counted.iter().zip(waits) {
            let group = self.group_of((row.stack, None, None, wait));
            let labels = self.evidence.goroutines.labels.get(row.labels).to_vec();
            let at = Position::line(u64::from(row.line));
            self.groups[group].at[index].add(row.count, labels, at, moment.is_only_leaked);
        }
    }

    fn add_profile(&mut self, index: usize, moment: &Moment, profile: &Profile) {
        for row in profile_rows::rows(self.evidence, profile) {
            let frames = self.chain(row.frames);
            let group = self.normalized(frames, None, None, row.wait);
            let at = Position::offset(row.offset);
            self.groups[group].at[index].add(row.count, row.labels, at, moment.is_only_leaked);
        }
    }

    fn group_of(&mut self, raw: RawKey) -> usize {
        if let Some(&group) = self.by_raw.get(&raw) {
            return group;
        }
        let (stack, state, creator, wait) = raw;
        let frames = self.stack_chain(stack);
        let creator = creator.and_then(|id| self.evidence.stacks.frames.get(id)).copied();
        let group = self.normalized(frames, creator, state, wait);
        self.by_raw.insert(raw, group);
        group
    }

    fn normalized(
        &mut self,
        frames: Vec<CallSite>,
        creator: Option<Frame>,
        state: Option<StrId>,
        wait: Wait,
    ) -> usize {
        let reason = state.map(|state| self.evidence.strings.get(state));
        let names = frames.iter().map(|site| &*site.function.name);
        let wait = reason.map_or(wait, |reason| Wait::from_reason(reason).refine(names));
        let creator = creator.filter(|_| self.uses_creator).map(|frame| self.site(&frame));
        let key = Key {
            wait,
            frames: self.chain_key(&frames),
            creator: creator.as_ref().map(|site| self.site_key(site)),
        };
        if let Some(&group) = self.by_key.get(&key) {
            return group;
        }
        let group = self.groups.len();
        let state = reason.unwrap_or(wait.label()).to_owned();
        let at = vec![Population::default(); self.moments];
        self.groups.push(Group { wait, state, frames, creator, at });
        self.keys.push(key.clone());
        self.by_key.insert(key, group);
        group
    }

    fn chain_key(&mut self, frames: &[CallSite]) -> Vec<SiteKey> {
        frames.iter().map(|site| self.site_key(site)).collect()
    }

    fn site(&mut self, frame: &Frame) -> CallSite {
        let function = self.functions.get(&self.evidence.strings, frame.function);
        let origin = function.origin(frame.file.map(|file| self.evidence.strings.get(file)));
        CallSite { function, file: frame.file, line: frame.line, origin }
    }

    fn site_key(&mut self, site: &CallSite) -> SiteKey {
        let next = to_u32(self.names.len());
        (*self.names.entry(Rc::clone(&site.function.name)).or_insert(next), site.line)
    }

    fn stack_chain(&mut self, stack: Option<StackId>) -> Vec<CallSite> {
        let frames = self.evidence.stacks.leaf_first(stack).copied().collect();
        self.chain(frames)
    }

    /// The call chain as every form would show it: frames that only some forms
    /// print (the runtime's own, compiler wrappers) are left out.
    fn chain(&mut self, frames: Vec<Frame>) -> Vec<CallSite> {
        let all: Vec<CallSite> = frames.iter().map(|frame| self.site(frame)).collect();
        let shown: Vec<CallSite> = all.iter().filter(|site| is_shown(&site.function)).cloned().collect();
        if shown.is_empty() { all } else { shown }
    }

    /// A loop that was just woken stands in the same chain as `runnable`: it
    /// belongs to the group in which it waits otherwise.
    fn merge_running(&mut self) {
        let mut waiting: FxHashMap<(&[_], &Option<_>), usize> = FxHashMap::default();
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
        let kept: Vec<bool> = self.groups.iter().map(|group| !group.at.is_empty()).collect();
        let mut keeps = kept.iter().copied();
        self.groups.retain(|_| keeps.next().unwrap_or(true));
        let mut keeps = kept.iter().copied();
        self.keys.retain(|_| keeps.next().unwrap_or(true));
    }

    /// Takes over proofs of other dumps: marks by id, counted leak profiles by chain.
    fn mark_leaked(&mut self, found: &Moments) {
        self.mark_by_id(found);
        for proof in &found.proofs {
            self.mark_by_chain(found, *proof);
        }
    }

    fn mark_by_id(&mut self, found: &Moments) {
        let mut marked: FxHashMap<u64, Vec<SiteKey>> = FxHashMap::default();
        for &id in &found.marked {
            let dump = &self.evidence.goroutines.dumps[id];
            for row in dump.goroutines.iter().filter(|row| row.flags.has(GoroutineFlags::LEAKED)) {
                let chain = self.stack_chain(row.stack);
                let chain = self.chain_key(&chain);
                marked.insert(row.goid, chain);
            }
        }
        if marked.is_empty() {
            return;
        }
        for (group, key) in self.groups.iter_mut().zip(&self.keys) {
            for population in &mut group.at {
                for member in population.members.iter_mut().filter(|member| !member.is_leaked) {
                    if marked.get(&member.goid) == Some(&key.frames) {
                        member.is_leaked = true;
                        population.leaked += 1;
                    }
                }
            }
        }
    }

    fn mark_by_chain(&mut self, found: &Moments, proof: Proof) {
        let Some(index) = found.moments.iter().rposition(|moment| moment.snapshot == proof.snapshot) else {
            return;
        };
        if found.moments.get(index).is_some_and(|moment| moment.is_only_leaked) {
            return;
        }
        let mut proven = self.proven(proof.form);
        for (group, key) in self.groups.iter_mut().zip(&self.keys) {
            let (Some(left), Some(population)) = (proven.get_mut(&key.frames), group.at.get_mut(index))
            else {
                continue;
            };
            let taken = population.count.min(*left);
            population.leaked = population.leaked.max(taken);
            *left -= taken;
        }
    }

    /// Leaked goroutines by call chain, as a counted leak profile says.
    fn proven(&mut self, form: Form) -> FxHashMap<Vec<SiteKey>, u64> {
        let mut proven: FxHashMap<Vec<SiteKey>, u64> = FxHashMap::default();
        match form {
            Form::Dump(id) => {
                for row in &self.evidence.goroutines.dumps[id].counted {
                    let chain = self.stack_chain(row.stack);
                    *proven.entry(self.chain_key(&chain)).or_default() += row.count;
                }
            }
            Form::Profile(id) => {
                for row in profile_rows::rows(self.evidence, &self.evidence.profiles[id]) {
                    let chain = self.chain(row.frames);
                    *proven.entry(self.chain_key(&chain)).or_default() += row.count;
                }
            }
        }
        proven
    }
}

impl Population {
    /// A member by its id.
    pub fn member(&self, goid: u64) -> Option<&MemberRow> {
        let at = self.members.binary_search_by_key(&goid, |member| member.goid).ok()?;
        self.members.get(at)
    }

    /// True if a goroutine is a member.
    pub fn has(&self, goid: u64) -> bool {
        self.member(goid).is_some()
    }

    fn add(&mut self, count: u64, labels: Vec<(StrId, StrId)>, at: Position, is_leaked: bool) {
        self.count = self.count.saturating_add(count);
        self.counted_labels.push((labels, count));
        self.places.push(at);
        if is_leaked {
            self.leaked = self.leaked.saturating_add(count);
        }
    }

    fn absorb(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.leaked = self.leaked.saturating_add(other.leaked);
        self.members.extend(other.members);
        self.counted_labels.extend(other.counted_labels);
        self.places.extend(other.places);
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
            places: Vec::new(),
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
        first(Origin::Own).or_else(|| first(Origin::Dependency))
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
