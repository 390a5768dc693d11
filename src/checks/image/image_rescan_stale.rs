//! What was clean when it was scanned is not for long.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::scanner::{self, About, Known, VULNERABILITIES};
use crate::model::{Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "image-rescan-stale",
    title: "running images are not rescanned",
    topic: "image",
    severity: Severity::Medium,
    why: "New vulnerabilities are published every day: those in an image that runs stay unknown until somebody looks again.",
    fix: "Run a scanner in the cluster that renews its reports daily, such as trivy-operator with `OPERATOR_SCANNER_REPORT_TTL: 24h`.",
    how: "Fails for each image in use that no vulnerability report is about, or whose newest report is older than `rescan_days`, where the evidence has such reports. Is for review where it has none, although all was to be seen, as a registry may scan; and where reports of the repository do not tell the digest. Does not apply where nothing runs.",
    blind: "Scanners that keep no reports of their own in the cluster: registries, StackRox, NeuVector, Sysdig. Reports of Kubescape are not read.",
    needs: &[kinds::POD],
    beside: VULNERABILITIES,
    settings: &[&DAYS],
    refs: &["https://aquasecurity.github.io/trivy-operator/latest/docs/crds/vulnerability-report/"],
    maps: &[("owasp_k8s_2022", &["K10"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-1104"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

static DAYS: Setting =
    Setting { key: "rescan_days", help: "How many days old the newest vulnerability report of an image may be.", default: Default::Int(7) };

fn probe(scan: &Scan<'_>) -> Verdict {
    let mut images = scanner::images(scan).peekable();
    if images.peek().is_none() {
        return Verdict::Skip("nothing runs".into());
    }
    if !scanner::reports(scan.evidence, About::Vulnerabilities) {
        let said = "no reports of a scanner are seen";
        return scan.review_if_whole(&VULNERABILITIES[..1], said);
    }
    let limit = scan.settings.int(&DAYS);
    let faults = images.filter_map(|(world, field, image)| match scanner::known(scan, world, About::Vulnerabilities, &image) {
        Known::Nothing => {
            let fault = field.fault(format!("no vulnerability report is about {}", field.str())).expected("a fresh report");
            Some(fault.missing(VULNERABILITIES).of_its_object())
        }
        Known::ByTagOnly(report) => {
            let said = format!("reports of its repository, as {}, do not tell the digest of {}", report.name, field.str());
            Some(field.fault(said).doubt().of_its_object())
        }
        Known::Report(report, None) => {
            Some(report.at("report").key("updateTimestamp").fault(format!("when {} was scanned is not said", field.str())).doubt())
        }
        Known::Report(report, Some(then)) if time::is_older(then, scan.now, limit) => {
            let said = format!("{} was last scanned {} days ago", field.str(), time::days(then, scan.now));
            Some(report.at("report.updateTimestamp").fault(said).expected(format!("a report of the last {limit} days")))
        }
        Known::Report(..) => None,
    });
    faults.collect()
}
