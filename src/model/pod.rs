//! One view of a pod wherever it lives, and of its containers.

use crate::model::field::{Field, take_mistyped};
use crate::model::object::Object;
use crate::model::pod_security::StandardVersion;
use crate::model::scan::Scan;
use crate::model::version::KubernetesVersion;

/// Where a pod stands in the evidence, with what many checks ask of it.
#[derive(Debug, Clone)]
pub struct PodRecord<'a> {
    /// Index of its object.
    pub(crate) object: u32,
    pub(crate) metadata: Field<'a>,
    pub(crate) spec: Field<'a>,
    /// Its `securityContext`.
    pub(crate) security: Field<'a>,
    pub(crate) steps: bool,
    /// `None` where something has a wrong shape: then every look has to meet that anew, so that nothing passes on it.
    known: Option<Known<'a>>,
}

#[derive(Debug, Clone)]
struct Known<'a> {
    windows: bool,
    containers: Box<[ContainerRecord<'a>]>,
}

/// Where a container stands in its pod.
#[derive(Debug, Clone, Copy)]
struct ContainerRecord<'a> {
    field: Field<'a>,
    security: Field<'a>,
    kind: ContainerKind,
}

impl<'a> PodRecord<'a> {
    /// Notes where a pod stands; `steps`: its containers are the steps of a Tekton task.
    pub(crate) fn new(object: u32, metadata: Field<'a>, spec: Field<'a>, steps: bool) -> Self {
        take_mistyped();
        let containers = containers(spec, steps).collect();
        let known = Known { windows: is_windows(spec), containers };
        let security = spec.key("securityContext");
        let known = take_mistyped().is_empty().then_some(known);
        PodRecord { object, metadata, spec, security, steps, known }
    }

    /// The metadata that the pod gets.
    #[must_use]
    pub fn metadata(&self) -> Field<'a> {
        self.metadata
    }
}

/// A pod, or the template that pods are made from.
#[derive(Debug, Clone, Copy)]
pub struct Pod<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) record: &'a PodRecord<'a>,
}

/// Which list of the pod a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// `initContainers` (sidecars with `restartPolicy: Always` included).
    Init,
    /// `containers`
    Regular,
    /// `ephemeralContainers`
    Ephemeral,
}

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The pod it belongs to.
    pub pod: Pod<'a>,
    /// Its place in the list.
    pub field: Field<'a>,
    /// Its own `securityContext`.
    security: Field<'a>,
    /// Which list.
    pub kind: ContainerKind,
}

impl<'a> Pod<'a> {
    /// What else there is to look at.
    #[must_use]
    pub fn scan(&self) -> &'a Scan<'a> {
        self.scan
    }

    /// The object that holds it: the Pod itself, a Deployment, …
    #[must_use]
    pub fn object(&self) -> &'a Object<'a> {
        self.scan.evidence.object(self.record.object)
    }

    /// The pod spec.
    #[must_use]
    pub fn spec(&self) -> Field<'a> {
        self.record.spec
    }

    /// A field of the pod spec, by dotted path.
    #[must_use]
    pub fn at(&self, path: &'a str) -> Field<'a> {
        self.record.spec.at(path)
    }

    /// The metadata that the pod gets: the template's.
    #[must_use]
    pub fn metadata(&self) -> Field<'a> {
        self.record.metadata
    }

    /// The value of an annotation of the pod.
    #[must_use]
    pub fn annotation(&self, key: &'a str) -> Field<'a> {
        self.record.metadata.key("annotations").key(key).as_string()
    }

    /// The labels of the pod.
    #[must_use]
    pub fn labels(&self) -> Vec<(&'a str, Field<'a>)> {
        self.record.metadata.key("labels").entries()
    }

    /// The namespace it runs in.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        self.object().namespace.unwrap_or(self.scan.evidence.assumed_namespace())
    }

    /// Whether `spec.os.name` says Windows: the only place that the API server judges by.
    #[must_use]
    pub fn is_windows(&self) -> bool {
        self.record.known.as_ref().map_or_else(|| is_windows(self.record.spec), |known| known.windows)
    }

    /// `hostUsers: false`: root in the pod is nobody on the node.
    #[must_use]
    pub fn has_user_namespace(&self) -> bool {
        self.at("hostUsers").bool() == Some(false)
    }

    /// Whether it is a pod of Tekton steps, whose pod-level fields the run supplies.
    #[must_use]
    pub fn is_tekton(&self) -> bool {
        self.record.steps
    }

    /// The service account it runs as; `serviceAccount` is the deprecated name of the field.
    #[must_use]
    pub fn service_account(&self) -> Field<'a> {
        let name = self.at("serviceAccountName");
        let alias = self.at("serviceAccount");
        if name.is_empty() && !alias.is_empty() { alias } else { name }
    }

    /// Its name, `default` when none is given.
    #[must_use]
    pub fn service_account_name(&self) -> &'a str {
        self.service_account().string().filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// All containers: init, regular, ephemeral, in this order.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let pod = *self;
        let record: &'a PodRecord<'a> = self.record;
        let known = record.known.as_ref().map(|known| known.containers.iter().copied());
        let anew = record.known.is_none().then(|| containers(record.spec, record.steps));
        let records = known.into_iter().flatten().chain(anew.into_iter().flatten());
        records.map(move |ContainerRecord { field, security, kind }| Container { pod, field, security, kind })
    }

    /// The volumes it declares.
    pub fn volumes(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.at("volumes").items()
    }

    /// The oldest and the latest version of the Pod Security Standards that may judge it: the scan's where it is
    /// given, else what the namespace pins, else all that are supported.
    #[must_use]
    pub fn standard_versions(&self) -> (KubernetesVersion, KubernetesVersion) {
        if let Some(version) = self.scan.version {
            return (version, version);
        }
        let pinned = self.scan.evidence.namespace(self.object().world, self.namespace()).and_then(|namespace| namespace.standard);
        pinned.unwrap_or_else(|| StandardVersion::Latest.span())
    }
}

/// All containers of a pod spec.
fn containers<'a>(spec: Field<'a>, steps: bool) -> impl Iterator<Item = ContainerRecord<'a>> + use<'a> {
    use ContainerKind::{Ephemeral, Init, Regular};
    let lists: &'static [(&'static str, ContainerKind)] = if steps {
        &[("steps", Regular), ("sidecars", Regular)]
    } else {
        &[("initContainers", Init), ("containers", Regular), ("ephemeralContainers", Ephemeral)]
    };
    let record = |field: Field<'a>, kind| ContainerRecord { field, security: field.key("securityContext"), kind };
    lists.iter().flat_map(move |&(list, kind)| spec.key(list).items().map(move |field| record(field, kind)))
}

fn is_windows(spec: Field<'_>) -> bool {
    spec.at("os.name").text() == Some("windows")
}

impl<'a> Container<'a> {
    /// Its name, "" when it has none.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.field.key("name").str()
    }

    /// A field of the container, by dotted path.
    #[must_use]
    pub fn at(&self, path: &'a str) -> Field<'a> {
        let own = match path.strip_prefix("securityContext.") {
            Some(rest) if self.security.exists() => self.security.at(rest),
            _ => self.field.at(path),
        };
        // Tekton: what a step leaves open, the template of its task's steps gives
        if self.pod.record.steps && !own.exists() {
            let template = self.pod.at("stepTemplate").at(path);
            if template.exists() {
                return template;
            }
        }
        own
    }

    /// A field of the container's own `securityContext`, which Tekton merges key by key with that of `stepTemplate`.
    fn own_or_template(&self, key: &'a str) -> Field<'a> {
        let own = self.security.key(key);
        if own.exists() || !self.pod.record.steps {
            return own;
        }
        let template = self.pod.at("stepTemplate.securityContext").key(key);
        if template.exists() { template } else { own }
    }

    /// A field of `securityContext` that containers inherit from their pod: the container's where it is set, else
    /// the pod's, else the container's absence.
    #[must_use]
    pub fn inherited(&self, key: &'a str) -> Field<'a> {
        let own = self.own_or_template(key);
        if own.exists() {
            return own;
        }
        let pod = self.pod.record.security.key(key);
        if pod.exists() { pod } else { own }
    }
}
