//! Read-only views of the evidence and the index over it. Nothing here knows checks.

pub mod cidr;
pub mod credential;
pub mod evidence;
pub mod exposure;
pub mod fault;
mod field;
mod fragment;
pub mod kinds;
mod namespace;
pub mod network;
mod object;
mod pod;
mod scan;
pub mod selector;
pub mod service;
pub mod templates;
mod uncovered;
mod version;

pub use evidence::{Evidence, Extent};
pub use fault::{Fault, Place, Quality, Severity, Verdict};
pub(crate) use field::take_mistyped;
pub use field::{Field, Root};
pub use kinds::GroupKind;
pub use namespace::Namespace;
pub use object::{Object, UNSET_NAMESPACE};
pub use pod::{Container, ContainerKind, Pod};
pub use scan::Scan;
pub use version::KubernetesVersion;
