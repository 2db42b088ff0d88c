//! What registries list, held against the connections of a moment.

use serde::{Deserialize, Serialize};

use super::finding::Citation;
use super::number_format::{count_u64, counted};
use crate::evidence::registry::{Health, RegistryKind};

/// When a list was taken, as far as its file tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListAge {
    /// Minutes from the sockets to the list's file; negative if the list is older. `None` if one of the two
    /// is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// True if it says itself that it last changed before the sockets were read, and its file is younger.
    pub held: bool,
}

impl ListAge {
    /// Minutes between the two from which instances may have come and gone.
    pub(crate) const FAR: i64 = 10;

    /// True if the list may be another than at the moment of the sockets.
    pub fn is_far(self) -> bool {
        !self.held && self.minutes.is_some_and(|minutes| minutes.abs() > Self::FAR)
    }

    /// What it allows to say, for people.
    pub fn told(self) -> String {
        let of = |minutes: i64| match minutes.unsigned_abs() {
            0 => "less than a minute".to_owned(),
            minutes if minutes < 120 => counted(minutes, "minute", "minutes"),
            minutes => counted(minutes / 60, "hour", "hours"),
        };
        match self.minutes {
            _ if self.held => {
                "The list last changed before the sockets were read, and its file is newer, so it was valid at that time.".to_owned()
            }
            Some(minutes) if minutes < 0 => format!(
                "The list's file is {} older than the sockets: it does not contain instances that started since.",
                of(minutes)
            ),
            Some(minutes) => format!(
                "The list's file is {} newer than the sockets: it no longer contains instances that ended since.",
                of(minutes)
            ),
            None => {
                "It is unknown when the list was captured: an instance that started or ended in between looks the same.".to_owned()
            }
        }
    }
}

/// An instance that a registry lists, with what the subject has to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegistryInstance {
    /// Address and port; without a port if it serves on every one.
    pub address: String,
    /// What is said of it.
    pub health: Health,
    /// Connections to it.
    pub connections: u64,
    /// Dials that it has not answered.
    pub dials: u64,
    /// True if somebody reached it of late: TIME_WAIT toward it, or Envoy's own count.
    pub was_reached: bool,
    /// Where it is listed.
    pub citation: Citation,
}

/// An address at a port of the service that no registry lists, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stray {
    /// Address and port.
    pub address: String,
    /// Connections to it.
    pub connections: u64,
    /// Dials that nobody answered.
    pub dials: u64,
    /// True if an earlier list has it.
    pub was_listed: bool,
    /// The first of its sockets.
    pub citation: Citation,
}

/// A service that the subject connects to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegistryService {
    /// Its name: `shop/checkout`.
    pub service: String,
    /// Who lists it.
    pub kind: RegistryKind,
    /// What is known of when.
    pub age: ListAge,
    /// Its instances, by address.
    pub instances: Vec<RegistryInstance>,
    /// Addresses beside, by address.
    pub strays: Vec<Stray>,
}

impl RegistryService {
    /// Instances that get requests.
    pub fn passing(&self) -> impl Iterator<Item = &RegistryInstance> {
        self.instances.iter().filter(|row| row.health == Health::Passing)
    }

    /// Connections to all instances.
    pub fn connections(&self) -> u64 {
        self.instances.iter().map(|row| row.connections).sum()
    }

    /// The line for people: `shop/checkout (Kubernetes): 3 of 4 instances passing, 12 connections to 2 of them`.
    pub fn told(&self) -> String {
        let reached = self.instances.iter().filter(|row| row.connections > 0).count();
        let strays: Vec<String> = self.strays.iter().take(2).map(|row| row.address.clone()).collect();
        let beside =
            if strays.is_empty() { String::new() } else { format!(", not listed: {}", strays.join(", ")) };
        format!(
            "{} ({}): {} of {} passing, {} to {reached} of them{beside}",
            self.service,
            self.kind.name(),
            self.passing().count(),
            counted(crate::base::convert::to_u64(self.instances.len()), "instance", "instances"),
            counted(self.connections(), "connection", "connections"),
        )
    }
}

impl Stray {
    /// `12 connections and 3 dials`.
    pub fn told(&self) -> String {
        let connections = counted(self.connections, "connection", "connections");
        let dials = format!("{} without an answer", counted(self.dials, "dial", "dials"));
        match (self.connections, self.dials) {
            (0, 0) => count_u64(0),
            (0, _) => dials,
            (_, 0) => connections,
            _ => format!("{connections} and {dials}"),
        }
    }
}
