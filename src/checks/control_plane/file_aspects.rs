//! The files of a node that a benchmark asks about one by one, by their paths.

use crate::checks::Aspect;
use crate::model::host_file::base;

/// The files of each number, with their modes and their owners.
pub(super) const ASPECTS: &[Aspect] = &[
    Aspect::path(api_server, "kube-apiserver manifest/mode"),
    Aspect::path(api_server, "kube-apiserver manifest/owner"),
    Aspect::path(controller_manager, "kube-controller-manager manifest/mode"),
    Aspect::path(controller_manager, "kube-controller-manager manifest/owner"),
    Aspect::path(scheduler, "kube-scheduler manifest/mode"),
    Aspect::path(scheduler, "kube-scheduler manifest/owner"),
    Aspect::path(etcd, "etcd manifest/mode"),
    Aspect::path(etcd, "etcd manifest/owner"),
    Aspect::path(cni, "CNI configuration/mode"),
    Aspect::path(cni, "CNI configuration/owner"),
    Aspect::path(etcd_data, "etcd data/mode"),
    Aspect::path(etcd_data, "etcd data/owner"),
    Aspect::path(admin, "administrator kubeconfig/mode"),
    Aspect::path(admin, "administrator kubeconfig/owner"),
    Aspect::path(scheduler_config, "scheduler kubeconfig/mode"),
    Aspect::path(scheduler_config, "scheduler kubeconfig/owner"),
    Aspect::path(controller_config, "controller manager kubeconfig/mode"),
    Aspect::path(controller_config, "controller manager kubeconfig/owner"),
    Aspect::path(pki, "PKI/owner"),
    Aspect::path(certificate, "PKI certificate/mode"),
    Aspect::path(key, "PKI key/mode"),
    Aspect::path(kubelet_unit, "kubelet unit/mode"),
    Aspect::path(kubelet_unit, "kubelet unit/owner"),
    Aspect::path(proxy_config, "kube-proxy kubeconfig/mode"),
    Aspect::path(proxy_config, "kube-proxy kubeconfig/owner"),
    Aspect::path(kubelet_config, "kubelet kubeconfig/mode"),
    Aspect::path(kubelet_config, "kubelet kubeconfig/owner"),
    Aspect::path(client_authority, "client CA/mode"),
    Aspect::path(client_authority, "client CA/owner"),
    Aspect::path(kubelet_settings, "kubelet configuration/mode"),
    Aspect::path(kubelet_settings, "kubelet configuration/owner"),
];

/// A file by its name below the folders that static pods are in: kubeadm's, and those of RKE2.
fn is_manifest(path: &str, is_folder: bool, name: &str) -> bool {
    !is_folder && base(path) == name && (path.starts_with("/etc/kubernetes/manifests/") || path.contains("/pod-manifests/"))
}

fn api_server(path: &str, is_folder: bool) -> bool {
    is_manifest(path, is_folder, "kube-apiserver.yaml")
}

fn controller_manager(path: &str, is_folder: bool) -> bool {
    is_manifest(path, is_folder, "kube-controller-manager.yaml")
}

fn scheduler(path: &str, is_folder: bool) -> bool {
    is_manifest(path, is_folder, "kube-scheduler.yaml")
}

fn etcd(path: &str, is_folder: bool) -> bool {
    is_manifest(path, is_folder, "etcd.yaml")
}

fn cni(path: &str, is_folder: bool) -> bool {
    !is_folder && (path.starts_with("/etc/cni/net.d/") || path.starts_with("/var/lib/cni/networks/"))
}

fn etcd_data(path: &str, is_folder: bool) -> bool {
    is_folder && (path == "/var/lib/etcd" || path.ends_with("/server/db"))
}

/// A kubeconfig in kubeadm's folder, or where k3s and RKE2 keep theirs.
fn is_kubeconfig(path: &str, kubeadm: &str, cred: &str) -> bool {
    path.strip_prefix("/etc/kubernetes/") == Some(kubeadm)
        || path.strip_suffix(cred).is_some_and(|folder| folder.ends_with("/server/cred/"))
}

fn admin(path: &str, is_folder: bool) -> bool {
    let by_distribution = matches!(path, "/etc/rancher/k3s/k3s.yaml" | "/etc/rancher/rke2/rke2.yaml");
    !is_folder && (by_distribution || is_kubeconfig(path, "admin.conf", "admin.kubeconfig") || path == "/etc/kubernetes/super-admin.conf")
}

fn scheduler_config(path: &str, is_folder: bool) -> bool {
    !is_folder && is_kubeconfig(path, "scheduler.conf", "scheduler.kubeconfig")
}

fn controller_config(path: &str, is_folder: bool) -> bool {
    !is_folder && is_kubeconfig(path, "controller-manager.conf", "controller.kubeconfig")
}

/// The folder of keys and certificates with all that is in it.
fn pki(path: &str, _: bool) -> bool {
    let is_own = |folder: &str| path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    is_own("/etc/kubernetes/pki") || path.ends_with("/server/tls") || path.contains("/server/tls/")
}

fn certificate(path: &str, is_folder: bool) -> bool {
    !is_folder && pki(path, false) && path.ends_with(".crt")
}

fn key(path: &str, is_folder: bool) -> bool {
    !is_folder && pki(path, false) && path.ends_with(".key")
}

fn kubelet_unit(path: &str, is_folder: bool) -> bool {
    !is_folder && path.contains("/systemd/system/kubelet.service")
}

fn proxy_config(path: &str, is_folder: bool) -> bool {
    let file = base(path);
    !is_folder
        && (file == "kubeproxy.kubeconfig"
            || file == "kube-proxy.kubeconfig"
            || path == "/etc/kubernetes/kube-proxy.conf"
            || path == "/var/lib/kube-proxy/kubeconfig")
}

fn kubelet_config(path: &str, is_folder: bool) -> bool {
    !is_folder && (base(path) == "kubelet.kubeconfig" || matches!(path, "/etc/kubernetes/kubelet.conf" | "/var/lib/kubelet/kubeconfig"))
}

fn client_authority(path: &str, is_folder: bool) -> bool {
    let is_agent_s = path.starts_with("/var/lib/rancher/") && base(path) == "client-ca.crt";
    !is_folder && (path == "/etc/kubernetes/pki/ca.crt" || is_agent_s)
}

fn kubelet_settings(path: &str, is_folder: bool) -> bool {
    let is_dropped_in =
        path.starts_with("/etc/kubernetes/kubelet.conf.d/") || path.starts_with("/var/lib/rancher/") && path.contains("/kubelet.conf.d/");
    !is_folder && (path == "/var/lib/kubelet/config.yaml" || path == "/etc/kubernetes/kubelet/kubelet-config.json" || is_dropped_in)
}

#[cfg(test)]
mod tests {
    use super::ASPECTS;
    use crate::checks::Of;

    #[test]
    fn each_file_is_asked_about_under_its_own_names() {
        let cases: [(&str, bool, &[&str]); 20] = [
            ("/etc/kubernetes/manifests/kube-apiserver.yaml", false, &["kube-apiserver manifest"]),
            ("/var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml", false, &["etcd manifest"]),
            ("/etc/kubernetes/manifests/kube-scheduler.yaml", false, &["kube-scheduler manifest"]),
            ("/etc/kubernetes/manifests/kube-controller-manager.yaml", false, &["kube-controller-manager manifest"]),
            ("/etc/kubernetes/manifests/mine.yaml", false, &[]),
            ("/etc/cni/net.d/10-a.conflist", false, &["CNI configuration"]),
            ("/var/lib/etcd", true, &["etcd data"]),
            ("/var/lib/rancher/k3s/server/db", true, &["etcd data"]),
            ("/etc/kubernetes/super-admin.conf", false, &["administrator kubeconfig"]),
            ("/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig", false, &["scheduler kubeconfig"]),
            ("/etc/kubernetes/controller-manager.conf", false, &["controller manager kubeconfig"]),
            ("/etc/kubernetes/pki", true, &["PKI"]),
            ("/etc/kubernetes/pki/sa.key", false, &["PKI", "PKI key"]),
            ("/etc/kubernetes/pki/ca.crt", false, &["PKI", "PKI certificate", "client CA"]),
            ("/etc/kubernetes/pki/etcd/ca.crt", false, &["PKI", "PKI certificate"]),
            ("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", false, &["kubelet unit"]),
            ("/var/lib/kube-proxy/kubeconfig", false, &["kube-proxy kubeconfig"]),
            ("/etc/kubernetes/kubelet.conf", false, &["kubelet kubeconfig"]),
            ("/etc/kubernetes/kubelet.conf.d/10-a.conf", false, &["kubelet configuration"]),
            ("/var/lib/kubelet/config.yaml", false, &["kubelet configuration"]),
        ];
        for (path, is_folder, wanted) in cases {
            let mut holders: Vec<_> = ASPECTS
                .iter()
                .filter(|aspect| matches!(aspect.of, Of::Path(is) if is(path, is_folder)))
                .map(|aspect| aspect.holder())
                .collect();
            holders.dedup();
            assert_eq!(holders, wanted, "{path}");
        }
    }
}
