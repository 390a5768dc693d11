//! A policy that only reports is a step of its roll-out; it becomes a fault when it stays.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::admission::action::{self, Action};
use crate::model::admission::kinds as engines;
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "admission-policy-audit-only",
    title: "policy reports but does not refuse",
    topic: "admission",
    severity: Severity::Low,
    why: "What a policy only audits or warns of is let in; who reads the reports late, or never, finds the fault in production.",
    fix: "Set the action to enforce (Kyverno `Enforce`, Gatekeeper `deny`, admission policies `Deny`) once the reports are clean.",
    how: "Fails for a policy that refuses nothing: of Kyverno without `Enforce` (the default is Audit) or with `admission: false`, of Gatekeeper with another action than deny, of Kubewarden in mode monitor, of Sigstore in mode warn, with `validationActions` but no Deny, and a ValidatingAdmissionPolicy that no binding with Deny names. For review: overrides that refuse in some namespaces alone, and bindings that may be out of sight. Does not apply to policies that mutate, generate or clean up, nor to other kinds.",
    blind: "How long it has been so, and whether the engine itself is there: admission-webhook-fails-open looks at its webhooks.",
    assurance: Assurance::Enforcement,
    needs: BINDINGS,
    beside: engines::WITH_ACTION,
    refs: &[
        "https://kyverno.io/docs/policy-types/cluster-policy/validate/",
        "https://open-policy-agent.github.io/gatekeeper/website/docs/violations/",
        "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
    ],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("cwe", &["CWE-693"])],
    probe: Probe::Any(probe),
    ..Check::BASE
};

const BINDINGS: &[GroupKind] = &[kinds::VALIDATING_ADMISSION_POLICY_BINDING];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let fault =
        |field: Field<'_>, said: &str| field.fault(format!("{} {} {said}", object.kind, object.name)).expected("an action that refuses");
    match action::of(object) {
        None => Verdict::Skip("no policy of a known engine".into()),
        Some(Action::Other) => Verdict::Skip("a policy that judges nothing: it mutates, generates or cleans up".into()),
        Some(Action::Refuses) => Verdict::Pass,
        Some(Action::Reports(field)) => fault(field, "reports what it finds, and lets it in").into(),
        Some(Action::Unasked(field)) => fault(field, "is not asked when objects are admitted").into(),
        Some(Action::Mixed(field)) => fault(field, "refuses in some namespaces only: is that all that it is for").doubt().into(),
        Some(Action::ByBinding) => by_binding(object, scan),
    }
}

/// A ValidatingAdmissionPolicy does what its bindings say, and nothing without one.
fn by_binding(policy: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let bindings = scan.evidence.of_kind_in(policy.world, kinds::VALIDATING_ADMISSION_POLICY_BINDING);
    let own: Vec<_> = bindings.filter(|binding| binding.at("spec.policyName").text() == Some(policy.name)).collect();
    let actions = |binding: &&&Object<'_>| binding.at("spec.validationActions").items().any(|action| action.str() == "Deny");
    if own.iter().any(|binding| actions(&binding)) {
        return Verdict::Pass;
    }
    let fault = match own.first() {
        Some(binding) => {
            let said = format!("binding {} of policy {} reports what it finds, and lets it in", binding.name, policy.name);
            binding.at("spec.validationActions").fault(said)
        }
        None => policy.at("metadata.name").fault(format!("nothing binds policy {}, so that it does nothing", policy.name)),
    };
    fault.expected("a binding with the action Deny").missing(BINDINGS).into()
}
