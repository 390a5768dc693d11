//! Admission webhooks: whose they are, what they are asked about, what runs behind them.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::rbac::Rule;
use crate::model::scan::Scan;
use crate::model::{kinds, service};

/// How the names end (or, before the suffixes that the engine adds, go on) under which engines register.
const POLICY: &[&str] = &[
    "validation.gatekeeper.sh",
    "mutation.gatekeeper.sh",
    "check-ignore-label.gatekeeper.sh",
    "validate.kyverno.svc",
    "mutate.kyverno.svc",
    "policy.sigstore.dev",
    ".kubewarden.admission",
    "connaisseur-svc.connaisseur.svc",
];

/// Those that add a proxy or secrets to pods.
const INJECTORS: &[&str] = &["sidecar-injector.istio.io", "linkerd-proxy-injector.linkerd.io", "vault.hashicorp.com"];

/// The webhook that keeps [`GUARDED_LABEL`] from being set by anybody.
const LABEL_GUARD: &str = "check-ignore-label.gatekeeper.sh";

/// The label by which Gatekeeper leaves out namespaces.
pub const GUARDED_LABEL: &str = "admission.gatekeeper.sh/ignore";

/// What a webhook is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It refuses, or mends, what policy forbids.
    Policy,
    /// It adds a proxy or secrets to pods.
    Injector,
}

/// The role of a webhook by its name, which engines give and read back themselves; `None` for any other.
#[must_use]
pub fn role<'s>(name: &str, mut more: impl Iterator<Item = &'s str>) -> Option<Role> {
    // Kyverno appends `-fail`, `-ignore` and the names of policies
    let is = |known: &str| name.ends_with(known) || known.ends_with(".svc") && name.starts_with(&format!("{known}-"));
    if POLICY.iter().any(|known| is(known)) || more.any(is) {
        return Some(Role::Policy);
    }
    INJECTORS.iter().any(|known| is(known)).then_some(Role::Injector)
}

/// Whether a rule is about an operation on a resource of the core group that namespaces have: `*` stands for resources without their
/// subresources, `*/*` for all, `pods/*` for those of pods.
#[must_use]
pub fn asks(rule: Field<'_>, operation: &str, resource: &str) -> bool {
    let has = |list: &'static str, wanted: &dyn Fn(&str) -> bool| rule.key(list).items().any(|item| wanted(item.str()));
    let is_sub = resource.contains('/');
    // pods are not of the cluster, and of the first version
    rule.key("scope").str() != "Cluster"
        && has("apiGroups", &|group| matches!(group, "" | "*"))
        && has("apiVersions", &|version| matches!(version, "v1" | "*"))
        && has("operations", &|listed| listed == "*" || listed == operation)
        && has("resources", &|listed| match listed {
            "*/*" => true,
            "*" => !is_sub,
            "pods/*" => is_sub,
            "*/ephemeralcontainers" => resource.ends_with("/ephemeralcontainers"),
            listed => listed == resource,
        })
}

/// The rule by which pods get past webhooks that are asked when one is made, and the list of it that lacks something:
/// `operations` when not on updates, `resources` when not about ephemeral containers. An engine that is not asked about
/// pods at all has other policies.
#[must_use]
pub fn pods_slip_past<'a>(webhooks: &[Field<'a>]) -> Option<(Field<'a>, &'static str)> {
    let rules = || webhooks.iter().flat_map(|webhook| webhook.key("rules").items());
    let pods = rules().find(|rule| asks(*rule, "CREATE", "pods"))?;
    let needed = [("pods", "operations"), ("pods/ephemeralcontainers", "resources")];
    let lacking = needed.into_iter().find(|(resource, _)| !rules().any(|rule| asks(rule, "UPDATE", resource)));
    lacking.map(|(_, list)| (pods, list))
}

/// Whether a webhook of Gatekeeper guards the label that leaves out namespaces.
#[must_use]
pub fn guards_label(webhook: Field<'_>) -> bool {
    webhook.key("name").str() == LABEL_GUARD && webhook.key("failurePolicy").str() != "Ignore"
}

/// People who may change any namespace, other than by being allowed everything.
#[must_use]
pub fn who_labels_namespaces(world: u16, evidence: &Evidence<'_>) -> Option<String> {
    let rbac = evidence.rbac();
    let changes = |rule: &Rule<'_>| !rule.is_all() && ["update", "patch"].iter().any(|verb| rule.allows(verb, "", "namespaces", ""));
    let mut bindings = rbac.bindings().iter().filter(|binding| binding.world == world && binding.namespace.is_none());
    bindings.find_map(|binding| {
        let people = binding.subjects.iter().find(|subject| subject.identity.is_people())?;
        rbac.rules_of(binding).any(|(_, rule)| changes(rule)).then(|| people.identity.to_string())
    })
}

/// The Deployment behind a webhook, where it is the only thing there.
#[must_use]
pub fn deployment<'a>(world: u16, webhook: Field<'_>, scan: &'a Scan<'a>) -> Option<&'a Object<'a>> {
    let (name, namespace) = (webhook.at("clientConfig.service.name"), webhook.at("clientConfig.service.namespace"));
    let mut services = scan.evidence.of_kind_in(world, kinds::SERVICE);
    let service = services.find(|service| service.name == name.str() && service.namespace == namespace.text())?;
    let behind: Vec<_> = scan.namespace(world, namespace.str())?.pods().filter(|pod| service::selects(service, pod)).collect();
    let [only] = behind.as_slice() else { return None };
    Some(only.object()).filter(|object| object.is(kinds::DEPLOYMENT))
}
