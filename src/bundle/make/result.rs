//! The result as a bundle keeps it: of the inputs as they are kept, so that nothing in it follows from what was replaced in them.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::inputs::Outcome;
use crate::assess::{self, Assessment};
use crate::bundle::Error;
use crate::bundle::redact::Everywhere;

/// What names things, and is no text.
const NAMES: [&str; 5] = ["uri", "fingerprint", "sha256", "id", "check"];

/// The result with the hashes, places and lines of the copies; its verdicts are those of the originals. `again` is what a scan of
/// the copies says.
pub(super) fn of_copies(assessment: &Assessment, again: Assessment, kept: &Outcome) -> Result<Assessment, Error> {
    let mut own = assessment.clone();
    if let (Some(baseline), Some(copy)) = (&mut own.baseline, again.baseline) {
        baseline.run = copy.run;
    }
    if kept.altered.is_empty() {
        return Ok(own);
    }
    for input in &mut own.inputs {
        match kept.altered.get(&input.uri) {
            Some(Some((sha256, bytes))) => (input.sha256, input.bytes) = (sha256.clone(), *bytes),
            Some(None) => input.sha256 = String::new(),
            None => {}
        }
    }
    let mut by_print: HashMap<_, VecDeque<_>> = HashMap::new();
    for finding in again.findings {
        by_print.entry(finding.fingerprint.clone()).or_default().push_back(finding);
    }
    for finding in &mut own.findings {
        let copy = by_print.get_mut(&finding.fingerprint).and_then(VecDeque::pop_front);
        let Some(at) = &finding.location else { continue };
        if !kept.altered.contains_key(&Some(at.uri.to_string())) {
            continue;
        }
        match copy.filter(|copy| copy.location.as_ref().is_some_and(|copy| copy.uri == at.uri && copy.line == at.line)) {
            Some(copy) => {
                (finding.location, finding.message, finding.observed) = (copy.location, copy.message, copy.observed);
                (finding.snippet, finding.line_hash) = (copy.snippet, copy.line_hash);
            }
            // a line hash is of the lines behind it as well
            None => finding.line_hash = None,
        }
    }
    own.run.id = assess::run_id(&own);
    let failed = |error: serde_json::Error| Error::Replay(error.to_string());
    let mut value = serde_json::to_value(&own).map_err(failed)?;
    replace(&mut value, &kept.everywhere);
    serde_json::from_value(value).map_err(failed)
}

/// Replaces what was replaced in inputs in the texts of a document.
pub(super) fn replace(value: &mut Value, everywhere: &Everywhere) {
    match value {
        Value::String(text) => {
            if let Some(other) = everywhere.replace(text) {
                *text = other.text;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, everywhere)),
        Value::Object(entries) => {
            let texts = entries.iter_mut().filter(|(key, _)| !NAMES.contains(&key.as_str()));
            texts.for_each(|(_, value)| replace(value, everywhere));
        }
        _ => {}
    }
}
