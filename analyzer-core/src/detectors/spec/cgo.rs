//! `spec.cgo.*`: the C library that a cgo program meets.

use super::shell::{Libc, libc_of};
use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::Unit;
use crate::detectors::{Detector, Rule};
use crate::evidence::recipe::{Build, Stated};
use crate::report::{Confidence, Severity};

const MISMATCH: Rule = Rule {
    code: "spec.cgo.libc_mismatch",
    severity: Severity::Critical,
    title: "The program is linked against another C library",
    meaning: "The program's dynamic loader is not in the image: it fails to start with \"no such file or directory\" (exit code 127).",
};

const ARENAS: Rule = Rule {
    code: "spec.cgo.arenas",
    severity: Severity::Info,
    title: "cgo with glibc but without MALLOC_ARENA_MAX",
    meaning: "glibc creates malloc arenas for many threads and may keep memory that C code freed.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[MISMATCH, ARENAS],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let build = unit.build?;
            let cgo = build.cgo.as_ref().filter(|cgo| cgo.value && !build.is_static)?;
            let builder = build.builder.as_ref()?;
            let (own, meets) = (libc_of(&builder.value), libc_of(&build.base.value));
            match (own, meets) {
                (Libc::Unknown, _) | (_, Libc::Unknown) => None,
                (own, meets) if own != meets => Some(mismatch(unit, build, cgo, builder)),
                (Libc::Glibc, Libc::Glibc) => arenas(unit, build, cgo),
                _ => None,
            }
        })
    },
};

fn mismatch(unit: &Unit<'_>, build: &Build, cgo: &Stated<bool>, builder: &Stated<String>) -> Draft {
    Draft {
        confidence: Confidence::Likely,
        claim: format!(
            "{} is built with cgo on {} but runs on {}: its dynamic loader is missing, and it does not start.",
            unit.name(),
            builder.value,
            build.base.value
        ),
        citations: vec![
            place(build.base.at, "FROM"),
            place(builder.at, "FROM"),
            place(cgo.at, "CGO_ENABLED"),
        ],
        against: list(&[
            "A program without C code is still linked statically, unless it uses net or os/user.",
        ]),
        advice: list(&[
            "Build on the same base image that it runs on, link with -extldflags=-static, or set CGO_ENABLED=0.",
        ]),
        ..draft(
            MISMATCH,
            "CGO_ENABLED=1, and the build stage and the final stage have different C libraries.",
        )
    }
}

fn arenas(unit: &Unit<'_>, build: &Build, cgo: &Stated<bool>) -> Option<Draft> {
    if unit.may_be_set("MALLOC_ARENA_MAX") {
        return None;
    }
    Some(Draft {
        confidence: Confidence::Possible,
        claim: format!(
            "{} is built with cgo and runs on {} (glibc) without MALLOC_ARENA_MAX: if C code allocates in many threads, freed memory stays in the arenas.",
            unit.name(),
            build.base.value
        ),
        citations: vec![place(cgo.at, "CGO_ENABLED"), place(build.base.at, "FROM")],
        against: list(&[
            "If the C code allocates little, the arenas hold little. The process's smaps show how much (mem.glibc.arenas).",
        ]),
        advice: list(&["Measure first, then set MALLOC_ARENA_MAX=2 or use another allocator."]),
        ..draft(ARENAS, "CGO_ENABLED=1 on a glibc image, and MALLOC_ARENA_MAX is not set.")
    })
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn image(golang: &str, run: &str, base: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "FROM golang:{golang} AS b\nRUN {run} -o /app .\nFROM {base}\nCOPY --from=b /app /app\nENTRYPOINT [\"/app\"]\n"
        );
        [("Dockerfile", text)]
    }

    const CGO: &str = "CGO_ENABLED=1 go build";

    #[test]
    fn a_program_for_one_libc_does_not_start_on_another() {
        for (golang, base) in [
            ("1.26-alpine", "gcr.io/distroless/base-debian12"),
            ("1.26-alpine", "debian:12"),
            ("1.26", "alpine:3.20"),
            ("1.26-bookworm", "scratch"),
        ] {
            check("spec", &image(golang, CGO, base), &["spec.cgo.libc_mismatch"]);
        }
    }

    #[test]
    fn static_programs_and_equal_libraries_start() {
        check("spec.cgo", &image("1.26-alpine", CGO, "alpine:3.20"), &[]);
        check("spec.cgo", &image("1.26-alpine", "CGO_ENABLED=0 go build", "debian:12"), &[]);
        check("spec.cgo", &image("1.26", "go build", "alpine:3.20"), &[]);
        check(
            "spec.cgo",
            &image("1.26-alpine", &format!("{CGO} -ldflags '-extldflags -static'"), "scratch"),
            &[],
        );
    }

    #[test]
    fn arenas_are_told_of_glibc_alone() {
        check("spec", &image("1.26", CGO, "debian:12"), &["spec.cgo.arenas"]);
        let [(path, text)] = image("1.26", CGO, "debian:12");
        check("spec.cgo", &[(path, format!("{text}ENV MALLOC_ARENA_MAX=2\n"))], &[]);
    }
}
