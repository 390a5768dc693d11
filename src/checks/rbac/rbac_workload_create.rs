//! Whoever creates a pod uses any account, Secret and volume of its namespace.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, DEPLOYERS};
use crate::checks::{Check, Probe, Severity};
use crate::model::Scan;
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-workload-create",
    title: "workloads can be created widely",
    topic: "rbac",
    severity: Severity::High,
    why: "A pod may name any ServiceAccount, Secret and volume of its namespace, so whoever creates workloads has all that these have, and the node where Pod Security does not keep him out.",
    fix: "Leave creation to the deployer, listed in `deployer_subjects`; enforce the restricted level of Pod Security in the namespaces.",
    how: "Fails where a service account, or a group that holds everybody, may create pods or write what makes pods (workloads of Kubernetes, Argo, Tekton and Knative) without `resourceNames`: high in all of the cluster, and in a namespace whose document enforces neither baseline nor restricted, else medium. For review: operators, and people with that right in all of the cluster; people in one namespace pass, `deployer_subjects` are notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&DEPLOYERS, &BREAK_GLASS],
    blind: "Policies other than Pod Security that limit which pods may be created.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation"],
    maps: &[("cis", &["5.1.4"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1610"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&DEPLOYERS],
    expected: "only deployers create workloads",
    wildcards: false,
    built_in: BuiltIn::CountsButForTenants,
};

const WRITE: &[&str] = &["create", "update", "patch"];

/// All that ends in pods. What is written to a pod or Job that is there cannot change what it may reach.
pub(super) const WORKLOADS: &[Right] = &[
    Right { groups: &[""], resources: &["pods"], verbs: &["create"] },
    Right { groups: &[""], resources: &["replicationcontrollers", "podtemplates"], verbs: WRITE },
    Right { groups: &["apps"], resources: &["deployments", "daemonsets", "statefulsets", "replicasets"], verbs: WRITE },
    Right { groups: &["batch"], resources: &["jobs"], verbs: &["create"] },
    Right { groups: &["batch"], resources: &["cronjobs"], verbs: WRITE },
    Right {
        groups: &["argoproj.io"],
        resources: &["workflows", "cronworkflows", "workflowtemplates", "clusterworkflowtemplates", "rollouts"],
        verbs: WRITE,
    },
    Right { groups: &["tekton.dev"], resources: &["tasks", "taskruns", "pipelines", "pipelineruns"], verbs: WRITE },
    Right { groups: &["serving.knative.dev"], resources: &["services", "configurations"], verbs: WRITE },
];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    // a rule with names creates nothing, and changes only what it names
    if rule.names.is_empty() { hit(rule, WORKLOADS) } else { None }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    if holder.identity.is_people() {
        return match holder.namespace {
            None => Weight::Review(Severity::High, "list the deployers in deployer_subjects"),
            Some(_) => Weight::Pass,
        };
    }
    let severity = match holder.namespace {
        Some(namespace) if !admits_privileged(case.scan, case.world, namespace) => Severity::Medium,
        _ => Severity::High,
    };
    if !holder.identity.is_everybody() && case.operates(holder, &["*"]) {
        return Weight::Review(severity, "an operator may need it; show that, and list it in deployer_subjects");
    }
    Weight::Fail(severity)
}

/// Whether a namespace's own document lets privileged pods in.
fn admits_privileged(scan: &Scan<'_>, world: u16, namespace: &str) -> bool {
    let Some(namespace) = scan.namespace(world, namespace) else { return false };
    namespace.documents().any(|document| !matches!(document.label("pod-security.kubernetes.io/enforce").str(), "baseline" | "restricted"))
}
