//! The kubelet runs commands in every pod of its node for whoever it lets in.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "kubelet-api-open",
    title: "kubelet API is open or unauthorized",
    topic: "node",
    severity: Severity::Critical,
    why: "Whoever reaches an open kubelet runs commands in the node's pods and reads what they hold, past the API server, its authorization and its audit.",
    fix: "Set `authentication.anonymous.enabled: false`, `authorization.mode: Webhook`, `authentication.x509.clientCAFile` and `readOnlyPort: 0` in the KubeletConfiguration of every node.",
    how: "Fails when anonymous requests are let in, the mode is AlwaysAllow, the read-only port is open, or nobody can be authenticated: no client CA and no token webhook. With low where only the client CA is missing, by which the API server is known. Flags win over drop-ins, those over the file. What is not set depends: a kubelet with a file defaults to closed, one without `--config` to open. Where the file that the command line names is missing, it is left for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "Nodes of which neither command line, file nor /configz is there; flags that are stronger than a file that stands alone.",
    refs: &["https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"],
    maps: &[
        ("cis", &["4.2.1", "4.2.2", "4.2.3", "4.2.4"]),
        ("owasp_k8s_2022", &["K06", "K09"]),
        ("owasp_k8s_2025", &["K06", "K07", "K09"]),
        ("mitre", &["T1133", "T1609"]),
        ("cwe", &["CWE-306"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::Kubelet], "kubelet/authentication.anonymous.enabled"),
        Aspect::roles(&[Role::Kubelet], "kubelet/authorization.mode"),
        Aspect::roles(&[Role::Kubelet], "kubelet/readOnlyPort"),
        Aspect::roles(&[Role::Kubelet], "kubelet/authentication.x509.clientCAFile"),
    ],
    probe: Probe::Component(&[Role::Kubelet], probe),
    ..Check::BASE
};

fn probe(kubelet: &Component<'_>) -> Verdict {
    let on = kubelet.on_nodes();
    let anonymous = kubelet.setting("authentication.anonymous.enabled", Some("anonymous-auth"));
    let mode = kubelet.setting("authorization.mode", Some("authorization-mode"));
    let port = kubelet.setting("readOnlyPort", Some("read-only-port"));
    let (authority, webhook) = (
        kubelet.setting("authentication.x509.clientCAFile", Some("client-ca-file")),
        kubelet.setting("authentication.webhook.enabled", Some("authentication-token-webhook")),
    );
    let nobody = authority.is_empty() && webhook.bool() == Some(false);
    let faults = [
        anonymous
            .fault_if(anonymous.bool() == Some(true), || format!("the kubelet{on} lets in requests without credentials"))
            .map(|fault| fault.expected("false")),
        mode.fault_if(mode.value == Some("AlwaysAllow"), || format!("the kubelet{on} allows every request that it lets in"))
            .map(|fault| fault.expected("Webhook")),
        port.fault_if(port.int().is_some_and(|port| port > 0), || {
            format!("the kubelet{on} shows pods and nodes on port {} to everybody", port.str())
        })
        .map(|fault| fault.expected("0")),
        authority
            .fault_if(nobody, || format!("the kubelet{on} can authenticate nobody: no client CA, no token webhook"))
            .map(|fault| fault.expected("a client CA")),
        (!nobody && authority.is_empty() && authority.unknown().is_none()).then(|| {
            let said = format!("the kubelet{on} has no client CA: it knows nobody by a certificate, the API server neither");
            authority.fault(said).expected("a client CA").severity(Severity::Low)
        }),
    ];
    once(faults.into_iter().flatten())
}

/// What is not known is said once.
fn once(faults: impl Iterator<Item = Fault>) -> Verdict {
    let mut seen = Vec::new();
    let new = |fault: &Fault| {
        let known = fault.doubt && seen.contains(&fault.place.span);
        seen.push(fault.place.span);
        !known
    };
    faults.filter(new).collect()
}
