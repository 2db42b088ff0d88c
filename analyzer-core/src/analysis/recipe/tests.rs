//! What to change, from literal manifests and captures.

use super::version_of;
use crate::report::{RecipeContainer, RecipeFactId};
use crate::session::Session;

const MIB: i64 = 1 << 20;

/// A capture of `api`: so much live and as much again as garbage, with 20 MiB of C memory beside Go.
fn capture(live: i64, limit: i64) -> Vec<(&'static str, String)> {
    let (live, limit) = (live * MIB, limit * MIB);
    let heap = live * 2;
    let metrics = format!(
        "go_gc_heap_live_bytes {live}\ngo_memstats_heap_alloc_bytes {heap}\ngo_memstats_heap_inuse_bytes {inuse}\n\
         go_memstats_heap_idle_bytes 0\ngo_memstats_heap_released_bytes 0\ngo_memstats_heap_sys_bytes {inuse}\n\
         go_memstats_stack_inuse_bytes {MIB}\ngo_memstats_sys_bytes {sys}\ngo_memstats_gc_sys_bytes {gc}\n\
         go_memstats_next_gc_bytes {heap}\ngo_info{{version=\"go1.26.6\"}} 1\n",
        inuse = heap + 2 * MIB,
        sys = heap + 8 * MIB,
        gc = 3 * MIB,
    );
    vec![
        ("api/t0/metrics.txt", metrics),
        ("api/t0/proc/status", "Name:\tapi\nPid:\t7\nVmRSS:\t90000 kB\nThreads:\t9\n".to_owned()),
        ("api/t0/cgroup/memory.max", format!("{limit}\n")),
        ("api/t0/cgroup/memory.current", format!("{}\n", heap + 30 * MIB)),
        (
            "api/t0/cgroup/memory.stat",
            format!("anon {}\nshmem {}\ninactive_file 0\n", heap + 8 * MIB, 20 * MIB),
        ),
    ]
}

fn deployment(container: &str) -> (&'static str, String) {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  namespace: prod\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n{container}"
    );
    ("deploy.yaml", text)
}

fn containers(files: &[(&str, String)]) -> Vec<RecipeContainer> {
    let mut session = Session::default();
    for (path, text) in files {
        session.add(path, text.clone().into_bytes());
    }
    session.report().recipe.map(|recipe| recipe.containers).unwrap_or_default()
}

fn changes(container: &RecipeContainer) -> Vec<(RecipeFactId, Option<&str>, Option<u64>)> {
    let fix = container.fix.as_ref().expect("a fix");
    let line = |change: &crate::report::RecipeChange| change.citation.at.and_then(|at| at.line);
    fix.changes.iter().map(|change| (change.id, change.to.as_deref(), line(change))).collect()
}

#[test]
fn from_the_manifest_alone_the_fix_is_nine_tenths_of_what_volumes_leave() {
    let manifest = "        env:\n        - {name: GOMEMLIMIT, value: 512MiB}\n        - {name: GOMAXPROCS, value: '16'}\n        resources:\n          limits: {memory: 512Mi, cpu: 1500m}\n";
    let containers = containers(&[deployment(manifest)]);
    let [api] = containers.as_slice() else { panic!("{containers:?}") };
    assert_eq!(
        changes(api),
        [
            (RecipeFactId::Gomemlimit, Some("460MiB"), Some(12)),
            (RecipeFactId::Gomaxprocs, Some("2"), Some(13))
        ]
    );
    let fix = api.fix.as_ref().unwrap();
    assert_eq!(
        fix.patch,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  namespace: prod\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        env:\n        - name: GOMEMLIMIT\n          value: \"460MiB\"\n        - name: GOMAXPROCS\n          value: \"2\"\n"
    );
    assert_eq!(fix.apply, "kubectl patch deployment shop -n prod --patch-file fix.yaml");
    assert!(!fix.is_measured);
}

#[test]
fn a_patch_takes_back_what_excludes_it() {
    let manifest = "        env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]\n        resources: {limits: {memory: 300Mi}}\n";
    let containers = containers(&[deployment(manifest)]);
    assert!(
        containers[0].fix.as_ref().unwrap().patch.ends_with("value: \"270MiB\"\n          valueFrom: null\n")
    );
}

#[test]
fn a_limit_below_what_is_live_is_raised_with_its_arithmetic() {
    let manifest = "        env: [{name: GOMEMLIMIT, value: 230MiB}]\n        resources:\n          requests: {memory: 64Mi}\n          limits: {memory: 256Mi}\n";
    let mut files = capture(200, 256);
    files.push(deployment(manifest));
    let containers = containers(&files);
    let api = &containers[0];
    assert_eq!(api.capture.as_ref().map(|capture| capture.count), Some(1));
    let fix = api.fix.as_ref().unwrap();
    let ids: Vec<RecipeFactId> = fix.changes.iter().map(|change| change.id).collect();
    assert_eq!(
        ids,
        [RecipeFactId::MemoryLimit, RecipeFactId::Gomemlimit, RecipeFactId::MemoryRequest],
        "{fix:?}"
    );
    let amount = |index: usize| {
        let to = fix.changes[index].to.as_deref().unwrap().trim_end_matches(|c: char| c.is_alphabetic());
        to.parse::<i64>().unwrap()
    };
    // 200 live and as much again, 20 beside Go, 90%: more than 460.
    let (limit, gomemlimit, request) = (amount(0), amount(1), amount(2));
    assert!((464..=560).contains(&limit), "{limit}");
    assert!(gomemlimit < limit - 20 && gomemlimit > 400, "{gomemlimit}");
    let peak: i64 = fix.steps.iter().map(|step| step.bytes.0).sum();
    assert!(request * MIB >= peak && request <= limit, "{request} {peak}");
    assert!(fix.is_measured && fix.patch.contains("limits:\n            memory: "), "{}", fix.patch);
}

#[test]
fn a_manifest_that_fits_its_capture_is_left_alone() {
    let manifest = "        env: [{name: GOMEMLIMIT, value: 400MiB}]\n        resources:\n          requests: {memory: 256Mi}\n          limits: {memory: 512Mi}\n";
    let mut files = capture(80, 512);
    files.push(deployment(manifest));
    let containers = containers(&files);
    let fix = containers[0].fix.as_ref().unwrap();
    assert!(fix.changes.is_empty() && fix.patch.is_empty() && !fix.steps.is_empty(), "{fix:?}");
}

#[test]
fn the_advisor_and_the_rules_take_a_limit_that_only_the_manifest_states() {
    let manifest =
        "        env: [{name: GOMEMLIMIT, value: 150MiB}]\n        resources: {limits: {memory: 256Mi}}\n";
    let mut files = capture(200, 256);
    files.retain(|(path, _)| !path.contains("cgroup"));
    files.push(deployment(manifest));
    let mut session = Session::default();
    for (path, text) in &files {
        session.add(path, text.clone().into_bytes());
    }
    let report = session.report();
    let memory = report.memory.expect("memory").latest;
    assert_eq!(memory.limit.map(|limit| limit.0), Some(256 * MIB));
    assert_eq!(memory.gomemlimit.map(|limit| limit.0), Some(150 * MIB));
    let advisor = memory.advisor.expect("an advisor");
    assert_eq!(
        (advisor.limit.map(|limit| limit.0), advisor.gomemlimit.map(|limit| limit.0)),
        (Some(256 * MIB), Some(150 * MIB))
    );
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(codes.contains(&"mem.gomemlimit.below_live"), "{codes:?}");
}

#[test]
fn statements_that_disagree_are_told_and_none_is_taken() {
    let of = |path: &'static str, namespace: &str, memory: &str| {
        let (_, text) = deployment(&format!(
            "        env: [{{name: GOMEMLIMIT, value: 150MiB}}]\n        resources: {{limits: {{memory: {memory}, cpu: 2}}}}\n"
        ));
        (path, text.replace("namespace: prod", &format!("namespace: {namespace}")))
    };
    let told = |files: &[(&str, String)]| -> Vec<Vec<(RecipeFactId, String)>> {
        let others =
            |container: RecipeContainer| container.others.into_iter().map(|fact| (fact.id, fact.written));
        containers(files).into_iter().map(|container| others(container).collect()).collect()
    };
    let limit = |written: &str| vec![(RecipeFactId::MemoryLimit, written.to_owned())];
    let two = [of("a/deploy.yaml", "prod", "256Mi"), of("b/deploy.yaml", "prod", "1Gi")];
    assert_eq!(told(&two), [limit("1Gi"), limit("256Mi")]);
    let nowhere = [of("a/deploy.yaml", "prod", "256Mi"), of("b/deploy.yaml", "''", "1Gi")];
    assert_eq!(told(&nowhere), [limit("1Gi"), limit("256Mi")]);
    // Alike, or of two namespaces: nothing disagrees.
    let alike = [of("a/deploy.yaml", "prod", "1Gi"), of("b/deploy.yaml", "prod", "1024Mi")];
    assert_eq!(told(&alike), [vec![], vec![]]);
    let apart = [of("a/deploy.yaml", "prod", "256Mi"), of("b/deploy.yaml", "test", "1Gi")];
    assert_eq!(told(&apart), [vec![], vec![]]);
    // Neither is the capture's.
    let mut files = capture(20, 256);
    files.retain(|(path, _)| !path.contains("cgroup"));
    files.extend(two);
    let mut session = Session::default();
    for (path, text) in &files {
        session.add(path, text.clone().into_bytes());
    }
    let report = session.report();
    assert_eq!(report.memory.expect("memory").latest.limit, None);
    let others =
        report.recipe.expect("a recipe").containers.into_iter().map(|container| container.others.len());
    assert_eq!(others.sum::<usize>(), 2);
}

/// The Go module's example: an image without a shell.
#[test]
fn the_example_of_a_distroless_image_passes_every_check() {
    let mut session = Session::default();
    for (path, text) in [
        ("example/Dockerfile", include_str!("../../../../go/example/Dockerfile")),
        ("example/deployment.yaml", include_str!("../../../../go/example/deployment.yaml")),
    ] {
        session.add(path, text.as_bytes().to_vec());
    }
    let report = session.report();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let containers = report.recipe.expect("a recipe").containers;
    assert_eq!(containers.len(), 1, "the image and the container are one");
    assert!(containers[0].go.is_some());
}

#[test]
fn other_dialects_have_patches_of_their_own() {
    let compose = |limit: &str| {
        format!(
            "services:\n  api:\n    image: api\n    environment: [GOMEMLIMIT=600MiB, GOMAXPROCS=16]\n    cpus: 1\n    {limit}\n"
        )
    };
    let patch = |files: &[(&str, String)]| containers(files)[0].fix.clone().unwrap().patch;
    assert_eq!(
        patch(&[("compose.yaml", compose("mem_limit: 512m"))]),
        "services:\n  api:\n    environment:\n      GOMEMLIMIT: \"460MiB\"\n      GOMAXPROCS: \"2\"\n"
    );
    let mut files = capture(300, 512);
    files.push(("compose.yaml", compose("deploy: {resources: {limits: {memory: 512M}}}")));
    assert!(
        patch(&files).contains("    deploy:\n      resources:\n        limits:\n          memory: "),
        "{}",
        patch(&files)
    );
    let inspect = r#"[{"Name":"/api","State":{"Status":"running","Running":true},"HostConfig":{"Memory":134217728},"Config":{"Env":["GOMEMLIMIT=130MiB"],"Image":"api:1"}}]"#;
    assert_eq!(patch(&[("inspect.json", inspect.to_owned())]), "--env GOMEMLIMIT=115MiB\n");
}

#[test]
fn what_is_not_known_to_be_go_has_no_fix() {
    let containers = containers(&[deployment("        resources: {limits: {memory: 300Mi, cpu: 1}}\n")]);
    assert_eq!((containers.len(), containers[0].fix.is_none(), containers[0].go.is_none()), (1, true, true));
    assert_eq!(containers[0].facts.len(), 2);
}

#[test]
fn versions_are_read_from_tags_and_tools() {
    let of = |text: &str| version_of(text).map(|v| (v.major, v.minor, v.patch));
    assert_eq!(of("golang:1.24-alpine3.20"), Some((1, 24, None)));
    assert_eq!(of("registry.example:5000/mirror/golang:1.21.3@sha256:ab"), Some((1, 21, Some(3))));
    assert_eq!(of("go1.26.6"), Some((1, 26, Some(6))));
    assert_eq!(of("1.25"), Some((1, 25, None)));
    assert_eq!(of("go1.27rc1"), Some((1, 27, None)));
    for none in ["golang", "golang:latest", "golang:1", "golang:alpine", "golang@sha256:12"] {
        assert_eq!(of(none), None, "{none}");
    }
}
