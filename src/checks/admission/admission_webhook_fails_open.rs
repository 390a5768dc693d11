//! A policy that is skipped when its webhook does not answer, or when a label says so, is no policy.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::selector::Selector;
use crate::model::{Field, Object, Scan, kinds, service};
use crate::settings::{Default, Setting};

static ENGINES: Setting = Setting {
    key: "policy_webhooks",
    help: "Ends of the names of webhooks that enforce security policy, beside those of the engines that are known.",
    default: Default::Strings(&[]),
};

pub(super) static CHECK: Check = Check {
    id: "admission-webhook-fails-open",
    title: "security admission webhook fails open or can be bypassed",
    topic: "admission",
    severity: Severity::High,
    why: "An outage of the engine, which an attacker may bring about, or a label that an author sets himself, lets everything in that the policy forbids.",
    fix: "Set `failurePolicy: Fail`, leave out namespaces only by `kubernetes.io/metadata.name`, cover `pods` and `pods/ephemeralcontainers` on CREATE and UPDATE, and run at least two replicas.",
    blind: "What the policies behind the webhook say, and whether its certificate is valid, does not show in its configuration.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::SERVICE, kinds::DEPLOYMENT],
    settings: &[&ENGINES, &crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
        "https://open-policy-agent.github.io/gatekeeper/website/docs/failing-closed",
    ],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("mitre", &["T1562.001"]), ("cwe", &["CWE-636"])],
    probe: Probe::Object(&[kinds::VALIDATING_WEBHOOK_CONFIGURATION, kinds::MUTATING_WEBHOOK_CONFIGURATION], probe),
    ..Check::BASE
};

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

/// The webhook that keeps the label by which Gatekeeper leaves out namespaces from being set by anybody.
const LABEL_GUARD: &str = "check-ignore-label.gatekeeper.sh";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Policy,
    Injector,
}

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let known = object.at("webhooks").items().filter_map(|webhook| Some((webhook, role(webhook.key("name").str(), scan)?)));
    // without rules it is asked for nothing
    let webhooks: Vec<_> = known.filter(|(webhook, _)| !webhook.key("rules").is_empty()).collect();
    if webhooks.is_empty() {
        return Verdict::Skip("no webhook of a known policy engine".into());
    }
    let each = webhooks.iter().flat_map(|(webhook, role)| judge(object, *webhook, *role, scan));
    let policies: Vec<_> = webhooks.iter().filter(|(_, role)| *role == Role::Policy).map(|(webhook, _)| *webhook).collect();
    each.chain(coverage(&policies)).collect()
}

fn role(name: &str, scan: &Scan<'_>) -> Option<Role> {
    // Kyverno appends `-fail`, `-ignore` and the names of policies
    let is = |known: &str| name.ends_with(known) || known.ends_with(".svc") && name.starts_with(&format!("{known}-"));
    if POLICY.iter().any(|known| is(known)) || scan.settings.strings(&ENGINES).any(is) {
        return Some(Role::Policy);
    }
    INJECTORS.iter().any(|known| is(known)).then_some(Role::Injector)
}

fn judge(object: &Object<'_>, webhook: Field<'_>, role: Role, scan: &Scan<'_>) -> Vec<Fault> {
    let name = webhook.key("name").str();
    let mut faults = Vec::new();
    let policy = webhook.key("failurePolicy");
    // the default was the other one in v1beta1
    if policy.text().map_or(object.api_version.ends_with("v1beta1"), |text| text == "Ignore") {
        let severity = if role == Role::Policy { Severity::High } else { Severity::Low };
        faults.push(policy.fault(format!("when webhook {name} does not answer, everything is let in")).expected("Fail").severity(severity));
    }
    let url = webhook.at("clientConfig.url");
    if url.str().starts_with("http://") {
        faults.push(url.fault(format!("webhook {name} is asked without TLS")).expected("https"));
    }
    if role == Role::Policy {
        faults.extend(by_object_label(webhook));
        faults.extend(by_namespace_label(object, webhook, scan));
        let conditions = webhook.key("matchConditions");
        let said = || format!("conditions decide what webhook {name} is asked about: read what they leave out");
        faults.extend((!conditions.is_empty()).then(|| conditions.fault(said()).doubt()));
    }
    faults.extend(replicas(object, webhook, scan));
    faults
}

fn by_object_label(webhook: Field<'_>) -> Option<Fault> {
    let selector = Selector::given(webhook.key("objectSelector")).filter(|selector| !selector.selects_all())?;
    let said = format!(
        "labels of the object decide whether webhook {} is asked, and its author sets them: {}",
        webhook.key("name").str(),
        selector.keys().join(", ")
    );
    Some(selector.field().fault(said).expected("absent or empty"))
}

/// Whether a label of the namespace, other than its name, switches the webhook off: then who may set it decides.
fn by_namespace_label(object: &Object<'_>, webhook: Field<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let selector = Selector::given(webhook.key("namespaceSelector"))?;
    let guarded =
        object.at("webhooks").items().any(|other| other.key("name").str() == LABEL_GUARD && other.key("failurePolicy").str() != "Ignore");
    let free = |key: &&str| *key != "kubernetes.io/metadata.name" && !(guarded && *key == "admission.gatekeeper.sh/ignore");
    let keys = selector.keys();
    let keys: Vec<_> = keys.into_iter().filter(|key| free(key)).collect();
    if keys.is_empty() {
        return None;
    }
    let documents = scan.evidence.of_kind_in(object.world, kinds::NAMESPACE).filter(|namespace| !scan.is_system_namespace(namespace.name));
    let left_out: Vec<_> = documents
        .filter(|namespace| !selector.matches_namespace(namespace.name, Some(namespace)))
        .map(|namespace| namespace.name)
        .collect();
    let now = if left_out.is_empty() { String::new() } else { format!("; left out now: {}", left_out.join(", ")) };
    let said = format!(
        "whoever may label a namespace decides whether webhook {} is asked about it: {}{now}",
        webhook.key("name").str(),
        keys.join(", ")
    );
    Some(selector.field().fault(said).expected("a selector on kubernetes.io/metadata.name").severity(Severity::Medium).doubt())
}

/// Pods that slip past the rules: by an update, or as an ephemeral container. An engine that is not asked about pods at
/// all has other policies.
fn coverage(webhooks: &[Field<'_>]) -> Option<Fault> {
    let covers = |operation: &str, resource: &str| {
        webhooks.iter().flat_map(|webhook| webhook.key("rules").items()).any(|rule| asks(rule, operation, resource))
    };
    let pods = webhooks.iter().flat_map(|webhook| webhook.key("rules").items()).find(|rule| asks(*rule, "CREATE", "pods"))?;
    let gaps = [("UPDATE", "pods", "operations"), ("UPDATE", "pods/ephemeralcontainers", "resources")];
    let (_, _, field) = gaps.into_iter().find(|(operation, resource, _)| !covers(operation, resource))?;
    let (said, expected) = match field {
        "operations" => ("the engine is not asked when a pod is changed, so that its image can be exchanged", "CREATE and UPDATE"),
        _ => ("the engine is not asked about ephemeral containers, which can be added to any pod", "pods and pods/ephemeralcontainers"),
    };
    Some(pods.key(field).fault(said).expected(expected).severity(Severity::Medium))
}

/// Whether a rule is about an operation on a resource of the core group: `*` stands for resources without their
/// subresources, `*/*` for all, `pods/*` for those of pods.
fn asks(rule: Field<'_>, operation: &str, resource: &str) -> bool {
    let has = |list: &'static str, wanted: &dyn Fn(&str) -> bool| rule.key(list).items().any(|item| wanted(item.str()));
    let is_sub = resource.contains('/');
    has("apiGroups", &|group| matches!(group, "" | "*"))
        && has("operations", &|listed| listed == "*" || listed == operation)
        && has("resources", &|listed| match listed {
            "*/*" => true,
            "*" => !is_sub,
            "pods/*" => is_sub,
            "*/ephemeralcontainers" => resource.ends_with("/ephemeralcontainers"),
            listed => listed == resource,
        })
}

/// A single replica: when it is away the webhook does not answer, and then either nothing works or everything passes.
fn replicas(object: &Object<'_>, webhook: Field<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let (name, namespace) = (webhook.at("clientConfig.service.name"), webhook.at("clientConfig.service.namespace"));
    let mut services = scan.evidence.of_kind_in(object.world, kinds::SERVICE);
    let service = services.find(|service| service.name == name.str() && service.namespace == namespace.text())?;
    let namespace = scan.namespace(object.world, namespace.str())?;
    let behind: Vec<_> = namespace.pods().filter(|pod| pod.object().is(kinds::DEPLOYMENT) && service::selects(service, pod)).collect();
    let [only] = behind.as_slice() else { return None };
    let count = only.object().at("spec.replicas");
    let fault = |said: &str| {
        name.fault(format!("Deployment {} behind it {said}", only.object().name)).expected("at least 2 replicas").severity(Severity::Low)
    };
    match count.int() {
        None => Some(fault("says no number of replicas, which is one unless something scales it").doubt()),
        Some(count) if count < 2 => Some(fault(if count == 1 { "has one replica" } else { "has no replica" })),
        Some(_) => None,
    }
}
