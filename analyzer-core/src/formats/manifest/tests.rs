//! The facts of each dialect, by its smallest texts.

use crate::base::source::Input;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::recipe::{Container, Stated, VariableValue};
use crate::formats::Probe;
use crate::formats::{Facts, recognize};

/// The evidence of one text.
fn evidence(path: &str, text: &str, format: &str) -> Evidence {
    let probe = Probe { path, bytes: text.as_bytes() };
    let found = recognize(&probe).unwrap();
    assert_eq!(found.name, format, "{path}");
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path, bytes: text.as_bytes() };
    (found.parse)(&input, &mut evidence, &mut Facts::default()).unwrap();
    evidence
}

fn containers(path: &str, text: &str, format: &str) -> Vec<Container> {
    evidence(path, text, format).recipe.containers
}

fn value<T: Copy>(stated: Option<&Stated<T>>) -> Option<(T, u64)> {
    stated.map(|stated| (stated.value, stated.at.at.line.unwrap()))
}

#[test]
fn a_deployment_states_limits_variables_and_how_it_stops() {
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: prod}
spec:
  template:
    metadata: {labels: {app: shop}}
    spec:
      terminationGracePeriodSeconds: 45
      volumes:
      - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
      - {name: disk, emptyDir: {}}
      containers:
      - name: api
        env:
        - {name: GOMEMLIMIT, value: 400MiB}
        - {name: TOKEN, value: secret}
        - {name: GOMAXPROCS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
        volumeMounts:
        - {name: scratch, mountPath: /scratch}
        - {name: disk, mountPath: /disk}
        lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 5']}}}
        resources:
          requests: {memory: 256Mi}
          limits: {memory: 512Mi, cpu: 1500m}
";
    let found = containers("deploy.yaml", text, "manifest");
    let [api] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (api.workload.as_str(), api.namespace.as_str(), api.name.as_str()),
        ("Deployment/shop", "prod", "api")
    );
    assert_eq!(value(api.memory_limit.as_ref()), Some((512 << 20, 24)));
    assert_eq!(value(api.memory_request.as_ref()), Some((256 << 20, 23)));
    assert_eq!(value(api.cpu_limit.as_ref()), Some((1500, 24)));
    assert_eq!(value(api.grace.as_ref()), Some((45, 8)));
    assert_eq!(value(api.pre_stop.as_ref()).map(|stop| stop.0), Some(5));
    assert_eq!(api.variables.len(), 2, "no variable of the program's own is kept");
    assert_eq!(api.variables[1].value, VariableValue::Resource("limits.cpu".to_owned()));
    assert_eq!(api.memory_volumes.len(), 1);
    assert_eq!(api.labels, [("app".to_owned(), "shop".to_owned())]);
}

#[test]
fn templates_of_every_kind_and_lists_are_read_in_yaml_and_json() {
    let spec = r#"{"spec": {"containers": [{"name": "c"}]}}"#;
    let objects = [
        ("Pod", r#""spec": {"containers": [{"name": "c"}]}"#.to_owned()),
        ("StatefulSet", format!(r#""spec": {{"template": {spec}}}"#)),
        ("DaemonSet", format!(r#""spec": {{"template": {spec}}}"#)),
        ("Job", format!(r#""spec": {{"template": {spec}}}"#)),
        ("CronJob", format!(r#""spec": {{"jobTemplate": {{"spec": {{"template": {spec}}}}}}}"#)),
    ];
    let items: Vec<String> = objects
        .iter()
        .map(|(kind, rest)| {
            format!(r#"{{"apiVersion": "v1", "kind": "{kind}", "metadata": {{"name": "n"}}, {rest}}}"#)
        })
        .collect();
    let list = format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{}]}}"#, items[1..].join(", "));
    assert_eq!(containers("list.json", &list, "manifest").len(), 4);
    let stream = items.iter().map(|item| format!("---\n{item}\n")).collect::<String>();
    let stream = format!("apiVersion: v1\nkind: ConfigMap\ndata: {{}}\n{stream}");
    let names: Vec<String> =
        containers("all.yaml", &stream, "manifest").into_iter().map(|c| c.workload).collect();
    assert_eq!(names, ["Pod/n", "StatefulSet/n", "DaemonSet/n", "Job/n", "CronJob/n"]);
}

#[test]
fn sizes_of_compose_are_binary_and_its_ports_published_unless_on_loopback() {
    let text = "\
x-limits: &limits
  mem_limit: 512m
services:
  api:
    <<: *limits
    build: ./api
    environment: [GOMEMLIMIT=400MiB, 'GOGC=${GOGC}', GODEBUG, SECRET=1]
    ports: ['127.0.0.1:6060:6060', '8080:80/tcp', {target: 9000, published: 9000}]
    tmpfs: /tmp:size=64m
    cpus: 0.5
    stop_grace_period: 1m30s
    ulimits: {nofile: {soft: 256, hard: 512}}
";
    let found = containers("compose.yaml", text, "compose");
    let [api] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(value(api.memory_limit.as_ref()), Some((512 << 20, 2)));
    assert_eq!(value(api.cpu_limit.as_ref()), Some((500, 10)));
    assert_eq!(value(api.grace.as_ref()), Some((90, 11)));
    assert_eq!(value(api.nofile.as_ref()), Some((512, 12)));
    assert_eq!(api.published.iter().map(|port| port.value).collect::<Vec<_>>(), [80, 9000]);
    assert_eq!(api.memory_volumes[0].size, Some(64 << 20));
    let values: Vec<_> =
        api.variables.iter().map(|variable| (variable.name.as_str(), &variable.value)).collect();
    assert_eq!(values[0], ("GOMEMLIMIT", &VariableValue::Text("400MiB".to_owned())));
    assert_eq!(values[1..], [("GOGC", &VariableValue::Unknown), ("GODEBUG", &VariableValue::Unknown)]);
}

#[test]
fn zero_is_no_limit_in_what_docker_prints() {
    let text = r#"[{"Name": "/api", "Path": "/app", "Args": ["-v"], "State": {"ExitCode": 0},
        "HostConfig": {"Memory": 0, "NanoCpus": 1500000000, "PidsLimit": null, "Tmpfs": {"/cache": "rw,size=16m"},
        "PortBindings": {"6060/tcp": [{"HostIp": "", "HostPort": "6060"}], "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}]},
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]},
        "Config": {"Env": ["GOGC=off", "PATH=/bin"], "Image": "shop/api:1", "StopSignal": "SIGTERM"}}]"#;
    let found = containers("inspect.json", text, "container-inspect");
    let [api] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(api.memory_limit, None);
    assert_eq!(value(api.cpu_limit.as_ref()), Some((1500, 2)));
    assert_eq!(api.published.iter().map(|port| port.value).collect::<Vec<_>>(), [6060]);
    assert_eq!((api.memory_volumes[0].size, value(api.nofile.as_ref())), (Some(16 << 20), Some((2, 4))));
    assert_eq!(api.command.as_ref().unwrap().value, ["/app", "-v"]);
    assert_eq!(api.variables.len(), 1);
}

#[test]
fn an_oci_runtime_states_limits_and_its_own_mounts_are_left_out() {
    let text = r#"{"ociVersion": "1.0.2", "process": {"args": ["/app"], "env": ["GOMEMLIMIT=230MiB"]}, "hostname": "h",
        "mounts": [{"destination": "/dev/shm", "type": "tmpfs", "options": ["size=64m"]}, {"destination": "/cache", "type": "tmpfs", "options": ["size=65536k"]}],
        "linux": {"resources": {"memory": {"limit": 25165824}, "cpu": {"quota": 50000, "period": 100000}, "pids": {"limit": -1}}}}"#;
    let found = containers("config.json", text, "oci-runtime");
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(value(one.memory_limit.as_ref()), Some((25_165_824, 3)));
    assert_eq!(value(one.cpu_limit.as_ref()), Some((500, 3)));
    assert_eq!(one.pids, None);
    assert_eq!(one.memory_volumes.len(), 1);
}

#[test]
fn services_say_what_leads_where() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: NodePort\n  selector: {app: a}\n  ports: [{name: pprof, port: 80, targetPort: 6060}]\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: in}\nspec:\n  rules:\n  - http: {paths: [{path: /debug, backend: {service: {name: web, port: {number: 80}}}}]}\n";
    let recipe = evidence("svc.yaml", text, "manifest").recipe;
    let [service, ingress] = recipe.entrances.as_slice() else { panic!("{recipe:?}") };
    assert!(service.is_public);
    assert_eq!((service.ports[0].target.as_str(), service.ports[0].at.at.line), ("6060", Some(7)));
    assert_eq!((ingress.backends[0].service.as_str(), ingress.backends[0].port.as_str()), ("web", "80"));
}

#[test]
fn a_recipe_without_a_mistake_is_no_health_and_says_so() {
    let mut session = crate::session::Session::default();
    let text = "services:\n  api: {image: a, mem_limit: 512m, environment: {GOMEMLIMIT: 400MiB}}\n";
    session.add("compose.yaml", text.as_bytes().to_vec());
    let report = session.report();
    assert!(report.findings.is_empty());
    assert!(report.verdict.starts_with("No problem in the configuration in 1 file"), "{}", report.verdict);
    assert_eq!(report.outcome, crate::report::Outcome::Unjudged);
}

#[test]
fn of_what_is_not_known_to_be_go_no_check_passes() {
    for (path, text) in [
        ("compose.yaml", "services:\n  web: {image: python, mem_limit: 512m}\n"),
        ("Dockerfile", "FROM python:3.12-slim\nCMD gunicorn app:app\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: python}]}}}\n",
        ),
    ] {
        let mut session = crate::session::Session::default();
        session.add(path, text.as_bytes().to_vec());
        let report = session.report();
        assert_eq!(report.checks_run, 0, "{path}");
        assert!(report.verdict.ends_with("no container is known to run a Go program."), "{}", report.verdict);
    }
}
