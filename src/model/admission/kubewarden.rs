//! Kubewarden: policies by the module that they run.

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::reach::{Reach, of_selector};
use crate::model::admission::ruling::{self, Ruling, Rulings};
use crate::model::admission::{action, value};
use crate::model::image::Image;
use crate::model::namespace::Namespace;
use crate::model::selector::Selector;
use crate::model::{Object, webhook};

use Ruling::{Admits, Refuses, Unknown};

/// Modules of the project that are about something else than what a pod may do on its node.
const OTHERS: &[&str] = &[
    "allowed-fsgroups-psp",
    "annotations",
    "container-resources",
    "deprecated-api-versions",
    "disallow-service-loadbalancer",
    "disallow-service-nodeport",
    "env-variable-secrets-scanner",
    "environment-variable-policy",
    "image-cve-policy",
    "ingress",
    "labels",
    "pod-ndots",
    "pod-runtime",
    "priority-class-policy",
    "probes",
    "readonly-root-filesystem-psp",
    "safe-annotations",
    "safe-labels",
    "trusted-repos",
    "unique-ingress",
    "unique-service-selector-policy",
    "verify-image-signatures",
];

/// Modules of the project, and the controls that they speak of.
const KNOWN: &[(&str, &[&str])] = &[
    ("allow-privilege-escalation-psp", &["allowPrivilegeEscalation"]),
    ("allowed-proc-mount-types-psp", &["procMount", "procMount_restricted"]),
    ("apparmor-psp", &["appArmorProfile"]),
    ("capabilities-psp", &["capabilities_baseline", "capabilities_restricted"]),
    ("host-namespaces-psp", &["hostNamespaces", "hostPorts"]),
    ("hostpaths-psp", &["hostPathVolumes", "restrictedVolumes"]),
    ("pod-privileged", &["privileged"]),
    ("seccomp-psp", &["seccompProfile_baseline", "seccompProfile_restricted"]),
    ("selinux-psp", &["seLinuxOptions"]),
    ("sysctl-psp", &["sysctls"]),
    ("user-group-psp", &["runAsNonRoot", "runAsUser"]),
    ("volumes-psp", &["hostPathVolumes", "restrictedVolumes"]),
];

/// What a policy refuses where it is in force: two modules are known well enough, others by what they speak of.
pub(super) fn rulings(policy: &Object<'_>, shown: &Catalogue) -> Rulings {
    let module = policy.at("spec.module").str();
    let reference = module.split_once("://").map_or(module, |(_, rest)| rest);
    let Ok(image) = Image::parse(reference) else { return ruling::unknown(shown) };
    let name = image.base_name();
    if OTHERS.contains(&name) {
        return ruling::by_knowledge(shown, |_, _| Admits);
    }
    let Some((_, controls)) = KNOWN.iter().find(|(known, _)| *known == name) else { return ruling::unknown(shown) };
    let settings = value::of(policy.at("spec.settings")).unwrap_or_default();
    ruling::by_knowledge(shown, |control, sample| match name {
        _ if !controls.contains(&control.name) => Admits,
        "pod-privileged" if sample.what.contains("init") && settings["skip_init_containers"] == true => Admits,
        "pod-privileged" if sample.ephemeral && settings["skip_ephemeral_containers"] == true => Admits,
        "pod-privileged" => Refuses,
        "host-namespaces-psp" => {
            let key = match sample.what.as_str() {
                "hostPID" => "allow_host_pid",
                "hostIPC" => "allow_host_ipc",
                "hostNetwork" => "allow_host_network",
                _ if settings["allow_host_ports"].as_array().is_none_or(Vec::is_empty) => return Refuses,
                _ => return Unknown,
            };
            if settings[key] == true { Admits } else { Refuses }
        }
        _ => Unknown,
    })
}

/// Which pods of a namespace a policy refuses.
pub(super) fn reach(policy: &Object<'_>, namespace: &Namespace<'_>, ephemeral: bool) -> Reach {
    if action::refuses(policy) { about(policy, namespace, ephemeral) } else { Reach::None }
}

/// Which pods of a namespace a policy is asked about.
pub(super) fn about(policy: &Object<'_>, namespace: &Namespace<'_>, ephemeral: bool) -> Reach {
    let own = policy.kind.starts_with("Cluster") || policy.namespace == Some(namespace.name());
    let (operation, resource) = if ephemeral { ("UPDATE", "pods/ephemeralcontainers") } else { ("CREATE", "pods") };
    let spec = policy.at("spec");
    let asked = spec.key("rules").items().any(|rule| webhook::asks(rule, operation, resource));
    if !own || !asked {
        return Reach::None;
    }
    let by_label = Selector::given(spec.key("objectSelector")).is_some_and(|selector| !selector.selects_all());
    let all = match () {
        () if by_label => Reach::Unsure("labels of the pod, which its author sets, decide".to_owned()),
        () if !spec.key("matchConditions").is_empty() => Reach::Unsure("its conditions are not read".to_owned()),
        () => Reach::All,
    };
    all.min(of_selector(spec.key("namespaceSelector"), namespace))
}
