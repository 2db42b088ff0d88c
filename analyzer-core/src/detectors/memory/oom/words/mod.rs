//! One kill in the words of the kernels from 2.6.32 to 6.18, behind the prefixes of
//! those who print it: the same verdict and the same figures each time.

mod kernels;
mod printers;
mod record;

use crate::detectors::testing::report;
use crate::report::{Confidence, Finding, NoteSeverity, Report};
use kernels::{KERNELS, Kernel, Stats};
use printers::PRINTERS;
use record::{Limit, record};

fn of_log(text: &str) -> (Report, Vec<Finding>) {
    let report = report(&[("kern.log", text.as_bytes())]);
    let findings =
        report.findings.iter().filter(|finding| finding.code.starts_with("mem.oom")).cloned().collect();
    (report, findings)
}

/// Looks at every kernel and printer, and names all at once that are wrong.
fn each(look: impl Fn(&Kernel, &str, Limit, &str)) {
    for kernel in &KERNELS {
        for printer in &PRINTERS {
            for limit in [Limit::Container, Limit::Pod, Limit::Machine] {
                let name = format!("{}, {}, {limit:?}", kernel.version, printer.name);
                look(kernel, &name, limit, &printer.print(&record(kernel, limit)));
            }
        }
    }
}

#[test]
fn every_kernel_and_printer_gives_the_same_verdict() {
    each(|_, name, limit, log| {
        let (report, findings) = of_log(log);
        let lost = report
            .sources
            .iter()
            .flat_map(|source| &source.notes)
            .find(|note| note.severity != NoteSeverity::Info);
        assert!(lost.is_none(), "{name}: {lost:?}");
        let [finding] = findings.as_slice() else { panic!("{name}: {findings:?}\n{log}") };
        let code = match limit {
            Limit::Container => "mem.oom.cgroup",
            Limit::Pod => "mem.oom.ancestor",
            Limit::Machine => "mem.oom.global",
        };
        assert_eq!(finding.code, code, "{name}: {}", finding.claim);
        assert!(finding.claim.contains("svc (pid 42)"), "{name}: {}", finding.claim);
        if limit != Limit::Machine {
            assert!(finding.claim.contains("the limit of 200.0 MiB"), "{name}: {}", finding.claim);
        }
        if limit == Limit::Pod {
            assert!(finding.claim.contains("(/kubepods/podx)"), "{name}: {}", finding.claim);
        }
    });
}

#[test]
fn every_kernel_and_printer_gives_the_same_figures() {
    each(|kernel, name, limit, log| {
        if limit == Limit::Machine {
            return;
        }
        let (report, _) = of_log(log);
        let memory = report.memory.unwrap_or_else(|| panic!("{name}: no figures"));
        let row =
            |id: &str| memory.latest.ledger.iter().find(|row| row.id == id).map(|row| row.bytes.0 >> 20);
        assert_eq!(memory.latest.limit.map(|limit| limit.0 >> 20), Some(200), "{name}");
        assert_eq!(["cgroup-anon", "kernel", "charge"].map(row), [182, 10, 200].map(Some), "{name}");
        // Before 4.12 nothing tells shared memory from page cache.
        let has_shmem = kernel.stats != Stats::Inline { has_shmem: false };
        if has_shmem {
            assert_eq!(["file-cache", "shmem"].map(row), [Some(4), Some(4)], "{name}");
        } else {
            assert_eq!(["file-cache", "shmem"].map(row), [Some(8), None], "{name}");
        }
    });
}

/// Every cut of a record: never a code that the lines that are left contradict, never certain
/// of a limit that they do not name.
#[test]
fn a_cut_record_claims_no_more_than_it_holds() {
    for kernel in &KERNELS {
        for limit in [Limit::Container, Limit::Pod, Limit::Machine] {
            let lines = record(kernel, limit);
            for at in 0..lines.len() {
                cut(kernel, limit, &lines[at..]);
                cut(kernel, limit, &lines[..=at]);
                cut(kernel, limit, &lines[at..lines.len().min(at + 2)]);
            }
        }
    }
}

fn cut(kernel: &Kernel, limit: Limit, lines: &[String]) {
    let text = PRINTERS[0].print(lines);
    let names_limit = lines.iter().any(|line| line.starts_with("Task in") || line.starts_with("oom-kill:"));
    for finding in of_log(&text).1 {
        let name = || format!("{} {limit:?}: {}\n{text}", kernel.version, finding.claim);
        let is_true = match finding.code.as_str() {
            "mem.oom.cgroup" => limit == Limit::Container,
            "mem.oom.ancestor" => limit == Limit::Pod,
            "mem.oom.global" => limit == Limit::Machine,
            "mem.oom.unknown" => true,
            _ => false,
        };
        assert!(is_true, "{}", name());
        if limit != Limit::Machine && finding.confidence == Confidence::Certain {
            assert!(names_limit, "{}", name());
        }
    }
}
