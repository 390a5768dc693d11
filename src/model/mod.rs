//! Read-only views of the evidence and the index over it. Nothing here knows checks.

pub mod cidr;
pub mod claim;
pub mod cloud;
pub mod credential;
pub mod evidence;
pub mod exposure;
pub mod fault;
mod field;
pub mod flux;
mod fragment;
pub mod glob;
pub mod host_path;
pub mod image;
pub mod ingress_nginx;
pub mod kinds;
mod limits;
mod masked;
mod namespace;
pub mod network;
mod node;
mod object;
mod pod;
pub mod pod_security;
mod quantity;
pub mod rbac;
mod scan;
pub mod selector;
pub mod service;
mod service_account;
pub mod templates;
mod uncovered;
mod user;
mod version;
pub mod volume;
pub mod webhook;

/// A map over names that the input gives: many are looked up, none in an order that anybody sees.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, foldhash::quality::RandomState>;

pub use claim::Claims;
pub use evidence::{Evidence, Extent};
pub use fault::{Fault, Place, Quality, Severity, Verdict};
pub(crate) use field::take_mistyped;
pub use field::{Field, Root};
pub use image::Image;
pub use kinds::GroupKind;
pub use limits::Limits;
pub use namespace::Namespace;
pub use node::{NodeFacts, Nodes};
pub use object::{Object, UNSET_NAMESPACE};
pub use pod::{Container, ContainerKind, Pod};
pub use scan::Scan;
pub use service_account::{Accounts, Token};
pub use user::User;
pub use version::KubernetesVersion;
pub use volume::{HostPath, Mount, Volumes};
