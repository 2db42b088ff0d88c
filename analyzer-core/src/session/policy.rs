//! The rules of the recipe as a ValidatingAdmissionPolicy: the cluster's own engine is the gate, with the
//! thresholds and codes of the rules `spec.*`.
//!
//! Spec: admissionregistration.k8s.io/v1 (Kubernetes 1.30 and later); CEL with the Kubernetes libraries, of
//! them quantity (1.29). It sees the object alone: no ConfigMap, no Dockerfile, no go.mod, and no sleep in
//! a preStop command.

use crate::analysis::recipe::advised::{GRACE, LEAST_PROCS, PROCS_TIMES, TIGHT_PERCENT};

/// The policy and its binding. It warns and audits; nothing is refused.
pub fn policy() -> String {
    [("@TIMES@", PROCS_TIMES), ("@LEAST@", LEAST_PROCS), ("@TIGHT@", TIGHT_PERCENT), ("@GRACE@", GRACE)]
        .iter()
        .fold(TEMPLATE.to_owned(), |text, (name, value)| text.replace(name, &value.to_string()))
}

const TEMPLATE: &str = r#"# Strata's spec.* rules as a ValidatingAdmissionPolicy: no webhook, no certificate, no running component.
# Kubernetes 1.30 and later. It warns and audits. Once there are no more warnings, add Deny to validationActions.
# It sees only the object itself: strata check in CI also reads ConfigMaps, Dockerfiles and go.mod.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: strata-recipe
spec:
  failurePolicy: Ignore
  matchConstraints:
    resourceRules:
      - apiGroups: ["apps"]
        apiVersions: ["v1"]
        operations: ["CREATE", "UPDATE"]
        resources: ["deployments", "statefulsets", "daemonsets"]
      - apiGroups: ["batch"]
        apiVersions: ["v1"]
        operations: ["CREATE", "UPDATE"]
        resources: ["jobs", "cronjobs"]
      - apiGroups: [""]
        apiVersions: ["v1"]
        operations: ["CREATE"]
        resources: ["pods"]
  matchConditions:
    # Pods of a controller are checked in its template.
    - name: not-owned
      expression: "!has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() == 0"
  variables:
    - name: podSpec
      expression: >-
        object.kind == 'Pod' ? object.spec :
        object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec :
        object.spec.template.spec
    # A container runs Go if it sets one of the runtime's variables.
    - name: go
      expression: >-
        variables.podSpec.containers.filter(c, has(c.env) && c.env.exists(e,
        e.name in ['GOMEMLIMIT', 'GOMAXPROCS', 'GOGC', 'GODEBUG', 'GOTRACEBACK', 'GOCOVERDIR', 'AUTOMEMLIMIT']
        || e.name.startsWith('GRPC_GO_')))
    - name: limited
      expression: >-
        variables.go.filter(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)
    # GOMEMLIMIT as a literal that Go takes; MiB becomes Mi of a quantity.
    - name: bounded
      expression: >-
        variables.limited.filter(c, c.env.exists(e, e.name == 'GOMEMLIMIT' && has(e.value) &&
        e.value.matches('^[0-9]+(B|KiB|MiB|GiB|TiB)?$')))
    - name: memoryVolumes
      expression: >-
        !has(variables.podSpec.volumes) ? [] : variables.podSpec.volumes.filter(v, has(v.emptyDir) &&
        has(v.emptyDir.medium) && v.emptyDir.medium == 'Memory')
    - name: grace
      expression: >-
        has(variables.podSpec.terminationGracePeriodSeconds) ?
        variables.podSpec.terminationGracePeriodSeconds : @GRACE@
  validations:
    - expression: >-
        variables.go.all(c, c.env.all(e, e.name != 'GOMEMLIMIT' || !has(e.value) || e.value == '' ||
        e.value == 'off' || e.value.contains('$(') || e.value.matches('^[0-9]+(B|KiB|MiB|GiB|TiB)?$')))
      message: "spec.gomemlimit.syntax: GOMEMLIMIT must be a whole number with B, KiB, MiB, GiB or TiB; otherwise Go does not start"
      reason: Invalid
    - expression: >-
        variables.bounded.all(c, c.env.all(e, e.name != 'GOMEMLIMIT' || !has(e.value) ||
        quantity(e.value.replace('iB', 'i').replace('B', '')).isLessThan(quantity(string(c.resources.limits['memory'])))))
      message: "spec.gomemlimit.above_limit: GOMEMLIMIT is not below the memory limit: the kernel kills the container before the garbage collector responds"
      reason: Invalid
    - expression: >-
        variables.limited.all(c, c.env.all(e, e.name != 'GOMEMLIMIT' || !has(e.valueFrom) ||
        !has(e.valueFrom.resourceFieldRef) || e.valueFrom.resourceFieldRef.resource != 'limits.memory'))
      message: "spec.gomemlimit.equals_limit: GOMEMLIMIT equals the memory limit: nothing is left for memory outside the Go runtime"
      reason: Invalid
    - expression: >-
        variables.bounded.all(c, c.env.all(e, e.name != 'GOMEMLIMIT' || !has(e.value) ||
        !quantity(e.value.replace('iB', 'i').replace('B', '')).isLessThan(quantity(string(c.resources.limits['memory']))) ||
        quantity(e.value.replace('iB', 'i').replace('B', '')).asApproximateFloat() <=
        quantity(string(c.resources.limits['memory'])).asApproximateFloat() * @TIGHT@.0 / 100.0))
      message: "spec.gomemlimit.tight: GOMEMLIMIT is above @TIGHT@% of the memory limit"
      reason: Invalid
    - expression: >-
        variables.go.all(c, has(c.envFrom) || !c.env.exists(e, e.name == 'GOGC' && has(e.value) &&
        (e.value == 'off' || e.value.matches('^-[0-9]+$'))) ||
        c.env.exists(e, e.name == 'GOMEMLIMIT' && (has(e.valueFrom) || (has(e.value) && e.value != 'off' && e.value != ''))))
      message: "spec.gogc.off: GOGC=off without GOMEMLIMIT: the garbage collector never runs"
      reason: Invalid
    - expression: >-
        variables.go.all(c, !has(c.resources) || !has(c.resources.limits) || !('cpu' in c.resources.limits) ||
        c.env.all(e, e.name != 'GOMAXPROCS' || !has(e.value) || !e.value.matches('^[0-9]+$') || int(e.value) <= @LEAST@ ||
        double(e.value) <= quantity(string(c.resources.limits['cpu'])).asApproximateFloat() * @TIMES@.0))
      message: "spec.gomaxprocs.above_cpu: GOMAXPROCS is more than @TIMES@ times the CPU limit: the quota is used up early in each period"
      reason: Invalid
    - expression: >-
        variables.go.all(c, !has(c.lifecycle) || !has(c.lifecycle.preStop) || !has(c.lifecycle.preStop.sleep) ||
        c.lifecycle.preStop.sleep.seconds < variables.grace)
      message: "spec.grace.prestop: the preStop hook takes the whole grace period: no time is left for a graceful shutdown"
      reason: Invalid
    - expression: >-
        variables.limited.all(c, !has(c.volumeMounts) || variables.memoryVolumes.filter(v,
        c.volumeMounts.exists(m, m.name == v.name)).all(v, has(v.emptyDir.sizeLimit))) &&
        variables.bounded.all(c, !has(c.volumeMounts) || c.env.all(e, e.name != 'GOMEMLIMIT' || !has(e.value) ||
        variables.memoryVolumes.filter(v, has(v.emptyDir.sizeLimit) && c.volumeMounts.exists(m, m.name == v.name)).size() == 0 ||
        quantity(e.value.replace('iB', 'i').replace('B', '')).asApproximateFloat() +
        variables.memoryVolumes.filter(v, has(v.emptyDir.sizeLimit) && c.volumeMounts.exists(m, m.name == v.name))
        .map(v, quantity(string(v.emptyDir.sizeLimit)).asApproximateFloat()).sum() <=
        quantity(string(c.resources.limits['memory'])).asApproximateFloat()))
      message: "spec.tmpfs.counted: a memory-backed volume has no size limit, or exceeds the memory limit together with GOMEMLIMIT"
      reason: Invalid
    - expression: >-
        variables.podSpec.containers.all(c,
        !(has(c.livenessProbe) && has(c.livenessProbe.httpGet) && has(c.livenessProbe.httpGet.path) &&
        c.livenessProbe.httpGet.path.contains('/debug/pprof')) &&
        !(has(c.readinessProbe) && has(c.readinessProbe.httpGet) && has(c.readinessProbe.httpGet.path) &&
        c.readinessProbe.httpGet.path.contains('/debug/pprof')) &&
        !(has(c.startupProbe) && has(c.startupProbe.httpGet) && has(c.startupProbe.httpGet.path) &&
        c.startupProbe.httpGet.path.contains('/debug/pprof')))
      message: "spec.probe.pprof: a probe on /debug/pprof takes a profile or stops the program each time"
      reason: Invalid
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: strata-recipe
spec:
  policyName: strata-recipe
  validationActions: [Warn, Audit]
"#;
