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
    how: "For pipelines, tasks and runs of Tekton and workflows of Argo whose steps push an image, known by their commands: passes where a known scanner of images is run on the same image before the push, or after it in a task that another one waits for, and where what it finds stops the pipeline: by the exit code that the tool is told to end with, which no script, step or task throws away. Fails where no step scans, once all pipelines were to be seen. Is for review where the scan cannot stop the pipeline, may be skipped, looks at what is built anew afterwards, comes after the push and nothing waits for it, or may be about another image (another tag, or what is put in when it runs); where a task or a part of what it runs is not seen (another language, a Makefile, a script in a file), where a task or template is in no pipeline that is seen, and where only reports on what runs are kept. Where reading stops before any push is seen (another language that may start programs, a file, what a variable or another machine runs, a task that is not seen), it is for review at that line, with low severity. Pipelines that push nothing are not assessed; images that plain Jobs, the runners of GitLab, agents of Jenkins or TriggerTemplates push are not read.",
    unread: true,
    blind: "Pipelines of forges and files of repositories are not read yet; scanners of a registry; the files that scanners are configured by, and which severities they stop at.",
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
    let fault = |said: String| pipeline.line(push).fault(said).expected("a scanner before the push");
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
    let said: Vec<(At, Option<&'static str>)> = of(Likeness::Same).take(20).map(|scan| (scan, lacks(pipeline, push, scan))).collect();
    let good: Vec<At> = said.iter().filter(|(_, lacks)| lacks.is_none()).map(|(scan, _)| *scan).collect();
    if pipeline.is_met(&good, push) {
        return None;
    }
    let skipped = |at: &At| pipeline.line(*at).fault("the scan may be skipped where the image is pushed").doubt();
    if let Some(at) = good.first() {
        return Some(skipped(at).expected("a scanner that stops the pipeline before the push"));
    }
    let fault = |at: At, said: &'static str| pipeline.line(at).fault(said).doubt();
    let same =
        said.into_iter().find_map(|(scan, lacks)| Some(fault(scan, lacks?).expected("a scanner that stops the pipeline before the push")));
    let open = || of(Likeness::Open).next().map(|scan| fault(scan, "whether what is scanned is what is pushed does not show"));
    same.or_else(open).or_else(|| Some(fault(push, "no scan names the image that is pushed here").expected("a scanner before the push")))
}

/// What a scan of the image that is pushed lacks.
fn lacks(pipeline: &Pipeline<'_>, push: At, scan: At) -> Option<&'static str> {
    let is_before = pipeline.precedes(scan, push);
    let is_after = pipeline.precedes(push, scan) && pipeline.is_waited_for(scan);
    let holds = if is_before { pipeline.holds_back(scan, push) } else { pipeline.holds_back_others(scan) };
    match () {
        () if !is_before && !is_after => Some("the image is scanned when it was pushed, and nothing waits for the result"),
        () if is_before && pipeline.is_made_anew(scan, push) => Some("the image that is pushed is built after the scan"),
        () if !holds => Some("whatever the scan finds, nothing is seen to stop the pipeline for it"),
        () => None,
    }
}
