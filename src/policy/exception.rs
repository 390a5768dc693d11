//! Exceptions: who may excuse a finding, and until when.
//!
//! The first that covers a finding is recorded: one of the configuration file, a comment, an annotation, one of
//! those built in (`decisions.md` 27). What expired, matches nothing or cannot be understood is said in a notice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Error;
use super::comment::date;
use super::pattern::{self, Pattern};
use super::profile::unknown_check;
use super::text::Located;
use crate::checks::{self, Check, Severity};
use crate::letters;

/// What is known of a finding by whoever decides whether it is excused.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The check that found it.
    pub check: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// Of the object.
    pub kind: &'a str,
    /// Of the object; empty when it has none.
    pub namespace: &'a str,
    /// Of the object.
    pub name: &'a str,
    /// Empty when it is on no container.
    pub container: &'a str,
    /// Where in the object, as the finding has it.
    pub path: &'a str,
    /// Of the file; `None` where there is none.
    pub uri: Option<&'a str>,
    /// The index of the file in the scan, which comments are looked up by.
    pub file: u32,
    /// Where in the file, in bytes.
    pub span: (u32, u32),
    /// Where reports place it: the index of that file, and where it starts there.
    pub place: (u32, u32),
    /// The image references, as written, of the container that it is on; of all containers of the pod when it is on none.
    pub images: &'a [&'a str],
    /// What was seen there.
    pub observed: &'a str,
    /// The value of the object's annotation `cnscan/excuse.<check>`.
    pub annotation: Option<&'a str>,
}

/// Why a finding is excused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excuse {
    /// `config`, `comment`, `annotation` or `builtin`.
    pub by: &'static str,
    /// Why.
    pub reason: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// Who allowed it; may be empty.
    pub approver: String,
    /// The last day it holds: `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// An exception of the configuration file, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The id of a check, or `topic/*` for every check of a topic.
    pub(crate) check: Located<String>,
    /// Which findings of it; without it, all, which every report then says.
    #[serde(default, rename = "match")]
    pub(crate) matching: Matching,
    /// Why the findings are accepted.
    pub(crate) reason: Located<String>,
    /// Who answers for it.
    #[serde(default)]
    pub(crate) owner: Located<String>,
    /// Who allowed it.
    #[serde(default)]
    pub(crate) approver: Located<String>,
    /// The last day it holds, without which every report says that it has none: YYYY-MM-DD, in quotes for readers of YAML that make something else of a bare day.
    #[serde(default)]
    #[schemars(extend("format" = "date"))]
    pub(crate) expires: Option<Located<String>>,
}

/// Which findings an exception covers: those that fit every key given. `*` stands for any text.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// The kind of the object: Deployment.
    #[serde(default)]
    pub(crate) kind: Option<Located<String>>,
    /// Its namespace.
    #[serde(default)]
    pub(crate) namespace: Option<Located<String>>,
    /// Its name.
    #[serde(default)]
    pub(crate) name: Option<Located<String>>,
    /// The name of the container.
    #[serde(default)]
    pub(crate) container: Option<Located<String>>,
    /// The field, as findings give it: spec.containers[*].securityContext.privileged.
    #[serde(default)]
    pub(crate) path: Option<Located<String>>,
    /// The file, as results name it; `*` stays within a folder, `**` does not, and a name with `/` at its end is a folder.
    #[serde(default)]
    pub(crate) uri: Option<Located<String>>,
    /// The repository of the image, with its registry: docker.io/calico/*. Every image of the pod or container must fit.
    #[serde(default)]
    pub(crate) image: Option<Located<String>>,
}

/// How much the author of a file may excuse in it by comments and annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Inline {
    /// Everything.
    #[default]
    All,
    /// Nothing.
    None,
    /// The same as `all`.
    Critical,
    /// Findings of severity high and below.
    High,
    /// Findings of severity medium and below.
    Medium,
    /// Findings of severity low and below.
    Low,
    /// Notes only.
    Info,
}

impl Inline {
    /// The word in the configuration file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Inline::All => "all",
            Inline::None => "none",
            Inline::Critical => "critical",
            Inline::High => "high",
            Inline::Medium => "medium",
            Inline::Low => "low",
            Inline::Info => "info",
        }
    }

    /// Whether a finding of this severity may be excused where it stands.
    #[must_use]
    pub fn allows(self, severity: Severity) -> bool {
        let worst = match self {
            Inline::None => return false,
            Inline::All | Inline::Critical => Severity::Critical,
            Inline::High => Severity::High,
            Inline::Medium => Severity::Medium,
            Inline::Low => Severity::Low,
            Inline::Info => Severity::Info,
        };
        // severities are ordered worst first
        severity >= worst
    }
}

/// The exceptions in force for a scan.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    pub(crate) config: Vec<Rule>,
    /// Whether the built-in list excuses as well.
    pub(crate) builtin: bool,
    pub(crate) inline: Inline,
    /// The checks that the scan runs: an exception for another one is not to be missed.
    pub(crate) selected: Vec<&'static str>,
    /// Comments of files that are not there any more, with what they were found to cover.
    pub(crate) kept: Vec<KeptComment>,
}

/// A comment of a file that something was made of, where only what was made of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptComment {
    /// Its file and line.
    pub place: String,
    /// What stands behind `cnscan:`.
    pub text: String,
    /// What it covers.
    pub on: Vec<Covered>,
}

/// What a [`KeptComment`] covers, as a finding names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// Of the object.
    pub kind: String,
    /// Of the object; empty when it has none.
    pub namespace: String,
    /// Of the object.
    pub name: String,
    /// Empty when it is on no container.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub container: String,
    /// Where in the object.
    pub path: String,
}

impl Covered {
    /// Whether it is what a finding is on.
    fn is(&self, candidate: &Candidate<'_>) -> bool {
        let Candidate { kind, namespace, name, container, path, .. } = candidate;
        [&self.kind, &self.namespace, &self.name, &self.container, &self.path] == [kind, namespace, name, container, path].map(|part| *part)
    }
}

impl KeptComment {
    /// Whether it covers a finding.
    pub(crate) fn covers(&self, candidate: &Candidate<'_>) -> bool {
        self.on.iter().any(|on| on.is(candidate))
    }
}

/// An exception, ready to be matched.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// As written, for notices.
    pub(crate) check: String,
    /// The ids that it stands for; empty when there is no such check.
    pub(crate) ids: Vec<&'static str>,
    pub(crate) pattern: Pattern,
    pub(crate) reason: String,
    pub(crate) owner: String,
    pub(crate) approver: String,
    pub(crate) expires: Option<jiff::civil::Date>,
    /// The file and line, for notices.
    pub(crate) place: String,
}

impl Exceptions {
    /// The exceptions of a configuration file, and those built in where they are wanted.
    pub(crate) fn new(
        file: &str,
        written: &[Exception],
        inline: Inline,
        builtin: bool,
        selected: &[&'static Check],
    ) -> Result<Self, Error> {
        let config: Result<Vec<_>, Error> = written.iter().map(|exception| exception.rule(file)).collect();
        let selected = selected.iter().map(|check| check.id).collect();
        Ok(Exceptions { config: config?, builtin, inline, selected, kept: Vec::new() })
    }
}

impl Exception {
    fn rule(&self, file: &str) -> Result<Rule, Error> {
        if self.reason.trim().is_empty() {
            return Err(self.reason.mistake(file, "an exception needs a reason"));
        }
        for (key, name) in [("owner", &self.owner), ("approver", &self.approver)] {
            if let Some(why) = letters::unfit_for_name(name) {
                return Err(name.mistake(file, format!("`{key}`: {why}")));
            }
        }
        if let Some(why) = letters::unfit_for_text(&self.reason) {
            return Err(self.reason.mistake(file, format!("`reason`: {why}")));
        }
        let expires = self.expires.as_ref().map(|day| date(day).map_err(|what| day.mistake(file, what))).transpose()?;
        Ok(Rule {
            check: self.check.value.clone(),
            ids: ids(&self.check),
            pattern: self.matching.pattern(file)?,
            reason: self.reason.trim().to_owned(),
            owner: self.owner.trim().to_owned(),
            approver: self.approver.trim().to_owned(),
            expires,
            place: format!("{file}:{}", self.check.line),
        })
    }
}

impl Matching {
    fn pattern(&self, file: &str) -> Result<Pattern, Error> {
        let list = |written: &Option<Located<String>>, compile: fn(&str) -> Result<_, String>| {
            let glob = written.as_ref().map(|glob| compile(glob).map_err(|what| glob.mistake(file, what)));
            glob.transpose().map(|glob| glob.into_iter().collect::<Vec<_>>())
        };
        Ok(Pattern {
            kinds: list(&self.kind, pattern::word)?,
            namespaces: list(&self.namespace, pattern::word)?,
            names: list(&self.name, pattern::word)?,
            containers: list(&self.container, pattern::word)?,
            paths: list(&self.path, pattern::path)?,
            uris: list(&self.uri, pattern::route)?,
            images: list(&self.image, pattern::route)?,
        })
    }
}

/// The checks that an exception's `check` stands for.
fn ids(written: &str) -> Vec<&'static str> {
    let topic = written.strip_suffix("/*");
    let is_meant = |check: &&Check| topic.map_or(check.id == written, |topic| check.topic == topic);
    checks::all().filter(is_meant).map(|check| check.id).collect()
}

impl Rule {
    /// What is said of a rule for a check that there is not.
    pub(crate) fn unknown(&self) -> Option<String> {
        let what = || match self.check.strip_suffix("/*") {
            Some(topic) => super::error::unknown("topic", topic, checks::all().map(|check| check.topic)),
            None => unknown_check(&self.check),
        };
        self.ids.is_empty().then(|| format!("{}: this exception excuses nothing: {}", self.place, what()))
    }

    /// The excuse that it gives.
    pub(crate) fn excuse(&self, by: &'static str) -> Excuse {
        Excuse {
            by,
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            approver: self.approver.clone(),
            expires: self.expires.map(|day| day.to_string()),
        }
    }
}
