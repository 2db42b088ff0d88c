//! Generated manifests are read as PyYAML reads them.
#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use analyzer_core::base::error::Notes;
use analyzer_core::formats::yaml::{self, Node};
use serde_json::Value;

/// Manifests that are generated.
const MANIFESTS: u64 = 200;

/// Reads texts from its input, and prints what they hold by the core schema of YAML 1.2, which is what
/// manifests are read by: `yes` and `0o17` are texts, as they are here.
const REFERENCE: &str = r"
import json, re, sys, yaml
class Core(yaml.SafeLoader): pass
Core.yaml_implicit_resolvers = {}
tag = 'tag:yaml.org,2002:'
for name, pattern, first in [('bool', '^(true|false)$', 'tf'), ('int', '^-?(0|[1-9][0-9]*)$', '-0123456789'),
                             ('null', '^(~|null|Null|NULL|)$', ['~', 'n', 'N', '']), ('merge', '^<<$', '<')]:
    Core.add_implicit_resolver(tag + name, re.compile(pattern), list(first))
print(json.dumps([list(yaml.load_all(text, Core)) for text in json.load(sys.stdin)]))
";

/// Numbers that are the same every time (Lehmer).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A scalar in one of the ways in which people write it.
fn scalar(random: &mut Random, text: &str) -> String {
    match random.below(3) {
        0 => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        1 => format!("'{}'", text.replace('\'', "''")),
        _ if text.contains([':', '#', '{', '[', '\'', '"', '*', '&', '%', '@']) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => text.to_owned(),
    }
}

fn container(random: &mut Random, indent: &str, index: u64) -> String {
    let mut out = String::new();
    let memory = random.one(&["512Mi", "1Gi", "400M", "\"268435456\"", "1.5Gi"]);
    let cpu = random.one(&["500m", "2", "'1'", "0.5", "1500m"]);
    let image = random.one(&[
        "registry.example:5000/shop/api:1.4.2",
        "api@sha256:0a1b",
        "\"golang:1.24-alpine\"",
        "redis:7",
    ]);
    let name = random.one(&["api", "worker-2", "\"on\"", "größe", "a_b.c"]);
    write!(
        out,
        "{indent}- name: {name}{}\n{indent}  image: {image}\n",
        random.one(&["", "   # the service", " "])
    )
    .unwrap();
    match random.below(4) {
        0 => writeln!(out, "{indent}  resources: {{limits: {{memory: {memory}, cpu: {cpu}}}, requests: {{memory: 64Mi}}}}"),
        1 => writeln!(out, "{indent}  resources:\n{indent}    limits: &limits{index}\n{indent}      memory: {memory}\n{indent}      cpu: {cpu}\n{indent}    requests:\n{indent}      <<: *limits{index}\n{indent}      cpu: 100m"),
        2 => writeln!(out, "{indent}  resources: {{\n{indent}    \"limits\": {{\"memory\": {memory},\n{indent}      \"cpu\": {cpu}, }}\n{indent}  }}"),
        _ => writeln!(out, "{indent}  resources: {{}}"),
    }
    .unwrap();
    writeln!(out, "{indent}  env:").unwrap();
    let deeper = random.one(&["", "  "]);
    for (variable, value) in [
        ("GOMEMLIMIT", "400MiB"),
        ("GOGC", "50"),
        ("GREETING", "it's: a #1 \"thing\""),
        ("URL", "http://example.com:8080/a?b=c&d=%20"),
        ("EMPTY", ""),
        ("PATTERN", "^[a-z]+\\d*$"),
    ] {
        if random.below(2) == 0 {
            continue;
        }
        let value = if value.is_empty() { "\"\"".to_owned() } else { scalar(random, value) };
        match random.below(2) {
            0 => writeln!(out, "{indent}  {deeper}- name: {variable}\n{indent}  {deeper}  value: {value}"),
            _ => writeln!(out, "{indent}  {deeper}- {{name: {variable}, value: {value}}}"),
        }
        .unwrap();
    }
    writeln!(out, "{indent}  {deeper}- name: LAST\n{indent}  {deeper}  valueFrom: {{resourceFieldRef: {{resource: limits.memory}}}}").unwrap();
    match random.below(5) {
        0 => writeln!(out, "{indent}  command: [sh, -c, \"exec /api --port=80\"]"),
        1 => writeln!(out, "{indent}  command:\n{indent}  - /bin/sh\n{indent}  - -c\n{indent}  - |\n{indent}    set -e\n{indent}    exec /api  # not a comment"),
        2 => writeln!(out, "{indent}  args:\n{indent}    - >-\n{indent}      --flag=one\n{indent}      --flag=two\n\n{indent}      --flag=three"),
        3 => writeln!(out, "{indent}  args:\n{indent}  - |+\n{indent}    keep\n\n{indent}  - 'two\n{indent}    lines'"),
        _ => writeln!(out, "{indent}  args: []"),
    }
    .unwrap();
    out
}

fn manifest(random: &mut Random, number: u64) -> String {
    let mut out = String::new();
    let documents = 1 + random.below(3);
    for document in 0..documents {
        if document > 0 || random.below(2) == 0 {
            out.push_str(random.one(&["---\n", "---  # next\n", "--- \n"]));
        }
        if random.below(2) == 0 {
            writeln!(out, "# Source: shop/templates/{number}.yaml").unwrap();
        }
        let kind = random.one(&["Deployment", "StatefulSet", "Job"]);
        let list = random.below(6) == 0;
        let (outer, first) = if list { ("  ", "- ") } else { ("", "") };
        if list {
            out.push_str("apiVersion: v1\nkind: List\nitems:\n");
        }
        writeln!(out, "{first}apiVersion: apps/v1\n{outer}kind: {kind}\n{outer}metadata:").unwrap();
        writeln!(
            out,
            "{outer}  name: {}\n{outer}  labels:\n{outer}    \"app.kubernetes.io/name\": shop",
            scalar(random, "shop")
        )
        .unwrap();
        match random.below(3) {
            0 => writeln!(out, "{outer}  annotations: {{checksum/config: {number}a, note: \"tab\\there é \\u00e9\"}}"),
            1 => writeln!(out, "{outer}  annotations:\n{outer}    a: ~\n{outer}    b:\n{outer}    c: null\n{outer}    d: yes\n{outer}    e: 1e3\n{outer}    f: 2026-11-20"),
            _ => writeln!(out, "{outer}  annotations: {{}}"),
        }
        .unwrap();
        writeln!(
            out,
            "{outer}spec:\n{outer}  replicas: {}\n{outer}  template:\n{outer}    spec:",
            random.below(9)
        )
        .unwrap();
        writeln!(
            out,
            "{outer}      terminationGracePeriodSeconds: {}\n{outer}      hostNetwork: {}",
            random.below(90),
            random.one(&["true", "false"])
        )
        .unwrap();
        writeln!(out, "{outer}      containers:").unwrap();
        let indent = format!("{outer}      {}", random.one(&["", "  "]));
        for index in 0..=random.below(2) {
            out.push_str(&container(random, &indent, index));
        }
        if random.below(8) == 0 {
            out.push_str("...\n");
        }
    }
    out
}

#[test]
#[ignore = "needs python3 with PyYAML: cargo test -p analyzer-core --test yaml -- --ignored"]
fn generated_manifests_are_read_as_pyyaml_reads_them() {
    let mut random = Random(20_261_130);
    let texts: Vec<String> = (0..MANIFESTS).map(|number| manifest(&mut random, number)).collect();
    let mut python = Command::new("python3")
        .args(["-c", REFERENCE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test compares with PyYAML, and there is no python3");
    let mut input = python.stdin.take().unwrap();
    let sent = serde_json::to_vec(&texts).unwrap();
    let writer = std::thread::spawn(move || input.write_all(&sent));
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "this test compares with PyYAML, and python3 has none or cannot read a text"
    );
    writer.join().unwrap().unwrap();
    let expected: Vec<Vec<Value>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(expected.len(), texts.len());
    for (text, expected) in texts.iter().zip(expected) {
        let roots = yaml::whole(text.as_bytes(), "test", &mut Notes::default())
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let read: Vec<Value> = roots.iter().map(Node::to_json).collect();
        assert_eq!(read, expected, "{text}");
    }
}
