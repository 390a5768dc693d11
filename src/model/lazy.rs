//! What is worked out once a scan, and only when a check asks for it.

use std::sync::OnceLock;

use crate::model::admin::Consoles;
use crate::model::admission::{self, Policies};
use crate::model::cert_manager::Versions;
use crate::model::ingress_nginx::Modes;
use crate::model::mesh::Present;
use crate::model::pipeline::Known;
use crate::model::scanner::Scanned;
use crate::model::sensor::Found;
use crate::model::{KubernetesVersion, Map, pod_defaults};

/// See the module's page.
#[derive(Debug, Default)]
pub(crate) struct Lazy {
    /// The mode of the ingress-nginx controllers.
    pub(crate) modes: OnceLock<Modes>,
    /// The Services that lead to consoles.
    pub(crate) consoles: OnceLock<Consoles>,
    /// What admission policies refuse.
    pub(crate) policies: OnceLock<Policies>,
    /// What is refused in namespaces, by its causes.
    pub(crate) admission: admission::Known,
    /// The versions of cert-manager that run.
    pub(crate) cert_manager: OnceLock<Versions>,
    /// The agents that watch containers, collect logs and the like.
    pub(crate) agents: OnceLock<Vec<Found>>,
    /// Whether anything restricts what workloads may do at run time.
    pub(crate) restrained: OnceLock<bool>,
    /// What scanners found in images, and what images are made of.
    pub(crate) scanned: [OnceLock<Scanned>; 2],
    /// Of each world the first namespace that has workloads, and how many have.
    pub(crate) first_namespaces: OnceLock<Map<u16, (Box<str>, usize)>>,
    /// What gives something to every pod of Tekton or Argo.
    pub(crate) pod_defaults: OnceLock<pod_defaults::Found>,
    /// Of each world the first application.
    pub(crate) applications: OnceLock<Map<u16, u32>>,
    /// The tasks that pipelines are made of.
    pub(crate) pipelines: OnceLock<Known>,
    /// The meshes that there are.
    pub(crate) meshes: OnceLock<Present>,
    /// The version of the API server, as files show it.
    pub(crate) server: OnceLock<Option<KubernetesVersion>>,
    /// Which kinds of policies there are besides NetworkPolicies, by their places in the list of `model::isolation`.
    pub(crate) other_policies: OnceLock<Vec<usize>>,
}
