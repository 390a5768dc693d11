//! Scans the inputs of a bundle again, and holds what comes of it against the result in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use tempfile::TempDir;

use super::manifest::{Recipe, SCHEMA};
use super::store::{self, Files};
use super::verify::Verified;
use super::{Error, RECIPE, make, strict};
use crate::assess::{Assessment, Occasion};
use crate::discover::sha256;
use crate::discover::{self, Discovery, HostFile, Origin, Source};
use crate::parse::Limits;
use crate::policy::{Attestations, Baseline, Config, FailOn, Policy, Request};
use crate::{Input, explain};

/// What came of scanning a bundle again.
#[derive(Debug)]
pub struct Replayed {
    /// Verdicts that are not the same, and that nothing explains.
    pub differences: Vec<Difference>,
    /// Verdicts that are not the same, as the bundle says itself that they rest on what is not in it.
    pub expected: Vec<Difference>,
    /// How many verdicts were held against each other.
    pub compared: usize,
    /// Whether the bundle was made by another release, or against another catalog, than this one.
    pub other_release: Option<String>,
}

/// A verdict that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of what: a control, a check, a finding by its fingerprint.
    pub what: String,
    /// In the bundle.
    pub was: String,
    /// Now.
    pub is: String,
}

/// Scans the inputs of a verified bundle again.
///
/// # Errors
/// When they cannot be scanned.
pub fn replay(verified: &Verified) -> Result<Replayed, Error> {
    let again = scan(&verified.files, &verified.assessment)?;
    let told = &verified.manifest.redaction.not_replayable;
    let shared = recipe(&verified.files)?.shared;
    let (was, is) = (verdicts(&verified.assessment, &shared), verdicts(&again, &make::shared(&again)));
    let all = compare(&was, &is).into_iter().chain(inputs(verified)?);
    let (expected, mut differences): (Vec<_>, Vec<_>) = all.partition(|difference| told.contains(&difference.what));
    let (then, now) = (&verified.assessment, &again);
    let other_release = (then.tool.version != now.tool.version || then.catalog.sha256 != now.catalog.sha256)
        .then(|| format!("it was made by {} {}, and this is {}", then.tool.name, then.tool.version, now.tool.version));
    if other_release.is_none() {
        differences.extend(documents(verified));
    }
    Ok(Replayed { differences, expected, compared: was.len(), other_release })
}

/// Inputs of the bundle that are not those that the result names by their hashes.
fn inputs(verified: &Verified) -> Result<Vec<Difference>, Error> {
    let recipe = recipe(&verified.files)?;
    let named = |kept: &super::manifest::SourceKept| verified.assessment.inputs.iter().find(|input| input.uri == kept.uri);
    let mut wrong = Vec::new();
    for kept in &recipe.sources {
        let (Some(path), Some(input)) = (&kept.path, named(kept)) else { continue };
        let uri = kept.uri.as_deref().unwrap_or("stdin");
        let found = verified.files.get(path).map(sha256).unwrap_or_default();
        if found != input.sha256 {
            wrong.push(Difference { what: format!("input {uri}"), was: format!("sha256 {}", input.sha256), is: format!("sha256 {found}") });
        }
    }
    Ok(wrong)
}

/// Documents of the bundle that do not say what the result says.
fn documents(verified: &Verified) -> impl Iterator<Item = Difference> {
    make::documents(&verified.assessment)
        .filter(|(path, bytes)| verified.files.get(path).is_some_and(|kept| kept != bytes))
        .map(|(path, _)| Difference { what: path, was: "other bytes".to_owned(), is: "what follows from the result".to_owned() })
}

/// How the bundle was made.
fn recipe(files: &Files) -> Result<Recipe, Error> {
    let failed = |why: String| Error::Replay(format!("{RECIPE}: {why}"));
    let bytes = files.get(RECIPE).ok_or_else(|| failed("it is not there".to_owned()))?;
    let recipe: Recipe =
        strict::json(bytes).and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string())).map_err(failed)?;
    if recipe.schema != SCHEMA {
        return Err(failed(format!("it is of another release: {}", recipe.schema)));
    }
    let policy = [&recipe.baseline, &recipe.snapshot].into_iter().flatten();
    let placed = recipe.config.iter().chain(&recipe.attestations).map(|placed| &placed.path);
    let profile = Some(&recipe.profile).filter(|profile| profile.contains('/'));
    // what is not in the bundle is never read, wherever a path leads
    if let Some(missing) = policy.chain(placed).chain(profile).find(|path| !files.contains_key(*path)) {
        return Err(failed(format!("{missing} is not in the bundle")));
    }
    Ok(recipe)
}

/// What of a result a replay of these files does not come to, and what it comes to.
pub(super) fn differences(files: &Files, assessment: &Assessment) -> Result<(Vec<String>, Assessment), Error> {
    let again = scan(files, assessment)?;
    let (was, is) = (verdicts(assessment, &make::shared(assessment)), verdicts(&again, &make::shared(&again)));
    Ok((compare(&was, &is).into_iter().map(|difference| difference.what).collect(), again))
}

/// Everything that a result decides, by name.
fn verdicts(assessment: &Assessment, shared: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for control in &assessment.controls {
        all.insert(format!("control {}", control.id), control.status.as_str().to_owned());
    }
    for check in &assessment.checks {
        let skipped: u32 = check.skipped.values().sum();
        let counts = format!("{} passed, {} failed, {} to review, {skipped} skipped", check.passed, check.failed, check.review);
        all.insert(format!("check {}", check.id), format!("{}: {counts}", check.verdict.as_str()));
    }
    for finding in &assessment.findings {
        let excused = finding.excused.as_ref().map(|excuse| format!(", excused by {}", excuse.by)).unwrap_or_default();
        let known = finding.baseline.map(|baseline| format!(", {baseline:?}").to_lowercase()).unwrap_or_default();
        let said = format!("{:?}, {}{excused}{known}", finding.verdict, finding.severity.as_str()).to_lowercase();
        // what several overlays make of one line is one finding, and several where only what was made of it is kept
        let own = std::iter::once(&*finding.fingerprint);
        for print in own.chain(shared.get(&*finding.fingerprint).into_iter().flatten().map(String::as_str)) {
            let plain = print.split(':').next().unwrap_or_default();
            found.entry(format!("finding {} {plain}", finding.check)).or_default().insert(said.clone());
        }
    }
    all.extend(found.into_iter().map(|(finding, said)| (finding, said.into_iter().collect::<Vec<_>>().join("; "))));
    all
}

fn compare(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Vec<Difference> {
    let none = || "not there".to_owned();
    let gone = was.iter().filter(|(what, value)| is.get(*what) != Some(value)).map(|(what, value)| Difference {
        what: what.clone(),
        was: value.clone(),
        is: is.get(what).cloned().unwrap_or_else(none),
    });
    let come = is.iter().filter(|(what, _)| !was.contains_key(*what)).map(|(what, value)| Difference {
        what: what.clone(),
        was: none(),
        is: value.clone(),
    });
    gone.chain(come).collect()
}

fn scan(files: &Files, assessment: &Assessment) -> Result<Assessment, Error> {
    let failed = |why: String| Error::Replay(why);
    let recipe = recipe(files)?;
    let room = Room::new(files).map_err(|error| failed(format!("a folder for temporary files: {error}")))?;
    let policy = policy(&recipe, assessment, &room).map_err(|error| failed(error.to_string()))?;
    let started: Timestamp = assessment.run.started.parse().map_err(|_| failed("the result has no time".to_owned()))?;
    let baseline = recipe.baseline.as_ref().map(|path| Baseline::read(&room.path(path))).transpose();
    let kubernetes_version = recipe.kubernetes_version.as_deref().map(str::parse).transpose().map_err(failed)?;
    let captured = recipe.snapshot.as_ref().map(|path| discover::snapshot::read(&room.path(path)).map(Box::new)).transpose();
    let request = crate::Request {
        input: Input::Found(Box::new(found(&recipe, files)?), captured.map_err(|error| failed(error.to_string()))?),
        assume_namespace: recipe.assume_namespace.clone(),
        complete: recipe.complete,
        kubernetes_version,
        include_passes: recipe.include_passes,
        // what was rendered is kept as it was judged
        render: crate::render::Request { done: true, ..crate::render::Request::default() },
        limits: Limits { document: recipe.document_limit, ..Limits::default() },
        occasion: Occasion {
            started,
            finished: Some(started),
            arguments: assessment.run.arguments.clone(),
            clock: std::time::Instant::now(),
            baseline: baseline.map_err(|error| failed(error.to_string()))?,
            line_hashes: true,
            page: explain::summary,
        },
    };
    crate::scan(request, &policy).map_err(|error| failed(error.to_string()))
}

fn policy(recipe: &Recipe, assessment: &Assessment, room: &Room) -> Result<Policy, crate::policy::Error> {
    let mut config = match &recipe.config {
        Some(placed) => Config::read_as(&room.path(&placed.path), placed.name.clone())?,
        None => Config::default(),
    };
    // those in the bundle are read by the names that they had
    config.attestations.clear();
    let selection = assessment.selection.clone();
    let pick = |of: fn(&crate::policy::Selection) -> &Vec<String>| selection.as_ref().map(|all| of(all).clone()).unwrap_or_default();
    let is_file = recipe.profile.contains('/');
    let request = Request {
        profile: Some(if is_file { room.path(&recipe.profile).display().to_string() } else { recipe.profile.clone() }),
        controls: pick(|all| &all.controls),
        checks: pick(|all| &all.checks),
        groups: pick(|all| &all.groups),
        fail_on: Some(FailOn::None),
        ..Request::default()
    };
    let mut policy = Policy::under(config, &request)?;
    policy.thresholds = assessment.thresholds.clone();
    policy.exceptions.kept.clone_from(&recipe.comments);
    let files: Vec<_> = recipe.attestations.iter().map(|placed| (room.path(&placed.path), placed.name.clone())).collect();
    policy.attestations = Attestations::read_as(&files, recipe.attestation_days)?;
    Ok(policy)
}

/// The files as they were found.
fn found(recipe: &Recipe, files: &Files) -> Result<Discovery, Error> {
    let mut found = Discovery { gaps: recipe.gaps.clone(), ignored: recipe.ignored.clone(), ..Discovery::default() };
    for kept in &recipe.sources {
        let missing = |path: &String| Error::Replay(format!("{path} is not there"));
        let bytes = kept.path.as_ref().map(|path| files.get(path).cloned().ok_or_else(|| missing(path))).transpose()?;
        let content = bytes.map(|bytes| match &kept.uri {
            _ if kept.rendered => Origin::Made(bytes),
            Some(uri) => Origin::Copy(PathBuf::from(uri), bytes),
            None => Origin::Bytes(bytes),
        });
        let origin = match (&kept.host, content) {
            (Some(host), content) => Origin::Host(Box::new(HostFile { path: host.path.clone(), stat: host.stat.clone(), content })),
            (None, Some(content)) => content,
            (None, None) => continue,
        };
        found.sources.push(Source {
            uri: kept.uri.clone(),
            shown: kept.shown.clone(),
            named: kept.named,
            root: kept.root.clone().into(),
            origin,
        });
    }
    Ok(found)
}

/// A folder of its own for what can only be read from one, gone when it is done.
struct Room(TempDir);

impl Room {
    fn new(files: &Files) -> std::io::Result<Self> {
        let room = Room(TempDir::with_prefix("cnscan-replay-")?);
        let kept: Files = files
            .iter()
            .filter(|(path, _)| path.starts_with("policy/") || path.ends_with("snapshot.json.gz"))
            .map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect();
        store::spread(&kept, room.0.path())?;
        // evidence may lie above the folder of its attestations, within the repository that they came from
        for folder in fs::read_dir(room.path("policy/attestations")).into_iter().flatten().flatten() {
            fs::create_dir_all(folder.path().join(".git"))?;
        }
        Ok(room)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}
