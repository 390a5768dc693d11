//! Tekton Chains: what it signs, with which key, and where it keeps that.

use std::collections::HashSet;

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{GroupKind, kinds};

/// Where Chains, or the operator that installs it, is configured.
pub const CONFIGURATIONS: &[GroupKind] = &[kinds::CONFIG_MAP, TEKTON_CHAIN, TEKTON_CONFIG];

const TEKTON_CHAIN: GroupKind = GroupKind::new("operator.tekton.dev", "TektonChain");
const TEKTON_CONFIG: GroupKind = GroupKind::new("operator.tekton.dev", "TektonConfig");

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Artifact {
    /// The key of its storage.
    pub storage: &'static str,
    /// The key of its signer.
    pub signer: &'static str,
    /// Where it is kept when nothing is said.
    pub kept: &'static str,
    /// It is provenance rather than a signature of an image.
    pub attested: bool,
}

/// All that Chains signs.
pub const ARTIFACTS: &[Artifact] = &[
    Artifact { storage: "artifacts.taskrun.storage", signer: "artifacts.taskrun.signer", kept: "tekton", attested: true },
    Artifact { storage: "artifacts.pipelinerun.storage", signer: "artifacts.pipelinerun.signer", kept: "tekton", attested: true },
    Artifact { storage: "artifacts.oci.storage", signer: "artifacts.oci.signer", kept: "oci", attested: false },
];

/// The keys of a configuration, and whether what it leaves out is Chains' own default: an operator has others, by version.
#[must_use]
pub fn configuration<'a>(object: &Object<'a>) -> Option<(Field<'a>, bool)> {
    match object.kind {
        "ConfigMap" => (object.name == "chains-config").then(|| (object.at("data"), true)),
        "TektonChain" => Some((object.at("spec"), false)),
        _ => Some((object.at("spec.chain"), false)),
    }
}

/// Whether Chains is switched off.
#[must_use]
pub fn is_off(configuration: Field<'_>) -> bool {
    configuration.key("disabled").is_true()
}

/// Whether Chains makes provenance of runs of any kind.
#[must_use]
pub fn makes_provenance(configuration: Field<'_>) -> bool {
    ARTIFACTS.iter().filter(|one| one.attested).any(|one| one.backends(configuration).next().is_some())
}

/// Whether each configuration of Chains that is seen in a world, of one at least, has it make provenance.
#[must_use]
pub fn vouches(evidence: &Evidence<'_>, world: u16) -> bool {
    let told = |kind: &GroupKind| {
        let found = evidence.of_kind_in(world, *kind).filter_map(configuration).map(|(field, _)| field);
        found.filter(|field| *kind == kinds::CONFIG_MAP || field.exists()).collect::<Vec<_>>()
    };
    // the ConfigMap is what Chains reads; what an operator is told stands for it where it was not seen
    let found = CONFIGURATIONS.iter().map(told).find(|found| !found.is_empty()).unwrap_or_default();
    !found.is_empty() && found.iter().all(|one| !is_off(*one) && makes_provenance(*one))
}

/// Whether results of these names tell Chains what was built: a list of images, an artefact with its digest, or the parts of
/// one under one beginning.
#[must_use]
pub fn is_hinted(results: &[&str]) -> bool {
    const PAIRS: [(&str, &str); 2] = [("IMAGE_URL", "IMAGE_DIGEST"), ("ARTIFACT_URI", "ARTIFACT_DIGEST")];
    let all: HashSet<&str> = results.iter().copied().collect();
    let has = |begin: &str, end: &str| all.contains(format!("{begin}{end}").as_str());
    results.iter().any(|name| {
        let is_pair = |(place, digest): &(&str, &str)| name.strip_suffix(place).is_some_and(|begin| has(begin, digest));
        *name == "IMAGES" || name.ends_with("ARTIFACT_OUTPUTS") || PAIRS.iter().any(is_pair)
    })
}

impl Artifact {
    /// The backends that it is kept in; none where it is not signed.
    pub fn backends<'a>(&self, configuration: Field<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        let field = configuration.key(self.storage);
        let said = if field.exists() { field.str() } else { self.kept };
        said.split(',').map(str::trim).filter(|backend| !backend.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::is_hinted;

    #[test]
    fn results_hint_by_their_names() {
        for (results, is) in [
            (&["IMAGES"][..], true),
            (&["web-IMAGE_URL", "web-IMAGE_DIGEST"], true),
            (&["web-IMAGE_URL", "api-IMAGE_DIGEST"], false),
            (&["IMAGE_URL"], false),
            (&["chart_ARTIFACT_OUTPUTS"], true),
            (&["ARTIFACT_URI", "ARTIFACT_DIGEST"], true),
            (&["digest"], false),
            (&[], false),
        ] {
            assert_eq!(is_hinted(results), is, "{results:?}");
        }
    }
}
