//! Kubernetes' own admission of pods: the level that a namespace enforces by its labels, else by the cluster's default.

use crate::model::component::{Component, Held, Role};
use crate::model::namespace::Namespace;
use crate::model::pod_security::{AdmissionConfiguration, Level, StandardVersion};
use crate::model::standard::{Control, PROC_MOUNT, PROC_MOUNT_RESTRICTED};
use crate::model::{Field, Object};

/// The label with the level.
pub const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
/// The label with the version of the standard.
pub const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// A level in force, of a version of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Enforced {
    level: Level,
    version: StandardVersion,
}

impl Enforced {
    /// What came to the restricted level when the baseline began to spare pods in a user namespace was refused by the baseline before.
    fn refuses(self, control: &Control) -> bool {
        let is_there = match self.version {
            StandardVersion::Latest => true,
            StandardVersion::Pinned(version) => control.since() <= version.0,
        };
        let before = || !is_there && control.name == PROC_MOUNT_RESTRICTED.name && self.refuses(&PROC_MOUNT);
        control.level <= self.level && is_there || before()
    }
}

/// What the labels and the configuration of a namespace come to: each of these has to refuse, as any copy of them may be
/// the one in force.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Levels(Vec<Enforced>);

impl Levels {
    /// Those of a namespace; none where nothing is enforced.
    pub(super) fn of(namespace: &Namespace<'_>) -> Self {
        let configured = AdmissionConfiguration::all(namespace.scan(), namespace.world());
        let exempt = configured.iter().any(|one| one.exemption(namespace.name()).is_some());
        if exempt || plugin_off(namespace).is_some() {
            return Levels::default();
        }
        let given = configured.iter().map(|one| match one {
            AdmissionConfiguration::Given(field) => Some(*field),
            AdmissionConfiguration::Elsewhere(_) => None,
        });
        let defaults: Vec<_> = given.chain(configured.is_empty().then_some(None)).collect();
        let mut documents = namespace.documents().map(Some).peekable();
        let unseen = documents.peek().is_none().then_some(None);
        let each = documents.chain(unseen).flat_map(|document| defaults.iter().map(move |default| enforced(document, *default)));
        Levels(each.collect::<Option<_>>().unwrap_or_default())
    }

    /// The level by which a control is refused, for a person; `None`: it is not.
    pub(super) fn refuses(&self, control: &Control) -> Option<String> {
        let first = self.0.first()?;
        self.0.iter().all(|level| level.refuses(control)).then(|| format!("Pod Security level {}", first.level.as_str()))
    }
}

/// The labels of a namespace's document over the cluster's default, each part by itself: a level without a version is of the
/// version that the default has.
fn enforced(document: Option<&Object<'_>>, default: Option<Field<'_>>) -> Option<Enforced> {
    let label = |key| document.and_then(|document| document.label(key).text());
    let default = |key| default.and_then(|default| default.at(key).text());
    // a word that is no level is taken for the strictest
    let level = label(ENFORCE).map(|word| Level::from_word(word).unwrap_or(Level::Restricted));
    let level = level.or_else(|| default("defaults.enforce").and_then(Level::from_word))?;
    let version = label(ENFORCE_VERSION).or_else(|| default("defaults.enforce-version"));
    Some(Enforced { level, version: version.and_then(StandardVersion::from_label).unwrap_or(StandardVersion::Latest) })
}

/// Where the API server is told to do without the plug-in.
#[must_use]
pub fn plugin_off<'a>(namespace: &Namespace<'a>) -> Option<Held<'a>> {
    const DISABLED: &str = "disable-admission-plugins";
    let scan = namespace.scan();
    let servers = scan.evidence.components().records().iter().filter(|record| record.role == Role::ApiServer);
    let mut own = servers.map(|record| Component { scan, record }).filter(|server| server.object().world == namespace.world());
    own.find(|server| server.list(DISABLED).contains(&"PodSecurity")).map(|server| server.flag(DISABLED))
}
