//! What no admission refuses, whoever may create pods can run.

use crate::checks::admission::engines;
use crate::checks::pss::standard;
use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::pod_security::{AdmissionConfiguration, Level, StandardVersion};
use crate::model::{Field, GroupKind, KubernetesVersion, Namespace, Object, UNSET_NAMESPACE, kinds};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

pub(super) static CHECK: Check = Check {
    id: "admission-pod-security-not-enforced",
    title: "namespace refuses no unsafe pods at admission",
    topic: "admission",
    severity: Severity::High,
    why: "Whoever can create pods where nothing refuses privileged ones can take the node; levels that only warn or are written to the audit log stop nobody.",
    fix: "Label the namespace with `pod-security.kubernetes.io/enforce: baseline` or `restricted`.",
    blind: "The configuration file of the API server, where it is not among the input: it may set a default for unlabelled namespaces or exempt some. What Kyverno, Gatekeeper, Kubewarden and admission policies refuse is not read yet.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::POD_SECURITY_CONFIGURATION],
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

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// The cluster's default stands in a file of the API server.
const DEFAULTS: &[GroupKind] = &[kinds::POD_SECURITY_CONFIGURATION, kinds::ADMISSION_CONFIGURATION];
const NAMESPACE_AND_DEFAULTS: &[GroupKind] = &[kinds::NAMESPACE, kinds::POD_SECURITY_CONFIGURATION, kinds::ADMISSION_CONFIGURATION];

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
        faults = labels(namespace, wanted, &configured);
    }
    let may_be_refused = if faults.is_empty() { None } else { engines::first(namespace) };
    let open = |fault: Fault| match &may_be_refused {
        Some(policy) if fault.severity.is_none() && !fault.doubt => {
            fault.reworded(|said| format!("{said}; what {policy} refuses is not read yet")).doubt()
        }
        _ => fault,
    };
    faults.into_iter().map(open).collect()
}

fn exempted(namespace: &Namespace<'_>, configured: AdmissionConfiguration<'_>) -> Option<Fault> {
    let said = || format!("the namespace {} is exempt from Pod Security admission", namespace.name());
    configured.exemption(namespace.name()).map(|item| item.fault(said()).expected("no such exemption"))
}

/// The faults of what its documents say, each copy by itself.
fn labels(namespace: &Namespace<'_>, wanted: Level, configured: &[AdmissionConfiguration<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let covering = namespace.documents().find(|document| label_level(document) >= Some(wanted));
    for document in namespace.documents() {
        let enforce = document.label(ENFORCE);
        match enforce.text() {
            Some(word) => faults.extend(labelled(namespace, document, word, wanted)),
            None => faults.extend(unlabelled(namespace, enforce, wanted, configured).map(|fault| match covering {
                Some(_) => fault.reworded(|said| format!("{said}; another copy of it sets one")).doubt(),
                None => fault,
            })),
        }
    }
    if namespace.documents().next().is_none() {
        let fault = unlabelled(namespace, namespace.field(), wanted, configured);
        faults.extend(fault.map(|fault| fault.observed("no Namespace document").missing(NAMESPACE_AND_DEFAULTS)));
    }
    faults
}

fn label_level(document: &Object<'_>) -> Option<Level> {
    document.label(ENFORCE).text().and_then(Level::from_word)
}

/// A document with a level of its own.
fn labelled(namespace: &Namespace<'_>, document: &Object<'_>, word: &str, wanted: Level) -> Vec<Fault> {
    let enforce = document.label(ENFORCE);
    let Some(level) = Level::from_word(word) else {
        let said = format!("`{word}` is no Pod Security level: admission takes it for restricted, with an error");
        return vec![enforce.fault(said).expected("baseline or restricted").doubt()];
    };
    if level < wanted {
        let said = format!("the namespace {} enforces the level {word}, not {}", document.name, wanted.as_str());
        return vec![enforce.fault(said).expected(wanted.as_str())];
    }
    version(document, wanted, namespace.scan().version()).into_iter().collect()
}

/// A level of an old version refuses less than its name says today: worth a note.
fn version(document: &Object<'_>, wanted: Level, today: KubernetesVersion) -> Option<Fault> {
    let label = document.label(ENFORCE_VERSION);
    let text = label.text()?;
    let Some(version) = StandardVersion::from_label(text) else {
        let said = format!("`{text}` is no version of the Pod Security Standards: admission takes it for latest, with an error");
        return Some(label.fault(said).expected("latest or v1.N").doubt());
    };
    let StandardVersion::Pinned(pinned) = version else { return None };
    let later =
        standard::TABLE.iter().filter(|control| control.level <= wanted && pinned.0 < control.since() && control.since() <= today.0);
    let later: Vec<_> = later.map(|control| control.name).collect();
    let said = || format!("version {text} of the level does not have {}", later.join(", "));
    (!later.is_empty()).then(|| label.fault(said()).expected("a later version").severity(Severity::Info))
}

/// A namespace that leaves its level to the cluster's default.
fn unlabelled(namespace: &Namespace<'_>, place: Field<'_>, wanted: Level, configured: &[AdmissionConfiguration<'_>]) -> Option<Fault> {
    let name = namespace.name();
    let fault = |said: String| place.fault(said).expected(wanted.as_str());
    if configured.is_empty() {
        return Some(fault(format!("no Pod Security level is set for the namespace {name}")).missing(DEFAULTS));
    }
    configured.iter().find_map(|one| {
        let AdmissionConfiguration::Given(field) = one else {
            let said = format!("no Pod Security level is set for the namespace {name}; the cluster's default stands in a file not given");
            return Some(fault(said).doubt());
        };
        let default = field.at("defaults.enforce");
        match default.text().filter(|word| !word.is_empty()) {
            Some(word) if Level::from_word(word) >= Some(wanted) => None,
            word => {
                let said = format!(
                    "the namespace {name} sets no Pod Security level, and the cluster's default is {}",
                    word.unwrap_or("privileged")
                );
                Some(fault(said))
            }
        }
    })
}
