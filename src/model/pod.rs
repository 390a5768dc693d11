//! One view of a pod wherever it lives, and of its containers.

use std::borrow::Cow;

use crate::model::field::{Field, take_mistyped};
use crate::model::image::{Image, ImageError};
use crate::model::layers::{self, Layers};
use crate::model::object::Object;
use crate::model::pod_security::StandardVersion;
use crate::model::scan::Scan;
use crate::model::version::KubernetesVersion;

/// Where a pod stands in the evidence, with what many checks ask of it.
#[derive(Debug)]
pub struct PodRecord<'a> {
    /// Index of its object.
    pub(crate) object: u32,
    pub(crate) metadata: Field<'a>,
    pub(crate) spec: Field<'a>,
    /// Its `securityContext`.
    security: Field<'a>,
    /// The other places that it is made from; nothing for the kinds of Kubernetes.
    pub(crate) layers: Option<Box<Layers<'a>>>,
    /// `None` where something has a wrong shape: then every look has to meet that anew, so that nothing passes on it.
    known: Option<Known<'a>>,
}

#[derive(Debug)]
struct Known<'a> {
    windows: bool,
    host_network: bool,
    containers: Box<[ContainerRecord<'a>]>,
}

/// Where a container stands in its pod, with what many checks ask of it.
#[derive(Debug)]
pub(crate) struct ContainerRecord<'a> {
    place: Standing<'a>,
    image: Field<'a>,
    reference: Result<Image<'a>, ImageError>,
}

/// Where a container stands in its pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    pub(crate) field: Field<'a>,
    name: &'a str,
    security: Field<'a>,
    kind: ContainerKind,
    list: &'static str,
}

impl<'a> PodRecord<'a> {
    /// Notes where a pod stands, and what of it many checks ask for.
    pub(crate) fn new(object: u32, metadata: Field<'a>, spec: Field<'a>, layers: Option<Box<Layers<'a>>>) -> Self {
        take_mistyped();
        let mut record = PodRecord { object, metadata, spec, security: spec, layers, known: None };
        record.security = record.at("securityContext");
        let (windows, host_network) = (record.is_windows(), record.on_host_network());
        let containers = record.find_containers().map(|place| {
            let image = record.image_of(place.field, place.list);
            ContainerRecord { place, image, reference: Image::parse(image.str()) }
        });
        let known = Known { windows, host_network, containers: containers.collect() };
        record.known = take_mistyped().is_empty().then_some(known);
        record
    }

    fn on_host_network(&self) -> bool {
        self.at("hostNetwork").is_true()
    }

    fn is_windows(&self) -> bool {
        self.at("os.name").text() == Some("windows")
    }

    /// Where its containers stand, with what is known of them.
    fn containers(&self) -> impl Iterator<Item = (Standing<'a>, Option<&ContainerRecord<'a>>)> {
        let known = self.known.as_ref().map(|known| known.containers.iter().map(|record| (record.place, Some(record))));
        let anew = self.known.is_none().then(|| self.find_containers().map(|place| (place, None)));
        known.into_iter().flatten().chain(anew.into_iter().flatten())
    }

    /// The names of its containers.
    pub(crate) fn container_names(&self) -> impl Iterator<Item = &'a str> {
        self.containers().map(|(place, _)| place.name)
    }

    /// The images of its containers.
    pub(crate) fn images(&self) -> impl Iterator<Item = Field<'a>> {
        self.containers().map(|(place, known)| known.map_or_else(|| self.image_of(place.field, place.list), |known| known.image))
    }

    /// Where its containers stand, looked up.
    pub(crate) fn find_containers(&self) -> impl Iterator<Item = Standing<'a>> + use<'a> {
        self.places_of_containers().map(|(field, list, kind)| {
            let (name, security) = (field.key("name").str(), field.key("securityContext"));
            Standing { field, name, security, kind, list }
        })
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
    name: &'a str,
    /// Its own `securityContext`.
    security: Field<'a>,
    /// Which list.
    pub kind: ContainerKind,
    /// The name of the list.
    pub(crate) list: &'static str,
    known: Option<&'a ContainerRecord<'a>>,
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

    /// The pod spec, or what stands in its place.
    #[must_use]
    pub fn spec(&self) -> Field<'a> {
        self.record.spec
    }

    /// A field of the pod, by dotted path, wherever it is set.
    #[must_use]
    pub fn at(&self, path: &'a str) -> Field<'a> {
        self.record.at(path)
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
        self.record.known.as_ref().map_or_else(|| self.record.is_windows(), |known| known.windows)
    }

    /// Whether it is on the network of its node, where no policy reaches it.
    #[must_use]
    pub fn on_host_network(&self) -> bool {
        self.record.known.as_ref().map_or_else(|| self.record.on_host_network(), |known| known.host_network)
    }

    /// `hostUsers: false`: root in the pod is nobody on the node.
    #[must_use]
    pub fn has_user_namespace(&self) -> bool {
        self.at("hostUsers").bool() == Some(false)
    }

    /// The service account it runs as; `serviceAccount` is the deprecated name of the field.
    #[must_use]
    pub fn service_account(&self) -> Field<'a> {
        let name = self.at("serviceAccountName");
        // what v1beta1 of Tekton calls it for one task of a run
        let task = if self.is_tekton() { self.at("taskServiceAccountName") } else { name };
        let alias = self.at("serviceAccount");
        match (task.is_empty(), name.is_empty(), alias.is_empty()) {
            (false, ..) => task,
            (_, true, false) => alias,
            _ => name,
        }
    }

    /// Its name, `default` when none is given.
    #[must_use]
    pub fn service_account_name(&self) -> &'a str {
        self.service_account().string().filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// All containers: init, regular, ephemeral, in this order.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let pod = *self;
        self.record.containers().map(move |(Standing { field, name, security, kind, list }, known)| Container {
            pod,
            field,
            name,
            security,
            kind,
            list,
            known,
        })
    }

    /// The volumes it declares.
    pub fn volumes(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.record.volumes()
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
        // Argo's own name for the one container of a template
        if self.name.is_empty() && layers::is_single(self.list) { "main" } else { self.name }
    }

    /// Its image; in Tekton the default of the parameter that stands for it, when there is one.
    #[must_use]
    pub fn image(&self) -> Field<'a> {
        self.known.map_or_else(|| self.pod.record.image_of(self.field, self.list), |known| known.image)
    }

    /// Its image, taken apart.
    ///
    /// # Errors
    /// See [`Image::parse`].
    pub fn reference(&self) -> Result<Cow<'a, Image<'a>>, ImageError> {
        match self.known {
            Some(known) => known.reference.as_ref().map(Cow::Borrowed).map_err(|error| *error),
            None => Image::parse(self.image().str()).map(Cow::Owned),
        }
    }

    /// A field of the container, by dotted path.
    #[must_use]
    pub fn at(&self, path: &'a str) -> Field<'a> {
        let own = match path.strip_prefix("securityContext.") {
            Some(rest) if self.security.exists() => self.security.at(rest),
            _ => self.field.at(path),
        };
        let default = if own.exists() { None } else { self.defaults() };
        default.map(|defaults| defaults.at(path)).filter(|field| field.exists()).unwrap_or(own)
    }

    /// A field of the container's own `securityContext`, which is merged key by key with that of its defaults.
    fn own_or_default(&self, key: &'a str) -> Field<'a> {
        let own = self.security.key(key);
        let default = if own.exists() { None } else { self.defaults() };
        default.map(|defaults| defaults.at("securityContext").key(key)).filter(|field| field.exists()).unwrap_or(own)
    }

    /// A field of `securityContext` that containers inherit from their pod: the container's where it is set, else
    /// the pod's, else the container's absence.
    #[must_use]
    pub fn inherited(&self, key: &'a str) -> Field<'a> {
        let own = self.own_or_default(key);
        if own.exists() {
            return own;
        }
        let pod = self.pod.record.security.key(key);
        if pod.exists() { pod } else { own }
    }
}
