//! A shell in a running container has its files, its network and its account, and leaves no trace in any manifest.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::BREAK_GLASS;
use crate::checks::{Check, Probe, Severity};
use crate::model::KubernetesVersion;
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-pod-exec",
    title: "exec, attach, port-forward or debug is permitted",
    topic: "rbac",
    severity: Severity::High,
    why: "Whoever enters a running container has its secrets and its account, and changes it where no review and no admission policy sees it.",
    fix: "Take it out of standing roles; grant it for a limited time, under audit, to those listed in `break_glass_subjects`.",
    how: "Fails where somebody may create or get pods/exec, pods/attach or pods/portforward, or update or patch pods/ephemeralcontainers: high in all of the cluster or for everybody, medium in a namespace. `get` alone is a note from Kubernetes 1.35 on, when `create` became needed beside it; people who have it by a role of Kubernetes' own (admin, edit) are for review, `break_glass_subjects` notes. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&BREAK_GLASS],
    blind: "Whether the feature gate AuthorizePodWebsocketUpgradeCreatePermission was switched off, and who is in a group.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
    ],
    maps: &[("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1609"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger =
    Danger { find, weigh, listed: &[], expected: "not in a standing role", wildcards: false, built_in: BuiltIn::Counts };

const STREAMS: Right = Right { groups: &[""], resources: &["pods/exec", "pods/attach", "pods/portforward"], verbs: &["create", "get"] };
const DEBUG: Right = Right { groups: &[""], resources: &["pods/ephemeralcontainers"], verbs: &["update", "patch"] };
pub(super) const ENTER: &[Right] = &[STREAMS, DEBUG];

/// From this version a request by websocket needs `create` beside `get`.
const GET_IS_NOT_ENOUGH: KubernetesVersion = KubernetesVersion(35);

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    hit(rule, ENTER)
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    // `create` opens them by SPDY in every version; other verbs mean nothing here
    let only_get = !case.rule.verbs.contains(&"create") && DEBUG.named(case.rule).is_none();
    if only_get && case.scan.version() >= GET_IS_NOT_ENOUGH {
        return Weight::Note("before Kubernetes 1.35 `get` alone is enough, since then it needs `create` too");
    }
    let severity = if holder.namespace.is_none() || holder.identity.is_everybody() { Severity::High } else { Severity::Medium };
    if case.rule.built_in && holder.identity.is_people() {
        return Weight::Review(severity, "people with this role can enter its pods; decide whether they are to");
    }
    Weight::Fail(severity)
}
