//! Sockets, descriptors and threads, as files of `/proc` and tools list them; what a program's log
//! says of limits that it met. Figures (limits, quotas, counters) are in [`super::memory`].

use serde::{Deserialize, Serialize};

use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};

/// Who lists a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// `/proc/PID/net/*`: every socket of the network namespace, by inode.
    Kernel,
    /// `ss`: every socket of the namespace, with processes where the user may see them.
    Ss,
    /// `netstat`: likewise.
    Netstat,
    /// `lsof`: the sockets of the processes that it was asked for.
    Lsof,
}

/// What a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP, both versions of IP, and MPTCP.
    Tcp,
    /// UDP, both versions of IP.
    Udp,
    /// Unix domain.
    Unix,
}

/// State of a TCP socket (include/net/tcp_states.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SocketState {
    /// 01
    Established,
    /// 02
    SynSent,
    /// 03 and 0C
    SynRecv,
    /// 04
    FinWait1,
    /// 05
    FinWait2,
    /// 06
    TimeWait,
    /// 07
    Close,
    /// 08
    CloseWait,
    /// 09
    LastAck,
    /// 0A
    Listen,
    /// 0B
    Closing,
    /// Of sockets without states, or a word that is none.
    Unknown,
}

impl SocketState {
    /// Its name, as `netstat` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::Unknown => "unknown state",
        }
    }
}

/// One end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address as text; IPv4 mapped into IPv6 is IPv4. Of a unix socket its path, empty without one. May be a
    /// pseudonym.
    pub host: StrId,
    /// The port; `None` for `*`, and where a name stands.
    pub port: Option<u16>,
}

/// One socket of one list.
#[derive(Clone, Copy, Debug)]
pub struct Socket {
    /// The list.
    pub source: SourceId,
    /// The row.
    pub at: Position,
    /// Who lists it.
    pub listing: Listing,
    /// What it speaks.
    pub transport: Transport,
    /// Its state.
    pub state: SocketState,
    /// Our end.
    pub local: Endpoint,
    /// The other end.
    pub remote: Endpoint,
    /// Unread bytes; of a listening socket, connections that wait for accept. `None` if not listed.
    pub receive_queue: Option<u64>,
    /// Bytes not yet acknowledged; of a listening socket the backlog, by `ss` alone.
    pub send_queue: Option<u64>,
    /// Its inode; `None` if not listed, or if no descriptor is its own (TIME_WAIT, not yet accepted).
    pub inode: Option<u64>,
    /// The process that has it, where the list names one.
    pub pid: Option<u64>,
    /// Of a unix socket the inode of the one that it is connected to, where the list names it.
    pub peer_inode: Option<u64>,
}

/// What a descriptor is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DescriptorKind {
    /// A file or folder that has a name.
    File,
    /// A file whose name is gone: its blocks stay until the descriptor is closed.
    Deleted,
    /// A socket; which, the tables of sockets say.
    Socket,
    /// A TCP socket that `lsof` finds in no table.
    RowlessTcp,
    /// A unix socket, as `lsof` tells.
    Unix,
    /// One end of a pipe, or a FIFO.
    Pipe,
    /// inotify or fanotify.
    Inotify,
    /// eventfd.
    Eventfd,
    /// epoll: one for the runtime.
    Eventpoll,
    /// A process (pidfd): one for each `os/exec` child not waited for.
    Pidfd,
    /// A timer (timerfd).
    Timerfd,
    /// A device.
    Device,
    /// A file of a control group: Go keeps those of its quota open.
    Cgroup,
    /// Anything else.
    Other,
}

impl DescriptorKind {
    /// Several of them, for people.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::File => "files",
            Self::Deleted => "deleted files",
            Self::Socket => "sockets",
            Self::RowlessTcp => "TCP sockets without a connection",
            Self::Unix => "Unix sockets",
            Self::Pipe => "pipes",
            Self::Inotify => "inotify instances",
            Self::Eventfd => "eventfds",
            Self::Eventpoll => "epoll instances",
            Self::Pidfd => "pidfds",
            Self::Timerfd => "timerfds",
            Self::Device => "devices",
            Self::Cgroup => "cgroup files",
            Self::Other => "others",
        }
    }
}

/// One open descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// The list.
    pub source: SourceId,
    /// The row.
    pub at: Position,
    /// The process, where the list names it.
    pub pid: Option<u64>,
    /// What it is of.
    pub kind: DescriptorKind,
    /// The inode of a socket.
    pub inode: Option<u64>,
    /// The target as the list shows it, of files and pipes.
    pub target: StrId,
}

/// What is known of one thread from one file.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    /// The file.
    pub source: SourceId,
    /// The row.
    pub at: Position,
    /// The process, where it is stated.
    pub pid: Option<u64>,
    /// The thread.
    pub tid: u64,
    /// Where in the kernel it waits: the top of its stack, or wchan. Empty if not stated.
    pub waits_in: StrId,
}

/// A limit that a program met, as its log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Complaint {
    /// EMFILE or ENFILE: "too many open files".
    OpenFiles,
    /// EADDRNOTAVAIL: "cannot assign requested address".
    LocalPorts,
}

/// How often a source has a complaint.
#[derive(Clone, Copy, Debug)]
pub struct ComplaintCount {
    /// The source.
    pub source: SourceId,
    /// The first line.
    pub at: Position,
    /// Which.
    pub complaint: Complaint,
    /// Lines that have it.
    pub count: u64,
}

/// A list of sockets, whether or not it has rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketList {
    /// The source.
    pub source: SourceId,
    /// Who lists.
    pub listing: Listing,
    /// What it lists; `None` for tools, which list what they are asked for.
    pub transport: Option<Transport>,
    /// True for `tcp6` and `udp6`, which also hold IPv4 connections of listeners for both.
    pub is_v6: bool,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct ResourceTables {
    /// Sockets, by source and row.
    pub sockets: Vec<Socket>,
    /// Lists of sockets: an empty one says that there are none.
    pub listings: Vec<SocketList>,
    /// Descriptors, by source and row.
    pub descriptors: Vec<Descriptor>,
    /// Threads, by source and row.
    pub threads: Vec<Thread>,
    /// Complaints, by source.
    pub complaints: Vec<ComplaintCount>,
}
