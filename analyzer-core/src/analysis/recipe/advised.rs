//! What to change in a manifest: by the advisor's arithmetic where there is a capture of the container, else
//! by what the manifest itself says.

use super::facts::memory_limit_of_go;
use super::patch;
use super::seen::{Captured, working_set};
use super::settings::{cpus, go_bytes, in_mib, text};
use super::{Unit, Version, version_of};
use crate::analysis::memory::advisor::inputs;
use crate::base::source::SourceSpan;
use crate::base::units::Bytes;
use crate::evidence::memory::UNLIMITED;
use crate::evidence::recipe::{Container, Dialect, VariableValue};
use crate::report::advisor::{ADVISED_PERCENT, Bound, LimitSettings, Step};
use crate::report::{AdvisorInputs, Citation, RecipeChange, RecipeFactId, RecipeFix};

/// Limits and requests are stated in steps of this.
const STEP: i64 = 16 << 20;

/// Share of the limit above which a GOMEMLIMIT leaves no room, in percent.
pub const TIGHT_PERCENT: i64 = 95;

/// Share of the limit below which a request says little, in percent.
pub const LEAST_REQUEST_PERCENT: i64 = 50;

/// From so many times the quota on GOMAXPROCS is a mistake.
pub const PROCS_TIMES: i64 = 2;

/// The runtime itself never goes below that (Go 1.25, adjustCgroupGOMAXPROCS).
pub const LEAST_PROCS: i64 = 2;

/// What Kubernetes gives a pod that states no grace period, in seconds.
pub const GRACE: i64 = 30;

/// Collections, in percent of those at GOGC=100, up to which a lower GOMEMLIMIT is better than more memory.
const MOST_CYCLES_PERCENT: i64 = 200;

/// What to change in the statement of a container; `None` if it is not known to be Go, or nothing can be said.
pub(super) fn fix(unit: &Unit<'_>, captured: &Captured<'_>) -> Option<RecipeFix> {
    unit.go?;
    let own = unit.container.filter(|own| !own.is_init && own.dialect != Dialect::Image)?;
    let mut plan = Plan { unit, own, captured, fix: RecipeFix::default() };
    let measured = measured(unit, captured);
    match &measured {
        Some(inputs) => plan.memory_of_capture(inputs),
        None => plan.memory_of_manifest(),
    }
    plan.processors();
    plan.grace();
    let mut fix = plan.fix;
    fix.is_measured = measured.is_some();
    (fix.patch, fix.apply) = patch::write(own, &fix.changes);
    (fix.is_measured || !fix.changes.is_empty()).then_some(fix)
}

/// The inputs of the moment with the largest live heap.
fn measured(unit: &Unit<'_>, captured: &Captured<'_>) -> Option<AdvisorInputs> {
    let subjects = &unit.capture.as_ref()?.subjects;
    let own = captured.moments.iter().filter(|reviewed| subjects.contains(&reviewed.moment.subject));
    own.filter_map(inputs).max_by_key(|inputs| inputs.live.0)
}

struct Plan<'p, 'e> {
    unit: &'p Unit<'e>,
    own: &'e Container,
    captured: &'p Captured<'p>,
    fix: RecipeFix,
}

/// How GOMEMLIMIT is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stated {
    /// Not at all.
    Missing,
    /// So much.
    Bytes(i64),
    /// `off`.
    Off,
    /// Something that Go does not take.
    Malformed,
    /// Somewhere that cannot be seen here, or by a module that sets it itself.
    Elsewhere,
}

impl Plan<'_, '_> {
    fn note(&mut self, text: impl Into<String>) {
        self.fix.notes.push(text.into());
    }

    /// A changed setting; `at` is its line, where it has one.
    fn change(
        &mut self,
        id: RecipeFactId,
        stated: Option<(String, SourceSpan)>,
        to: Option<String>,
        why: String,
    ) {
        let at = stated.as_ref().map_or(self.own.at, |(_, at)| *at);
        let from = stated.map(|(from, _)| from);
        self.fix.changes.push(RecipeChange { id, from, to, citation: Citation::place(at), why });
    }

    fn gomemlimit(&self) -> Stated {
        let helper = self.unit.helpers().memory || self.unit.may_be_set("AUTOMEMLIMIT");
        match self.unit.variable("GOMEMLIMIT") {
            Some((VariableValue::Text(text), _)) if text == "off" => Stated::Off,
            Some((VariableValue::Text(text), _)) if !text.is_empty() => {
                go_bytes(text).map_or(Stated::Malformed, Stated::Bytes)
            }
            Some((VariableValue::Resource(_), _)) => {
                memory_limit_of_go(self.unit).map_or(Stated::Elsewhere, |(value, _)| Stated::Bytes(value))
            }
            Some((VariableValue::Key { .. } | VariableValue::Unknown, _)) => Stated::Elsewhere,
            _ if helper || self.unit.has_unknown_variables => Stated::Elsewhere,
            _ => Stated::Missing,
        }
    }

    /// A variable as it stands, with its line.
    fn variable(&self, name: &str) -> Option<(String, SourceSpan)> {
        let (value, at) = self.unit.variable(name)?;
        let written = match value {
            VariableValue::Text(text) => text.clone(),
            VariableValue::Resource(resource) => resource.clone(),
            VariableValue::Key { .. } | VariableValue::Unknown => return None,
        };
        Some((written, at))
    }

    fn set_gomemlimit(&mut self, value: i64, why: String) {
        let stated = self.variable("GOMEMLIMIT");
        self.change(RecipeFactId::Gomemlimit, stated, Some(in_mib(value)), why);
    }

    /// Memory-backed volumes with a size; what has none can take all of the limit.
    fn volumes(&mut self) -> i64 {
        if let Some(open) = self.own.memory_volumes.iter().find(|volume| volume.size.is_none()) {
            let note = format!(
                "The volume {} is memory-backed and has no size limit: its contents count toward the limit, but are not part of this calculation.",
                open.name
            );
            self.note(note);
        }
        self.own.memory_volumes.iter().filter_map(|volume| volume.size).fold(0_i64, i64::saturating_add)
    }

    /// GOMEMLIMIT of what the manifest's limit leaves.
    fn memory_of_manifest(&mut self) {
        let Some(limit) = self.own.memory_limit.clone() else {
            return self.gogc_without_limit();
        };
        let volumes = self.volumes();
        let advised = limit.value.saturating_sub(volumes) / 100 * ADVISED_PERCENT;
        let why = match self.gomemlimit() {
            Stated::Elsewhere | Stated::Off => return,
            Stated::Missing => "the runtime does not know the memory limit".to_owned(),
            Stated::Malformed => "Go does not start with this value".to_owned(),
            Stated::Bytes(value) if value >= limit.value => {
                format!("it is not below the memory limit of {}", limit.written)
            }
            Stated::Bytes(value) if value.saturating_add(volumes) > limit.value => {
                format!("with {} of memory-backed volumes, it exceeds the memory limit", text(volumes))
            }
            Stated::Bytes(value) if value > limit.value / 100 * TIGHT_PERCENT => {
                format!("it leaves {} for memory outside the Go runtime", text(limit.value - value))
            }
            Stated::Bytes(_) => return,
        };
        if advised < 1 << 20 {
            return self.note("The memory-backed volumes leave nothing of the memory limit for Go.");
        }
        let step = |id: &str, label: &str, formula: String, bytes: i64| Step {
            id: id.to_owned(),
            label: label.to_owned(),
            formula,
            bytes: Bytes(bytes),
        };
        self.fix.steps.push(step(
            "limit",
            "Memory limit",
            format!("{} as stated", limit.written),
            limit.value,
        ));
        if volumes > 0 {
            self.fix.steps.push(step("volumes", "Memory-backed volumes", "their sizes".to_owned(), volumes));
        }
        let formula = if volumes > 0 { "(limit − volumes)" } else { "limit" };
        let formula = format!("{formula} · {ADVISED_PERCENT}%, in whole MiB");
        self.fix.steps.push(step("gomemlimit", "GOMEMLIMIT", formula, advised >> 20 << 20));
        self.set_gomemlimit(advised, why);
        self.note("Without a capture of the container, its live heap and its memory outside the Go runtime are unknown.");
    }

    fn gogc_without_limit(&mut self) {
        let is_off =
            self.unit.literal("GOGC").is_some_and(|(gogc, _)| super::settings::gogc(gogc) == Some(UNLIMITED));
        if is_off && matches!(self.gomemlimit(), Stated::Missing | Stated::Off) {
            let stated = self.variable("GOGC");
            let why = "no garbage collection runs before memory runs out".to_owned();
            self.change(RecipeFactId::Gogc, stated, None, why);
        }
    }

    /// Limit, GOMEMLIMIT and request by the advisor.
    fn memory_of_capture(&mut self, inputs: &AdvisorInputs) {
        let Some(limit) = self.own.memory_limit.clone() else {
            let fits = inputs.recommend(Bytes(0), 100);
            let note = format!(
                "No memory limit is set. A limit of {} would fit the captured memory use; the minimum is {}.",
                mebi(round_up(fits.roomy_limit.0), Dialect::Kubernetes),
                mebi(round_up(fits.least_limit.0), Dialect::Kubernetes)
            );
            self.note(note);
            return self.gogc_without_limit();
        };
        let stated = self.gomemlimit();
        let seen = inputs.gomemlimit.map(|value| value.0);
        let gomemlimit = match stated {
            Stated::Bytes(value) => Some(value),
            Stated::Elsewhere => seen,
            Stated::Missing | Stated::Off | Stated::Malformed => None,
        };
        let gogc = match self.unit.literal("GOGC").and_then(|(gogc, _)| super::settings::gogc(gogc)) {
            Some(UNLIMITED) => None,
            Some(percent) => Some(percent),
            None => Some(inputs.gogc.unwrap_or(100)).filter(|percent| *percent >= 0),
        };
        let settings = |limit: i64, gomemlimit: Option<i64>| LimitSettings {
            limit: Bytes(limit),
            gomemlimit: gomemlimit.map(Bytes),
            gogc,
            live_percent: 100,
        };
        let now = inputs.evaluate(&settings(limit.value, gomemlimit));
        let is_over = gomemlimit.is_some_and(|go| go.saturating_add(inputs.beside_total().0) > limit.value);
        let is_bad = !now.fits || is_over || now.bound == Bound::Live || stated == Stated::Malformed;
        let mut chosen = (limit.value, gomemlimit);
        if is_bad || stated == Stated::Missing {
            chosen = self.choose(inputs, limit.value, &settings);
        }
        let after = inputs.evaluate(&settings(chosen.0, chosen.1));
        let peak = |advice: &crate::report::advisor::Advice| {
            advice.peak.map_or_else(|| "without bound".to_owned(), |peak| text(peak.0))
        };
        if chosen.0 != limit.value {
            let why = format!(
                "with these settings, the captured memory use peaks at {}, and {} fits",
                peak(&now),
                text(chosen.0)
            );
            let to = mebi(chosen.0, self.own.dialect);
            self.change(RecipeFactId::MemoryLimit, Some((limit.written.clone(), limit.at)), Some(to), why);
        }
        let is_settable = stated != Stated::Elsewhere;
        if let Some(value) = chosen.1.filter(|value| Some(*value) != gomemlimit && is_settable) {
            let why = format!(
                "{ADVISED_PERCENT}% of {} minus {} outside the Go runtime; the peak is then {}",
                text(chosen.0),
                text(inputs.beside_total().0),
                peak(&after)
            );
            self.set_gomemlimit(value, why);
        }
        if !is_settable && is_bad {
            self.note("GOMEMLIMIT is set in a place that was not captured: change it there.");
        }
        self.request(chosen.0, after.peak.map(|peak| peak.0));
        let roomy = inputs.recommend(Bytes(chosen.0), 100).roomy_limit.0;
        if chosen.0 > roomy.saturating_mul(2) {
            let note = format!(
                "The captured memory use would fit in {}. To decide whether the limit can be lowered, capture under load.",
                mebi(round_up(roomy), Dialect::Kubernetes)
            );
            self.note(note);
        }
        self.fix.steps = after.steps;
        self.fix.notes.extend(after.notes);
    }

    /// The stated limit with the GOMEMLIMIT for it, if that costs few collections; else the least limit that costs none.
    fn choose(
        &self,
        inputs: &AdvisorInputs,
        limit: i64,
        settings: &dyn Fn(i64, Option<i64>) -> LimitSettings,
    ) -> (i64, Option<i64>) {
        let in_whole = |value: Bytes| value.0 >> 20 << 20;
        if let Some(value) = inputs.recommend(Bytes(limit), 100).gomemlimit.map(in_whole) {
            let advice = inputs.evaluate(&settings(limit, Some(value)));
            let is_cheap = advice.cycles_percent.is_some_and(|percent| percent <= MOST_CYCLES_PERCENT);
            if advice.fits && is_cheap {
                return (limit, Some(value));
            }
        }
        let more = round_up(inputs.recommend(Bytes(limit), 100).roomy_limit.0).max(limit);
        (more, inputs.recommend(Bytes(more), 100).gomemlimit.map(in_whole))
    }

    fn request(&mut self, limit: i64, peak: Option<i64>) {
        let Some(request) = self.own.memory_request.clone() else { return };
        let subjects =
            self.unit.capture.as_ref().map(|capture| capture.subjects.as_slice()).unwrap_or_default();
        let used = working_set(self.captured.moments, subjects).map(|set| set.value);
        let is_far = request.value < limit / 100 * LEAST_REQUEST_PERCENT;
        let is_used = used.is_some_and(|used| request.value < used);
        let Some(needed) = peak.map(|peak| round_up(peak).min(limit)) else { return };
        if self.own.dialect != Dialect::Kubernetes || !(is_far || is_used) || needed <= request.value {
            return;
        }
        let why = match used {
            Some(used) if is_used => format!("it uses {}, and is therefore evicted first", text(used)),
            _ => "the captured peak".to_owned(),
        };
        let to = mebi(needed, self.own.dialect);
        self.change(RecipeFactId::MemoryRequest, Some((request.written, request.at)), Some(to), why);
    }

    fn processors(&mut self) {
        let Some(limit) = self.own.cpu_limit.as_ref().map(|limit| limit.value) else { return };
        let procs = (limit.saturating_add(999) / 1000).max(LEAST_PROCS);
        let quota = cpus(limit);
        if let Some((words, at)) = self.unit.literal("GOMAXPROCS") {
            let value = words.parse::<i64>().unwrap_or(0);
            if value <= LEAST_PROCS || value.saturating_mul(1000) <= limit.saturating_mul(PROCS_TIMES) {
                return;
            }
            let to = (!self.unit.reads_quota()).then(|| procs.to_string());
            let why = match &to {
                None => format!("the runtime reads the quota of {quota} CPU itself"),
                Some(_) => format!("the quota is {quota} CPU; the runtime itself would use {procs}"),
            };
            return self.change(RecipeFactId::Gomaxprocs, Some((words.to_owned(), at)), to, why);
        }
        if self.unit.may_be_set("GOMAXPROCS") || self.unit.helpers().processors {
            return;
        }
        let Some(why) = self.unit.ignores_quota().map(|(why, _)| why).or_else(|| self.captured_old()) else {
            return;
        };
        let why = format!("{why}; the quota is {quota} CPU");
        self.change(RecipeFactId::Gomaxprocs, None, Some(procs.to_string()), why);
    }

    /// An old Go version that only the capture names.
    fn captured_old(&self) -> Option<String> {
        let subject = *self.unit.capture.as_ref()?.subjects.first()?;
        let (version, _) = self.captured.go_version(subject)?;
        let is_old = version_of(version).is_some_and(|version: Version| version.is_before(super::AWARE));
        (is_old && self.unit.go_version().is_none()).then(|| format!("{version} does not read the quota"))
    }

    fn grace(&mut self) {
        let Some(hook) = self.own.pre_stop.as_ref() else { return };
        let grace = self.own.grace.as_ref().map_or(GRACE, |grace| grace.value);
        if self.own.dialect != Dialect::Kubernetes || hook.value < grace {
            return;
        }
        let stated = self.own.grace.as_ref().map(|grace| (grace.written.clone(), grace.at));
        let to = hook.value.saturating_add(GRACE).to_string();
        let why = format!("the preStop hook sleeps {} s, and Shutdown needs additional time", hook.value);
        self.change(RecipeFactId::Grace, stated, Some(to), why);
    }
}

fn round_up(amount: i64) -> i64 {
    amount.saturating_add(STEP - 1) / STEP * STEP
}

/// An amount of whole MiB as the dialect writes it.
fn mebi(amount: i64, dialect: Dialect) -> String {
    let unit = if dialect == Dialect::Kubernetes { "Mi" } else { "m" };
    format!("{}{unit}", amount >> 20)
}
