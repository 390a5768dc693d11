//! Whoever can switch a control off does not need to break it.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Weight, judge};
use super::owners::{self, BREAK_GLASS, SECURITY};
use super::words::{and, some};
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-security-policy-write",
    title: "security policies can be switched off",
    topic: "rbac",
    severity: Severity::High,
    why: "Webhooks, admission policies, network policies, the labels of namespaces and custom resource definitions are the controls themselves; whoever writes them can take them out of the way.",
    fix: "Take the verbs out of general roles, keep platform, security and tenant roles apart, and list the security identities in `security_subjects`.",
    how: "Looks for who may write, without `resourceNames`, webhook configurations, admission policies, namespaces, network policies of Kubernetes, Cilium and Calico, CustomResourceDefinitions, APIServices, FlowSchemas, PriorityClasses, SecurityContextConstraints, and policies of Kyverno, Gatekeeper, Sigstore, KubeArmor and Tetragon. Who is not in `security_subjects` fails, high in all of the cluster and medium in a namespace; while that list is empty, everybody is for review. An operator and its own resources pass, and so do people with `admin` or `edit` in one namespace. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&SECURITY, &BREAK_GLASS],
    blind: "Policies that live in plain ConfigMaps, and policies that protect other policies.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    maps: &[
        ("cis", &["5.1.12"]),
        ("owasp_k8s_2022", &["K03", "K04"]),
        ("owasp_k8s_2025", &["K02", "K04"]),
        ("mitre", &["T1562.001"]),
        ("cwe", &["CWE-269"]),
    ],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&SECURITY],
    expected: "written by the platform's security identities only",
    wildcards: false,
    built_in: BuiltIn::CountsButForTenants,
};

const WRITE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

/// Group and resources (none: all of the group).
const POLICIES: &[(&str, &[&str])] = &[
    (
        "admissionregistration.k8s.io",
        &[
            "validatingwebhookconfigurations",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        ],
    ),
    ("", &["namespaces"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("flowcontrol.apiserver.k8s.io", &["flowschemas"]),
    ("scheduling.k8s.io", &["priorityclasses"]),
    ("security.openshift.io", &["securitycontextconstraints"]),
    ("networking.k8s.io", &["networkpolicies"]),
    ("policy.networking.k8s.io", &["adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"]),
    ("cilium.io", &["ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies", "tracingpolicies", "tracingpoliciesnamespaced"]),
    ("crd.projectcalico.org", &["networkpolicies", "globalnetworkpolicies"]),
    ("projectcalico.org", &["networkpolicies", "globalnetworkpolicies"]),
    ("kyverno.io", &["policies", "clusterpolicies", "policyexceptions"]),
    ("policies.kyverno.io", &[]),
    ("templates.gatekeeper.sh", &[]),
    ("constraints.gatekeeper.sh", &[]),
    ("config.gatekeeper.sh", &[]),
    ("mutations.gatekeeper.sh", &[]),
    ("policy.sigstore.dev", &["clusterimagepolicies"]),
    ("security.kubearmor.com", &["kubearmorpolicies", "kubearmorclusterpolicies", "kubearmorhostpolicies"]),
];

/// Whether the rule names a resource of the group which is a policy.
fn policies<'r>(rule: &'r Rule<'r>, group: &str, wanted: &[&str]) -> Vec<&'r str> {
    if !(rule.groups.contains(&group) || rule.groups.contains(&"*") && !wanted.is_empty()) {
        return Vec::new();
    }
    let is_policy = |resource: &&str| if wanted.is_empty() { !resource.contains('/') } else { wanted.contains(resource) };
    rule.resources.iter().copied().filter(is_policy).collect()
}

pub(super) fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    // by name one writes what is one's own: a webhook its certificate
    if !rule.names.is_empty() {
        return None;
    }
    let (mut named, mut verbs) = (Vec::new(), Vec::new());
    for (group, wanted) in POLICIES {
        let found = policies(rule, group, wanted);
        // a namespace is deleted with all that its labels protect
        let write = if *wanted == ["namespaces"] { &WRITE[..3] } else { WRITE };
        let own: Vec<_> = rule.verbs.iter().copied().filter(|verb| !found.is_empty() && write.contains(verb)).collect();
        if own.is_empty() {
            continue;
        }
        named.extend(found.into_iter().filter(|resource| !named.contains(resource)).collect::<Vec<_>>());
        verbs.extend(own.into_iter().filter(|verb| !verbs.contains(verb)).collect::<Vec<_>>());
    }
    let value = *named.first()?;
    Some(Hit { list: "resources", value, what: format!("{} {}", and(&verbs), some(&named)) })
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let foreign: Vec<_> = case.rule.groups.iter().filter(|group| !case.operates(holder, &[group])).collect();
    if foreign.is_empty() {
        return Weight::Pass; // an operator and its own resources
    }
    let severity = if holder.namespace.is_none() || holder.identity.is_everybody() { Severity::High } else { Severity::Medium };
    if owners::is_unset(case.scan, &SECURITY) {
        return Weight::Review(severity, "decide whether this is a security identity, and list those in security_subjects");
    }
    Weight::Fail(severity)
}
