//! The rights that a reader of a cluster needs for some checks: no more than to read what these look at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::checks::{self, Check, Surface};
use crate::discover::{self, Wants};
use crate::model::{GroupKind, kinds, origin};

/// The resources by API group.
pub type Resources = BTreeMap<&'static str, BTreeSet<String>>;

/// What of a kubelet may be read, as resources of RBAC have it.
const KUBELETS: &str = "nodes/proxy";

/// What a scan by some checks reads of a cluster.
#[must_use]
pub fn wants(checks: &[&'static Check]) -> Wants {
    let named = |kinds: BTreeSet<GroupKind>| {
        // whoever looks at nodes looks at what their kubelets run with
        let kubelets = kinds.contains(&kinds::NODE).then_some(discover::KUBELETS);
        let kinds = kinds.into_iter().map(|kind| (kind.group, kind.kind));
        kinds.chain(kubelets).map(|(group, kind)| (group.to_owned(), kind.to_owned())).collect()
    };
    let all: Vec<_> = checks::all().collect();
    let pods = checks.iter().any(|check| check.speaks_of(Surface::Cluster) && check.kinds().any(|kind| kind == kinds::POD));
    Wants { named: named(kinds(checks)), known: named(kinds(&all)), pods, is_built_in: kinds::is_built_in }
}

/// The kinds in a cluster that some checks read, and those that say where in Git an object comes from.
#[must_use]
pub fn kinds(checks: &[&'static Check]) -> BTreeSet<GroupKind> {
    let in_cluster = checks.iter().filter(|check| check.surfaces.contains(&Surface::Cluster));
    // what a namespace says of itself holds for what is in it
    let read = in_cluster.flat_map(|check| check.kinds()).chain([kinds::NAMESPACE]);
    // where an object comes from, and is to be mended, stands in objects of Argo CD and Flux
    let read: BTreeSet<_> = read.collect();
    let of_kubelets = read.iter().any(|kind| (kind.group, kind.kind) == discover::KUBELETS).then_some(kinds::NODE);
    read.into_iter()
        .chain(of_kubelets)
        .chain(origin::KINDS.iter().copied())
        .filter(|kind| kinds::is_served(kind.group, kind.kind))
        .collect()
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

/// A ClusterRole for them; with the configuration of kubelets, where that is asked for.
#[must_use]
pub fn cluster_role(checks: &[&'static Check], kubelets: bool) -> Value {
    let kinds = kinds(checks);
    let secrets = kinds.contains(&kinds::SECRET).then(|| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}));
    let rules = resources(&kinds).into_iter().map(|(group, resources)| {
        // a star is each resource of the group
        let resources = if resources.contains("*") { BTreeSet::from(["*".to_owned()]) } else { resources };
        json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list"]})
    });
    let kubelets = kubelets.then(|| json!({"apiGroups": [""], "resources": [KUBELETS], "verbs": ["get"]}));
    role("cnscan", rules.chain(secrets).chain(kubelets).collect())
}

/// The ClusterRole for what writes reports: their kinds, and no other.
#[must_use]
pub fn publishing_role() -> Value {
    let rule = |group: &str, resources: [&str; 2]| json!({"apiGroups": [group], "resources": resources, "verbs": ["list", "create", "patch", "delete"]});
    let rules =
        vec![rule("openreports.io", ["clusterreports", "reports"]), rule("wgpolicyk8s.io", ["clusterpolicyreports", "policyreports"])];
    role("cnscan-publish", rules)
}

fn role(name: &str, rules: Vec<Value>) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "cnscan"}},
        "rules": rules,
    })
}
