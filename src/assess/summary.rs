//! Everything around the findings: pins, inputs, counts, the stamp of the run.

use sha2::{Digest, Sha256};

use crate::assess::assessment::{Assessment, Edition, FindingVerdict, Input, InputStatus, Pin, Scope, Status, Summary, Tool};
use crate::assess::{Occasion, Seen};
use crate::policy::{Policy, hex};

pub(super) fn tool() -> Tool {
    let commit = option_env!("CNSCAN_COMMIT").map(str::to_owned);
    Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), commit }
}

pub(super) fn catalog(policy: &Policy) -> Edition {
    let catalog = policy.catalog;
    Edition {
        id: catalog.id.clone(),
        title: "Cloud Native Security Controls".to_owned(),
        version: catalog.version.clone(),
        sha256: catalog.sha256.clone(),
    }
}

pub(super) fn profile(policy: &Policy) -> Pin {
    let profile = &policy.profile;
    Pin { name: profile.name.clone(), title: profile.title.clone(), version: String::new(), sha256: profile.sha256.clone() }
}

pub(super) fn config(policy: &Policy) -> Option<Pin> {
    let file = policy.config.file.as_ref();
    file.map(|file| Pin { name: file.name.clone(), title: String::new(), version: String::new(), sha256: file.sha256.clone() })
}

pub(super) fn scope(seen: &Seen) -> Scope {
    let kind = match &seen.cluster {
        None => "files",
        Some((_, false)) => "cluster",
        Some((_, true)) => "snapshot",
    };
    let cluster = seen.cluster.as_ref().map(|(cluster, _)| cluster.clone());
    Scope { kind: kind.to_owned(), complete: seen.complete, cluster, namespaces: seen.namespaces.clone() }
}

pub(super) fn inputs(seen: &Seen) -> Vec<Input> {
    let read = seen.files.iter().map(|file| Input {
        uri: file.uri.clone(),
        sha256: hex(&file.sha256),
        bytes: file.bytes,
        kind: if file.live { "list" } else { "manifest" }.to_owned(),
        documents: file.documents,
        status: file.status.0,
        reason: file.status.1.clone(),
    });
    let ignored = seen.ignored.iter().map(|(name, reason)| Input {
        uri: Some(name.clone()),
        sha256: String::new(),
        bytes: 0,
        kind: "file".to_owned(),
        documents: 0,
        status: InputStatus::Ignored,
        reason: Some(reason.clone()),
    });
    let mut inputs: Vec<_> = read.chain(ignored).collect();
    inputs.sort_by(|a, b| a.uri.cmp(&b.uri));
    inputs
}

/// Counts everything from the statuses and findings alone.
pub(super) fn counts(assessment: &Assessment, objects: u32) -> Summary {
    let mut summary = Summary { objects, ..Summary::default() };
    for control in &assessment.controls {
        *summary.controls.entry(control.status).or_default() += 1;
    }
    for finding in &assessment.findings {
        match finding.verdict {
            FindingVerdict::Note => summary.notes += 1,
            _ if finding.excused.is_some() => summary.excused += 1,
            FindingVerdict::Fail => *summary.findings.entry(finding.severity).or_default() += 1,
            FindingVerdict::Review => summary.reviews += 1,
        }
    }
    summary.subjects = assessment.checks.iter().map(|check| u64::from(check.subjects)).sum();
    for input in &assessment.inputs {
        match input.status {
            InputStatus::Read => summary.files += 1,
            InputStatus::Ignored => summary.ignored += 1,
            InputStatus::Gap => {}
        }
    }
    let applicable = assessment.controls.iter().filter(|control| control.status != Status::NotApplicable);
    let (decided, all) =
        applicable.fold((0u32, 0u32), |(decided, all), control| (decided + u32::from(control.status.is_decided()), all + 1));
    summary.coverage = if all == 0 { 0.0 } else { (f64::from(decided) * 1000.0 / f64::from(all)).round() / 10.0 };
    summary
}

/// The run: times, and an id that follows from what was read, held against and when.
pub(super) fn stamp(assessment: &mut Assessment, facts: &Occasion) {
    let finished = facts.finished.unwrap_or_else(jiff::Timestamp::now);
    let second = |time: jiff::Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let run = &mut assessment.run;
    run.started = second(facts.started);
    run.finished = second(finished);
    run.seconds = if facts.finished.is_some() { 0.0 } else { (facts.clock.elapsed().as_secs_f64() * 1000.0).round() / 1000.0 };
    assessment.run.id = run_id(assessment);
}

/// The id of a run.
#[must_use]
pub(crate) fn run_id(assessment: &Assessment) -> String {
    let mut hash = Sha256::new();
    for part in [&assessment.catalog.sha256, &assessment.profile.sha256, &assessment.run.started] {
        hash.update(part);
    }
    for input in &assessment.inputs {
        hash.update(&input.sha256);
    }
    hex(&hash.finalize()[..16])
}
