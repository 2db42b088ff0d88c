//! Which of Go's profiles it is: the format does not say, its sample types do.

use crate::base::convert::id_to_usize;
use crate::base::convert::to_u32;
use crate::base::intern::StringTable;
use crate::evidence::profiles::{LocationId, Profile, StackRow};

/// Stacks that are looked at to tell block from mutex.
const STACKS: usize = 1_000;

/// The name under which net/http/pprof serves such a profile ("heap", "mutex"),
/// else the name of the default sample type.
pub(super) fn of(profile: &Profile, strings: &StringTable, file_name: &str) -> Option<String> {
    let types: Vec<_> = profile.sample_types.iter().map(|value_type| strings.get(value_type.kind)).collect();
    let default = profile.default_sample_type.map(|name| strings.get(name));
    let kind = match types.as_slice() {
        ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"] => {
            if default == Some("alloc_space") { "allocs" } else { "heap" }
        }
        ["samples", "cpu"] => "cpu",
        ["contentions", "delay"] => contention(profile, strings, file_name),
        types => default.filter(|name| types.contains(name)).or(types.last().copied())?,
    };
    Some(kind.to_owned())
}

/// Block and mutex profiles have the same types. A mutex is charged to the one
/// who unlocks it, blocking to the one who waits (runtime/mprof.go); a profile
/// without samples goes by its file's name.
fn contention(profile: &Profile, strings: &StringTable, file_name: &str) -> &'static str {
    let leaves = (0..to_u32(profile.stacks.len().min(STACKS)))
        .filter_map(|row| profile.stacks.locations(StackRow(row)).last())
        .filter_map(|leaf| leaf_name(profile, strings, leaf));
    let (mut unlocks, mut waits) = (0_u32, 0_u32);
    for name in leaves {
        let unlocked =
            name.ends_with("nlock") || name.starts_with("runtime.unlock") || name.contains("LostContended");
        *(if unlocked { &mut unlocks } else { &mut waits }) += 1;
    }
    if unlocks > waits {
        "mutex"
    } else if waits > unlocks {
        "block"
    } else if file_name.contains("mutex") {
        "mutex"
    } else if file_name.contains("block") {
        "block"
    } else {
        "contentions"
    }
}

fn leaf_name<'a>(profile: &Profile, strings: &'a StringTable, leaf: LocationId) -> Option<&'a str> {
    let location = profile.locations.get(id_to_usize(leaf.0))?;
    let function = profile.function_of(profile.lines_of(location).first()?)?;
    Some(strings.get(function.name))
}
