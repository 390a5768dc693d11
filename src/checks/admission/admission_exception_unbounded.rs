//! An exception that nobody bounds becomes the rule.

use super::exceptions::{self, Kept};
use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::kinds::{
    CEL_EXCEPTION, CLUSTER_POLICY, GATEKEEPER_CONFIG, NAMESPACED_VALIDATING_POLICY, POLICY, POLICY_EXCEPTION, VALIDATING_POLICY,
};
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "admission-exception-unbounded",
    title: "policy exception without bound, reason or end",
    topic: "admission",
    severity: Severity::Medium,
    why: "Whatever fits a wide exception is let in, and one that nobody looks at again outlives what it was made for.",
    fix: "Have each exception name its namespaces and objects, and annotate it with a reason or an owner and with the day on which it ends; remove those that have ended.",
    how: "Fails for an exception that takes every object of every namespace or all rules of a policy of several, or whose end has passed; for policies, constraints and configurations that leave out namespaces beyond `system_namespaces`, or objects by labels that their authors set; and, as low, for an exception without reason and owner, or without end. Is for review where namespaces that look like infrastructure are left out, and where a condition in CEL decides. Does not apply to policies that leave nothing out.",
    blind: "Reasons and ends that are kept elsewhere, in tickets; whether Kyverno heeds exceptions at all is a matter of its flags.",
    assurance: Assurance::Enforcement,
    settings: &[&exceptions::REASONS, &exceptions::ENDS, &crate::settings::SYSTEM_NAMESPACES],
    refs: &["https://kyverno.io/docs/guides/exceptions/", "https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces/"],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("cwe", &["CWE-693", "CWE-863"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    POLICY_EXCEPTION,
    CEL_EXCEPTION,
    CLUSTER_POLICY,
    POLICY,
    VALIDATING_POLICY,
    NAMESPACED_VALIDATING_POLICY,
    GATEKEEPER_CONFIG,
    kinds::VALIDATING_ADMISSION_POLICY_BINDING,
    kinds::POD_SECURITY_CONFIGURATION,
    kinds::DEPLOYMENT,
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    let left_out: Vec<Fault> = match object.kind {
        "PolicyException" => {
            let wide = if object.is(CEL_EXCEPTION) { wide_in_cel(object) } else { wide(object, scan) };
            return wide.into_iter().chain(kept(object, scan)).collect();
        }
        "ClusterPolicy" | "Policy" => {
            let blocks = spec.key("rules").items().map(|rule| rule.key("exclude"));
            let filters = blocks.flat_map(|block| [block].into_iter().chain(block.key("any").items()).chain(block.key("all").items()));
            let filters: Vec<_> = filters.filter(|one| one.key("resources").exists()).collect();
            if filters.is_empty() {
                return Verdict::Skip("it leaves nothing out".into());
            }
            filters.into_iter().flat_map(|one| excluded(one.key("resources"), scan)).collect()
        }
        "Config" => listed(spec.key("match").items().map(|one| one.key("excludedNamespaces")), scan),
        "PodSecurityConfiguration" => exempted(object, scan),
        "Deployment" => return everywhere(object),
        _ => by_selector(object, scan),
    };
    let nothing = left_out.is_empty() && object.kind != "ClusterPolicy" && object.kind != "Policy" && !leaves_out(object);
    if nothing { Verdict::Skip("it leaves nothing out".into()) } else { left_out.into() }
}

/// Whether something is left out at all.
fn leaves_out(object: &Object<'_>) -> bool {
    let any = ["spec.match", "spec.matchResources.namespaceSelector", "spec.matchConstraints.namespaceSelector", "exemptions.namespaces"];
    any.iter().any(|path| !object.at(path).is_empty())
}

/// Kyverno's exceptions, by what they match and which rules they name.
fn wide(exception: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let found = exception.at("spec.match");
    let filters = [found].into_iter().chain(found.key("any").items()).chain(found.key("all").items());
    let narrows = |resources: Field<'_>, keys: &[&'static str]| {
        keys.iter().any(|key| !resources.key(key).is_empty() && !resources.key(key).items().any(|item| item.str() == "*"))
    };
    let keys: &[&str] = &["namespaces", "namespaceSelector", "names", "name", "selector", "annotations"];
    let all = filters.filter(|one| one.key("resources").exists()).find(|one| !narrows(one.key("resources"), keys));
    let all = all.map(|one| {
        one.key("resources")
            .fault(format!("exception {} takes every object of every namespace", exception.name))
            .expected("namespaces and names")
    });
    let rules = exception.at("spec.exceptions").items().filter_map(|one| {
        let every = one.key("ruleNames").items().find(|name| name.str() == "*")?;
        let policy = one.key("policyName").str();
        let mut policies = [CLUSTER_POLICY, POLICY].into_iter().flat_map(|kind| scan.evidence.of_kind_in(exception.world, kind));
        let known = policies.find(|own| policy == own.name || policy.ends_with(&format!("/{}", own.name)));
        let several = known.is_none_or(|own| own.at("spec.rules").items().count() > 1);
        several.then(|| {
            every.fault(format!("exception {} covers every rule of {policy}", exception.name)).expected("the rules that are needed")
        })
    });
    all.into_iter().chain(rules).collect()
}

/// Those of the newer kinds: without a condition they take everything that the policy is about.
fn wide_in_cel(exception: &Object<'_>) -> Vec<Fault> {
    let spec = exception.at("spec");
    let conditions = spec.key("matchConditions");
    let narrow = ["images", "allowedValues"].iter().any(|key| !spec.key(key).is_empty());
    match () {
        () if conditions.is_empty() && !narrow => {
            vec![
                spec.key("policyRefs")
                    .fault(format!("exception {} takes everything that its policies are about", exception.name))
                    .expected("conditions on namespace and name"),
            ]
        }
        () if !conditions.is_empty() && !conditions.scalars().any(|text| text.str().contains("namespace")) => {
            vec![
                conditions
                    .fault(format!("whether the conditions of exception {} keep to a namespace is not understood", exception.name))
                    .doubt(),
            ]
        }
        () => Vec::new(),
    }
}

/// Its reason, owner and end.
fn kept(exception: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let (reason, end) = exceptions::kept(exception, scan);
    let place = exception.at("metadata.name");
    let low = |said: &str, expected: &'static str| {
        place.fault(format!("exception {} {said}", exception.name)).expected(expected).severity(Severity::Low)
    };
    let reason = (!reason).then(|| low("has neither reason nor owner", "an annotation with the reason or the owner"));
    let end = match end {
        Kept::Ahead | Kept::Somehow => None,
        Kept::Ended(field, days) => {
            Some(field.fault(format!("exception {} ended {days} days ago", exception.name)).expected("no such exception"))
        }
        Kept::Nothing => Some(low("has no end", "an annotation with the day on which it ends")),
    };
    reason.into_iter().chain(end).collect()
}

/// What a block of Kyverno leaves out: namespaces, or objects by what their authors write on them.
fn excluded(resources: Field<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let by_author = ["selector", "annotations"].into_iter().map(|key| resources.key(key)).find(|field| !field.is_empty());
    if resources.key("namespaces").is_empty() && resources.key("namespaceSelector").is_empty() && resources.key("names").is_empty() {
        let said = "objects are left out by what their authors write on them, in every namespace";
        return by_author.map(|field| field.fault(said).expected("namespaces and names")).into_iter().collect();
    }
    if !resources.key("names").is_empty() {
        return Vec::new();
    }
    listed([resources.key("namespaces")].into_iter(), scan)
}

fn listed<'a>(lists: impl Iterator<Item = Field<'a>>, scan: &Scan<'_>) -> Vec<Fault> {
    lists.flat_map(Field::items).filter_map(|item| exceptions::namespace(item, scan)).collect()
}

fn exempted(configuration: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let exemptions = configuration.at("exemptions");
    let others = ["usernames", "runtimeClasses"].into_iter().map(|key| exemptions.key(key)).filter(|list| !list.is_empty());
    let others = others
        .map(|list| list.fault("some are exempt from Pod Security admission: is that still needed").expected("no such exemption").doubt());
    listed([exemptions.key("namespaces")].into_iter(), scan).into_iter().chain(others).collect()
}

/// Namespaces that a selector leaves out by name.
fn by_selector(object: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let selectors = ["spec.matchResources.namespaceSelector", "spec.matchConstraints.namespaceSelector"].map(|path| object.at(path));
    let not_in = |one: &Field<'_>| one.key("operator").str() == "NotIn" && one.key("key").str() == "kubernetes.io/metadata.name";
    listed(
        selectors.into_iter().flat_map(|selector| selector.key("matchExpressions").items()).filter(not_in).map(|one| one.key("values")),
        scan,
    )
}

/// Kyverno takes exceptions from one namespace, or from all of them.
fn everywhere(deployment: &Object<'_>) -> Verdict {
    let containers = deployment.at("spec.template.spec.containers").items();
    let mut arguments = containers.flat_map(|container| container.key("args").items());
    let wide = if deployment.name.contains("kyverno") { arguments.find(|one| one.str() == "--exceptionNamespace=*") } else { None };
    match wide {
        Some(argument) => argument
            .fault("exceptions are taken from every namespace: whoever may make one there excepts himself")
            .expected("one namespace")
            .into(),
        None => Verdict::Skip("it leaves nothing out".into()),
    }
}
