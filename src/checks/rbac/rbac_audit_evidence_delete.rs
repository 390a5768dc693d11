//! Whoever deletes events, reports, alerts and backups can hide what he did.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::{BREAK_GLASS, OBSERVERS};
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Rule};
use crate::settings::{Default, Setting};

/// Where the components run whose objects are evidence.
static EVIDENCE_NAMESPACES: Setting = Setting {
    key: "evidence_namespaces",
    help: "Namespaces in which monitoring, logging and backup run: rights to delete evidence in these count like cluster-wide ones.",
    default: Default::Strings(&[]),
};

pub(super) static CHECK: Check = Check {
    id: "rbac-audit-evidence-delete",
    title: "evidence, logs or alerts can be deleted",
    topic: "rbac",
    severity: Severity::Medium,
    why: "Events, policy and vulnerability reports, alert rules, snapshots and backups show what happened and bring back what was; an intruder who deletes them is neither seen nor undone.",
    fix: "Give readers read only; leave deletion to the identities listed in `observability_subjects`; ship audit data out of the cluster's reach.",
    how: "Fails where somebody may delete events, policy or vulnerability reports, alert rules, log pipelines, volume snapshots or Velero's backups, without `resourceNames`, in all of the cluster or in one of `evidence_namespaces`; in any other namespace it passes. An operator and its own resources pass; `observability_subjects` are notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&OBSERVERS, &BREAK_GLASS, &EVIDENCE_NAMESPACES],
    blind: "Logs and metrics that are kept outside the API.",
    refs: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    maps: &[
        ("owasp_k8s_2022", &["K03", "K05"]),
        ("owasp_k8s_2025", &["K02", "K10"]),
        ("mitre", &["T1070", "T1562"]),
        ("cwe", &["CWE-778"]),
    ],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger =
    Danger { find, weigh, listed: &[&OBSERVERS], expected: "read only", wildcards: false, built_in: BuiltIn::CountsButForTenants };

const DELETE: &[&str] = &["delete", "deletecollection"];

pub(super) const EVIDENCE: &[Right] = &[
    Right { groups: &["", "events.k8s.io"], resources: &["events"], verbs: DELETE },
    Right { groups: &["wgpolicyk8s.io"], resources: &["policyreports", "clusterpolicyreports"], verbs: DELETE },
    Right { groups: &["openreports.io"], resources: &["reports", "clusterreports"], verbs: DELETE },
    Right {
        groups: &["aquasecurity.github.io"],
        resources: &[
            "vulnerabilityreports",
            "clustervulnerabilityreports",
            "configauditreports",
            "rbacassessmentreports",
            "exposedsecretreports",
        ],
        verbs: DELETE,
    },
    Right {
        groups: &["monitoring.coreos.com"],
        resources: &["prometheusrules", "alertmanagerconfigs", "alertmanagers", "silences"],
        verbs: DELETE,
    },
    Right {
        groups: &["logging.banzaicloud.io"],
        resources: &["flows", "clusterflows", "outputs", "clusteroutputs", "loggings"],
        verbs: DELETE,
    },
    Right { groups: &["logging.openshift.io", "observability.openshift.io"], resources: &["clusterlogforwarders"], verbs: DELETE },
    Right { groups: &["snapshot.storage.k8s.io"], resources: &["volumesnapshots", "volumesnapshotcontents"], verbs: DELETE },
    Right { groups: &["velero.io"], resources: &["backups", "schedules", "backupstoragelocations"], verbs: DELETE },
    // a request for the deletion of a backup
    Right { groups: &["velero.io"], resources: &["deletebackuprequests"], verbs: &["create"] },
];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    if rule.names.is_empty() { hit(rule, EVIDENCE) } else { None }
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    if case.rule.groups.iter().all(|group| case.operates(holder, &[group])) {
        return Weight::Pass; // an operator and its own resources
    }
    let counts = holder.namespace.is_none_or(|namespace| case.scan.settings.strings(&EVIDENCE_NAMESPACES).any(|own| own == namespace));
    if counts { Weight::Fail(Severity::Medium) } else { Weight::Pass }
}
