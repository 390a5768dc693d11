//! Policies in CEL: those of Kubernetes with their bindings, and Kyverno's.

use serde_json::{Value, json};

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::cel::{self, Expr, Scope, Stop};
use crate::model::admission::reach::{Reach, of_selector};
use crate::model::admission::ruling::{self, Ruling, Rulings};
use crate::model::admission::sample::GOOD;
use crate::model::admission::{kinds, value};
use crate::model::namespace::Namespace;
use crate::model::selector::Selector;
use crate::model::{Field, Object, kinds as k8s, webhook};

use Ruling::{Admits, Refuses, Unknown};

/// The expressions of a list of conditions or validations; `None` for one that is not understood.
pub(super) fn expressions(list: &Value) -> Vec<Option<Expr>> {
    list.as_array().into_iter().flatten().map(|item| cel::parse(item["expression"].as_str()?)).collect()
}

/// The variables of a policy, up to the first that is not understood.
pub(super) fn variables(spec: &Value) -> Vec<(String, Expr)> {
    let one = |item: &Value| Some((item["name"].as_str()?.to_owned(), cel::parse(item["expression"].as_str()?)?));
    spec["variables"].as_array().into_iter().flatten().map_while(one).collect()
}

/// What expressions do with a pod; an error in one refuses it, unless the policy ignores that.
pub(super) fn judge(
    conditions: &[Option<Expr>],
    variables: &[(String, Expr)],
    validations: &[Option<Expr>],
    pod: &Value,
    operation: &str,
    ignores: bool,
) -> Ruling {
    let (request, nothing) = (json!({"operation": operation}), Value::Null);
    let before = if operation == "CREATE" { &nothing } else { &*GOOD };
    let roots = [("object", pod), ("oldObject", before), ("request", &request)];
    let scope = Scope::new(&roots, variables);
    let truth = |one: &Option<Expr>| match one.as_ref().map_or(Err(Stop::Unknown), |one| cel::evaluate(one, &scope)) {
        Ok(Value::Bool(holds)) => Ok(holds),
        Ok(_) => Err(Stop::Error),
        Err(stop) => Err(stop),
    };
    let on_error = if ignores { Admits } else { Refuses };
    let mut unsure = false;
    for condition in conditions {
        match truth(condition) {
            Ok(true) => {}
            Ok(false) => return Admits,
            Err(Stop::Error) => return on_error,
            Err(Stop::Unknown) => unsure = true,
        }
    }
    let ruled = validations.iter().map(|validation| match truth(validation) {
        Ok(true) => Admits,
        Ok(false) => Refuses,
        Err(Stop::Error) => on_error,
        Err(Stop::Unknown) => Unknown,
    });
    match ruling::together(ruled) {
        Refuses if unsure => Unknown,
        ruling => ruling,
    }
}

/// What a policy refuses where it is in force.
pub(super) fn rulings(policy: &Object<'_>, shown: &Catalogue) -> Rulings {
    let Some(spec) = value::of(policy.at("spec")) else { return ruling::unknown(shown) };
    let (conditions, validations) = (expressions(&spec["matchConditions"]), expressions(&spec["validations"]));
    let (variables, ignores) = (variables(&spec), spec["failurePolicy"] == "Ignore");
    ruling::by_samples(shown, &spec, |pod, operation| judge(&conditions, &variables, &validations, pod, operation, ignores))
}

/// Which pods of a namespace a policy of Kubernetes refuses: by each binding that denies. Ephemeral containers come by an
/// update of a subresource, which has to be named.
pub(super) fn reach(policy: &Object<'_>, namespace: &Namespace<'_>, ephemeral: bool) -> Reach {
    let bindings = namespace.scan().evidence.of_kind_in(policy.world, k8s::VALIDATING_ADMISSION_POLICY_BINDING);
    let own = bindings.filter(|binding| binding.at("spec.policyName").text() == Some(policy.name));
    let denying = own.filter(|binding| binding.at("spec.validationActions").items().any(|action| action.str() == "Deny"));
    let of = |binding: &Object<'_>| {
        let reach = resources(binding.at("spec.matchResources"), namespace, ephemeral, true);
        let lacks = lacks_parameters(policy, binding, namespace);
        if lacks { reach.min(Reach::Unsure("its parameters were not seen, without which it lets everything in".to_owned())) } else { reach }
    };
    let bound = denying.map(of).max();
    bound.unwrap_or(Reach::None).min(resources(policy.at("spec.matchConstraints"), namespace, ephemeral, false))
}

/// Whether a binding names parameters that are not seen, and lets everything in where they are not there.
fn lacks_parameters(policy: &Object<'_>, binding: &Object<'_>, namespace: &Namespace<'_>) -> bool {
    let (kind, reference) = (policy.at("spec.paramKind"), binding.at("spec.paramRef"));
    if !kind.exists() || !reference.exists() || reference.key("parameterNotFoundAction").str() == "Deny" {
        return false;
    }
    let group = kind.key("apiVersion").str().rsplit_once('/').map_or("", |(group, _)| group);
    let (name, place) = (reference.key("name"), reference.key("namespace").text().unwrap_or(namespace.name()));
    let is_one = |object: &Object<'_>| {
        object.world == policy.world
            && name.text().is_none_or(|name| name == object.name)
            && object.namespace.is_none_or(|own| own == place)
    };
    !namespace.scan().evidence.named(group, kind.key("kind").str()).any(is_one)
}

/// The same for a policy of Kyverno, which needs no binding.
pub(super) fn reach_unbound(policy: &Object<'_>, namespace: &Namespace<'_>) -> Reach {
    let spec = policy.at("spec");
    let is_namespaced = policy.is(kinds::NAMESPACED_VALIDATING_POLICY) || policy.is(kinds::NAMESPACED_IMAGE_POLICY);
    if is_namespaced && policy.namespace != Some(namespace.name()) || spec.at("evaluation.mode").str() == "JSON" {
        return Reach::None;
    }
    let evidence = namespace.scan().evidence;
    let mut exceptions = evidence.of_kind_in(policy.world, kinds::CEL_EXCEPTION);
    let whole = exceptions.find(|exception| {
        let spec = exception.at("spec");
        let narrow = ["matchConditions", "images", "allowedValues"].iter().any(|key| !spec.key(key).is_empty());
        let mut named = spec.key("policyRefs").items();
        !narrow && named.any(|of| of.key("name").str() == policy.name && of.key("kind").str() == policy.kind)
    });
    let reach = resources(spec.key("matchConstraints"), namespace, false, is_namespaced);
    match whole {
        Some(exception) => reach.min(Reach::Unsure(format!("PolicyException {} takes everything out", exception.name))),
        None => reach,
    }
}

/// Which pods rules for resources, and selectors, take; without any rule a binding takes what its policy does.
fn resources(given: Field<'_>, namespace: &Namespace<'_>, ephemeral: bool, is_binding: bool) -> Reach {
    let (operation, resource) = if ephemeral { ("UPDATE", "pods/ephemeralcontainers") } else { ("CREATE", "pods") };
    let takes = |key| given.key(key).items().any(|rule| webhook::asks(rule, operation, resource) && rule.key("resourceNames").is_empty());
    let by_rule = takes("resourceRules") || is_binding && given.key("resourceRules").is_empty();
    if !by_rule || takes("excludeResourceRules") {
        return Reach::None;
    }
    let by_label = Selector::given(given.key("objectSelector")).is_some_and(|selector| !selector.selects_all());
    let all = if by_label { Reach::Unsure("labels of the pod, which its author sets, decide".to_owned()) } else { Reach::All };
    all.min(of_selector(given.key("namespaceSelector"), namespace))
}
