//! The secrets of exported variables and metrics: arguments, label values, and
//! whatever the program exports beside the runtime's own figures.

use super::prometheus;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{Kind, Marks, Part, walk_json};

type Outcome = Result<(), &'static str>;

/// expvar, and `runtime/metrics` as JSON: the names of variables and metrics
/// stay, keys below a variable and all texts do not.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    walk_json(input.bytes, &mut |keys, part, text| {
        let variable = keys.first().copied().unwrap_or_default();
        let is_own =
            variable == b"memstats" || variable.starts_with(b"/") || text.starts_with(b"/memory/classes/");
        let is_metric = variable == b"metrics" && text.starts_with(b"/");
        match part {
            Part::Key if keys.is_empty() || is_own || is_metric => {}
            Part::Key => marks.quoted(text, Kind::Label),
            Part::Value if variable == b"cmdline" => marks.quoted(text, Kind::Argument),
            Part::Value => marks.quoted(text, Kind::Label),
        }
    })
}

/// Labels whose values are numbers of a histogram, or the toolchain's.
const KEPT_LABELS: [&str; 3] = ["le", "quantile", "version"];

/// Prometheus text: names of metrics and labels stay, values of labels do not.
pub(super) fn prometheus(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        let text = line.text().trim();
        if text.starts_with("# HELP ") || text.starts_with("# TYPE ") || text.is_empty() {
            continue;
        }
        match prometheus::sample(text).filter(|_| !text.starts_with('#')) {
            Some(prometheus::Sample { metric, labels: prometheus::Labels::Text(text), .. }) => {
                labels(metric, text, marks)
            }
            _ => marks.blank(line.bytes),
        }
    }
    Ok(())
}

/// `name="value",…`.
fn labels(metric: &str, text: &str, marks: &mut Marks<'_>) {
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let name = name.trim_matches([',', ' ']);
        let end = value_end(after);
        let value = after.get(..end).unwrap_or(after);
        let is_kept = KEPT_LABELS.contains(&name) && (name != "version" || metric == "go_info");
        match name {
            _ if is_kept => {}
            "id" if value.starts_with('/') => marks.cgroup_path(value.as_bytes()),
            "namespace" | "pod" | "container" | "node" | "instance" | "host" => {
                marks.quoted(value.as_bytes(), Kind::Name);
            }
            _ => marks.quoted(value.as_bytes(), Kind::Label),
        }
        rest = after.get(end + 1..).unwrap_or_default();
    }
}

/// Where the closing quote stands.
fn value_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::redaction;

    fn shown(text: &str, mark: fn(&Input<'_>, &mut Marks<'_>) -> Outcome) -> String {
        redaction::shown(text, b'*', |input, marks| mark(input, marks).unwrap())
    }

    #[test]
    fn label_values_go_and_names_stay() {
        let text = "# HELP x_total Things.\nx_total{tenant=\"ac\\\"me\",le=\"0.5\"} 3 1700000000\n\
                    go_info{version=\"go1.26.6\"} 1\nup{instance=\"10.1.2.3:80\"} 1\n";
        let expected = "# HELP x_total Things.\nx_total{tenant=\"**\\\"**\",le=\"0.5\"} 3 1700000000\n\
                        go_info{version=\"go1.26.6\"} 1\nup{instance=\"**.*.*.*:**\"} 1\n";
        assert_eq!(shown(text, prometheus), expected);
    }

    #[test]
    fn expvar_keeps_the_runtimes_figures_and_the_names_of_variables() {
        let text = r#"{"cmdline": ["/srv/x", "-t=1"], "memstats": {"HeapSys": 1}, "by_tenant": {"acme": {"k": "v"}}}"#;
        let expected = r#"{"cmdline": ["/***/*", "-*=*"], "memstats": {"HeapSys": 1}, "by_tenant": {"****": {"*": "*"}}}"#;
        assert_eq!(shown(text, json), expected);
    }
}
