//! Without a quota one tenant can take the cluster's resources; without limits one container can take the tenant's.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Namespace, Object, kinds};

pub(super) static CHECK: Check = Check {
    id: "namespace-quota-missing",
    title: "namespace has no ResourceQuota or LimitRange",
    topic: "pod",
    severity: Severity::Low,
    why: "A quota bounds what a namespace can take from the others; a LimitRange gives every container a bound that its author forgot.",
    fix: "Add a ResourceQuota on CPU, memory and object counts, and a LimitRange of type Container.",
    how: "Fails for a namespace with workloads where no ResourceQuota without scopes, or set of them, bounds CPU and memory (`cpu`, `requests.cpu` or `limits.cpu`, and so for memory) and numbers of objects (`pods`, `services`, `count/…` and the like), or where no LimitRange has an item of type Container. For review: quotas with scopes, quotas of OpenShift, Kueue and the hierarchical namespace controller, which are not read, and input that may be a part of the cluster. Does not apply to system namespaces and those without workloads.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::RESOURCE_QUOTA, kinds::LIMIT_RANGE],
    beside: OTHERS,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &["https://kubernetes.io/docs/concepts/policy/resource-quotas/", "https://kubernetes.io/docs/concepts/policy/limit-range/"],
    maps: &[("owasp_k8s_2022", &["K04"]), ("cwe", &["CWE-770"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const QUOTA: &[GroupKind] = &[kinds::RESOURCE_QUOTA];
const LIMITS: &[GroupKind] = &[kinds::LIMIT_RANGE];

/// Quotas over several namespaces, which are not read yet.
const OTHERS: &[GroupKind] = &[
    GroupKind::new("quota.openshift.io", "ClusterResourceQuota"),
    GroupKind::new("hnc.x-k8s.io", "HierarchicalResourceQuota"),
    GroupKind::new("kueue.x-k8s.io", "ClusterQueue"),
];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods().next().is_none() {
        return Verdict::Skip("no workload in it".into());
    }
    quota(namespace).into_iter().chain(limits(namespace)).collect()
}

fn quota(namespace: &Namespace<'_>) -> Option<Fault> {
    let quotas: Vec<_> = namespace.objects().filter(|object| object.is(kinds::RESOURCE_QUOTA)).collect();
    let bounds = |object: &Object<'_>| bounds_compute(object.at("spec.hard")) && bounds_objects(object.at("spec.hard"));
    if quotas.iter().any(|quota| bounds(quota) && !is_scoped(quota)) {
        return None;
    }
    // several quotas may bound what none of them bounds alone
    let whole: Vec<_> = quotas.iter().filter(|quota| !is_scoped(quota)).map(|quota| quota.at("spec.hard")).collect();
    if whole.iter().any(|hard| bounds_compute(*hard)) && whole.iter().any(|hard| bounds_objects(*hard)) {
        return None;
    }
    if let Some(scoped) = quotas.iter().find(|quota| bounds(quota)) {
        let field = scoped.at(if scoped.at("spec.scopes").exists() { "spec.scopes" } else { "spec.scopeSelector" });
        return Some(field.fault("the quota covers only the pods of its scopes").expected("a quota without scopes").doubt());
    }
    let said = match quotas.first() {
        Some(_) => "no quota bounds both compute resources and object counts",
        None => "no ResourceQuota in the namespace",
    };
    let field = quotas.first().map_or(namespace.field(), |quota| quota.at("spec.hard"));
    let fault = field.fault(said).expected("a ResourceQuota on cpu, memory and object counts");
    let evidence = namespace.scan().evidence;
    let other = OTHERS.iter().find_map(|kind| evidence.of_kind_in(namespace.world(), *kind).next());
    Some(match other {
        Some(other) => fault.reworded(|said| format!("{said}; {} {} is not read, and may bound it", other.kind, other.name)).doubt(),
        None => fault.missing(QUOTA),
    })
}

fn limits(namespace: &Namespace<'_>) -> Option<Fault> {
    let ranges = namespace.objects().filter(|object| object.is(kinds::LIMIT_RANGE));
    let covers = ranges.flat_map(|range| range.at("spec.limits").items()).any(|limit| limit.key("type").text() == Some("Container"));
    let fault = || {
        namespace.field().fault("no LimitRange for containers in the namespace").expected("a LimitRange of type Container").missing(LIMITS)
    };
    (!covers).then(fault)
}

fn is_scoped(quota: &Object<'_>) -> bool {
    !quota.at("spec.scopes").is_empty() || !quota.at("spec.scopeSelector").is_empty()
}

fn bounds_compute(hard: Field<'_>) -> bool {
    let has = |resource: &str| {
        hard.entries().iter().any(|(key, _)| {
            *key == resource || key.split_once('.').is_some_and(|(kind, rest)| matches!(kind, "limits" | "requests") && rest == resource)
        })
    };
    has("cpu") && has("memory")
}

fn bounds_objects(hard: Field<'_>) -> bool {
    let counts = ["pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "replicationcontrollers"];
    hard.entries().iter().any(|(key, _)| key.starts_with("count/") || counts.contains(key))
}
