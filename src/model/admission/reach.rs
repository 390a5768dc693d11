//! Which pods of a namespace a policy is about.

use crate::model::Field;
use crate::model::namespace::Namespace;
use crate::model::selector::Selector;

/// Which pods of a namespace are meant, the fewest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reach {
    /// None of them.
    None,
    /// Some of them: these.
    Part(String),
    /// It is not known, for this reason.
    Unsure(String),
    /// Every pod.
    All,
}

/// By the labels of the namespace; those of one without a document are not known, but for its name. Copies that differ
/// leave it open.
pub(super) fn of_selector(selector: Field<'_>, namespace: &Namespace<'_>) -> Reach {
    let Some(selector) = Selector::given(selector).filter(|selector| !selector.selects_all()) else { return Reach::All };
    let is = |holds: bool| if holds { Reach::All } else { Reach::None };
    if selector.keys().iter().all(|key| *key == "kubernetes.io/metadata.name") {
        return is(selector.matches_namespace(namespace.name(), None));
    }
    let said: Vec<_> = namespace.documents().map(|document| selector.matches_namespace(namespace.name(), Some(document))).collect();
    match said.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => is(*first),
        _ => Reach::Unsure("labels of the namespace that are not seen decide".to_owned()),
    }
}
