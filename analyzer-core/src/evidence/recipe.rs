//! The recipe: what a service is given before it runs. Manifests, images and module files say
//! limits, the runtime's variables, how the process is started and how it is stopped.

use crate::base::source::{SourceId, SourceSpan};

/// Every recipe of a session, in the order of dropping.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// Containers, as manifests, compose files and runtimes state them.
    pub containers: Vec<Container>,
    /// Images, as Dockerfiles build them.
    pub builds: Vec<Build>,
    /// Programs, as `go version -m` prints them.
    pub programs: Vec<Program>,
    /// What `go.mod` files say of versions.
    pub modules: Vec<Module>,
    /// Go versions of build machines, as `go env` prints them.
    pub toolchains: Vec<Stated<String>>,
    /// The variables that ConfigMaps hold; of Secrets, that they exist.
    pub variable_sets: Vec<VariableSet>,
    /// Ways from outside to a container's ports.
    pub entrances: Vec<Entrance>,
}

/// A value with its place and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated<T> {
    /// In base units.
    pub value: T,
    /// As the source writes it: `512Mi`.
    pub written: String,
    /// Where.
    pub at: SourceSpan,
}

/// Who states a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// An object of the Kubernetes API, or `kubectl describe`.
    #[default]
    Kubernetes,
    /// A compose file.
    Compose,
    /// `docker`, `podman` or `crictl inspect`.
    Inspect,
    /// An OCI runtime's `config.json`.
    Runtime,
    /// An image's configuration: defaults without limits.
    Image,
}

/// A container as it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Who states it.
    pub dialect: Dialect,
    /// What it is part of: `Deployment/shop`; empty if nothing.
    pub workload: String,
    /// Its namespace; empty if not said.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: SourceSpan,
    /// True if it ends before the others start.
    pub is_init: bool,
    /// Its image.
    pub image: Option<String>,
    /// The folder that it is built of, as a compose file names it.
    pub build: Option<String>,
    /// The variables that bear on the Go runtime, in the order of the text.
    pub variables: Vec<Variable>,
    /// Sets of variables that it takes as a whole.
    pub imports: Vec<Import>,
    /// Limit of memory, in bytes.
    pub memory_limit: Option<Stated<i64>>,
    /// Requested memory, in bytes.
    pub memory_request: Option<Stated<i64>>,
    /// True if the limits of a compose service stand below `deploy`.
    pub has_deploy_limits: bool,
    /// Limit of CPU, in thousandths of one.
    pub cpu_limit: Option<Stated<i64>>,
    /// Volumes in memory that it mounts.
    pub memory_volumes: Vec<MemoryVolume>,
    /// Time between the signal and the kill, in seconds.
    pub grace: Option<Stated<i64>>,
    /// Time that the hook before the signal sleeps, in seconds.
    pub pre_stop: Option<Stated<i64>>,
    /// What asks whether it is well: what the probe is called, and its path or command.
    pub probes: Vec<Stated<String>>,
    /// What is started instead of the image's own, arguments with it.
    pub command: Option<Stated<Vec<String>>>,
    /// Ports by name.
    pub ports: Vec<Port>,
    /// Ports that the host publishes, beyond its loopback.
    pub published: Vec<Stated<i64>>,
    /// Hard limit of open files.
    pub nofile: Option<Stated<i64>>,
    /// Limit of tasks.
    pub pids: Option<Stated<i64>>,
    /// Signal that asks it to stop.
    pub stop_signal: Option<Stated<String>>,
    /// True if an init of the runtime passes signals on.
    pub has_init: bool,
    /// Labels of its pod.
    pub labels: Vec<(String, String)>,
}

impl Container {
    /// A container of which nothing is stated yet.
    pub fn new(dialect: Dialect, workload: &str, name: &str, at: SourceSpan) -> Self {
        Self {
            dialect,
            workload: workload.to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
            at,
            is_init: false,
            image: None,
            build: None,
            variables: Vec::new(),
            imports: Vec::new(),
            memory_limit: None,
            memory_request: None,
            has_deploy_limits: false,
            cpu_limit: None,
            memory_volumes: Vec::new(),
            grace: None,
            pre_stop: None,
            probes: Vec::new(),
            command: None,
            ports: Vec::new(),
            published: Vec::new(),
            nofile: None,
            pids: None,
            stop_signal: None,
            has_init: false,
            labels: Vec::new(),
        }
    }
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: VariableValue,
    /// Where.
    pub at: SourceSpan,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    /// As written.
    Text(String),
    /// A resource of a container: `limits.memory`.
    Resource(String),
    /// A key of a ConfigMap.
    Key {
        /// The ConfigMap.
        set: String,
        /// The key in it.
        key: String,
    },
    /// Not in the text: a Secret's, or one that something else fills in.
    Unknown,
}

/// A set of variables that a container takes as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its ConfigMap; `None` for what cannot be read here: a Secret, a file.
    pub config_map: Option<String>,
    /// What is put before each name.
    pub prefix: String,
    /// Where.
    pub at: SourceSpan,
}

/// A set of variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableSet {
    /// Its name.
    pub name: String,
    /// Its namespace; empty if not said.
    pub namespace: String,
    /// Variables that bear on the Go runtime.
    pub variables: Vec<Variable>,
}

/// A volume in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryVolume {
    /// Its name or path.
    pub name: String,
    /// Its size, in bytes; `None` if it has no limit of its own.
    pub size: Option<i64>,
    /// Where.
    pub at: SourceSpan,
}

/// A named port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its number.
    pub number: i64,
}

/// A way from outside: a service of type LoadBalancer or NodePort, or an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// Kind and name: `Service/shop`.
    pub name: String,
    /// Its namespace; empty if not said.
    pub namespace: String,
    /// True if it can be reached from outside by itself.
    pub is_public: bool,
    /// Labels of the pods that it leads to.
    pub selector: Vec<(String, String)>,
    /// Its ports.
    pub ports: Vec<EntrancePort>,
    /// Services that it leads to instead, with the port's number or name, and the path.
    pub backends: Vec<Backend>,
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrancePort {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its own number.
    pub number: String,
    /// Number or name of the container's port.
    pub target: String,
    /// Where.
    pub at: SourceSpan,
}

/// What an Ingress leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The service's name.
    pub service: String,
    /// Number or name of the service's port.
    pub port: String,
    /// The path that leads there.
    pub path: String,
    /// Where.
    pub at: SourceSpan,
}

/// An image as a Dockerfile builds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The Dockerfile.
    pub source: SourceId,
    /// The image that the program is built in, if it is Go's.
    pub builder: Option<Stated<String>>,
    /// True if a stage builds with the go command.
    pub is_go: bool,
    /// `CGO_ENABLED`, where it is set.
    pub cgo: Option<Stated<bool>>,
    /// True if the program is linked statically, or for another libc on purpose.
    pub is_static: bool,
    /// The image that the last stage begins with: stages and arguments resolved.
    pub base: Stated<String>,
    /// Variables of the last stage that bear on the Go runtime.
    pub variables: Vec<Variable>,
    /// What is started.
    pub entrypoint: Option<Stated<Started>>,
    /// What is started, or the entrypoint's arguments.
    pub cmd: Option<Stated<Started>>,
    /// Shell of shell forms, where it is set.
    pub shell: Option<String>,
    /// `STOPSIGNAL`.
    pub stop_signal: Option<Stated<String>>,
    /// Names of programs: what `go build -o` writes, what comes from another stage.
    pub programs: Vec<String>,
    /// Scripts that stand in the Dockerfile: path and text.
    pub scripts: Vec<(String, Stated<String>)>,
    /// True if a shell is copied into the last stage.
    pub brings_shell: bool,
}

/// What an image starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Words of the exec form, or the one line of the shell form.
    pub words: Vec<String>,
    /// True for the shell form.
    pub is_shell: bool,
}

/// A program as `go version -m` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Go version: `go1.23.4`.
    pub go: Stated<String>,
    /// True if it is linked with cgo, where that is said.
    pub cgo: Option<bool>,
    /// Paths of modules that set limits themselves.
    pub helpers: Helpers,
}

/// Modules that read the container's limits in place of the runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Helpers {
    /// `github.com/KimMachineGun/automemlimit`.
    pub memory: bool,
    /// `go.uber.org/automaxprocs`.
    pub processors: bool,
}

impl Helpers {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { memory: self.memory || other.memory, processors: self.processors || other.processors }
    }

    const MEMORY: &str = "github.com/kimmachinegun/automemlimit";
    const PROCESSORS: &str = "go.uber.org/automaxprocs";

    /// True if a module's path is that of one, and says no more.
    pub fn are(path: &str) -> bool {
        [Self::MEMORY, Self::PROCESSORS].iter().any(|helper| path.eq_ignore_ascii_case(helper))
    }

    /// Looks at a module's path.
    pub fn look(&mut self, path: &str) {
        self.memory |= path.to_ascii_lowercase().starts_with(Self::MEMORY);
        self.processors |= path.starts_with(Self::PROCESSORS);
    }
}

/// What a `go.mod` says of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// The file.
    pub source: SourceId,
    /// The `go` line: which defaults the runtime has.
    pub go: Option<Stated<String>>,
    /// The `toolchain` line.
    pub toolchain: Option<Stated<String>>,
    /// `godebug containermaxprocs`, where it is set.
    pub container_max_procs: Option<bool>,
    /// Modules that it requires.
    pub helpers: Helpers,
}
