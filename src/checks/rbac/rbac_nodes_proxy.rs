//! The proxy to a node reaches its kubelet, which runs commands in any of the node's pods.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, hit, judge};
use super::owners::BREAK_GLASS;
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Identity, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-nodes-proxy",
    title: "nodes/proxy is permitted",
    topic: "rbac",
    severity: Severity::Critical,
    why: "Even `get` on nodes/proxy runs commands in every pod, by a websocket straight to the kubelet, which neither audit nor admission sees.",
    fix: "Grant `nodes/metrics`, `nodes/stats`, `nodes/log`, `nodes/pods`, `nodes/healthz` or `nodes/configz`, whichever is really read.",
    how: "Fails where anybody but the control plane may get, create, update, patch or delete `nodes/proxy`: `list` and `watch` mean nothing there. A single user bound to `system:kubelet-api-admin` is for review, as it may be the API server's own client. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&BREAK_GLASS],
    blind: "Kubelets that do not ask the API server who may do what.",
    refs: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
        "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
    ],
    maps: &[("cis", &["5.1.10"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1609"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger =
    Danger { find, weigh, listed: &[], expected: "nodes/metrics, nodes/stats and the like", wildcards: true, built_in: BuiltIn::Counts };

/// The kubelet asks for these by the method of a request; it never asks for `list` or `watch`.
pub(super) const VERBS: &[&str] = &["get", "create", "update", "patch", "delete"];
pub(super) const PROXY: &[Right] = &[Right { groups: &[""], resources: &["nodes/proxy"], verbs: VERBS }];

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let hit = if rule.has_wildcard() { built_in(rule) } else { hit(rule, PROXY) }?;
    Some(Hit { what: format!("{}, and so run commands in any pod of the nodes,", hit.what), ..hit })
}

/// `system:kubelet-api-admin` names the resource with every verb.
fn built_in<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let proxy = rule.built_in && rule.resources.contains(&"nodes/proxy");
    proxy.then(|| Hit { list: "resources", value: "nodes/proxy", what: "use nodes/proxy".to_owned() })
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    match holder.identity {
        Identity::User(_) if case.rule.built_in => {
            Weight::Review(Severity::Critical, "only the API server's client of the kubelets is to have it; show that this user is it")
        }
        _ => Weight::Fail(Severity::Critical),
    }
}
