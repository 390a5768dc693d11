//! Whoever impersonates acts with the rights of another, and the audit log names him only in passing.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, judge};
use super::owners::{BREAK_GLASS, PROXIES};
use super::power::Power;
use super::words::and;
use crate::checks::{Check, Probe, Severity};
use crate::model::KubernetesVersion;
use crate::model::rbac::{Holder, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-impersonate",
    title: "other identities can be impersonated",
    topic: "rbac",
    severity: Severity::Critical,
    why: "Without a limit by name one can act as any user, group or account, up to those who administer the cluster, and what one does is hard to trace back.",
    fix: "Limit the rule by `resourceNames` to the identities that are needed, none of them privileged, and bind it to the authenticating proxy alone.",
    how: "Fails where somebody may `impersonate` users, groups or serviceaccounts: critical in all of the cluster, high in a namespace; limited by `resourceNames` it is judged by what those may do, passes where that is little, and is for review where it was not seen. The constrained verbs `impersonate:…` are for review from Kubernetes 1.35 and mean nothing before; `impersonating_proxies` are notes, and Kubernetes' own roles do not count. Rules with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&PROXIES, &BREAK_GLASS],
    blind: "What the named identities may do outside of the evidence.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation"],
    maps: &[("cis", &["5.1.8"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1134"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&PROXIES],
    expected: "resourceNames of unprivileged identities",
    wildcards: false,
    built_in: BuiltIn::Spared,
};

pub(super) const LEGACY: Right = Right { groups: &[""], resources: &["users", "groups", "serviceaccounts"], verbs: &["impersonate"] };
const CONSTRAINED: Right = Right {
    groups: &["authentication.k8s.io"],
    resources: &["users", "groups", "serviceaccounts", "nodes"],
    verbs: &["impersonate:user-info", "impersonate:serviceaccount", "impersonate:arbitrary-node"],
};
/// From this version (as alpha; on by default since the next) the constrained verbs mean something.
const SINCE: KubernetesVersion = KubernetesVersion(35);

fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let (resources, verbs) = LEGACY.named(rule).or_else(|| CONSTRAINED.named(rule))?;
    let named = if rule.names.is_empty() { String::new() } else { format!(" ({})", and(&rule.names)) };
    Some(Hit { list: "verbs", value: verbs[0], what: format!("{} {}{named}", and(&verbs), and(&resources)) })
}

const ADMIN: &str = "one of these names is as good as the whole cluster";
const STRONG: &str = "one of these names holds rights that are reported by themselves";

/// The most that any of the names it is limited to may do.
fn named(case: &Case<'_>, holder: &Holder<'_>) -> Power {
    let resources = case.rule.resources.iter().filter(|resource| LEGACY.resources.contains(resource) || **resource == "nodes");
    let pairs = resources.flat_map(|resource| case.rule.names.iter().map(move |name| (*resource, *name)));
    let each = pairs.map(|(resource, name)| match resource {
        "users" | "groups" if is_privileged(name) => Power::All,
        "nodes" => Power::Some,
        _ => Power::of_name(case.scan, case.world, resource, name, holder),
    });
    Power::of(each, case.all_bindings_seen())
}

/// Whether a user or group of this name is a part of the control plane, or administers the cluster.
fn is_privileged(name: &str) -> bool {
    let harmless = ["system:authenticated", "system:anonymous", "system:unauthenticated"].contains(&name);
    name == "kubeadm:cluster-admins" || name.starts_with("system:") && !harmless && !name.starts_with("system:serviceaccount")
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let power = if case.rule.names.is_empty() { Power::All } else { named(case, holder) };
    let everywhere = holder.namespace.is_none();
    match power {
        Power::None => return Weight::Pass,
        Power::Unseen => {
            return Weight::Review(Severity::Medium, "what these may do was not seen; show that they are unprivileged");
        }
        Power::All | Power::Some => {}
    }
    if case.hit.value != "impersonate" {
        return match case.scan.version() >= SINCE {
            true => Weight::Review(Severity::Medium, "it acts as them for what its `impersonate-on` rules allow; see that these are few"),
            false => Weight::Pass,
        };
    }
    match (power, everywhere) {
        _ if case.rule.names.is_empty() => Weight::Fail(if everywhere { Severity::Critical } else { Severity::High }),
        (Power::All, true) => Weight::Because(Severity::Critical, ADMIN),
        (Power::All, false) => Weight::Because(Severity::High, ADMIN),
        (_, true) => Weight::Because(Severity::High, STRONG),
        (_, false) => Weight::Because(Severity::Medium, STRONG),
    }
}
