//! The profile of the benchmark: each number is decided by its own setting or file, whatever else its check finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::{cnscan, findings};

const APISERVER: &str = "--anonymous-auth=false --audit-log-maxage=30 --audit-log-maxbackup=10 --audit-log-maxsize=100 --audit-log-path=/var/log/audit/audit.log --audit-policy-file=/etc/kubernetes/audit.yaml --authorization-mode=Node,RBAC --client-ca-file=/pki/ca.crt --enable-admission-plugins=NodeRestriction --etcd-cafile=/pki/etcd/ca.crt --etcd-certfile=/pki/client.crt --etcd-keyfile=/pki/client.key --etcd-servers=https://127.0.0.1:2379 --kubelet-certificate-authority=/pki/ca.crt --kubelet-client-certificate=/pki/k.crt --kubelet-client-key=/pki/k.key --profiling=false --service-account-extend-token-expiration=false --service-account-key-file=/pki/sa.pub --service-account-max-token-expiration=24h --service-account-signing-key-file=/pki/sa.key --tls-cert-file=/pki/api.crt --tls-private-key-file=/pki/api.key";
const MANAGER: &str = "--bind-address=127.0.0.1 --profiling=false --root-ca-file=/pki/ca.crt --service-account-private-key-file=/pki/sa.key --use-service-account-credentials=true";
const SCHEDULER: &str = "--bind-address=127.0.0.1 --profiling=false";
const ETCD: &str = "--cert-file=/pki/s.crt --client-cert-auth=true --key-file=/pki/s.key --trusted-ca-file=/pki/etcd-ca.crt --peer-cert-file=/pki/p.crt --peer-client-cert-auth=true --peer-key-file=/pki/p.key --peer-trusted-ca-file=/pki/etcd-ca.crt --initial-cluster=a=https://10.0.0.1:2380,b=https://10.0.0.2:2380 --listen-client-urls=https://127.0.0.1:2379 --listen-peer-urls=https://10.0.0.1:2380";
const KUBELET: &str = "authentication.anonymous.enabled=false authentication.webhook.enabled=true authentication.x509.clientCAFile=/pki/ca.crt authorization.mode=Webhook rotateCertificates=true serverTLSBootstrap=true seccompDefault=true podPidsLimit=1000 readOnlyPort=0";

/// Where the words of each component stand.
const FILES: [(&str, &str); 4] =
    [("kube-apiserver", APISERVER), ("kube-controller-manager", MANAGER), ("kube-scheduler", SCHEDULER), ("etcd", ETCD)];

/// A component, the words of it that change (from, to), and the numbers that fail by it.
const CHANGES: &[(&str, &str, &str, &[&str])] = &[
    ("kube-apiserver", "--anonymous-auth=false", "", &["1.2.1"]),
    ("kube-apiserver", "", "--token-auth-file=/etc/tokens.csv", &["1.2.2"]),
    ("kube-apiserver", "--kubelet-client-certificate=/pki/k.crt", "", &["1.2.4"]),
    ("kube-apiserver", "--kubelet-client-key=/pki/k.key", "", &["1.2.4"]),
    ("kube-apiserver", "--kubelet-certificate-authority=/pki/ca.crt", "", &["1.2.5"]),
    ("kube-apiserver", "--authorization-mode=Node,RBAC", "--authorization-mode=Node,RBAC,AlwaysAllow", &["1.2.6"]),
    ("kube-apiserver", "--authorization-mode=Node,RBAC", "", &["1.2.6", "1.2.7", "1.2.8"]),
    ("kube-apiserver", "--authorization-mode=Node,RBAC", "--authorization-mode=RBAC", &["1.2.7"]),
    ("kube-apiserver", "--authorization-mode=Node,RBAC", "--authorization-mode=Node", &["1.2.8"]),
    ("kube-apiserver", "=NodeRestriction", "=NodeRestriction,AlwaysAdmit", &["1.2.10"]),
    ("kube-apiserver", "", "--disable-admission-plugins=ServiceAccount", &["1.2.12"]),
    ("kube-apiserver", "", "--disable-admission-plugins=NamespaceLifecycle", &["1.2.13"]),
    ("kube-apiserver", "", "--disable-admission-plugins=LimitRanger", &[]),
    ("kube-apiserver", "--enable-admission-plugins=NodeRestriction", "", &["1.2.14"]),
    ("kube-apiserver", "--profiling=false", "", &["1.2.15"]),
    ("kube-apiserver", "--audit-log-path=/var/log/audit/audit.log", "", &["1.2.16"]),
    ("kube-apiserver", "--audit-log-maxage=30", "--audit-log-maxage=3", &["1.2.17"]),
    ("kube-apiserver", "--audit-log-maxbackup=10", "--audit-log-maxbackup=1", &["1.2.18"]),
    ("kube-apiserver", "--audit-log-maxsize=100", "--audit-log-maxsize=10", &["1.2.19"]),
    ("kube-apiserver", "", "--service-account-lookup=false", &["1.2.21"]),
    ("kube-apiserver", "--service-account-key-file=/pki/sa.pub", "", &["1.2.22"]),
    ("kube-apiserver", "--etcd-certfile=/pki/client.crt", "", &["1.2.23"]),
    ("kube-apiserver", "--tls-private-key-file=/pki/api.key", "", &["1.2.24"]),
    ("kube-apiserver", "--client-ca-file=/pki/ca.crt", "", &["1.2.25"]),
    ("kube-apiserver", "--etcd-cafile=/pki/etcd/ca.crt", "", &["1.2.26"]),
    ("kube-apiserver", "", "--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", &["1.2.29"]),
    ("kube-apiserver", "", "--tls-min-version=VersionTLS10", &[]),
    ("kube-apiserver", "--service-account-extend-token-expiration=false", "", &["1.2.30"]),
    ("kube-apiserver", "--audit-policy-file=/etc/kubernetes/audit.yaml", "", &["3.2.1"]),
    ("kube-controller-manager", "--profiling=false", "", &["1.3.2"]),
    ("kube-controller-manager", "--use-service-account-credentials=true", "", &["1.3.3"]),
    ("kube-controller-manager", "--service-account-private-key-file=/pki/sa.key", "", &["1.3.4"]),
    ("kube-controller-manager", "--root-ca-file=/pki/ca.crt", "", &["1.3.5"]),
    ("kube-controller-manager", "", "--feature-gates=RotateKubeletServerCertificate=false", &["1.3.6"]),
    ("kube-controller-manager", "--bind-address=127.0.0.1", "", &["1.3.7"]),
    ("kube-controller-manager", "", "--cluster-signing-duration=87600h", &[]),
    ("kube-scheduler", "--profiling=false", "", &["1.4.1"]),
    ("kube-scheduler", "--bind-address=127.0.0.1", "", &["1.4.2"]),
    ("etcd", "--cert-file=/pki/s.crt", "", &["2.1"]),
    ("etcd", "--client-cert-auth=true", "", &["2.2"]),
    ("etcd", "", "--auto-tls=true", &["2.3"]),
    ("etcd", "--peer-key-file=/pki/p.key", "", &["2.4"]),
    ("etcd", "--peer-client-cert-auth=true", "", &["2.5"]),
    ("etcd", "", "--peer-auto-tls=true", &["2.6"]),
    ("kubelet", "authentication.anonymous.enabled=false", "authentication.anonymous.enabled=true", &["4.2.1"]),
    ("kubelet", "authorization.mode=Webhook", "authorization.mode=AlwaysAllow", &["4.2.2"]),
    ("kubelet", "enabled=true authentication.x509.clientCAFile=/pki/ca.crt", "enabled=false", &["4.2.3"]),
    ("kubelet", "readOnlyPort=0", "readOnlyPort=10255", &["4.2.4"]),
    ("kubelet", "serverTLSBootstrap=true", "", &["4.2.9"]),
    ("kubelet", "rotateCertificates=true", "rotateCertificates=false", &["4.2.10"]),
    ("kubelet", "", "featureGates.RotateKubeletServerCertificate=false", &["4.2.11"]),
    ("kubelet", "", "tlsCipherSuites=[TLS_RSA_WITH_RC4_128_SHA]", &["4.2.12"]),
    ("kubelet", "podPidsLimit=1000", "podPidsLimit=-1", &["4.2.13"]),
    ("kubelet", "seccompDefault=true", "", &["4.2.14"]),
    ("kubelet", "", "allowedUnsafeSysctls=['kernel.msg*']", &[]),
];

fn pod(name: &str, words: &str) -> String {
    let args: String = words.split(' ').filter(|word| !word.is_empty()).map(|word| format!("    - {word}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: kube-system}}\nspec:\n  containers:\n  - name: {name}\n    image: registry.k8s.io/{name}:v1.34.0\n    command:\n    - {name}\n{args}"
    )
}

/// The settings of a kubelet, from words with the path of each.
fn kubelet(words: &str) -> String {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, value) in words.split(' ').filter_map(|word| word.split_once('=')) {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let own = match rest.split_once('.') {
            None if rest.is_empty() => value.to_owned(),
            None => format!("{rest}: {value}"),
            Some((section, field)) => format!("{section}: {{{field}: {value}}}"),
        };
        sections.entry(first).or_default().push(own);
    }
    let mut text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n".to_owned();
    for (section, fields) in sections {
        let fields = fields.join(", ");
        let value = if words.contains(&format!("{section}.")) { format!("{{{fields}}}") } else { fields };
        text.push_str(&format!("{section}: {value}\n"));
    }
    text
}

fn write(folder: &TempDir, changed: &str, from: &str, to: &str) {
    let change = |name: &str, words: &str| {
        if name != changed {
            return words.to_owned();
        }
        assert!(words.contains(from), "{name} has {from}");
        let without = if from.is_empty() { words.to_owned() } else { words.replace(&format!("{from} "), &format!("{to} ")) };
        if from.is_empty() { format!("{words} {to}") } else { without }
    };
    for (name, words) in FILES {
        // a last word has a space behind it as well
        fs::write(folder.path().join(format!("{name}.yaml")), pod(name, &change(name, &format!("{words} ")))).expect("a file");
    }
    fs::write(folder.path().join("kubelet.yaml"), kubelet(&change("kubelet", &format!("{KUBELET} ")))).expect("a file");
}

fn statuses(result: &Value) -> BTreeMap<String, String> {
    let controls = result["controls"].as_array().expect("controls");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    controls.iter().map(|control| (text(&control["id"]), text(&control["status"]))).collect()
}

fn with(result: &Value, status: &str) -> BTreeSet<String> {
    let is_settled = |id: &str| ["1.", "2.", "3.2.1", "4.1", "4.2"].iter().any(|section| id.starts_with(section));
    statuses(result).into_iter().filter(|(id, own)| own == status && is_settled(id)).map(|(id, _)| id).collect()
}

#[test]
fn one_wrong_setting_fails_its_own_number_alone() {
    let folder = TempDir::new().expect("a folder");
    write(&folder, "", "", "");
    let (sound, _) = findings(folder.path(), &["--profile", "cis-1.12", "."]);
    let before = with(&sound, "fail");
    // nothing here encrypts etcd
    assert_eq!(before, ["1.2.27", "1.2.28"].map(str::to_owned).into(), "{sound:#}");
    for (component, from, to, numbers) in CHANGES {
        write(&folder, component, from, to);
        let (result, _) = findings(folder.path(), &["--profile", "cis-1.12", "."]);
        let failed: BTreeSet<_> = with(&result, "fail").difference(&before).cloned().collect();
        // what is left for review as a whole, as records on a node are, fails nothing
        let open: BTreeSet<_> = numbers.iter().map(|number| (*number).to_owned()).collect();
        assert_eq!(failed, open, "{component}: {from} -> {to}");
        let passed = with(&result, "pass");
        assert!(with(&sound, "pass").iter().all(|number| open.contains(number) || passed.contains(number)), "{component}: {from} -> {to}");
    }
}

#[test]
fn what_nobody_showed_is_not_assessed_although_its_check_ran() {
    let folder = TempDir::new().expect("a folder");
    let text = pod("kube-controller-manager", MANAGER).replace("    - --profiling=false\n", "");
    fs::write(folder.path().join("a.yaml"), text).expect("a file");
    let (result, _) = findings(folder.path(), &["--profile", "cis-1.12", "--complete", "."]);
    let statuses = statuses(&result);
    for (number, status) in [
        ("1.3.2", "fail"),
        ("1.3.3", "pass"),
        ("1.3.6", "pass"),
        ("1.4.1", "not-assessed"),
        ("1.4.2", "not-assessed"),
        ("4.2.9", "not-assessed"),
    ] {
        assert_eq!(statuses[number], status, "{number}");
    }
    let cited: Vec<_> = result["findings"].as_array().expect("findings").iter().filter(|found| found["about"].is_array()).collect();
    assert_eq!(cited.len(), 1, "{cited:#?}");
    assert_eq!(cited[0]["controls"], serde_json::json!(["1.3.2"]));
    assert_eq!(cited[0]["about"], serde_json::json!(["kube-controller-manager/profiling"]));
}

#[test]
fn what_may_be_set_out_of_sight_decides_no_number() {
    let folder = TempDir::new().expect("a folder");
    let text = pod("kube-apiserver", APISERVER).replace("    - --profiling=false\n", "    - $(MORE)\n");
    fs::write(folder.path().join("a.yaml"), text).expect("a file");
    let (result, _) = findings(folder.path(), &["--profile", "cis-1.12", "."]);
    let statuses = statuses(&result);
    for number in ["1.2.15", "1.2.29"] {
        assert_eq!(statuses[number], "review", "{number}: {result:#}");
    }
}

#[test]
fn parts_that_are_merged_say_the_same_of_each_number() {
    let folder = TempDir::new().expect("a folder");
    write(&folder, "kube-apiserver", "--profiling=false", "");
    let (whole, _) = findings(folder.path(), &["--profile", "cis-1.12", "."]);
    let parts = ["0", "1", "2"].map(|shard| {
        let part = folder.path().join(format!("{shard}.part"));
        let (shard, out) = (format!("{shard}/3"), format!("json={}", part.display()));
        cnscan(folder.path())
            .args(["scan", ".", "-q", "--no-config", "--profile", "cis-1.12", "--shard", &shard, "-o", &out])
            .assert()
            .code(0);
        part
    });
    let output = cnscan(folder.path()).args(["merge", "-q", "-f", "json"]).args(&parts).output().expect("it runs");
    let merged: Value = serde_json::from_slice(&output.stdout).expect("a result");
    assert_eq!(merged["controls"], whole["controls"]);
    assert_eq!(merged["checks"], whole["checks"]);
    assert_eq!(statuses(&whole)["1.2.15"], "fail");
}

#[cfg(unix)]
#[test]
fn one_file_that_is_open_fails_its_own_number_alone() {
    let files = [
        ("etc/kubernetes/manifests/kube-apiserver.yaml", "1.1.1"),
        ("etc/kubernetes/manifests/kube-controller-manager.yaml", "1.1.3"),
        ("etc/kubernetes/manifests/kube-scheduler.yaml", "1.1.5"),
        ("etc/kubernetes/manifests/etcd.yaml", "1.1.7"),
        ("etc/cni/net.d/10-a.conflist", "1.1.9"),
        ("etc/kubernetes/admin.conf", "1.1.13"),
        ("etc/kubernetes/scheduler.conf", "1.1.15"),
        ("etc/kubernetes/controller-manager.conf", "1.1.17"),
        ("etc/kubernetes/pki/sa.key", "1.1.21"),
        ("etc/systemd/system/kubelet.service", "4.1.1"),
        ("etc/kubernetes/kubelet.conf", "4.1.5"),
        ("var/lib/kubelet/config.yaml", "4.1.9"),
    ];
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join("node").join(name);
    for (name, _) in files {
        fs::create_dir_all(path(name).parent().expect("a folder")).expect("folders");
        fs::write(path(name), "").expect("a file");
        super::set_mode(&path(name), 0o600);
    }
    // whose the files of a test are differs: the numbers about modes are asked alone
    let open = |result: &Value| {
        let modes: BTreeSet<_> = files.iter().map(|(_, number)| (*number).to_owned()).collect();
        with(result, "fail").intersection(&modes).cloned().collect::<BTreeSet<_>>()
    };
    for (name, number) in files {
        super::set_mode(&path(name), 0o666);
        let (result, _) = findings(folder.path(), &["--profile", "cis-1.12", "--root", "node"]);
        assert_eq!(open(&result), [number.to_owned()].into(), "{name}");
        super::set_mode(&path(name), 0o600);
    }
}
