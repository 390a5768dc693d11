//! The Pod Security level that a namespace enforces: its label's, else the cluster's default.

use crate::checks::pss::standard;
use crate::checks::{Fault, Severity};
use crate::model::admission::psa::{ENFORCE, ENFORCE_VERSION};
use crate::model::pod_security::{AdmissionConfiguration, Level, StandardVersion};
use crate::model::{Field, GroupKind, KubernetesVersion, Namespace, Object, kinds};

/// The cluster's default stands in a file of the API server.
const DEFAULTS: &[GroupKind] = &[kinds::POD_SECURITY_CONFIGURATION, kinds::ADMISSION_CONFIGURATION];
const NAMESPACE_AND_DEFAULTS: &[GroupKind] = &[kinds::NAMESPACE, kinds::POD_SECURITY_CONFIGURATION, kinds::ADMISSION_CONFIGURATION];

/// The faults of what its documents say, each copy by itself.
pub(super) fn faults(namespace: &Namespace<'_>, wanted: Level, configured: &[AdmissionConfiguration<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let covering = namespace.documents().find(|document| label_level(document) >= Some(wanted));
    for document in namespace.documents() {
        let enforce = document.label(ENFORCE);
        match enforce.text() {
            Some(word) => faults.extend(labelled(namespace, document, word, wanted, configured)),
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
fn labelled(
    namespace: &Namespace<'_>,
    document: &Object<'_>,
    word: &str,
    wanted: Level,
    configured: &[AdmissionConfiguration<'_>],
) -> Vec<Fault> {
    let enforce = document.label(ENFORCE);
    let Some(level) = Level::from_word(word) else {
        let said = format!("`{word}` is no Pod Security level: admission takes it for restricted, with an error");
        return vec![enforce.fault(said).expected("baseline or restricted").doubt()];
    };
    if level < wanted {
        let said = format!("the namespace {} enforces the level {word}, not {}", document.name, wanted.as_str());
        return vec![enforce.fault(said).expected(wanted.as_str())];
    }
    let (own, today) = (document.label(ENFORCE_VERSION), namespace.scan().version());
    if own.exists() {
        return version(own, own, wanted, today).into_iter().collect();
    }
    // the cluster's default is that of every level that is set without one
    let given = configured.iter().filter_map(|one| match one {
        AdmissionConfiguration::Given(field) => Some(field.at("defaults.enforce-version")),
        AdmissionConfiguration::Elsewhere(_) => None,
    });
    given.filter_map(|given| version(given, own, wanted, today)).take(1).collect()
}

/// A level of an old version refuses less than its name says today: worth a note.
fn version(asked: Field<'_>, label: Field<'_>, wanted: Level, today: KubernetesVersion) -> Option<Fault> {
    let text = asked.text()?;
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
