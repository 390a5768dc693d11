//! Whoever may write a Service can claim any address, and gets the cluster's traffic for it.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-service-external-ips",
    title: "Service claims external IP addresses",
    topic: "network",
    severity: Severity::Medium,
    why: "Every node sends traffic for such an address to the Service, whoever owns it, so that a tenant can take what is meant for others (CVE-2020-8554). Kubernetes 1.36 deprecated the field.",
    fix: "Use a Service of type LoadBalancer or a Gateway; refuse the field with the admission plug-in DenyServiceExternalIPs or a policy.",
    how: "Fails where `spec.externalIPs` of a Service, of whatever type, is not empty. Nothing is left for review.",
    blind: "Whether an admission policy allows only addresses of a list does not show here.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips"],
    maps: &[("cis", &["1.2.3"]), ("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1557"])],
    probe: Probe::Object(&[kinds::SERVICE], probe),
    ..Check::BASE
};

fn probe(service: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let addresses = service.at("spec.externalIPs");
    let fault = || addresses.fault(format!("Service {} takes traffic for {}", service.name, addresses.observed())).expected("absent");
    (!addresses.is_empty()).then(fault).into()
}
