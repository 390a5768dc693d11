//! What no admission refuses, whoever may create pods can run.

use crate::checks::admission::level;
use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::{self, Answer, kinds as engines, psa};
use crate::model::pod_security::{AdmissionConfiguration, Level};
use crate::model::standard::Control;
use crate::model::{Namespace, UNSET_NAMESPACE, kinds};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

pub(super) static CHECK: Check = Check {
    id: "admission-pod-security-not-enforced",
    title: "namespace refuses no unsafe pods at admission",
    topic: "admission",
    severity: Severity::High,
    why: "Whoever can create pods where nothing refuses privileged ones can take the node; levels that only warn or are written to the audit log stop nobody.",
    fix: "Label the namespace with `pod-security.kubernetes.io/enforce: baseline` or `restricted`, or have a policy engine refuse what the level does.",
    how: "Fails for a namespace in which pods that break a control of the level `pod_security_level` are let in: neither Pod Security admission (its label, else the cluster's default) nor a policy in force (Kyverno, Gatekeeper, admission policies, Kubewarden) refuses each way to break it, of every capability and every path of the node; policies that audit, warn, are not bound or do not reach the namespace count for nothing. Is for review where the cluster's default is not seen, or where a policy may refuse the rest: in a way that is not understood, or but for what exceptions, exempt images, what authors of pods set as they like (labels, names, images, nodes) or the conditions of its webhook let in. A control that only later versions of the standard have is a note. Does not apply to system namespaces.",
    blind: "The configuration file of the API server, where it is not among the input: it may set a default for unlabelled namespaces or exempt some. Whether the webhooks of engines answer: admission-webhook-fails-open looks at that.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::POD_SECURITY_CONFIGURATION],
    beside: engines::OF_PODS,
    settings: &[&POD_SECURITY_LEVEL, &SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/",
        "https://kyverno.io/docs/policy-types/",
        "https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points",
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
    let off = psa::plugin_off(namespace);
    let off = off.map(|argument| {
        argument.fault("the API server does without the plug-in PodSecurity, so that labels do nothing").expected("the plug-in")
    });
    let mut faults: Vec<_> = configured.iter().filter_map(|one| exempted(namespace, *one)).chain(off).collect();
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
    besides(namespace, wanted, faults)
}

/// What Pod Security admission leaves open, policies may refuse: all of it, or a part.
fn besides(namespace: &Namespace<'_>, wanted: Level, faults: Vec<Fault>) -> Verdict {
    let answers = || admission::by_control(namespace).filter(|(control, _)| control.level <= wanted);
    let left: Vec<_> = answers().filter(|(_, answer)| !answer.is_refused()).collect();
    let some_refused = answers().any(|(_, answer)| !answer.by_level && !answer.by.is_empty());
    let decides = |fault: &Fault| fault.severity.is_none();
    if left.is_empty() && some_refused && faults.iter().any(decides) {
        return Verdict::Pass;
    }
    let certain: Vec<_> = left.iter().filter(|(_, answer)| answer.is_open()).collect();
    let all_late = left.iter().all(|(control, _)| control.since() >= LATE);
    let fault = |fault: Fault| match certain.first() {
        _ if left.is_empty() || !decides(&fault) => fault,
        _ if some_refused && all_late => {
            fault.reworded(|said| format!("{said}; policies refuse the rest, but not {}", names(&left))).severity(Severity::Info)
        }
        Some((control, answer)) if some_refused => {
            let open = format!("{}: {}", control.name, answer.open.first().map(AsRef::as_ref).unwrap_or(""));
            fault.reworded(|said| format!("{said}; policies refuse a part, but not {} ({open})", names(&left)))
        }
        Some(_) => fault,
        None => {
            let why = left.iter().find_map(|(_, answer)| answer.unsure.first()).map(String::as_str).unwrap_or_default();
            fault.reworded(|said| format!("{said}; {} may be refused ({why})", names(&left))).doubt()
        }
    };
    faults.into_iter().map(fault).collect()
}

/// A control that came with this version or later: policies that are older do not have it.
const LATE: u16 = 30;

fn names(left: &[(&Control, &Answer)]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<_> = left.iter().take(SHOWN).map(|(control, _)| control.name).collect();
    let more = left.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
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
