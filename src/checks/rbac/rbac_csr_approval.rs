//! Whoever approves certificates for the API server's clients makes identities.

use super::danger::{BINDINGS, BuiltIn, Case, Danger, Hit, KINDS, Right, Weight, judge};
use super::owners::{APPROVERS, BREAK_GLASS};
use super::words::and;
use crate::checks::{Check, Probe, Severity};
use crate::model::rbac::{Holder, Identity, Rule};

pub(super) static CHECK: Check = Check {
    id: "rbac-csr-approval",
    title: "certificates of clients can be approved or signed",
    topic: "rbac",
    severity: Severity::Critical,
    why: "An approved client certificate is a user with the groups it asked for, and it cannot be withdrawn before it expires.",
    fix: "Limit the rule by `resourceNames` to the one signer that is needed, and list who holds it in `certificate_approvers`.",
    how: "Fails where somebody may `approve` or `sign` for a signer `kubernetes.io/…`, or for any as no `resourceNames` limit the rule, and may write the approval or status of requests too. For review: that write was not seen, or a group has it whose members may be the same, and approval for `kubernetes.io/kubelet-serving` alone; a note where every binding was seen and none grants the write, and for `certificate_approvers`. Rules for other signers pass, those with wildcards are left to rbac-wildcard-rule; a rule that nobody is seen to hold is for review, or a note where every binding was seen.",
    needs: BINDINGS,
    settings: &[&APPROVERS, &BREAK_GLASS],
    blind: "What an approving controller checks before it approves.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/"],
    maps: &[("cis", &["5.1.11"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("mitre", &["T1078"]), ("cwe", &["CWE-269"])],
    probe: Probe::Object(KINDS, |object, scan| judge(object, scan, &DANGER)),
    ..Check::BASE
};

static DANGER: Danger = Danger {
    find,
    weigh,
    listed: &[&APPROVERS],
    expected: "resourceNames of one signer that makes no clients",
    wildcards: false,
    built_in: BuiltIn::Counts,
};

const GROUP: &str = "certificates.k8s.io";
const SIGNERS: Right = Right { groups: &[GROUP], resources: &["signers"], verbs: &["approve", "sign"] };

pub(super) fn find<'r>(rule: &'r Rule<'r>) -> Option<Hit<'r>> {
    let (_, verbs) = SIGNERS.named(rule)?;
    let kubernetes: Vec<_> = rule.names.iter().filter(|name| name.starts_with("kubernetes.io/")).collect();
    let of = match (rule.names.as_slice(), kubernetes.as_slice()) {
        ([], _) => "certificates of any signer".to_owned(),
        (_, []) => return None,
        (_, names) => format!("certificates of {}", and(names)),
    };
    Some(Hit { list: "verbs", value: verbs[0], what: format!("{} {of}", and(&verbs)) })
}

fn weigh(case: &Case<'_>, holder: &Holder<'_>) -> Weight {
    let approves = case.rule.verbs.contains(&"approve");
    let part = if approves { "certificatesigningrequests/approval" } else { "certificatesigningrequests/status" };
    let may_write = |rule: &Rule<'_>| ["update", "patch"].iter().any(|verb| rule.allows(verb, GROUP, part, ""));
    if !case.may_everywhere(holder, may_write) {
        // the two halves may reach one of them by different bindings
        if case.any_everywhere(|other| holder.identity.holds(other), may_write) {
            return Weight::Because(Severity::Critical, "one of them may write the approval or status that it takes as well");
        }
        let by_group = |other: Identity<'_>| other != holder.identity && other.is_people() && matches!(other, Identity::Group(_));
        if holder.identity.is_people() && case.any_everywhere(by_group, may_write) {
            let why = "a group may write the approval or status that it takes as well; see whether the two have somebody in common";
            return Weight::Review(Severity::High, why);
        }
        return match case.all_bindings_seen() {
            true => Weight::Note("it takes a write on the request's approval or status as well, and nothing grants that"),
            false => Weight::Review(Severity::Medium, "it takes a write on the request's approval or status as well, which was not seen"),
        };
    }
    let only_serving = approves && !case.rule.verbs.contains(&"sign") && case.rule.names.as_slice() == ["kubernetes.io/kubelet-serving"];
    if only_serving {
        return Weight::Review(
            Severity::Medium,
            "an approver of the kubelets' serving certificates may need it; list it in certificate_approvers",
        );
    }
    Weight::Fail(Severity::Critical)
}
