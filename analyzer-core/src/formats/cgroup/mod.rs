//! Files of control groups, version 1 and 2.
//!
//! Spec: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst,
//! mm/memcontrol.c, Linux 5.4 to 6.18. Producers tested: kernels 6.1, 6.8, 6.12
//! (v2) and 6.18 (v1). `memory.stat` and the files of several named numbers are
//! told by content; a file of one number needs its name.
//!
//! Any input is safe: each file is read line by line, once.

mod names;
mod stat;
mod values;

use super::redaction::figures;
use super::{Content, Format};

pub use names::FILES;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "cgroup-memory-stat",
        label: "cgroup memory (memory.stat)",
        content: Content::Lines,
        sniff: stat::sniff,
        parse: stat::parse,
        secrets: figures,
    },
    Format {
        name: "cgroup-numa-stat",
        label: "cgroup memory by NUMA node (memory.numa_stat)",
        content: Content::Document,
        sniff: values::sniff_numa,
        parse: values::parse_numa,
        secrets: figures,
    },
    Format {
        name: "cgroup-file",
        label: "cgroup file",
        content: Content::Lines,
        sniff: values::sniff,
        parse: values::parse,
        secrets: values::secrets,
    },
];

#[cfg(test)]
mod tests;
