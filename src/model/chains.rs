//! Tekton Chains: what it signs, with which key, and where it keeps that.

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

impl Artifact {
    /// The backends that it is kept in; none where it is not signed.
    pub fn backends<'a>(&self, configuration: Field<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        let field = configuration.key(self.storage);
        let said = if field.exists() { field.str() } else { self.kept };
        said.split(',').map(str::trim).filter(|backend| !backend.is_empty())
    }
}
