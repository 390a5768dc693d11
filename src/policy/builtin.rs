//! The built-in exceptions: what known node agents and the control plane's own pods cannot do without (rule N2).

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::exception::{Candidate, Excuse};
use super::pattern::{self, Pattern};
use super::text::Text;
use super::{Error, profile, shipped};
use crate::checks;
use crate::model::Map;
use crate::model::host_path::normal_path;

const NAME: &str = "builtin-exceptions.yaml";

/// The built-in exceptions, as shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    /// The day the facts were last looked up.
    pub dated: String,
    /// One a program.
    pub exceptions: Vec<Row>,
}

/// What a known program is excused for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The program.
    pub title: String,
    /// The namespaces that its own manifests put it in.
    pub namespaces: Vec<String>,
    /// The kinds that its own manifests run it as.
    pub kinds: Vec<String>,
    /// The repositories of all its images, as globs.
    pub images: Vec<String>,
    /// Which findings are excused.
    pub allow: Vec<Allowance>,
    /// Why it cannot do without.
    pub reason: String,
    /// Where that is from.
    pub sources: Vec<String>,
}

/// Checks, and the fields that they may find fault with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// By id.
    pub checks: Vec<String>,
    /// Field paths, as globs.
    pub paths: Vec<String>,
    /// What may stand there, the node's paths for one; nothing: whatever it is.
    #[serde(default)]
    pub values: Vec<String>,
}

impl Builtin {
    /// The embedded list, parsed once.
    ///
    /// # Panics
    /// When this program was built with a broken list, which `tests/policy.rs` forbids.
    #[must_use]
    pub fn embedded() -> &'static Builtin {
        static LIST: OnceLock<Builtin> = OnceLock::new();
        LIST.get_or_init(|| match parse() {
            Ok(list) => list,
            Err(error) => {
                panic!("this program was built with a broken list of exceptions: {error}")
            }
        })
    }
}

/// An exception of the list, as `list exceptions` shows it: one an allowance of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The program.
    pub title: String,
    /// The checks it is excused from, as far as this release has them.
    pub checks: Vec<String>,
    /// The fields that these may find fault with, as globs.
    pub paths: Vec<String>,
    /// What may stand there; nothing: whatever it is.
    pub values: Vec<String>,
    /// Where it may run.
    pub namespaces: Vec<String>,
    /// As what it may run.
    pub kinds: Vec<String>,
    /// The repositories of all its images, as globs.
    pub images: Vec<String>,
    /// Why it cannot do without.
    pub reason: String,
    /// Where that is from.
    pub sources: Vec<String>,
}

/// The built-in exceptions, one by one.
#[must_use]
pub fn listed() -> Vec<Listed> {
    let all = Builtin::embedded().exceptions.iter().flat_map(|row| row.allow.iter().map(move |allow| (row, allow)));
    let listed = all.map(|(row, allow)| Listed {
        title: row.title.clone(),
        checks: allow.checks.iter().filter(|id| checks::find(id).is_some()).cloned().collect(),
        paths: allow.paths.clone(),
        values: allow.values.clone(),
        namespaces: row.namespaces.clone(),
        kinds: row.kinds.clone(),
        images: row.images.clone(),
        reason: row.reason.clone(),
        sources: row.sources.clone(),
    });
    listed.filter(|row| !row.checks.is_empty()).collect()
}

fn parse() -> Result<Builtin, Error> {
    let body = profile::data(NAME).unwrap_or_default();
    shipped::read(&Text { name: NAME.to_owned(), body: body.to_owned() })
}

/// The excuse that the list gives a finding.
pub(crate) fn excuse(candidate: &Candidate<'_>) -> Option<Excuse> {
    let rules = by_check().get(candidate.check)?;
    let rule = rules.iter().find(|rule| rule.covers(candidate))?;
    let reason = format!("{}: {}", rule.row.title, rule.row.reason);
    Some(Excuse { by: "builtin", reason, owner: String::new(), approver: String::new(), expires: None })
}

/// An allowance, ready to be matched.
#[derive(Debug)]
struct Rule {
    row: &'static Row,
    allow: &'static Allowance,
    /// Made when first needed: most scans meet no node agent, and globs take longer to compile than to match.
    pattern: OnceLock<Pattern>,
}

impl Rule {
    fn covers(&self, candidate: &Candidate<'_>) -> bool {
        let holds = |list: &[String], name: &str| list.iter().any(|known| known == name);
        holds(&self.row.kinds, candidate.kind)
            && holds(&self.row.namespaces, candidate.namespace)
            && (self.allow.values.is_empty() || self.allow.values.iter().any(|value| same(value, candidate.observed)))
            && self.pattern.get_or_init(|| self.compile()).covers(candidate)
    }

    fn compile(&self) -> Pattern {
        // a glob that does not compile would be left out and could widen the rule: a test makes sure that there is none
        let list = |globs: &[String], compile: fn(&str) -> Result<_, String>| globs.iter().filter_map(|glob| compile(glob).ok()).collect();
        Pattern { paths: list(&self.allow.paths, pattern::path), images: list(&self.row.images, pattern::route), ..Pattern::default() }
    }
}

/// Whether a value is the one that was seen; of paths of the node, in whatever spelling.
fn same(value: &str, seen: &str) -> bool {
    value == seen || value.starts_with('/') && seen.starts_with('/') && normal_path(value) == normal_path(seen)
}

fn by_check() -> &'static Map<&'static str, Vec<Rule>> {
    static INDEX: OnceLock<Map<&'static str, Vec<Rule>>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index: Map<&str, Vec<Rule>> = Map::default();
        for (row, allow) in Builtin::embedded().exceptions.iter().flat_map(|row| row.allow.iter().map(move |allow| (row, allow))) {
            for id in &allow.checks {
                index.entry(id).or_default().push(Rule { row, allow, pattern: OnceLock::new() });
            }
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Catalog;

    #[test]
    fn every_row_is_sound() {
        let catalog = Catalog::embedded();
        let bound: Vec<_> = catalog.controls().flat_map(|control| control.checks.iter().chain(&control.planned)).collect();
        assert!(!Builtin::embedded().exceptions.is_empty());
        for row in &Builtin::embedded().exceptions {
            let lists = [&row.namespaces, &row.kinds, &row.images, &row.sources];
            assert!(lists.iter().all(|list| !list.is_empty()) && !row.reason.is_empty(), "{}", row.title);
            assert!(row.images.iter().all(|glob| pattern::route(glob).is_ok() && glob.contains('.')), "{}", row.title);
            for allow in &row.allow {
                assert!(
                    !allow.paths.is_empty() && allow.paths.iter().all(|glob| pattern::path(glob).is_ok() && glob != "*"),
                    "{}",
                    row.title
                );
                let of_paths = allow.checks.iter().any(|id| id.contains("host-path"));
                assert_eq!(of_paths, !allow.values.is_empty(), "{}: a path of the node is excused by its name", row.title);
                assert!(!allow.checks.is_empty() && allow.checks.iter().all(|id| bound.contains(&id)), "{}: {:?}", row.title, allow.checks);
            }
        }
    }
}
