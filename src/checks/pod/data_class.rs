//! What the owner says of the data that a workload handles, by labels on it or on its namespace.

use crate::model::{Field, Pod};
use crate::settings::{Default, Setting};

/// Labels that name a class of data.
pub(in crate::checks) static CLASS_LABELS: Setting = Setting {
    key: "data_class_labels",
    help: "Labels on pods or namespaces whose value is the class of the data they handle.",
    default: Default::Strings(&["data-classification", "data-sensitivity", "compliance"]),
};

/// Classes that need no protection.
pub(in crate::checks) static PUBLIC_CLASSES: Setting = Setting {
    key: "public_data_classes",
    help: "Values of those labels that stand for data which anybody may see; every other value is sensitive.",
    default: Default::Strings(&["public", "none", "low", "unclassified"]),
};

/// The class of a pod's data.
#[derive(Debug, Clone, Copy)]
pub(in crate::checks) enum DataClass<'a> {
    /// Nobody said.
    Undeclared,
    /// Anybody may see it.
    Public,
    /// Of this class.
    Sensitive(&'a str),
}

/// What the pod's labels say, else those of its namespace.
pub(in crate::checks) fn of<'a>(pod: &Pod<'a>) -> DataClass<'a> {
    let scan = pod.scan();
    let labels = pod.metadata().key("labels");
    let own = declared(pod, labels);
    let inherited = || {
        let namespace = scan.namespace(pod.object().world, pod.namespace())?;
        namespace.documents().find_map(|document| declared(pod, document.at("metadata.labels")))
    };
    match own.or_else(inherited) {
        None => DataClass::Undeclared,
        Some(class) if scan.settings.strings(&PUBLIC_CLASSES).any(|public| public.eq_ignore_ascii_case(class)) => DataClass::Public,
        Some(class) => DataClass::Sensitive(class),
    }
}

fn declared<'a>(pod: &Pod<'a>, labels: Field<'a>) -> Option<&'a str> {
    let keys = pod.scan().settings.strings(&CLASS_LABELS);
    let mut found = keys.filter_map(|key| labels.key(key).text());
    found.find(|class| !class.is_empty())
}
