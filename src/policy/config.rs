//! The configuration file `cnscan.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::Error;
use super::exception::{Exception, Exceptions, Inline};
use super::given::{self, Given, Pair};
use super::text::{Located, Text};
use crate::checks::{Check, Severity};
use crate::discover::root;
use crate::render::Mode;
use crate::settings::Value;

/// The name that is searched for.
pub const NAME: &str = "cnscan.yaml";

/// The configuration file: what a command line would say, and exceptions and settings of checks besides.
/// A flag given on the command line wins over its key here. Paths are relative to this file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "cnscan.yaml")]
pub struct Config {
    /// The name of an embedded profile, or the path of a file.
    pub profile: Option<Located<String>>,
    /// Only these controls or requirements of the profile.
    pub controls: Vec<Located<String>>,
    /// Only these checks.
    pub checks: Vec<Located<String>>,
    /// Only these groups of controls.
    pub groups: Vec<Located<String>>,
    /// The format on standard output.
    pub format: Option<Located<String>>,
    /// Files to write besides: FORMAT=PATH.
    pub output: Vec<Located<String>>,
    /// Show the result by another framework as well: `nist-800-53`, or the path of a Gemara MappingDocument.
    pub framework: Option<Located<String>>,
    /// Whether to colour what a terminal shows.
    pub color: Option<Color>,
    /// Say less on standard error: errors only.
    pub quiet: bool,
    /// Show more: 1 for reviews one by one, ignored files and excused findings.
    pub verbose: u8,
    /// Failures at or over this severity give exit code 1; `none`: none do.
    pub fail_on: Option<FailOn>,
    /// Reviews count for `fail_on` as well.
    pub fail_on_review: bool,
    /// The least share of controls to be decided, in percent.
    #[schemars(range(max = 100))]
    pub min_coverage: Option<Located<u8>>,
    /// The input is all there is: of the cluster, of the repository, or (`true`) of both.
    pub complete: Complete,
    /// An earlier result: what it has is not new.
    pub baseline: Option<Located<String>>,
    /// The Kubernetes version to judge by: "1.34".
    #[schemars(regex(pattern = r"^v?1\.[0-9]+(\.[0-9]+)?$"))]
    pub kubernetes_version: Option<Located<String>>,
    /// What to render before it is judged: `auto`, `all` or `never`.
    pub render: Option<Mode>,
    /// Files of values for charts.
    pub values: Vec<Located<String>>,
    /// List what passed as well.
    pub include_passes: bool,
    /// Read what ignore files leave out.
    pub all_files: bool,
    /// How many threads to use.
    #[schemars(range(min = 1))]
    pub jobs: Option<Located<usize>>,
    /// Gaps and errors do not give exit code 3.
    pub allow_gaps: bool,
    /// The namespace of objects that name none.
    pub assume_namespace: Option<Located<String>>,
    /// The name that standard input has in reports.
    pub stdin_path: Option<String>,
    /// Of a cluster: only the objects of these namespaces, and those that have none.
    pub namespaces: Vec<String>,
    /// Of a cluster: not the objects of these namespaces.
    pub exclude_namespaces: Vec<String>,
    /// Of a cluster: only namespaced objects with these labels, as kubectl writes them.
    pub selector: Option<String>,
    /// The largest document that is read, in bytes.
    #[schemars(range(min = 1))]
    pub document_limit: Option<Located<usize>>,
    /// Files of attestations, or folders of them.
    pub attestations: Vec<Located<String>>,
    /// For how many days an attestation may hold.
    #[schemars(range(min = 1))]
    pub attestation_days: Option<Located<u32>>,
    /// Findings that are accepted.
    pub exceptions: Vec<Exception>,
    /// How much comments and annotations in the scanned files may excuse: `all`, `none`, or up to a severity.
    pub exceptions_inline: Inline,
    /// Whether the built-in list excuses known node agents and the control plane's own pods for what they cannot
    /// do without. It does unless this is false.
    pub builtin_exceptions: Option<bool>,
    /// Settings of checks.
    #[serde(deserialize_with = "given::pairs")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub(crate) settings: Vec<Pair>,
    /// Where it was read from.
    #[serde(skip)]
    pub file: Option<File>,
}

/// Where a configuration file was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// In reports: from the Git root, else from the working directory, else its bare name.
    pub name: String,
    /// Of its bytes.
    pub sha256: String,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
}

/// The severity from which on failures fail the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Critical ones.
    Critical,
    /// High ones and worse.
    High,
    /// Medium ones and worse.
    Medium,
    /// Low ones and worse.
    Low,
    /// All.
    Info,
    /// No failure does.
    None,
}

impl FailOn {
    /// What may be written.
    pub const WORDS: [&'static str; 6] = ["critical", "high", "medium", "low", "info", "none"];

    /// The threshold; `None`: no failure counts.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Critical => Some(Severity::Critical),
            FailOn::High => Some(Severity::High),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::Low => Some(Severity::Low),
            FailOn::Info => Some(Severity::Info),
            FailOn::None => None,
        }
    }
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "none" => Ok(FailOn::None),
            "critical" => Ok(FailOn::Critical),
            "high" => Ok(FailOn::High),
            "medium" => Ok(FailOn::Medium),
            "low" => Ok(FailOn::Low),
            "info" => Ok(FailOn::Info),
            other => Err(format!("`{other}` is none of {}", FailOn::WORDS.join(", "))),
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the input holds all of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(from = "Written")]
#[schemars(with = "Written")]
pub struct Complete {
    /// Every object of the cluster.
    pub cluster: bool,
    /// Every file of the repository.
    pub repo: bool,
}

/// `complete` as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    /// Of everything, or of nothing.
    All(bool),
    /// Of these.
    Of(Vec<World>),
}

#[derive(Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum World {
    /// Every object of the cluster.
    Cluster,
    /// Every file of the repository.
    Repo,
}

impl From<Written> for Complete {
    fn from(written: Written) -> Self {
        match written {
            Written::All(all) => Complete { cluster: all, repo: all },
            Written::Of(worlds) => Complete { cluster: worlds.contains(&World::Cluster), repo: worlds.contains(&World::Repo) },
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong: then with the place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_as(path, name(path))
    }

    /// Reads a file under the name that it had elsewhere.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn read_as(path: &Path, name: String) -> Result<Self, Error> {
        let text = Text { name, ..Text::read(path)? };
        let mut config: Config = text.parse_as(Self::schema)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        config.file = Some(File { name: text.name.clone(), sha256: text.sha256(), folder: folder.to_owned() });
        config.validate(&text)?;
        Ok(config)
    }

    /// The configuration file for a scan of this folder: the nearest one, up to the Git root; where there is none,
    /// up to the working directory when that is above, else the folder alone. A file from further up belongs to
    /// somebody else, who is not to excuse anything here.
    #[must_use]
    pub fn search(start: &Path) -> Option<PathBuf> {
        let start = start.canonicalize().ok()?;
        let working = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
        let top = root::git_root(&start).or(working.filter(|folder| start.starts_with(folder))).unwrap_or_else(|| start.clone());
        let folders = start.ancestors().take_while(|folder| folder.starts_with(&top));
        folders.map(|folder| folder.join(NAME)).find(|path| path.is_file())
    }

    /// A path of the file as it is written, from the working directory.
    #[must_use]
    pub fn beside(&self, path: &str) -> PathBuf {
        self.file.as_ref().map_or_else(|| PathBuf::from(path), |file| file.folder.join(path))
    }

    /// An error at the place of a value.
    #[must_use]
    pub fn mistake<T>(&self, at: &Located<T>, what: impl Into<String>) -> Error {
        at.mistake(self.file_name(), what)
    }

    /// The JSON Schema of the file, with the settings that this release has.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Config).to_value();
        schema["properties"]["settings"] = given::schema();
        schema
    }

    /// Its settings, to be held against what checks declare.
    pub(super) fn settings(&self) -> impl Iterator<Item = Given> {
        Given::all(self.file_name(), &self.settings)
    }

    /// Its exceptions, for a scan that runs these checks.
    pub(super) fn exceptions_for(&self, selected: &[&'static Check]) -> Result<Exceptions, Error> {
        let builtin = self.builtin_exceptions.unwrap_or(true);
        Exceptions::new(self.file_name(), &self.exceptions, self.exceptions_inline, builtin, selected)
    }

    fn file_name(&self) -> &str {
        self.file.as_ref().map_or(NAME, |file| &file.name)
    }

    fn validate(&self, text: &Text) -> Result<(), Error> {
        if let Some(percent) = self.min_coverage.as_ref().filter(|percent| percent.value > 100) {
            return Err(text.mistake(percent, "a share in percent is at most 100"));
        }
        if let Some(jobs) = self.jobs.as_ref().filter(|jobs| jobs.value == 0) {
            return Err(text.mistake(jobs, "at least one thread is needed; without the key there is one a core"));
        }
        if let Some(days) = self.attestation_days.as_ref().filter(|days| days.value == 0) {
            return Err(text.mistake(days, "an attestation that holds for no day settles nothing"));
        }
        if let Some(version) = self.kubernetes_version.as_ref().filter(|version| !is_version(version)) {
            return Err(text.mistake(version, format!("`{}` is no Kubernetes version: write \"1.34\"", version.value)));
        }
        if let Some(output) =
            self.output.iter().find(|output| output.split_once('=').is_none_or(|(format, path)| format.is_empty() || path.is_empty()))
        {
            return Err(text.mistake(output, "write FORMAT=PATH"));
        }
        Ok(())
    }
}

fn is_version(text: &str) -> bool {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next() == Some("1") && parts.next().is_some_and(is_number) && parts.next().is_none_or(is_number) && parts.next().is_none()
}

/// How reports call a file that holds policy: from its Git root, else from the working directory, else by its bare name.
pub(super) fn name(path: &Path) -> String {
    let Ok(path) = path.canonicalize() else {
        return path.display().to_string();
    };
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
    let top = path.parent().and_then(root::git_root).or(working);
    let named = top.and_then(|top| root::relative(&path, &top));
    named.or_else(|| path.file_name().map(|name| root::text(name).into_owned())).unwrap_or_else(|| NAME.to_owned())
}
