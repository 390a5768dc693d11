//! AppArmor and SELinux hold a process that the kernel's other barriers let through.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field, GroupKind, Namespace, Pod, excuse, kinds};

pub(super) static CHECK: Check = Check {
    id: "pod-mac-profile-missing",
    title: "no AppArmor or SELinux profile is set",
    topic: "pod",
    severity: Severity::Low,
    why: "A mandatory profile keeps a process away from files and calls even as root; where none is named, it hangs on the node whether there is one.",
    fix: "Set `securityContext.appArmorProfile.type: RuntimeDefault`, or on SELinux nodes leave the type alone and prove that they enforce.",
    how: "Fails for a pod in which a container has neither `appArmorProfile.type` RuntimeDefault or Localhost (or the annotation for it), nor a `type` (other than spc_t) or `level` under `seLinuxOptions`, where all nodes were seen and no system of theirs is known to enforce a profile by itself. Where a node's system usually does, where not all nodes were seen, or where a ProfileBinding or a KubeArmor policy may supply it, it is for review, once a namespace; a pod that an annotation or a comment excuses is asked by itself. Privileged containers and pods with `os.name: windows` are left out.",
    needs: &[kinds::NODE],
    beside: BINDERS,
    blind: "Whether the node enforces what is set: `getenforce`, or `/sys/kernel/security/apparmor`, tells.",
    refs: &[
        "https://kubernetes.io/docs/tutorials/security/apparmor/",
        "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1611"]), ("cwe", &["CWE-732"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const EXPECTED: &str = "appArmorProfile.type: RuntimeDefault";
/// By which an object says that it is not to count here.
const EXCUSED: &str = "cnscan/excuse.pod-mac-profile-missing";

/// Kinds that give pods a profile from outside.
const BINDERS: &[GroupKind] = &[
    GroupKind::new("security-profiles-operator.x-k8s.io", "ProfileBinding"),
    GroupKind::new("security.kubearmor.com", "KubeArmorPolicy"),
    GroupKind::new("security.kubearmor.com", "KubeArmorClusterPolicy"),
];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let (mut faults, mut doubtful, mut looked_at) = (Vec::new(), 0, false);
    let default = default_of(namespace);
    for pod in namespace.pods().filter(|pod| !pod.is_windows()) {
        let judged: Vec<_> = pod.containers().filter(is_judged).collect();
        let lacking: Vec<_> = judged.iter().filter(|container| !container.has_access_profile()).collect();
        looked_at |= !judged.is_empty();
        match (lacking.as_slice(), &default) {
            ([], _) => {}
            (lacking, None) => faults.push(fault(&pod, lacking)),
            (lacking, Some(default)) if excuse::is_written(&pod, CHECK.id, EXCUSED) => faults.push(asked(&pod, lacking, default)),
            (_, Some(_)) => doubtful += 1,
        }
    }
    if !looked_at {
        return Verdict::Skip("no container in it that a profile could be missing on".into());
    }
    if let (Some(default), true) = (default, doubtful > 0) {
        let pods = if doubtful == 1 { "1 pod names".to_owned() } else { format!("{doubtful} pods name") };
        let said = format!("{pods} no AppArmor or SELinux profile{}: {default}", namespace.after("in"));
        faults.push(namespace.field().fault(said).expected(EXPECTED).doubt());
    }
    faults.into()
}

/// A privileged container gets no profile.
fn is_judged(container: &Container<'_>) -> bool {
    !container.at("securityContext.privileged").is_true()
}

/// A pod on nodes that were all seen and have none to give.
fn fault(pod: &Pod<'_>, lacking: &[&Container<'_>]) -> Fault {
    let it = if lacking.len() == 1 { "it" } else { "them" };
    place(pod, lacking).fault(format!("{}, and no node is known to give {it} one", said(lacking))).expected(EXPECTED)
}

/// A pod that may get one, and of which something is written beside it.
fn asked(pod: &Pod<'_>, lacking: &[&Container<'_>], default: &str) -> Fault {
    place(pod, lacking).fault(format!("{}: {default}", said(lacking))).expected(EXPECTED).doubt()
}

fn place<'a>(pod: &Pod<'a>, lacking: &[&Container<'a>]) -> Field<'a> {
    match lacking {
        [only] => only.inherited("appArmorProfile"),
        _ => pod.at("securityContext").key("appArmorProfile"),
    }
}

fn said(lacking: &[&Container<'_>]) -> String {
    let names: Vec<_> = lacking.iter().map(|container| container.name()).collect();
    match names.as_slice() {
        [only] => format!("container {only} names no AppArmor or SELinux profile"),
        names => format!("containers {} name no AppArmor or SELinux profile", names.join(", ")),
    }
}

/// What may give a profile to a container that names none: the node's runtime does, where the node's system enforces
/// one. That is asked once a namespace, as no pod can answer it. `None`: nothing may.
fn default_of(namespace: &Namespace<'_>) -> Option<String> {
    let (scan, world) = (namespace.scan(), namespace.world());
    let binder = BINDERS.iter().find_map(|kind| {
        let mut found = scan.evidence.of_kind_in(world, *kind);
        found.find(|binder| binder.namespace.is_none_or(|of| of == namespace.name()))
    });
    if let Some(binder) = binder {
        return Some(format!("{} {} may give one", binder.kind, binder.name));
    }
    if let Some(id) = scan.evidence.nodes().facts(world).with_access_control {
        let node = scan.evidence.object(id);
        let system = node.at("status.nodeInfo.osImage").str();
        return Some(format!("node {} ({system}) usually enforces one: show that it does", node.name));
    }
    let all_seen = scan.is_whole(kinds::NODE, None);
    (!all_seen).then(|| "a node whose system enforces one gives it by itself; which nodes there are was not seen".to_owned())
}
