//! What the files of a node hold, by their paths.

use crate::model::Object;
pub use crate::parse::host::GROUP;
pub(crate) use crate::parse::host::base;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A key, a token, credentials, all that a cluster knows.
    Secret,
    /// What everybody may read.
    Certificate,
    /// What says how a component runs.
    Configuration,
}

/// What a file of a node holds; `None` for what is none of the cluster's.
#[must_use]
pub fn what(file: &Object<'_>) -> Option<Holds> {
    of_path(file.name, file.at("type").str() == "folder")
}

fn of_path(path: &str, is_folder: bool) -> Option<Holds> {
    let file = base(path);
    if is_folder {
        // etcd's data, by kubeadm's path and those of k3s and RKE2
        let is_data = path == "/var/lib/etcd" || path.ends_with("/server/db") || path.ends_with("/server/cred");
        let is_pki = path.ends_with("/pki") || path.contains("/pki/") || path.ends_with("/manifests");
        return if is_data { Some(Holds::Secret) } else { is_pki.then_some(Holds::Configuration) };
    }
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let is_key = end == "key" || end == "pem" && (file.contains("key") || path.contains("/kubelet/pki/"));
    let is_kubeconfig = file.contains("kubeconfig")
        || path == "/etc/rancher/k3s/k3s.yaml"
        || path == "/etc/rancher/rke2/rke2.yaml"
        || path.starts_with("/etc/kubernetes/") && path.matches('/').count() == 3 && end == "conf";
    let is_token = file.ends_with("token") || file == "passwd" || end == "csv" || path.contains("/server/cred/");
    if is_key || is_kubeconfig || is_token || file.contains("encryption-config") {
        return Some(Holds::Secret);
    }
    if matches!(end, "crt" | "pem" | "cert" | "pub") {
        return Some(Holds::Certificate);
    }
    const CONFIGURED: [&str; 6] = [
        "/etc/kubernetes/",
        "/etc/rancher/",
        "/etc/cni/net.d/",
        "/var/lib/cni/networks/",
        "/var/lib/kubelet/",
        "/etc/systemd/system/kubelet",
    ];
    let is_unit = path.contains("/systemd/system/") && !file.starts_with("containerd");
    let is_pod = path.contains("/pod-manifests/");
    (is_unit || is_pod || CONFIGURED.iter().any(|folder| path.starts_with(folder))).then_some(Holds::Configuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_paths() {
        let cases = [
            ("/etc/kubernetes/admin.conf", Some(Holds::Secret)),
            ("/etc/kubernetes/pki/ca.key", Some(Holds::Secret)),
            ("/etc/kubernetes/pki/ca.crt", Some(Holds::Certificate)),
            ("/etc/kubernetes/pki/sa.pub", Some(Holds::Certificate)),
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", Some(Holds::Secret)),
            ("/etc/kubernetes/manifests/kube-apiserver.yaml", Some(Holds::Configuration)),
            ("/etc/kubernetes/kubelet.conf.d/10-a.conf", Some(Holds::Configuration)),
            ("/usr/lib/systemd/system/kubelet.service", Some(Holds::Configuration)),
            ("/etc/os-release", None),
        ];
        for (path, holds) in cases {
            assert_eq!(of_path(path, false), holds, "{path}");
        }
        assert_eq!(of_path("/var/lib/etcd", true), Some(Holds::Secret));
        assert_eq!(of_path("/etc/kubernetes", true), None);
    }
}
