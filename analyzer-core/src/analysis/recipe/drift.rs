//! Where a capture shows another setting than a manifest of the same container states.

use std::collections::BTreeMap;

use super::version_of;
use crate::evidence::memory::UNLIMITED;
use crate::report::{RecipeContainer, RecipeFact, RecipeFactId, SubjectId};

/// The kernel rounds limits to pages, of which the largest have 64 KiB.
const PAGE: i64 = 64 << 10;

/// systemd rounds quotas up to hundredths of a processor, and the kubelet never goes below one.
const CPU_STEP: i64 = 10;

/// Marks what differs. Where several manifests state one container (two environments, a manifest and what
/// runs), none differs while one of them is what runs, or while they do not agree.
pub(super) fn settle(containers: &mut [RecipeContainer]) {
    let mut stated: BTreeMap<(SubjectId, RecipeFactId), Vec<(String, bool)>> = BTreeMap::new();
    for container in containers.iter() {
        let Some(capture) = &container.capture else { continue };
        for fact in &container.facts {
            if let Some(is_same) = is_same(fact) {
                let value = fact.value.map_or_else(|| fact.written.clone(), |value| value.to_string());
                stated.entry((capture.subject, fact.id)).or_default().push((value, is_same));
            }
        }
    }
    let differs = |subject: SubjectId, id: RecipeFactId| {
        let all = stated.get(&(subject, id)).map(Vec::as_slice).unwrap_or_default();
        let first = all.first().map(|(value, _)| value);
        !all.is_empty() && all.iter().all(|(value, is_same)| !is_same && Some(value) == first)
    };
    for container in containers.iter_mut() {
        let Some(capture) = &container.capture else { continue };
        for fact in &mut container.facts {
            let is_other = is_same(fact) == Some(false) && differs(capture.subject, fact.id);
            if let Some(captured) = &mut fact.captured {
                captured.differs = is_other;
            }
        }
    }
}

/// True if the capture shows what is stated; `None` if either is not known.
fn is_same(fact: &RecipeFact) -> Option<bool> {
    let captured = fact.captured.as_ref()?;
    if fact.id == RecipeFactId::GoVersion {
        let (stated, seen) = (version_of(&fact.written)?, version_of(&captured.text)?);
        return Some((stated.major, stated.minor) == (seen.major, seen.minor));
    }
    let (stated, seen) = (fact.value?, captured.citation.value?);
    if stated == UNLIMITED || seen == UNLIMITED {
        return Some(stated == seen);
    }
    let distance = stated.abs_diff(seen);
    Some(match fact.id {
        RecipeFactId::MemoryLimit => distance < PAGE.unsigned_abs(),
        RecipeFactId::CpuLimit => distance <= CPU_STEP.unsigned_abs(),
        _ => distance == 0,
    })
}
