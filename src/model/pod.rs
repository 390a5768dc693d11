//! One view of a pod wherever it lives, and of its containers.

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pod_security::StandardVersion;
use crate::model::scan::Scan;
use crate::model::version::KubernetesVersion;

/// Where a pod stands in the evidence.
#[derive(Debug, Clone, Copy)]
pub struct PodRecord<'a> {
    /// Index of its object.
    pub(crate) object: u32,
    pub(crate) metadata: Field<'a>,
    pub(crate) spec: Field<'a>,
    pub(crate) steps: bool,
}

impl<'a> PodRecord<'a> {
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
        self.record.metadata.key("annotations").key(key)
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
        self.at("os.name").text() == Some("windows")
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
        self.service_account().text().filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// All containers: init, regular, ephemeral, in this order.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        use ContainerKind::{Ephemeral, Init, Regular};
        let pod = *self;
        let lists: &'static [(&'static str, ContainerKind)] = if self.record.steps {
            &[("steps", Regular), ("sidecars", Regular)]
        } else {
            &[("initContainers", Init), ("containers", Regular), ("ephemeralContainers", Ephemeral)]
        };
        lists.iter().flat_map(move |&(list, kind)| pod.at(list).items().map(move |field| Container { pod, field, kind }))
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
        let served = || self.scan.evidence.served_version().map(|version| (version, version));
        pinned.or_else(served).unwrap_or_else(|| StandardVersion::Latest.span())
    }
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
        let own = self.field.at(path);
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
        let own = self.field.at("securityContext").key(key);
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
        let pod = self.pod.at("securityContext").key(key);
        if pod.exists() { pod } else { own }
    }
}
