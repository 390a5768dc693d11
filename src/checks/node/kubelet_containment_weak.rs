//! What keeps a workload from taking its node along.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Component, Role};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "kubelet-containment-weak",
    title: "kubelet does not contain its workloads",
    topic: "node",
    severity: Severity::Medium,
    why: "A fork bomb, an unconfined system call or a node without reserves takes down what runs beside it.",
    fix: "Set `podPidsLimit`, `seccompDefault: true`, and `kubeReserved` or `systemReserved` with eviction thresholds.",
    how: "Fails when the processes of a pod are not limited (`podPidsLimit` -1, the default, or above the setting), `cgroupsPerQOS` is false, or unsafe sysctls of the kernel or all of a kind are allowed. With low when `seccompDefault` is not true, nothing is reserved for the node, or the threshold of eviction by memory is switched off. Notes: `eventRecordQPS` 0, `makeIPTablesUtilChains` false, and `streamingConnectionIdleTimeout`, which no current kubelet heeds. Kubelets with the same settings are one finding.",
    surfaces: &[Surface::Host, Surface::Cluster],
    settings: &[&MOST_PROCESSES],
    blind: "Windows nodes, where seccomp and cgroups do not exist, and limits that the runtime sets.",
    refs: &[
        "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",
        "https://kubernetes.io/docs/concepts/policy/pid-limiting/",
    ],
    maps: &[
        ("cis", &["4.2.5", "4.2.6", "4.2.8", "4.2.13", "4.2.14"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K07"]),
        ("mitre", &["T1499"]),
        ("cwe", &["CWE-770"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::Kubelet], "kubelet/podPidsLimit"),
        Aspect::roles(&[Role::Kubelet], "kubelet/cgroupsPerQOS"),
        Aspect::roles(&[Role::Kubelet], "kubelet/seccompDefault"),
        Aspect::roles(&[Role::Kubelet], "kubelet/kubeReserved"),
        Aspect::roles(&[Role::Kubelet], "kubelet/allowedUnsafeSysctls"),
        Aspect::roles(&[Role::Kubelet], "kubelet/eventRecordQPS"),
        Aspect::roles(&[Role::Kubelet], "kubelet/makeIPTablesUtilChains"),
        Aspect::roles(&[Role::Kubelet], "kubelet/streamingConnectionIdleTimeout"),
    ],
    probe: Probe::Component(&[Role::Kubelet], probe),
    ..Check::BASE
};

static MOST_PROCESSES: Setting = Setting {
    key: "pod_pids_limit",
    help: "How many processes a pod may have at most: a higher limit of the kubelet fails.",
    default: Default::Int(4096),
};

fn probe(kubelet: &Component<'_>) -> Verdict {
    let on = kubelet.on_nodes();
    let most = kubelet.scan().settings.int(&MOST_PROCESSES);
    let (processes, groups) =
        (kubelet.setting("podPidsLimit", Some("pod-max-pids")), kubelet.setting("cgroupsPerQOS", Some("cgroups-per-qos")));
    let seccomp = kubelet.setting("seccompDefault", Some("seccomp-default"));
    if let Some(why) = seccomp.unknown() {
        return seccomp.doubt(format!("what the kubelet{on} sets is not known: {why}"));
    }
    let unlimited = processes.int().is_some_and(|limit| limit <= 0 || limit > most);
    let faults = [
        unlimited.then(|| {
            processes
                .fault(format!("a pod of the kubelet{on} may have {} processes", number(processes.str())))
                .expected(format!("{most} or less"))
        }),
        (groups.bool() == Some(false))
            .then(|| groups.fault(format!("the kubelet{on} keeps no cgroups for pods, so that limits are not enforced")).expected("true")),
        (seccomp.bool() != Some(true)).then(|| {
            seccomp
                .fault(format!("pods of the kubelet{on} that set no seccomp profile run without one"))
                .expected("true")
                .severity(Severity::Low)
        }),
        reserved(kubelet),
        exhausted(kubelet),
    ];
    faults.into_iter().flatten().chain(sysctls(kubelet)).chain(notes(kubelet)).collect()
}

fn number(limit: &str) -> &str {
    if limit.starts_with('-') || limit == "0" { "any number of" } else { limit }
}

/// Nothing is kept for the node itself.
fn reserved(kubelet: &Component<'_>) -> Option<Fault> {
    const FILES: [&str; 2] = ["kubeReserved", "systemReserved"];
    let by_flag = ["kube-reserved", "system-reserved"].iter().any(|name| kubelet.flag(name).is_set());
    let by_file = FILES.iter().any(|path| kubelet.in_files(path).is_some_and(|field| !field.is_empty()));
    let missing = kubelet.setting("kubeReserved", None);
    (!by_flag && !by_file).then(|| {
        let said = format!("the kubelet{} reserves nothing for the node, so that pods may starve it", kubelet.on_nodes());
        missing.fault(said).expected("kubeReserved or systemReserved").severity(Severity::Low)
    })
}

/// Pods are not evicted before the node's memory is used up: 0% and 100% switch a threshold off.
fn exhausted(kubelet: &Component<'_>) -> Option<Fault> {
    let is_off = |text: &str| matches!(text.trim(), "0" | "0%" | "100%");
    let said = || format!("the kubelet{} evicts no pod when the memory of its node is used up", kubelet.on_nodes());
    let low = |fault: Fault| fault.expected("a threshold such as 100Mi").severity(Severity::Low).about(&["evictionHard"]);
    let flag = kubelet.flag("eviction-hard");
    if flag.is_set() {
        let mut off = flag.str().split(',').filter_map(|item| item.split_once('<')).filter(|(name, _)| name.trim() == "memory.available");
        return off.any(|(_, value)| is_off(value)).then(|| low(flag.fault(said())));
    }
    let threshold = kubelet.in_files("evictionHard")?.key_if_mapping("memory.available");
    is_off(threshold.str()).then(|| low(threshold.fault(said())))
}

fn sysctls(kubelet: &Component<'_>) -> Vec<Fault> {
    let is_wide = |name: &str| name.starts_with("kernel.") || name.ends_with('*');
    let flag = kubelet.flag("allowed-unsafe-sysctls");
    if flag.is_set() {
        let wide: Vec<_> = kubelet.list("allowed-unsafe-sysctls").into_iter().filter(|name| is_wide(name)).collect();
        return if wide.is_empty() {
            Vec::new()
        } else {
            vec![
                flag.fault(format!("pods may set {}", wide.join(", ")))
                    .expected("single, namespaced sysctls")
                    .about(&["allowedUnsafeSysctls"]),
            ]
        };
    }
    let listed = kubelet.in_files("allowedUnsafeSysctls").into_iter().flat_map(|field| field.items());
    listed
        .filter(|item| is_wide(item.str()))
        .map(|item| {
            item.fault(format!("pods may set {}", item.str())).expected("single, namespaced sysctls").about(&["allowedUnsafeSysctls"])
        })
        .collect()
}

fn notes(kubelet: &Component<'_>) -> Vec<Fault> {
    let (events, chains) = (
        kubelet.setting("eventRecordQPS", Some("event-qps")),
        kubelet.setting("makeIPTablesUtilChains", Some("make-iptables-util-chains")),
    );
    let idle = kubelet.setting("streamingConnectionIdleTimeout", Some("streaming-connection-idle-timeout"));
    let notes = [
        (events.int() == Some(0)).then(|| events.fault("events are recorded without a limit")),
        (chains.bool() == Some(false)).then(|| chains.fault("the kubelet does not keep the iptables chains that others look for")),
        (idle.seconds() == Some(0.0)).then(|| idle.fault("idle connections are never closed, where the kubelet heeds this at all")),
    ];
    notes.into_iter().flatten().map(|fault| fault.severity(Severity::Info)).collect()
}
