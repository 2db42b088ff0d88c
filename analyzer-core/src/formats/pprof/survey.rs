//! A first walk over the top level: how much of what there is, where it
//! breaks, and whether a second profile follows. Contents are skipped.

use super::wire::{Wire, WireError};

/// Field numbers of `Profile`.
pub(super) mod field {
    pub(in crate::formats::pprof) const SAMPLE_TYPE: u32 = 1;
    pub(in crate::formats::pprof) const SAMPLE: u32 = 2;
    pub(in crate::formats::pprof) const MAPPING: u32 = 3;
    pub(in crate::formats::pprof) const LOCATION: u32 = 4;
    pub(in crate::formats::pprof) const FUNCTION: u32 = 5;
    pub(in crate::formats::pprof) const STRING_TABLE: u32 = 6;
    pub(in crate::formats::pprof) const DROP_FRAMES: u32 = 7;
    pub(in crate::formats::pprof) const KEEP_FRAMES: u32 = 8;
    pub(in crate::formats::pprof) const TIME_NANOS: u32 = 9;
    pub(in crate::formats::pprof) const DURATION_NANOS: u32 = 10;
    pub(in crate::formats::pprof) const PERIOD_TYPE: u32 = 11;
    pub(in crate::formats::pprof) const PERIOD: u32 = 12;
    pub(in crate::formats::pprof) const COMMENT: u32 = 13;
    pub(in crate::formats::pprof) const DEFAULT_SAMPLE_TYPE: u32 = 14;
    pub(in crate::formats::pprof) const DOC_URL: u32 = 15;
}

/// Names of the fields of `Profile`, by number.
const PARTS: [&str; 16] = [
    "Profile",
    "Profile.sample_type",
    "Profile.sample",
    "Profile.mapping",
    "Profile.location",
    "Profile.function",
    "Profile.string_table",
    "Profile.drop_frames",
    "Profile.keep_frames",
    "Profile.time_nanos",
    "Profile.duration_nanos",
    "Profile.period_type",
    "Profile.period",
    "Profile.comment",
    "Profile.default_sample_type",
    "Profile.doc_url",
];

/// The name of a field of `Profile` ("Profile.sample").
pub(super) fn part(number: u32) -> &'static str {
    PARTS.get(crate::base::convert::id_to_usize(number)).copied().unwrap_or("Profile")
}

/// What the first walk saw.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Fields by number.
    counts: [usize; 16],
    /// Bytes of all samples.
    pub(super) sample_bytes: usize,
    /// Up to here the top level is sound.
    pub(super) end: usize,
    /// Why it is not beyond, and in which field.
    pub(super) broken: Option<(WireError, &'static str)>,
    /// Where a second profile starts, if one follows.
    pub(super) second: Option<usize>,
}

impl Survey {
    /// Walks over all top-level fields.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut survey = Self::default();
        let mut splits = Splits::default();
        let mut wire = Wire::new(bytes);
        loop {
            let at = wire.at();
            match wire.field() {
                Ok(Some(field)) => {
                    let length = wire.at() - at;
                    survey.see(field.number, length);
                    if splits.see(field.number, at, &field) {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    survey.end = at;
                    survey.broken = Some((error, part(Wire::number_at(bytes, at).unwrap_or(0))));
                    return survey;
                }
            }
        }
        survey.end = wire.at();
        survey.second = splits.confirmed();
        survey
    }

    fn see(&mut self, number: u32, length: usize) {
        let index = crate::base::convert::id_to_usize(number);
        if let Some(count) = self.counts.get_mut(index) {
            *count += 1;
        }
        if number == field::SAMPLE {
            self.sample_bytes += length;
        }
    }

    /// How many fields of a number there are.
    pub(super) fn count(&self, number: u32) -> usize {
        self.counts.get(crate::base::convert::id_to_usize(number)).copied().unwrap_or(0)
    }
}

/// Looks for the seam between two concatenated profiles.
///
/// Protobuf merges concatenated messages silently: the second profile's ids
/// and string indexes would be read against the first one's tables. What gives
/// it away is a second empty string or a second time; the seam is the first
/// field after the strings that a single profile would have had before.
#[derive(Debug, Default)]
struct Splits {
    seen: [bool; 16],
    strings: usize,
    starts_empty: bool,
    has_time: bool,
    candidate: Option<usize>,
    is_confirmed: bool,
}

impl Splits {
    /// True once a second profile is certain.
    fn see(&mut self, number: u32, at: usize, field: &super::wire::Field<'_>) -> bool {
        let is_new = match self.seen.get_mut(crate::base::convert::id_to_usize(number)) {
            Some(seen) => !std::mem::replace(seen, true),
            None => return false,
        };
        if number == field::STRING_TABLE {
            let is_empty = matches!(&field.value, super::wire::Value::Bytes(text) if text.is_at_end());
            self.starts_empty |= self.strings == 0 && is_empty;
            self.is_confirmed |=
                self.strings > 0 && is_empty && self.starts_empty && self.candidate.is_some();
            self.strings += 1;
        } else if self.strings > 0 && self.candidate.is_none() && !is_new && number != field::COMMENT {
            self.candidate = Some(at);
        }
        if number == field::TIME_NANOS && field.varint().is_ok_and(|time| time != 0) {
            self.is_confirmed |= self.has_time && self.candidate.is_some();
            self.has_time = true;
        }
        self.is_confirmed
    }

    fn confirmed(&self) -> Option<usize> {
        self.candidate.filter(|_| self.is_confirmed)
    }
}
