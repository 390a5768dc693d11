//! Volumes as containers mount them: down to the node's paths, and through claims to the volumes behind them.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::model::fault::Fault;
use crate::model::field::{Field, unnoticed};
use crate::model::host_path::normal_path;
use crate::model::object::Object;
use crate::model::pod::{Container, Pod};
use crate::model::{Evidence, kinds};

/// A volume as a container mounts it.
#[derive(Debug, Clone, Copy)]
pub struct Mount<'a> {
    /// The pod it is in.
    pub pod: Pod<'a>,
    /// The item of `volumeMounts`.
    pub field: Field<'a>,
    /// The item of `volumes`; none when a StatefulSet's claim template, or nothing, has this name.
    pub volume: Option<Field<'a>>,
}

/// A place on the node that a mount reaches.
#[derive(Debug, Clone)]
pub struct HostPath<'a> {
    /// What to point at: the path, or the name of the claim that leads to it.
    pub field: Field<'a>,
    /// In the one spelling of [`normal_path`], with the mount's `subPath`.
    pub path: String,
    /// The volume that its claim may come to be bound to, where nothing says that it is.
    pub perhaps: Option<&'a str>,
    /// The mount is read-only.
    pub read_only: bool,
    /// So is everything mounted below it.
    pub recursive: bool,
}

impl HostPath<'_> {
    /// The path for a message: as it is written, where the place that is pointed at says it.
    #[must_use]
    pub fn said(&self) -> &str {
        self.field.text().filter(|text| normal_path(text) == self.path).unwrap_or(&self.path)
    }
}

/// How many replicas of a StatefulSet are looked up by their claims' names.
const MANY: i64 = 1000;

impl<'a> Container<'a> {
    /// What it mounts.
    pub fn mounts(&self) -> impl Iterator<Item = Mount<'a>> + use<'a> {
        let pod = self.pod;
        let own = self.field.key("volumeMounts").items();
        // the mounts of what a container starts from, and of the set it is in, come on top of its own
        let shared = self.defaults().map(|defaults| defaults.key("volumeMounts").items());
        let set = self.list.strip_suffix(".containers").map(|set| pod.spec().at(set).key("volumeMounts").items());
        own.chain(shared.into_iter().flatten()).chain(set.into_iter().flatten()).map(move |field| {
            let name = field.key("name").str();
            let volume = pod.volumes().find(|volume| volume.key("name").str() == name);
            Mount { pod, field, volume }
        })
    }
}

impl<'a> Container<'a> {
    /// The volumes of its pod that are images and that it speaks for: what it mounts before the others do, and for the
    /// first container what none mounts, as the kubelet pulls that too.
    pub fn image_volumes(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let (pod, own) = (self.pod, self.field.node());
        let volumes = pod.volumes().filter(|volume| volume.key("image").exists());
        volumes.filter(move |volume| {
            let name = volume.key("name").text();
            let mounts = |container: &Container<'a>| container.mounts().any(|mount| mount.field.key("name").text() == name);
            let speaker = pod.containers().find(mounts).or_else(|| pod.containers().next());
            speaker.is_some_and(|speaker| speaker.field.node() == own)
        })
    }
}

impl<'a> HostPath<'a> {
    /// A fault at it; a doubt where only a binding to come would make it one.
    #[must_use]
    pub fn fault(&self, said: String) -> Fault {
        match self.perhaps {
            Some(volume) => self.field.fault(format!("{said}, if its claim is bound to PersistentVolume {volume}, which fits it")).doubt(),
            None => self.field.fault(said),
        }
    }

    /// Of volumes that a claim may be bound to, the first is enough: it gets one of them.
    pub fn one_if_perhaps(faults: impl Iterator<Item = (Option<&'a str>, Fault)>) -> impl Iterator<Item = Fault> {
        let mut asked = false;
        faults.filter(move |(perhaps, _)| perhaps.is_none() || !std::mem::replace(&mut asked, true)).map(|(_, fault)| fault)
    }
}

impl<'a> Mount<'a> {
    /// Whether nothing can be written through it: said by the mount, or by the claim's use.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        let claim = self.volume.map(|volume| volume.at("persistentVolumeClaim.readOnly"));
        self.field.key("readOnly").is_true() || claim.is_some_and(Field::is_true)
    }

    /// The places on the node that it reaches, by itself or through the volumes that its claim is bound to.
    #[must_use]
    pub fn host_paths(&self) -> Vec<HostPath<'a>> {
        let Some(volume) = self.volume else { return self.behind_template() };
        let own = volume.at("hostPath.path");
        if let Some(path) = own.string() {
            return vec![self.host_path(own, path, None)];
        }
        let claim = volume.at("persistentVolumeClaim.claimName");
        claim.string().map(|name| self.behind_claim(claim, name)).unwrap_or_default()
    }

    /// The node's folders behind the claims that a StatefulSet makes from the template of this name.
    fn behind_template(&self) -> Vec<HostPath<'a>> {
        let field = self.field.key("name");
        let set = self.pod.object();
        let mut templates = set.at("spec.volumeClaimTemplates").items();
        let Some(template) = templates.find(|template| template.at("metadata.name").text() == field.text()) else { return Vec::new() };
        let evidence = self.pod.scan().evidence;
        let claims = evidence.claims();
        let replicas = set.at("spec.replicas").int().unwrap_or(1).clamp(0, MANY);
        let first = set.at("spec.ordinals.start").int().unwrap_or(0).max(0);
        let names = (first..first.saturating_add(replicas)).map(|ordinal| format!("{}-{}-{ordinal}", field.str(), set.name));
        let bound = names.flat_map(|name| claims.bound(set.world, self.pod.namespace(), &name, None));
        let sure: Vec<_> = bound.filter_map(|id| self.in_volume(field, evidence.object(id), false)).collect();
        if !sure.is_empty() {
            return sure;
        }
        let fitting = claims.fitting(evidence, set.world, template.key("spec"), self.reaches_below());
        fitting.into_iter().filter_map(|id| self.in_volume(field, evidence.object(id), true)).collect()
    }

    fn behind_claim(&self, field: Field<'a>, name: &'a str) -> Vec<HostPath<'a>> {
        let bound = self.pod.bound_volumes(name);
        if !bound.is_empty() {
            return bound.into_iter().filter_map(|volume| self.in_volume(field, volume, false)).collect();
        }
        let evidence = self.pod.scan().evidence;
        let world = self.pod.object().world;
        let fitting =
            self.pod.claims(name).flat_map(|claim| evidence.claims().fitting(evidence, world, claim.at("spec"), self.reaches_below()));
        fitting.filter_map(|id| self.in_volume(field, evidence.object(id), true)).collect()
    }

    /// Whether it mounts something below what the volume is, which may have another meaning than that.
    fn reaches_below(&self) -> bool {
        !self.field.key("subPath").is_empty()
    }

    fn in_volume(&self, field: Field<'a>, volume: &'a Object<'a>, perhaps: bool) -> Option<HostPath<'a>> {
        let path = folder(volume)?;
        Some(self.host_path(field, path, perhaps.then_some(volume.name)))
    }

    fn host_path(&self, field: Field<'a>, path: &str, perhaps: Option<&'a str>) -> HostPath<'a> {
        let path = match self.field.key("subPath").string().unwrap_or_default() {
            "" => normal_path(path),
            below => normal_path(&format!("{path}/{below}")),
        };
        let recursive = self.field.key("recursiveReadOnly").string() == Some("Enabled");
        HostPath { field, path, perhaps, read_only: self.is_read_only(), recursive }
    }

    /// Whether it is of a claim of which neither the volume nor the class that would make it was seen.
    #[must_use]
    pub fn is_of_unseen_volume(&self) -> bool {
        let evidence = self.pod.scan().evidence;
        let world = self.pod.object().world;
        let made = |spec: Field<'_>| evidence.volumes().makes(evidence, world, spec);
        let Some(volume) = self.volume else {
            let name = self.field.key("name").str();
            let mut templates = self.pod.object().at("spec.volumeClaimTemplates").items();
            return templates.any(|template| template.at("metadata.name").str() == name && !made(template.key("spec")));
        };
        if volume.key("ephemeral").exists() {
            return !made(volume.at("ephemeral.volumeClaimTemplate.spec"));
        }
        let Some(name) = volume.at("persistentVolumeClaim.claimName").text() else { return false };
        let mut claims = self.pod.claims(name).peekable();
        let unseen = claims.peek().is_none() || claims.any(|claim| !made(claim.at("spec")));
        unseen && self.pod.bound_volumes(name).is_empty()
    }
}

impl<'a> Pod<'a> {
    /// Whether it is the first of its namespace that mounts a claim of which neither the volume nor the class was seen.
    #[must_use]
    pub fn asks_for_unseen_volumes(&self) -> bool {
        let scan = self.scan();
        let mounts_unseen = |pod: &Pod<'_>| pod.containers().any(|container| container.mounts().any(|mount| mount.is_of_unseen_volume()));
        let first = || {
            let mut known = HashSet::new();
            let pods = (0..scan.evidence.pods().len() as u32).map(|id| scan.pod(id)).filter(mounts_unseen);
            pods.filter(|pod| known.insert((pod.object().world, pod.namespace()))).map(|pod| pod.object().id).collect()
        };
        scan.evidence.volumes().asking.get_or_init(|| unnoticed(first)).contains(&self.object().id)
    }

    /// The claims of a name in its namespace: several when the input has copies.
    pub fn claims(&self, name: &'a str) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let evidence = self.scan().evidence;
        let found = evidence.volumes().claims.get(&(self.object().world, self.namespace(), name));
        found.into_iter().flatten().map(move |&id| evidence.object(id))
    }

    /// The volumes that a claim of its namespace is bound to.
    #[must_use]
    pub fn bound_volumes(&self, claim: &'a str) -> Vec<&'a Object<'a>> {
        let evidence = self.scan().evidence;
        let world = self.object().world;
        let bound = |of: Option<&Object<'a>>| evidence.claims().bound(world, self.namespace(), claim, of);
        let mut found = bound(None);
        found.extend(self.claims(claim).flat_map(|claim| bound(Some(claim))));
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|id| evidence.object(id)).collect()
    }

    /// The names of the claims it declares as volumes, each with its place.
    pub fn claim_names(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        self.volumes().filter_map(|volume| {
            let field = volume.at("persistentVolumeClaim.claimName");
            Some((field.string()?, field))
        })
    }

    /// The pods of its namespace that use a claim, itself included.
    pub fn users_of_claim(&self, claim: &'a str) -> impl Iterator<Item = Pod<'a>> + use<'a> {
        let scan = self.scan();
        let found = scan.evidence.volumes().users.get(&(self.object().world, self.namespace(), claim));
        found.into_iter().flatten().map(move |&id| scan.pod(id))
    }
}

/// The joins of volumes, made once a scan.
#[derive(Debug, Default)]
pub struct Volumes<'a> {
    /// Claims by namespace and name.
    claims: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// Volumes by where their data lies: driver and handle, or protocol and server.
    by_source: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// Pods by the namespace and name of a claim they use.
    users: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// The names of classes that claims ask for, "" for the default one.
    asked: HashMap<(u16, &'a str), u32>,
    /// The objects whose pods are the first in their namespaces to mount what was not seen; found when first asked for.
    asking: OnceLock<HashSet<u32>>,
}

impl<'a> Volumes<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let mut volumes = Volumes::default();
        for claim in evidence.of_kind(kinds::PERSISTENT_VOLUME_CLAIM) {
            volumes.claims.entry((claim.world, claim.namespace_or_empty(), claim.name)).or_default().push(claim.id);
            volumes.ask(claim.world, claim.at("spec"));
        }
        for set in evidence.of_kind(kinds::STATEFUL_SET) {
            set.at("spec.volumeClaimTemplates").items().for_each(|claim| volumes.ask(set.world, claim.key("spec")));
        }
        for volume in evidence.of_kind(kinds::PERSISTENT_VOLUME) {
            if let Some((kind, place)) = source(volume) {
                volumes.by_source.entry((volume.world, kind, place)).or_default().push(volume.id);
            }
        }
        for (id, pod) in evidence.pods().iter().enumerate() {
            let object = evidence.object(pod.object);
            // a copy uses what its template uses
            if evidence.owners().judged_at(object.id) != object.id {
                continue;
            }
            for volume in pod.volumes() {
                if let Some(claim) = volume.at("persistentVolumeClaim.claimName").text() {
                    let namespace = object.namespace.unwrap_or(evidence.assumed_namespace());
                    volumes.users.entry((object.world, namespace, claim)).or_default().push(id as u32);
                }
                if volume.key("ephemeral").exists() {
                    volumes.ask(object.world, volume.at("ephemeral.volumeClaimTemplate.spec"));
                }
            }
        }
        volumes
    }

    fn ask(&mut self, world: u16, spec: Field<'a>) {
        *self.asked.entry((world, spec.key("storageClassName").str())).or_default() += 1;
    }

    /// Whether a claim asks for a class: by its name, or by naming none where the class is the default one.
    #[must_use]
    pub fn is_asked_for(&self, class: &Object<'_>) -> bool {
        self.asked.contains_key(&(class.world, class.name)) || is_default_class(class) && self.asked.contains_key(&(class.world, ""))
    }

    /// The other volumes that may hold the same data as one: same driver and handle, or same server of NFS or SMB.
    pub fn same_source(&self, evidence: &'a Evidence<'a>, volume: &Object<'a>) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let found = source(volume).and_then(|(kind, place)| evidence.volumes().by_source.get(&(volume.world, kind, place)));
        let (id, name) = (volume.id, volume.name);
        found.into_iter().flatten().map(|&id| evidence.object(id)).filter(move |other| other.id != id && other.name != name)
    }

    /// Whether the volume of a claim is made on demand by a class that was seen, rather than found among what an
    /// administrator laid out.
    fn makes(&self, evidence: &Evidence<'_>, world: u16, spec: Field<'_>) -> bool {
        let asked = spec.key("storageClassName");
        let mut classes = evidence.of_kind_in(world, kinds::STORAGE_CLASS).filter(|class| match asked.text() {
            Some(name) => class.name == name,
            None => is_default_class(class),
        });
        classes.any(|class| class.at("provisioner").text() != Some("kubernetes.io/no-provisioner"))
    }
}

/// The folder of a node that a volume is: a `local` one is it as much as a `hostPath`, but for a device below `/dev`, which is
/// mounted by its file system.
pub(crate) fn folder<'a>(volume: &Object<'a>) -> Option<&'a str> {
    let own = volume.at("spec.hostPath.path").text();
    own.or_else(|| volume.at("spec.local.path").text().filter(|path| !normal_path(path).starts_with("/dev/")))
}

/// Whether claims that name no class get this one.
#[must_use]
pub fn is_default_class(class: &Object<'_>) -> bool {
    let keys = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    keys.iter().any(|key| class.annotation(key).text() == Some("true"))
}

/// A folder that a server of files shares out, whoever mounts it: the kubelet or a driver.
#[derive(Debug)]
pub struct Export<'a> {
    protocol: &'static str,
    server: &'a str,
    /// In the one spelling of [`normal_path`].
    pub path: String,
    /// Where the volume says so.
    pub field: Field<'a>,
}

impl<'a> Export<'a> {
    /// What a volume has its data from; `None` where it is another sort of volume, or its folder is not written out.
    #[must_use]
    pub fn of(volume: &Object<'a>) -> Option<Self> {
        let nfs = volume.at("spec.nfs");
        if let Some(server) = nfs.key("server").text() {
            let field = nfs.key("path");
            return Some(Export { protocol: "nfs", server, path: normal_path(field.text()?), field });
        }
        let driver = volume.at("spec.csi.driver").text().filter(|driver| matches!(*driver, "nfs.csi.k8s.io" | "smb.csi.k8s.io"))?;
        // the drivers read their attributes in any case
        let attributes = volume.at("spec.csi.volumeAttributes").entries();
        let named = |name: &str| attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, field)| *field);
        let below = named("subDir").map(Field::str).unwrap_or_default();
        if below.contains("${") {
            return None;
        }
        if driver == "nfs.csi.k8s.io" {
            let (server, field) = (named("server")?.text()?, named("share")?);
            return Some(Export { protocol: "nfs", server, path: normal_path(&format!("{}/{below}", field.text()?)), field });
        }
        let field = named("source")?;
        let (server, share) = field.text()?.trim_start_matches('/').split_once('/')?;
        // names of shares have no case
        Some(Export { protocol: "smb", server, path: normal_path(&format!("{share}/{below}")).to_lowercase(), field })
    }
}

fn source<'a>(volume: &Object<'a>) -> Option<(&'a str, &'a str)> {
    let csi = volume.at("spec.csi");
    let handle = || csi.key("driver").text().zip(csi.key("volumeHandle").text());
    Export::of(volume).map(|export| (export.protocol, export.server)).or_else(handle)
}
