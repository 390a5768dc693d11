//! What a user types into `kubectl exec` goes from the API server to the kubelet.

use crate::checks::{Aspect, Check, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "apiserver-kubelet-link-unverified",
    title: "link from the API server to the kubelets is not verified both ways",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Somebody on the nodes' network may stand in for a kubelet and read logs and what is typed into `exec`.",
    fix: "Set `--kubelet-certificate-authority`, and let kubelets serve certificates that it signed (`serverTLSBootstrap`).",
    how: "Fails when `--kubelet-certificate-authority` is absent, so that the kubelet's certificate is not checked: the default, kubeadm's included. Fails with severity high when the client certificate or its key is absent.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "What a provider does between its control plane and the nodes.",
    refs: &["https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/"],
    maps: &[
        ("cis", &["1.2.4", "1.2.5"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K06", "K07"]),
        ("mitre", &["T1557"]),
        ("cwe", &["CWE-295"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/kubelet-client-certificate"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/kubelet-client-key"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/kubelet-certificate-authority"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let absent = |name: &'static str, why: &str, severity: Severity| {
        let flag = server.flag(name);
        flag.fault_if(flag.is_empty(), || format!("--{name} is not set: {why}")).map(|fault| fault.expected("a file").severity(severity))
    };
    let faults = [
        absent("kubelet-client-certificate", "the API server shows kubelets no certificate", Severity::High),
        absent("kubelet-client-key", "the API server shows kubelets no certificate", Severity::High),
        absent("kubelet-certificate-authority", "the certificate of a kubelet is not checked", Severity::Medium),
    ];
    faults.into_iter().flatten().collect()
}
