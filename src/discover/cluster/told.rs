//! What lists tell of the cluster as a whole, taken down before each goes where it is kept.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::managed;
use crate::discover::Resource;

/// See the module's page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The names of nodes, in the order of their list.
    pub(super) nodes: Vec<String>,
    /// The labels of nodes by which a provider is known.
    pub(super) labels: BTreeSet<&'static str>,
    /// An API server runs as a pod.
    pub(super) control_plane: bool,
}

#[derive(Deserialize)]
struct Nodes {
    items: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Told {
    /// By a list, or a part of one.
    pub(super) fn by(resource: &Resource, text: &str) -> Self {
        let has = |what: &str| memchr::memmem::find(text.as_bytes(), what.as_bytes()).is_some();
        match (resource.group.as_str(), resource.kind.as_str()) {
            ("", "Node") => {
                let nodes = serde_json::from_str::<Nodes>(text).map(|nodes| nodes.items).unwrap_or_default();
                let labels = managed::labels().filter(|label| has(&format!("\"{label}\":"))).collect();
                Told { nodes: nodes.into_iter().map(|node| node.metadata.name).collect(), labels, control_plane: false }
            }
            ("", "Pod") => Told { control_plane: has("\"component\":\"kube-apiserver\""), ..Told::default() },
            _ => Told::default(),
        }
    }

    /// What a further list tells.
    pub(super) fn add(&mut self, other: Self) {
        self.nodes.extend(other.nodes);
        self.labels.extend(other.labels);
        self.control_plane |= other.control_plane;
    }
}
