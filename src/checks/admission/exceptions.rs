//! What an exception says of itself, and which namespaces may well be left out.

use crate::checks::Fault;
use crate::model::{Field, Object, Scan, time};
use crate::settings::{Default, Setting};

pub(super) static REASONS: Setting = Setting {
    key: "exception_keys",
    help: "Ends of the names of annotations and labels that give the reason or the owner of a policy exception.",
    default: Default::Strings(&["reason", "owner", "justification", "ticket", "approved-by", "contact"]),
};
pub(super) static ENDS: Setting = Setting {
    key: "expiry_keys",
    help: "Ends of the names of annotations and labels that give the day on which a policy exception ends.",
    default: Default::Strings(&["expires", "expiry", "expiration", "expires-at", "valid-until", "ttl"]),
};

/// Until when an exception holds.
pub(super) enum Kept<'a> {
    /// Until a time that is ahead.
    Ahead,
    /// It is over, for so many days.
    Ended(Field<'a>, i64),
    /// It says something that is no time, such as how long.
    Somehow,
    /// It does not say.
    Nothing,
}

/// Whether an exception has a reason or an owner, and its end.
pub(super) fn kept<'a>(exception: &Object<'a>, scan: &Scan<'_>) -> (bool, Kept<'a>) {
    let places = ["metadata.annotations", "metadata.labels", "spec.properties"].map(|path| exception.at(path));
    let entries: Vec<_> = places.into_iter().filter(|place| place.exists()).flat_map(Field::entries).collect();
    let named = |setting: &'static Setting| {
        let words: Vec<_> = scan.settings.strings(setting).collect();
        entries.iter().find(|(key, value)| !value.is_empty() && words.iter().any(|word| ends_with(key, word))).map(|(_, value)| *value)
    };
    let own = exception.at("spec.expiresAt");
    let end = if own.exists() { Some(own) } else { named(&ENDS) };
    let end = match end.map(|field| (field, time::read(field.str()))) {
        None => Kept::Nothing,
        Some((_, None)) => Kept::Somehow,
        Some((field, Some(then))) if then < scan.now => Kept::Ended(field, time::days(then, scan.now)),
        Some((_, Some(_))) => Kept::Ahead,
    };
    (named(&REASONS).is_some(), end)
}

/// Whether a key is a word, behind its domain or another word.
fn ends_with(key: &str, word: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    name.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with(['-', '_', '.']))
}

/// Names of namespaces that usually hold what runs the cluster.
const INFRASTRUCTURE: &[&str] = &[
    "kyverno",
    "gatekeeper",
    "kubewarden",
    "cert-manager",
    "monitoring",
    "logging",
    "argocd",
    "flux",
    "istio",
    "linkerd",
    "calico",
    "cilium",
    "tigera",
    "cattle",
    "longhorn",
    "rook",
    "falco",
    "trivy",
    "openshift",
    "velero",
];

/// A namespace that is left out, by name or pattern, beyond those of the cluster itself.
pub(super) fn namespace(item: Field<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let name = item.str();
    if name.is_empty() || scan.is_system_namespace(name) || matches!(name, "kube-*" | "kube-node-lease") {
        return None;
    }
    let fault = |said: String| item.fault(said).expected("the namespaces of the cluster itself only");
    let looks_so = name.ends_with("-system") || name.starts_with("kube-") || INFRASTRUCTURE.iter().any(|word| name.starts_with(word));
    Some(if looks_so {
        fault(format!("the namespace {name} is left out: is that needed for all that is in it")).doubt()
    } else if name == "*" {
        fault("every namespace is left out".to_owned())
    } else {
        fault(format!("the namespace {name} is left out"))
    })
}
