//! Kyverno's policies of rules: what each rule refuses, and of which pods of a namespace.

use serde_json::{Map, Value, json};

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::pattern::{self, Fit};
use crate::model::admission::reach::{Reach, of_selector};
use crate::model::admission::ruling::{self, Ruling, Rulings};
use crate::model::admission::{cel_policy, condition, kinds, query, value};
use crate::model::glob::glob;
use crate::model::image::matches;
use crate::model::namespace::Namespace;
use crate::model::pod_security::{Level, StandardVersion};
use crate::model::selector::NAMESPACE_NAME;
use crate::model::standard::Control;
use crate::model::{Field, Object, kinds as k8s};

use Ruling::{Admits, Refuses, Unknown};

/// What a rule that validates does with pods that break a control; `None`: it validates nothing.
pub(super) fn rulings(rule: Field<'_>, shown: &Catalogue) -> Option<Rulings> {
    let validate = rule.key("validate");
    if !validate.exists() {
        return None;
    }
    let Some(rule) = value::of(rule) else { return Some(ruling::unknown(shown)) };
    let security = &rule["validate"]["podSecurity"];
    if security.is_object() && rule["preconditions"].is_null() {
        return Some(ruling::by_knowledge(shown, |control, _| by_standard(security, control)));
    }
    let (variables, expressions) =
        (cel_policy::variables(&rule["validate"]["cel"]), cel_policy::expressions(&rule["validate"]["cel"]["expressions"]));
    let conditions = cel_policy::expressions(&rule["celPreconditions"]);
    Some(ruling::by_samples(shown, &rule, |pod, operation| {
        let context = json!({"request": {"operation": operation, "object": pod}});
        let Some(context) = context.as_object() else { return Unknown };
        let asked = condition::hold(&rule["preconditions"], context);
        let said = match &rule["validate"] {
            validate if !validate["cel"].is_null() => cel_policy::judge(&conditions, &variables, &expressions, pod, operation, false),
            validate => judge(validate, pod, context),
        };
        match asked {
            Some(true) => said,
            Some(false) => Admits,
            None if said == Admits => Admits,
            None => Unknown,
        }
    }))
}

fn judge(validate: &Value, resource: &Value, context: &Map<String, Value>) -> Ruling {
    let has = |key: &str| !validate[key].is_null();
    if has("pattern") {
        return ruled(pattern::fits(&validate["pattern"], Some(resource)));
    }
    if let Some(patterns) = validate["anyPattern"].as_array() {
        let fits: Vec<_> = patterns.iter().map(|one| pattern::fits(one, Some(resource))).collect();
        return match () {
            () if fits.iter().any(|fit| matches!(fit, Fit::Yes | Fit::Skip)) => Admits,
            () if fits.iter().any(|fit| matches!(fit, Fit::Unknown | Fit::Open)) => Unknown,
            () => Refuses,
        };
    }
    if has("deny") {
        return match condition::hold(&validate["deny"]["conditions"], context) {
            Some(true) => Refuses,
            Some(false) => Admits,
            None => Unknown,
        };
    }
    if let Some(loops) = validate["foreach"].as_array() {
        return ruling::together(loops.iter().map(|one| each(one, context)));
    }
    Unknown
}

fn ruled(fit: Fit) -> Ruling {
    match fit {
        Fit::Yes | Fit::Skip => Admits,
        Fit::No => Refuses,
        Fit::Unknown | Fit::Open => Unknown,
    }
}

/// A rule over each element of a list.
fn each(rule: &Value, context: &Map<String, Value>) -> Ruling {
    let Some(list) = rule["list"].as_str().and_then(|list| query::find(list.trim_start_matches("{{").trim_end_matches("}}"), context))
    else {
        return Unknown;
    };
    let Value::Array(items) = list else { return if list.is_null() { Admits } else { Unknown } };
    // what else the author adds, he chooses such that it is let in
    let items: Vec<_> = items.into_iter().filter(|item| !value::is_open(item)).collect();
    let said = items.iter().map(|item| {
        let mut context = context.clone();
        context.insert("element".to_owned(), item.clone());
        match condition::hold(&rule["preconditions"], &context) {
            Some(true) => judge(rule, item, &context),
            Some(false) => Admits,
            None => Unknown,
        }
    });
    ruling::together(said)
}

/// The names that the standard has for its controls.
const NAMES: &[(&str, &[&str])] = &[
    ("HostProcess", &["windowsHostProcess"]),
    ("Host Namespaces", &["hostNamespaces"]),
    ("Privileged Containers", &["privileged"]),
    ("Capabilities", &["capabilities_baseline", "capabilities_restricted"]),
    ("HostPath Volumes", &["hostPathVolumes"]),
    ("Host Ports", &["hostPorts"]),
    ("AppArmor", &["appArmorProfile"]),
    ("SELinux", &["seLinuxOptions"]),
    ("/proc Mount Type", &["procMount", "procMount_restricted"]),
    ("Seccomp", &["seccompProfile_baseline", "seccompProfile_restricted"]),
    ("Sysctls", &["sysctls"]),
    ("Host Probes / Lifecycle Hooks", &["hostProbesAndHostLifecycle"]),
    ("Volume Types", &["restrictedVolumes"]),
    ("Privilege Escalation", &["allowPrivilegeEscalation"]),
    ("Running as Non-root", &["runAsNonRoot"]),
    ("Running as Non-root user", &["runAsUser"]),
];

/// A level of the standard, with controls left out.
fn by_standard(security: &Value, control: &Control) -> Ruling {
    let Some(level) = security["level"].as_str().and_then(Level::from_word) else { return Unknown };
    let version = security["version"].as_str().unwrap_or("latest");
    let is_there = match StandardVersion::from_label(version) {
        Some(StandardVersion::Pinned(pinned)) => control.since() <= pinned.0,
        Some(StandardVersion::Latest) => true,
        None => return Unknown,
    };
    if level < control.level || !is_there {
        return Admits;
    }
    let left_out = security["exclude"].as_array().into_iter().flatten();
    let mut own = left_out
        .filter(|item| NAMES.iter().any(|(name, controls)| item["controlName"].as_str() == Some(name) && controls.contains(&control.name)));
    let said = own.next().map(|item| if item["images"].is_null() && item["restrictedField"].is_null() { Admits } else { Unknown });
    said.unwrap_or(Refuses)
}

/// Whether a rule enforces in a namespace, for all of its pods or none: by its own action, else the policy's, each with what it
/// says for some namespaces.
pub(super) fn enforces(spec: Field<'_>, rule: Field<'_>, namespace: &Namespace<'_>) -> Reach {
    if spec.key("admission").bool() == Some(false) {
        return Reach::None;
    }
    let word = |action: Field<'_>| if action.str().eq_ignore_ascii_case("enforce") { Reach::All } else { Reach::None };
    // what is said for the namespace, by its name and by its labels, wins over what is said for all
    let said = |overrides: Field<'_>, action: Field<'_>| {
        let named = |item: &Field<'_>| {
            item.key("namespaces").is_empty() || item.key("namespaces").items().any(|of| glob(of.str(), namespace.name()))
        };
        for item in overrides.items().filter(named) {
            match of_selector(item.key("namespaceSelector"), namespace) {
                Reach::All => return Some(word(item.key("action"))),
                Reach::None => {}
                unsure => return Some(unsure),
            }
        }
        action.exists().then(|| word(action))
    };
    let whole = || said(spec.key("validationFailureActionOverrides"), spec.key("validationFailureAction")).unwrap_or(Reach::None);
    said(rule.key("failureActionOverrides"), rule.key("failureAction")).unwrap_or_else(whole)
}

/// Which pods of a namespace a rule is about, when they are made, or get an ephemeral container.
pub(super) fn reach(policy: &Object<'_>, rule: Field<'_>, namespace: &Namespace<'_>, operation: &str) -> Reach {
    if policy.is(kinds::POLICY) && policy.namespace != Some(namespace.name()) {
        return Reach::None;
    }
    let left_out = match filtered(rule.key("exclude"), namespace, operation) {
        Some(Reach::All) => return Reach::None,
        Some(Reach::Part(what)) => Some(format!("it leaves out {what}")),
        Some(Reach::Unsure(why)) => Some(why),
        Some(Reach::None) | None => unread(policy, rule),
    };
    match filtered(rule.key("match"), namespace, operation) {
        Some(Reach::All) => excepted(policy, rule, namespace, operation).or(left_out).map_or(Reach::All, Reach::Unsure),
        Some(Reach::Unsure(why)) => Reach::Unsure(why),
        // others it lets in
        Some(Reach::Part(_) | Reach::None) | None => Reach::None,
    }
}

/// What of the policy as a whole decides whether a rule is asked.
fn unread(policy: &Object<'_>, rule: Field<'_>) -> Option<String> {
    let spec = policy.at("spec");
    if !spec.at("webhookConfiguration.matchConditions").is_empty() {
        return Some("the conditions of its webhook are not read".to_owned());
    }
    let mut judging = spec.key("rules").items().filter(|one| one.key("validate").exists() || one.key("verifyImages").exists());
    let first = judging.next().is_none_or(|first| first.key("name").str() == rule.key("name").str());
    let one = spec.key("applyRules").str() == "One" && !first;
    one.then(|| "only the first of its rules that fits is applied".to_owned())
}

/// Which pods a match or exclusion takes: any of several filters, or all of them.
fn filtered(block: Field<'_>, namespace: &Namespace<'_>, operation: &str) -> Option<Reach> {
    let (any, all) = (block.key("any"), block.key("all"));
    if !any.is_empty() {
        return any.items().filter_map(|one| filter(one, namespace, operation)).max();
    }
    if !all.is_empty() {
        return all.items().filter_map(|one| filter(one, namespace, operation)).min();
    }
    filter(block, namespace, operation)
}

fn filter(block: Field<'_>, namespace: &Namespace<'_>, operation: &str) -> Option<Reach> {
    let resources = block.key("resources");
    let who = ["subjects", "roles", "clusterRoles"].into_iter().find(|key| !block.key(key).is_empty());
    if resources.is_empty() {
        return who.map(|_| Reach::Part("what some people ask for".to_owned()));
    }
    let items = |key| resources.key(key).items();
    let misses = |key, fits: &dyn Fn(&str) -> bool| !resources.key(key).is_empty() && !items(key).any(|item| fits(item.str()));
    if misses("kinds", &is_pod)
        || misses("operations", &|word| word == operation)
        || misses("namespaces", &|name| glob(name, namespace.name()))
    {
        return Some(Reach::None);
    }
    let of_namespace = of_selector(resources.key("namespaceSelector"), namespace);
    if of_namespace != Reach::All {
        return Some(of_namespace);
    }
    let by_name = |key| !resources.key(key).is_empty() && !items(key).any(|name| name.str() == "*");
    let name = resources.key("name");
    let part = match () {
        () if by_name("names") || !name.is_empty() && name.str() != "*" => Some("pods of some names"),
        () if !resources.key("selector").is_empty() => Some("pods with some labels, which their authors set"),
        () if !resources.key("annotations").is_empty() => Some("pods with some annotations, which their authors set"),
        () if who.is_some() => Some("what some people ask for"),
        () => None,
    };
    Some(part.map_or(Reach::All, |what| Reach::Part(what.to_owned())))
}

/// `Pod`, `v1/Pod`, `*/Pod`, `*`
fn is_pod(kind: &str) -> bool {
    match kind.rsplit_once('/') {
        Some((version, kind)) => matches(kind, "Pod") && (matches(version, "v1") || version == "*/*"),
        None => matches(kind, "Pod"),
    }
}

/// An exception that takes pods of the namespace out of a rule: whether Kyverno heeds it is a matter of its flags.
fn excepted(policy: &Object<'_>, rule: Field<'_>, namespace: &Namespace<'_>, operation: &str) -> Option<String> {
    let of_policy = |item: &Field<'_>| {
        let name = item.key("policyName").str();
        let own = name
            .split_once('/')
            .map_or(name == policy.name && policy.namespace.is_none(), |(of, name)| policy.namespace == Some(of) && name == policy.name);
        own && item.key("ruleNames").items().any(|one| matches(one.str(), rule.key("name").str()))
    };
    let evidence = namespace.scan().evidence;
    let exceptions = evidence.of_kind_in(policy.world, kinds::POLICY_EXCEPTION);
    let mut own = exceptions.filter(|exception| exception.at("spec.exceptions").items().any(|item| of_policy(&item)));
    own.find_map(|exception| {
        let some = !exception.at("spec.conditions").is_empty();
        match filtered(exception.at("spec.match"), namespace, operation)? {
            Reach::None => None,
            Reach::All if some => Some(format!("PolicyException {} takes pods out by conditions that are not read", exception.name)),
            Reach::All => Some(format!("PolicyException {} takes the namespace out", exception.name)),
            Reach::Part(what) => Some(format!("PolicyException {} takes out {what}", exception.name)),
            Reach::Unsure(why) => Some(format!("PolicyException {}: {why}", exception.name)),
        }
    })
}

/// Whether Kyverno is asked about pods of a namespace, as far as its own ConfigMap says: `[Pod,kube-system,*]` takes them out
/// of every policy, and the selectors that its webhooks get may leave out the namespace.
pub(super) fn asked(namespace: &Namespace<'_>) -> Reach {
    let evidence = namespace.scan().evidence;
    let maps = evidence.of_kind_in(namespace.world(), k8s::CONFIG_MAP).filter(|map| map.name == "kyverno");
    maps.map(|map| if is_filtered_out(map, namespace) { Reach::None } else { by_webhooks(map, namespace) }).min().unwrap_or(Reach::All)
}

fn is_filtered_out(map: &Object<'_>, namespace: &Namespace<'_>) -> bool {
    let text = map.at("data.resourceFilters").str();
    text.split('[').filter_map(|entry| entry.split_once(']')).any(|(entry, _)| {
        let parts: Vec<_> = entry.split(',').map(str::trim).collect();
        matches!(parts.as_slice(), [kind, of, name] if is_pod(kind) && glob(of, namespace.name()) && *name == "*")
    })
}

/// `{"namespaceSelector": …}` in JSON, in older versions a list of one.
fn by_webhooks(map: &Object<'_>, namespace: &Namespace<'_>) -> Reach {
    let text = map.at("data.webhooks").str();
    let Ok(given) = serde_json::from_str::<Value>(text) else {
        return if text.is_empty() { Reach::All } else { Reach::Unsure("what its ConfigMap says of webhooks is not read".to_owned()) };
    };
    let selector = &if given.is_array() { &given[0] } else { &given }["namespaceSelector"];
    let mut documents = namespace.documents().peekable();
    if documents.peek().is_none() {
        let by_name = selector.to_string().matches(r#""key":"#).count() == selector.to_string().matches(NAMESPACE_NAME).count();
        return match by_name && selector["matchLabels"].as_object().is_none_or(Map::is_empty) {
            true if selects(selector, namespace.name(), &|_| None) => Reach::All,
            true => Reach::None,
            false => Reach::Unsure("labels of the namespace that are not seen decide".to_owned()),
        };
    }
    let taken = documents.all(|document| selects(selector, namespace.name(), &|key| document.label(key).text().map(str::to_owned)));
    if taken { Reach::All } else { Reach::None }
}

/// Whether a selector of plain values selects a namespace.
fn selects(selector: &Value, name: &str, label: &dyn Fn(&str) -> Option<String>) -> bool {
    let label = |key: &str| if key == NAMESPACE_NAME { Some(name.to_owned()) } else { label(key) };
    let mut labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    labels.all(|(key, value)| label(key).as_deref() == value.as_str())
        && expressions.all(|one| {
            let own = label(one["key"].as_str().unwrap_or_default());
            let listed =
                own.as_ref().is_some_and(|own| one["values"].as_array().is_some_and(|values| values.contains(&own.as_str().into())));
            match one["operator"].as_str() {
                Some("In") => listed,
                Some("NotIn") => !listed,
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => false,
            }
        })
}
