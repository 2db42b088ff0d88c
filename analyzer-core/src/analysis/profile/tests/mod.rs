//! Small profiles drawn as text, and what becomes of them.

mod export;
mod labels;
mod neighbors;
mod tree;

use std::collections::HashMap;

use super::{Filters, Query, View};
use crate::base::convert::to_u32;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::profiles::{
    Function, FunctionId, Label, LabelInterner, LabelValue, Line, Location, LocationId, Profile,
    StackInterner, ValueType,
};

/// Adds a profile with one sample type to `evidence`. A stack is its frames
/// from the root, with spaces between; `a+b` is `b` inlined into `a`. Labels are
/// `key=text` or `key:number`.
fn add(evidence: &mut Evidence, stacks: &[(&str, &[&str], i64)]) -> SourceId {
    let source = SourceId(evidence.profiles.len_u32());
    let mut profile = Profile::new(source);
    let strings = &mut evidence.strings;
    profile.sample_types = vec![ValueType { kind: strings.intern("space"), unit: strings.intern("bytes") }];
    let (mut interner, mut label_interner) = (StackInterner::default(), LabelInterner::default());
    let mut known = HashMap::new();
    for (stack, labels, value) in stacks {
        let mut locations = Vec::new();
        for text in stack.split_whitespace() {
            let next = LocationId(to_u32(known.len()));
            let id = *known.entry(text.to_owned()).or_insert(next);
            if id == next {
                let lines_begin = to_u32(profile.lines.len());
                for name in text.rsplit('+') {
                    let file = strings.intern(&format!("/src/{name}.go"));
                    let name = strings.intern(name);
                    let id = FunctionId(to_u32(profile.functions.len()));
                    profile.functions.push(Function {
                        id: u64::from(id.0) + 1,
                        name,
                        file,
                        ..Function::default()
                    });
                    profile.lines.push(Line { function: Some(id), line: 7, column: 0 });
                }
                profile.locations.push(Location {
                    id: u64::from(id.0) + 1,
                    lines_begin,
                    lines_end: to_u32(profile.lines.len()),
                    is_defined: true,
                    ..Location::default()
                });
            }
            locations.push(id);
        }
        let labels: Vec<_> = labels
            .iter()
            .map(|text| {
                let (key, value) = text.split_once(['=', ':']).unwrap();
                let value = if text.contains('=') {
                    LabelValue::Text(strings.intern(value))
                } else {
                    LabelValue::Number { value: value.parse().unwrap(), unit: None }
                };
                Label { key: strings.intern(key), value }
            })
            .collect();
        let stack = interner.intern(&mut profile.stacks, locations).unwrap();
        let labels = label_interner.intern(&mut profile.label_sets, &labels);
        profile.samples.stack.push(stack);
        profile.samples.labels.push(labels);
        profile.samples.offset.push(0);
        profile.samples.values.push(*value);
    }
    evidence.profiles.push(profile);
    source
}

/// Evidence with one profile without labels.
fn evidence(stacks: &[(&str, i64)]) -> Evidence {
    let mut evidence = Evidence::default();
    let stacks: Vec<_> = stacks.iter().map(|(stack, value)| (*stack, &[][..], *value)).collect();
    add(&mut evidence, &stacks);
    evidence
}

fn view<'a>(evidence: &'a Evidence, filters: Filters) -> View<'a> {
    View::new(evidence, &Query { filters, ..Query::new(SourceId(0)) }).unwrap()
}

fn text(pattern: &str) -> Option<String> {
    Some(pattern.to_owned())
}
