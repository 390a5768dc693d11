//! The files of a node below its root: what runs the cluster there, its certificates, and who may read them.
//!
//! Nothing outside of the root is looked at, wherever links in it lead, and no private key is opened.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};

use super::{HostFile, Origin, Stat, root};

/// Folders that are looked through to the bottom.
const TREES: &[&str] = &[
    "etc/kubernetes",
    "etc/rancher",
    "etc/containerd",
    "etc/cni/net.d",
    "etc/etcd",
    "etc/ssl/etcd",
    "var/lib/cni/networks",
    "var/lib/kubelet/pki",
    "var/lib/kubernetes",
    "var/lib/rancher/k3s/server/cred",
    "var/lib/rancher/k3s/server/tls",
    "var/lib/rancher/rke2/agent/pod-manifests",
    "var/lib/rancher/rke2/server/cred",
    "var/lib/rancher/rke2/server/tls",
];

/// Files, and folders of which only the permissions count.
const SINGLE: &[&str] = &[
    "etc/etcd.env",
    "etc/os-release",
    "usr/lib/os-release",
    "var/lib/etcd",
    "var/lib/kubelet/bootstrap-kubeconfig",
    "var/lib/kubelet/config.yaml",
    "var/lib/kubelet/kubeadm-flags.env",
    "var/lib/kubelet/kubeconfig",
    "var/lib/kube-proxy/kubeconfig",
    "var/lib/rancher/k3s/agent/kubelet.kubeconfig",
    "var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
    "var/lib/rancher/k3s/server/db",
    "var/lib/rancher/rke2/agent/kubelet.kubeconfig",
    "var/lib/rancher/rke2/server/db",
];

/// Folders of units: of two with one name the first counts.
const UNITS: &[&str] =
    &["etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

/// Folders of variables for units.
const VARIABLES: &[&str] = &["etc/default", "etc/sysconfig"];

/// The services of a cluster, by the names of their units.
pub(super) const SERVICES: &[&str] = &[
    "containerd",
    "etcd",
    "k3s",
    "k3s-agent",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
    "rke2-agent",
    "rke2-server",
];

/// More than any node has.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 12;
const MOST_LINKS: usize = 40;
/// Larger files are no configuration.
const LARGEST: u64 = 4 << 20;

/// What was found below a root.
#[derive(Debug)]
pub(super) struct Walk {
    root: PathBuf,
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
    seen: BTreeSet<PathBuf>,
    pub(super) files: Vec<HostFile>,
    /// What could not be looked at: where on the node, and why.
    pub(super) gaps: Vec<(String, String)>,
}

impl Walk {
    /// Looks at all that a node may have.
    pub(super) fn run(root: &Path) -> Self {
        let (seen, files, gaps) = Default::default();
        let mut walk = Walk { root: root.to_owned(), users: HashMap::new(), groups: HashMap::new(), seen, files, gaps };
        walk.users = walk.names("etc/passwd");
        walk.groups = walk.names("etc/group");
        for place in SINGLE {
            walk.visit(Path::new(place), 0, false);
        }
        for place in TREES {
            walk.visit(Path::new(place), 0, true);
        }
        for place in VARIABLES {
            SERVICES.iter().for_each(|service| walk.visit(&Path::new(place).join(service), 0, false));
        }
        walk.units();
        walk.files.sort_by(|a, b| a.path.cmp(&b.path));
        walk
    }

    /// Numbers with their names, as `/etc/passwd` and `/etc/group` have them.
    fn names(&self, file: &str) -> HashMap<u32, String> {
        let text = self.resolve(Path::new(file)).and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let row = |line: &str| {
            let mut parts = line.split(':');
            let name = parts.next()?;
            Some((parts.nth(1)?.parse().ok()?, name.to_owned()))
        };
        text.lines().filter_map(row).collect()
    }

    /// The units of services with their drop-ins; one in `/etc` hides its namesake of the distribution.
    fn units(&mut self) {
        let mut units: BTreeMap<OsString, PathBuf> = BTreeMap::new();
        for folder in UNITS {
            for service in SERVICES {
                let name = format!("{service}.service");
                let place = Path::new(folder).join(&name);
                if self.resolve(&place).is_some_and(|path| path.is_file()) {
                    units.entry(name.clone().into()).or_insert(place);
                }
                // drop-ins of every folder count, each by its own name
                for (drop_in, _) in self.list(&Path::new(folder).join(format!("{name}.d"))) {
                    let place = Path::new(folder).join(format!("{name}.d")).join(&drop_in);
                    let mut key = OsString::from(format!("{name}.d/"));
                    key.push(&drop_in);
                    units.entry(key).or_insert(place);
                }
            }
        }
        units.into_values().for_each(|place| self.visit(&place, 0, false));
    }

    /// The entries of a folder by name.
    fn list(&mut self, place: &Path) -> Vec<(OsString, PathBuf)> {
        let Some(path) = self.resolve(place).filter(|path| path.is_dir()) else { return Vec::new() };
        match fs::read_dir(&path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>())
        {
            Ok(mut names) => {
                names.sort();
                names.into_iter().map(|name| (name.clone(), place.join(name))).collect()
            }
            Err(error) => {
                self.gaps.push((shown(place), format!("the folder cannot be read: {}", error.kind())));
                Vec::new()
            }
        }
    }

    /// Notes a file or folder, and what is below it.
    fn visit(&mut self, place: &Path, depth: usize, below: bool) {
        let Some(path) = self.resolve(place) else { return };
        let Ok(meta) = fs::symlink_metadata(&path) else { return };
        if self.files.len() >= MOST_FILES || depth > DEEPEST {
            let why = format!("more than {MOST_FILES} files, or folders nested deeper than {DEEPEST}: not looked at");
            if self.gaps.iter().all(|(_, known)| *known != why) {
                self.gaps.push((shown(place), why));
            }
            return;
        }
        // a file that several names lead to is looked at once
        if !self.seen.insert(path.clone()) || !(meta.is_file() || meta.is_dir()) {
            return;
        }
        let name = shown(place);
        let is_read = meta.is_file() && !is_private(&name) && meta.len() <= LARGEST;
        let content = is_read.then_some(Origin::File(path));
        self.files.push(HostFile { path: name, stat: self.stat(&meta), content });
        if below && meta.is_dir() {
            for (_, inner) in self.list(place) {
                self.visit(&inner, depth + 1, true);
            }
        }
    }

    #[cfg(unix)]
    fn stat(&self, meta: &Metadata) -> Stat {
        use std::os::unix::fs::MetadataExt as _;
        let (uid, gid) = (meta.uid(), meta.gid());
        let name =
            |names: &HashMap<u32, String>, number: u32| names.get(&number).cloned().or_else(|| (number == 0).then(|| "root".to_owned()));
        let (owner, group) = (name(&self.users, uid), name(&self.groups, gid));
        Stat { mode: meta.mode() & 0o7777, uid, gid, owner, group, is_folder: meta.is_dir() }
    }

    /// Other systems have no such bits: what nobody can tell is taken for closed.
    #[cfg(not(unix))]
    fn stat(&self, meta: &Metadata) -> Stat {
        Stat { is_folder: meta.is_dir(), ..Stat::default() }
    }

    /// Where a place of the node is on this machine, with links followed within the root; `None` when it is not there.
    fn resolve(&self, place: &Path) -> Option<PathBuf> {
        let mut left: Vec<OsString> = parts(place);
        left.reverse();
        let (mut inner, mut links) = (PathBuf::new(), 0);
        while let Some(part) = left.pop() {
            if part == ".." {
                inner.pop();
                continue;
            }
            let next = inner.join(&part);
            let meta = fs::symlink_metadata(self.root.join(&next)).ok()?;
            if meta.is_symlink() {
                links += 1;
                if links > MOST_LINKS {
                    return None;
                }
                let target = fs::read_link(self.root.join(&next)).ok()?;
                if target.is_absolute() {
                    inner = PathBuf::new();
                }
                left.extend(parts(&target).into_iter().rev());
                continue;
            }
            inner = next;
        }
        Some(self.root.join(inner))
    }
}

/// The parts of a path, `..` kept, everything else that is no name left out.
fn parts(path: &Path) -> Vec<OsString> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(part).collect()
}

/// A place as the node names it.
fn shown(place: &Path) -> String {
    format!("/{}", root::joined(place))
}

/// Whether a file holds a private key or a token by its name: its permissions are looked at, never its bytes.
fn is_private(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let rotated = file.starts_with("kubelet-client-") || file.starts_with("kubelet-server-");
    let key = file.ends_with(".key") || file.ends_with(".pem") && (file.contains("key") || rotated);
    let token = file.ends_with("token") || file.ends_with(".csv") || file.starts_with("passwd");
    key || token || file.ends_with(".p12") || file.ends_with(".pfx")
}
