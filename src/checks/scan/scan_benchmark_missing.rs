//! A benchmark that is met on the day of the audit is not met a year later, unless somebody measures.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::benchmark::{self, Measured};
use crate::model::{Field, GroupKind, Object, Pod, Scan, kinds, schedule, time};

pub(super) static CHECK: Check = Check {
    id: "scan-benchmark-missing",
    title: "no hardening benchmark runs on a schedule",
    topic: "scan",
    severity: Severity::Low,
    why: "Nodes are added, flags are changed in a night of trouble: only who measures again sees what has drifted away from the benchmark.",
    fix: "Schedule kube-bench or Kubescape as a CronJob, or let trivy-operator or the Compliance Operator report, and follow the score.",
    how: "Passes where a CronJob or CronWorkflow that is not suspended, and whose time comes, runs a known tool on a cluster or its machines (kube-bench, Kubescape, `trivy k8s --compliance`, `prowler kubernetes`, OpenSCAP, InSpec with a profile of a benchmark, Lynis), where a ClusterComplianceReport of trivy-operator has a schedule and, in a cluster, was renewed within 30 days, where the operator of Kubescape has its scheduler, or where a scan of the Compliance Operator has a schedule. Is for review where the tool is run by hand or suspended, where its time never comes, where a report is older, and where nothing of that is seen once all was to be seen; before, it is not assessed. Never fails. Does not apply where nothing runs.",
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
    if let Some(fault) = never(cron) {
        return Some(fault);
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
    never(schedule).or_else(|| schedule.is_empty().then(|| schedule.fault(said()).expected("a schedule").of_its_object()))
}

/// A schedule whose time never comes.
fn never(schedule: Field<'_>) -> Option<Fault> {
    let said = || "the time of this schedule never comes".to_owned();
    schedule::never_comes(schedule.str()).then(|| schedule.fault(said()).expected("a schedule").of_its_object())
}

/// What a pod is of a benchmark's tool: nothing, one that runs again, or one that does not.
fn of_pod(pod: &Pod<'_>) -> Option<Option<Fault>> {
    let object = pod.object();
    let who = || format!("{} {}", object.kind, object.name);
    let fault = match benchmark::measured(pod)? {
        Measured::Again => return Some(None),
        Measured::Never(schedule) => schedule.fault(format!("the time of {} never comes", who())).expected("a schedule"),
        Measured::Suspended(suspend) => suspend.fault(format!("{} is suspended", who())).expected("false or absent"),
        Measured::Once(image) => image.fault(format!("{} measures the cluster once", who())).expected("a CronJob"),
    };
    Some(Some(fault.of_its_object()))
}
