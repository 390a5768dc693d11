//! What the nodes say of themselves, gathered once a scan.

use std::collections::HashMap;

use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::{Evidence, Scan, kinds};

/// The Linux nodes of a world, by what the checks ask of them.
#[derive(Debug, Default, Clone, Copy)]
pub struct NodeFacts {
    /// How many there are.
    pub count: u32,
    /// One whose runtime reports no support for user namespaces.
    pub without_user_namespaces: Option<u32>,
    /// One whose system usually enforces AppArmor or SELinux.
    pub with_access_control: Option<u32>,
}

/// The joins of nodes.
#[derive(Debug, Default)]
pub struct Nodes<'a> {
    facts: HashMap<u16, NodeFacts>,
    /// The pods that run on a node.
    pods: HashMap<(u16, &'a str), Vec<u32>>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let mut nodes = Nodes::default();
        for node in evidence.of_kind(kinds::NODE).filter(|node| node.label("kubernetes.io/os").text() != Some("windows")) {
            let facts = nodes.facts.entry(node.world).or_default();
            facts.count += 1;
            if !supports_user_namespaces(node) {
                facts.without_user_namespaces.get_or_insert(node.id);
            }
            if enforces_access_control(node) {
                facts.with_access_control.get_or_insert(node.id);
            }
        }
        for (id, pod) in evidence.pods().iter().enumerate() {
            let object = evidence.object(pod.object);
            if let Some(node) = pod.spec.key("nodeName").text().filter(|_| object.is(kinds::POD)) {
                nodes.pods.entry((object.world, node)).or_default().push(id as u32);
            }
        }
        nodes
    }

    /// What is known of the nodes of a world.
    #[must_use]
    pub fn facts(&self, world: u16) -> NodeFacts {
        self.facts.get(&world).copied().unwrap_or_default()
    }
}

impl<'a> Pod<'a> {
    /// The other pods that run on its node.
    pub fn neighbours(&self) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        let scan: &'a Scan<'a> = self.scan();
        let own = self.object().id;
        let node = self.at("nodeName").text();
        let found = node.and_then(|node| scan.evidence.nodes().pods.get(&(self.object().world, node)));
        found.into_iter().flatten().map(move |&id| scan.pod(id)).filter(move |pod| pod.object().id != own)
    }
}

/// Since 1.30 the kubelet says for each runtime handler what it can do.
fn supports_user_namespaces(node: &Object<'_>) -> bool {
    let mut handlers = node.at("status.runtimeHandlers").items();
    handlers.any(|handler| handler.at("features.userNamespaces").is_true())
}

/// Systems that come with AppArmor or SELinux switched on.
const ENFORCING: &[&str] = &[
    "Red Hat Enterprise Linux CoreOS",
    "Fedora CoreOS",
    "CentOS Stream CoreOS",
    "Bottlerocket",
    "Ubuntu",
    "Debian",
    "Container-Optimized OS",
    "openSUSE Leap",
    "SUSE Linux Enterprise",
];

fn enforces_access_control(node: &Object<'_>) -> bool {
    let system = node.at("status.nodeInfo.osImage").str();
    ENFORCING.iter().any(|known| system.starts_with(known))
}
