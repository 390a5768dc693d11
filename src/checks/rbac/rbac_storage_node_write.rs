//! A PersistentVolume may be any path of a node, and a node's labels and taints decide what runs beside what.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, STORAGE_OPERATORS};
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-storage-node-write",
    title: "PersistentVolumes or nodes can be written",
    topic: "rbac",
    severity: Severity::High,
    why: "A hostPath PersistentVolume gets around Pod Security and opens a node's files; whoever writes nodes moves pods across the boundaries that taints and labels draw.",
    fix: "Leave PersistentVolumes to provisioners and nodes to their controllers, listed in `storage_operators`; users need claims only.",
    how: "Fails where somebody may create, update or patch PersistentVolumes, or write or delete nodes, without `resourceNames`: high, or medium for nodes/status alone. Who shows by his other rights that he is a storage driver, drains nodes or is an operator is for review; nodes themselves and `storage_operators` are notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&STORAGE_OPERATORS, &BREAK_GLASS],
    blind: "Admission policies that limit what a PersistentVolume or a node may say.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation"],
    maps: &[("cis", &["5.1.9"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1611"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&STORAGE_OPERATORS],
    expected: "read only, but for provisioners and node controllers",
    wildcards: false,
    built_in: BuiltIn::Counts,
};

pub(super) const VOLUMES_AND_NODES: &[Right] = &[
    Right { groups: &[""], resources: &["persistentvolumes"], verbs: &["create", "update", "patch"] },
    Right { groups: &[""], resources: &["nodes"], verbs: &["create", "update", "patch", "delete", "deletecollection"] },
    Right { groups: &[""], resources: &["nodes/status"], verbs: &["update", "patch"] },
];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    if rule.names.is_empty() { hit(rule, VOLUMES_AND_NODES) } else { None }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    if holder.identity.is_node() {
        return Weight::Note("NodeRestriction limits a node to itself");
    }
    // what provisioners, attachers, resizers, autoscalers and those who drain nodes do besides
    let by_work = |rule: &Rule<'_>| {
        let of_storage = ["volumeattachments", "csinodes", "csidrivers", "storageclasses"];
        let reads = of_storage.iter().any(|resource| rule.allows("list", "storage.k8s.io", resource, ""));
        !rule.built_in
            && (reads || rule.allows("patch", "", "persistentvolumeclaims/status", "") || rule.allows("create", "", "pods/eviction", ""))
    };
    if case.may_everywhere(holder, by_work) || case.operates(holder, &["*"]) {
        return Weight::Review(
            Severity::High,
            "a storage driver, autoscaler or operator may need it; show that, and list it in storage_operators",
        );
    }
    let only_status = case.rule.resources.iter().all(|resource| !matches!(*resource, "persistentvolumes" | "nodes"));
    Weight::Fail(if only_status { Severity::Medium } else { Severity::High })
}
