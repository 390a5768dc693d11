//! Makes a bundle of a scan: its inputs without secrets, what it was held against, its results, and the signed manifest.

mod inputs;
mod policy;
mod result;
mod target;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use super::key::Private;
use super::manifest::{Counted, Listed, Manifest, Previous, Program, Recipe, SCHEMA};
use super::store::{self, Files};
use super::{ENVELOPE, Error, MANIFEST, RECIPE, RESULT, dsse, replay};
use crate::assess::Assessment;
use crate::discover::sha256;
use crate::discover::{Captured, Discovery};
use crate::policy::Policy;
use crate::report::{self, Format};

pub use inputs::load;

/// What was scanned, with its bytes.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Files.
    pub found: Discovery,
    /// A cluster, or a snapshot of one.
    pub captured: Option<Box<Captured>>,
}

/// A scan: what it was asked, and what came of it.
pub struct Scanned<'a> {
    /// The result.
    pub assessment: &'a Assessment,
    /// What it was held against.
    pub policy: &'a Policy,
    /// What was looked at.
    pub inputs: &'a Inputs,
    /// See [`crate::Request`].
    pub assume_namespace: Option<String>,
    /// See [`crate::Request`].
    pub complete: bool,
    /// See [`crate::Request`].
    pub kubernetes_version: Option<String>,
    /// See [`crate::Request`].
    pub limits: crate::parse::Limits,
    /// See [`crate::Request`].
    pub render: &'a crate::render::Request,
    /// The result that was compared with.
    pub baseline: Option<PathBuf>,
}

/// How to make a bundle of a scan.
pub struct Making<'a> {
    /// The results in it, beside the one in JSON.
    pub formats: &'a [Format],
    /// How reports for people look.
    pub options: report::Options,
    /// Who signs; nobody, when there is none.
    pub key: Option<&'a Private>,
    /// The bundle of the run before.
    pub previous: Option<&'a Path>,
    /// The program that ran.
    pub program: Option<PathBuf>,
    /// Where files were looked for.
    pub folder: PathBuf,
}

impl Making<'_> {
    /// Makes the bundle and writes it to where nothing is: a folder, or an archive when the name ends in `.tar.gz` or `.tgz`.
    ///
    /// # Errors
    /// When something of it cannot be read, or it cannot be written.
    pub fn write(&self, scanned: &Scanned<'_>, path: &Path) -> Result<Manifest, Error> {
        let previous = self.previous.map(previous).transpose()?;
        let (files, manifest) = self.files(scanned, previous)?;
        store::write(&files, path)?;
        Ok(manifest)
    }

    fn files(&self, scanned: &Scanned<'_>, previous: Option<Previous>) -> Result<(Files, Manifest), Error> {
        let mut files = Files::new();
        let mut recipe = Recipe {
            schema: SCHEMA.to_owned(),
            assume_namespace: scanned.assume_namespace.clone(),
            complete: scanned.complete,
            kubernetes_version: scanned.kubernetes_version.clone(),
            include_passes: !scanned.assessment.passes.is_empty(),
            document_limit: scanned.limits.document,
            profile: String::new(),
            config: None,
            attestations: Vec::new(),
            attestation_days: scanned.policy.attestations.limit,
            baseline: None,
            snapshot: None,
            sources: Vec::new(),
            gaps: Vec::new(),
            ignored: Vec::new(),
            comments: Vec::new(),
            shared: shared(scanned.assessment),
        };
        let kept = inputs::keep(scanned, &mut recipe, &mut files)?;
        policy::keep(scanned, &kept.everywhere, &mut recipe, &mut files)?;
        files.insert(RECIPE.to_owned(), pretty(&recipe));
        // what was replaced or left out may have told something: a replay that cannot come to it is told so now
        let (differences, again) = replay::differences(&files, scanned.assessment)?;
        let assessment = &result::of_copies(scanned.assessment, again, &kept)?;
        let mut redaction = kept.redaction;
        redaction.not_replayable.extend(differences);
        self.results(assessment, scanned.policy, &mut files)?;
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            run_id: assessment.run.id.clone(),
            started: assessment.run.started.clone(),
            finished: assessment.run.finished.clone(),
            tool: self.program(assessment)?,
            catalog: assessment.catalog.clone(),
            profile: assessment.profile.clone(),
            config: assessment.config.clone(),
            exceptions: exceptions(assessment),
            attestations: assessment.attestations.as_ref().map(|all| all.files.clone()).unwrap_or_default(),
            target: target::of(assessment, &self.folder),
            previous,
            summary: assessment.summary.clone(),
            gaps: assessment.gaps.len(),
            redaction,
            files: files.iter().map(|(path, bytes)| listed(path, bytes)).collect(),
        };
        let bytes = pretty(&manifest);
        let statement = dsse::statement(&sha256(&bytes), &configuration(&manifest), assessment);
        let mut envelope = dsse::seal(&statement, self.key).to_string().into_bytes();
        envelope.push(b'\n');
        files.insert(MANIFEST.to_owned(), bytes);
        files.insert(ENVELOPE.to_owned(), envelope);
        Ok((files, manifest))
    }

    fn results(&self, assessment: &Assessment, policy: &Policy, files: &mut Files) -> Result<(), Error> {
        let mut put = |path: &str, write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|error| Error::Write { path: path.to_owned(), why: error.to_string() })?;
            files.insert(path.to_owned(), bytes);
            Ok::<_, Error>(())
        };
        put(RESULT, &|out| report::write(Format::Json, assessment, &self.options, out))?;
        if self.formats.contains(&Format::Oscal) {
            // what the results refer to, by the names that they refer by
            let (profile, time) = (&policy.profile, assessment.run.finished.parse().unwrap_or_default());
            put("results/catalog.json", &|out| report::oscal::catalog::write_catalog(profile, time, out))?;
            put("results/profile.json", &|out| report::oscal::catalog::write_profile(profile, time, out))?;
        }
        for format in self.formats.iter().filter(|format| **format != Format::Json) {
            put(&format!("results/{}", file_name(*format)), &|out| report::write(*format, assessment, &self.options, out))?;
        }
        Ok(())
    }

    fn program(&self, assessment: &Assessment) -> Result<Program, Error> {
        let read = |path: &PathBuf| {
            let failed = |error: std::io::Error| Error::Read { path: "the program itself".to_owned(), why: crate::trouble::said(&error) };
            std::fs::read(path).map_err(failed).map(|bytes| sha256(&bytes))
        };
        let sha256 = self.program.as_ref().map(read).transpose()?;
        Ok(Program { name: assessment.tool.name.clone(), version: assessment.tool.version.clone(), sha256 })
    }
}

/// The documents that follow from a result alone, each with the place that it has in a bundle.
pub(super) fn documents(assessment: &Assessment) -> impl Iterator<Item = (String, Vec<u8>)> {
    // the table depends on the terminal as well
    let formats = Format::value_variants().iter().filter(|format| **format != Format::Table);
    formats.filter_map(|format| {
        let mut bytes = Vec::new();
        report::write(*format, assessment, &report::Options::default(), &mut bytes).ok()?;
        Some((format!("results/{}", file_name(*format)), bytes))
    })
}

/// The name of a result's file; those of OSCAL are the ones by which the documents refer to one another.
fn file_name(format: Format) -> String {
    let name = match format {
        Format::Table => "report.txt",
        Format::Json => "results.json",
        Format::Sarif => "results.sarif",
        Format::SarifFull => "results-full.sarif",
        Format::Markdown => "report.md",
        Format::Html => "report.html",
        Format::Junit => "junit.xml",
        Format::Gitlab => "code-quality.json",
        Format::Csv => "results.csv",
        Format::Openmetrics => "metrics.txt",
        Format::Policyreport => "policy-reports.yaml",
        Format::Openreports => "open-reports.yaml",
        Format::Gemara => "evaluation-log.yaml",
        Format::Oscal => "assessment-results.json",
        Format::OscalPlan => "assessment-plan.json",
        Format::OscalPoam => "plan-of-action-and-milestones.json",
        Format::Cyclonedx => "attestations.cdx.json",
    };
    name.to_owned()
}

fn listed(path: &str, bytes: &[u8]) -> Listed {
    let role = match path.split('/').next() {
        Some("inputs") => "input",
        Some("results") => "result",
        _ => "policy",
    };
    Listed { path: path.to_owned(), role: role.to_owned(), size: bytes.len() as u64, sha256: sha256(bytes) }
}

/// Everything that decided what the result says, by hash.
fn configuration(manifest: &Manifest) -> Vec<(String, String)> {
    let catalog = &manifest.catalog;
    let mut all = vec![(format!("catalog: {} {}", catalog.id, catalog.version).trim_end().to_owned(), catalog.sha256.clone())];
    let pins = [("profile", Some(&manifest.profile)), ("config", manifest.config.as_ref())];
    all.extend(pins.iter().filter_map(|(role, pin)| {
        pin.map(|pin| (format!("{role}: {} {}", pin.name, pin.version).trim_end().to_owned(), pin.sha256.clone()))
    }));
    all.extend(manifest.attestations.iter().map(|pin| (format!("attestations: {}", pin.name), pin.sha256.clone())));
    all.extend(
        manifest.tool.sha256.iter().map(|sha256| (format!("tool: {} {}", manifest.tool.name, manifest.tool.version), sha256.clone())),
    );
    all
}

/// The exceptions in force that excuse anything: which finding, by whom, why.
fn exceptions(assessment: &Assessment) -> Counted {
    let excused = assessment.findings.iter().filter_map(|finding| Some(json!([finding.fingerprint, finding.excused.as_deref()?])));
    let excused: Vec<_> = excused.collect();
    Counted { count: excused.len(), sha256: sha256(json!(excused).to_string().as_bytes()) }
}

/// See [`Recipe::shared`].
pub(super) fn shared(assessment: &Assessment) -> BTreeMap<String, Vec<String>> {
    let all = assessment.findings.iter().filter(|finding| !finding.shared.is_empty());
    all.map(|finding| (finding.fingerprint.to_string(), finding.shared.iter().map(|(_, print)| print.to_string()).collect())).collect()
}

fn previous(path: &Path) -> Result<Previous, Error> {
    let (result, _, manifest_sha256) = super::peek(path)?;
    Ok(Previous { run_id: result.run.id, manifest_sha256 })
}

fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    // plain data of ours: nothing in it can fail to be written
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
