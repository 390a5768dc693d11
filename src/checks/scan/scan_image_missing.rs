//! What is in an image, nobody has read: a scanner that may stop the release has to.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::pipeline::{At, Does, Likeness, PIPELINES, Pipeline};
use crate::model::scanner::{self, About, VULNERABILITIES};
use crate::model::{Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "scan-image-missing",
    title: "built image is not scanned before it is published",
    topic: "scan",
    severity: Severity::Medium,
    why: "The packages of the base image and of the build come with their vulnerabilities, and once the image is pushed anybody may run it.",
    fix: "Scan what was built between build and push, or before the task that deploys it, with an exit code that stops the pipeline.",
    how: "For pipelines, tasks and runs of Tekton and workflows of Argo whose steps push an image, known by their commands: passes where a known scanner of images is run on the same image before the push, or after it in a task that another one waits for. Fails where no step scans, once all pipelines were to be seen. Is for review where the scan comes after the push and nothing waits for it, where it may be about another image, where a task or a part of what it runs is not seen (another language, a Makefile, a script in a file), where a task is in no pipeline that is seen, for workflows, and where only reports on what runs are kept. Pipelines that push nothing are not assessed.",
    unread: true,
    blind: "Pipelines of forges and files of repositories are not read yet; scanners of a registry; whether findings stop the pipeline.",
    assurance: Assurance::Observation,
    needs: PIPELINES,
    beside: VULNERABILITIES,
    everywhere: true,
    refs: &["https://trivy.dev/latest/docs/target/container_image/", "https://tekton.dev/docs/pipelines/pipelines/"],
    maps: &[("cwe", &["CWE-1395"]), ("cis_docker", &["4.4"])],
    probe: Probe::Object(PIPELINES, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let (pipeline, pushes) = match Pipeline::that(object, scan, &[Does::Push]) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let scans: Vec<_> = pipeline.find(Does::Scan).collect();
    if scans.is_empty() {
        return missing(object, &pipeline, pushes[0], scan).into();
    }
    pushes.into_iter().filter_map(|push| judge(&pipeline, push, &scans)).collect()
}

/// No scanner in it at all.
fn missing(object: &Object<'_>, pipeline: &Pipeline<'_>, push: At, scan: &Scan<'_>) -> Fault {
    let said = format!("{} {} pushes an image, and no step is seen to scan it", object.kind, object.name);
    let fault = |said: String| pipeline.line(push).place.fault(said).observed("").expected("a scanner before the push");
    match &pipeline.open {
        Some(open) => fault(format!("{said}: {open}")).doubt(),
        None if scanner::reports(scan.evidence, About::Vulnerabilities) => {
            fault(format!("{said}; what runs is scanned in the cluster")).doubt()
        }
        None => fault(said).missing(PIPELINES),
    }
}

fn judge(pipeline: &Pipeline<'_>, push: At, scans: &[At]) -> Option<Fault> {
    let of = |wanted: Likeness| scans.iter().copied().filter(move |scan| pipeline.compare(push, *scan) == wanted);
    let holds_up = |scan: &At| pipeline.is_before(*scan, push) || pipeline.is_before(push, *scan) && pipeline.is_waited_for(*scan);
    if of(Likeness::Same).any(|scan| holds_up(&scan)) {
        return None;
    }
    let fault = |at: At, said: &'static str| pipeline.line(at).place.fault(said).observed("").doubt();
    let late =
        of(Likeness::Same).next().map(|scan| fault(scan, "the image is scanned when it was pushed, and nothing waits for the result"));
    let open = || of(Likeness::Open).next().map(|scan| fault(scan, "whether what is scanned is what is pushed does not show"));
    late.or_else(open).or_else(|| Some(fault(push, "no scan names the image that is pushed here").expected("a scanner before the push")))
}
