//! A token that nobody needs is found by whoever gets into the container.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Pod, Token, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-token-automounted",
    title: "API token is mounted without need",
    topic: "pod",
    severity: Severity::Medium,
    why: "Code that runs in the pod by mistake finds a credential for the API server, which is good for whatever is bound to the account now or later.",
    fix: "Set `automountServiceAccountToken: false` on the account or the pod; where a token is needed, project one with an audience and a short life.",
    how: "Fails where the pod gets a token (`automountServiceAccountToken` of the pod, else of its ServiceAccount, else true) and no binding gives the account any right beyond those of everybody; where bindings or the account itself may be out of sight, it is for review. An account with rights is for review as well: its owner states the need. Passes where every container mounts something of its own in the token's place; does not apply to static pods, nor where the run of a Tekton task or an Argo workflow names the account.",
    needs: NEEDS,
    blind: "Rights that a webhook authorizer gives, and whether the program speaks to the API server at all.",
    refs: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting"],
    maps: &[
        ("cis", &["5.1.6"]),
        ("owasp_k8s_2022", &["K06", "K08"]),
        ("owasp_k8s_2025", &["K03", "K09"]),
        ("mitre", &["T1528", "T1552.007"]),
        ("nsa_cisa", &["authentication"]),
        ("cwe", &["CWE-522"]),
    ],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &[kinds::SERVICE_ACCOUNT, kinds::ROLE_BINDING, kinds::CLUSTER_ROLE_BINDING];

fn probe(pod: &Pod<'_>) -> Verdict {
    if let Some(why) = pod.account_elsewhere() {
        return Verdict::Skip(why.into());
    }
    if pod.is_static() {
        return Verdict::Skip("a static pod: it has no account".into());
    }
    let token = pod.token();
    if token == Token::None {
        return Verdict::Pass;
    }
    let field = pod.at("automountServiceAccountToken");
    let account = pod.service_account_name();
    if let Some(binding) = pod.account_bindings().next() {
        let said =
            format!("pod gets the token of account {account}, which {} {} gives rights: are they needed here", binding.kind, binding.name);
        return field.fault(said).expected("false, or a stated need").doubt().into();
    }
    if token == Token::Apart {
        let without = pod.account_apart().unwrap_or_default();
        let said = format!("account {account} switches its token off, but kustomize may build the pod without that account: see {without}");
        return field.fault(said).expected("false").doubt().into();
    }
    without_binding(pod, field, token == Token::Unseen).into()
}

/// As far as was seen, nothing is bound to the account. Where something may be out of sight, say what to show.
fn without_binding(pod: &Pod<'_>, field: Field<'_>, account_unseen: bool) -> crate::checks::Fault {
    let scan = pod.scan();
    let account = pod.service_account_name();
    let whole = NEEDS.iter().all(|kind| scan.is_whole(*kind, Some(pod.namespace()).filter(|_| *kind == kinds::SERVICE_ACCOUNT)));
    let said = match (whole, account_unseen) {
        (true, _) => format!("pod gets the token of account {account}, which has no rights of its own"),
        (false, true) => format!(
            "pod gets the token of account {account} unless the account says otherwise: to decide, scan the ServiceAccount and its RoleBindings and ClusterRoleBindings too"
        ),
        (false, false) => format!(
            "pod gets the token of account {account}, to which nothing seen here is bound: to decide, scan all RoleBindings and ClusterRoleBindings too"
        ),
    };
    field.fault(said).expected("false").missing(NEEDS)
}
