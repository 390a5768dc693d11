//! What keeps a pod to the processes and files that it needs: policies of KubeArmor, Tetragon and NeuVector, and profiles.

use crate::model::field::{Field, unnoticed};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{Match, Selector};
use crate::model::sensor::watch::{ARMOR_CLUSTER_POLICY, ARMOR_POLICY, NAMESPACED_TRACING_POLICY, TRACING_POLICY};
use crate::model::{GroupKind, Scan};

/// NeuVector's rules for a namespace, and for several.
pub const VECTOR_RULE: GroupKind = GroupKind::new("neuvector.com", "NvSecurityRule");
/// See [`VECTOR_RULE`].
pub const VECTOR_CLUSTER_RULE: GroupKind = GroupKind::new("neuvector.com", "NvClusterSecurityRule");
/// How KubeArmor is installed, with what it does where nothing is allowed.
pub const ARMOR_CONFIG: GroupKind = GroupKind::new("operator.kubearmor.com", "KubeArmorConfig");

const PROFILES: &str = "security-profiles-operator.x-k8s.io";
/// Profiles of the Security Profiles Operator.
pub const SECCOMP_PROFILE: GroupKind = GroupKind::new(PROFILES, "SeccompProfile");
/// See [`SECCOMP_PROFILE`].
pub const APP_ARMOR_PROFILE: GroupKind = GroupKind::new(PROFILES, "AppArmorProfile");
/// See [`SECCOMP_PROFILE`].
pub const SELINUX_PROFILE: GroupKind = GroupKind::new(PROFILES, "SelinuxProfile");
/// What lays a profile on each pod with an image.
pub const PROFILE_BINDING: GroupKind = GroupKind::new(PROFILES, "ProfileBinding");

/// The kinds that are read.
pub const KINDS: &[GroupKind] = &[
    ARMOR_POLICY,
    ARMOR_CLUSTER_POLICY,
    ARMOR_CONFIG,
    TRACING_POLICY,
    NAMESPACED_TRACING_POLICY,
    VECTOR_RULE,
    VECTOR_CLUSTER_RULE,
    SECCOMP_PROFILE,
    APP_ARMOR_PROFILE,
    SELINUX_PROFILE,
    PROFILE_BINDING,
];

/// How far a pod is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// By nothing.
    No,
    /// Something is held back, or it is not seen how much.
    Partly(&'static str),
    /// To what it is allowed.
    Yes,
}

/// Whether anything of the kind is there at all, or a pod names a profile of its node.
#[must_use]
pub fn is_anywhere(scan: &Scan<'_>) -> bool {
    let evidence = scan.evidence;
    let by_kind = || KINDS.iter().filter(|kind| **kind != ARMOR_CONFIG).any(|kind| evidence.has(*kind));
    let by_pod = || (0..evidence.pods().len() as u32).any(|id| by_profile(&scan.pod(id)) != Held::No);
    *evidence.lazy.restrained.get_or_init(|| by_kind() || unnoticed(by_pod))
}

/// How far a pod of a namespace is held.
#[must_use]
pub fn of_pod<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Held {
    let ways =
        [by_armor(namespace, pod), by_tracing(namespace, pod), by_vector(namespace, pod), by_profile(pod), by_binding(namespace, pod)];
    ways.into_iter().max().unwrap_or(Held::No)
}

/// The policies of a kind that speak of a namespace: its own, or those of the cluster.
fn policies<'a>(namespace: &Namespace<'a>, kind: GroupKind) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
    let (evidence, name) = (namespace.scan().evidence, namespace.name());
    evidence.of_kind_in(namespace.world(), kind).filter(move |policy| policy.namespace.is_none_or(|of| of == name))
}

fn by_armor<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Held {
    let own = policies(namespace, ARMOR_POLICY).filter(|policy| {
        let labels = policy.at("spec.selector.matchLabels").entries();
        labels.iter().all(|(key, value)| is_armors_own(key) || pod.metadata().key("labels").key(key).text() == value.text())
    });
    let wide = policies(namespace, ARMOR_CLUSTER_POLICY).filter(|policy| speaks_of(policy, namespace.name(), pod));
    let mut held = Held::No;
    for policy in own.chain(wide) {
        let found = match action(policy.at("spec")) {
            "Allow" if blocks(namespace) => Held::Yes,
            "Allow" => Held::Partly("KubeArmor only reports what is not allowed, as its default posture is audit"),
            "Block" => Held::Partly("a policy of KubeArmor blocks single actions"),
            _ => Held::No,
        };
        held = held.max(found);
    }
    held
}

/// Labels that KubeArmor itself puts on what it selects.
fn is_armors_own(key: &str) -> bool {
    key.starts_with("kubearmor.io/")
}

/// Whether a policy of the cluster speaks of a pod: it names its namespace or a label of it, or all but others.
fn speaks_of(policy: &Object<'_>, namespace: &str, pod: &Pod<'_>) -> bool {
    let has = |label: &str| label.split_once('=').is_some_and(|(key, value)| pod.metadata().key("labels").key(key).text() == Some(value));
    policy.at("spec.selector.matchExpressions").items().all(|one| {
        let mut values = one.key("values").items();
        let named = match one.key("key").str() {
            "namespace" => values.any(|value| value.str() == namespace),
            "label" => values.any(|value| has(value.str())),
            _ => return true,
        };
        if one.key("operator").str() == "NotIn" { !named } else { named }
    })
}

/// The action of a policy: that of its parts is stronger where they have one.
fn action(spec: Field<'_>) -> &str {
    let parts = ["process", "file"].into_iter().map(|part| spec.key(part).key("action").str());
    let own = parts.chain([spec.key("action").str()]).find(|action| !action.is_empty());
    // the policy blocks where it says nothing
    own.unwrap_or("Block")
}

/// Whether KubeArmor blocks what is not allowed: as the namespace says, else as it is installed; by default it reports.
fn blocks(namespace: &Namespace<'_>) -> bool {
    let said = namespace.documents().map(|document| document.annotation("kubearmor-file-posture")).find(|field| field.exists());
    let installed = || {
        let mut configs = namespace.scan().evidence.of_kind_in(namespace.world(), ARMOR_CONFIG);
        configs.any(|config| config.at("spec.defaultFilePosture").str() == "block")
    };
    said.map_or_else(installed, |posture| posture.str() == "block")
}

/// Actions of Tetragon that stop what was matched.
const STOPPING: &[&str] = &["Sigkill", "Signal", "Override", "NotifyEnforcer", "NotifyKiller"];

fn by_tracing<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Held {
    let mut all = policies(namespace, TRACING_POLICY).chain(policies(namespace, NAMESPACED_TRACING_POLICY));
    let stops = all.any(|policy| {
        let selected = Selector::or_all(policy.at("spec.podSelector")).matches_pod(pod) != Match::No;
        selected && stops(policy)
    });
    if stops { Held::Partly("a policy of Tetragon stops single actions") } else { Held::No }
}

fn stops(policy: &Object<'_>) -> bool {
    let is_mode = |option: &Field<'_>| option.key("name").str() == "policy-mode";
    if policy.at("spec.options").items().find(is_mode).is_some_and(|option| option.key("value").str() == "monitor") {
        return false;
    }
    let hooks = ["kprobes", "lsmhooks", "tracepoints", "uprobes"].into_iter().flat_map(|list| policy.at("spec").key(list).items());
    let mut actions = hooks.flat_map(|hook| {
        let selectors = hook.key("selectors").items();
        selectors.flat_map(|selector| selector.key("matchActions").items().collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    actions.any(|action| STOPPING.contains(&action.key("action").str()))
}

fn by_vector<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Held {
    let mut held = Held::No;
    for rule in policies(namespace, VECTOR_RULE).chain(policies(namespace, VECTOR_CLUSTER_RULE)) {
        let spec = rule.at("spec");
        let fits = fits(spec.at("target.selector.criteria"), namespace, pod);
        // the mode of the group counts where its processes have none of their own
        let own = spec.at("process_profile.mode");
        let mode = if own.exists() { own } else { spec.at("target.policymode") };
        let protects = mode.str() == "Protect";
        let found = match (fits, protects) {
            (Match::Yes, true) => Held::Yes,
            (Match::Yes, false) => Held::Partly("NeuVector learns or reports, and blocks no process"),
            (Match::Unknown, _) => Held::Partly("a rule of NeuVector may select it"),
            (Match::No, _) => Held::No,
        };
        held = held.max(found);
    }
    held
}

/// Whether the criteria of a group of NeuVector select a pod; a service is called by its workload and namespace.
fn fits<'a>(criteria: Field<'a>, namespace: &Namespace<'a>, pod: &Pod<'a>) -> Match {
    let service = format!("{}.{}", pod.object().name, namespace.name());
    let mut all = Match::Yes;
    for one in criteria.items() {
        let value = one.key("value").str();
        let held = match (one.key("key").str(), one.key("op").str()) {
            ("domain" | "namespace", "=" | "") => value == namespace.name(),
            ("service", "=" | "") => value == service,
            _ => {
                all = Match::Unknown;
                true
            }
        };
        if !held {
            return Match::No;
        }
    }
    all
}

/// Profiles of the node that its containers name, each with both of what holds system calls and files.
fn by_profile(pod: &Pod<'_>) -> Held {
    let mut least: Option<Held> = None;
    for container in pod.containers() {
        let is_local = |key: &'static str| container.inherited(key).key("type").str() == "Localhost";
        let selinux = container.inherited("seLinuxOptions").key("type");
        let is_own = selinux.str().ends_with(".process");
        let found = match (is_local("seccompProfile"), is_local("appArmorProfile") || is_own) {
            (true, true) if is_seen(pod, container.inherited("seccompProfile").key("localhostProfile").str()) => Held::Yes,
            (false, false) => Held::No,
            _ => Held::Partly("it names a profile of its node, whose content is not seen, or one for system calls or files alone"),
        };
        least = Some(least.map_or(found, |known| known.min(found)));
    }
    least.unwrap_or(Held::No)
}

/// Whether the profile of an operator is seen, and refuses what it does not list.
fn is_seen(pod: &Pod<'_>, path: &str) -> bool {
    let Some(name) = path.strip_prefix("operator/").and_then(|rest| rest.rsplit('/').next()).and_then(|file| file.strip_suffix(".json"))
    else {
        return false;
    };
    let mut profiles = pod.scan().evidence.of_kind_in(pod.object().world, SECCOMP_PROFILE).filter(|profile| profile.name == name);
    profiles.any(|profile| matches!(profile.at("spec.defaultAction").str(), action if action.starts_with("SCMP_ACT_ERRNO") || action.starts_with("SCMP_ACT_KILL")))
}

fn by_binding<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Held {
    let mut bindings = policies(namespace, PROFILE_BINDING);
    let bound = bindings.any(|binding| {
        let image = binding.at("spec.image").str();
        image == "*" || pod.containers().any(|container| container.image().str() == image)
    });
    if bound { Held::Partly("a ProfileBinding lays one profile on it") } else { Held::No }
}
