//! The report's section: what each container is given, beside what its capture shows, and what to change.

use super::seen::{Captured, Seen};
use super::settings::{self, cpus, go_bytes, gomemlimit, text};
use super::{Unit, advised, agreement, drift};
use crate::analysis::memory::moment;
use crate::analysis::memory::term::Term;
use crate::base::convert::to_u64;
use crate::base::source::SourceSpan;
use crate::base::units::Unit as Measure;
use crate::evidence::memory::UNLIMITED;
use crate::evidence::recipe::{Stated, VariableValue};
use crate::report::recipe::{RECIPE_ROWS, RecipeCapture};
use crate::report::{CapturedFact, Citation, Recipe, RecipeContainer, RecipeFact, RecipeFactId, SubjectId};

/// The section; `None` if nothing is stated of any container.
pub fn section(units: &[Unit<'_>], captured: &Captured<'_>) -> Option<Recipe> {
    if units.is_empty() {
        return None;
    }
    let mut order: Vec<&Unit<'_>> = units.iter().collect();
    order.sort_by_key(|unit| unit.go.is_none());
    let shown = order.get(..RECIPE_ROWS.min(order.len())).unwrap_or_default();
    let (units, mut containers): (Vec<&Unit<'_>>, Vec<RecipeContainer>) =
        shown.iter().filter_map(|unit| Some((*unit, container(unit, captured)?))).unzip();
    drift::settle(&mut containers);
    agreement::settle(&mut containers, &units);
    for (container, unit) in containers.iter_mut().zip(units) {
        container.fix = advised::fix(unit, captured);
    }
    Some(Recipe { containers, hidden: to_u64(order.len().saturating_sub(RECIPE_ROWS)) })
}

fn container(unit: &Unit<'_>, captured: &Captured<'_>) -> Option<RecipeContainer> {
    let at = unit
        .container
        .map(|container| container.at)
        .or_else(|| unit.build.map(|build| build.base.at))
        .or_else(|| unit.program.map(|program| program.go.at))?;
    let capture = unit.capture.as_ref().and_then(|capture| {
        Some(RecipeCapture {
            subject: *capture.subjects.first()?,
            count: to_u64(capture.subjects.len()),
            because: capture.because.clone(),
        })
    });
    let subjects = unit.capture.as_ref().map(|capture| capture.subjects.as_slice()).unwrap_or_default();
    let mut facts = facts(unit);
    for fact in &mut facts {
        fact.captured = as_captured(fact.id, subjects, captured);
    }
    Some(RecipeContainer {
        name: unit.name(),
        citation: Citation::place(at),
        go: unit.go.map(Citation::place),
        facts,
        others: Vec::new(),
        capture,
        fix: None,
    })
}

/// What the captures show; `None` if replicas differ.
fn as_captured(id: RecipeFactId, subjects: &[SubjectId], captured: &Captured<'_>) -> Option<CapturedFact> {
    let mut all = subjects.iter().map(|&subject| {
        if id == RecipeFactId::GoVersion {
            let (version, citation) = captured.go_version(subject)?;
            return Some(CapturedFact { text: version.to_owned(), citation, differs: false });
        }
        captured.setting(subject, id).map(|seen| shown(id, seen))
    });
    let first = all.next()??;
    all.all(|other| other.is_none_or(|other| other.text == first.text)).then_some(first)
}

fn shown(id: RecipeFactId, seen: Seen) -> CapturedFact {
    let text = match id {
        _ if seen.value == UNLIMITED => "none".to_owned(),
        RecipeFactId::MemoryLimit | RecipeFactId::Gomemlimit => text(seen.value),
        RecipeFactId::CpuLimit => cpus(seen.value),
        _ => seen.value.to_string(),
    };
    let citation = Citation { value: Some(seen.value), ..seen.citation };
    CapturedFact { text, citation, differs: false }
}

/// Everything that is stated, in the order of the ids.
fn facts(unit: &Unit<'_>) -> Vec<RecipeFact> {
    let mut facts = Vec::new();
    if let Some(container) = unit.container {
        let numbers = [
            (RecipeFactId::MemoryLimit, &container.memory_limit, Measure::Bytes),
            (RecipeFactId::MemoryRequest, &container.memory_request, Measure::Bytes),
            (RecipeFactId::CpuLimit, &container.cpu_limit, Measure::Count),
            (RecipeFactId::Pids, &container.pids, Measure::Count),
            (RecipeFactId::Nofile, &container.nofile, Measure::Count),
            (RecipeFactId::Grace, &container.grace, Measure::Count),
        ];
        for (id, stated, unit) in numbers {
            facts.extend(stated.as_ref().map(|stated| number(id, stated, unit)));
        }
        facts.extend(container.memory_volumes.iter().map(|volume| {
            let size = volume.size.map_or_else(|| "no size limit".to_owned(), text);
            let written = format!("{}: {size}", volume.name);
            fact(RecipeFactId::MemoryVolume, written, volume.size, Measure::Bytes, volume.at)
        }));
    }
    let variables = [
        (RecipeFactId::Gomemlimit, Measure::Bytes),
        (RecipeFactId::Gogc, Measure::Count),
        (RecipeFactId::Gomaxprocs, Measure::Count),
    ];
    facts.extend(variables.into_iter().filter_map(|(id, measure)| variable(unit, id, measure)));
    if let Some((_, stated)) = unit.go_version() {
        facts.push(fact(RecipeFactId::GoVersion, stated.value.clone(), None, Measure::Count, stated.at));
    }
    facts.sort_by_key(|fact| fact.id);
    facts
}

fn number(id: RecipeFactId, stated: &Stated<i64>, unit: Measure) -> RecipeFact {
    let written = if stated.written.is_empty() { stated.value.to_string() } else { stated.written.clone() };
    fact(id, written, Some(stated.value), unit, stated.at)
}

fn fact(id: RecipeFactId, written: String, value: Option<i64>, unit: Measure, at: SourceSpan) -> RecipeFact {
    let citation = Citation {
        quantity: Some(id.label().to_owned()),
        value,
        unit: value.map(|_| unit),
        ..Citation::place(at)
    };
    RecipeFact { id, written, value, unit: value.map(|_| unit), citation, captured: None }
}

fn variable(unit: &Unit<'_>, id: RecipeFactId, measure: Measure) -> Option<RecipeFact> {
    let (value, at) = unit.variable(id.label())?;
    let (written, number) = match value {
        VariableValue::Text(text) if text.is_empty() => return None,
        VariableValue::Text(text) => (text.clone(), setting(id, text)),
        VariableValue::Resource(resource) => (resource.clone(), resource_value(unit, resource)),
        VariableValue::Key { .. } | VariableValue::Unknown => ("set from another source".to_owned(), None),
    };
    Some(fact(id, written, number, measure, at))
}

fn setting(id: RecipeFactId, text: &str) -> Option<i64> {
    match id {
        RecipeFactId::Gomemlimit => gomemlimit(text),
        RecipeFactId::Gogc => settings::gogc(text),
        RecipeFactId::Gomaxprocs => text.parse().ok().filter(|procs| *procs > 0),
        _ => None,
    }
}

/// What a reference to a resource comes to: of a limit of CPU the whole processors, rounded up.
fn resource_value(unit: &Unit<'_>, resource: &str) -> Option<i64> {
    let container = unit.container?;
    match resource {
        "limits.memory" => container.memory_limit.as_ref().map(|limit| limit.value),
        "requests.memory" => container.memory_request.as_ref().map(|request| request.value),
        "limits.cpu" => container.cpu_limit.as_ref().map(|limit| limit.value.saturating_add(999) / 1000),
        _ => None,
    }
}

/// What manifests of a capture's container state, as far as they agree.
pub fn stated(units: &[Unit<'_>], subject: SubjectId) -> moment::Stated {
    let is_own =
        |unit: &&Unit<'_>| unit.capture.as_ref().is_some_and(|capture| capture.subjects.contains(&subject));
    let own: Vec<&Unit<'_>> = units.iter().filter(is_own).collect();
    let one = |read: &dyn Fn(&Unit<'_>) -> Option<(i64, SourceSpan)>, name: &str, measure: Measure| {
        let mut values = own.iter().filter_map(|unit| read(unit));
        let (value, at) = values.next()?;
        let citation = Citation::figure(at, name, value, measure);
        values.all(|(other, _)| other == value).then_some(Term { value, from: vec![citation] })
    };
    let limit = |unit: &Unit<'_>| unit.container?.memory_limit.as_ref().map(|limit| (limit.value, limit.at));
    let of = |id: RecipeFactId| {
        move |unit: &Unit<'_>| {
            let fact = variable(unit, id, Measure::Bytes)?;
            Some((fact.value?, SourceSpan { source: fact.citation.source, at: fact.citation.at? }))
        }
    };
    moment::Stated {
        limit: one(&limit, "memory limit", Measure::Bytes),
        gomemlimit: one(&of(RecipeFactId::Gomemlimit), "GOMEMLIMIT", Measure::Bytes),
        gogc: one(&of(RecipeFactId::Gogc), "GOGC", Measure::Count),
    }
}

/// GOMEMLIMIT in bytes, if it is a literal that the runtime takes, or a resource; with its place.
pub fn memory_limit_of_go(unit: &Unit<'_>) -> Option<(i64, SourceSpan)> {
    let (value, at) = unit.variable("GOMEMLIMIT")?;
    match value {
        VariableValue::Text(text) => Some((go_bytes(text)?, at)),
        VariableValue::Resource(resource) => Some((resource_value(unit, resource)?, at)),
        _ => None,
    }
}
