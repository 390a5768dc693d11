//! What no admission refuses, whoever may create pods can run.

use crate::checks::admission::{engines, level};
use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::pod_security::{AdmissionConfiguration, Level};
use crate::model::{Namespace, UNSET_NAMESPACE, kinds};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

pub(super) static CHECK: Check = Check {
    id: "admission-pod-security-not-enforced",
    title: "namespace refuses no unsafe pods at admission",
    topic: "admission",
    severity: Severity::High,
    why: "Whoever can create pods where nothing refuses privileged ones can take the node; levels that only warn or are written to the audit log stop nobody.",
    fix: "Label the namespace with `pod-security.kubernetes.io/enforce: baseline` or `restricted`.",
    how: "Fails for a namespace whose `pod-security.kubernetes.io/enforce` is absent or below `pod_security_level`, unless the PodSecurityConfiguration among the input has a default that covers it, and for one which that configuration exempts; `warn` and `audit` count for nothing. For review: no such configuration or no document of the namespace was seen, the level is no word of the standard, copies disagree, no namespace is given, or a policy of an engine (Kyverno, Gatekeeper, Kubewarden, ValidatingAdmissionPolicy, OpenShift) may refuse what the label does not. An old `enforce-version` is a note; does not apply to system namespaces.",
    blind: "The configuration file of the API server, where it is not among the input: it may set a default for unlabelled namespaces or exempt some. What Kyverno, Gatekeeper, Kubewarden and admission policies refuse is not read yet.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::POD_SECURITY_CONFIGURATION],
    beside: engines::KINDS,
    settings: &[&POD_SECURITY_LEVEL, &SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/",
    ],
    maps: &[
        ("cis", &["5.2.1", "5.2.2", "5.2.3", "5.2.4", "5.2.5", "5.2.6", "5.2.7", "5.2.8", "5.2.9", "5.2.10", "5.2.11", "5.2.12"]),
        ("pss", &["restricted"]),
        ("owasp_k8s_2022", &["K04"]),
        ("owasp_k8s_2025", &["K04"]),
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static POD_SECURITY_LEVEL: Setting = Setting {
    key: "pod_security_level",
    help: "The level of the Pod Security Standards that every namespace has to enforce.",
    default: Default::Choice(&["baseline", "restricted"]),
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.name() == UNSET_NAMESPACE {
        return Verdict::Review("no namespace is given, so neither are its Pod Security labels".into());
    }
    let wanted = Level::from_word(namespace.scan().settings.choice(&POD_SECURITY_LEVEL)).unwrap_or(Level::Baseline);
    let configured = AdmissionConfiguration::all(namespace.scan(), namespace.world());
    let mut faults: Vec<_> = configured.iter().filter_map(|one| exempted(namespace, *one)).collect();
    if faults.is_empty() {
        faults = level::faults(namespace, wanted, &configured);
    }
    if faults.is_empty() {
        if let Some(fault) = apart(namespace) {
            return fault.into();
        }
        // the cluster's default holds as long as no document of the namespace says otherwise
        let is_seen = namespace.documents().next().is_some();
        return if is_seen { Verdict::Pass } else { Verdict::PassIfNone(&[kinds::NAMESPACE]) };
    }
    let may_be_refused = engines::first(namespace);
    let open = |fault: Fault| match &may_be_refused {
        Some(policy) if fault.severity.is_none() && !fault.doubt => {
            fault.reworded(|said| format!("{said}; what {policy} refuses is not read yet")).doubt()
        }
        _ => fault,
    };
    faults.into_iter().map(open).collect()
}

/// A document of the namespace that kustomize may build some of its pods without.
fn apart(namespace: &Namespace<'_>) -> Option<Fault> {
    let evidence = namespace.scan().evidence;
    namespace.documents().find_map(|document| {
        let without = namespace.pods().find_map(|pod| evidence.apart(document, pod.object()))?;
        let said = "its labels refuse unsafe pods, but kustomize may build pods of the namespace without it: see";
        Some(document.at("metadata.labels").fault(format!("{said} {without}")).expected("the labels in each tree").doubt())
    })
}

fn exempted(namespace: &Namespace<'_>, configured: AdmissionConfiguration<'_>) -> Option<Fault> {
    let said = || format!("the namespace {} is exempt from Pod Security admission", namespace.name());
    configured.exemption(namespace.name()).map(|item| item.fault(said()).expected("no such exemption"))
}
