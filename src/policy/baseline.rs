//! An earlier result to compare with: what it had already found is not new.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::Error;
use crate::checks::Severity;

/// The findings of an earlier result, counted, and what made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: HashMap<String, Known>,
    /// What it is of.
    pub made: Made,
    /// How many findings it has that somebody has to act on.
    pub open: u32,
}

/// What an earlier result says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub run: Run,
    /// By what.
    pub tool: Edition,
    /// Of which controls.
    pub catalog: Edition,
    /// Against what.
    pub profile: Edition,
    /// By which Kubernetes.
    pub kubernetes_version: Edition,
    /// Of files, or a cluster.
    pub scope: Scope,
    /// Whether it was narrowed to some checks.
    pub narrowed: bool,
}

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// RFC 3339.
    pub started: String,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// `files`, `cluster` or `snapshot`.
    pub kind: String,
}

/// Something that has editions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Edition {
    /// Its name or id.
    #[serde(alias = "id")]
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of its content.
    pub sha256: String,
}

/// What a finding is to whoever reads the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// An open failure.
    Failure,
    /// For a person to decide.
    Review,
    /// A failure or review under an exception.
    Excused,
    /// It changes nothing.
    Note,
}

/// How a finding stands to the earlier result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// Whether it asks for nothing that the earlier one did not ask for.
    pub known: bool,
    /// What it was there, where that differs.
    pub was: Option<String>,
}

/// What the earlier result has of a fingerprint: how many of each [`Standing`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Known {
    counts: [u32; 4],
    /// The worst severity of any that is open.
    worst: Option<Severity>,
}

/// What is read of a result.
#[derive(Deserialize)]
struct Earlier {
    schema: String,
    findings: Vec<Finding>,
    #[serde(default)]
    run: Run,
    #[serde(default)]
    tool: Edition,
    #[serde(default)]
    catalog: Edition,
    #[serde(default)]
    profile: Edition,
    #[serde(default)]
    kubernetes_version: Edition,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    selection: Option<serde::de::IgnoredAny>,
}

/// What tells a SARIF log.
#[derive(Deserialize)]
struct Foreign {
    runs: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Finding {
    fingerprint: String,
    verdict: String,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(default)]
    excused: Option<serde::de::IgnoredAny>,
}

impl Baseline {
    /// Reads a result of `scan -f json`.
    ///
    /// # Errors
    /// When the file cannot be read or is no such result.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = crate::trouble::bytes(path).map_err(|error| Error::read(path, &error))?;
        Self::parse(&text).map_err(|why| Error::Read { path: path.display().to_string(), why })
    }

    /// Reads the text of a result.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let advice = "a baseline is what `cnscan scan -f json` writes";
        let foreign = |error: serde_json::Error| match serde_json::from_slice::<Foreign>(text) {
            Ok(Foreign { runs: Some(_) }) => format!("it is a SARIF log; {advice}"),
            _ => format!("{error}; {advice}"),
        };
        let result: Earlier = serde_json::from_slice(text).map_err(foreign)?;
        if !result.schema.starts_with("cnscan/result/") {
            return Err(format!("its schema is `{}`; {advice}", result.schema));
        }
        let made = Made {
            run: result.run,
            tool: result.tool,
            catalog: result.catalog,
            profile: result.profile,
            kubernetes_version: result.kubernetes_version,
            scope: result.scope,
            narrowed: result.selection.is_some(),
        };
        let mut baseline = Baseline { made, ..Baseline::default() };
        for finding in result.findings {
            let standing = Standing::of(&finding.verdict, finding.excused.is_some());
            let known = baseline.known.entry(finding.fingerprint).or_default();
            known.counts[standing as usize] += 1;
            if standing <= Standing::Review {
                known.worst = known.worst.into_iter().chain(finding.severity).min();
                baseline.open += 1;
            }
        }
        Ok(baseline)
    }

    /// Holds a finding against the earlier result and uses up what it met there, so that a second equal finding needs a
    /// second one. A failure is known only by a failure: what was in doubt, or excused, and now fails is new, and so is what is worse
    /// than it was. What asks for less than it did is known.
    pub fn take(&mut self, fingerprint: &str, now: Standing, severity: Severity) -> Met {
        let Some((known, was)) = self.known.get_mut(fingerprint).and_then(|known| Some((*known, known.draw(now)?))) else {
            return Met { known: false, was: None };
        };
        let open = now <= Standing::Review && was <= Standing::Review;
        let worse = known.worst.filter(|worst| open && severity < *worst);
        let less = was <= now || now >= Standing::Excused;
        let told = (was != now).then_some(was.as_str()).or(worse.map(Severity::as_str)).map(str::to_owned);
        Met { known: less && worse.is_none(), was: told }
    }

    /// How many findings that somebody had to act on nothing was held against.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.known.values().flat_map(|known| &known.counts[..=Standing::Review as usize]).copied().map(u64::from).sum()
    }
}

impl Standing {
    const ALL: [Standing; 4] = [Standing::Failure, Standing::Review, Standing::Excused, Standing::Note];

    /// By the words of a result.
    #[must_use]
    pub fn of(verdict: &str, excused: bool) -> Self {
        match verdict {
            "note" => Standing::Note,
            _ if excused => Standing::Excused,
            "fail" => Standing::Failure,
            _ => Standing::Review,
        }
    }

    /// For a person: what it was.
    fn as_str(self) -> &'static str {
        match self {
            Standing::Failure => "a failure",
            Standing::Review => "for review",
            Standing::Excused => "excused",
            Standing::Note => "a note",
        }
    }
}

impl Known {
    /// Uses up one of its own standing, else the nearest to it.
    fn draw(&mut self, now: Standing) -> Option<Standing> {
        let others = Standing::ALL.into_iter().filter(|other| *other != now);
        let met = std::iter::once(now).chain(others).find(|standing| self.counts[*standing as usize] > 0)?;
        self.counts[met as usize] -= 1;
        Some(met)
    }
}
