//! When the next Log4Shell comes, the first question is what of it runs where.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::scanner::{self, About, Known, PARTS};
use crate::model::{Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "sbom-running-image-missing",
    title: "running image has no SBOM",
    topic: "dependency",
    severity: Severity::Low,
    why: "Without a list of what images are made of, nobody can tell which deployments a new vulnerability is in.",
    fix: "Have a scanner in the cluster keep an SBOM of each image, or require an attestation with one.",
    how: "Fails for each image in use that no SBOM report is about, or whose report lists no component, where the evidence has such reports. Is for review where it has none, although all was to be seen, and where reports of the repository do not tell the digest. Does not apply where nothing runs.",
    blind: "SBOMs that are kept elsewhere: as attestations in the registry, in a database of dependencies. Those of Kubescape are not read.",
    assurance: Assurance::Configuration,
    needs: &[kinds::POD],
    beside: PARTS,
    refs: &["https://aquasecurity.github.io/trivy-operator/latest/docs/crds/sbom-report/"],
    maps: &[("owasp_k8s_2022", &["K02"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

fn probe(scan: &Scan<'_>) -> Verdict {
    let mut images = scanner::images(scan).peekable();
    if images.peek().is_none() {
        return Verdict::Skip("nothing runs".into());
    }
    if !scanner::reports(scan.evidence, About::Parts) {
        let said = "no SBOM of an image is seen";
        return scan.review_if_whole(&PARTS[..1], said);
    }
    let faults = images.filter_map(|(world, field, image)| match scanner::known(scan, world, About::Parts, &image) {
        Known::Nothing => {
            let fault = field.fault(format!("no SBOM is about {}", field.str())).expected("an SBOM of this image");
            Some(fault.missing(PARTS).of_its_object())
        }
        Known::ByTagOnly(report) => {
            let said = format!("SBOMs of its repository, as {}, do not tell the digest of {}", report.name, field.str());
            Some(field.fault(said).doubt().of_its_object())
        }
        Known::Report(report, _) => {
            let count = report.at("report.summary.componentsCount");
            let none = count.int() == Some(0) || !count.exists() && report.at("report.components.components").is_empty();
            none.then(|| count.fault(format!("the SBOM of {} lists no component", field.str())).expected("its components"))
        }
    });
    faults.collect()
}
