//! The policy for a cluster's gate and the rules of the recipe decide alike.
#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

use std::collections::BTreeSet;

use analyzer_core::base::error::Notes;
use analyzer_core::formats::yaml::{self, Node};
use analyzer_core::session::{Session, policy};
use kube_cel::KubeCelExt as _;
use kube_cel::cel::{Context, Program, Value, objects::Map};
use serde_json::Value as Json;

fn documents(text: &str) -> Vec<Json> {
    yaml::whole(text.as_bytes(), "test", &mut Notes::default()).unwrap().iter().map(Node::to_json).collect()
}

fn evaluate(expression: &Json, context: &Context<'_>) -> Value {
    let expression = expression.as_str().unwrap();
    let program = Program::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    program.execute(context).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// The codes of the validations that refuse an object, as an API server evaluates them.
fn refused(policy: &Json, object: &Json) -> BTreeSet<String> {
    let mut context = Context::default().with_all();
    context.add_variable("object", object).unwrap();
    let mut variables = std::collections::HashMap::new();
    for variable in policy["spec"]["variables"].as_array().unwrap() {
        let value = evaluate(&variable["expression"], &context);
        variables.insert(variable["name"].as_str().unwrap().to_owned(), value);
        context.add_variable_from_value("variables", Value::Map(Map::from(variables.clone())));
    }
    let validations = policy["spec"]["validations"].as_array().unwrap();
    let refuses = |validation: &&Json| evaluate(&validation["expression"], &context) == Value::Bool(false);
    validations.iter().filter(refuses).map(code).collect()
}

/// The code that a validation's message begins with.
fn code(validation: &Json) -> String {
    validation["message"].as_str().unwrap().split(':').next().unwrap().to_owned()
}

/// What `strata check` finds in the same object alone, as far as the policy knows of it.
fn found(known: &BTreeSet<String>, object: &Json) -> BTreeSet<String> {
    let mut session = Session::default();
    session.add("object.json", serde_json::to_vec(object).unwrap());
    let codes = session.report().findings.into_iter().map(|finding| finding.code);
    codes.filter(|code| known.contains(code)).collect()
}

/// A deployment with one container that has these fields.
fn deployment(pod: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  template:\n    spec:\n      {pod}\n      containers:\n      - name: api\n        {container}\n"
    )
}

#[test]
fn the_policy_decides_as_the_rules_do() {
    let documents_of_policy = documents(&policy());
    let policy = documents_of_policy.first().unwrap();
    let known: BTreeSet<String> =
        policy["spec"]["validations"].as_array().unwrap().iter().map(code).collect();
    let folder = format!("{}/tests/fixtures/recipe", env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<String> = ["deployment", "recommender", "exporter", "rendered", "kustomize"]
        .iter()
        .map(|name| std::fs::read_to_string(format!("{folder}/{name}.yaml")).unwrap())
        // A policy does not read commands.
        .map(|text| text.replace("sleep 20", "drain"))
        .collect();
    let limits = "resources: {limits: {memory: 512Mi, cpu: 500m}}";
    for value in [
        "512Mi",
        "512MiB",
        "500MiB",
        "486MiB",
        "400MiB",
        "'536870911'",
        "1GiB",
        "off",
        "''",
        "$(X)",
        "1.5GiB",
    ] {
        texts.push(deployment("", &format!("env: [{{name: GOMEMLIMIT, value: {value}}}]\n        {limits}")));
    }
    for (value, cpu) in [("16", "500m"), ("2", "100m"), ("4", "2"), ("5", "2"), ("5", "'2.5'"), ("x", "1")] {
        let limits = format!("resources: {{limits: {{cpu: {cpu}}}}}");
        texts.push(deployment(
            "",
            &format!("env: [{{name: GOMAXPROCS, value: '{value}'}}]\n        {limits}"),
        ));
    }
    for env in [
        "{name: GOGC, value: 'off'}",
        "{name: GOGC, value: '-1'}",
        "{name: GOGC, value: '50'}",
        "{name: GOGC, value: 'off'}, {name: GOMEMLIMIT, value: 400MiB}",
        "{name: GOGC, value: 'off'}, {name: GOMEMLIMIT, value: 'off'}",
        "{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}",
        "{name: TOKEN, value: x}",
    ] {
        texts.push(deployment("", &format!("env: [{env}]\n        {limits}")));
    }
    for (grace, sleep) in [("10", "10"), ("30", "5"), ("45", "50")] {
        let hook = format!(
            "env: [{{name: GOGC, value: '50'}}]\n        lifecycle: {{preStop: {{sleep: {{seconds: {sleep}}}}}}}"
        );
        texts.push(deployment(&format!("terminationGracePeriodSeconds: {grace}"), &hook));
    }
    for volume in [
        "{medium: Memory, sizeLimit: 64Mi}",
        "{medium: Memory, sizeLimit: 256Mi}",
        "{medium: Memory}",
        "{sizeLimit: 4Gi}",
    ] {
        let volumes = format!(
            "volumes: [{{name: v, emptyDir: {volume}}}, {{name: w, emptyDir: {{medium: Memory, sizeLimit: 60Mi}}}}]"
        );
        let env = "env: [{name: GOMEMLIMIT, value: 400MiB}]";
        for mounts in ["{name: v, mountPath: /v}", "{name: v, mountPath: /v}, {name: w, mountPath: /w}", ""] {
            texts.push(deployment(
                &volumes,
                &format!("{env}\n        {limits}\n        volumeMounts: [{mounts}]"),
            ));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        for path in ["/debug/pprof/heap", "/live"] {
            texts.push(deployment("", &format!("{probe}: {{httpGet: {{path: {path}, port: 6060}}}}")));
        }
    }
    let kinds = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];
    let (mut objects, mut told) = (0, BTreeSet::new());
    for object in texts.iter().flat_map(|text| documents(text)) {
        if !kinds.contains(&object["kind"].as_str().unwrap_or_default()) {
            continue;
        }
        let refused = refused(policy, &object);
        assert_eq!(refused, found(&known, &object), "{object}");
        told.extend(refused);
        objects += 1;
    }
    assert!(objects > 50, "{objects}");
    assert_eq!(told, known, "a validation that nothing here is refused by");
}

#[test]
fn the_policy_warns_and_never_refuses() {
    let documents = documents(&policy());
    assert_eq!(documents[0]["spec"]["failurePolicy"], "Ignore");
    assert_eq!(documents[1]["spec"]["validationActions"], serde_json::json!(["Warn", "Audit"]));
    assert_eq!(documents[1]["spec"]["policyName"], documents[0]["metadata"]["name"]);
    assert!(!policy().contains('@'), "a threshold that is not filled in");
}
