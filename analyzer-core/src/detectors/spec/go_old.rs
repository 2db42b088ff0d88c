//! `spec.go.old`: Go versions whose memory behaves in a way of its own.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::Version;
use crate::detectors::{Detector, Rule};
use crate::report::Severity;

const OLD: Rule = Rule {
    code: "spec.go.old",
    severity: Severity::Info,
    title: "An old Go version",
    meaning: "This version handles memory worse than later versions.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[OLD],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (version, stated) = unit.go_version()?;
            let what = peculiar(version)?;
            Some(Draft {
                claim: format!("{} is built with {}: {what}.", unit.name(), stated.value),
                citations: vec![place(stated.at, "Go version")],
                against: list(&["Distributions may have patched their builds."]),
                advice: list(&["Build with a supported version."]),
                ..draft(OLD, "Go is older than 1.19, or is 1.21.0 to 1.21.3.")
            })
        })
    },
};

/// What a version does that others do not. A tag without a patch is the last of its line.
fn peculiar(version: Version) -> Option<&'static str> {
    match (version.minor, version.patch) {
        _ if version.major != 1 => None,
        (21, Some(0..=3)) => {
            Some("it requests huge pages from the kernel, which raises Rss (go.dev/issue/64332)")
        }
        (..16, _) => {
            Some("it frees memory with MADV_FREE, which stays in Rss, and does not support GOMEMLIMIT")
        }
        (..19, _) => Some("it does not support GOMEMLIMIT"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn image(tag: &str) -> [(&'static str, String); 1] {
        [(
            "Dockerfile",
            format!(
                "FROM golang:{tag} AS b\nRUN CGO_ENABLED=0 go build -o /api .\nFROM scratch\nCOPY --from=b /api /api\nENTRYPOINT [\"/api\"]\n"
            ),
        )]
    }

    #[test]
    fn versions_with_a_memory_of_their_own_are_told() {
        for tag in ["1.15", "1.18.10-alpine", "1.21.1"] {
            check("spec.go", &image(tag), &["spec.go.old"]);
        }
    }

    #[test]
    fn later_ones_and_the_last_of_a_line_are_not() {
        for tag in ["1.19", "1.21", "1.21.4", "1.27.3", "latest"] {
            check("spec.go", &image(tag), &[]);
        }
    }
}
