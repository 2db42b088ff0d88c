//! Profiles that are valid and odd: what a viewer has to explain, or to fit on
//! a screen.

use analyzer_core::base::intern::StringTable;
use analyzer_core::base::source::SourceId;
use analyzer_core::evidence::profiles::{
    Function, FunctionId, LabelInterner, Line, Location, LocationId, Mapping, MappingId, Profile,
    StackInterner, ValueType,
};
use analyzer_core::formats::pprof;

/// A profile of what is in use and what was allocated.
#[derive(Debug, Default)]
pub struct Odd<'a> {
    /// Names of the functions.
    pub functions: Vec<&'a str>,
    /// Functions of each stack, from the root, with the bytes in use and allocated.
    pub stacks: Vec<(Vec<u32>, [i64; 2])>,
    /// The program's file and no names: addresses only.
    pub without_names: Option<&'a str>,
}

impl Odd<'_> {
    /// The profile in pprof's encoding, not gzipped.
    pub fn encode(&self) -> Vec<u8> {
        let mut strings = StringTable::default();
        let mut profile = Profile::new(SourceId(0));
        for kind in ["inuse_space", "alloc_space"] {
            profile
                .sample_types
                .push(ValueType { kind: strings.intern(kind), unit: strings.intern("bytes") });
        }
        profile.default_sample_type = Some(strings.intern("inuse_space"));
        let file = strings.intern(self.without_names.unwrap_or("/srv/app"));
        profile.mappings.push(Mapping { id: 1, start: 0x1000, limit: 0x90_0000, file, ..Mapping::default() });
        for (name, row) in self.functions.iter().zip(0_u32..) {
            let id = u64::from(row) + 1;
            let lines = if self.without_names.is_none() {
                let name = strings.intern(name);
                profile.functions.push(Function { id, name, system_name: name, file, start_line: 1 });
                profile.lines.push(Line { function: Some(FunctionId(row)), line: 7, column: 0 });
                row..row + 1
            } else {
                0..0
            };
            profile.locations.push(Location {
                id,
                mapping: Some(MappingId(0)),
                address: 0x1000 + id * 16,
                lines_begin: lines.start,
                lines_end: lines.end,
                is_folded: false,
                is_defined: true,
            });
        }
        let (mut stacks, mut label_sets) = (StackInterner::default(), LabelInterner::default());
        for (frames, values) in &self.stacks {
            let frames = frames.iter().map(|&row| LocationId(row));
            let Some(stack) = stacks.intern(&mut profile.stacks, frames) else { continue };
            profile.samples.stack.push(stack);
            profile.samples.labels.push(label_sets.intern(&mut profile.label_sets, &[]));
            profile.samples.offset.push(0);
            profile.samples.values.extend(values);
        }
        pprof::encode(&profile, &strings)
    }
}
