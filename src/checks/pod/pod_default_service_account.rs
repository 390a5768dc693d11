//! The default account is everybody's: what one pod needs, all pods of the namespace get.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{GroupKind, Pod, Token, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-default-service-account",
    title: "workload runs as the default ServiceAccount",
    topic: "pod",
    severity: Severity::Low,
    why: "All pods that name no account share one, so authorization and the audit log cannot tell them apart.",
    fix: "Create a ServiceAccount for the workload and name it in `serviceAccountName`; or set `automountServiceAccountToken: false`.",
    how: "Fails where neither `serviceAccountName` nor the older `serviceAccount` names an account other than `default`, and the pod gets a token of it; where the account, which may switch the token off, was not seen, it is for review. Passes with any other account, or without a token. Does not apply to static pods, nor where the run of a Tekton task or an Argo workflow names the account.",
    needs: ACCOUNTS,
    blind: "A mutating webhook may set another account at admission.",
    refs: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    maps: &[("cis", &["5.1.5"]), ("owasp_k8s_2022", &["K03"]), ("owasp_k8s_2025", &["K02"]), ("cwe", &["CWE-284"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const ACCOUNTS: &[GroupKind] = &[kinds::SERVICE_ACCOUNT];

fn probe(pod: &Pod<'_>) -> Verdict {
    if let Some(why) = pod.account_elsewhere() {
        return Verdict::Skip(why.into());
    }
    if pod.is_static() {
        return Verdict::Skip("a static pod: it has no account".into());
    }
    if pod.service_account_name() != "default" {
        return Verdict::Pass;
    }
    let fault = |said: String| pod.service_account().fault(said).expected("an account of the workload's own");
    match pod.token() {
        Token::None => Verdict::Pass,
        Token::Mounted => fault("pod runs as the default account of its namespace, with its token".into()).into(),
        Token::Apart => {
            let said =
                "pod runs as the default account of its namespace, and kustomize may build it without what switches the token off: see ";
            fault(format!("{said}{}", pod.account_apart().unwrap_or_default())).doubt().into()
        }
        // nothing but the account itself could keep the token away
        Token::Unseen => fault("pod runs as the default account of its namespace, with its token unless the account says otherwise".into())
            .missing(ACCOUNTS)
            .into(),
    }
}
