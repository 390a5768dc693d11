//! The controllers act for everybody: with one identity for all of them each has the rights of each.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::address::is_loopback;
use crate::model::component::Joined;
use crate::model::time::DAY;
use crate::model::{Component, GroupKind, Role};

pub(super) static CHECK: Check = Check {
    id: "controller-manager-scheduler-weak",
    title: "controller manager or scheduler is exposed or shares an identity",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "A controller with the rights of all others, or metrics and profiles that everybody on the network reads, turn a small flaw into a large one.",
    fix: "Set `--use-service-account-credentials=true`, `--root-ca-file` and `--profiling=false`, and bind them to the loopback address, in their manifests.",
    how: "Fails when `--use-service-account-credentials` is not true, `--root-ca-file` or `--service-account-private-key-file` is absent, certificates are signed for more than a year, or the component listens on more than the loopback address without asking the API server who comes (no authentication and authorization kubeconfig). Profiling that is not switched off is low. With both kubeconfigs, a wide address is a note.",
    surfaces: &[Surface::Host, Surface::Cluster],
    needs: &[SCHEDULER],
    blind: "Firewalls in front of the node, and a provider's control plane.",
    refs: &[
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/",
    ],
    maps: &[
        ("cis", &["1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5", "1.3.7", "1.4.1", "1.4.2"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K07"]),
        ("cwe", &["CWE-306"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/profiling"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/bind-address"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/use-service-account-credentials"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/root-ca-file"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/service-account-private-key-file"),
        Aspect::roles(&[Role::ControllerManager], "kube-controller-manager/cluster-signing-duration"),
        Aspect::roles(&[Role::Scheduler], "kube-scheduler/profiling"),
        Aspect::roles(&[Role::Scheduler], "kube-scheduler/bind-address"),
    ],
    probe: Probe::Component(&[Role::ControllerManager, Role::Scheduler], probe),
    ..Check::BASE
};

const SCHEDULER: GroupKind = GroupKind::new("kubescheduler.config.k8s.io", "KubeSchedulerConfiguration");
const YEAR: f64 = 366.0 * DAY as f64;

fn probe(component: &Component<'_>) -> Verdict {
    let mut faults: Vec<_> = profiling(component).into_iter().chain(address(component)).collect();
    if component.role() == Role::ControllerManager {
        let own = component.flag("use-service-account-credentials");
        faults.extend(
            own.fault_if(own.bool() != Some(true), || "all controllers act with one identity, which has the rights of each")
                .map(|fault| fault.expected("true")),
        );
        for (name, why) in [
            ("root-ca-file", "pods get no CA to check the API server by"),
            ("service-account-private-key-file", "tokens of service accounts are not signed here"),
        ] {
            let flag = component.flag(name);
            faults.extend(flag.fault_if(flag.is_empty(), || format!("--{name} is not set: {why}")).map(|fault| fault.expected("a file")));
        }
        let signing = component.flag("cluster-signing-duration");
        let long = signing.seconds().is_some_and(|seconds| seconds > YEAR);
        faults.extend(long.then(|| signing.fault(format!("certificates are signed for {}", signing.str())).expected("8760h or less")));
    }
    faults.into()
}

fn profiling(component: &Component<'_>) -> Option<Fault> {
    let said = "profiles of the running component can be read";
    match component.joined("config", &[SCHEDULER]) {
        Joined::Found(file) if component.role() == Role::Scheduler => {
            let field = file.at("enableProfiling");
            return (field.str() != "false").then(|| field.fault(said).expected("false").severity(Severity::Low).about(&["profiling"]));
        }
        Joined::Lost(path) if component.role() == Role::Scheduler => {
            let said = format!("{path} is not among the files: whether it switches profiling off is not known");
            return Some(component.flag("config").fault(said).severity(Severity::Low).doubt().about(&["profiling"]));
        }
        _ => {}
    }
    let flag = component.flag("profiling");
    flag.fault_if(flag.bool() != Some(false), || said).map(|fault| fault.expected("false").severity(Severity::Low))
}

fn address(component: &Component<'_>) -> Option<Fault> {
    let bind = component.flag("bind-address");
    if is_loopback(bind.str()) || component.flag("secure-port").str() == "0" {
        return None;
    }
    let asks = ["authentication-kubeconfig", "authorization-kubeconfig"].iter().all(|name| !component.flag(name).is_empty());
    let said = format!(
        "it listens on {}{}",
        bind.str(),
        if asks { ", and asks the API server who comes" } else { " and cannot ask the API server who comes" }
    );
    let fault = bind.fault_if(true, || said)?.expected("127.0.0.1");
    Some(if asks { fault.severity(Severity::Info) } else { fault })
}
