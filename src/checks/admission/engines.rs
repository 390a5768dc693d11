//! Policy engines that may refuse pods beside Kubernetes' own admission. What they refuse is not read yet: that one could
//! refuse something leaves open what would otherwise be a fault. One that mutates, audits, warns or is not bound refuses
//! nothing, and leaves nothing open.

use crate::model::glob::glob;
use crate::model::selector::Selector;
use crate::model::{Field, GroupKind, Namespace, Object, Scan, kinds};

/// A group, its kinds (none named: each of them), whether they reach no further than their own namespace, and whether a
/// policy of it refuses what it finds.
struct Engine {
    group: &'static str,
    kinds: &'static [&'static str],
    own_namespace: bool,
    refuses: fn(&Object<'_>, &str) -> bool,
}

const ENGINES: &[Engine] = &[
    Engine { group: "kyverno.io", kinds: &["ClusterPolicy"], own_namespace: false, refuses: kyverno },
    Engine { group: "kyverno.io", kinds: &["Policy"], own_namespace: true, refuses: kyverno },
    Engine { group: "policies.kyverno.io", kinds: &["ValidatingPolicy"], own_namespace: false, refuses: by_actions },
    Engine { group: "policies.kyverno.io", kinds: &["NamespacedValidatingPolicy"], own_namespace: true, refuses: by_actions },
    Engine { group: "constraints.gatekeeper.sh", kinds: &[], own_namespace: false, refuses: gatekeeper },
    Engine {
        group: "policies.kubewarden.io",
        kinds: &["ClusterAdmissionPolicy", "ClusterAdmissionPolicyGroup"],
        own_namespace: false,
        refuses: kubewarden,
    },
    Engine {
        group: "policies.kubewarden.io",
        kinds: &["AdmissionPolicy", "AdmissionPolicyGroup"],
        own_namespace: true,
        refuses: kubewarden,
    },
    // where there are any, OpenShift admits no pod but under one of them
    Engine { group: "security.openshift.io", kinds: &["SecurityContextConstraints"], own_namespace: false, refuses: |_, _| true },
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
    refusing(namespace).next().map(|object| format!("{} {}", object.kind, object.name))
}

/// Whether a world has any policy of an engine, whatever it does.
pub(in crate::checks) fn any(scan: &Scan<'_>, world: u16) -> bool {
    let evidence = scan.evidence;
    let mut seen = evidence.kinds().filter(|(group, kind)| engine(group, kind).is_some());
    seen.any(|(group, kind)| evidence.named(group, kind).any(|object| object.world == world))
        || evidence.of_kind_in(world, kinds::VALIDATING_ADMISSION_POLICY).next().is_some()
}

/// The policies that may refuse pods in a namespace.
pub(in crate::checks) fn refusing<'a>(namespace: &Namespace<'a>) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
    let (evidence, world, name) = (namespace.scan().evidence, namespace.world(), namespace.name());
    let mut seen: Vec<_> = evidence.kinds().filter(|(group, kind)| engine(group, kind).is_some()).collect();
    seen.sort_unstable();
    let objects = seen.into_iter().flat_map(|(group, kind)| evidence.named(group, kind));
    objects.filter(move |object| object.world == world && reaches(object, name)).chain(bound_policies(*namespace))
}

fn engine(group: &str, kind: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| engine.group == group && (engine.kinds.is_empty() || engine.kinds.contains(&kind)))
}

fn reaches(object: &Object<'_>, namespace: &str) -> bool {
    let Some(engine) = engine(object.group, object.kind) else { return false };
    (!engine.own_namespace || object.namespace == Some(namespace)) && (engine.refuses)(object, namespace) && may_match_pods(object)
}

/// Kyverno audits unless told to enforce: for the policy, for a rule, or for some namespaces. Only rules that validate
/// refuse what a pod is.
fn kyverno(policy: &Object<'_>, namespace: &str) -> bool {
    let spec = policy.at("spec");
    if spec.key("admission").bool() == Some(false) {
        return false;
    }
    let enforces = |action: Field<'_>| action.str().eq_ignore_ascii_case("enforce");
    let named = |item: &Field<'_>| {
        let mut namespaces = item.key("namespaces").items();
        item.key("namespaces").is_empty() || namespaces.any(|of| glob(of.str(), namespace))
    };
    // what is said for the namespace wins over what is said for all
    let said = |overrides: Field<'_>, action: Field<'_>| {
        let own = overrides.items().find(named).map(|item| item.key("action"));
        let given = own.unwrap_or(action);
        given.exists().then(|| enforces(given))
    };
    let whole = said(spec.key("validationFailureActionOverrides"), spec.key("validationFailureAction")).unwrap_or(false);
    let mut rules = spec.key("rules").items().map(|rule| rule.key("validate")).filter(|validate| validate.exists());
    rules.any(|validate| said(validate.key("failureActionOverrides"), validate.key("failureAction")).unwrap_or(whole))
}

/// Without an action these deny.
fn by_actions(policy: &Object<'_>, _: &str) -> bool {
    let actions = policy.at("spec.validationActions");
    let asked = policy.at("spec.evaluation.admission.enabled").bool() != Some(false);
    asked && (actions.is_empty() || actions.items().any(|action| action.str() == "Deny"))
}

/// A constraint denies unless told to warn or to do nothing; `scoped` says it for each place of enforcement.
fn gatekeeper(constraint: &Object<'_>, namespace: &str) -> bool {
    let denies = |action: Field<'_>| matches!(action.str(), "" | "deny");
    let action = constraint.at("spec.enforcementAction");
    let scoped = || {
        constraint.at("spec.scopedEnforcementActions").items().any(|item| {
            let mut points = item.key("enforcementPoints").items().map(|point| point.key("name").str());
            denies(item.key("action")) && points.any(|point| matches!(point, "*" | "validation.gatekeeper.sh" | "vap.k8s.io"))
        })
    };
    let listed = |key| constraint.at("spec.match").key(key);
    let in_list = |list: Field<'_>| list.items().any(|of| glob(of.str(), namespace));
    let reaches = !in_list(listed("excludedNamespaces")) && (listed("namespaces").is_empty() || in_list(listed("namespaces")));
    reaches && if action.str() == "scoped" { scoped() } else { denies(action) }
}

/// Without a mode these protect.
fn kubewarden(policy: &Object<'_>, _: &str) -> bool {
    matches!(policy.at("spec.mode").str(), "" | "protect")
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

/// A ValidatingAdmissionPolicy does nothing until a binding names it, and refuses only by one that denies and reaches the
/// namespace.
fn bound_policies<'a>(namespace: Namespace<'a>) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
    let of_kind = move |kind: GroupKind| namespace.scan().evidence.of_kind_in(namespace.world(), kind);
    let refuses = move |policy: &Object<'_>| {
        let mut bindings = of_kind(kinds::VALIDATING_ADMISSION_POLICY_BINDING);
        bindings.any(|binding| binding.at("spec.policyName").text() == Some(policy.name) && denies(binding, &namespace))
    };
    let reaches =
        move |policy: &&Object<'_>| may_match_pods(policy) && selects(policy.at("spec.matchConstraints"), &namespace) && refuses(policy);
    of_kind(kinds::VALIDATING_ADMISSION_POLICY).filter(reaches)
}

fn denies(binding: &Object<'_>, namespace: &Namespace<'_>) -> bool {
    let denies = binding.at("spec.validationActions").items().any(|action| action.str() == "Deny");
    denies && selects(binding.at("spec.matchResources"), namespace)
}

/// Whether its selector of namespaces may hold for this one; labels of a namespace without a document are not known.
fn selects(resources: Field<'_>, namespace: &Namespace<'_>) -> bool {
    let Some(selector) = Selector::given(resources.key("namespaceSelector")) else { return true };
    let by_name = selector.keys().iter().all(|key| *key == "kubernetes.io/metadata.name");
    let mut documents = namespace.documents().peekable();
    if documents.peek().is_none() {
        return !by_name || selector.matches_namespace(namespace.name(), None);
    }
    documents.any(|document| selector.matches_namespace(namespace.name(), Some(document)))
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
