//! Which files of a folder, other than YAML and JSON, tell how a component of a cluster is run.

use super::host::SERVICES;

/// Whether a file, by its name and that of its folder, is a unit of a component or a drop-in for one, holds its variables or
/// its command line, or is a drop-in of the kubelet. Flags are stronger than the files that lie beside them.
pub(super) fn tells_of(folder: &str, file: &str) -> bool {
    let is_one = |name: &str| SERVICES.contains(&name);
    let (stem, end) = file.rsplit_once('.').unwrap_or((file, ""));
    match end {
        "service" => is_one(stem),
        "conf" => folder.strip_suffix(".service.d").is_some_and(is_one) || folder == "kubelet.conf.d" || file == "etcd.conf",
        "env" => is_one(stem) || is_one(stem.trim_end_matches(".service")) || file == "kubeadm-flags.env",
        "cmdline" => true,
        "toml" => folder == "containerd",
        _ => matches!(folder, "default" | "sysconfig") && is_one(file),
    }
}

#[cfg(test)]
mod tests {
    use super::tells_of;

    #[test]
    fn files_that_run_components_are_known_by_their_names() {
        for (folder, file) in [
            ("a", "kubelet.service"),
            ("kubelet.service.d", "10-kubeadm.conf"),
            ("default", "kubelet"),
            ("kubelet", "kubeadm-flags.env"),
            ("", "etcd.env"),
            ("", "k3s.service.env"),
            ("", "x.cmdline"),
            ("kubelet.conf.d", "20-a.conf"),
            ("containerd", "config.toml"),
        ] {
            assert!(tells_of(folder, file), "{folder}/{file}");
        }
        for (folder, file) in [
            ("", ".env"),
            ("", "app.env"),
            ("", "nginx.conf"),
            ("", "web.service"),
            ("web.service.d", "a.conf"),
            ("", "Cargo.toml"),
            ("default", "web"),
            ("bin", "kubelet"),
            ("pki", "ca.pem"),
        ] {
            assert!(!tells_of(folder, file), "{folder}/{file}");
        }
    }
}
