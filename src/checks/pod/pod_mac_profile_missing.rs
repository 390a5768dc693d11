//! AppArmor and SELinux hold a process that the kernel's other barriers let through.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, GroupKind, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-mac-profile-missing",
    title: "no AppArmor or SELinux profile is set",
    topic: "pod",
    severity: Severity::Low,
    why: "A mandatory profile keeps a process away from files and calls even as root; where none is named, it hangs on the node whether there is one.",
    fix: "Set `securityContext.appArmorProfile.type: RuntimeDefault`, or on SELinux nodes leave the type alone and prove that they enforce.",
    needs: NODES,
    beside: BINDERS,
    blind: "Whether the node enforces what is set: `getenforce`, or `/sys/kernel/security/apparmor`, tells.",
    refs: &[
        "https://kubernetes.io/docs/tutorials/security/apparmor/",
        "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611"]), ("cwe", &["CWE-732"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

const NODES: &[GroupKind] = &[kinds::NODE];

/// Kinds that give pods a profile from outside.
const BINDERS: &[GroupKind] = &[
    GroupKind::new("security-profiles-operator.x-k8s.io", "ProfileBinding"),
    GroupKind::new("security.kubearmor.com", "KubeArmorPolicy"),
    GroupKind::new("security.kubearmor.com", "KubeArmorClusterPolicy"),
];

fn probe(container: &Container<'_>) -> Verdict {
    if container.pod.is_windows() {
        return Verdict::Skip("a Windows pod".into());
    }
    if container.at("securityContext.privileged").is_true() {
        return Verdict::Skip("a privileged container: no profile applies to it".into());
    }
    if has_profile(container) {
        return Verdict::Pass;
    }
    let field = container.inherited("appArmorProfile");
    let fault = field.fault(format!("container {} names no AppArmor or SELinux profile", container.name()));
    by_nodes(container, fault).into()
}

fn has_profile(container: &Container<'_>) -> bool {
    let selinux = container.inherited("seLinuxOptions");
    let labelled = ["type", "level"].iter().any(|key| !selinux.key(key).is_empty()) && selinux.key("type").text() != Some("spc_t");
    let app_armor = container.inherited("appArmorProfile").key("type").text();
    labelled || matches!(app_armor, Some("RuntimeDefault" | "Localhost")) || has_annotation(container)
}

/// How profiles were named before 1.30, and still are where a template has no field for them.
fn has_annotation(container: &Container<'_>) -> bool {
    let annotations = container.pod.metadata().key("annotations").entries();
    annotations.iter().any(|(key, value)| {
        let named = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/") == Some(container.name());
        named && (value.str() == "runtime/default" || value.str().starts_with("localhost/"))
    })
}

/// Most systems bring a default profile: only nodes seen to have none make the fault certain.
fn by_nodes(container: &Container<'_>, fault: Fault) -> Fault {
    let evidence = container.pod.scan().evidence;
    let object = container.pod.object();
    let fault = fault.expected("appArmorProfile.type: RuntimeDefault");
    let binder = BINDERS.iter().find_map(|kind| {
        let mut found = evidence.of_kind_in(object.world, *kind);
        found.find(|binder| binder.namespace.is_none_or(|namespace| namespace == container.pod.namespace()))
    });
    if let Some(binder) = binder {
        return fault.reworded(|said| format!("{said}; {} {} may give it one", binder.kind, binder.name)).doubt();
    }
    match evidence.nodes().facts(object.world).with_access_control {
        Some(id) => {
            let node = evidence.object(id);
            let system = node.at("status.nodeInfo.osImage").str();
            fault.reworded(|said| format!("{said}; node {} ({system}) usually enforces one: show that it does", node.name)).doubt()
        }
        None => fault.missing(NODES),
    }
}
