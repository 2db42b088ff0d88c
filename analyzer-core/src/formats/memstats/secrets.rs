//! Of exported variables and metrics, the runtime's, the process' and the
//! containers' own figures stay; arguments, label values, and whatever else the
//! program exports do not.

use super::prometheus;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::redaction::{
    API, Kind, METRICS, Marks, Part, Verdict, all_in, is_go_version, is_number, is_word_byte, walk_json,
};

type Outcome = Result<(), &'static str>;

/// expvar, and `runtime/metrics` as JSON: the runtime's own figures stay under
/// their names; whatever else the program exports does not.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    walk_json(input.bytes, marks, &mut |_, keys, part, text| {
        let variable = keys.first().copied().unwrap_or_default();
        let own = keys.last().copied().unwrap_or_default();
        let is_own = |key: &[u8]| is_field(key) || (key.first() == Some(&b'/') && all_in(key, &METRICS));
        let is_variable =
            matches!(text, b"cmdline" | b"memstats" | b"metrics" | b"BySize" | b"name" | b"value");
        match part {
            Part::Key if is_own(text) || is_variable => Verdict::Keep,
            Part::Number if is_own(own) || matches!(own, b"BySize" | b"value") => Verdict::Keep,
            Part::Value if own == b"name" && text.first() == Some(&b'/') && all_in(text, &METRICS) => {
                Verdict::Keep
            }
            Part::Value if is_go_version(text) => Verdict::Keep,
            _ if variable == b"cmdline" => Verdict::Replace(Kind::Argument),
            _ => Verdict::Replace(Kind::Label),
        }
    })
}

/// A field of `runtime.MemStats`, with or without the package's way of writing it.
fn is_field(key: &[u8]) -> bool {
    const FIELDS: &str = "Alloc TotalAlloc Sys Lookups Mallocs Frees HeapAlloc HeapSys HeapIdle HeapInuse HeapReleased \
        HeapObjects StackInuse StackSys MSpanInuse MSpanSys MCacheInuse MCacheSys BuckHashSys GCSys OtherSys NextGC LastGC \
        PauseTotalNs PauseNs PauseEnd NumGC NumForcedGC GCCPUFraction EnableGC DebugGC BySize Size";
    FIELDS.split_ascii_whitespace().any(|field| field.as_bytes() == key)
}

/// True if every word of a metric's name is of the runtime's, the process', cAdvisor's or the kubelet's.
pub(in crate::formats) fn is_known_metric(name: &[u8]) -> bool {
    let starts: [&[u8]; 9] = [
        b"go_",
        b"process_",
        b"container_",
        b"kube_",
        b"machine_",
        b"promhttp_",
        b"node_",
        b"otelcol_",
        b"otel_",
    ];
    let is_word =
        |word: &[u8]| word.is_empty() || METRICS.contains(word) || word.iter().all(u8::is_ascii_digit);
    starts.iter().any(|start| name.starts_with(start))
        && name.split(|byte| !is_word_byte(*byte)).all(|word| is_word(word) && word.len() <= 20)
}

/// Prometheus text: names of known metrics and labels stay, and numbers of known metrics.
pub(super) fn prometheus(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        let text = line.text().trim();
        if let Some(rest) = text.strip_prefix("# HELP ").or_else(|| text.strip_prefix("# TYPE ")) {
            title(text, rest, marks);
            continue;
        }
        if text == "# EOF" {
            marks.keep(text.as_bytes());
            continue;
        }
        let Some(sample) = prometheus::sample(text).filter(|_| !text.starts_with('#')) else { continue };
        let is_known = metric(sample.metric, marks);
        let mut rest = text.get(sample.metric.len()..).unwrap_or_default();
        if let prometheus::Labels::Text(labels) = sample.labels {
            self::labels(sample.metric, labels, marks);
            let end = labels.as_ptr().addr().saturating_sub(text.as_ptr().addr()) + labels.len();
            let start = if labels.is_empty() { sample.metric.len() } else { end };
            rest = text.get(start..).unwrap_or_default().trim_start_matches([' ', '}', '{']);
        }
        // An exemplar stands behind a `#`.
        let own = rest.split('#').next().unwrap_or_default();
        for number in own.split_whitespace().take(2) {
            if is_known && is_number(number.as_bytes()) {
                marks.keep(number.as_bytes());
            } else {
                marks.number(number.as_bytes());
            }
        }
    }
    Ok(())
}

/// `HELP name words`, `TYPE name type`.
fn title(text: &str, rest: &str, marks: &mut Marks<'_>) {
    const TYPES: &str = "counter gauge histogram summary untyped unknown info stateset gaugehistogram";
    marks.keep(text.get(..text.len() - rest.len()).unwrap_or_default().as_bytes());
    let name = rest.split_whitespace().next().unwrap_or_default();
    metric(name, marks);
    let kind = rest.split_whitespace().nth(1).unwrap_or_default();
    if text.starts_with("# TYPE") && TYPES.split(' ').any(|known| known == kind) {
        marks.keep(kind.as_bytes());
    }
}

/// Marks a metric's name; true if it is known.
fn metric(name: &str, marks: &mut Marks<'_>) -> bool {
    let is_known = is_known_metric(name.as_bytes());
    if is_known {
        marks.keep(name.as_bytes());
    } else {
        marks.words(name.as_bytes(), Kind::Label);
    }
    is_known
}

/// Labels whose names are the exporters' own.
const LABELS: &str = "namespace pod container container_name pod_name node instance host job id image name le quantile \
    version phase reason resource unit uid cpu device interface type failure_type scope condition status service \
    endpoint metrics_path created_by_kind owner_kind __name__ state cause code method";

/// True if a label of this name is known.
pub(in crate::formats) fn is_known_label(name: &[u8]) -> bool {
    LABELS.split_ascii_whitespace().any(|known| known.as_bytes() == name)
}

/// Marks the value of a label.
pub(in crate::formats) fn label_value(metric: &[u8], name: &[u8], value: &[u8], marks: &mut Marks<'_>) {
    let is_word = matches!(
        name,
        b"phase" | b"reason" | b"resource" | b"unit" | b"condition" | b"scope" | b"failure_type" | b"state"
    );
    match name {
        b"le" | b"quantile" if is_number(value) => marks.keep(value),
        b"version" if metric == b"go_info" && is_go_version(value) => marks.keep(value),
        _ if is_word && all_in(value, &API) => marks.keep(value),
        b"scope" | b"failure_type" if all_in(value, &METRICS) => marks.keep(value),
        b"id" if value.first() == Some(&b'/') && !value.contains(&b'\\') => marks.cgroup_path(value),
        b"namespace" | b"pod" | b"container" | b"node" | b"instance" | b"host" => {
            marks.quoted(value, Kind::Name)
        }
        _ => marks.quoted(value, Kind::Label),
    }
}

/// `name="value",…`, with blanks anywhere between.
fn labels(metric: &str, text: &str, marks: &mut Marks<'_>) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        let name = before.trim_matches([',', ' ', '=', '{', '\t']);
        let end = value_end(after);
        if is_known_label(name.as_bytes()) {
            marks.keep(name.as_bytes());
        } else {
            marks.quoted(name.as_bytes(), Kind::Label);
        }
        let value = after.get(..end).unwrap_or(after);
        label_value(metric.as_bytes(), name.as_bytes(), value.as_bytes(), marks);
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
    fn label_values_go_and_known_names_stay() {
        let text = "# HELP go_threads Things of acme.\n# TYPE acme_total counter\nacme_total{tenant=\"ac\\\"me\",le=\"0.5\"} 3 1700000000 # {id=\"x\"} 1\n\
                    go_info{version=\"go1.26.6\"} 1\ngo_threads{ instance = \"10.1.2.3:80\" } 12\n";
        let expected = "# HELP go_threads xxxxxx xx xxxx.\n# TYPE ****_***** counter\n****_*****{******=\"**\\\"**\",le=\"0.5\"} 1 1000000000 # {xx=\"x\"} x\n\
                    go_info{version=\"go1.26.6\"} 1\ngo_threads{ instance = \"**.*.*.*:**\" } 12\n";
        assert_eq!(shown(text, prometheus), expected);
    }

    #[test]
    fn expvar_keeps_the_runtimes_figures() {
        let text = r#"{"cmdline": ["/srv/x", "-t=1"], "memstats": {"HeapSys": 12}, "by_tenant": {"ac\u0026me": {"k": 4711}}}"#;
        let expected = r#"{"cmdline": ["/***/*", "-*=*"], "memstats": {"HeapSys": 12}, "**_******": {"**\u0026**": {"*": 1000}}}"#;
        assert_eq!(shown(text, json), expected);
    }
}
