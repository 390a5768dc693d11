//! An earlier result to compare with: what it had already found is not new.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::Error;
use crate::checks::Severity;

/// The findings of an earlier result, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: HashMap<String, Known>,
}

/// How often a fingerprint stands in the earlier result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Known {
    failures: u32,
    others: u32,
    /// The worst severity of any of them.
    worst: Option<Severity>,
}

/// What is read of a result.
#[derive(Deserialize)]
struct Earlier {
    schema: String,
    findings: Vec<Finding>,
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
        let mut baseline = Baseline::default();
        // notes change nothing; what was excused then and is not now is new
        let open = result.findings.into_iter().filter(|finding| finding.verdict != "note" && finding.excused.is_none());
        for finding in open {
            let known = baseline.known.entry(finding.fingerprint).or_default();
            if finding.verdict == "fail" {
                known.failures += 1;
            } else {
                known.others += 1;
            }
            known.worst = known.worst.into_iter().chain(finding.severity).min();
        }
        Ok(baseline)
    }

    /// Whether the earlier result has such a finding that none was held against yet; it is then used up, so that
    /// a second equal finding needs a second one there. A failure is known only by a failure: what was in doubt
    /// and now fails is new, and so is what is worse than it was.
    pub fn take(&mut self, fingerprint: &str, failed: bool, severity: Severity) -> bool {
        let Some(known) = self.known.get_mut(fingerprint) else {
            return false;
        };
        if known.worst.is_some_and(|worst| severity < worst) {
            return false;
        }
        let Some(count) = known.stock(failed) else {
            return false;
        };
        *count -= 1;
        true
    }

    /// How many findings nothing was held against: they are gone.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.known.values().map(|known| u64::from(known.failures) + u64::from(known.others)).sum()
    }
}

impl Known {
    fn stock(&mut self, failed: bool) -> Option<&mut u32> {
        match (failed, self.failures, self.others) {
            (true, 1.., _) | (false, 1.., 0) => Some(&mut self.failures),
            (false, _, 1..) => Some(&mut self.others),
            _ => None,
        }
    }
}
