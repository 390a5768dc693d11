//! A profile as it is written. The schema that editors use is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::catalog::Coverage;
use super::given::{self, Pair};
use super::text::Located;
use crate::settings::Value;

/// A profile: what a scan holds the evidence against.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "profile")]
pub(crate) struct ProfileFile {
    /// By which results name it.
    pub(crate) name: String,
    /// For a person; the name when it is missing.
    #[serde(default)]
    pub(crate) title: String,
    /// What it is for.
    #[serde(default)]
    pub(crate) description: String,
    /// The name of an embedded profile, or the path of a profile file from this one, whose content comes first.
    #[serde(default)]
    pub(crate) extends: Option<Located<String>>,
    /// The framework of its own requirements; its name when it is missing.
    #[serde(default)]
    pub(crate) framework: String,
    /// Every control of the catalog.
    #[serde(default)]
    pub(crate) all: bool,
    /// The controls of the catalog that apply to any of these papers: CNSWP-v1.0, CNSWP-v2.0, SSCP-v1.0.
    #[serde(default)]
    pub(crate) papers: Vec<Located<String>>,
    /// Controls of the catalog, by id.
    #[serde(default)]
    pub(crate) controls: Vec<Located<String>>,
    /// Requirements of its own.
    #[serde(default)]
    pub(crate) requirements: Vec<RequirementFile>,
    /// Requirements, by id, that what was chosen so far has and this profile has not; or checks that it does not run.
    #[serde(default)]
    pub(crate) exclude: Vec<Located<String>>,
    /// Settings of checks; a configuration file overrides them.
    #[serde(default, deserialize_with = "given::pairs")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub(crate) settings: Vec<Pair>,
}

/// A requirement of a profile's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementFile {
    /// Its id in results: no other requirement and no control has it.
    pub(crate) id: Located<String>,
    /// In a few words.
    pub(crate) title: String,
    /// What it asks for.
    #[serde(default)]
    pub(crate) summary: String,
    /// The framework it stems from, where that is not the profile's.
    #[serde(default)]
    pub(crate) framework: String,
    /// Under which it is listed.
    #[serde(default)]
    pub(crate) group: String,
    /// The level of its framework, which is its group when it names none.
    #[serde(default)]
    pub(crate) level: String,
    /// NIST SP 800-53 Rev. 5 controls that it relates to.
    #[serde(default)]
    pub(crate) nist: Vec<String>,
    /// The checks that judge it, by id.
    #[serde(default)]
    pub(crate) checks: Vec<Located<String>>,
    /// Settings, among those that its checks judge, that it is about, as `explain` names them: a check that has some of
    /// them is asked about those alone.
    #[serde(default)]
    pub(crate) about: Vec<Located<String>>,
    /// Checks bound to it that do not exist yet.
    #[serde(default)]
    pub(crate) planned: Vec<String>,
    /// What its checks can show: all of it (full), a part of it (partial), or nothing (none).
    pub(crate) coverage: Coverage,
    /// What all checks show together when they pass.
    #[serde(default)]
    pub(crate) proves: String,
    /// What they cannot show.
    #[serde(default)]
    pub(crate) leaves: String,
    /// What a person supplies for that.
    #[serde(default)]
    pub(crate) attest: String,
}
