//! `spec.debug.exposed`: net/http/pprof where anyone can ask it.

use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::{PPROF_PATH, Unit};
use crate::base::source::SourceSpan;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::recipe::{Container, Entrance};
use crate::report::{Confidence, Severity};

/// The port that the documentation of net/http/pprof uses, and nearly everybody after it.
const PPROF_PORT: i64 = 6060;

const EXPOSED: Rule = Rule {
    code: "spec.debug.exposed",
    severity: Severity::Warning,
    title: "net/http/pprof is exposed",
    meaning: "Anyone who can reach the port can read the command line and allocation sites, and can load the CPU.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[EXPOSED],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let (what, at) = published(unit).or_else(|| led_to(case, unit))?;
            Some(Draft {
                confidence: Confidence::Likely,
                claim: format!(
                    "{}: {what}. Heap, goroutines and the command line can be read from outside.",
                    unit.name()
                ),
                citations: vec![place(at, "port")],
                against: list(&[
                    "A firewall or a network policy may block access.",
                    "The port may serve something else.",
                ]),
                advice: list(&[
                    "Bind pprof to 127.0.0.1 and use kubectl port-forward, or expose it only inside the cluster.",
                ]),
                ..draft(
                    EXPOSED,
                    format!(
                        "Port {PPROF_PORT}, or a port named pprof, is exposed outside the host or the cluster."
                    ),
                )
            })
        })
    },
};

fn is_pprof(container: &Container, number: i64) -> bool {
    let mut names = container.ports.iter().filter(|port| port.number == number);
    number == PPROF_PORT || names.any(|port| port.name.contains("pprof"))
}

fn published(unit: &Unit<'_>) -> Option<(String, SourceSpan)> {
    let container = unit.container?;
    let port = container.published.iter().find(|port| is_pprof(container, port.value))?;
    Some((format!("the host exposes port {}", port.value), port.at))
}

/// A service or an Ingress that leads from outside to the port.
fn led_to(case: &Case<'_>, unit: &Unit<'_>) -> Option<(String, SourceSpan)> {
    let container = unit.container?;
    let entrances = &case.evidence.recipe.entrances;
    let is_own = |entrance: &&Entrance| {
        let is_near = entrance.namespace.is_empty()
            || container.namespace.is_empty()
            || entrance.namespace == container.namespace;
        !entrance.selector.is_empty()
            && is_near
            && entrance.selector.iter().all(|label| container.labels.contains(label))
    };
    for service in entrances.iter().filter(is_own) {
        let name = service.name.trim_start_matches("Service/");
        for port in &service.ports {
            let target = number_of(container, &port.target);
            let is_debug =
                target.is_some_and(|target| is_pprof(container, target)) || port.name.contains("pprof");
            if is_debug && service.is_public {
                return Some((format!("the service {name} exposes port {}", port.target), port.at));
            }
            let leads = entrances
                .iter()
                .flat_map(|entrance| entrance.backends.iter().map(move |backend| (entrance, backend)));
            let mut to_port = leads.filter(|(_, backend)| {
                backend.service == name && (backend.port == port.number || backend.port == port.name)
            });
            if let Some((ingress, backend)) =
                to_port.find(|(_, backend)| is_debug || backend.path.starts_with(PPROF_PATH))
            {
                return Some((
                    format!("{} routes to port {} at {}", ingress.name, port.target, backend.path),
                    backend.at,
                ));
            }
        }
    }
    None
}

/// The number of a container's port that is given by number or name.
fn number_of(container: &Container, port: &str) -> Option<i64> {
    let named = || container.ports.iter().find(|own| own.name == port).map(|own| own.number);
    port.parse().ok().or_else(named)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn compose(ports: &str) -> [(&'static str, String); 1] {
        [(
            "compose.yaml",
            format!("services:\n  api:\n    image: a\n    environment: {{GOGC: 50}}\n    ports: [{ports}]\n"),
        )]
    }

    fn stream(service: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  template:\n    metadata: {{labels: {{app: api, tier: web}}}}\n    spec:\n      containers:\n      - name: api\n        env: [{{name: GOGC, value: \"50\"}}]\n        ports: [{{name: http, containerPort: 80}}, {{name: debug, containerPort: 6060}}, {{name: pprof, containerPort: 9999}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {service}\n"
        );
        [("all.yaml", text)]
    }

    #[test]
    fn ports_that_a_host_publishes_are_told_unless_on_loopback() {
        check("spec", &compose("'6060:6060'"), &["spec.debug.exposed"]);
        check("spec", &compose("'80:80', '0.0.0.0:16060:6060/tcp'"), &["spec.debug.exposed"]);
        check("spec", &compose("'127.0.0.1:6060:6060', '80:80'"), &[]);
    }

    #[test]
    fn services_lead_by_number_and_by_name() {
        for service in [
            "{type: LoadBalancer, selector: {app: api}, ports: [{port: 6060}]}",
            "{type: NodePort, selector: {app: api}, ports: [{port: 80, targetPort: debug}]}",
            "{type: LoadBalancer, selector: {tier: web}, ports: [{port: 80, targetPort: pprof}]}",
        ] {
            check("spec", &stream(service), &["spec.debug.exposed"]);
        }
        for service in [
            "{selector: {app: api}, ports: [{port: 6060}]}",
            "{type: LoadBalancer, selector: {app: other}, ports: [{port: 6060}]}",
            "{type: LoadBalancer, selector: {app: api}, ports: [{port: 443, targetPort: http}]}",
        ] {
            check("spec", &stream(service), &[]);
        }
    }

    #[test]
    fn an_ingress_leads_through_a_service() {
        let [(path, text)] =
            stream("{selector: {app: api}, ports: [{name: http, port: 80}, {name: debug, port: 6060}]}");
        let ingress = |to: &str, port: &str| {
            format!(
                "{text}---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: in}}\nspec: {{rules: [{{http: {{paths: [{{path: {to}, backend: {{service: {{name: web, port: {port}}}}}}}]}}}}]}}\n"
            )
        };
        check("spec", &[(path, ingress("/", "{number: 6060}"))], &["spec.debug.exposed"]);
        check("spec", &[(path, ingress("/debug/pprof", "{name: http}"))], &["spec.debug.exposed"]);
        check("spec", &[(path, ingress("/", "{name: http}"))], &[]);
    }
}
