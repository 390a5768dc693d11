//! A benchmark that is met on the day of the audit is not met a year later, unless somebody measures.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::pipeline::{Does, runs};
use crate::model::{Field, GroupKind, Object, Pod, Scan, kinds, time};

pub(super) static CHECK: Check = Check {
    id: "scan-benchmark-missing",
    title: "no hardening benchmark runs on a schedule",
    topic: "scan",
    severity: Severity::Low,
    why: "Nodes are added, flags are changed in a night of trouble: only who measures again sees what has drifted away from the benchmark.",
    fix: "Schedule kube-bench or Kubescape as a CronJob, or let trivy-operator or the Compliance Operator report, and follow the score.",
    how: "Passes where a CronJob or CronWorkflow that is not suspended runs a known tool (kube-bench, Kubescape, `trivy k8s --compliance`, OpenSCAP, InSpec, Lynis), where a ClusterComplianceReport of trivy-operator has a schedule and, in a cluster, was renewed within 30 days, where the operator of Kubescape has its scheduler, or where a scan of the Compliance Operator has a schedule. Is for review where the tool is run by hand or suspended, where a report is older, and where nothing of that is seen once all was to be seen; before, it is not assessed. Never fails. Does not apply where nothing runs.",
    unread: true,
    blind: "Pipelines of forges and what runs outside of the cluster are not read yet; providers' own services; whether anybody reads the result.",
    assurance: Assurance::Observation,
    needs: NEEDS,
    beside: &[COMPLIANCE, SCAN_SETTING, BINDING],
    refs: &[
        "https://github.com/aquasecurity/kube-bench",
        "https://kubescape.io/docs/operator/",
        "https://aquasecurity.github.io/trivy-operator/latest/docs/compliance/compliance/",
        "https://github.com/ComplianceAsCode/compliance-operator/blob/master/doc/crds.md",
    ],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

/// trivy-operator's reports against a benchmark.
const COMPLIANCE: GroupKind = GroupKind::new("aquasecurity.github.io", "ClusterComplianceReport");
/// How, and how often, the Compliance Operator scans.
const SCAN_SETTING: GroupKind = GroupKind::new("compliance.openshift.io", "ScanSetting");
/// What is scanned so.
const BINDING: GroupKind = GroupKind::new("compliance.openshift.io", "ScanSettingBinding");
const NEEDS: &[GroupKind] = &[kinds::POD, CRON_JOB];
const CRON_JOB: GroupKind = GroupKind::new("batch", "CronJob");
/// How old a report may be; trivy-operator renews them every six hours.
const DAYS: i64 = 30;

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    if evidence.pods().is_empty() {
        return Verdict::Skip("nothing runs".into());
    }
    let by_report = evidence.of_kind(COMPLIANCE).map(|report| of_report(report, scan));
    let by_setting = evidence.of_kind(SCAN_SETTING).filter(|setting| is_bound(setting, scan)).map(of_setting);
    let by_pod = evidence.pods().iter().map(|record| Pod { scan, record }).filter_map(|pod| of_pod(&pod));
    let mut doubt = None;
    for found in by_report.chain(by_setting).chain(by_pod) {
        match found {
            None => return Verdict::Pass,
            Some(fault) => doubt = doubt.or(Some(fault)),
        }
    }
    let said = "nothing is seen that measures the cluster against a benchmark again and again";
    doubt.map_or_else(|| scan.review_if_whole(NEEDS, said), |fault: Fault| fault.doubt().into())
}

/// `None`: it is renewed.
fn of_report(report: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let (cron, updated) = (report.at("spec.cron"), report.at("status.updateTimestamp"));
    if cron.is_empty() {
        return Some(cron.fault(format!("report {} has no schedule", report.name)).expected("a schedule").of_its_object());
    }
    let then = updated.text().and_then(time::read)?;
    let said = || format!("report {} was last renewed {} days ago", report.name, time::days(then, scan.now));
    time::is_older(then, scan.now, DAYS)
        .then(|| updated.fault(said()).expected(format!("a report of the last {DAYS} days")).of_its_object())
}

/// Settings are installed with the operator; that something is scanned so, a binding says.
fn is_bound(setting: &Object<'_>, scan: &Scan<'_>) -> bool {
    let names = |binding: &Object<'_>| match binding.at("settingsRef.name").str() {
        "" => setting.name == "default",
        name => name == setting.name,
    };
    scan.evidence.of_kind_in(setting.world, BINDING).any(|binding| binding.namespace == setting.namespace && names(binding))
}

fn of_setting(setting: &Object<'_>) -> Option<Fault> {
    let (schedule, suspend) = (setting.at("schedule"), setting.at("suspend"));
    if suspend.is_true() {
        return Some(suspend.fault(format!("the scans of {} are suspended", setting.name)).expected("false or absent").of_its_object());
    }
    let said = || format!("the scans of {} have no schedule", setting.name);
    schedule.is_empty().then(|| schedule.fault(said()).expected("a schedule").of_its_object())
}

/// What a pod is of a benchmark's tool: nothing, one that runs again, or one that does not.
fn of_pod(pod: &Pod<'_>) -> Option<Option<Fault>> {
    // what is run again or once; most pods are of neither
    let kind = pod.object().kind;
    if !matches!(kind, "CronJob" | "Job" | "CronWorkflow" | "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate") {
        return None;
    }
    let container = pod.containers().find(|container| {
        let image = container.field.key("image").str();
        let name = image.rsplit('/').next().and_then(|last| last.split([':', '@']).next()).unwrap_or_default();
        let is_scheduler = pod.object().is(CRON_JOB) && pod.object().label("app").str() == "kubescape-scheduler";
        is_scheduler || name == "kube-bench" || may_measure(container.field) && runs(container, Does::Measure)
    })?;
    let object = pod.object();
    let suspend = object.at("spec.suspend");
    let is_scheduled = object.is(CRON_JOB) || object.kind == "CronWorkflow";
    let by_hand = || container.image().fault(format!("{} {} measures the cluster once", object.kind, object.name)).expected("a CronJob");
    let stopped = || suspend.fault(format!("{} {} is suspended", object.kind, object.name)).expected("false or absent");
    Some(match (is_scheduled, suspend.is_true()) {
        (true, false) => None,
        (true, true) => Some(stopped().of_its_object()),
        (false, _) if pod.controller().is_some_and(|(owner, _)| owner.kind == "Job" || owner.kind == "CronJob") => return None,
        (false, _) => Some(by_hand().of_its_object()),
    })
}

/// Most containers are of no such tool: their words are looked at where one of its name is among them.
fn may_measure(container: Field<'_>) -> bool {
    const WORDS: [&str; 8] = ["kube-bench", "kubescape", "trivy", "oscap", "inspec", "cinc-auditor", "lynis", "prowler"];
    let lists = ["command", "args"].into_iter().flat_map(|key| container.key(key).scalars());
    let mut texts = lists.chain([container.key("image"), container.key("script")]).map(Field::str);
    texts.any(|text| WORDS.iter().any(|word| text.contains(word)))
}
