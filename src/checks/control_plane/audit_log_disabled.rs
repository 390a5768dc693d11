//! Without a policy the API server records nothing, without a sink nobody gets it.

use crate::checks::{Aspect, Check, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "audit-log-disabled",
    title: "API requests are not audited",
    topic: "control_plane",
    severity: Severity::High,
    why: "After an incident nobody can tell who read which Secret or changed which right.",
    fix: "Set `--audit-policy-file` and a sink: `--audit-log-path` or `--audit-webhook-config-file`.",
    how: "Fails when `--audit-policy-file` is absent, as then no event is recorded, or neither `--audit-log-path` nor `--audit-webhook-config-file` is set. `-` as the path, standard output, counts as a sink.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "What a provider records of its control plane: its export of logging settings tells.",
    refs: &["https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"],
    maps: &[
        ("cis", &["1.2.16", "3.2.1"]),
        ("owasp_k8s_2022", &["K05"]),
        ("owasp_k8s_2025", &["K10"]),
        ("mitre", &["T1562.008"]),
        ("nsa_cisa", &["logging"]),
        ("cwe", &["CWE-778"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/audit-policy-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/audit-log-path"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let (policy, path, webhook) =
        (server.flag("audit-policy-file"), server.flag("audit-log-path"), server.flag("audit-webhook-config-file"));
    let no_sink = path.is_empty() && webhook.is_empty();
    let faults = [
        policy
            .fault_if(policy.is_empty(), || "no audit policy is set, so that no request is recorded")
            .map(|fault| fault.expected("a policy file")),
        path.fault_if(no_sink, || "what is recorded goes nowhere: no log and no webhook")
            .map(|fault| fault.expected("a path or a webhook")),
    ];
    faults.into_iter().flatten().collect()
}
