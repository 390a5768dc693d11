//! When the next Log4Shell comes, who has released it has to know, and to tell.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::pipeline::{At, Does, Likeness, PIPELINES, Pipeline};
use crate::model::scanner::{self, About, PARTS};
use crate::model::{Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "sbom-missing",
    title: "no SBOM is generated for a released artefact",
    topic: "dependency",
    severity: Severity::Medium,
    why: "Only the build knows for certain what went in: without a list from there, neither the makers nor the users can find what a new vulnerability is in.",
    fix: "Generate SPDX or CycloneDX from what was built, in the same pipeline, and attach it to the artefact (`cosign attest`, `docker buildx build --sbom=true`).",
    how: "For pipelines, tasks and runs of Tekton and workflows of Argo whose steps push an image or publish another artefact, known by their commands: passes where a command attaches an SBOM to it, as some builders do themselves. Is for review where an SBOM is only written to a file, where it is of another artefact or may be skipped, where a task or a part of what it runs is not seen (another language, a Makefile, a script in a file), where a task or template is in no pipeline that is seen, and where only reports on what runs are kept. Fails where none is made, once all pipelines were to be seen. Where reading stops before anything is published, scan-image-missing says so. Pipelines that publish nothing are not assessed; what plain Jobs, the runners of GitLab, agents of Jenkins or TriggerTemplates publish is not read.",
    unread: true,
    everywhere: true,
    blind: "Pipelines of forges, releases and files of repositories are not read yet; whether the SBOM is right.",
    assurance: Assurance::Observation,
    needs: PIPELINES,
    beside: PARTS,
    refs: &["https://www.ntia.gov/page/software-bill-materials", "https://docs.docker.com/build/metadata/attestations/sbom/"],
    maps: &[("owasp_cicd", &["CICD-SEC-9"]), ("cwe", &["CWE-1395"])],
    probe: Probe::Object(PIPELINES, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let (pipeline, released) = match Pipeline::that(object, scan, &[Does::Push, Does::Publish]) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let attached: Vec<_> = pipeline.find(Does::Attach).collect();
    if attached.is_empty() {
        return missing(object, &pipeline, released[0], scan).into();
    }
    let has = |at: &At, wanted: Likeness| attached.iter().any(|one| pipeline.compare(*at, *one) == wanted);
    let same = |at: &At| attached.iter().copied().filter(|one| pipeline.compare(*at, *one) == Likeness::Same).collect::<Vec<_>>();
    let is_kept = |at: &At| pipeline.is_met(&same(at), *at);
    let bare = released.into_iter().filter(|at| !is_kept(at));
    let said = |at: &At| match () {
        () if has(at, Likeness::Same) => "the step that attaches an SBOM to what is published here may be skipped",
        () if has(at, Likeness::Open) => "an SBOM is attached, and whether to what is published here does not show",
        () => "an SBOM is attached to another artefact, and none to what is published here",
    };
    bare.map(|at| pipeline.line(at).fault(said(&at)).doubt()).collect()
}

fn missing(object: &Object<'_>, pipeline: &Pipeline<'_>, at: At, scan: &Scan<'_>) -> Fault {
    if let Some(file) = pipeline.find(Does::Sbom).next() {
        let said = "an SBOM is made, and no command is seen that attaches it to what is published";
        return pipeline.line(file).fault(said).expected("an attestation").doubt();
    }
    let said = format!("{} {} publishes something, and no step is seen to make an SBOM of it", object.kind, object.name);
    let fault = |said: String| pipeline.line(at).fault(said).expected("an SBOM that is attached to it");
    match &pipeline.open {
        Some(open) => fault(format!("{said}: {open}")).doubt(),
        None if scanner::reports(scan.evidence, About::Parts) => fault(format!("{said}; of what runs the cluster keeps some")).doubt(),
        None => fault(said).missing(PIPELINES),
    }
}
