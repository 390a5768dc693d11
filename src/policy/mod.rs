//! What the evidence is held against: the catalog, the profile, the user's configuration and exceptions.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{self, Check, Severity};
use crate::settings::Settings;

pub mod attestation;
pub mod baseline;
pub mod builtin;
pub mod catalog;
pub mod comment;
pub mod config;
mod error;
pub mod exception;
pub mod excuser;
mod given;
pub mod mapping;
mod pattern;
pub mod permissions;
pub mod profile;
mod profile_file;
pub mod remark;
mod select;
mod shipped;
mod survey;
mod text;
pub mod upstream;

pub use attestation::{Attestation, Attestations};
pub use baseline::{Baseline, Standing};
pub use catalog::{Catalog, Control, Coverage, Group};
pub use config::{Color, Config, FailOn};
pub use error::{Error, unknown};
pub use exception::{Candidate, Covered, Exceptions, Excuse, KeptComment};
pub use excuser::Excuser;
pub use mapping::Mapping;
pub(crate) use pattern::word;
pub use profile::{Profile, Requirement};
pub use select::Selection;
pub use text::Located;
pub(crate) use text::hex;

/// What a command line says about the policy.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Where the configuration file is.
    pub config: Source,
    /// The name of an embedded profile, or the path of a file.
    pub profile: Option<String>,
    /// Only these controls or requirements of the profile.
    pub controls: Vec<String>,
    /// Only these checks.
    pub checks: Vec<String>,
    /// Only these groups, by title or short name.
    pub groups: Vec<String>,
    /// Files of attestations, or folders of them; when there are none, those of the configuration file.
    pub attestations: Vec<PathBuf>,
    /// Failures at or over this severity give exit code 1.
    pub fail_on: Option<FailOn>,
    /// Reviews count as well.
    pub fail_on_review: bool,
    /// The least share of controls to be decided, in percent.
    pub min_coverage: Option<u8>,
    /// Gaps and errors do not give exit code 3.
    pub allow_gaps: bool,
}

/// Where a configuration file is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// There is to be none.
    #[default]
    Nowhere,
    /// In this folder or above, when there is one: see [`Config::search`].
    Search(PathBuf),
    /// Here.
    File(PathBuf),
}

/// What the evidence is held against.
#[derive(Debug)]
pub struct Policy {
    /// The controls catalog.
    pub catalog: &'static Catalog,
    /// The requirements, as far as the selection leaves them.
    pub profile: Profile,
    /// What the user narrowed the profile to.
    pub selection: Option<Selection>,
    /// The configuration file; empty when there is none.
    pub config: Config,
    /// The checks to run, in the order of [`checks::all`].
    pub checks: Vec<&'static Check>,
    /// Checks that a requirement of the profile names and that are not to run.
    pub deselected: Vec<&'static Check>,
    /// What is accepted.
    pub exceptions: Exceptions,
    /// What people vouch for.
    pub attestations: Attestations,
    /// Of checks: the profile's values, overridden by the configuration file's.
    pub settings: Settings,
    /// What decides the exit code.
    pub thresholds: Thresholds,
}

/// What decides the exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thresholds {
    /// Failures at or over this severity fail the scan; `None`: none do.
    pub fail_on: Option<Severity>,
    /// Reviews count as well.
    pub fail_on_review: bool,
    /// The least share of controls to be decided, in percent.
    pub min_coverage: Option<u8>,
    /// Gaps and errors are accepted.
    pub allow_gaps: bool,
}

impl Policy {
    /// Reads the configuration and the profile, and settles what is to run.
    ///
    /// # Errors
    /// A user's mistake, in words that say where it is and what to do.
    pub fn load(request: &Request) -> Result<Self, Error> {
        let config = match &request.config {
            Source::Nowhere => Config::default(),
            Source::File(path) => Config::read(path)?,
            Source::Search(start) => Config::search(start).map_or_else(|| Ok(Config::default()), |path| Config::read(&path))?,
        };
        Self::under(config, request)
    }

    /// The same under a configuration that was read already.
    ///
    /// # Errors
    /// See [`Policy::load`].
    pub fn under(config: Config, request: &Request) -> Result<Self, Error> {
        let mut profile = load_profile(request, &config)?;
        let settings = given::settle(profile.settings.iter().cloned().chain(config.settings()))?;
        let selection = Selection::new(request, &config, &profile)?;
        let checks = selection.apply(&mut profile)?;
        let named = |check: &&Check| profile.requirements.iter().any(|requirement| requirement.checks.iter().any(|id| id == check.id));
        let deselected = checks::all().filter(|check| named(check) && !checks.iter().any(|run| run.id == check.id)).collect();
        let exceptions = config.exceptions_for(&checks)?;
        let thresholds = thresholds(request, &config);
        let attestations = load_attestations(request, &config)?;
        let selection = selection.narrows().then_some(selection);
        Ok(Policy {
            catalog: Catalog::embedded(),
            profile,
            selection,
            config,
            checks,
            deselected,
            exceptions,
            attestations,
            settings,
            thresholds,
        })
    }
}

fn load_profile(request: &Request, config: &Config) -> Result<Profile, Error> {
    if let Some(flag) = &request.profile {
        return Profile::load(flag, Path::new(""));
    }
    let Some(key) = &config.profile else {
        return Profile::load(profile::DEFAULT, Path::new(""));
    };
    Profile::load(key, &config.beside("")).map_err(|error| match error {
        Error::Unknown(what) => config.mistake(key, what),
        other => other,
    })
}

fn load_attestations(request: &Request, config: &Config) -> Result<Attestations, Error> {
    let limit = config.attestation_days.as_ref().map_or(attestation::LONGEST, |days| days.value);
    if !request.attestations.is_empty() {
        return Attestations::read(&request.attestations, limit);
    }
    if let Some(missing) = config.attestations.iter().find(|path| !config.beside(&path.value).exists()) {
        return Err(config.mistake(missing, format!("there is no file or folder `{}`", missing.value)));
    }
    let paths: Vec<_> = config.attestations.iter().map(|path| config.beside(&path.value)).collect();
    Attestations::read(&paths, limit)
}

fn thresholds(request: &Request, config: &Config) -> Thresholds {
    Thresholds {
        fail_on: request.fail_on.or(config.fail_on).unwrap_or(FailOn::High).severity(),
        fail_on_review: request.fail_on_review || config.fail_on_review,
        min_coverage: request.min_coverage.or(config.min_coverage.map(|percent| percent.value)),
        allow_gaps: request.allow_gaps || config.allow_gaps,
    }
}
