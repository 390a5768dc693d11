//! What runs on every node is on the node that is broken into first; what its account may do, each node may.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::rbac::{Identity, Rule};
use crate::model::{GroupKind, Object, Pod, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "storage-csi-node-role-wide",
    title: "CSI node plug-in may read Secrets or write volumes or nodes of the whole cluster",
    topic: "storage",
    severity: Severity::Medium,
    why: "The plug-in runs on every node, so one node that is broken into holds its account, and with it the volumes and Secrets of all the others.",
    fix: "Give the node plug-in an account of its own with a small role; leave Secrets and volumes to the controller.",
    how: "For DaemonSets with a CSI registrar: fails where a ClusterRoleBinding gives their ServiceAccount get, list or watch on Secrets, or create, update or patch on PersistentVolumes or nodes, without `resourceNames`. For review: the account is shared with a controller of a driver, or bindings and roles may be out of sight. Does not apply to other DaemonSets.",
    needs: &[kinds::CLUSTER_ROLE_BINDING, kinds::CLUSTER_ROLE, kinds::POD],
    blind: "Rights from wildcards, which rbac-wildcard-rule reports; what the node authorizer and NodeRestriction leave open; access modes wider than a claim needs.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/node/", "https://kubernetes-csi.github.io/docs/deploying.html"],
    maps: &[("cis", &["1.2.7", "1.2.14"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(&[kinds::DAEMON_SET], probe),
    ..Check::BASE
};

const BINDINGS: &[GroupKind] = &[kinds::CLUSTER_ROLE_BINDING, kinds::CLUSTER_ROLE];

/// Resources with the verbs that are too much on every node.
const RIGHTS: &[(&str, &[&str])] = &[
    ("secrets", &["get", "list", "watch"]),
    ("persistentvolumes", &["create", "update", "patch"]),
    ("nodes", &["create", "update", "patch"]),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let mut pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
    let Some(pod) = pods.find(Pod::is_csi_node_plugin) else {
        return Verdict::Skip("no node plug-in of a storage driver".into());
    };
    match rights(&pod).or_else(|| shared(&pod)) {
        Some(fault) => fault.into(),
        None => Verdict::PassIfNone(BINDINGS),
    }
}

/// What of these rights its account has in all of the cluster, by which roles.
fn rights(pod: &Pod<'_>) -> Option<Fault> {
    let rbac = pod.scan().evidence.rbac();
    let account = Identity::Account { namespace: pod.namespace(), name: pod.service_account_name() };
    let everywhere = rbac.bindings_including(pod.object().world, account).filter(|binding| binding.namespace.is_none());
    let mut said: Vec<String> = everywhere
        .flat_map(|binding| rbac.rules_of(binding))
        .flat_map(|(role, rule)| RIGHTS.iter().filter_map(move |right| Some(format!("{} ({})", granted(rule, right)?, role.name))))
        .collect();
    said.sort_unstable();
    said.dedup();
    let field = pod.service_account();
    let fault = || {
        let (name, said) = (pod.service_account_name(), said.join(", "));
        field.fault(format!("the node plug-in runs on every node as account {name}, which may cluster-wide: {said}"))
    };
    (!said.is_empty()).then(|| fault().expected("an account that may not"))
}

/// The verbs on a resource that a rule names; one limited to names, or with a wildcard, is not meant.
fn granted(rule: &Rule<'_>, (resource, verbs): &(&str, &[&str])) -> Option<String> {
    let named = rule.names.is_empty() && !rule.has_wildcard() && rule.resources.contains(resource);
    let own: Vec<_> = verbs.iter().copied().filter(|verb| named && rule.allows(verb, "", resource, "")).collect();
    (!own.is_empty()).then(|| format!("{} {resource}", own.join(", ")))
}

/// A controller that runs under the same account.
fn shared(pod: &Pod<'_>) -> Option<Fault> {
    let namespace = pod.scan().namespace(pod.object().world, pod.namespace())?;
    let same = |other: &Pod<'_>| other.service_account_name() == pod.service_account_name();
    let controller = namespace.pods().find(|other| other.is_csi_controller() && other.object().id != pod.object().id && same(other))?;
    let (kind, name) = (controller.object().kind, controller.object().name);
    let said = format!("the node plug-in shares account {} with the controller {kind} {name}", pod.service_account_name());
    Some(pod.service_account().fault(said).expected("an account of its own").doubt())
}
