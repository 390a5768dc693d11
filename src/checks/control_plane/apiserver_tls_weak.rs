//! The certificates and ciphers that all trust in a cluster begins with.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::component::{Held, data};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "apiserver-tls-weak",
    title: "TLS or client authority of the API server is incomplete or weak",
    topic: "control_plane",
    severity: Severity::High,
    why: "Whoever can read or forge what passes between the API server and its clients is any of them.",
    fix: "Set the serving certificate, its key and the client CA, a front-proxy CA of its own, and `--profiling=false`; leave protocol and ciphers at their defaults or list AEAD suites.",
    how: "Fails when the serving certificate, its key or the client CA is not set, the least protocol is older than TLS 1.2, an unencrypted port is open (before 1.24), all listed ciphers are weak, or the front proxy is trusted by the client CA without a list of names. A weak cipher beside strong ones is medium; profiling that is not switched off is low. Without a list of ciphers Go's own is used, which is sound.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "The certificates themselves (cert-control-plane-lifetime), and a provider's control plane.",
    refs: &[
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/",
    ],
    maps: &[
        ("cis", &["1.2.15", "1.2.24", "1.2.25", "1.2.29"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K07"]),
        ("mitre", &["T1557"]),
        ("cwe", &["CWE-326", "CWE-295"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/tls-cert-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/tls-private-key-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/client-ca-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/tls-min-version"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/tls-cipher-suites"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/requestheader-client-ca-file"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/insecure-port"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/profiling"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let absent = |name: &'static str, why: &'static str| {
        let flag = server.flag(name);
        flag.fault_if(flag.is_empty(), || format!("--{name} is not set: {why}")).map(|fault| fault.expected("a file"))
    };
    let profiling = server.flag("profiling");
    let insecure = server.flag("insecure-port");
    let faults = [
        absent("tls-cert-file", "the server signs a certificate itself, which clients cannot check"),
        absent("tls-private-key-file", "the server signs a certificate itself, which clients cannot check"),
        absent("client-ca-file", "client certificates, the kubelets' among them, are not accepted"),
        protocol(&server.flag("tls-min-version")),
        // with TLS 1.3 alone the list says nothing
        ciphers(&server.flag("tls-cipher-suites"), &server.list("tls-cipher-suites"))
            .filter(|_| server.flag("tls-min-version").str() != "VersionTLS13"),
        front_proxy(server),
        insecure
            .int()
            .filter(|port| *port > 0 && server.version().0 < 24)
            .map(|_| insecure.fault("the API is served without TLS and without asking who comes").expected("0")),
        profiling
            .fault_if(profiling.bool() != Some(false), || "profiles of the running server can be read")
            .map(|fault| fault.expected("false").severity(Severity::Low)),
    ];
    faults.into_iter().flatten().collect()
}

/// The least version of TLS.
pub(super) fn protocol(least: &Held<'_>) -> Option<Fault> {
    let old = matches!(least.str(), "VersionTLS10" | "VersionTLS11");
    old.then(|| least.fault(format!("{} is accepted", least.str())).expected("VersionTLS12 or VersionTLS13"))
}

/// A list of cipher suites.
pub(in crate::checks) fn ciphers(flag: &Held<'_>, suites: &[&str]) -> Option<Fault> {
    // what Go lists as insecure, and CBC, which it only prefers less
    let weak: Vec<_> = suites.iter().copied().filter(|suite| data::is_insecure_cipher(suite) || suite.contains("_CBC_")).collect();
    if weak.is_empty() {
        return None;
    }
    let severity = if weak.len() == suites.len() { Severity::High } else { Severity::Medium };
    Some(flag.fault(format!("weak ciphers are accepted: {}", weak.join(", "))).expected("AEAD suites with ECDHE").severity(severity))
}

fn front_proxy(server: &Component<'_>) -> Option<Fault> {
    let (proxy, clients) = (server.flag("requestheader-client-ca-file"), server.flag("client-ca-file"));
    let same = !proxy.is_empty() && proxy.str() == clients.str();
    let any = server.list("requestheader-allowed-names").is_empty();
    (same && any).then(|| {
        proxy
            .fault("whoever has a client certificate may speak for any user as the front proxy")
            .expected("a CA of its own, or a list of names")
    })
}
