//! What the tools of procps, and others like them, print of the machine and its
//! processes: `free`, `top`, `ps`, `pmap`, `slabtop`, `systemd-cgtop`.
//!
//! Spec: procps-ng 3.3 and 4.0 (`free.c`, `top.c`, `ps/output.c`, `pmap.c`,
//! `slabtop.c`), systemd 230 to 258 (`cgtop.c`). What is of the machine (also if
//! printed inside of a container) never becomes a container's figure.
//!
//! Any input is safe: texts are read line by line, rows up to [`CONTAINERS`].
//!
//! [`CONTAINERS`]: crate::base::limits::CONTAINERS

mod cgtop;
mod free;
mod pmap;
mod secrets;
mod slabtop;
mod tasks;

use super::{Content, Format};

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "free",
        label: "memory of the machine (free)",
        content: Content::Document,
        sniff: free::sniff,
        parse: free::parse,
        secrets: secrets::free,
    },
    Format {
        name: "top",
        label: "processes (top)",
        content: Content::Document,
        sniff: tasks::sniff_top,
        parse: tasks::parse,
        secrets: secrets::tasks,
    },
    Format {
        name: "ps",
        label: "processes (ps)",
        content: Content::Document,
        sniff: tasks::sniff_ps,
        parse: tasks::parse,
        secrets: secrets::tasks,
    },
    Format {
        name: "pmap",
        label: "mappings of a process (pmap)",
        content: Content::Document,
        sniff: pmap::sniff,
        parse: pmap::parse,
        secrets: secrets::pmap,
    },
    Format {
        name: "slabtop",
        label: "kernel objects of the machine (slabtop)",
        content: Content::Document,
        sniff: slabtop::sniff,
        parse: slabtop::parse,
        secrets: secrets::slabtop,
    },
    Format {
        name: "systemd-cgtop",
        label: "cgroups (systemd-cgtop)",
        content: Content::Document,
        sniff: cgtop::sniff,
        parse: cgtop::parse,
        secrets: secrets::cgtop,
    },
];

#[cfg(test)]
mod tests;
