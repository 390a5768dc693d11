//! Without a signed word on it, nobody can tell what was built from which commit, and where.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::chains::{self, ARTIFACTS, CONFIGURATIONS};
use crate::model::kinds::joined;
use crate::model::pipeline::{At, Does, Likeness, PIPELINES, Pipeline};
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "sign-provenance-missing",
    title: "no signed build provenance is generated",
    topic: "signing",
    severity: Severity::Medium,
    why: "An image that somebody built on his own machine, or put into the registry in the night, looks like any other unless the build platform vouches for its own.",
    fix: "Run Tekton Chains with provenance switched on, and have tasks hand on what they built (results `IMAGE_URL` and `IMAGE_DIGEST`), or attest it in the pipeline.",
    how: "Fails for a configuration of Tekton Chains, or of its operator, that is switched off, makes no provenance of runs, or has a format that is none. For pipelines, tasks and runs of Tekton and workflows of Argo whose steps push or publish something, known by their commands: passes where a command attests its provenance, or where Chains makes it of Tekton's runs and the task hands on what it built. Is for review where it does not, where the attestation is of another artefact or may be skipped, where a task or a part of what it runs is not seen (another language, a Makefile, a script in a file), and where a task or template is in no pipeline that is seen. Fails where neither is there, once all was to be seen. Where reading stops before anything is published, scan-image-missing says so. What publishes nothing is not assessed; what plain Jobs, the runners of GitLab, agents of Jenkins or TriggerTemplates publish is not read.",
    unread: true,
    everywhere: true,
    blind: "Pipelines of forges, releases and files of repositories are not read yet; whether Chains runs, has a key, and has signed; how far builds are apart from one another.",
    assurance: Assurance::Observation,
    needs: NEEDS,
    refs: &[
        "https://tekton.dev/docs/chains/config/",
        "https://tekton.dev/docs/chains/slsa-provenance/",
        "https://slsa.dev/spec/v1.0/levels",
    ],
    maps: &[("owasp_cicd", &["CICD-SEC-9"]), ("slsa", &["Build L1-L3"]), ("cwe", &["CWE-345"])],
    probe: Probe::Object(NEEDS, probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &joined::<{ CONFIGURATIONS.len() + PIPELINES.len() }>(CONFIGURATIONS, PIPELINES);

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match CONFIGURATIONS.iter().any(|kind| object.is(*kind)) {
        true => configuration(object),
        false => pipeline(object, scan),
    }
}

fn configuration(object: &Object<'_>) -> Verdict {
    let Some((configuration, _)) = chains::configuration(object) else { return Verdict::Unseen };
    if !object.is(kinds::CONFIG_MAP) && !configuration.exists() {
        return Verdict::Unseen;
    }
    let fault = |field: Field<'_>, said: &'static str| field.fault(said);
    if chains::is_off(configuration) {
        return fault(configuration.key("disabled"), "Tekton Chains is switched off").expected("false or absent").into();
    }
    if !chains::makes_provenance(configuration) {
        let storage = configuration.key(ARTIFACTS[0].storage);
        return fault(storage, "Tekton Chains is told to make no provenance").expected("oci, or another store").into();
    }
    let formats = ["artifacts.taskrun.format", "artifacts.pipelinerun.format"].map(|key| configuration.key(key));
    // that of the first releases: the run as it stands, with no word on what was built from what
    let bare = formats.into_iter().filter(|format| format.str() == "tekton");
    bare.map(|format| fault(format, "what Tekton Chains signs is no provenance in this format").expected("slsa/v1")).collect()
}

fn pipeline(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let (pipeline, released) = match Pipeline::that(object, scan, &[Does::Push, Does::Publish]) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let attested: Vec<_> = pipeline.find(Does::Attest).collect();
    let same = |at: &At| attested.iter().copied().filter(|one| pipeline.compare(*at, *one) == Likeness::Same).collect::<Vec<_>>();
    let is_attested = |at: &At| pipeline.is_met(&same(at), *at);
    let of_chains = object.group == "tekton.dev" && chains::vouches(scan.evidence, object.world);
    let bare: Vec<_> = released.into_iter().filter(|at| !is_attested(at)).collect();
    let Some(first) = bare.first() else { return Verdict::Pass };
    let fault = |at: At, said: String| pipeline.line(at).fault(said).expected("signed provenance");
    if of_chains {
        let said = "Tekton Chains is told by no result of the task what it has built";
        let silent = bare.into_iter().filter(|at| !chains::is_hinted(pipeline.results(*at)) && !chains::is_hinted(&pipeline.results));
        return silent.map(|at| fault(at, said.to_owned()).expected("results IMAGE_URL and IMAGE_DIGEST").doubt()).collect();
    }
    let said = format!("{} {} publishes something, and nothing is seen to vouch for how it was built", object.kind, object.name);
    let fault: Fault = match &pipeline.open {
        _ if !attested.is_empty() => fault(*first, "provenance is attested, and not seen to be of this artefact".to_owned()).doubt(),
        Some(open) => fault(*first, format!("{said}: {open}")).doubt(),
        None => fault(*first, said).missing(NEEDS),
    };
    fault.into()
}
