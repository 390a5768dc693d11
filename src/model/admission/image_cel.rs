//! What the expressions of Kyverno's policies for images make of an image: they are shown one that nobody has signed, and
//! one that is signed by whoever likes to.

use serde_json::{Map, Value, json};

use crate::model::Field;
use crate::model::admission::cel::{self, Scope, Stop};
use crate::model::admission::cel_policy;
use crate::model::admission::ruling::{self, Ruling};
use crate::model::admission::trust::{self, Trust};
use crate::model::admission::value::{self, ANY};

use Ruling::{Admits, Refuses, Unknown};

/// The lists of a pod in which images are looked at.
const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Whose signature the expressions ask for, of an image that stands in these lists of pods.
pub(super) fn asked<'a>(spec: Field<'a>, namespace: &str, image: &str, lists: &[&str]) -> Trust<'a> {
    let Some(policy) = value::of(spec) else { return Trust::Unread };
    let signers: Vec<_> = spec.key("attestors").items().map(|one| (one.key("name").str(), trust::of_attestor(one))).collect();
    let each = lists.iter().map(|list| in_list(&policy, &signers, namespace, image, list));
    each.max_by_key(|trust| match trust {
        Trust::Real => 0,
        Trust::Unread => 1,
        Trust::Anybody(_) => 2,
        Trust::Nothing => 3,
    })
    .unwrap_or(Trust::Unread)
}

fn in_list<'a>(policy: &Value, signers: &[(&str, Trust<'a>)], namespace: &str, image: &str, list: &str) -> Trust<'a> {
    let shown = |has_signed: fn(&Trust<'_>) -> bool| {
        let signed = |name: &Value| signers.iter().any(|(own, trust)| *name == *own && has_signed(trust));
        judge(policy, namespace, image, list, &signed)
    };
    match shown(|_| false) {
        Admits => return Trust::Nothing,
        Unknown => return Trust::Unread,
        Refuses => {}
    }
    let anybody = signers.iter().map(|(_, trust)| *trust).find(|trust| matches!(trust, Trust::Anybody(_)));
    match (shown(|trust| matches!(trust, Trust::Anybody(_))), anybody) {
        (Refuses, _) => {}
        (Admits, Some(anybody)) => return anybody,
        _ => return Trust::Unread,
    }
    match shown(|trust| matches!(trust, Trust::Anybody(_) | Trust::Unread)) {
        Refuses => Trust::Real,
        _ => Trust::Unread,
    }
}

/// What the validations do with a pod that has the image in a list, and perhaps others, where these have signed it.
fn judge(policy: &Value, namespace: &str, image: &str, list: &str, signed: &dyn Fn(&Value) -> bool) -> Ruling {
    let (variables, validations) = (cel_policy::variables(policy), cel_policy::expressions(&policy["validations"]));
    let mut images: Map<_, _> = LISTS.iter().map(|list| ((*list).to_owned(), json!([]))).collect();
    let named = |key: &str| -> Value {
        let names = policy[key].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
        names.map(|name| (name.to_owned(), Value::from(name))).collect::<Map<_, _>>().into()
    };
    // each function says how many of those that it names have signed
    let count = |_: &str, arguments: &[Value]| {
        let names = arguments.last()?.as_array().filter(|_| arguments.first().is_some_and(|of| of == image))?;
        Some(Value::from(names.iter().filter(|name| signed(name)).count()))
    };
    images.insert(list.to_owned(), json!([image, ANY]));
    let (images, attestors, attestations) = (Value::from(images), named("attestors"), named("attestations"));
    let request = json!({"operation": "CREATE", "namespace": namespace});
    let shown = |images: &Value, _: &str| {
        let roots = [("images", images), ("attestors", &attestors), ("attestations", &attestations), ("request", &request)];
        let scope = Scope::new(&roots, &variables).answering(&count);
        ruling::together(validations.iter().map(|one| match one.as_ref().map_or(Err(Stop::Unknown), |one| cel::evaluate(one, &scope)) {
            Ok(Value::Bool(true)) => Admits,
            Ok(Value::Bool(false)) => Refuses,
            _ => Unknown,
        }))
    };
    ruling::shown_to(&shown, &images, "CREATE")
}
