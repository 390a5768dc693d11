//! Policy engines that may refuse pods beside Kubernetes' own admission. What they refuse is not read yet: that one is
//! there leaves open what would otherwise be a fault.

use crate::model::{GroupKind, Namespace, Object, kinds};

/// A group, its kinds (none named: each of them), and whether they reach no further than their own namespace.
struct Engine {
    group: &'static str,
    kinds: &'static [&'static str],
    own_namespace: bool,
}

const fn cluster(group: &'static str, kinds: &'static [&'static str]) -> Engine {
    Engine { group, kinds, own_namespace: false }
}

const fn own(group: &'static str, kinds: &'static [&'static str]) -> Engine {
    Engine { group, kinds, own_namespace: true }
}

const ENGINES: &[Engine] = &[
    cluster("kyverno.io", &["ClusterPolicy"]),
    own("kyverno.io", &["Policy"]),
    cluster("policies.kyverno.io", &["ValidatingPolicy"]),
    own("policies.kyverno.io", &["NamespacedValidatingPolicy"]),
    cluster("constraints.gatekeeper.sh", &[]),
    cluster("policies.kubewarden.io", &["ClusterAdmissionPolicy", "ClusterAdmissionPolicyGroup"]),
    own("policies.kubewarden.io", &["AdmissionPolicy", "AdmissionPolicyGroup"]),
    cluster("security.openshift.io", &["SecurityContextConstraints"]),
];

/// All of them.
pub(super) const KINDS: &[GroupKind] = &[
    kinds::VALIDATING_ADMISSION_POLICY,
    kinds::VALIDATING_ADMISSION_POLICY_BINDING,
    GroupKind::new("constraints.gatekeeper.sh", "*"),
    GroupKind::new("kyverno.io", "ClusterPolicy"),
    GroupKind::new("kyverno.io", "Policy"),
    GroupKind::new("policies.kubewarden.io", "AdmissionPolicy"),
    GroupKind::new("policies.kubewarden.io", "AdmissionPolicyGroup"),
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicy"),
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicyGroup"),
    GroupKind::new("policies.kyverno.io", "NamespacedValidatingPolicy"),
    GroupKind::new("policies.kyverno.io", "ValidatingPolicy"),
    GroupKind::new("security.openshift.io", "SecurityContextConstraints"),
];

/// The first policy that may refuse pods in a namespace, for a person: `ClusterPolicy disallow-privileged`.
pub(super) fn first(namespace: &Namespace<'_>) -> Option<String> {
    let evidence = namespace.scan().evidence;
    let mut seen: Vec<_> = evidence.kinds().filter(|(group, kind)| engine(group, kind).is_some()).collect();
    seen.sort_unstable();
    let objects = seen.into_iter().flat_map(|(group, kind)| evidence.named(group, kind));
    let mut reaching = objects.filter(|object| object.world == namespace.world() && reaches(object, namespace.name()));
    reaching.next().map(|object| format!("{} {}", object.kind, object.name)).or_else(|| bound_policy(namespace))
}

fn engine(group: &str, kind: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| engine.group == group && (engine.kinds.is_empty() || engine.kinds.contains(&kind)))
}

fn reaches(object: &Object<'_>, namespace: &str) -> bool {
    let is_own = engine(object.group, object.kind).is_some_and(|engine| engine.own_namespace);
    (!is_own || object.namespace == Some(namespace)) && may_match_pods(object)
}

/// Whether a policy speaks of pods at all: each engine writes its match in its own way, with this word or a star.
fn may_match_pods(object: &Object<'_>) -> bool {
    let spec = object.at("spec");
    let is_for_all = match object.group {
        "constraints.gatekeeper.sh" => !spec.at("match.kinds").exists(),
        "security.openshift.io" => true,
        _ => false,
    };
    let names_pods = |word: &str| word.contains('*') || word.contains("Pod") || word.contains("pods");
    is_for_all || spec.scalars().any(|field| names_pods(field.str()))
}

/// A ValidatingAdmissionPolicy does nothing until a binding names it.
fn bound_policy(namespace: &Namespace<'_>) -> Option<String> {
    let of_kind = |kind: GroupKind| namespace.scan().evidence.of_kind_in(namespace.world(), kind);
    let is_bound = |policy: &Object<'_>| {
        of_kind(kinds::VALIDATING_ADMISSION_POLICY_BINDING).any(|binding| binding.at("spec.policyName").text() == Some(policy.name))
    };
    let policy = of_kind(kinds::VALIDATING_ADMISSION_POLICY).find(|policy| may_match_pods(policy) && is_bound(policy));
    policy.map(|policy| format!("{} {}", policy.kind, policy.name))
}

#[cfg(test)]
mod tests {
    use super::{ENGINES, KINDS};

    #[test]
    fn every_engine_is_among_the_kinds() {
        for engine in ENGINES {
            let kinds = if engine.kinds.is_empty() { &["*"] } else { engine.kinds };
            for kind in kinds {
                assert!(KINDS.iter().any(|known| known.group == engine.group && known.kind == *kind), "{} {kind}", engine.group);
            }
        }
    }
}
