//! What a container is given, from all that states it: its manifest, the ConfigMaps that it takes
//! variables from, the image that it starts, the module that is built.
//!
//! A container is taken for Go only by evidence: a variable of the Go runtime, an image that is built
//! with the go command, a path of net/http/pprof, a capture of it. Everything else is not judged.
//!
//! ```text
//! containers, builds, modules ─► units ─► with the capture of the same name ─► facts, drift, fix
//! ```

pub mod advised;
mod agreement;
mod captures;
mod drift;
mod facts;
mod joins;
mod patch;
pub mod seen;
pub mod settings;

use std::collections::BTreeMap;

use crate::base::source::{SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::recipe::{Build, Container, Dialect, Helpers, Module, Program, Stated, VariableValue};
use crate::report::Subject;
pub use captures::Capture;
pub use facts::{section, stated};
use joins::Joins;

/// Go variables that make a container one of Go. `MALLOC_ARENA_MAX` says nothing of that.
const OF_GO: [&str; 7] =
    ["GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG", "GOTRACEBACK", "GOCOVERDIR", "AUTOMEMLIMIT"];

/// The first minor version that reads the quota; in `go.mod` too (GODEBUG containermaxprocs, internal/godebugs).
pub const AWARE: u32 = 25;

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
    /// What `go env` says of the machine that builds it, if there is one.
    pub toolchain: Option<&'e Stated<String>>,
    /// Why it is taken for Go; `None` if it is not.
    pub go: Option<SourceSpan>,
    /// The captures of it.
    pub capture: Option<Capture>,
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
        let stated = [program, builder, toolchain, self.toolchain];
        stated.into_iter().flatten().find_map(of)
    }

    /// Why the runtime does not read the CPU quota, and where that is stated.
    pub fn ignores_quota(&self) -> Option<(String, SourceSpan)> {
        let built = self.go_version();
        if let Some((version, stated)) = built.filter(|(version, _)| version.is_before(AWARE)) {
            let said = format!("Go {}.{} does not read the quota", version.major, version.minor);
            return Some((said, stated.at));
        }
        match self.godebug("containermaxprocs") {
            Some(("0", at)) => return Some(("GODEBUG has containermaxprocs=0".to_owned(), at)),
            Some(_) => return None,
            None => {}
        }
        let module = self.module.filter(|module| module.container_max_procs != Some(true))?;
        let go = module.go.as_ref()?;
        let is_old = version_of(&go.value)?.is_before(AWARE) || module.container_max_procs == Some(false);
        is_old.then(|| {
            (format!("go.mod says go {}, with which the runtime does not read the quota", go.value), go.at)
        })
    }

    /// True if both the toolchain and `go.mod` are known, and the runtime follows the CPU quota by itself.
    pub fn reads_quota(&self) -> bool {
        let is_known = self.go_version().is_some() && self.module.is_some_and(|module| module.go.is_some());
        is_known && self.ignores_quota().is_none()
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

/// Every container and image of the drop, joined with what it runs and with its captures, in the order of
/// their places.
pub fn units<'e>(evidence: &'e Evidence, subjects: &[Subject]) -> Vec<Unit<'e>> {
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
    captures::join(&mut units, evidence, subjects);
    units
}

/// An image without registry, tag and digest.
pub fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
