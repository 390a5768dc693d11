//! A policy that is skipped when its webhook does not answer, or when a label says so, is no policy.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::action;
use crate::model::admission::kinds::{
    CLUSTER_POLICY, IMAGE_POLICY, NAMESPACED_IMAGE_POLICY, NAMESPACED_VALIDATING_POLICY, POLICY, VALIDATING_POLICY,
};
use crate::model::selector::Selector;
use crate::model::webhook::{self, Role};
use crate::model::{Field, GroupKind, Object, Scan, kinds};
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
    how: "For webhooks of Gatekeeper, Kyverno, Sigstore, Kubewarden, Connaisseur and `policy_webhooks`: fails for `failurePolicy: Ignore` (low for the injectors of Istio, Linkerd and Vault), for an `objectSelector`, a URL without TLS, rules that take in new pods but not their updates or ephemeral containers, a namespace label, other than the name, that people may set, and fewer than two replicas behind it (low); and for a policy of Kyverno that refuses with `failurePolicy: Ignore`, where the webhooks that Kyverno makes of it are not seen. For review: `matchConditions`, replicas that are not said, and a namespace label where nobody is seen who may set it. Does not apply to other webhooks, nor to those without rules.",
    blind: "What the policies behind the webhook say, and whether its certificate is valid, does not show in its configuration.",
    assurance: crate::checks::Assurance::Enforcement,
    needs: &[kinds::SERVICE, kinds::POD, kinds::CLUSTER_ROLE, kinds::CLUSTER_ROLE_BINDING],
    settings: &[&ENGINES, &crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
        "https://open-policy-agent.github.io/gatekeeper/website/docs/failing-closed",
    ],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("mitre", &["T1562.001"]), ("cwe", &["CWE-636"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    kinds::VALIDATING_WEBHOOK_CONFIGURATION,
    kinds::MUTATING_WEBHOOK_CONFIGURATION,
    CLUSTER_POLICY,
    POLICY,
    VALIDATING_POLICY,
    NAMESPACED_VALIDATING_POLICY,
    IMAGE_POLICY,
    NAMESPACED_IMAGE_POLICY,
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if !object.is(kinds::VALIDATING_WEBHOOK_CONFIGURATION) && !object.is(kinds::MUTATING_WEBHOOK_CONFIGURATION) {
        return of_policy(object, scan);
    }
    let known = object
        .at("webhooks")
        .items()
        .filter_map(|webhook| Some((webhook, webhook::role(webhook.key("name").str(), scan.settings.strings(&ENGINES))?)));
    // without rules it is asked for nothing
    let webhooks: Vec<_> = known.filter(|(webhook, _)| !webhook.key("rules").is_empty()).collect();
    if webhooks.is_empty() {
        return Verdict::Skip("no webhook of a known policy engine".into());
    }
    let each = webhooks.iter().flat_map(|(webhook, role)| judge(object, *webhook, *role, scan));
    let policies: Vec<_> = webhooks.iter().filter(|(_, role)| *role == Role::Policy).map(|(webhook, _)| *webhook).collect();
    each.chain(coverage(&policies)).collect()
}

/// Kyverno makes its webhooks when it runs, and they fail as its policies say.
fn of_policy(policy: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if !action::refuses(policy) {
        return Verdict::Skip("a policy that refuses nothing".into());
    }
    let hooks = scan.evidence.of_kind_in(policy.world, kinds::VALIDATING_WEBHOOK_CONFIGURATION);
    let mut names = hooks.flat_map(|object| object.at("webhooks").items()).map(|webhook| webhook.key("name").str());
    if names.any(|name| name.starts_with("validate.kyverno.svc")) {
        return Verdict::Skip("the webhooks that Kyverno made of it are judged".into());
    }
    let spec = policy.at("spec");
    let mut said = [spec.at("webhookConfiguration.failurePolicy"), spec.key("failurePolicy")].into_iter().filter(|field| field.exists());
    let open = said.next().filter(|field| field.str() == "Ignore");
    let fault = |field: Field<'_>| {
        field.fault(format!("when Kyverno does not answer, what {} {} refuses is let in", policy.kind, policy.name)).expected("Fail")
    };
    open.map(fault).into()
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
    let guarded = object.at("webhooks").items().any(webhook::guards_label);
    let free = |key: &&str| *key != "kubernetes.io/metadata.name" && !(guarded && *key == webhook::GUARDED_LABEL);
    let keys: Vec<_> = selector.keys().into_iter().filter(|key| free(key)).collect();
    if keys.is_empty() {
        return None;
    }
    let documents = scan.evidence.of_kind_in(object.world, kinds::NAMESPACE).filter(|namespace| !scan.is_system_namespace(namespace.name));
    let left_out = documents.filter(|namespace| !selector.matches_namespace(namespace.name, Some(namespace)));
    let left_out: Vec<_> = left_out.map(|namespace| namespace.name).collect();
    let now = if left_out.is_empty() { String::new() } else { format!("; left out now: {}", left_out.join(", ")) };
    let (name, keys) = (webhook.key("name").str(), keys.join(", "));
    let fault = |said: String| selector.field().fault(said).expected("a selector on kubernetes.io/metadata.name");
    Some(match webhook::who_labels_namespaces(object.world, scan.evidence) {
        Some(who) => {
            fault(format!("{who} may label namespaces, and a label decides whether webhook {name} is asked about one: {keys}{now}"))
        }
        None => {
            let said = format!("whoever may label a namespace decides whether webhook {name} is asked about it: {keys}{now}");
            fault(said).severity(Severity::Medium).doubt()
        }
    })
}

/// Pods that slip past the rules: by an update, or as an ephemeral container.
fn coverage(webhooks: &[Field<'_>]) -> Option<Fault> {
    let (rule, list) = webhook::pods_slip_past(webhooks)?;
    let (said, expected) = match list {
        "operations" => ("the engine is not asked when a pod is changed, so that its image can be exchanged", "CREATE and UPDATE"),
        _ => ("the engine is not asked about ephemeral containers, which can be added to any pod", "pods and pods/ephemeralcontainers"),
    };
    Some(rule.key(list).fault(said).expected(expected).severity(Severity::Medium))
}

/// A single replica: when it is away the webhook does not answer, and then either nothing works or everything passes.
fn replicas(object: &Object<'_>, webhook: Field<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let deployment = webhook::deployment(object.world, webhook, scan)?;
    let name = webhook.at("clientConfig.service.name");
    let fault = |said: &str| {
        name.fault(format!("Deployment {} behind it {said}", deployment.name)).expected("at least 2 replicas").severity(Severity::Low)
    };
    match deployment.at("spec.replicas").int() {
        None => Some(fault("says no number of replicas, which is one unless something scales it").doubt()),
        Some(1) => Some(fault("has one replica")),
        Some(count) if count < 1 => Some(fault("has no replica")),
        Some(_) => None,
    }
}
