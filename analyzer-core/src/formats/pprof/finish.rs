//! From decoded records to the profile: strings and ids resolved, and what
//! does not fit together said.

use super::decode::{Decoded, position};
use super::survey::Survey;
use crate::base::convert::id_to_usize;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::intern::{StrId, StringTable};
use crate::base::words::one_or_many;
use crate::evidence::profiles::{FunctionId, Label, LabelSets, LabelValue, MappingId, Profile};

/// Resolves all references.
/// # Errors
/// If the names of all values are unknown: then no figure means anything.
pub(super) fn finish(
    mut decoded: Decoded,
    bytes: &[u8],
    survey: &Survey,
    table: &mut StringTable,
    notes: &mut Notes,
) -> Result<Profile, ParseError> {
    check_usable(&decoded, bytes, survey)?;
    let mut strings = std::mem::take(&mut decoded.strings);
    if strings.first_length().is_some_and(|length| length != 0) {
        let message = "Profile.string_table: the first string is not empty; its index still means \"none\"";
        notes.repaired("string-table-0", None, message);
    }
    let profile = &mut decoded.profile;
    profile.stacks.shrink_to_fit();
    profile.default_sample_type = strings.optional(decoded.default_sample_type, bytes, table);
    profile.doc_url = strings.optional(decoded.doc_url, bytes, table);
    profile.drop_frames = strings.optional(decoded.drop_frames, bytes, table);
    profile.keep_frames = strings.optional(decoded.keep_frames, bytes, table);
    let mut resolve = |string: &mut StrId| {
        strings.resolve(string, bytes, table);
    };
    for value_type in profile.sample_types.iter_mut().chain(&mut profile.period_type) {
        resolve(&mut value_type.kind);
        resolve(&mut value_type.unit);
    }
    profile.comments.iter_mut().for_each(&mut resolve);
    profile.label_sets = resolve_labels(&profile.label_sets, &mut resolve);
    let dangling = resolve_rows(&mut decoded, &mut resolve);
    note_references(&decoded, dangling, strings.out_of_range(), notes);
    Ok(decoded.profile)
}

/// Undefined functions, mappings and locations that are referred to.
struct Dangling {
    functions: u64,
    mappings: u64,
    locations: u64,
}

fn resolve_rows(decoded: &mut Decoded, resolve: &mut impl FnMut(&mut StrId)) -> Dangling {
    let functions = std::mem::take(&mut decoded.functions);
    let mappings = std::mem::take(&mut decoded.mappings);
    let locations = std::mem::take(&mut decoded.locations);
    let dangling = Dangling {
        functions: functions.undefined(),
        mappings: mappings.undefined(),
        locations: locations.undefined(),
    };
    let profile = &mut decoded.profile;
    let (rows, renamed) = functions.into_defined();
    profile.functions = rows;
    for line in &mut profile.lines {
        line.function = line.function.and_then(|id| rename(&renamed, id.0)).map(FunctionId);
    }
    let (rows, renamed) = mappings.into_defined();
    profile.mappings = rows;
    profile.locations = locations.into_rows();
    for location in &mut profile.locations {
        location.mapping = location.mapping.and_then(|id| rename(&renamed, id.0)).map(MappingId);
    }
    for function in &mut profile.functions {
        resolve(&mut function.name);
        resolve(&mut function.system_name);
        resolve(&mut function.file);
    }
    for mapping in &mut profile.mappings {
        resolve(&mut mapping.file);
        resolve(&mut mapping.build_id);
    }
    dangling
}

fn rename(renamed: &[Option<u32>], row: u32) -> Option<u32> {
    renamed.get(id_to_usize(row)).copied().flatten()
}

fn resolve_labels(sets: &LabelSets, resolve: &mut impl FnMut(&mut StrId)) -> LabelSets {
    let mut resolved = LabelSets::default();
    for (_, labels) in sets.iter().skip(1) {
        resolved.push(labels.iter().map(|label| {
            let Label { mut key, mut value } = *label;
            resolve(&mut key);
            match &mut value {
                LabelValue::Text(text) => resolve(text),
                LabelValue::Number { unit: Some(unit), .. } => resolve(unit),
                LabelValue::Number { .. } | LabelValue::EmptyOrZero => {}
            }
            Label { key, value }
        }));
    }
    resolved
}

/// Sample types and their names are what gives every figure its meaning.
fn check_usable(decoded: &Decoded, bytes: &[u8], survey: &Survey) -> Result<(), ParseError> {
    // What is missing was probably in the part that could not be read.
    let (kind, at) = match &survey.broken {
        Some((error, _)) => (error.into_parse_error("Profile").kind, error.at),
        None => (ErrorKind::Malformed, survey.end),
    };
    let suffix = match &survey.broken {
        Some((error, part)) => {
            format!(" (the file cannot be read from byte {} on: {part}: {})", error.at, error.cause)
        }
        None => String::new(),
    };
    let fail =
        |part, message: &str| Err(ParseError::new(kind, position(at), part, format!("{message}{suffix}")));
    if decoded.profile.sample_types.is_empty() {
        return fail("Profile.sample_type", "no sample type: the values have no meaning");
    }
    if decoded.strings.is_empty() {
        return fail("Profile.string_table", "no string table: all names are missing");
    }
    let is_named =
        |kind: StrId| decoded.strings.bytes(u64::from(kind.0), bytes).is_some_and(|name| !name.is_empty());
    if !decoded.profile.sample_types.iter().any(|value_type| is_named(value_type.kind)) {
        return fail("Profile.sample_type", "the names of the sample types are missing");
    }
    Ok(())
}

fn note_references(decoded: &Decoded, dangling: Dangling, unknown_names: u64, notes: &mut Notes) {
    let profile = &decoded.profile;
    if dangling.locations > 0 {
        let message = one_or_many(
            dangling.locations,
            "location referenced by samples is not in the file; its frames are unknown",
            "locations referenced by samples are not in the file; their frames are unknown",
        );
        notes.data_loss("undefined-location", None, message);
    }
    if dangling.functions > 0 {
        let message = one_or_many(
            dangling.functions,
            "function referenced by lines is not in the file; its address is shown instead",
            "functions referenced by lines are not in the file; addresses are shown instead",
        );
        notes.data_loss("undefined-function", None, message);
    }
    if dangling.mappings > 0 {
        let message = one_or_many(
            dangling.mappings,
            "mapping referenced by locations is not in the file",
            "mappings referenced by locations are not in the file",
        );
        notes.info("undefined-mapping", None, message);
    }
    if unknown_names > 0 {
        let message = one_or_many(
            unknown_names,
            "name is not in the string table",
            "names are not in the string table",
        );
        notes.data_loss("string-index", None, message);
    }
    if profile.samples.is_empty() {
        notes.info("no-samples", None, "The profile has no samples: nothing was recorded.");
    }
}
