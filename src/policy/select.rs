//! Which requirements and checks of a profile a scan is narrowed to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::profile::unknown_check;
use super::text::Located;
use super::{Catalog, Config, Error, Profile, Request, Requirement, error};
use crate::checks::{self, Check};

/// What the user narrowed the scan to. An empty list narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Only these controls or requirements.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub controls: Vec<String>,
    /// Only these checks, and what they serve.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<String>,
    /// Only the controls of these groups.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<String>,
    /// How many controls the whole profile has.
    pub of: u32,
}

impl Selection {
    /// The flags, each of which wins over its key in the configuration file.
    pub(crate) fn new(request: &Request, config: &Config, profile: &Profile) -> Result<Self, Error> {
        let pick = |flag: &[String], key: &[Located<String>], resolve: &dyn Fn(&str) -> Result<String, String>| {
            if !flag.is_empty() {
                return flag.iter().map(|name| resolve(name).map_err(Error::Unknown)).collect::<Result<Vec<_>, _>>();
            }
            key.iter().map(|name| resolve(name).map_err(|what| config.mistake(name, what))).collect()
        };
        Ok(Selection {
            controls: pick(&request.controls, &config.controls, &|id| control(profile, id))?,
            checks: pick(&request.checks, &config.checks, &|id| check(profile, id))?,
            groups: pick(&request.groups, &config.groups, &|name| group(profile, name))?,
            of: profile.requirements.len() as u32,
        })
    }

    /// Whether it narrows anything.
    pub(crate) fn narrows(&self) -> bool {
        !(self.controls.is_empty() && self.checks.is_empty() && self.groups.is_empty())
    }

    /// Leaves the profile the requirements that were chosen; the checks of these to run.
    pub(crate) fn apply(&self, profile: &mut Profile) -> Result<Vec<&'static Check>, Error> {
        profile.requirements.retain(|requirement| self.keeps(requirement));
        let is_named = |check: &Check| profile.requirements.iter().any(|requirement| requirement.checks.iter().any(|id| id == check.id));
        let is_wanted = |check: &Check| self.checks.is_empty() || self.checks.iter().any(|id| id == check.id);
        let is_excluded = |check: &Check| profile.excluded.iter().any(|id| id == check.id);
        if profile.requirements.is_empty() {
            return Err(Error::Nothing("what was selected has nothing in common: give fewer of --control, --check and --group".to_owned()));
        }
        Ok(checks::all().filter(|check| is_named(check) && is_wanted(check) && !is_excluded(check)).collect())
    }

    fn keeps(&self, requirement: &Requirement) -> bool {
        let holds = |list: &[String], is: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(is);
        holds(&self.controls, &|id| *id == requirement.id)
            && holds(&self.groups, &|name| *name == requirement.group)
            && holds(&self.checks, &|id| requirement.checks.contains(id))
    }
}

/// The id of a requirement of the profile.
fn control(profile: &Profile, id: &str) -> Result<String, String> {
    if let Some(requirement) = profile.find(id) {
        return Ok(requirement.id.clone());
    }
    let elsewhere = profiles_with(|profile| profile.find(id).is_some());
    if !elsewhere.is_empty() {
        return Err(format!("the profile {} has no control `{id}`: {elsewhere}", profile.name));
    }
    let known = Catalog::embedded().controls().map(|control| &control.id);
    let known = known.chain(profile.requirements.iter().map(|requirement| &requirement.id));
    Err(error::unknown("control", id, known.map(String::as_str)))
}

/// The id of a check that the profile names.
fn check(profile: &Profile, id: &str) -> Result<String, String> {
    if checks::find(id).is_none() {
        let said = unknown_check(id);
        return Err(if said.contains("did you mean") { said } else { format!("{said}; `cnscan list checks` names all") });
    }
    let names = |profile: &Profile| profile.requirements.iter().any(|requirement| requirement.checks.iter().any(|check| check == id));
    if profile.excluded.iter().any(|check| check == id) {
        return Err(format!("the profile {} excludes the check `{id}`", profile.name));
    }
    if names(profile) {
        return Ok(id.to_owned());
    }
    let elsewhere = profiles_with(names);
    Err(format!("no requirement of the profile {} names the check `{id}`: {elsewhere}", profile.name))
}

/// The group of the profile by its title, or by the short name of a group of the catalog.
fn group(profile: &Profile, name: &str) -> Result<String, String> {
    let title = Catalog::embedded().group(name).map_or(name, |group| &group.title);
    let groups = || profile.requirements.iter().map(|requirement| requirement.group.as_str());
    if let Some(group) = groups().find(|group| group.eq_ignore_ascii_case(title)) {
        return Ok(group.to_owned());
    }
    let mut known: Vec<_> = groups().collect();
    known.dedup();
    let said = error::unknown("group", name, known.iter().copied());
    Err(format!("{said} in the profile {} (it has {})", profile.name, known.join(", ")))
}

/// Advice on which embedded profiles have what one lacks; empty when none has.
fn profiles_with(has: impl Fn(&Profile) -> bool) -> String {
    let names: Vec<_> = Profile::embedded().into_iter().filter(has).map(|profile| profile.name).collect();
    if names.is_empty() { String::new() } else { format!("use --profile {}", names.join(" or ")) }
}
