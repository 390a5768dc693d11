//! Without an authorizer that denies, whoever is let in may do everything.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::component::{AUTHORIZATION, Joined};
use crate::model::{Component, Object, Role};

pub(super) static CHECK: Check = Check {
    id: "apiserver-authorization-mode-weak",
    title: "API authorization is not Node and RBAC",
    topic: "control_plane",
    severity: Severity::Critical,
    why: "AlwaysAllow lets every authenticated client do everything; without Node a kubelet's credentials open other nodes' secrets, without RBAC nothing written in Roles counts.",
    fix: "Set `--authorization-mode=Node,RBAC`, or an AuthorizationConfiguration with the same authorizers.",
    how: "Fails when AlwaysAllow is among the modes, or no mode is set (AlwaysAllow is the default), or RBAC is missing; without Node it fails with severity high. The modes are those of `--authorization-mode`, or the types in the AuthorizationConfiguration that `--authorization-config` names; where that file is missing, it is left for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "What a webhook answers. A provider's control plane shows no flags.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/authorization/"],
    maps: &[
        ("cis", &["1.2.6", "1.2.7", "1.2.8"]),
        ("owasp_k8s_2022", &["K03", "K09"]),
        ("owasp_k8s_2025", &["K02", "K07"]),
        ("cwe", &["CWE-862"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer, Role::Authorization], "kube-apiserver/AlwaysAllow"),
        Aspect::roles(&[Role::ApiServer, Role::Authorization], "kube-apiserver/Node"),
        Aspect::roles(&[Role::ApiServer, Role::Authorization], "kube-apiserver/RBAC"),
    ],
    probe: Probe::Component(&[Role::ApiServer, Role::Authorization], probe),
    ..Check::BASE
};

const WANTED: &str = "Node,RBAC";

fn probe(server: &Component<'_>) -> Verdict {
    match server.joined("authorization-config", AUTHORIZATION) {
        Joined::Found(file) => return by_file(file).into(),
        Joined::Lost(path) => {
            return server.flag("authorization-config").doubt(format!("{path} is not among the files: who authorizes is not known"));
        }
        Joined::Unset => {}
    }
    let (flag, modes) = (server.flag("authorization-mode"), server.list("authorization-mode"));
    if let Some(fault) = flag.fault_if(modes.contains(&"AlwaysAllow"), || "every request that is authenticated is allowed") {
        return open_to_all(fault.expected(WANTED), &modes).into();
    }
    missing(&modes)
        .map(|(mode, why, severity)| {
            flag.fault(format!("{mode} is not among the modes: {why}")).expected(WANTED).severity(severity).about(&[mode])
        })
        .collect()
}

fn by_file(file: &Object<'_>) -> Vec<Fault> {
    let types: Vec<_> = file.at("authorizers").items().map(|authorizer| authorizer.key("type")).collect();
    let open = types.iter().filter(|kind| kind.str() == "AlwaysAllow");
    let mut faults: Vec<_> = open
        .map(|kind| kind.fault("every request that no other authorizer denies is allowed").expected(WANTED).about(&["AlwaysAllow"]))
        .collect();
    let modes: Vec<_> = types.iter().map(|kind| kind.str()).collect();
    let fault = |(mode, why, severity)| {
        file.at("authorizers")
            .fault(format!("{mode} is not among the authorizers: {why}"))
            .expected(WANTED)
            .severity(severity)
            .about(&[mode])
    };
    faults.extend(missing(&modes).map(fault));
    faults
}

/// That everything is allowed, with the modes that are missing beside it; what may be set out of sight is about all.
fn open_to_all(fault: Fault, modes: &[&str]) -> Fault {
    let about: Vec<_> = std::iter::once("AlwaysAllow").chain(missing(modes).map(|(mode, ..)| mode)).collect();
    if fault.doubt { fault } else { fault.about(&about) }
}

/// What should be among the modes and is not.
fn missing(modes: &[&str]) -> impl Iterator<Item = (&'static str, &'static str, Severity)> {
    let wanted = [
        ("RBAC", "no Role or binding has any effect", Severity::Critical),
        ("Node", "kubelets are not kept to what belongs to their own node", Severity::High),
    ];
    wanted.into_iter().filter(|(mode, ..)| !modes.contains(mode)).collect::<Vec<_>>().into_iter()
}
