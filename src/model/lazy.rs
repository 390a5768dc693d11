//! What is worked out once a scan, and only when a check asks for it.

use std::sync::OnceLock;

use crate::model::admin::Consoles;
use crate::model::ingress_nginx::Modes;

/// See the module's page.
#[derive(Debug, Default)]
pub(crate) struct Lazy {
    /// The mode of the ingress-nginx controllers.
    pub(crate) modes: OnceLock<Modes>,
    /// The Services that lead to consoles.
    pub(crate) consoles: OnceLock<Consoles>,
    /// Which kinds of policies there are besides NetworkPolicies, by their places in the list of `model::isolation`.
    pub(crate) other_policies: OnceLock<Vec<usize>>,
}
