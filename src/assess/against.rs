//! A result held against an earlier one, the baseline: what is new, and what makes the two unlike.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assessment::{Assessment, Baseline, Finding, FindingVerdict, Version};
use super::plural;
use crate::policy::baseline::{Edition, Made};
use crate::policy::{self, Standing};

/// How a result stands to its baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// The run that the baseline is of.
    pub run: String,
    /// When that was: RFC 3339, UTC.
    pub started: String,
    /// The release that made it.
    pub tool: String,
    /// How many open failures and reviews it has.
    pub open: u32,
    /// How many of them are not found any more: fixed, or not looked at this time.
    pub gone: u32,
    /// What it was made with that is otherwise now: what is new, or gone, may be due to that.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub differs: Vec<String>,
}

/// Marks what is new, and says what is gone and why the comparison may mislead.
pub(super) fn hold(assessment: &mut Assessment, mut baseline: policy::Baseline) {
    for finding in &mut assessment.findings {
        let met = baseline.take(&finding.fingerprint, standing(finding), finding.severity);
        finding.baseline = Some(if met.known { Baseline::Unchanged } else { Baseline::New });
        finding.was = met.was.map(Into::into);
    }
    let gone = u32::try_from(baseline.left()).unwrap_or(u32::MAX);
    let made = &baseline.made;
    let differs = differs(made, assessment);
    if gone > 0 {
        let told = "fixed, or not looked at this time; `cnscan diff OLD NEW` tells which";
        assessment.notices.push(format!("{} of the baseline not found any more: {told}", plural(gone as usize, "finding")));
    }
    let unlike = differs.iter().map(|what| format!("the baseline was made with {what}: what is new or gone may be due to that"));
    assessment.notices.extend(unlike);
    assessment.baseline = Some(Compared {
        run: made.run.id.clone(),
        started: made.run.started.clone(),
        tool: made.tool.version.clone(),
        open: baseline.open,
        gone,
        differs,
    });
}

fn standing(finding: &Finding) -> Standing {
    match finding.verdict {
        FindingVerdict::Note => Standing::Note,
        _ if finding.excused.is_some() => Standing::Excused,
        FindingVerdict::Fail => Standing::Failure,
        FindingVerdict::Review => Standing::Review,
    }
}

/// What is otherwise now, of what decides which findings there are.
fn differs(made: &Made, now: &Assessment) -> Vec<String> {
    let Version { version, .. } = &now.kubernetes_version;
    let narrowed = |is: bool| if is { "some of the checks" } else { "all of the checks" }.to_owned();
    let (profile, catalog) = (&now.profile, &now.catalog);
    let pairs = [
        ("another profile", named(&made.profile), pinned([&profile.name, &profile.version, &profile.sha256])),
        ("another catalog", named(&made.catalog), pinned([&catalog.id, &catalog.version, &catalog.sha256])),
        ("another release of the tool", made.tool.version.clone(), now.tool.version.clone()),
        ("another Kubernetes version", made.kubernetes_version.version.clone(), version.clone()),
        ("another kind of input", made.scope.kind.clone(), now.scope.kind.clone()),
        ("another selection", narrowed(made.narrowed), narrowed(now.selection.is_some())),
    ];
    // a result that does not say is none that differs
    let differing = pairs.into_iter().filter(|(_, then, now)| !then.is_empty() && then != now);
    differing.map(|(what, then, now)| format!("{what} ({then}, now {now})")).collect()
}

fn named(edition: &Edition) -> String {
    pinned([&edition.name, &edition.version, &edition.sha256])
}

/// A name, a version and the beginning of a hash.
pub(super) fn pinned([name, version, sha256]: [&str; 3]) -> String {
    let short: String = sha256.chars().take(12).collect();
    [name, version, &short].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
