//! Label selectors, as roles that aggregate others write them.

use crate::model::Field;

/// Whether a selector chooses an object whose label of a key `label` gives. An empty one chooses all.
pub(super) fn selects<'l>(selector: Field<'_>, label: impl Fn(&str) -> Option<&'l str>) -> bool {
    let equal = selector.key("matchLabels").entries().into_iter().all(|(key, value)| label(key) == Some(value.str()));
    equal && selector.key("matchExpressions").items().all(|expression| holds(expression, label(expression.key("key").str())))
}

fn holds(expression: Field<'_>, label: Option<&str>) -> bool {
    let mut values = expression.key("values").items().map(Field::str);
    match expression.key("operator").str() {
        "In" => label.is_some_and(|label| values.any(|value| value == label)),
        "NotIn" => label.is_none_or(|label| values.all(|value| value != label)),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}
