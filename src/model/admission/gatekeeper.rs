//! Gatekeeper: the constraints of its library for pods, which are known by their kinds, and which namespaces they reach.

use serde_json::Value;

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::reach::{Reach, of_selector};
use crate::model::admission::ruling::{self, Ruling, Rulings};
use crate::model::admission::sample::Sample;
use crate::model::admission::{action, kinds, value};
use crate::model::glob::glob;
use crate::model::namespace::Namespace;
use crate::model::selector::Selector;
use crate::model::standard::Control;
use crate::model::{Evidence, Object, webhook};

use Ruling::{Admits, Refuses, Unknown};

/// Kinds of the library that are about something else than what a pod may do on its node.
const OTHERS: &[&str] = &[
    "K8sAllowedRepos",
    "K8sAllowedReposv2",
    "K8sBlockLoadBalancer",
    "K8sBlockNodePort",
    "K8sBlockWildcardIngress",
    "K8sContainerEphemeralStorageLimit",
    "K8sContainerLimits",
    "K8sContainerRatios",
    "K8sContainerRequests",
    "K8sDisallowAnonymous",
    "K8sDisallowedRepos",
    "K8sDisallowedTags",
    "K8sDisallowInteractiveTTY",
    "K8sDisallowedRoleBindingSubjects",
    "K8sExternalIPs",
    "K8sHorizontalPodAutoscaler",
    "K8sHttpsOnly",
    "K8sImageDigests",
    "K8sPodDisruptionBudget",
    "K8sPSPFSGroup",
    "K8sPSPReadOnlyRootFilesystem",
    "K8sPSPAutomountServiceAccountTokenPod",
    "K8sReplicaLimits",
    "K8sRequiredAnnotations",
    "K8sRequiredLabels",
    "K8sRequiredProbes",
    "K8sRequiredResources",
    "K8sStorageClass",
    "K8sUniqueIngressHost",
    "K8sUniqueServiceSelector",
    "NoUpdateServiceAccount",
    "VerifyDeprecatedAPI",
];

/// Kinds of the library, the control that they answer, and the field that their templates name.
const KNOWN: &[(&str, &[&str], &str)] = &[
    ("K8sPSPAllowPrivilegeEscalationContainer", &["allowPrivilegeEscalation"], "allowPrivilegeEscalation"),
    ("K8sPSPAllowedUsers", &["runAsNonRoot", "runAsUser"], "runAsUser"),
    ("K8sPSPAppArmor", &["appArmorProfile"], "apparmor"),
    ("K8sPSPCapabilities", &["capabilities_baseline", "capabilities_restricted"], "capabilities"),
    ("K8sPSPForbiddenSysctls", &["sysctls"], "sysctls"),
    ("K8sPSPHostFilesystem", &["hostPathVolumes", "restrictedVolumes"], "hostPath"),
    ("K8sPSPHostNamespace", &["hostNamespaces"], "hostPID"),
    ("K8sPSPHostNetworkingPorts", &["hostNamespaces", "hostPorts"], "hostPort"),
    ("K8sPSPHostProbesLifecycle", &["hostProbesAndHostLifecycle"], "livenessProbe"),
    ("K8sPSPHostProcess", &["windowsHostProcess"], "hostProcess"),
    ("K8sPSPHostProcessContainer", &["windowsHostProcess"], "hostProcess"),
    ("K8sPSPPrivilegedContainer", &["privileged"], "privileged"),
    ("K8sPSPProcMount", &["procMount", "procMount_restricted"], "procMount"),
    ("K8sPSPSELinux", &["seLinuxOptions"], "seLinuxOptions"),
    ("K8sPSPSELinuxV2", &["seLinuxOptions"], "seLinuxOptions"),
    ("K8sPSPSeccomp", &["seccompProfile_baseline", "seccompProfile_restricted"], "seccomp"),
    ("K8sPSPSeccompV2", &["seccompProfile_baseline", "seccompProfile_restricted"], "seccomp"),
    ("K8sPSPVolumeTypes", &["hostPathVolumes", "restrictedVolumes"], "volumes"),
];

/// What a constraint refuses where it is in force.
pub(super) fn rulings(constraint: &Object<'_>, evidence: &Evidence<'_>, shown: &Catalogue) -> Rulings {
    let mut templates = evidence.of_kind_in(constraint.world, kinds::CONSTRAINT_TEMPLATE);
    let template = templates.find(|template| template.at("spec.crd.spec.names.kind").text() == Some(constraint.kind));
    let code = template.map(|template| value::of(template.at("spec.targets")).unwrap_or_default().to_string());
    if OTHERS.contains(&constraint.kind) {
        return ruling::by_knowledge(shown, |_, _| Admits);
    }
    let known = KNOWN.iter().find(|(kind, _, _)| *kind == constraint.kind);
    let parameters = value::of(constraint.at("spec.parameters")).unwrap_or_default();
    let is_library = |word: &str| code.as_ref().is_none_or(|code| code.contains(word));
    match known {
        Some((kind, controls, word)) if is_library(word) => ruling::by_knowledge(shown, |control, sample| {
            // older templates do not look at these
            let unseen = |field: &str| code.as_ref().is_some_and(|code| !code.contains(field));
            if !controls.contains(&control.name) || sample.ephemeral && unseen("ephemeralContainers") {
                return Admits;
            }
            let by_field = control.name == "appArmorProfile" && !sample.what.contains("annotation");
            let said = if by_field && unseen("appArmorProfile") { Admits } else { judge(kind, &parameters, control, sample) };
            // newer ones let every change pass, and so what comes by one
            let changes = code.as_ref().map(|code| ["is_update", "isUpdate"].iter().any(|word| code.contains(word)));
            match (said, exempt(kind, &parameters, control, sample), changes) {
                (Refuses, Admits, _) => Admits,
                (Refuses, _, Some(true)) if sample.ephemeral => Admits,
                (Refuses, Unknown, _) => Unknown,
                (Refuses, _, None) if sample.ephemeral => Unknown,
                (said, ..) => said,
            }
        }),
        _ => match code {
            Some(code) => ruling::by_knowledge(shown, |control, _| if ruling::may_speak(&code, control) { Unknown } else { Admits }),
            None => ruling::unknown(shown),
        },
    }
}

fn judge(kind: &str, parameters: &Value, control: &Control, sample: &Sample) -> Ruling {
    let list = |key: &str| -> Vec<&str> { parameters[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
    let spec = &sample.pod["spec"];
    let refuses = |does: bool| if does { Refuses } else { Admits };
    match kind {
        "K8sPSPHostNamespace" => refuses(spec["hostPID"] == true || spec["hostIPC"] == true),
        "K8sPSPHostNetworkingPorts" if control.name == "hostNamespaces" => {
            refuses(spec["hostNetwork"] == true && parameters["hostNetwork"] != true)
        }
        "K8sPSPHostNetworkingPorts" => {
            let port = containers(&sample.pod).find_map(|container| container["ports"][0]["hostPort"].as_i64()).unwrap_or_default();
            // without bounds nothing is compared
            let outside =
                parameters["min"].as_i64().is_some_and(|min| port < min) || parameters["max"].as_i64().is_some_and(|max| port > max);
            refuses(outside)
        }
        "K8sPSPHostFilesystem" => {
            let path = spec["volumes"][0]["hostPath"]["path"].as_str();
            let some = parameters["allowedHostPaths"].as_array().is_some_and(|allowed| !allowed.is_empty());
            if some && value::is_open(&spec["volumes"][0]["hostPath"]["path"]) {
                return Unknown;
            }
            let allowed = parameters["allowedHostPaths"].as_array().into_iter().flatten().filter_map(|one| one["pathPrefix"].as_str());
            let within = |path: &str, prefix: &str| {
                let rest = path.trim_matches('/').strip_prefix(prefix.trim_matches('/'));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.trim_matches('/').is_empty())
            };
            refuses(path.is_some_and(|path| !allowed.into_iter().any(|prefix| within(path, prefix))))
        }
        "K8sPSPVolumeTypes" => {
            let used = spec["volumes"][0].as_object().and_then(|volume| volume.keys().find(|key| *key != "name"));
            let allowed = list("volumes");
            refuses(used.is_some_and(|used| !allowed.contains(&"*") && !allowed.contains(&used.as_str())))
        }
        "K8sPSPCapabilities" => refuses(containers(&sample.pod).any(|container| refuses_capabilities(container, &list))),
        "K8sPSPAllowedUsers" => match parameters["runAsUser"]["rule"].as_str() {
            Some("MustRunAsNonRoot") if sample.what.contains("false") => Unknown,
            Some("MustRunAsNonRoot") => Refuses,
            Some("RunAsAny") | None => Admits,
            Some(_) => Unknown,
        },
        "K8sPSPSeccomp" | "K8sPSPSeccompV2" => {
            let allowed = list("allowedProfiles");
            let unset = sample.what.starts_with("no ");
            let words: &[&str] = if unset { &["*", "not configured"] } else { &["*", "unconfined", "Unconfined"] };
            refuses(!words.iter().any(|word| allowed.contains(word)))
        }
        "K8sPSPAppArmor" => refuses(!["unconfined", "Unconfined", "*"].iter().any(|word| list("allowedProfiles").contains(word))),
        "K8sPSPProcMount" => refuses(!parameters["procMount"].as_str().is_some_and(|allowed| allowed.eq_ignore_ascii_case("unmasked"))),
        "K8sPSPSELinux" | "K8sPSPSELinuxV2" => {
            let options =
                [&spec["securityContext"]].into_iter().chain(containers(&sample.pod).map(|container| &container["securityContext"]));
            let set: Vec<_> = options.map(|security| &security["seLinuxOptions"]).filter_map(Value::as_object).collect();
            let mut allowed = parameters["allowedSELinuxOptions"].as_array().into_iter().flatten();
            let fits = |one: &Value| set.iter().all(|options| options.iter().all(|(key, value)| one[key] == *value));
            refuses(!allowed.any(fits))
        }
        "K8sPSPForbiddenSysctls" => {
            let name = spec["securityContext"]["sysctls"][0]["name"].as_str().unwrap_or_default();
            let among = |key: &str| list(key).iter().any(|pattern| glob(pattern, name));
            refuses(among("forbiddenSysctls") || parameters["allowedSysctls"].is_array() && !among("allowedSysctls"))
        }
        // these have no parameters that open them again
        _ => Refuses,
    }
}

/// Kinds of the library that look at the pod as a whole, whatever images it has.
const OF_PODS: &[&str] = &["K8sPSPForbiddenSysctls", "K8sPSPHostFilesystem", "K8sPSPHostNamespace", "K8sPSPVolumeTypes"];

/// What becomes of a sample by `exemptImages`: with those that end in a star everything that begins so is let in.
fn exempt(kind: &str, parameters: &Value, control: &Control, sample: &Sample) -> Ruling {
    let mut listed = parameters["exemptImages"].as_array().into_iter().flatten().filter_map(Value::as_str).peekable();
    if listed.peek().is_none() || OF_PODS.contains(&kind) || control.name == "hostNamespaces" {
        return Refuses;
    }
    let is_exempt = |image: &str, one: &str| one.strip_suffix('*').map_or(one == image, |start| image.starts_with(start));
    let listed: Vec<_> = listed.collect();
    let image = |container: &Value| container["image"].as_str().is_some_and(|image| listed.iter().any(|one| is_exempt(image, one)));
    if containers(&sample.pod).all(image) { Admits } else { Unknown }
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["containers", "initContainers", "ephemeralContainers"].into_iter();
    lists.flat_map(|list| pod["spec"][list].as_array().into_iter().flatten()).filter(|container| container.is_object())
}

/// Added ones have to be among those allowed; those that are to be dropped may be dropped by `ALL`.
fn refuses_capabilities<'p>(container: &Value, parameter: &dyn Fn(&str) -> Vec<&'p str>) -> bool {
    let lower = |list: Vec<&str>| -> Vec<String> { list.into_iter().map(str::to_lowercase).collect() };
    let own = |key: &str| {
        lower(container["securityContext"]["capabilities"][key].as_array().into_iter().flatten().filter_map(Value::as_str).collect())
    };
    let (allowed, required) = (lower(parameter("allowedCapabilities")), lower(parameter("requiredDropCapabilities")));
    let (added, dropped) = (own("add"), own("drop"));
    let within = |list: &[String], word: &str| list.iter().any(|own| own == word);
    let adds = !within(&allowed, "*") && added.iter().any(|name| !within(&allowed, name));
    adds || !within(&dropped, "all") && required.iter().any(|name| !within(&dropped, name))
}

/// Which pods of a namespace a constraint refuses.
pub(super) fn reach(constraint: &Object<'_>, namespace: &Namespace<'_>) -> Reach {
    if !action::refuses(constraint) || is_exempt(namespace) {
        return Reach::None;
    }
    let given = constraint.at("spec.match");
    let within = |key| given.key(key).items().any(|of: crate::model::Field<'_>| glob(of.str(), namespace.name()));
    let takes_pods = |one: crate::model::Field<'_>| {
        let has = |key, wanted: &str| one.key(key).items().any(|item| item.str() == "*" || item.str() == wanted);
        (one.key("apiGroups").is_empty() || has("apiGroups", "")) && (one.key("kinds").is_empty() || has("kinds", "Pod"))
    };
    let about_pods = given.key("kinds").is_empty() || given.key("kinds").items().any(takes_pods);
    let narrow =
        given.key("scope").str() == "Cluster" || !matches!(given.key("name").str(), "" | "*") || given.key("source").str() == "Generated";
    if !about_pods || narrow || within("excludedNamespaces") || !given.key("namespaces").is_empty() && !within("namespaces") {
        return Reach::None;
    }
    let by_label = Selector::given(given.key("labelSelector")).is_some_and(|selector| !selector.selects_all());
    let all = if by_label { Reach::Unsure("labels of the pod, which its author sets, decide".to_owned()) } else { Reach::All };
    all.min(of_selector(given.key("namespaceSelector"), namespace))
}

/// Whether its webhook, which is not seen, is asked about pods of a namespace: as it is installed, a label takes one out.
pub(super) fn asked(namespace: &Namespace<'_>) -> Reach {
    let labelled = namespace.documents().any(|document| document.label(webhook::GUARDED_LABEL).exists());
    let unsure = || Reach::Unsure(format!("the label {} of the namespace takes it out", webhook::GUARDED_LABEL));
    if labelled { unsure() } else { Reach::All }
}

/// Whether Gatekeeper's own configuration takes the namespace out of what its webhook looks at.
fn is_exempt(namespace: &Namespace<'_>) -> bool {
    let mut configs = namespace.scan().evidence.of_kind_in(namespace.world(), kinds::GATEKEEPER_CONFIG);
    // one of another name it does not heed
    configs.any(|config| {
        config.name == "config"
            && config.at("spec.match").items().any(|one| {
                let of_webhook = one.key("processes").items().any(|process| matches!(process.str(), "*" | "webhook"));
                of_webhook && one.key("excludedNamespaces").items().any(|of| glob(of.str(), namespace.name()))
            })
    })
}
