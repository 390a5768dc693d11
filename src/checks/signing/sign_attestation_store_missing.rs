//! Proof that is gone with the run it is about cannot be asked for when it is needed.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::chains::{self, ARTIFACTS, Artifact};
use crate::model::{Field, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "sign-attestation-store-missing",
    title: "attestations are kept only in short-lived storage",
    topic: "signing",
    severity: Severity::Low,
    why: "Provenance that stands in annotations of a run is deleted with the run, and nobody who has only the image can find it.",
    fix: "Set `artifacts.taskrun.storage` and `artifacts.pipelinerun.storage` of Tekton Chains to `oci`, or to another store that lasts.",
    how: "Fails for a configuration of Tekton Chains that keeps the provenance of task runs or pipeline runs with `tekton` alone, which is the default, unless each is sent to the transparency log. Keys that an operator's object leaves out are not judged, as its defaults differ by version. Without such a configuration nothing is assessed; does not apply where provenance is switched off.",
    blind: "Repositories are not read yet: steps of pipelines that attest, assets of releases. Whether the store can be reached, and how long it keeps what it has.",
    everywhere: true,
    refs: &["https://tekton.dev/docs/chains/config/", "https://slsa.dev/spec/v1.0/distributing-provenance"],
    maps: &[("slsa", &["distribution"])],
    probe: Probe::Object(chains::CONFIGURATIONS, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let Some((configuration, has_defaults)) = chains::configuration(object) else { return Verdict::Unseen };
    let told = |one: &&Artifact| one.attested && (has_defaults || configuration.key(one.storage).exists());
    let kinds: Vec<_> = ARTIFACTS.iter().filter(told).collect();
    if kinds.is_empty() {
        return Verdict::Unseen;
    }
    if kinds.iter().all(|one| one.backends(configuration).next().is_none()) {
        return Verdict::Skip("Tekton Chains is told to make no provenance".into());
    }
    // `manual` leaves it to each run
    let is_logged = configuration.key("transparency.enabled").as_string().str() == "true";
    if is_logged { Verdict::Pass } else { kinds.into_iter().filter_map(|one| short_lived(one, configuration)).collect() }
}

fn short_lived(one: &Artifact, configuration: Field<'_>) -> Option<Fault> {
    let backends: Vec<_> = one.backends(configuration).collect();
    let only_runs = !backends.is_empty() && backends.iter().all(|backend| *backend == "tekton");
    let said = "Tekton Chains keeps provenance in annotations of the run alone";
    only_runs.then(|| configuration.key(one.storage).fault(said).expected("oci, or another store that lasts"))
}
