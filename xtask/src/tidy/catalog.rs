//! What is written from the rules themselves: `docs/rules.md`, a row a code, and
//! the example in `CONTRIBUTING.md`, which is a rule of the engine.

use analyzer_core::detectors::{self, Rule};
use analyzer_core::report::Severity;

use super::{TrackedFile, Violation};

const TABLE: &str = "docs/rules.md";

const HEAD: &str = "\
# What Strata finds

All codes that a finding can carry. `strata check --fail-on` accepts them, baselines store them, and the report lists those
whose check did not run. A prefix of a code selects a family: `--fail-on mem.oom` matches all of `mem.oom.*`. This page is
generated from the rules by `cargo xtask tidy --fix`, and a test keeps it current. *At worst* is the highest severity of the
rule. Each finding states its condition, its thresholds, and what to do.
";

/// Families of codes with the guide that explains them.
const GUIDES: [(&str, &str, &str); 12] = [
    ("cpu", "The CPU quota", "sockets.md#the-cpu-quota"),
    ("crash", "Crashes", "goroutines.md#crashes"),
    ("ebpf", "eBPF tools", "tracing.md#ebpf-tools"),
    ("fd", "File descriptors", "sockets.md#descriptors"),
    ("goroutine", "Goroutines", "goroutines.md"),
    ("mem", "Memory", "memory.md"),
    ("net", "Connections", "sockets.md#connections"),
    ("otel", "Distributed tracing", "tracing.md#distributed-tracing"),
    ("prof", "Profiles", "profiles.md"),
    ("spec", "Deployment configuration", "recipe.md"),
    ("thr", "Threads", "sockets.md#threads"),
    ("trace", "Execution traces", "traces.md"),
];

const GUIDE: &str = "CONTRIBUTING.md";
const EXAMPLE: &str = "analyzer-core/src/detectors/memory/lazyfree.rs";

/// Finds texts that are not what the rules say.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let wanted = wanted(files);
    let is_kept = |path: &str, text: &str| {
        files.iter().any(|file| file.path == path && file.text.as_deref() == Some(text))
    };
    let stale = wanted.into_iter().filter(|(path, text)| !is_kept(path, text));
    stale
        .map(|(path, _)| Violation {
            path: path.to_owned(),
            line: 0,
            message: "is not what the rules say: `cargo xtask tidy --fix` writes it".to_owned(),
        })
        .collect()
}

/// Paths, and what should stand there.
pub fn wanted(files: &[TrackedFile]) -> Vec<(&'static str, String)> {
    let text = |path: &str| files.iter().find(|file| file.path == path).and_then(|file| file.text.as_deref());
    let guide = text(GUIDE).zip(text(EXAMPLE)).and_then(|(guide, example)| with_example(guide, example));
    let rules: Vec<&Rule> = detectors::rules().collect();
    std::iter::once((TABLE, table(&rules))).chain(guide.map(|guide| (GUIDE, guide))).collect()
}

/// The table: a section for each family, its codes in order.
fn table(rules: &[&Rule]) -> String {
    let mut families: Vec<&str> = rules.iter().map(|rule| family(rule)).collect();
    families.dedup();
    let mut text = HEAD.to_owned();
    for family_name in families {
        let guide = GUIDES.iter().find(|(name, ..)| *name == family_name);
        match guide {
            Some((name, title, path)) => {
                text.push_str(&format!("\n## {title}: `{name}`\n\n[The guide]({path}) explains them.\n"));
            }
            None => text.push_str(&format!("\n## `{family_name}`\n")),
        }
        text.push_str("\n| code | at worst | finding | what it means |\n|---|---|---|---|\n");
        for rule in rules.iter().filter(|rule| family(rule) == family_name) {
            text.push_str(&format!(
                "| `{}` | {} | {} | {} |\n",
                rule.code,
                severity(rule.severity),
                cell(rule.title),
                cell(rule.meaning)
            ));
        }
    }
    text
}

fn family(rule: &Rule) -> &'static str {
    rule.code.split('.').next().unwrap_or(rule.code)
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The guide with the example as it is now; `None` without its two marks.
fn with_example(guide: &str, example: &str) -> Option<String> {
    const BEGIN: &str = "<!-- example -->\n";
    const END: &str = "<!-- end of example -->";
    let (before, rest) = guide.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}```rust\n{example}```\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule =
        Rule { code: "mem.a", severity: Severity::Warning, title: "Title", meaning: "One | two." };

    #[test]
    fn a_family_is_a_section_and_a_code_a_row() {
        let other = Rule { code: "new.b", ..RULE };
        let text = table(&[&RULE, &other]);
        assert!(text.contains("## Memory: `mem`"), "{text}");
        assert!(text.contains("| `mem.a` | warning | Title | One \\| two. |\n\n## `new`\n"), "{text}");
    }

    #[test]
    fn the_example_is_replaced_between_its_marks() {
        let guide = "a\n<!-- example -->\nold\n<!-- end of example -->\nb\n";
        let wanted = "a\n<!-- example -->\n```rust\nnew\n```\n<!-- end of example -->\nb\n";
        assert_eq!(with_example(guide, "new\n").as_deref(), Some(wanted));
        assert_eq!(with_example("no marks", "new\n"), None);
    }

    #[test]
    fn a_table_that_is_old_or_missing_is_found() {
        let current = TrackedFile {
            path: TABLE.to_owned(),
            text: wanted(&[]).into_iter().next().map(|(_, text)| text),
        };
        assert!(check(std::slice::from_ref(&current)).is_empty());
        let old = TrackedFile { text: Some("old".to_owned()), ..current };
        assert_eq!(check(&[old]).len(), 1);
        assert_eq!(check(&[]).len(), 1);
    }
}
