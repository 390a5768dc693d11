//! Kyverno's policies of rules: what each rule refuses, and of which pods of a namespace.

use serde_json::{Map, Value, json};

use crate::model::admission::pattern::{self, Fit};
use crate::model::admission::reach::{Reach, of_selector};
use crate::model::admission::ruling::{self, Ruling, Rulings};
use crate::model::admission::{cel_policy, condition, kinds, query, value};
use crate::model::glob::glob;
use crate::model::image::matches;
use crate::model::namespace::Namespace;
use crate::model::pod_security::{Level, StandardVersion};
use crate::model::standard::Control;
use crate::model::{Field, Object, kinds as k8s};

use Ruling::{Admits, Refuses, Unknown};

/// What a rule that validates does with pods that break a control; `None`: it validates nothing.
pub(super) fn rulings(rule: Field<'_>) -> Option<Rulings> {
    let validate = rule.key("validate");
    if !validate.exists() {
        return None;
    }
    let Some(rule) = value::of(rule) else { return Some(ruling::unknown()) };
    let security = &rule["validate"]["podSecurity"];
    if security.is_object() && rule["preconditions"].is_null() {
        return Some(ruling::by_knowledge(|control, _| by_standard(security, control)));
    }
    let (variables, expressions) =
        (cel_policy::variables(&rule["validate"]["cel"]), cel_policy::expressions(&rule["validate"]["cel"]["expressions"]));
    let conditions = cel_policy::expressions(&rule["celPreconditions"]);
    Some(ruling::by_samples(&rule, |pod| {
        let context = json!({"request": {"operation": "CREATE", "object": pod}});
        let Some(context) = context.as_object() else { return Unknown };
        let asked = condition::hold(&rule["preconditions"], context);
        let said = match &rule["validate"] {
            validate if !validate["cel"].is_null() => cel_policy::judge(&conditions, &variables, &expressions, pod, false),
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
            () if fits.contains(&Fit::Unknown) => Unknown,
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
        let said: Vec<_> = loops.iter().map(|one| each(one, context)).collect();
        return ruling::together(&said);
    }
    Unknown
}

fn ruled(fit: Fit) -> Ruling {
    match fit {
        Fit::Yes | Fit::Skip => Admits,
        Fit::No => Refuses,
        Fit::Unknown => Unknown,
    }
}

/// A rule over each element of a list.
fn each(rule: &Value, context: &Map<String, Value>) -> Ruling {
    let Some(list) = rule["list"].as_str().and_then(|list| query::find(list.trim_start_matches("{{").trim_end_matches("}}"), context))
    else {
        return Unknown;
    };
    let Value::Array(items) = list else { return if list.is_null() { Admits } else { Unknown } };
    let said = items.iter().map(|item| {
        let mut context = context.clone();
        context.insert("element".to_owned(), item.clone());
        match condition::hold(&rule["preconditions"], &context) {
            Some(true) => judge(rule, item, &context),
            Some(false) => Admits,
            None => Unknown,
        }
    });
    ruling::together(&said.collect::<Vec<_>>())
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

/// Whether rules enforce in a namespace: a rule's own action, else the policy's, each with what it says for some namespaces.
pub(super) fn enforces(spec: Field<'_>, rule: Field<'_>, namespace: &str) -> bool {
    if spec.key("admission").bool() == Some(false) {
        return false;
    }
    let named = |item: &Field<'_>| {
        let mut namespaces = item.key("namespaces").items();
        item.key("namespaces").is_empty() || namespaces.any(|of| glob(of.str(), namespace))
    };
    // what is said for the namespace wins over what is said for all
    let said = |overrides: Field<'_>, action: Field<'_>| {
        let own = overrides.items().find(named).map(|item| item.key("action"));
        let given = own.unwrap_or(action);
        given.exists().then(|| given.str().eq_ignore_ascii_case("enforce"))
    };
    let whole = said(spec.key("validationFailureActionOverrides"), spec.key("validationFailureAction")).unwrap_or(false);
    said(rule.key("failureActionOverrides"), rule.key("failureAction")).unwrap_or(whole)
}

/// Which pods of a namespace a rule is about.
pub(super) fn reach(policy: &Object<'_>, rule: Field<'_>, namespace: &Namespace<'_>) -> Reach {
    if policy.is(kinds::POLICY) && policy.namespace != Some(namespace.name()) {
        return Reach::None;
    }
    let left_out = match filtered(rule.key("exclude"), namespace) {
        Some(Reach::All) => return Reach::None,
        Some(Reach::Part(what)) => Some(format!("it leaves out {what}")),
        Some(Reach::Unsure(why)) => Some(why),
        Some(Reach::None) | None => None,
    };
    match filtered(rule.key("match"), namespace) {
        Some(Reach::All) => excepted(policy, rule, namespace).or(left_out).map_or(Reach::All, Reach::Unsure),
        Some(Reach::Unsure(why)) => Reach::Unsure(why),
        // others it lets in
        Some(Reach::Part(_) | Reach::None) | None => Reach::None,
    }
}

/// Which pods a match or exclusion takes: any of several filters, or all of them.
fn filtered(block: Field<'_>, namespace: &Namespace<'_>) -> Option<Reach> {
    let (any, all) = (block.key("any"), block.key("all"));
    if !any.is_empty() {
        return any.items().filter_map(|one| filter(one, namespace)).max();
    }
    if !all.is_empty() {
        return all.items().filter_map(|one| filter(one, namespace)).min();
    }
    filter(block, namespace)
}

fn filter(block: Field<'_>, namespace: &Namespace<'_>) -> Option<Reach> {
    let resources = block.key("resources");
    let who = ["subjects", "roles", "clusterRoles"].into_iter().find(|key| !block.key(key).is_empty());
    if resources.is_empty() {
        return who.map(|_| Reach::Part("what some people ask for".to_owned()));
    }
    let items = |key| resources.key(key).items();
    let misses = |key, fits: &dyn Fn(&str) -> bool| !resources.key(key).is_empty() && !items(key).any(|item| fits(item.str()));
    if misses("kinds", &is_pod)
        || misses("operations", &|word| word == "CREATE")
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

/// An exception that takes all pods of the namespace out of a rule: whether Kyverno heeds it is a matter of its flags.
fn excepted(policy: &Object<'_>, rule: Field<'_>, namespace: &Namespace<'_>) -> Option<String> {
    let of_policy = |item: &Field<'_>| {
        let name = item.key("policyName").str();
        let own = name
            .split_once('/')
            .map_or(name == policy.name && policy.namespace.is_none(), |(of, name)| policy.namespace == Some(of) && name == policy.name);
        own && item.key("ruleNames").items().any(|one| matches(one.str(), rule.key("name").str()))
    };
    let evidence = namespace.scan().evidence;
    let mut exceptions = evidence.of_kind_in(policy.world, kinds::POLICY_EXCEPTION);
    let found = exceptions.find(|exception| {
        exception.at("spec.exceptions").items().any(|item| of_policy(&item))
            && exception.at("spec.conditions").is_empty()
            && filtered(exception.at("spec.match"), namespace) == Some(Reach::All)
    });
    found.map(|exception| format!("PolicyException {} takes the namespace out", exception.name))
}

/// Whether Kyverno's own ConfigMap takes the pods of a namespace out of every policy: `[Pod,kube-system,*]`.
pub(super) fn is_filtered_out(namespace: &Namespace<'_>) -> bool {
    let evidence = namespace.scan().evidence;
    let mut maps = evidence.of_kind_in(namespace.world(), k8s::CONFIG_MAP).filter(|map| map.name == "kyverno");
    maps.any(|map| {
        let text = map.at("data.resourceFilters").str();
        text.split('[').filter_map(|entry| entry.split_once(']')).any(|(entry, _)| {
            let parts: Vec<_> = entry.split(',').map(str::trim).collect();
            matches!(parts.as_slice(), [kind, of, name] if is_pod(kind) && glob(of, namespace.name()) && *name == "*")
        })
    })
}
