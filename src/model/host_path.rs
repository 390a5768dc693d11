//! Paths of a node: their spelling, what lies in what, and which lead to a container runtime.

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

/// Keys and tokens of the node and of its pods.
pub const CREDENTIALS: &[&str] = &["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd", "/root"];

/// Its programs, its kernel's controls, its runtimes.
pub const CRITICAL: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/opt/cni/bin",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/rancher",
    "c:/windows",
];

/// Whether a normal path is, holds or lies below what is the node itself, or leads to a container runtime.
#[must_use]
pub fn is_critical(path: &str) -> bool {
    let touches = |folder: &&str| lies_in(path, folder) || lies_in(folder, path);
    is_runtime_socket(path) || CREDENTIALS.iter().chain(CRITICAL).chain(&["/var/log"]).any(touches)
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
