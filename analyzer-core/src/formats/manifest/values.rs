//! What the dialects share: variables, commands, durations, sizes.

use crate::base::source::{Position, SourceId, SourceSpan};
use crate::evidence::recipe::{Stated, Variable, VariableValue};
use crate::formats::yaml::Node;

/// Variables that the Go runtime, its well-kept helpers or glibc's allocator read.
const VARIABLES: [&str; 8] = [
    "GOMEMLIMIT",
    "GOGC",
    "GOMAXPROCS",
    "GODEBUG",
    "GOTRACEBACK",
    "GOCOVERDIR",
    "AUTOMEMLIMIT",
    "MALLOC_ARENA_MAX",
];

/// True for a variable that is kept.
pub fn is_kept(name: &str) -> bool {
    VARIABLES.contains(&name) || name.starts_with("GRPC_GO_")
}

/// A place in a source.
pub const fn span(source: SourceId, at: Position) -> SourceSpan {
    SourceSpan { source, at }
}

/// A value with the words of its node.
pub fn stated<T>(source: SourceId, node: &Node, value: T) -> Stated<T> {
    let written = node.text().unwrap_or_default().to_owned();
    Stated { value, written, at: span(source, node.at) }
}

/// A value of a node, if it can be read.
pub fn read<T>(source: SourceId, node: Option<&Node>, of: impl Fn(&str) -> Option<T>) -> Option<Stated<T>> {
    let node = node?;
    Some(stated(source, node, of(node.text()?)?))
}

/// `NAME=VALUE`, if it is kept. A value that something fills in later is not known.
pub fn assignment(source: SourceId, node: &Node) -> Option<Variable> {
    let (name, value) = node.text()?.split_once('=')?;
    is_kept(name).then(|| Variable {
        name: name.to_owned(),
        value: value_of(value),
        at: span(source, node.at),
    })
}

/// A literal, or a value that something fills in later: `$(X)`, `${X}`, `{{ x }}`.
pub fn value_of(text: &str) -> VariableValue {
    let is_open = text.contains("$(") || text.contains("${") || text.contains("{{");
    if is_open { VariableValue::Unknown } else { VariableValue::Text(text.to_owned()) }
}

/// A whole number.
pub fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// Sizes of docker and compose: `512m`, `1g`, `64MiB`; every letter is a power of 1024 (docker/go-units, RAMInBytes).
pub fn docker_size(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let shift = match unit.trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    thousandths(digits)?.checked_mul(1 << shift).map(|size| size / 1000)
}

/// A decimal number in thousandths: `0.5` is 500. What is finer is cut.
pub fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(1000)?.checked_add(part.parse().ok()?)
}

/// CPUs of Kubernetes in thousandths: `500m`, `2`, `0.5`.
pub fn cpus(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_suffix('m') {
        Some(millis) => number(millis),
        None => thousandths(text),
    }
}

/// A duration in whole seconds: `30`, `1m30s`, `500ms`.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(seconds) = number(text) {
        return Some(seconds);
    }
    let (mut total, mut rest) = (0_i64, text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (digits, unit) = rest.split_at(end);
        let length = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(length);
        let millis = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "us" | "ns" | "µs" => 0,
            _ => return None,
        };
        total = total.checked_add(thousandths(digits)?.checked_mul(millis)? / 1000)?;
        rest = after;
    }
    Some(total / 1000)
}

/// The words of a command: a list, or one line split as a shell does.
pub fn words(node: &Node) -> Vec<String> {
    match node.text() {
        Some(line) => split_line(line),
        None => node.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
    }
}

/// A line split at blanks outside of quotes.
pub fn split_line(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_open) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => (quote, is_open) = (Some(c), true),
            (Some(open), c) if open == c => quote = None,
            (None, c) if c.is_whitespace() => {
                if is_open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_open = false;
            }
            _ => word.push(c),
        }
    }
    if is_open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// How long a hook sleeps that does nothing else before: `sleep 20`, `sh -c "sleep 20; …"`.
pub fn sleeps(command: &[String]) -> Option<i64> {
    let line = match command {
        [shell, flag, line, ..] if flag.starts_with('-') && flag.ends_with('c') && shell.ends_with("sh") => {
            line.clone()
        }
        words => words.join(" "),
    };
    let parts = line.split(['\n', ';', '&']);
    let slept = parts.filter_map(|part| {
        let mut words = part.split_whitespace();
        let is_sleep = words.next().is_some_and(|word| word.rsplit('/').next() == Some("sleep"));
        words.next().filter(|_| is_sleep).and_then(seconds)
    });
    slept.fold(None, |sum, more| Some(sum.unwrap_or(0_i64).saturating_add(more)))
}

/// Pairs of an object, or of a list of `KEY=VALUE`.
pub fn pairs(node: Option<&Node>) -> Vec<(String, String)> {
    let members = node.map(Node::members).unwrap_or_default();
    members.iter().filter_map(|member| Some((member.key.clone(), member.value.text()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_docker_are_powers_of_1024_and_those_of_kubernetes_cpus_thousandths() {
        for (text, size) in [
            ("512m", Some(512 << 20)),
            ("1.5g", Some(3 << 29)),
            ("64MiB", Some(64 << 20)),
            ("100", Some(100)),
            ("1kb", Some(1024)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(docker_size(text), size, "{text}");
        }
        for (text, millis) in [
            ("500m", Some(500)),
            ("2", Some(2000)),
            ("0.25", Some(250)),
            (".5", Some(500)),
            ("a", None),
            (".", None),
        ] {
            assert_eq!(cpus(text), millis, "{text}");
        }
    }

    #[test]
    fn a_hook_that_sleeps_is_told_from_one_that_works() {
        let words = |line: &str| split_line(line);
        for (line, slept) in [
            ("/bin/sh -c 'sleep 20'", Some(20)),
            ("sleep 1m30s", Some(90)),
            ("sh -c 'sleep 5; kill -TERM 1; /bin/sleep 10'", Some(15)),
            ("/drain --wait 30", None),
        ] {
            assert_eq!(sleeps(&words(line)), slept, "{line}");
        }
    }
}
