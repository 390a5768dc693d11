//! What runs a cluster, as a node's files show it: `--root`, the profile of its benchmark, and hostile bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cnscan::discover::{Origin, Source};
use cnscan::parse::command::{Dialect, words};
use cnscan::parse::{Limits, Status, classify};
use cnscan::policy::Profile;
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

#[path = "host/benchmark.rs"]
mod benchmark;

fn cnscan(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.current_dir(folder).env("SOURCE_DATE_EPOCH", "1790000000");
    command
}

fn node() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join("node").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, text).expect("a file");
        set_mode(&path, mode);
    };
    write("etc/kubernetes/manifests/kube-apiserver.yaml", APISERVER, 0o600);
    write("etc/kubernetes/admin.conf", "apiVersion: v1\nkind: Config\nusers: []\n", 0o640);
    write("etc/kubernetes/pki/ca.key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", 0o600);
    write("etc/kubernetes/enc/enc.yaml", ENCRYPTION, 0o600);
    write("home/secret.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: pod-of-nobody}\nspec: {containers: []}\n", 0o600);
    folder
}

const APISERVER: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\nspec:\n  hostNetwork: true\n  containers:\n  - name: kube-apiserver\n    image: registry.k8s.io/kube-apiserver:v1.36.3\n    command:\n    - kube-apiserver\n    - --authorization-mode=Node,RBAC\n    - --anonymous-auth=true\n    - --encryption-provider-config=/keys/enc.yaml\n    volumeMounts:\n    - {name: keys, mountPath: /keys}\n  volumes:\n  - {name: keys, hostPath: {path: /etc/kubernetes/enc}}\n";
const ENCRYPTION: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - identity: {}\n";

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

fn findings(folder: &Path, arguments: &[&str]) -> (Value, Vec<(String, String, u64)>) {
    let output = cnscan(folder).args(["scan", "--no-config", "-f", "json"]).args(arguments).output().expect("it runs");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let place = |finding: &Value| {
        let location = &finding["location"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&finding["check"]), text(&location["uri"]), location["line"].as_u64().unwrap_or_default())
    };
    let found = result["findings"].as_array().expect("findings").iter().map(place).collect();
    (result, found)
}

/// A node has files of the same name in several folders: none is a copy of another. Objects of a cluster may be.
#[cfg(unix)]
#[test]
fn files_of_a_node_are_no_copies_of_one_another() {
    let folder = node();
    let root = folder.path().join("node");
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_model-cluster/node/etc/kubernetes/pki/ca.crt");
    for name in ["etc/kubernetes/pki/ca.crt", "etc/kubernetes/pki/etcd/ca.crt"] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::copy(&authority, path).expect("a copy");
    }
    let copies = |result: &Value| {
        let notices = result["notices"].as_array().into_iter().flatten().filter_map(Value::as_str);
        notices.filter(|notice| notice.contains("each is judged")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (result, _) = findings(folder.path(), &["--root", "node"]);
    assert!(result["inputs"].to_string().contains("pki/etcd/ca.crt"), "both are read");
    assert_eq!(copies(&result), Vec::<String>::new());
    fs::write(root.join("etc/kubernetes/manifests/second.yaml"), APISERVER).expect("a file");
    let (result, _) = findings(folder.path(), &["--root", "node"]);
    assert!(matches!(copies(&result).as_slice(), [one] if one.starts_with("Pod kube-system/kube-apiserver stands 2 times")), "{result}");
}

#[cfg(unix)]
#[test]
fn a_node_is_judged_by_its_files_and_nothing_outside_of_it() {
    let folder = node();
    let root = folder.path().join("node");
    // a link out of the node is a link within it
    fs::create_dir_all(folder.path().join("outside/etc")).expect("folders");
    fs::write(folder.path().join("outside/stolen.conf"), "apiVersion: v1\nkind: Config\nusers: [{name: x, user: {token: abc}}]\n")
        .expect("a file");
    std::os::unix::fs::symlink(folder.path().join("outside/stolen.conf"), root.join("etc/kubernetes/kubelet.conf")).expect("a link");
    std::os::unix::fs::symlink("../../../outside/stolen.conf", root.join("etc/kubernetes/scheduler.conf")).expect("a link");
    let (result, found) = findings(folder.path(), &["--root", "node"]);
    let has = |check: &str, file: &str, line: u64| found.contains(&(check.to_owned(), format!("node/{file}"), line));
    assert!(has("apiserver-anonymous-auth", "etc/kubernetes/manifests/kube-apiserver.yaml", 12), "{found:#?}");
    assert!(has("etcd-encryption-missing", "etc/kubernetes/enc/enc.yaml", 6), "{found:#?}");
    assert!(has("control-plane-file-mode-wide", "etc/kubernetes/admin.conf", 1), "{found:#?}");
    let text = result.to_string();
    assert!(!text.contains("stolen.conf"), "what lies outside was read");
    assert!(!text.contains("pod-of-nobody"), "what is no file of a node's was read");
    assert!(!text.contains("c2VjcmV0"), "a private key was read");
    let inputs = result["inputs"].as_array().expect("inputs");
    assert!(inputs.iter().any(|input| input["uri"] == "node/etc/kubernetes/pki/ca.key" && input["bytes"] == 0), "{inputs:#?}");
}

#[cfg(unix)]
#[test]
fn flags_name_files_wherever_the_root_is() {
    let (folder, elsewhere) = (node(), TempDir::new().expect("a folder"));
    let root = folder.path().join("node");
    let mounted = root.to_str().expect("a path");
    for (working, root) in [(elsewhere.path(), mounted), (root.as_path(), ".")] {
        let (_, found) = findings(working, &["--root", root, "--check", "etcd-encryption-missing"]);
        assert_eq!(found, [("etcd-encryption-missing".to_owned(), "etc/kubernetes/enc/enc.yaml".to_owned(), 6)], "--root {root}");
    }
}

#[cfg(unix)]
#[test]
fn a_node_of_rke2_is_judged_by_the_pods_that_it_writes_and_a_static_pod_has_no_account() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, text).expect("a file");
    };
    write("var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml", APISERVER);
    write("etc/rancher/rke2/config.yaml", "kube-apiserver-arg: [anonymous-auth=false]\nkubelet-arg: [anonymous-auth=true]\n");
    let root = folder.path().to_str().expect("a path").to_owned();
    let found = |check: &str| {
        let (_, found) = findings(folder.path(), &["--root", &root, "--check", check]);
        found.into_iter().map(|(_, uri, line)| (uri, line)).collect::<Vec<_>>()
    };
    let manifest = "var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml".to_owned();
    assert_eq!(found("apiserver-anonymous-auth"), [(manifest, 12)]);
    assert_eq!(found("kubelet-api-open"), [("etc/rancher/rke2/config.yaml".to_owned(), 2)]);
    assert_eq!(found("pod-token-automounted"), []);
}

#[cfg(unix)]
#[test]
fn two_nodes_answer_for_themselves() {
    let folder = node();
    let other = folder.path().join("other/etc/kubernetes/enc");
    fs::create_dir_all(&other).expect("folders");
    fs::write(other.join("enc.yaml"), ENCRYPTION.replace("identity: {}", "kms: {apiVersion: v2, name: k, endpoint: 'unix:///k'}"))
        .expect("a file");
    let (result, found) = findings(folder.path(), &["--root", "node", "--root", "other", "--check", "etcd-encryption-missing"]);
    assert!(found.iter().any(|(_, uri, line)| uri == "node/etc/kubernetes/enc/enc.yaml" && *line == 6), "{found:#?}");
    assert!(result["notices"].to_string().contains("2 nodes are judged apart"), "{}", result["notices"]);
}

#[test]
fn a_root_without_a_node_is_said() {
    let folder = TempDir::new().expect("a folder");
    let run = cnscan(folder.path()).args(["scan", "--root", "."]).assert().code(2);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("none of the files that a Kubernetes node has"), "{said}");
}

#[test]
fn without_a_component_nothing_is_said_of_the_control_plane() {
    let folder = TempDir::new().expect("a folder");
    fs::write(
        folder.path().join("pod.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: web, image: a}]}\n",
    )
    .expect("a file");
    let (result, _) = findings(folder.path(), &["--profile", "cis-1.12", "--complete"]);
    let status = |id: &str| {
        let controls = result["controls"].as_array().expect("controls");
        controls.iter().find(|control| control["id"] == id).map(|control| control["status"].clone()).expect(id)
    };
    for id in ["1.1.1", "1.2.1", "1.2.27", "2.1", "4.2.1"] {
        assert_eq!(status(id), "not-assessed", "{id}");
    }
}

#[test]
fn the_benchmark_is_there_with_all_its_numbers() {
    const SECTIONS: [(&str, u32); 16] = [
        ("1.1", 21),
        ("1.2", 30),
        ("1.3", 7),
        ("1.4", 2),
        ("2", 7),
        ("3.1", 3),
        ("3.2", 2),
        ("4.1", 10),
        ("4.2", 14),
        ("4.3", 1),
        ("5.1", 13),
        ("5.2", 12),
        ("5.3", 2),
        ("5.4", 2),
        ("5.5", 1),
        ("5.6", 4),
    ];
    let profile = Profile::load("cis-1.12", Path::new("")).expect("the profile");
    let wanted: BTreeSet<_> =
        SECTIONS.iter().flat_map(|(section, last)| (1..=*last).map(move |number| format!("{section}.{number}"))).collect();
    let found: BTreeSet<_> = profile.requirements.iter().map(|requirement| requirement.id.clone()).collect();
    assert_eq!(found, wanted);
    let unbound = profile.requirements.iter().filter(|requirement| requirement.checks.is_empty() && requirement.attest.is_empty());
    assert_eq!(unbound.map(|requirement| &requirement.id).collect::<Vec<_>>(), Vec::<&String>::new(), "without a check or a question");
}

fn parsed(name: &str, bytes: Vec<u8>) -> cnscan::parse::File {
    let source = Source { uri: Some(name.to_owned()), shown: name.to_owned(), origin: Origin::Bytes(bytes), named: true, root: "".into() };
    classify::read(source, &Limits::default())
}

#[test]
fn files_of_a_node_are_known_by_name() {
    let cases = [
        ("a/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n"),
        ("kubelet.service.d/10-a.conf", "[Service]\nEnvironment=A=b\n"),
        ("var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--node-ip=1\"\n"),
        ("etc/default/kubelet", "A=b\n"),
        ("containerd/config.toml", "version = 2\n"),
    ];
    for (name, text) in cases {
        assert_eq!(parsed(name, text.into()).status, Status::Read, "{name}");
    }
    let broken = parsed("containerd/config.toml", b"version = \n[[".to_vec());
    assert_eq!(broken.status, Status::Gap);
    assert!(broken.gaps[0].why.contains("TOML"), "{:?}", broken.gaps);
}

proptest! {
    #[test]
    fn words_lie_in_their_text(text in "[ \\-a-z='\"\\\\\n\t#;$(){}|&<>é0-9]{0,200}", from in 0_usize..50) {
        for dialect in [Dialect::Systemd, Dialect::Shell] {
            let from = (0..=from.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let mut last = from;
            for word in words(&text, (from, text.len()), dialect) {
                prop_assert!(word.span.0 >= last && word.span.1 >= word.span.0);
                prop_assert!(text.get(word.span.0..word.span.1).is_some());
                last = word.span.1;
            }
        }
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400), name in 0_usize..8) {
        hostile(name, bytes);
    }

    #[test]
    fn any_text_of_a_unit_is_taken(text in "(\\[Service\\]\n)?([A-Za-z]{1,12}=[ -~é\\\\]{0,40}\\\\?\n){0,8}", name in 0_usize..8) {
        hostile(name, text.into_bytes());
    }
}

/// A file of a node, whatever is in it: it is parsed, or it is a gap or ignored, and every node lies in its text.
fn hostile(name: usize, bytes: Vec<u8>) {
    const NAMES: [&str; 8] =
        ["kubelet.service", "x.env", "x.cmdline", "ca.crt", "containerd/config.toml", "os-release", "etcd.conf.yml", "k3s/config.yaml"];
    let file = parsed(NAMES[name], bytes);
    for document in &file.documents {
        for node in document.root..file.tree.next(document.root) {
            let (start, end) = file.tree.span(node);
            assert!(file.tree.source().get(start as usize..end as usize).is_some(), "{start}..{end}");
        }
    }
}
