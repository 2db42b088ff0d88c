//! Who waits for whom: a root, and what cannot go on before it does.

use std::collections::BTreeMap;

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::{GoroutineGroup, Role};

use super::trend::last_count;

/// A root with what hangs on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tangle<'a> {
    /// The cause.
    pub root: &'a GoroutineGroup,
    /// What waits for it, the largest first.
    pub victims: Vec<&'a GoroutineGroup>,
    /// What exists because of it, the largest first.
    pub satellites: Vec<&'a GoroutineGroup>,
}

/// Goroutines of groups in the last snapshot.
pub fn members(groups: &[&GoroutineGroup]) -> u64 {
    groups.iter().map(|group| last_count(group)).sum()
}

/// Every root that something hangs on, the one with most behind it first.
pub fn tangles<'a>(groups: impl Iterator<Item = &'a GoroutineGroup>) -> Vec<Tangle<'a>> {
    let groups: Vec<_> = groups.collect();
    let by_id: BTreeMap<&str, &GoroutineGroup> =
        groups.iter().map(|group| (group.id.as_str(), *group)).collect();
    let mut found: BTreeMap<&str, Tangle<'a>> = BTreeMap::new();
    for group in &groups {
        let root = group.root.as_deref().filter(|root| *root != group.id).and_then(|root| by_id.get(root));
        let Some(&root) = root else { continue };
        let tangle =
            found.entry(&root.id).or_insert_with(|| Tangle { root, victims: vec![], satellites: vec![] });
        match group.role {
            Some(Role::Satellite) => tangle.satellites.push(group),
            _ => tangle.victims.push(group),
        }
    }
    let mut tangles: Vec<_> = found.into_values().collect();
    for tangle in &mut tangles {
        for list in [&mut tangle.victims, &mut tangle.satellites] {
            list.order_by(|a, b| last_count(b).cmp(&last_count(a)).then_with(|| a.id.cmp(&b.id)));
        }
    }
    tangles.order_by(|a, b| {
        let size = |tangle: &Tangle<'_>| (members(&tangle.victims), members(&tangle.satellites));
        size(b).cmp(&size(a)).then_with(|| a.root.id.cmp(&b.root.id))
    });
    tangles
}

#[cfg(test)]
mod tests {
    use super::super::samples::{functions, goroutines, group};
    use super::*;

    #[test]
    fn what_hangs_on_a_root_is_gathered_under_it() {
        let mut goroutines = goroutines();
        let root = group(&mut goroutines, "main.wait").id.clone();
        for (function, role) in [("main.send", Role::Victim), ("main.fresh", Role::Satellite)] {
            let group = group(&mut goroutines, function);
            group.root = Some(root.clone());
            group.role = Some(role);
        }
        group(&mut goroutines, "main.wait").root = Some(root);
        let found = tangles(goroutines.groups.iter());
        let [tangle] = found.as_slice() else { panic!("one root, not {found:?}") };
        assert_eq!(tangle.root.stack[0].function, "main.wait");
        assert_eq!(functions(&tangle.victims), ["main.send"]);
        assert_eq!(functions(&tangle.satellites), ["main.fresh"]);
        assert_eq!(members(&tangle.victims), 2);
    }
}
