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

/// What the labels and the configuration of a namespace come to: each of these has to refuse, as any copy of them may be
/// the one in force.
#[derive(Debug, Default)]
pub(super) struct Levels(Vec<Enforced>);

impl Levels {
    /// Those of a namespace; none where nothing is enforced.
    pub(super) fn of(namespace: &Namespace<'_>) -> Self {
        let configured = AdmissionConfiguration::all(namespace.scan(), namespace.world());
        let exempt = configured.iter().any(|one| one.exemption(namespace.name()).is_some());
        if exempt || plugin_off(namespace).is_some() {
            return Levels::default();
        }
        let defaults = configured.iter().map(|one| match one {
            AdmissionConfiguration::Given(field) => default(*field),
            AdmissionConfiguration::Elsewhere(_) => None,
        });
        let defaults: Vec<_> = defaults.collect::<Option<_>>().unwrap_or_default();
        let mut levels = Vec::new();
        let mut documents = namespace.documents().peekable();
        if documents.peek().is_none() {
            return Levels(defaults);
        }
        for document in documents {
            match labelled(document) {
                Some(own) => levels.push(own),
                None if defaults.is_empty() => return Levels::default(),
                None => levels.extend(&defaults),
            }
        }
        Levels(levels)
    }

    /// The level by which a control is refused, for a person; `None`: it is not.
    pub(super) fn refuses(&self, control: &Control) -> Option<String> {
        let first = self.0.first()?;
        self.0.iter().all(|level| level.refuses(control)).then(|| format!("Pod Security level {}", first.level.as_str()))
    }
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
