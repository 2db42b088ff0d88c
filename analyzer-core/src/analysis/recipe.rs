//! What a container is given, from all that states it: its manifest, the ConfigMaps that it takes
//! variables from, the image that it starts, the module that is built.
//!
//! A container is taken for Go only by evidence: a variable of the Go runtime, an image that is built
//! with the go command, a path of net/http/pprof. Everything else is not judged.

use std::collections::BTreeMap;

use crate::base::source::{SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::recipe::{
    Build, Container, Dialect, Helpers, Module, Program, Stated, Variable, VariableValue,
};

/// Go variables that make a container one of Go. `MALLOC_ARENA_MAX` says nothing of that.
const OF_GO: [&str; 7] =
    ["GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG", "GOTRACEBACK", "GOCOVERDIR", "AUTOMEMLIMIT"];

/// The path under which net/http/pprof answers.
pub const PPROF_PATH: &str = "/debug/pprof";

/// A container with everything that is known of what it runs, or an image that nothing runs here.
#[derive(Clone, Debug)]
pub struct Unit<'e> {
    /// The container; `None` for an image alone.
    pub container: Option<&'e Container>,
    /// The image that it runs, if it is built here.
    pub build: Option<&'e Build>,
    /// The program, if its build information is here.
    pub program: Option<&'e Program>,
    /// The module that it is built of.
    pub module: Option<&'e Module>,
    /// Why it is taken for Go; `None` if it is not.
    pub go: Option<SourceSpan>,
    /// Variables by name, with what ConfigMaps and the image give.
    variables: BTreeMap<&'e str, (&'e VariableValue, SourceSpan)>,
    /// True if it takes variables that are not in the drop.
    pub has_unknown_variables: bool,
}

impl<'e> Unit<'e> {
    /// The name for people: `container api of Deployment/shop`.
    pub fn name(&self) -> String {
        match (self.container, self.build) {
            (Some(container), _) if container.dialect == Dialect::Compose => {
                format!("Service {}", container.name)
            }
            (Some(container), _) if container.dialect == Dialect::Image => {
                format!("Image {}", container.name)
            }
            (Some(container), _) if container.workload.is_empty() => format!("Container {}", container.name),
            (Some(container), _) => format!("Container {} of {}", container.name, container.workload),
            (None, Some(build)) => match build.programs.first() {
                Some(program) => format!("The image of {program}"),
                None => "The image".to_owned(),
            },
            (None, None) => "The program".to_owned(),
        }
    }

    /// The value of a variable: a literal, or a resource. `None` if it is not set or not known.
    pub fn variable(&self, name: &str) -> Option<(&'e VariableValue, SourceSpan)> {
        self.variables.get(name).copied()
    }

    /// The literal value of a variable. An empty one is not set: the runtime reads it so.
    pub fn literal(&self, name: &str) -> Option<(&'e str, SourceSpan)> {
        match self.variable(name)? {
            (VariableValue::Text(text), at) if !text.is_empty() => Some((text, at)),
            _ => None,
        }
    }

    /// True if a variable may have a value, known or not.
    pub fn may_be_set(&self, name: &str) -> bool {
        let is_set = |value: &VariableValue| !matches!(value, VariableValue::Text(text) if text.is_empty());
        self.has_unknown_variables || self.variable(name).is_some_and(|(value, _)| is_set(value))
    }

    /// Modules that read the container's limits in place of the runtime.
    pub fn helpers(&self) -> Helpers {
        let program = self.program.map(|program| program.helpers).unwrap_or_default();
        program.and(self.module.map(|module| module.helpers).unwrap_or_default())
    }

    /// The Go version that the program is built with: major and minor, and what states it.
    pub fn go_version(&self) -> Option<(Version, &'e Stated<String>)> {
        let program = self.program.map(|program| &program.go);
        let builder = self.build.and_then(|build| build.builder.as_ref());
        let toolchain = self.module.and_then(|module| module.toolchain.as_ref());
        let of = |stated: &'e Stated<String>| Some((version_of(&stated.value)?, stated));
        program.and_then(of).or_else(|| builder.and_then(of)).or_else(|| toolchain.and_then(of))
    }

    /// The setting of GODEBUG, where the variable or the module has it.
    pub fn godebug(&self, key: &str) -> Option<(&'e str, SourceSpan)> {
        let (value, at) = self.literal("GODEBUG")?;
        // The last of equal keys holds.
        let mut pairs = value.split(',').filter_map(|pair| pair.split_once('='));
        pairs.rfind(|(name, _)| name.trim() == key).map(|(_, value)| (value.trim(), at))
    }
}

/// A Go version: major, minor, and the patch where it is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 1.
    pub major: u32,
    /// 24 of 1.24.
    pub minor: u32,
    /// 3 of 1.24.3.
    pub patch: Option<u32>,
}

impl Version {
    /// True if it is older than `1.minor`.
    pub const fn is_before(self, minor: u32) -> bool {
        self.major == 1 && self.minor < minor
    }
}

/// The version of `go1.23.4`, `1.24`, `golang:1.24-alpine`, `golang@sha256:…` (which has none).
pub fn version_of(text: &str) -> Option<Version> {
    let text = text.split('@').next().unwrap_or(text);
    let tag = text.rsplit('/').next().unwrap_or(text).rsplit(':').next().unwrap_or(text);
    let digits = tag.trim_start_matches("go");
    let mut parts = digits.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    let minor = digits.split_once('.')?.1;
    let minor_end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    let (minor, rest) = minor.split_at(minor_end);
    let patch = rest
        .strip_prefix('.')
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    Some(Version { major, minor: minor.parse().ok()?, patch: patch.and_then(|patch| patch.parse().ok()) })
}

/// Every container and image of the drop, joined, in the order of their places.
pub fn units(evidence: &Evidence) -> Vec<Unit<'_>> {
    let recipe = &evidence.recipe;
    let joins = Joins::new(evidence);
    let mut used: Vec<SourceId> = Vec::new();
    let mut units = Vec::new();
    for container in &recipe.containers {
        let build = joins.build_of(container);
        used.extend(joins.builds_like(container).iter().map(|build| build.source));
        units.push(joins.unit(Some(container), build));
    }
    for build in recipe.builds.iter().filter(|build| build.is_go && !used.contains(&build.source)) {
        units.push(joins.unit(None, Some(build)));
    }
    units
}

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

struct Joins<'e> {
    evidence: &'e Evidence,
    /// The one image that is built here, if the one container that is stated here can only be its own.
    only: Option<&'e Build>,
}

impl<'e> Joins<'e> {
    fn new(evidence: &'e Evidence) -> Self {
        let own = evidence.recipe.containers.iter().filter(|container| {
            let image = container.image.as_deref().unwrap_or_default();
            !container.is_init && !FOREIGN.iter().any(|foreign| image.contains(foreign))
        });
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

    fn builds_like(&self, container: &Container) -> Vec<&'e Build> {
        let is_foreign =
            container.image.as_deref().is_some_and(|image| FOREIGN.iter().any(|name| image.contains(name)));
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
        if named.is_empty() && !is_foreign && !container.is_init {
            self.only.into_iter().collect()
        } else {
            named
        }
    }

    /// The image of a container: of several Dockerfiles for one program, the one without a suffix.
    fn build_of(&self, container: &Container) -> Option<&'e Build> {
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

    fn unit(&self, container: Option<&'e Container>, build: Option<&'e Build>) -> Unit<'e> {
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
            match &variable.value {
                VariableValue::Key { set, key } => {
                    let found =
                        self.set(container, set).and_then(|set| set.iter().find(|other| other.name == *key));
                    match found {
                        Some(found) => {
                            variables.insert(variable.name.as_str(), (&found.value, found.at));
                        }
                        None => {
                            variables.insert(variable.name.as_str(), (&variable.value, variable.at));
                        }
                    }
                }
                _ => {
                    variables.insert(variable.name.as_str(), (&variable.value, variable.at));
                }
            }
        }
        let program = self.program_of(container, build);
        let go = evidence_of_go(&variables, container, build, program);
        let module = self.module_of(container, build);
        Unit { container, build, program, module, go, variables, has_unknown_variables }
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

/// An image without registry, tag and digest.
pub fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
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

    #[test]
    fn a_build_context_is_a_folder_beside_the_compose_file() {
        assert_eq!(normal("shop/deploy", "../api"), "shop/api");
        assert_eq!(normal("", "."), "");
        assert_eq!(normal("/a/b", "./c"), "/a/b/c");
    }
}
