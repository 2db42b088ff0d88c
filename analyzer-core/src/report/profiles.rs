//! Summaries of pprof profiles.

use serde::{Deserialize, Serialize};

use super::finding::Amount;
use super::goroutines::StackFrame;
use super::sources::SubjectId;
use crate::base::source::SourceId;
use crate::base::units::{Bytes, Nanos};

/// One column of sample values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SampleType {
    /// What is counted ("inuse_space").
    #[serde(rename = "type")]
    pub kind: String,
    /// Its unit ("bytes").
    pub unit: String,
    /// Sum over all samples.
    pub total: i64,
}

/// The program that was profiled, as the first mapping names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Program {
    /// Path of the executable; empty if unknown.
    pub file: String,
    /// Its build id; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub build_id: String,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProfileSummary {
    /// The source.
    pub source: SourceId,
    /// Which of Go's profiles it is ("heap", "cpu"), or the name of what it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its columns, in file order.
    pub sample_types: Vec<SampleType>,
    /// The column to show first: the file's default, else the last one; another
    /// one if that is all zero.
    pub default_sample_type: String,
    /// The column that would be shown first, were it not all zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_default: Option<String>,
    /// Rows.
    pub samples: u64,
    /// Each sample has a time: they can be shown in order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_times: bool,
    /// When it was taken (Unix time); the start, if it has a duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Nanos>,
    /// Length of the capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_nanos: Option<Nanos>,
    /// Sampling period, in the unit of the period type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// What a period counts ("space").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_type: Option<String>,
    /// The unit of the period ("bytes").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_unit: Option<String>,
    /// The profiled program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// Keys of the samples' labels, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_keys: Vec<String>,
    /// Free text of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
    /// A link to what the profile is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_url: Option<String>,
    /// Regular expression: frames that are dropped with all they call, as the file wishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_frames: Option<String>,
    /// Distinct call stacks.
    #[serde(default)]
    pub stacks: u64,
    /// Distinct addresses.
    #[serde(default)]
    pub locations: u64,
    /// Of these, addresses without a function.
    #[serde(default)]
    pub unsymbolized_locations: u64,
    /// Distinct functions.
    #[serde(default)]
    pub functions: u64,
    /// Frames of the deepest stack, inlined calls included.
    #[serde(default)]
    pub deepest_stack: u64,
    /// Stacks whose outermost callers are missing, because Go's profiler stops
    /// at a fixed depth.
    #[serde(default)]
    pub truncated_stacks: u64,
    /// Samples with a negative value: the profile is a difference.
    #[serde(default)]
    pub negative_samples: u64,
}

/// What one line has in use on the heap, scaled up from the samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HeapSite {
    /// The process.
    pub subject: SubjectId,
    /// The last heap profile.
    pub source: SourceId,
    /// The line: the innermost of the program's own code, else of a dependency's, else not of the runtime.
    pub frame: StackFrame,
    /// Bytes in use in the first profile; `None` with one profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Bytes>,
    /// Bytes in use in the last profile.
    pub last: Bytes,
    /// Objects in use in the last profile.
    pub objects: i64,
    /// How much of what it allocated in between stayed, with 95% confidence; `None` if it did not grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Amount>,
}
