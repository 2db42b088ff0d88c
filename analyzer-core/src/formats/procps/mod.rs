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

use super::Format;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "free",
        label: "memory of the machine (free)",
        is_text: true,
        sniff: free::sniff,
        parse: free::parse,
        secrets: secrets::free,
    },
    Format {
        name: "top",
        label: "processes (top)",
        is_text: true,
        sniff: tasks::sniff_top,
        parse: tasks::parse,
        secrets: secrets::tasks,
    },
    Format {
        name: "ps",
        label: "processes (ps)",
        is_text: true,
        sniff: tasks::sniff_ps,
        parse: tasks::parse,
        secrets: secrets::tasks,
    },
    Format {
        name: "pmap",
        label: "mappings of a process (pmap)",
        is_text: true,
        sniff: pmap::sniff,
        parse: pmap::parse,
        secrets: secrets::pmap,
    },
    Format {
        name: "slabtop",
        label: "kernel objects of the machine (slabtop)",
        is_text: true,
        sniff: slabtop::sniff,
        parse: slabtop::parse,
        secrets: secrets::slabtop,
    },
    Format {
        name: "systemd-cgtop",
        label: "control groups (systemd-cgtop)",
        is_text: true,
        sniff: cgtop::sniff,
        parse: cgtop::parse,
        secrets: secrets::cgtop,
    },
];

#[cfg(test)]
mod tests;
