//! Pods that break one control of the Pod Security Standards each, and nothing else: what a policy refuses is found out
//! by showing them to it, whatever its name and however it is written.
//!
//! What their authors set as they like, and no control is about, is left open in them: a policy that refuses them only
//! for some images, names or labels is not known to refuse them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::model::admission::value::{ANY, MAYBE, patch};
use crate::model::standard::{self, BASELINE_CAPABILITIES, Control};

/// A pod that breaks a control.
#[derive(Debug)]
pub(super) struct Sample {
    /// How, for a person: `hostPID`, `privileged in an init container`.
    pub(super) what: String,
    /// By an ephemeral container, which comes by a subresource of its own.
    pub(super) ephemeral: bool,
    /// The pod.
    pub(super) pod: Value,
}

impl Sample {
    /// How it comes: an ephemeral container by a change of the pod.
    pub(super) fn operation(&self) -> &'static str {
        if self.ephemeral { "UPDATE" } else { "CREATE" }
    }
}

/// The pods that break a control, and the fields that whoever refuses them has to name.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) pods: Vec<Sample>,
    pub(super) words: &'static [&'static str],
}

/// A pod that breaks none: it keeps to the level restricted.
pub(super) static GOOD: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "labels": {"app": "pod", "app.kubernetes.io/name": "pod"}},
        "spec": {
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container("main")],
        },
    })
});

fn container(name: &str) -> Value {
    json!({
        "name": name,
        "image": "registry.example.com/app/main:1.0.0",
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
            "capabilities": {"drop": ["ALL"]},
        },
    })
}

/// The pods that break a control.
pub(super) fn of(control: &Control) -> Option<&'static Samples> {
    static ALL: LazyLock<BTreeMap<&str, Samples>> =
        LazyLock::new(|| standard::TABLE.iter().map(|control| (control.name, make(control.name))).collect());
    ALL.get(control.name)
}

/// The three lists of containers, and what one of them is called.
pub(super) const LISTS: [(&str, &str); 3] =
    [("containers", "a container"), ("initContainers", "an init container"), ("ephemeralContainers", "an ephemeral container")];

/// One pod for each list of containers, in which a container is changed so.
fn each(what: &str, change: &Value) -> Vec<Sample> {
    in_lists(&LISTS, what, change)
}

pub(super) fn in_lists(lists: &[(&str, &str)], what: &str, change: &Value) -> Vec<Sample> {
    let make = |(list, name): &(&str, &str)| {
        let mut pod = GOOD.clone();
        let mut changed = container(if *list == "containers" { "main" } else { "other" });
        patch(&mut changed, change);
        pod["spec"][*list] = json!([changed]);
        Sample { what: format!("{what} in {name}"), ephemeral: *list == "ephemeralContainers", pod: opened(pod) }
    };
    lists.iter().map(make).collect()
}

/// One pod, changed so.
fn whole(what: &str, change: &Value) -> Sample {
    let mut pod = GOOD.clone();
    patch(&mut pod, change);
    Sample { what: what.to_owned(), ephemeral: false, pod: opened(pod) }
}

/// What of a pod and of its parts its author sets as he likes.
const OF_METADATA: &[&str] = &["generateName", "namespace", "labels", "ownerReferences", "finalizers", "uid", "creationTimestamp"];
const OF_POD: &[&str] = &[
    "activeDeadlineSeconds",
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostname",
    "hostnameOverride",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "resourceClaims",
    "resources",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "serviceAccount",
    "serviceAccountName",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
];
const OF_CONTAINER: &[&str] = &[
    "args",
    "command",
    "env",
    "envFrom",
    "imagePullPolicy",
    "resizePolicy",
    "resources",
    "restartPolicy",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
];
const OF_SECURITY: &[&str] = &["fsGroup", "fsGroupChangePolicy", "readOnlyRootFilesystem", "runAsGroup", "supplementalGroups"];

fn open(at: &mut Value, keys: &[&str], to: &str) {
    if let Value::Object(map) = at {
        map.extend(keys.iter().map(|key| ((*key).to_owned(), to.into())));
    }
}

/// A pod in which that is left open, as is what else stands in its lists.
fn opened(mut pod: Value) -> Value {
    let metadata = &mut pod["metadata"];
    open(metadata, OF_METADATA, MAYBE);
    open(metadata, &["name"], ANY);
    match metadata.get_mut("annotations") {
        Some(annotations) => open(annotations, &[ANY], MAYBE),
        None => open(metadata, &["annotations"], MAYBE),
    }
    let spec = &mut pod["spec"];
    open(spec, OF_POD, MAYBE);
    open(&mut spec["securityContext"], OF_SECURITY, MAYBE);
    for (list, _) in LISTS {
        let Some(containers) = spec.get_mut(list).and_then(Value::as_array_mut) else { continue };
        for container in containers.iter_mut() {
            open(container, OF_CONTAINER, MAYBE);
            open(container, &["name", "image"], ANY);
            open(&mut container["securityContext"], OF_SECURITY, MAYBE);
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                open(port, &["name", "protocol", "hostIP"], MAYBE);
            }
        }
        containers.push(ANY.into());
    }
    if let Some(volumes) = spec.get_mut("volumes").and_then(Value::as_array_mut) {
        for volume in volumes.iter_mut() {
            open(volume, &["name"], ANY);
            if let Some(path) = volume.get_mut("hostPath") {
                open(path, &["type"], MAYBE);
            }
        }
        volumes.push(ANY.into());
    }
    pod
}

/// For the pod, and in each list of containers.
fn anywhere(what: &str, security: &Value) -> Vec<Sample> {
    let own = whole(&format!("{what} of the pod"), &json!({"spec": {"securityContext": security}}));
    [own].into_iter().chain(each(what, &json!({"securityContext": security}))).collect()
}

fn make(control: &str) -> Samples {
    let (pods, words): (Vec<Sample>, &[&str]) = match control {
        "privileged" => (each("privileged", &json!({"securityContext": {"privileged": true}})), &["privileged"]),
        "hostNamespaces" => {
            let fields = ["hostNetwork", "hostPID", "hostIPC"];
            (fields.map(|field| whole(field, &json!({"spec": {field: true}}))).into(), &["hostNetwork", "hostPID", "hostIPC"])
        }
        "hostPathVolumes" => {
            let paths = ["/", "/var/log/app", "/var/run/docker.sock", "/etc/kubernetes", "/var/lib/kubelet", "/srv", "/dev/sda"];
            let mut pods: Vec<_> = paths.map(host_path).into();
            // any path at all
            pods.push(whole("some hostPath", &json!({"spec": {"volumes": [{"name": "host", "hostPath": {"path": ANY}}]}})));
            (pods, &["hostPath", "volumes"])
        }
        "hostPorts" => {
            let port = |number: u32| json!({"ports": [{"containerPort": number, "hostPort": number}]});
            let pods = [80, 31234].map(|number| in_lists(&LISTS[..2], &format!("hostPort {number}"), &port(number)));
            (pods.into_iter().flatten().collect(), &["hostPort", "ports"])
        }
        "capabilities_baseline" => {
            let known: [&str; 4] = ["SYS_ADMIN", "NET_RAW", "NET_ADMIN", "ALL"];
            let mut pods = added(&LISTS, &known);
            let others = CAPABILITIES.iter().filter(|name| !known.contains(name) && !BASELINE_CAPABILITIES.contains(name));
            pods.extend(added(&LISTS[..1], &others.copied().collect::<Vec<_>>()));
            (pods, &["capabilities"])
        }
        "seccompProfile_baseline" => (unconfined_seccomp(), &["seccomp"]),
        "seLinuxOptions" => {
            let options = [("type", "spc_t"), ("user", "system_u"), ("role", "sysadm_r")];
            let pods =
                options.map(|(key, value)| anywhere(&format!("the SELinux {key} {value}"), &json!({"seLinuxOptions": {key: value}})));
            (pods.into_iter().flatten().collect(), &["seLinuxOptions"])
        }
        "appArmorProfile" => {
            let annotation = json!({"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/main": "unconfined"}}});
            let mut pods = anywhere("the AppArmor profile Unconfined", &json!({"appArmorProfile": {"type": "Unconfined"}}));
            pods.push(whole("the AppArmor annotation unconfined", &annotation));
            (pods, &["appArmor", "apparmor"])
        }
        "procMount" => (each("procMount Unmasked", &json!({"securityContext": {"procMount": "Unmasked"}})), &["procMount"]),
        "procMount_restricted" => {
            let mut pods = each("procMount Unmasked", &json!({"securityContext": {"procMount": "Unmasked"}}));
            pods.iter_mut().for_each(|sample| patch(&mut sample.pod, &json!({"spec": {"hostUsers": false}})));
            (pods, &["procMount"])
        }
        "sysctls" => {
            let sysctl = |name: &str| {
                whole(&format!("the sysctl {name}"), &json!({"spec": {"securityContext": {"sysctls": [{"name": name, "value": "1"}]}}}))
            };
            (["kernel.msgmax", "net.core.somaxconn"].map(sysctl).into(), &["sysctls"])
        }
        "windowsHostProcess" => {
            (anywhere("hostProcess", &json!({"windowsOptions": {"hostProcess": true}})), &["hostProcess", "windowsOptions"])
        }
        "hostProbesAndHostLifecycle" => (probes(), &["Probe", "lifecycle"]),
        "allowPrivilegeEscalation" => {
            let change = |value: Value| json!({"securityContext": {"allowPrivilegeEscalation": value}});
            let mut pods = each("allowPrivilegeEscalation absent", &change(Value::Null));
            pods.extend(each("allowPrivilegeEscalation true", &change(true.into())));
            (pods, &["allowPrivilegeEscalation"])
        }
        "capabilities_restricted" => {
            let drop = |value: Value| json!({"securityContext": {"capabilities": {"drop": value}}});
            let mut pods = each("no capability dropped", &drop(Value::Null));
            pods.extend(each("only NET_RAW dropped", &drop(json!(["NET_RAW"]))));
            pods.extend(added(&LISTS, &["CHOWN"]));
            let others = CAPABILITIES.iter().filter(|name| !matches!(**name, "CHOWN" | "NET_BIND_SERVICE"));
            pods.extend(added(&LISTS[..1], &others.copied().collect::<Vec<_>>()));
            (pods, &["capabilities"])
        }
        "restrictedVolumes" => {
            let volumes = [
                ("hostPath", json!({"path": "/srv"})),
                ("nfs", json!({"server": "nfs", "path": "/"})),
                ("iscsi", json!({"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example", "lun": 0})),
                ("flexVolume", json!({"driver": "example/driver"})),
                ("gitRepo", json!({"repository": "https://git.example.com/app"})),
            ];
            let pods = volumes
                .map(|(kind, source)| whole(&format!("a volume {kind}"), &json!({"spec": {"volumes": [{"name": "data", kind: source}]}})));
            (pods.into(), &["volumes"])
        }
        "runAsNonRoot" => (root_allowed(), &["runAsNonRoot"]),
        "runAsUser" => (anywhere("runAsUser 0", &json!({"runAsUser": 0})), &["runAsUser"]),
        "seccompProfile_restricted" => {
            let mut pods = unconfined_seccomp();
            pods.push(whole("no seccomp profile", &json!({"spec": {"securityContext": {"seccompProfile": null}}})));
            (pods, &["seccomp"])
        }
        _ => (Vec::new(), &[]),
    };
    Samples { pods, words }
}

pub(super) fn host_path(path: &str) -> Sample {
    whole(&format!("the hostPath {path}"), &json!({"spec": {"volumes": [{"name": "host", "hostPath": {"path": path}}]}}))
}

/// Every capability of Linux, and one that no version of it has.
pub(super) const CAPABILITIES: &[&str] = &[
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
    "OF_NO_VERSION",
];

pub(super) fn added(lists: &[(&str, &str)], capabilities: &[&str]) -> Vec<Sample> {
    let one =
        |name: &&str| in_lists(lists, &format!("the capability {name}"), &json!({"securityContext": {"capabilities": {"add": [name]}}}));
    capabilities.iter().flat_map(one).collect()
}

fn unconfined_seccomp() -> Vec<Sample> {
    anywhere("the seccomp profile Unconfined", &json!({"seccompProfile": {"type": "Unconfined"}}))
}

/// Neither the pod nor the container asks for it; or the pod does, and a container takes it back.
fn root_allowed() -> Vec<Sample> {
    let unset = json!({"spec": {"securityContext": {"runAsNonRoot": null}}});
    let mut pods = each("runAsNonRoot absent", &json!({"securityContext": {"runAsNonRoot": null}}));
    pods.iter_mut().for_each(|sample| patch(&mut sample.pod, &unset));
    pods.extend(each("runAsNonRoot false", &json!({"securityContext": {"runAsNonRoot": false}})));
    pods
}

fn probes() -> Vec<Sample> {
    let handlers = [("httpGet", json!({"port": 80, "host": "10.0.0.1"})), ("tcpSocket", json!({"port": 80, "host": "10.0.0.1"}))];
    let mut pods = Vec::new();
    for (kind, handler) in &handlers {
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            pods.extend(in_lists(&LISTS[..1], &format!("the host of a {probe}"), &json!({probe: {*kind: handler}})));
        }
        for hook in ["postStart", "preStop"] {
            pods.extend(in_lists(&LISTS[..1], &format!("the host of a {hook} hook"), &json!({"lifecycle": {hook: {*kind: handler}}})));
        }
    }
    pods
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::model::standard::TABLE;

    #[test]
    fn every_control_has_pods_that_break_it() {
        for control in TABLE {
            let samples = of(control).expect("samples");
            assert!(!samples.pods.is_empty() && !samples.words.is_empty(), "{}", control.name);
        }
    }
}
