//! Drivers of the Container Storage Interface: which pods are theirs.

use crate::model::pod::{Container, Pod};

/// The helper that makes a plug-in known to the kubelet of its node; also under the names that mirrors give it.
const REGISTRARS: &[&str] = &["csi-node-driver-registrar"];

/// The helpers that watch claims and volumes of the whole cluster.
const CONTROLLERS: &[&str] = &["csi-provisioner", "csi-attacher", "csi-resizer", "csi-snapshotter"];

impl<'a> Pod<'a> {
    /// Whether it is the part of a driver that runs on each node.
    #[must_use]
    pub fn is_csi_node_plugin(&self) -> bool {
        self.containers().any(|container| has_image(&container, REGISTRARS))
    }

    /// Whether it is the part of a driver that speaks for the whole cluster.
    #[must_use]
    pub fn is_csi_controller(&self) -> bool {
        self.containers().any(|container| has_image(&container, CONTROLLERS))
    }
}

fn has_image(container: &Container<'_>, names: &[&str]) -> bool {
    container.reference().is_ok_and(|image| names.iter().any(|name| image.base_name().ends_with(name)))
}
