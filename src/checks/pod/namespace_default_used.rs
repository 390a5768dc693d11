//! What lives in `default` shares it with whatever is deployed by mistake.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{GroupKind, Object, Scan, UNSET_NAMESPACE, kinds};

pub(super) static CHECK: Check = Check {
    id: "namespace-default-used",
    title: "workload lives in the default namespace",
    topic: "pod",
    severity: Severity::Low,
    why: "Policies, quotas and roles are drawn around namespaces; `default` collects what nobody placed, so none of them fits it.",
    fix: "Give the object a namespace made for its purpose.",
    blind: "Where a manifest names no namespace, the context of whoever applies it decides.",
    refs: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    maps: &[("cis", &["5.6.4"]), ("cis_v1_9", &["5.7.4"])],
    needs: HOLDING,
    probe: Probe::Namespaced(probe),
    ..Check::BASE
};

/// What counts beside workloads.
const HOLDING: &[GroupKind] = &[kinds::SERVICE, kinds::SECRET, kinds::PERSISTENT_VOLUME_CLAIM];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let holds_something = HOLDING.iter().any(|kind| object.is(*kind));
    if !holds_something && scan.evidence.pods_in(object).is_empty() {
        return Verdict::Skip("no workload, Service, Secret or claim".into());
    }
    if object.is(kinds::SERVICE) && object.name == "kubernetes" {
        return Verdict::Skip("the API server's own Service".into());
    }
    let field = object.at("metadata.namespace");
    match object.namespace {
        Some("default") => {
            field.fault(format!("{} {} is in the namespace default", object.kind, object.name)).expected("another namespace").into()
        }
        Some(UNSET_NAMESPACE) => {
            field.fault("no namespace given: the context of whoever applies it decides").expected("a namespace").doubt().into()
        }
        _ => Verdict::Pass,
    }
}
