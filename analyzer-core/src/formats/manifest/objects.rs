//! Objects of the Kubernetes API: what runs pods, what they take variables from, and what leads to them.

use super::values::{
    cpus, is_kept, number, pairs, read as read_value, sleeps, span, stated, value_of, words,
};
use crate::base::limits::CONTAINERS;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::recipe::{
    Backend, Container, Dialect, Entrance, EntrancePort, Import, MemoryVolume, Port, Recipe, Variable,
    VariableSet, VariableValue,
};
use crate::evidence::registry::Registry;
use crate::formats::pod::quantity;
use crate::formats::registry;
use crate::formats::yaml::Node;

/// Lists of objects in lists of objects: none is deeper.
const LISTS: usize = 4;

/// Reads every object of some documents.
pub fn read(roots: &[Node], source: SourceId, evidence: &mut Evidence) {
    let mut reader = Reader { source, recipe: &mut evidence.recipe, registry: &mut evidence.registry };
    roots.iter().for_each(|root| reader.object(root, LISTS));
}

struct Reader<'e> {
    source: SourceId,
    recipe: &'e mut Recipe,
    registry: &'e mut Registry,
}

impl Reader<'_> {
    fn object(&mut self, object: &Node, lists: usize) {
        for item in object.items().iter().chain(object.get("items").map(Node::items).unwrap_or_default()) {
            if lists > 0 {
                self.object(item, lists - 1);
            }
        }
        let kind = object.text_of("kind").unwrap_or_default();
        registry::read_object(object, self.source, self.registry);
        let name = object.at_path("metadata name").and_then(Node::text).unwrap_or_default();
        let template = match kind {
            "Pod" => Some("spec"),
            "CronJob" => Some("spec jobTemplate spec template spec"),
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "ReplicationController"
            | "Rollout" => Some("spec template spec"),
            "PodTemplate" => Some("template spec"),
            _ => None,
        };
        if let Some(pod) = template.and_then(|path| object.at_path(path)) {
            let labels = template.and_then(|path| path.strip_suffix("spec")).unwrap_or_default();
            let labels = pairs(object.at_path(format!("{labels}metadata labels").trim()));
            self.pod(pod, &format!("{kind}/{name}"), namespace(object), &labels);
        }
        match kind {
            "ConfigMap" => self.variables(object, name),
            "Service" => self.service(object, name),
            "Ingress" => self.ingress(object, name),
            _ => {}
        }
    }

    fn variables(&mut self, object: &Node, name: &str) {
        let data = object.get("data").map(Node::members).unwrap_or_default();
        let kept = data.iter().filter(|member| is_kept(&member.key));
        let variables = kept
            .map(|member| Variable {
                name: member.key.clone(),
                value: member.value.text().map_or(VariableValue::Unknown, value_of),
                at: span(self.source, member.at),
            })
            .collect();
        self.recipe.variable_sets.push(VariableSet {
            name: name.to_owned(),
            namespace: namespace(object).to_owned(),
            variables,
        });
    }

    fn service(&mut self, object: &Node, name: &str) {
        let Some(spec) = object.get("spec") else { return };
        let is_public = matches!(spec.text_of("type"), Some("LoadBalancer" | "NodePort"));
        let ports = spec.get("ports").map(Node::items).unwrap_or_default();
        let text = |port: &Node, key: &str| port.text_of(key).unwrap_or_default().to_owned();
        let ports = ports
            .iter()
            .map(|port| {
                let number = text(port, "port");
                let target = Some(text(port, "targetPort")).filter(|target| !target.is_empty());
                EntrancePort {
                    name: text(port, "name"),
                    target: target.unwrap_or_else(|| number.clone()),
                    number,
                    at: span(self.source, port.get("port").map_or(port.at, |port| port.at)),
                }
            })
            .collect();
        self.recipe.entrances.push(Entrance {
            name: format!("Service/{name}"),
            namespace: namespace(object).to_owned(),
            is_public,
            selector: pairs(spec.get("selector")),
            ports,
            backends: Vec::new(),
        });
    }

    fn ingress(&mut self, object: &Node, name: &str) {
        let rules = object.at_path("spec rules").map(Node::items).unwrap_or_default();
        let paths =
            rules.iter().flat_map(|rule| rule.at_path("http paths").map(Node::items).unwrap_or_default());
        let own = paths.map(|path| (path.text_of("path").unwrap_or("/"), path.get("backend")));
        let default = object.at_path("spec defaultBackend").map(|backend| ("/", Some(backend)));
        let backends = own
            .chain(default)
            .filter_map(|(path, backend)| {
                let service = backend?.get("service")?;
                let port = service.get("port");
                let port = port.and_then(|port| port.text_of("number").or_else(|| port.text_of("name")));
                Some(Backend {
                    service: service.text_of("name")?.to_owned(),
                    port: port.unwrap_or_default().to_owned(),
                    path: path.to_owned(),
                    at: span(self.source, service.at),
                })
            })
            .collect();
        self.recipe.entrances.push(Entrance {
            name: format!("Ingress/{name}"),
            namespace: namespace(object).to_owned(),
            is_public: true,
            selector: Vec::new(),
            ports: Vec::new(),
            backends,
        });
    }

    fn pod(&mut self, pod: &Node, workload: &str, namespace: &str, labels: &[(String, String)]) {
        for (list, is_init) in [("initContainers", true), ("containers", false)] {
            for spec in pod.get(list).map(Node::items).unwrap_or_default() {
                if self.recipe.containers.len() >= CONTAINERS {
                    return;
                }
                let name = spec.text_of("name").unwrap_or_default();
                let at = spec.get("name").map_or(spec.at, |name| name.at);
                let mut container =
                    Container::new(Dialect::Kubernetes, workload, name, span(self.source, at));
                namespace.clone_into(&mut container.namespace);
                container.labels = labels.to_vec();
                // An init container that restarts always runs beside the others.
                container.is_init = is_init && spec.text_of("restartPolicy") != Some("Always");
                container.grace = read_value(self.source, pod.get("terminationGracePeriodSeconds"), number);
                self.container(spec, pod, &mut container);
                self.recipe.containers.push(container);
            }
        }
    }

    fn container(&self, spec: &Node, pod: &Node, container: &mut Container) {
        container.image = spec.text_of("image").map(str::to_owned);
        let resource = |path: &str| spec.at_path(path);
        container.memory_limit =
            read_value(self.source, resource("resources limits memory"), quantity::parse);
        container.memory_request =
            read_value(self.source, resource("resources requests memory"), quantity::parse);
        container.cpu_limit = read_value(self.source, resource("resources limits cpu"), cpus);
        for variable in spec.get("env").map(Node::items).unwrap_or_default() {
            container.variables.extend(self.variable(variable));
        }
        for import in spec.get("envFrom").map(Node::items).unwrap_or_default() {
            let name = import.at_path("configMapRef name").and_then(Node::text);
            container.imports.push(Import {
                config_map: name.map(str::to_owned),
                prefix: import.text_of("prefix").unwrap_or_default().to_owned(),
                at: span(self.source, import.at),
            });
        }
        container.memory_volumes = self.memory_volumes(spec, pod);
        self.stop(spec, container);
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let path = spec.get(probe).and_then(|probe| probe.at_path("httpGet path"));
            let command = spec.get(probe).and_then(|probe| probe.at_path("exec command"));
            if let Some(path) = path.filter(|path| path.text().is_some()) {
                container.probes.push(stated(self.source, path, probe.to_owned()));
            } else if let Some(command) = command {
                let mut stated = stated(self.source, command, probe.to_owned());
                stated.written = words(command).join(" ");
                container.probes.push(stated);
            }
        }
        let replaced = spec.get("command");
        if let Some(command) = replaced {
            let mut all = words(command);
            all.extend(spec.get("args").map(words).unwrap_or_default());
            let mut stated = stated(self.source, command, all);
            stated.written = stated.value.join(" ");
            container.command = Some(stated);
        }
        for port in spec.get("ports").map(Node::items).unwrap_or_default() {
            let name = port.text_of("name").unwrap_or_default().to_owned();
            let Some(own) = port.text_of("containerPort").and_then(number) else { continue };
            container.ports.push(Port { name, number: own });
            if let Some(host) =
                port.get("hostPort").filter(|host| host.text().is_some_and(|text| text != "0"))
            {
                container.published.push(stated(self.source, host, own));
            }
        }
    }

    fn stop(&self, spec: &Node, container: &mut Container) {
        let hook = spec.at_path("lifecycle preStop");
        container.stop_signal =
            read_value(self.source, spec.at_path("lifecycle stopSignal"), |text| Some(text.to_owned()));
        let seconds = hook.and_then(|hook| hook.at_path("sleep seconds"));
        let command = hook.and_then(|hook| hook.at_path("exec command"));
        container.pre_stop = read_value(self.source, seconds, number).or_else(|| {
            let command = command?;
            let all = words(command);
            let mut stated = stated(self.source, command, sleeps(&all)?);
            stated.written = all.join(" ");
            Some(stated)
        });
    }

    fn variable(&self, variable: &Node) -> Option<Variable> {
        let name = variable.text_of("name").filter(|name| is_kept(name))?;
        let from = variable.get("valueFrom");
        let reference = |path: &str| from.and_then(|from| from.at_path(path)).and_then(Node::text);
        let place = variable.get("value").or(from).map_or(variable.at, |node| node.at);
        let value = if let Some(resource) = reference("resourceFieldRef resource") {
            VariableValue::Resource(resource.to_owned())
        } else if let Some((set, key)) =
            reference("configMapKeyRef name").zip(reference("configMapKeyRef key"))
        {
            VariableValue::Key { set: set.to_owned(), key: key.to_owned() }
        } else if from.is_some() {
            VariableValue::Unknown
        } else {
            value_of(variable.text_of("value").unwrap_or_default())
        };
        Some(Variable { name: name.to_owned(), value, at: span(self.source, place) })
    }

    /// Volumes in memory that the container mounts.
    fn memory_volumes(&self, spec: &Node, pod: &Node) -> Vec<MemoryVolume> {
        let mounts = spec.get("volumeMounts").map(Node::items).unwrap_or_default();
        let volumes = pod.get("volumes").map(Node::items).unwrap_or_default();
        let of_mount = |mount: &Node| {
            let name = mount.text_of("name")?;
            let volume = volumes.iter().find(|volume| volume.text_of("name") == Some(name))?;
            let empty = volume.get("emptyDir").filter(|empty| empty.text_of("medium") == Some("Memory"))?;
            let size = empty.get("sizeLimit");
            Some(MemoryVolume {
                name: name.to_owned(),
                size: size.and_then(Node::text).and_then(quantity::parse),
                at: span(self.source, size.map_or(empty.at, |size| size.at)),
            })
        };
        let mut found: Vec<MemoryVolume> = Vec::new();
        for volume in mounts.iter().filter_map(of_mount) {
            if found.iter().all(|other| other.name != volume.name) {
                found.push(volume);
            }
        }
        found
    }
}

fn namespace(object: &Node) -> &str {
    object.at_path("metadata namespace").and_then(Node::text).unwrap_or_default()
}
