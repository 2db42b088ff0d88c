//! What registries say should be connected to: the instances of services, their addresses and health.

use serde::{Deserialize, Serialize};

use crate::base::source::{Position, SourceId};
use crate::base::units::Nanos;

/// Who keeps the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RegistryKind {
    /// EndpointSlices or Endpoints.
    Kubernetes,
    /// `/v1/health/service/NAME`.
    Consul,
    /// `/clusters` of its administration.
    Envoy,
}

impl RegistryKind {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::Consul => "Consul",
            Self::Envoy => "Envoy",
        }
    }
}

/// What a registry says of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It gets requests.
    Passing,
    /// It ends, and may still answer.
    Leaving,
    /// It gets none.
    Failing,
}

/// An address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Where it stands.
    pub at: Position,
    /// The address as text; IPv4 mapped into IPv6 is IPv4. May be a name, or a pseudonym.
    pub host: String,
    /// The port; `None` if it serves on every one.
    pub port: Option<u16>,
    /// What is said of it.
    pub health: Health,
    /// True if the one who lists it has connected to it, as Envoy counts.
    pub was_reached: bool,
}

/// A list of instances of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The source.
    pub source: SourceId,
    /// Where the list begins.
    pub at: Position,
    /// Who keeps it.
    pub kind: RegistryKind,
    /// The service, as people call it: `shop/checkout`.
    pub service: String,
    /// The object that it is: a service may have several slices.
    pub object: String,
    /// When it last changed, as it says itself (Unix time).
    pub changed_at: Option<Nanos>,
    /// Its instances, in the order of the text.
    pub instances: Vec<Instance>,
}

/// An address that stands for a service, behind which are its instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualAddress {
    /// The source.
    pub source: SourceId,
    /// The address (`spec.clusterIP`).
    pub host: String,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// Lists, by source and place.
    pub lists: Vec<Listed>,
    /// Addresses of services.
    pub virtual_addresses: Vec<VirtualAddress>,
}

impl Registry {
    /// How many instances are listed.
    pub fn instances(&self) -> usize {
        self.lists.iter().map(|list| list.instances.len()).sum()
    }
}
