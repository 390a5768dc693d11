//! A policy that only looks on is as good as the one who reads its reports.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::kinds::{CLUSTER_POLICY, CONSTRAINT_TEMPLATE, NAMESPACED_VALIDATING_POLICY, POLICY, VALIDATING_POLICY};
use crate::model::{Field, GroupKind, Object, Scan, time};

pub(super) static CHECK: Check = Check {
    id: "admission-report-violations",
    title: "policy engine reports open violations",
    topic: "admission",
    severity: Severity::Medium,
    why: "What runs against policy was let in before the policy came, or past it, and stays until somebody acts on the report.",
    fix: "Keep the background scan on, and mend, or except by name and with an end, what the reports list.",
    how: "Fails for each result of a policy report that fails or errs with severity high or critical, for reports whose newest result is more than a day old, for constraints of Gatekeeper whose last audit found violations or is more than a day old, and for policies of Kyverno that are left out of the background scan although they could be in it. Results that this scanner wrote itself do not count. Does not apply to reports without results.",
    blind: "Engines that write no reports into the cluster.",
    beside: &[GroupKind::new("constraints.gatekeeper.sh", "*")],
    refs: &["https://kyverno.io/docs/policy-reports/", "https://open-policy-agent.github.io/gatekeeper/website/docs/audit/"],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"]), ("cwe", &["CWE-693"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("wgpolicyk8s.io", "PolicyReport"),
    GroupKind::new("wgpolicyk8s.io", "ClusterPolicyReport"),
    GroupKind::new("openreports.io", "Report"),
    GroupKind::new("openreports.io", "ClusterReport"),
    CLUSTER_POLICY,
    POLICY,
    VALIDATING_POLICY,
    NAMESPACED_VALIDATING_POLICY,
    CONSTRAINT_TEMPLATE,
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.group {
        "wgpolicyk8s.io" | "openreports.io" => report(object, scan),
        "templates.gatekeeper.sh" => constraints(object, scan),
        _ => in_background(object),
    }
}

fn report(report: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let own = |result: &Field<'_>| result.key("source").str() != "cnscan" && report.at("source").str() != "cnscan";
    let results: Vec<_> = report.at("results").items().filter(own).collect();
    if results.is_empty() {
        return Verdict::Skip("no result of a policy engine in it".into());
    }
    let newest = results.iter().filter_map(|result| result.at("timestamp.seconds").int()).max();
    let newest = newest.and_then(|second| jiff::Timestamp::from_second(second).ok());
    let stale = newest.filter(|then| time::is_older(*then, scan.now, 1)).map(|then| {
        let said = format!("the newest result of {} {} is {} days old", report.kind, report.name, time::days(then, scan.now));
        report.at("metadata.name").fault(said).expected("results of the last day")
    });
    results.into_iter().filter_map(|result| violation(report, result)).chain(stale).collect()
}

fn violation(report: &Object<'_>, result: Field<'_>) -> Option<Fault> {
    let said = result.key("result");
    let severe = matches!(result.key("severity").str(), "high" | "critical");
    if !severe || !matches!(said.str(), "fail" | "error") {
        return None;
    }
    let listed = result.key("resources").items().next().or_else(|| result.key("subjects").items().next());
    let about = listed.unwrap_or_else(|| report.at("scope"));
    let (kind, name) = (about.key("kind").str(), about.key("name").str());
    let place = match about.key("namespace").str() {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    };
    let rule =
        [result.key("policy").str(), result.key("rule").str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    Some(said.fault(format!("{place} is against {rule}")).expected("pass"))
}

/// What the last audit of each constraint of a template says.
fn constraints(template: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let kind = template.at("spec.crd.spec.names.kind").str();
    let all = scan.evidence.named("constraints.gatekeeper.sh", kind).filter(|constraint| constraint.world == template.world);
    let audited: Vec<_> = all.filter(|constraint| constraint.at("status").exists()).collect();
    if audited.is_empty() {
        return Verdict::Skip("no constraint of it has been audited".into());
    }
    let faults = audited.into_iter().flat_map(|constraint| {
        let (total, audit) = (constraint.at("status.totalViolations"), constraint.at("status.auditTimestamp"));
        let open = total.int().filter(|count| *count > 0).map(|count| {
            total.fault(format!("{} objects are against constraint {} {}", count, constraint.kind, constraint.name)).expected("0")
        });
        let stale = time::read(audit.str()).filter(|then| time::is_older(*then, scan.now, 1)).map(|then| {
            audit
                .fault(format!("the last audit of {} was {} days ago", constraint.name, time::days(then, scan.now)))
                .expected("within a day")
        });
        open.into_iter().chain(stale)
    });
    faults.collect()
}

/// A policy that asks who makes an object cannot look at what is there; others can.
fn in_background(policy: &Object<'_>) -> Verdict {
    let spec = policy.at("spec");
    let validates = policy.group == "policies.kyverno.io" || spec.key("rules").items().any(|rule| rule.key("validate").exists());
    if !validates {
        return Verdict::Skip("a policy that judges nothing".into());
    }
    let switch = if policy.group == "policies.kyverno.io" { spec.at("evaluation.background.enabled") } else { spec.key("background") };
    if switch.bool() != Some(false) {
        return Verdict::Pass;
    }
    let words = ["request.userInfo", "request.roles", "request.clusterRoles", "serviceAccount", "request.operation", "oldObject"];
    let by_words = spec.scalars().any(|text| words.iter().any(|word| text.str().contains(word)));
    let by_people = spec.key("rules").items().any(|rule| {
        let blocks = ["match", "exclude"].map(|key| rule.key(key));
        blocks
            .into_iter()
            .flat_map(|block| [block].into_iter().chain(block.key("any").items()).chain(block.key("all").items()))
            .any(|one| ["subjects", "roles", "clusterRoles"].iter().any(|key| !one.key(key).is_empty()))
    });
    if by_words || by_people {
        return Verdict::Skip("it asks who makes an object, which only admission knows".into());
    }
    let said = format!("{} {} does not look at what is there already", policy.kind, policy.name);
    switch.fault(said).expected("true or absent").severity(Severity::Low).into()
}
