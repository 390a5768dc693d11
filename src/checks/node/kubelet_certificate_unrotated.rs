//! Certificates of the kubelet: who renews them, and who signed what it serves.

use crate::checks::control_plane::ciphers;
use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "kubelet-certificate-unrotated",
    title: "kubelet certificates are not rotated or self-signed",
    topic: "node",
    severity: Severity::Medium,
    why: "A certificate that nobody renews ends on a day when nodes stop working; one that nobody signed lets anybody stand in for the kubelet.",
    fix: "Set `rotateCertificates: true` and `serverTLSBootstrap: true`, with something that approves the requests of kubelets for serving certificates.",
    how: "Fails when `rotateCertificates` is not true (the default of the file is false; kubeadm writes true), when the least protocol is older than TLS 1.2, or a listed cipher is weak. With low when there is neither `serverTLSBootstrap` nor `tlsCertFile`, so that the kubelet signs its own certificate, and when the gate RotateKubeletServerCertificate is false there or in the controller manager. With `tlsCertFile` set, its renewal lies outside of Kubernetes: for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "Whether requests of kubelets are approved, and the certificates themselves.",
    refs: &[
        "https://kubernetes.io/docs/tasks/tls/certificate-rotation/",
        "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/",
    ],
    maps: &[
        ("cis", &["4.2.9", "4.2.10", "4.2.11", "4.2.12", "1.3.6"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K07"]),
        ("cwe", &["CWE-324"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::Kubelet], "kubelet/rotateCertificates"),
        Aspect::roles(&[Role::Kubelet], "kubelet/serverTLSBootstrap"),
        Aspect::roles(&[Role::Kubelet], "kubelet/tlsCertFile"),
        Aspect::roles(&[Role::Kubelet], "kubelet/tlsMinVersion"),
        Aspect::roles(&[Role::Kubelet], "kubelet/tlsCipherSuites"),
        Aspect::roles(&[Role::Kubelet], "kubelet/RotateKubeletServerCertificate"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/RotateKubeletServerCertificate"),
    ],
    probe: Probe::Component(&[Role::Kubelet, Role::ControllerManager], probe),
    ..Check::BASE
};

fn probe(component: &Component<'_>) -> Verdict {
    let on = component.on_nodes();
    let gate = component.gate("RotateKubeletServerCertificate").filter(|(on, _)| !on);
    let gate =
        gate.map(|(_, held)| held.fault("rotation of serving certificates is switched off").expected("true").severity(Severity::Low));
    let gate = gate.map(|fault| fault.about(&["RotateKubeletServerCertificate"]));
    if component.role() == Role::ControllerManager {
        return gate.into();
    }
    let rotate = component.setting("rotateCertificates", Some("rotate-certificates"));
    let bootstrap = component.setting("serverTLSBootstrap", Some("rotate-server-certificates"));
    let (certificate, least) =
        (component.setting("tlsCertFile", Some("tls-cert-file")), component.setting("tlsMinVersion", Some("tls-min-version")));
    let own = bootstrap.bool() != Some(true) && certificate.is_empty();
    let old = matches!(least.str(), "VersionTLS10" | "VersionTLS11");
    let faults = [
        rotate
            .fault_if(rotate.bool() != Some(true), || format!("the kubelet{on} does not renew its client certificate"))
            .map(|fault| fault.expected("true")),
        bootstrap
            .fault_if(own && bootstrap.unknown().is_none(), || format!("the kubelet{on} signs its own serving certificate"))
            .filter(|fault| !fault.doubt)
            .map(|fault| fault.expected("true").severity(Severity::Low)),
        // k3s renews what it signs
        (certificate.is_set() && bootstrap.bool() != Some(true)).then(|| {
            let said = format!("the kubelet{on} serves {}: who renews it is not seen", certificate.str());
            certificate.fault(said).severity(Severity::Low).doubt()
        }),
        old.then(|| least.fault(format!("the kubelet{on} accepts {}", least.str())).expected("VersionTLS12 or VersionTLS13")),
        // with TLS 1.3 alone the list says nothing
        suites(component).filter(|_| least.str() != "VersionTLS13"),
        gate,
    ];
    faults.into_iter().flatten().collect()
}

fn suites(kubelet: &Component<'_>) -> Option<Fault> {
    let flag = kubelet.flag("tls-cipher-suites");
    if flag.is_set() {
        let fault = ciphers(&flag, &kubelet.list("tls-cipher-suites"));
        return fault.map(|fault| fault.severity(Severity::Medium).about(&["tlsCipherSuites"]));
    }
    let listed = kubelet.in_files("tlsCipherSuites")?;
    let names: Vec<_> = listed.items().map(|item| item.str()).collect();
    ciphers(&kubelet.setting("tlsCipherSuites", None), &names).map(|fault| fault.severity(Severity::Medium))
}
