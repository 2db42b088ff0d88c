//! Sockets, descriptors, threads and the CPU quota over the snapshots.

use serde::{Deserialize, Serialize};

use super::finding::Citation;
use super::goroutines::GoroutineGroup;
use super::registries::RegistryService;
use super::sources::SubjectId;
use crate::base::units::Nanos;
use crate::evidence::resources::{DescriptorKind, SocketState};

/// Rows of connections, and of listening sockets, that a moment has at most: what is below is one
/// connection here and there.
pub const SOCKET_ROWS: usize = 400;

/// Functions of the kernel that a moment names for its threads at most: the rest is a handful of threads each.
pub const THREAD_ROWS: usize = 20;

/// Which end of a connection is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// We dialed it.
    Client,
    /// It came to a port that we listen on.
    Server,
    /// The lists do not say.
    Unknown,
}

/// TCP connections of one side and state, with one remote or to one of our ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Connections {
    /// Which end is ours.
    pub side: Side,
    /// Their state.
    pub state: SocketState,
    /// The other end, of connections that we dialed: `10.0.3.7:5432`. Of others, our port: `:8080`.
    pub peer: String,
    /// How many.
    pub count: u64,
    /// How many have bytes that were not read; 0 where the list has no queues.
    pub unread: u64,
    /// The first of them.
    pub citation: Citation,
}

/// A listening TCP socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listener {
    /// Address and port.
    pub address: String,
    /// True if a descriptor of the process is this socket.
    pub is_own: bool,
    /// Connections that wait for accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u64>,
    /// How many may wait: what `ss` shows, else `net.core.somaxconn`, which Go asks for, unless the queue
    /// was full with fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u64>,
    /// Where it stands.
    pub citation: Citation,
}

impl Listener {
    /// True from nine tenths of the backlog on.
    pub fn is_full(&self) -> bool {
        self.queue
            .zip(self.backlog)
            .is_some_and(|(queue, backlog)| backlog > 0 && u128::from(queue) * 10 >= u128::from(backlog) * 9)
    }
}

/// The sockets of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sockets {
    /// True if only the process's own sockets are counted; false if they are those of its whole network
    /// namespace (the pod), because nothing says whose they are. TIME_WAIT has no owner: it is always
    /// the namespace's.
    pub is_own: bool,
    /// Connections, most first.
    pub connections: Vec<Connections>,
    /// Listening sockets, by address.
    pub listeners: Vec<Listener>,
    /// TCP descriptors of the process whose socket is in no table: the kernel has ended the connection, and
    /// the program has not closed it. `None` if it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rowless: Option<u64>,
    /// Of the sockets in CLOSE_WAIT a snapshot earlier, those whose descriptor is still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<u64>,
    /// Connections that the namespace dropped because an accept queue was full, since it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflows: Option<Citation>,
    /// Local ports that may be dialed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_ports: Option<u64>,
    /// `net.ipv4.tcp_tw_reuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_wait_reuse: Option<i64>,
}

/// Descriptors of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DescriptorCount {
    /// What they are of.
    pub kind: DescriptorKind,
    /// How many.
    pub count: u64,
    /// The folder that most of them are in, of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The path that most of them are connected to, of unix sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The last of them.
    pub citation: Citation,
}

/// The open descriptors of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Descriptors {
    /// How many.
    pub total: u64,
    /// By kind, most first.
    pub kinds: Vec<DescriptorCount>,
    /// TCP sockets less those that clients hold open to us; `None` if the tables of sockets are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_tcp: Option<u64>,
    /// Most that the process may open (soft RLIMIT_NOFILE).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_limit: Option<Citation>,
    /// Most that it may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<Citation>,
    /// The list.
    pub citation: Citation,
}

/// Threads that wait in one function of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ThreadWait {
    /// The function.
    pub function: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub citation: Citation,
}

/// The threads of the process, and what bounds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Threads {
    /// How many the process has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Citation>,
    /// By where they wait, most first.
    pub waits: Vec<ThreadWait>,
    /// Tasks of the control group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids: Option<Citation>,
    /// Most that it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_max: Option<Citation>,
    /// RLIMIT_NPROC, which counts all threads of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_limit: Option<Citation>,
    /// `kernel.threads-max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_limit: Option<Citation>,
}

/// Goroutines of the moment that stand for sockets and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoroutinePairs {
    /// `net/http.(*persistConn).readLoop`: one for each connection of a Transport.
    pub read_loops: u64,
    /// Of them, those that wait for their caller to read or close a body.
    pub unread_bodies: u64,
    /// `net/http.(*conn).serve`: one for each connection of a server.
    pub serving: u64,
    /// In Accept.
    pub accepting: u64,
    /// In a system call.
    pub in_syscall: u64,
    /// Waiting to read or write a pipe (`os.(*File)` on the poller).
    #[serde(default)]
    pub on_pipes: u64,
    /// Waiting for a child to end (`os.(*Process).Wait`).
    #[serde(default)]
    pub on_children: u64,
}

/// What goroutines stand for among the things that the kernel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counterpart {
    /// A connection of a Transport.
    Transport,
    /// A connection of a server.
    Server,
    /// Any other connection, a pipe or a file that is read by the network poller.
    Reader,
    /// A listening socket.
    Listener,
    /// A thread that does not come back from the kernel.
    Thread,
    /// One end of a pipe.
    Pipe,
    /// A child that is waited for.
    Child,
}

/// Functions in which `os` waits for a child, by Go version and kernel.
const CHILD_WAITS: [&str; 4] = [
    "os.(*Process).Wait",
    "os.(*Process).wait",
    "os.(*Process).pidfdWait",
    "os.(*Process).blockUntilWaitable",
];

impl Counterpart {
    /// True if each goroutine of the group stands for one.
    pub fn has(self, group: &GoroutineGroup) -> bool {
        let calls = |function: &str| group.stack.iter().any(|frame| frame.function == function);
        let is_client = || calls("net/http.(*persistConn).readLoop");
        let is_server = || calls("net/http.(*conn).serve");
        match self {
            Self::Transport => is_client(),
            Self::Server => is_server(),
            Self::Reader => {
                let is_helper = || calls("net/http.(*connReader).backgroundRead");
                calls("internal/poll.(*FD).Read") && !is_client() && !is_server() && !is_helper()
            }
            Self::Listener => calls("internal/poll.(*FD).Accept"),
            Self::Thread => group.state == "syscall",
            // The poller waits for pipes, not for files on disks.
            Self::Pipe => group.state == "IO wait" && (calls("os.(*File).Read") || calls("os.(*File).Write")),
            Self::Child => CHILD_WAITS.into_iter().any(calls),
        }
    }
}

/// The processors of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cpu {
    /// Thousandths of a processor that the group may use; `None` without a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_milli: Option<u64>,
    /// The least quota of a group around it that is below its own, or stands where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer_quota_milli: Option<u64>,
    /// Where it stands that there is no quota, if none of the groups has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_quota: Option<Citation>,
    /// Where the quota that holds stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_citation: Option<Citation>,
    /// Periods in which anything ran, since the group exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<Citation>,
    /// Periods in which the quota ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<Citation>,
    /// Time that its processors were stopped, added up over them: no share of the clock's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_time: Option<Nanos>,
    /// CPU time used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Nanos>,
    /// Share of the last minute in which a thread of the group waited for a processor, in hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Citation>,
    /// GOMAXPROCS as the runtime says, or its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gomaxprocs: Option<u64>,
    /// Where that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gomaxprocs_citation: Option<Citation>,
    /// Processors that the process may run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processors: Option<u64>,
}

/// What one moment says of sockets, descriptors, threads and processors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ResourceSnapshot {
    /// The subject.
    pub subject: SubjectId,
    /// Label of the snapshot.
    pub snapshot: String,
    /// Sockets, if they were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets: Option<Sockets>,
    /// Descriptors, if they were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<Descriptors>,
    /// Threads, if anything tells of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<Threads>,
    /// Goroutines beside them, if there is a dump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<GoroutinePairs>,
    /// Processors, if anything tells of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Services that registries list and the subject connects to, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<RegistryService>,
}

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resources {
    /// Moments, by subject, then time.
    pub snapshots: Vec<ResourceSnapshot>,
}

impl Resources {
    /// Moves every citation.
    pub(super) fn citations_mut(&mut self) -> impl Iterator<Item = &mut Citation> {
        self.snapshots.iter_mut().flat_map(ResourceSnapshot::citations_mut)
    }
}

impl ResourceSnapshot {
    fn citations_mut(&mut self) -> Vec<&mut Citation> {
        let mut all = Vec::new();
        if let Some(sockets) = &mut self.sockets {
            all.extend(sockets.connections.iter_mut().map(|row| &mut row.citation));
            all.extend(sockets.listeners.iter_mut().map(|row| &mut row.citation));
            all.extend(&mut sockets.overflows);
        }
        for service in &mut self.registries {
            all.extend(service.instances.iter_mut().map(|row| &mut row.citation));
            all.extend(service.strays.iter_mut().map(|row| &mut row.citation));
        }
        if let Some(descriptors) = &mut self.descriptors {
            all.extend(descriptors.kinds.iter_mut().map(|row| &mut row.citation));
            all.extend([&mut descriptors.soft_limit, &mut descriptors.hard_limit].into_iter().flatten());
            all.push(&mut descriptors.citation);
        }
        if let Some(threads) = &mut self.threads {
            all.extend(threads.waits.iter_mut().map(|row| &mut row.citation));
            let Threads { total, pids, pids_max, user_limit, kernel_limit, .. } = threads;
            all.extend([total, pids, pids_max, user_limit, kernel_limit].into_iter().flatten());
        }
        if let Some(cpu) = &mut self.cpu {
            let Cpu { no_quota, quota_citation, periods, throttled, pressure, gomaxprocs_citation, .. } = cpu;
            all.extend(
                [no_quota, quota_citation, periods, throttled, pressure, gomaxprocs_citation]
                    .into_iter()
                    .flatten(),
            );
        }
        all
    }
}
