//! What the checks join: who uses what, and what runs the cluster.

use crate::model::evidence::Evidence;
use crate::model::{Accounts, Claims, Components, Limits, Nodes, Object, Volumes};

impl<'a> Evidence<'a> {
    /// Whether an object was found below the root of a node.
    #[must_use]
    pub fn is_of_node(&self, object: &Object<'_>) -> bool {
        self.files()[object.file() as usize].host
    }

    /// What runs the cluster, as far as it is seen.
    #[must_use]
    pub fn components(&self) -> &Components<'a> {
        &self.components
    }

    /// Service accounts and their bindings.
    pub(crate) fn accounts(&self) -> &Accounts<'a> {
        &self.accounts
    }

    /// The LimitRanges by namespace.
    pub(crate) fn limits(&self) -> &Limits<'a> {
        &self.limits
    }

    /// The nodes and what runs on them.
    pub(crate) fn nodes(&self) -> &Nodes<'a> {
        &self.nodes
    }

    /// Which volumes claims are bound to.
    pub(crate) fn claims(&self) -> &Claims<'a> {
        &self.claims
    }

    /// Claims, volumes and who uses them.
    pub(crate) fn volumes(&self) -> &Volumes<'a> {
        &self.volumes
    }
}
