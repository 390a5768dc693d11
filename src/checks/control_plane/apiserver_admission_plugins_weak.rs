//! Admission is where policy is enforced: what is switched off there is enforced nowhere.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "apiserver-admission-plugins-weak",
    title: "admission plugins are weakened",
    topic: "control_plane",
    severity: Severity::High,
    why: "A plugin that is switched off takes its protection from the whole cluster, whatever its objects say: webhooks, pod security and quotas are plugins.",
    fix: "Set `--enable-admission-plugins=NodeRestriction` with what you need beside it, and remove the protecting plugins from `--disable-admission-plugins`.",
    how: "Fails when AlwaysAdmit is enabled, when a plugin that protects is disabled (NamespaceLifecycle, ServiceAccount, PodSecurity, the webhooks and policies, ResourceQuota, LimitRanger, those of certificates), and when NodeRestriction is not enabled, as it is not by default. Notes, which change no verdict, say where AlwaysPullImages, EventRateLimit and DenyServiceExternalIPs are absent.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "The settings of the plugins, and a provider's control plane.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/"],
    maps: &[
        ("cis", &["1.2.3", "1.2.9", "1.2.10", "1.2.11", "1.2.12", "1.2.13", "1.2.14"]),
        ("owasp_k8s_2022", &["K04", "K09"]),
        ("owasp_k8s_2025", &["K04", "K07"]),
        ("cwe", &["CWE-693"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/AlwaysAdmit"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/NodeRestriction"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/NamespaceLifecycle"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/ServiceAccount"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/AlwaysPullImages"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/EventRateLimit"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/DenyServiceExternalIPs"),
    ],
    probe: Probe::Component(&[Role::ApiServer], probe),
    ..Check::BASE
};

const PROTECTING: [&str; 12] = [
    "NamespaceLifecycle",
    "ServiceAccount",
    "PodSecurity",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicy",
    "ResourceQuota",
    "LimitRanger",
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
];
const ADVISED: [(&str, &str); 3] = [
    ("AlwaysPullImages", "a pod may use an image that another one's credentials brought to the node"),
    ("EventRateLimit", "events may flood the API server"),
    ("DenyServiceExternalIPs", "a Service may draw the traffic of any address to itself"),
];

fn probe(server: &Component<'_>) -> Verdict {
    let (enable, disable) = (server.flag("enable-admission-plugins"), server.flag("disable-admission-plugins"));
    let (enabled, disabled) = (server.list("enable-admission-plugins"), server.list("disable-admission-plugins"));
    let mut faults = Vec::new();
    if enabled.contains(&"AlwaysAdmit") {
        faults.push(
            enable
                .fault("AlwaysAdmit is enabled, which is deprecated and admits everything")
                .expected("no AlwaysAdmit")
                .about(&["AlwaysAdmit"]),
        );
    }
    let off: Vec<_> = PROTECTING.into_iter().filter(|plugin| disabled.contains(plugin)).collect();
    if !off.is_empty() {
        faults.push(
            disable.fault(format!("{} is disabled for the whole cluster", off.join(", "))).expected("no plugin that protects").about(&off),
        );
    }
    faults.extend(
        enable
            .fault_if(
                !enabled.contains(&"NodeRestriction"),
                || "NodeRestriction is not enabled: a kubelet may change other nodes and their pods",
            )
            .map(expect_restriction),
    );
    let absent = ADVISED.into_iter().filter(|(plugin, _)| !enabled.contains(plugin));
    faults.extend(
        absent.map(|(plugin, why)| enable.fault(format!("{plugin} is not enabled: {why}")).severity(Severity::Info).about(&[plugin])),
    );
    faults.into()
}

fn expect_restriction(fault: Fault) -> Fault {
    let fault = fault.expected("NodeRestriction among the plugins");
    if fault.doubt { fault } else { fault.about(&["NodeRestriction"]) }
}
