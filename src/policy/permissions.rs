//! The rights that a reader of a cluster needs for some checks: no more than to read what these look at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::checks::{Check, Surface};
use crate::model::{GroupKind, kinds, origin};

/// The resources by API group.
pub type Resources = BTreeMap<&'static str, BTreeSet<String>>;

/// The kinds in a cluster that some checks read, and those that say where in Git an object comes from.
#[must_use]
pub fn kinds(checks: &[&'static Check]) -> BTreeSet<GroupKind> {
    let in_cluster = checks.iter().filter(|check| check.surfaces.contains(&Surface::Cluster));
    // what a namespace says of itself holds for what is in it
    let read = in_cluster.flat_map(|check| check.kinds()).chain([kinds::NAMESPACE]);
    // where an object comes from, and is to be mended, stands in objects of Argo CD and Flux
    read.chain(origin::KINDS.iter().copied()).filter(|kind| kinds::is_served(kind.group, kind.kind)).collect()
}

/// The same as resources; that of Secrets is left out, as it has a rule of its own.
#[must_use]
pub fn resources(kinds: &BTreeSet<GroupKind>) -> Resources {
    let mut resources = Resources::new();
    for kind in kinds.iter().filter(|kind| **kind != kinds::SECRET) {
        resources.entry(kind.group).or_default().insert(kinds::resource(kind.kind));
    }
    resources
}

/// A ClusterRole for them.
#[must_use]
pub fn cluster_role(checks: &[&'static Check]) -> Value {
    let kinds = kinds(checks);
    let secrets = kinds.contains(&kinds::SECRET).then(|| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}));
    let rules = resources(&kinds).into_iter().map(|(group, resources)| {
        // a star is each resource of the group
        let resources = if resources.contains("*") { BTreeSet::from(["*".to_owned()]) } else { resources };
        json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list"]})
    });
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "cnscan", "labels": {"app.kubernetes.io/name": "cnscan"}},
        "rules": rules.chain(secrets).collect::<Vec<_>>(),
    })
}
