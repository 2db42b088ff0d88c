//! What the rules of the recipe share.

pub use super::super::draft::{Draft, list};
use crate::analysis::recipe::Unit;
pub use crate::analysis::recipe::settings::{cpus, go_bytes, in_mib, text};
use crate::base::source::SourceSpan;
use crate::base::units::Unit as Measure;
use crate::detectors::{Case, Rule};
use crate::evidence::recipe::{Container, Dialect, Stated};
use crate::report::advisor::ADVISED_PERCENT;
use crate::report::{Citation, Confidence, Finding, SubjectId};

/// Places that one finding cites at most.
const PLACES: usize = 20;

/// What any of these rules needs: a container or an image that is known to run a Go program.
pub fn missing_inputs(case: &Case<'_>) -> Vec<String> {
    if case.units.iter().any(|unit| unit.go.is_some()) {
        return Vec::new();
    }
    if case.units.is_empty() {
        return list(&[
            "a manifest, a compose file, a Dockerfile or the output of a container runtime (docker inspect)",
        ]);
    }
    list(&[
        "evidence that a container runs a Go program: a runtime variable (GOMEMLIMIT, GOGC, GOMAXPROCS), a golang build stage, go.mod, go version -m, or a capture of it",
    ])
}

/// What a rule says of every unit that is Go, alike ones as one.
pub fn judge(case: &Case<'_>, rule: impl Fn(&Unit<'_>) -> Option<Draft>) -> Vec<Finding> {
    let mut found: Vec<(String, Draft, usize)> = Vec::new();
    for unit in case.units.iter().filter(|unit| unit.go.is_some()) {
        let Some(draft) = rule(unit) else { continue };
        push(&mut found, unit, draft);
    }
    finished(case, found)
}

/// Puts a draft beside those that say the same of a container of the same name.
fn push(found: &mut Vec<(String, Draft, usize)>, unit: &Unit<'_>, mut draft: Draft) {
    let name = unit.name();
    let own = unit.container.map_or("", |container| container.name.as_str());
    let key = format!("{own}\n{}\n{}", draft.rule.code, draft.claim.replace(&name, own));
    draft.title = format!("{}: {}", draft.rule.title, lowered(&name));
    match found.iter_mut().find(|(other, ..)| *other == key) {
        Some((_, first, count)) => {
            // Containers of one image, or of one line of go.mod, share a place.
            for citation in draft.citations {
                if first.citations.len() < PLACES && !first.citations.contains(&citation) {
                    first.citations.push(citation);
                }
            }
            *count += 1;
        }
        None => found.push((key, draft, 1)),
    }
}

fn finished(case: &Case<'_>, found: Vec<(String, Draft, usize)>) -> Vec<Finding> {
    let finish = |(_, mut draft, count): (String, Draft, usize)| {
        if count > 1 {
            let more = if count == 2 { "container is" } else { "containers are" };
            draft.claim = format!("{} {} more {more} configured the same way.", draft.claim, count - 1);
        }
        let subject = draft.citations.first().and_then(|citation| subject_of(case, citation));
        draft.about(subject)
    };
    found.into_iter().filter_map(finish).collect()
}

fn subject_of(case: &Case<'_>, citation: &Citation) -> Option<SubjectId> {
    let is_own = |id| id == citation.source;
    case.analysis.subjects.iter().find(|subject| subject.sources().any(is_own)).map(|subject| subject.id)
}

/// A draft that is about no amount, certain and at the rule's worst.
pub fn draft(rule: Rule, condition: impl Into<String>) -> Draft {
    Draft {
        rule,
        severity: rule.severity,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: condition.into(),
        title: rule.title.to_owned(),
        claim: String::new(),
        amount: None,
        citations: Vec::new(),
        against: Vec::new(),
        advice: Vec::new(),
    }
}

/// A citation of an amount of memory.
pub fn memory(stated: &Stated<i64>, quantity: &str) -> Citation {
    Citation::figure(stated.at, quantity, stated.value, Measure::Bytes)
}

/// A citation of a place, with what stands there.
pub fn place(at: SourceSpan, quantity: &str) -> Citation {
    Citation { quantity: Some(quantity.to_owned()), ..Citation::place(at) }
}

/// GOMEMLIMIT in bytes, if it is a literal that the runtime takes; with its words.
pub fn gomemlimit<'u>(unit: &Unit<'u>) -> Option<(i64, &'u str, SourceSpan)> {
    let (text, at) = unit.literal("GOMEMLIMIT")?;
    Some((go_bytes(text)?, text, at))
}

/// An amount in its own words and, where these are no IEC unit, in bytes: `400M (381.5 MiB)`.
pub fn written(stated: &Stated<i64>) -> String {
    let is_plain = stated.written.ends_with('i') || stated.written.ends_with("iB");
    if is_plain { stated.written.clone() } else { format!("{} ({})", stated.written, text(stated.value)) }
}

/// Advice to set the GOMEMLIMIT that a limit leaves room for.
pub fn advised_gomemlimit(unit: &Unit<'_>, limit: &Stated<i64>) -> String {
    let advised = in_mib(limit.value / 100 * ADVISED_PERCENT);
    let line = set_variable(unit, "GOMEMLIMIT", &advised);
    format!("Set it to {ADVISED_PERCENT}% of the limit minus the memory outside the Go runtime: {line}.")
}

/// The lines that set a variable, in the dialect of the container.
fn set_variable(unit: &Unit<'_>, name: &str, value: &str) -> String {
    match unit.container.map(|container| container.dialect) {
        Some(Dialect::Kubernetes) => format!("env: [{{name: {name}, value: \"{value}\"}}]"),
        Some(Dialect::Compose) => format!("environment: {{{name}: \"{value}\"}}"),
        None => format!("ENV {name}={value}"),
        Some(_) => format!("{name}={value}"),
    }
}

/// A container that serves, and not one that ends before the others start.
pub fn served<'u>(unit: &Unit<'u>) -> Option<&'u Container> {
    unit.container.filter(|container| !container.is_init)
}

fn lowered(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
}
