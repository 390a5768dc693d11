//! Kubernetes' own admission of pods: the level that a namespace enforces by its labels, else by the cluster's default.

use crate::model::namespace::Namespace;
use crate::model::pod_security::{AdmissionConfiguration, Level, StandardVersion};
use crate::model::standard::Control;
use crate::model::{Field, Object};

/// The label with the level.
pub const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
/// The label with the version of the standard.
pub const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// A level in force, of a version of the standard.
#[derive(Debug, Clone, Copy)]
struct Enforced {
    level: Level,
    version: StandardVersion,
}

impl Enforced {
    fn refuses(self, control: &Control) -> bool {
        let is_there = match self.version {
            StandardVersion::Latest => true,
            StandardVersion::Pinned(version) => control.since() <= version.0,
        };
        control.level <= self.level && is_there
    }
}

/// The level by which a control is refused in a namespace, for a person; `None`: it is not.
pub(super) fn refuses(namespace: &Namespace<'_>, control: &Control) -> Option<String> {
    let configured = AdmissionConfiguration::all(namespace.scan(), namespace.world());
    let exempt = configured.iter().any(|one| one.exemption(namespace.name()).is_some());
    if exempt || plugin_off(namespace).is_some() {
        return None;
    }
    let default = || {
        let mut levels = configured.iter().map(|one| match one {
            AdmissionConfiguration::Given(field) => default(*field),
            AdmissionConfiguration::Elsewhere(_) => None,
        });
        let first = levels.next()??;
        levels.all(|other| other.is_some_and(|other| other.refuses(control))).then_some(first)
    };
    let mut documents = namespace.documents().peekable();
    let enforced = match documents.peek() {
        None => default()?,
        Some(first) => {
            let first = labelled(first).or_else(default)?;
            // each copy of the namespace has to refuse it
            if !documents.all(|document| labelled(document).or_else(default).is_some_and(|own| own.refuses(control))) {
                return None;
            }
            first
        }
    };
    enforced.refuses(control).then(|| format!("Pod Security level {}", enforced.level.as_str()))
}

fn labelled(document: &Object<'_>) -> Option<Enforced> {
    // a word that is no level is taken for the strictest
    let level = document.label(ENFORCE).text().map(|word| Level::from_word(word).unwrap_or(Level::Restricted))?;
    let version = document.label(ENFORCE_VERSION).text().and_then(StandardVersion::from_label).unwrap_or(StandardVersion::Latest);
    Some(Enforced { level, version })
}

fn default(configuration: Field<'_>) -> Option<Enforced> {
    let level = configuration.at("defaults.enforce").text().and_then(Level::from_word)?;
    let version = configuration.at("defaults.enforce-version").text().and_then(StandardVersion::from_label);
    Some(Enforced { level, version: version.unwrap_or(StandardVersion::Latest) })
}

/// Where the API server is told to do without the plug-in.
#[must_use]
pub fn plugin_off<'a>(namespace: &Namespace<'a>) -> Option<Field<'a>> {
    let system = namespace.scan().namespace(namespace.world(), "kube-system")?;
    let servers = system.pods().filter(|pod| pod.object().name.starts_with("kube-apiserver"));
    let mut arguments = servers
        .flat_map(|pod| pod.containers())
        .flat_map(|container| ["command", "args"].map(|list| container.at(list)))
        .flat_map(Field::items);
    arguments.find(|argument| {
        let disabled = argument.str().strip_prefix("--disable-admission-plugins=");
        disabled.is_some_and(|list| list.split(',').any(|plugin| plugin == "PodSecurity"))
    })
}
