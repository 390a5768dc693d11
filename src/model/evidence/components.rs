//! What runs the cluster, among the evidence.

use crate::model::evidence::Evidence;
use crate::model::{Components, Object};

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
}
