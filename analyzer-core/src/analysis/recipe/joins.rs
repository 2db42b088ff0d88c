//! Which image, program and module a container runs: by names, folders, or because there is one of each.

use std::collections::BTreeMap;

use super::{OF_GO, PPROF_PATH, Unit, image_name};
use crate::base::source::{SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::recipe::{Build, Container, Module, Program, Variable, VariableValue};

/// Images that are known to hold no program of one's own.
const FOREIGN: [&str; 18] = [
    "envoy",
    "istio",
    "proxyv2",
    "redis",
    "postgres",
    "mysql",
    "mariadb",
    "nginx",
    "memcached",
    "rabbitmq",
    "kafka",
    "mongo",
    "elasticsearch",
    "busybox",
    "fluent-bit",
    "haproxy",
    "valkey",
    "pause",
];

/// True for an image that is known to hold no program of one's own.
pub(super) fn is_foreign(container: &Container) -> bool {
    container.image.as_deref().is_some_and(|image| FOREIGN.iter().any(|name| image.contains(name)))
}

pub(super) struct Joins<'e> {
    evidence: &'e Evidence,
    /// The one image that is built here, if the one container that is stated here can only be its own.
    only: Option<&'e Build>,
}

impl<'e> Joins<'e> {
    pub(super) fn new(evidence: &'e Evidence) -> Self {
        let own = evidence
            .recipe
            .containers
            .iter()
            .filter(|container| !container.is_init && !is_foreign(container));
        let mut names: Vec<&str> = own.map(|container| container.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let only = match evidence.recipe.builds.as_slice() {
            [build] if names.len() == 1 && build.is_go => Some(build),
            _ => None,
        };
        Self { evidence, only }
    }

    fn folder(&self, source: SourceId) -> &'e str {
        let path = self.evidence.sources.get(source).map_or("", |source| source.path.as_str());
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub(super) fn builds_like(&self, container: &Container) -> Vec<&'e Build> {
        if let Some(context) = &container.build {
            let folder = normal(self.folder(container.at.source), context);
            return self
                .evidence
                .recipe
                .builds
                .iter()
                .filter(|build| self.folder(build.source) == folder)
                .collect();
        }
        let mut names = vec![container.name.as_str()];
        names.extend(container.image.as_deref().map(image_name));
        names.extend(container.workload.split_once('/').map(|(_, name)| name));
        let is_like = |build: &&Build| {
            let folder = self.folder(build.source).rsplit('/').next().unwrap_or_default();
            names.iter().any(|name| {
                !name.is_empty() && (*name == folder || build.programs.iter().any(|own| own == name))
            })
        };
        let named: Vec<&Build> = self.evidence.recipe.builds.iter().filter(is_like).collect();
        if named.is_empty() && !is_foreign(container) && !container.is_init {
            self.only.into_iter().collect()
        } else {
            named
        }
    }

    /// The image of a container: of several Dockerfiles for one program, the one without a suffix.
    pub(super) fn build_of(&self, container: &Container) -> Option<&'e Build> {
        let builds = self.builds_like(container);
        let is_plain = |build: &&&Build| {
            let path = self.evidence.sources.get(build.source).map_or("", |source| source.path.as_str());
            matches!(path.rsplit('/').next(), Some("Dockerfile" | "Containerfile"))
        };
        match builds.as_slice() {
            [only] => Some(only),
            several => several.iter().find(is_plain).copied(),
        }
    }

    fn module_of(&self, container: Option<&Container>, build: Option<&Build>) -> Option<&'e Module> {
        let modules = &self.evidence.recipe.modules;
        if let Some(build) = build {
            let folder = self.folder(build.source);
            // The module in the folder, or in the nearest one above.
            let is_above = |module: &&Module| {
                let own = self.folder(module.source);
                own.is_empty()
                    || folder == own
                    || folder.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'))
            };
            let nearest =
                modules.iter().filter(is_above).max_by_key(|module| self.folder(module.source).len());
            return nearest.or_else(|| only(modules));
        }
        let container = container?;
        let is_named = |module: &&Module| {
            let name = module.path.rsplit('/').next().unwrap_or_default();
            name == container.name || container.image.as_deref().map(image_name) == Some(name)
        };
        modules.iter().find(is_named)
    }

    fn program_of(&self, container: Option<&Container>, build: Option<&Build>) -> Option<&'e Program> {
        let is_of = |program: &&Program| {
            let is_built = build.is_some_and(|build| build.programs.contains(&program.name));
            is_built || container.is_some_and(|container| container.name == program.name)
        };
        self.evidence.recipe.programs.iter().find(is_of)
    }

    pub(super) fn unit(&self, container: Option<&'e Container>, build: Option<&'e Build>) -> Unit<'e> {
        let mut variables = BTreeMap::new();
        let mut has_unknown_variables = false;
        let mut put = |variable: &'e Variable| {
            variables.insert(variable.name.as_str(), (&variable.value, variable.at));
        };
        build.map(|build| &build.variables).into_iter().flatten().for_each(&mut put);
        for import in container.map(|container| &container.imports).into_iter().flatten() {
            let set = import.config_map.as_ref().and_then(|name| self.set(container, name));
            match set {
                Some(set) if import.prefix.is_empty() => set.iter().for_each(&mut put),
                Some(_) => {}
                None => has_unknown_variables = true,
            }
        }
        for variable in container.map(|container| &container.variables).into_iter().flatten() {
            let found = match &variable.value {
                VariableValue::Key { set, key } => self
                    .set(container, set)
                    .and_then(|set| set.iter().find(|other| other.name == *key))
                    .unwrap_or(variable),
                _ => variable,
            };
            variables.insert(variable.name.as_str(), (&found.value, found.at));
        }
        let program = self.program_of(container, build);
        let go = evidence_of_go(&variables, container, build, program);
        let module = self.module_of(container, build);
        let toolchain = only(&self.evidence.recipe.toolchains);
        Unit {
            container,
            build,
            program,
            module,
            toolchain,
            go,
            capture: None,
            variables,
            has_unknown_variables,
        }
    }

    /// The variables of a ConfigMap of the drop.
    fn set(&self, container: Option<&Container>, name: &str) -> Option<&'e [Variable]> {
        let namespace = container.map_or("", |container| container.namespace.as_str());
        let mut sets = self.evidence.recipe.variable_sets.iter().filter(|set| set.name == name);
        let is_own = |own: &str| own.is_empty() || namespace.is_empty() || own == namespace;
        sets.find(|set| is_own(&set.namespace)).map(|set| set.variables.as_slice())
    }
}

fn evidence_of_go(
    variables: &BTreeMap<&str, (&VariableValue, SourceSpan)>,
    container: Option<&Container>,
    build: Option<&Build>,
    program: Option<&Program>,
) -> Option<SourceSpan> {
    let is_of_go = |name: &str| OF_GO.contains(&name) || name.starts_with("GRPC_GO_");
    let variable = variables.iter().find(|(name, _)| is_of_go(name)).map(|(_, (_, at))| *at);
    let built =
        build.filter(|build| build.is_go).map(|build| build.builder.as_ref().unwrap_or(&build.base).at);
    let probes = container.map(|container| &container.probes).into_iter().flatten();
    let probed = probes.filter(|probe| probe.written.contains(PPROF_PATH)).map(|probe| probe.at).next();
    variable.or(built).or(program.map(|program| program.go.at)).or(probed)
}

fn only<T>(items: &[T]) -> Option<&T> {
    match items {
        [only] => Some(only),
        _ => None,
    }
}

/// A folder that is named from another: `.`, `./api`, `../api`.
fn normal(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if from.starts_with('/') { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_context_is_a_folder_beside_the_compose_file() {
        assert_eq!(normal("shop/deploy", "../api"), "shop/api");
        assert_eq!(normal("", "."), "");
        assert_eq!(normal("/a/b", "./c"), "/a/b/c");
    }
}
