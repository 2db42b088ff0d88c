//! Where several statements of one container do not agree: a manifest for each environment, a manifest and
//! what an engine prints.

use std::collections::BTreeMap;

use super::Unit;
use crate::report::{RecipeContainer, RecipeFact, RecipeFactId, SubjectId};

/// Other values of one setting that are told.
const TOLD: usize = 3;

/// Statements of one setting that are compared: a drop of thousands of files for one name tells no more.
const COMPARED: usize = 64;

/// What tells that two statements are of one container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name(String),
    Capture(SubjectId),
}

/// Puts beside each container what other statements of it say otherwise.
pub(super) fn settle(containers: &mut [RecipeContainer], units: &[&Unit<'_>]) {
    let mut stated: BTreeMap<(Key, RecipeFactId), Vec<(usize, RecipeFact)>> = BTreeMap::new();
    for (index, container) in containers.iter().enumerate() {
        for key in keys(container) {
            for fact in container.facts.iter().filter(|fact| is_compared(fact.id)) {
                let all = stated.entry((key.clone(), fact.id)).or_default();
                // One for each value and namespace is enough.
                let is_known = |(other, known): &(usize, RecipeFact)| {
                    is_same(known, fact) && namespace(units, *other) == namespace(units, index)
                };
                if all.len() < COMPARED && !all.iter().any(is_known) {
                    all.push((index, RecipeFact { captured: None, ..fact.clone() }));
                }
            }
        }
    }
    for (index, container) in containers.iter_mut().enumerate() {
        let mut others: Vec<RecipeFact> = Vec::new();
        for fact in container.facts.iter().filter(|fact| is_compared(fact.id)) {
            let mut told: Vec<RecipeFact> = Vec::new();
            for key in keys(container) {
                let is_by_name = matches!(key, Key::Name(_));
                let all = stated.get(&(key, fact.id)).map(Vec::as_slice).unwrap_or_default();
                let differing = all.iter().filter(|(other, known)| {
                    !is_same(known, fact) && (!is_by_name || may_be_one(units, index, *other))
                });
                for (_, known) in differing {
                    if told.len() < TOLD && !told.iter().any(|other| is_same(other, known)) {
                        told.push(known.clone());
                    }
                }
            }
            others.extend(told);
        }
        container.others = others;
    }
}

fn keys(container: &RecipeContainer) -> impl Iterator<Item = Key> + use<> {
    let name = Key::Name(container.name.clone());
    std::iter::once(name).chain(container.capture.as_ref().map(|capture| Key::Capture(capture.subject)))
}

/// Settings of which a container has one.
const fn is_compared(id: RecipeFactId) -> bool {
    !matches!(id, RecipeFactId::MemoryVolume | RecipeFactId::GoVersion)
}

fn is_same(one: &RecipeFact, other: &RecipeFact) -> bool {
    if one.value.is_some() && other.value.is_some() {
        one.value == other.value
    } else {
        one.written == other.written
    }
}

fn namespace<'u>(units: &[&'u Unit<'_>], index: usize) -> &'u str {
    units.get(index).and_then(|unit| unit.container).map_or("", |container| container.namespace.as_str())
}

/// Containers of two namespaces are two, whatever their names.
fn may_be_one(units: &[&Unit<'_>], one: usize, other: usize) -> bool {
    let (one, other) = (namespace(units, one), namespace(units, other));
    one.is_empty() || other.is_empty() || one == other
}
