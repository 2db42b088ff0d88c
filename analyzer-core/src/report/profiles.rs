//! Summaries of pprof profiles.

use serde::{Deserialize, Serialize};

use crate::base::source::SourceId;
use crate::base::units::Nanos;

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

/// One profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProfileSummary {
    /// The source.
    pub source: SourceId,
    /// Its columns, in file order.
    pub sample_types: Vec<SampleType>,
    /// The column to show first: the file's default, else the last.
    pub default_sample_type: String,
    /// Rows.
    pub samples: u64,
    /// Length of the capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_nanos: Option<Nanos>,
    /// Sampling period, in the unit of the period type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
}
