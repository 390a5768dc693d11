//! Volumes as containers mount them: down to the node's paths, and through claims to the volumes behind them.

use std::collections::HashMap;

use crate::model::field::Field;
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
    /// The mount is read-only.
    pub read_only: bool,
    /// So is everything mounted below it.
    pub recursive: bool,
}

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
        let Some(volume) = self.volume else { return Vec::new() };
        let own = volume.at("hostPath.path");
        if let Some(path) = own.text() {
            return vec![self.host_path(own, path)];
        }
        let claim = volume.at("persistentVolumeClaim.claimName");
        let paths = claim.text().map(|name| self.pod.bound_volumes(name)).unwrap_or_default();
        paths.into_iter().filter_map(|bound| bound.at("spec.hostPath.path").text()).map(|path| self.host_path(claim, path)).collect()
    }

    fn host_path(&self, field: Field<'a>, path: &str) -> HostPath<'a> {
        let path = match self.field.key("subPath").str() {
            "" => normal_path(path),
            below => normal_path(&format!("{path}/{below}")),
        };
        let recursive = self.field.key("recursiveReadOnly").text() == Some("Enabled");
        HostPath { field, path, read_only: self.is_read_only(), recursive }
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
        let by_reference = evidence.volumes().bound.get(&(world, self.namespace(), claim));
        let named = self.claims(claim).filter_map(|claim| claim.at("spec.volumeName").text());
        let by_name = named.filter_map(|name| evidence.volumes().by_name.get(&(world, name)));
        let mut found: Vec<u32> = by_reference.into_iter().chain(by_name).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|id| evidence.object(id)).collect()
    }

    /// The names of the claims it declares as volumes, each with its place.
    pub fn claim_names(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        self.volumes().filter_map(|volume| {
            let field = volume.at("persistentVolumeClaim.claimName");
            Some((field.text()?, field))
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
    /// Volumes by the namespace and name of the claim they are bound to.
    bound: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// Volumes by name.
    by_name: HashMap<(u16, &'a str), Vec<u32>>,
    /// Volumes by where their data lies: driver and handle, or NFS and server.
    by_source: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// Pods by the namespace and name of a claim they use.
    users: HashMap<(u16, &'a str, &'a str), Vec<u32>>,
    /// The names of classes that claims ask for, "" for the default one.
    asked: HashMap<(u16, &'a str), u32>,
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
            volumes.by_name.entry((volume.world, volume.name)).or_default().push(volume.id);
            let claim = volume.at("spec.claimRef");
            if let (Some(namespace), Some(name)) = (claim.key("namespace").text(), claim.key("name").text()) {
                volumes.bound.entry((volume.world, namespace, name)).or_default().push(volume.id);
            }
            if let Some((kind, place)) = source(volume) {
                volumes.by_source.entry((volume.world, kind, place)).or_default().push(volume.id);
            }
        }
        for (id, pod) in evidence.pods().iter().enumerate() {
            let object = evidence.object(pod.object);
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

    /// The other volumes that may hold the same data as one: same driver and handle, or same NFS server.
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

/// Whether claims that name no class get this one.
#[must_use]
pub fn is_default_class(class: &Object<'_>) -> bool {
    let keys = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    keys.iter().any(|key| class.annotation(key).text() == Some("true"))
}

fn source<'a>(volume: &Object<'a>) -> Option<(&'a str, &'a str)> {
    let csi = volume.at("spec.csi");
    let handle = csi.key("driver").text().zip(csi.key("volumeHandle").text());
    handle.or_else(|| volume.at("spec.nfs.server").text().map(|server| ("nfs", server)))
}

/// A node's path in one spelling: no empty, `.` or `..` parts, no slash at the end, `/run` for `/var/run`; Windows
/// paths in lower case with `/`, its pipes as `pipe:NAME`.
#[must_use]
pub fn normal_path(path: &str) -> String {
    let slashes = path.replace('\\', "/");
    let windows = slashes.as_bytes().get(1) == Some(&b':') || path.contains('\\') || slashes.starts_with("//./");
    let slashes = if windows { slashes.to_lowercase() } else { path.to_owned() };
    if let Some(pipe) = slashes.strip_prefix("//./pipe/") {
        return format!("pipe:{pipe}");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in slashes.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.first() == Some(&"var") && parts.get(1) == Some(&"run") {
        parts.remove(0);
    }
    let drive = parts.first().is_some_and(|part| part.len() == 2 && part.ends_with(':'));
    if drive { parts.join("/") } else { format!("/{}", parts.join("/")) }
}

/// Whether a normal path is a folder or lies below it.
#[must_use]
pub fn lies_in(path: &str, folder: &str) -> bool {
    folder == "/" || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

const SOCKETS: &[&str] = &[
    "docker.sock",
    "docker-containerd.sock",
    "dockershim.sock",
    "containerd.sock",
    "crio.sock",
    "cri-dockerd.sock",
    "podman.sock",
    "buildkitd.sock",
];

/// Folders whose purpose is to hold such a socket.
const SOCKET_FOLDERS: &[&str] = &[
    "/run/containerd",
    "/run/crio",
    "/run/k3s/containerd",
    "/run/docker",
    "/run/docker/containerd",
    "/run/podman",
    "/run/buildkit",
    "/run/k0s",
    "/var/snap/microk8s/common/run",
];

const PIPES: &[&str] = &["pipe:docker_engine", "pipe:docker_engine_windows", "pipe:containerd-containerd"];

/// Whether a normal path leads to a container runtime's socket.
#[must_use]
pub fn is_runtime_socket(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    SOCKETS.contains(&name) || SOCKET_FOLDERS.contains(&path) || PIPES.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::{is_runtime_socket, lies_in, normal_path};

    #[test]
    fn paths_have_one_spelling() {
        for (written, normal) in [
            ("/", "/"),
            ("", "/"),
            ("//etc//", "/etc"),
            ("/etc/./ssl/../", "/etc"),
            ("/../etc", "/etc"),
            ("/var/run/docker.sock", "/run/docker.sock"),
            ("/var/run", "/run"),
            ("/var/running", "/var/running"),
            ("C:\\Windows\\System32\\", "c:/windows/system32"),
            ("c:/WINDOWS", "c:/windows"),
            ("C:\\", "c:"),
            ("\\\\.\\pipe\\docker_engine", "pipe:docker_engine"),
            ("//./pipe/Docker_Engine", "pipe:docker_engine"),
            ("/Etc", "/Etc"),
        ] {
            assert_eq!(normal_path(written), normal, "{written}");
        }
    }

    #[test]
    fn folders_hold_whole_names() {
        assert!(lies_in("/etc", "/etc") && lies_in("/etc/ssl", "/etc") && lies_in("/etc", "/"));
        assert!(!lies_in("/etcd", "/etc") && !lies_in("/", "/etc"));
    }

    #[test]
    fn sockets_are_known_by_name_and_by_folder() {
        for path in
            ["/run/docker.sock", "/run/user/1000/podman/podman.sock", "/run/containerd", "/run/k3s/containerd", "pipe:docker_engine"]
        {
            assert!(is_runtime_socket(path), "{path}");
        }
        for path in ["/run", "/run/containerd/fifo", "/var/lib/docker", "/run/docker.sock.d", "/tmp/app.sock"] {
            assert!(!is_runtime_socket(path), "{path}");
        }
    }
}
