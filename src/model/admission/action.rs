//! What the policies of each engine do with what they find: refuse it, or only report it.

use crate::model::{Field, Object, kinds};

/// What a policy object does as a whole.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Something of it refuses.
    Refuses,
    /// It only reports, as is said, or left out, here.
    Reports(Field<'a>),
    /// It is not asked at admission, as is said here.
    Unasked(Field<'a>),
    /// Overrides refuse in some namespaces what the rest only reports.
    Mixed(Field<'a>),
    /// It refuses only by the objects that bind it.
    ByBinding,
    /// It mutates, generates or cleans up.
    Other,
}

use Action::{ByBinding, Mixed, Other, Refuses, Reports, Unasked};

/// The action of a policy; `None`: no policy of a known engine.
#[must_use]
pub fn of<'a>(object: &Object<'a>) -> Option<Action<'a>> {
    let spec = object.at("spec");
    match (object.group, object.kind) {
        ("kyverno.io", "ClusterPolicy" | "Policy") => Some(kyverno(spec)),
        ("policies.kyverno.io", kind) if kind.ends_with("ValidatingPolicy") => Some(by_actions(spec)),
        ("constraints.gatekeeper.sh", _) => Some(gatekeeper(spec)),
        ("policies.kubewarden.io", kind) if kind.contains("AdmissionPolicy") => Some(one_of(spec.key("mode"), &["", "protect"])),
        ("policy.sigstore.dev", "ClusterImagePolicy") => Some(one_of(spec.key("mode"), &["", "enforce"])),
        _ if object.is(kinds::VALIDATING_ADMISSION_POLICY) => Some(ByBinding),
        _ => None,
    }
}

fn one_of<'a>(mode: Field<'a>, refusing: &[&str]) -> Action<'a> {
    if refusing.contains(&mode.str()) { Refuses } else { Reports(mode) }
}

/// Rules that validate, or verify images, audit unless told to enforce: each, or the policy for all.
fn kyverno(spec: Field<'_>) -> Action<'_> {
    let rules = || spec.key("rules").items();
    let validating = rules().map(|rule| rule.key("validate")).filter(|validate| validate.exists());
    let verifying = rules().flat_map(|rule| rule.key("verifyImages").items());
    let judging: Vec<_> = validating.chain(verifying).collect();
    if judging.is_empty() {
        return Other;
    }
    let admission = spec.key("admission");
    if admission.bool() == Some(false) {
        return Unasked(admission);
    }
    let enforces = |action: Field<'_>| action.str().eq_ignore_ascii_case("enforce");
    let whole = spec.key("validationFailureAction");
    let own: Vec<_> = judging.iter().map(|rule| rule.key("failureAction")).collect();
    if own.iter().any(|action| if action.exists() { enforces(*action) } else { enforces(whole) }) {
        return Refuses;
    }
    let lists = judging.iter().map(|rule| rule.key("failureActionOverrides")).chain([spec.key("validationFailureActionOverrides")]);
    let some = lists.flat_map(Field::items).map(|item| item.key("action")).find(|action| enforces(*action));
    let said = own.iter().copied().find(|action| action.exists()).unwrap_or(whole);
    some.map_or(Reports(said), Mixed)
}

/// Without an action these deny.
fn by_actions(spec: Field<'_>) -> Action<'_> {
    let (asked, actions) = (spec.at("evaluation.admission.enabled"), spec.key("validationActions"));
    if asked.bool() == Some(false) {
        return Unasked(asked);
    }
    if actions.is_empty() || actions.items().any(|action| action.str() == "Deny") { Refuses } else { Reports(actions) }
}

/// A constraint denies unless told otherwise; `scoped` says it for each place of enforcement.
fn gatekeeper(spec: Field<'_>) -> Action<'_> {
    let action = spec.key("enforcementAction");
    if action.str() != "scoped" {
        return one_of(action, &["", "deny"]);
    }
    let scoped = spec.key("scopedEnforcementActions");
    let denies = scoped.items().any(|item| {
        let mut points = item.key("enforcementPoints").items().map(|point| point.key("name").str());
        item.key("action").str() == "deny" && points.any(|point| matches!(point, "*" | "validation.gatekeeper.sh" | "vap.k8s.io"))
    });
    if denies { Refuses } else { Reports(scoped) }
}

/// Whether something of a policy refuses what it finds.
#[must_use]
pub fn refuses(object: &Object<'_>) -> bool {
    matches!(of(object), Some(Refuses | Mixed(_)))
}
