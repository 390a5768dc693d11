//! Whether a bundle is what somebody signed: first the signature, by a key from elsewhere; then, from what it covers, the rest.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::dsse::{self, Envelope};
use super::key::Public;
use super::manifest::{Manifest, SCHEMA};
use super::store::{self, Files, safe};
use super::{ENVELOPE, Error, MANIFEST, RESULT, strict};
use crate::assess::{self, Assessment};
use crate::discover::sha256;
use crate::report;

/// The envelope is no larger.
const LARGEST_ENVELOPE: usize = 4 << 20;
/// The manifest is no larger.
const LARGEST_MANIFEST: usize = 128 << 20;

/// Whom to trust. No key is ever taken from the bundle.
pub enum Trust<'a> {
    /// Who has this key.
    Key(&'a Public),
    /// Nobody: only that the bundle is whole is looked at, which anybody can arrange.
    Nobody,
}

/// What a bundle is expected to be of, beyond being whole.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    /// The SHA-256 of the catalog.
    pub catalog: Option<String>,
    /// The SHA-256 of the profile, or its name.
    pub profile: Option<String>,
    /// The SHA-256 of the program.
    pub tool: Option<String>,
    /// The uid of the cluster.
    pub cluster: Option<String>,
    /// How old the run may be, and when it is now.
    pub newest: Option<(SignedDuration, Timestamp)>,
    /// The bundle of the run before.
    pub previous: Option<std::path::PathBuf>,
}

/// A bundle that is what it says.
#[derive(Debug)]
pub struct Verified {
    /// What it says.
    pub manifest: Manifest,
    /// The result in it.
    pub assessment: Assessment,
    /// Of the manifest.
    pub manifest_sha256: String,
    /// What it holds, as it was verified.
    pub(super) files: Files,
}

/// Verifies a bundle, in the order of its parts; stops at the first that is wrong.
///
/// # Errors
/// What is wrong, and of which sort: each has its exit code.
pub fn verify(path: &Path, trust: &Trust<'_>, pins: &Pins) -> Result<Verified, Error> {
    let files = store::read(path)?;
    let signed = signature(&files, trust)?;
    let bytes = files.get(MANIFEST).ok_or_else(|| Error::Tampered(format!("{MANIFEST} is not there")))?;
    let manifest_sha256 = sha256(bytes);
    if signed.manifest != manifest_sha256 {
        return Err(Error::Tampered(format!("{MANIFEST} is not the one that was signed (its sha256 is {manifest_sha256})")));
    }
    let manifest = manifest(&files)?;
    listed(&manifest, &files)?;
    let assessment = result(&files)?;
    agrees(&manifest, &assessment, &signed.predicate)?;
    pinned(&manifest, pins)?;
    Ok(Verified { manifest, assessment, manifest_sha256, files })
}

fn signature(files: &Files, trust: &Trust<'_>) -> Result<dsse::Statement, Error> {
    let bytes = files.get(ENVELOPE).ok_or_else(|| Error::Signature(format!("{ENVELOPE} is not there")))?;
    if bytes.len() > LARGEST_ENVELOPE {
        return Err(Error::Signature(format!("{ENVELOPE} is larger than any envelope")));
    }
    let broken = |why: String| Error::Signature(format!("{ENVELOPE}: {why}"));
    let envelope = Envelope::read(bytes).map_err(broken)?;
    match trust {
        Trust::Key(_) if envelope.is_unsigned() => return Err(Error::Signature("nobody signed it".to_owned())),
        Trust::Key(key) if !envelope.is_signed_by(key) => {
            return Err(Error::Signature("no signature in it is of this key over what it holds".to_owned()));
        }
        _ => {}
    }
    envelope.statement().map_err(broken)
}

/// The manifest, whose bytes nothing vouches for yet.
pub(super) fn manifest(files: &Files) -> Result<Manifest, Error> {
    let bytes = files.get(MANIFEST).ok_or_else(|| Error::Tampered(format!("{MANIFEST} is not there")))?;
    if bytes.len() > LARGEST_MANIFEST {
        return Err(Error::Tampered(format!("{MANIFEST} is larger than any manifest")));
    }
    let broken = |why: String| Error::Tampered(format!("{MANIFEST}: {why}"));
    let value = strict::json(bytes).map_err(broken)?;
    if value["schema"] != SCHEMA {
        return Err(broken(format!("its schema is {}; this release reads `{SCHEMA}`", value["schema"])));
    }
    serde_json::from_value(value).map_err(|error| broken(error.to_string()))
}

/// The result, whose bytes nothing vouches for yet.
pub(super) fn result(files: &Files) -> Result<Assessment, Error> {
    let broken = |why: String| Error::Tampered(format!("{RESULT}: {why}"));
    let bytes = files.get(RESULT).ok_or_else(|| broken("it is not there".to_owned()))?;
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    report::json::read(text).map_err(|error| broken(error.to_string()))
}

/// Every file listed is there and what it was, and no other is.
fn listed(manifest: &Manifest, files: &Files) -> Result<(), Error> {
    let tampered = |why: String| Err(Error::Tampered(why));
    for pair in manifest.files.windows(2) {
        if pair[0].path >= pair[1].path {
            return tampered(format!("{MANIFEST} lists {} twice, or out of order", pair[1].path));
        }
    }
    for listed in &manifest.files {
        if let Err(why) = safe(&listed.path) {
            return tampered(why);
        }
        if listed.path == MANIFEST || listed.path == ENVELOPE {
            return tampered(format!("{MANIFEST} lists {}, which it cannot know", listed.path));
        }
        let Some(bytes) = files.get(&listed.path) else { return tampered(format!("{} is not there", listed.path)) };
        if bytes.len() as u64 != listed.size || sha256(bytes) != listed.sha256 {
            return tampered(format!("{} is not what it was", listed.path));
        }
    }
    let known =
        |path: &str| path == MANIFEST || path == ENVELOPE || manifest.files.binary_search_by(|one| one.path.as_str().cmp(path)).is_ok();
    match files.keys().find(|path| !known(path)) {
        Some(extra) => tampered(format!("{extra} is there, and {MANIFEST} does not list it")),
        None => Ok(()),
    }
}

/// What is said of the result is what the result says: counted anew, as nobody can see a count.
fn agrees(manifest: &Manifest, assessment: &Assessment, predicate: &serde_json::Value) -> Result<(), Error> {
    let counted = assess::recount(assessment);
    let rows = [
        (counted != assessment.summary, "the counts of the result are not those of what it holds"),
        (counted != manifest.summary, "the counts of the manifest are not those of the result"),
        (manifest.gaps != assessment.gaps.len(), "the manifest counts other gaps than the result has"),
        (
            manifest.run_id != assessment.run.id || manifest.started != assessment.run.started,
            "the manifest is of another run than the result",
        ),
        (manifest.finished != assessment.run.finished, "the manifest is of another run than the result"),
        (manifest.catalog != assessment.catalog, "the manifest names another catalog than the result"),
        (manifest.profile != assessment.profile, "the manifest names another profile than the result"),
        (manifest.config != assessment.config, "the manifest names another configuration than the result"),
        (predicate["result"] != dsse::verdict(assessment), "the signed verdict is not that of the result"),
    ];
    match rows.iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(Error::Tampered((*why).to_owned())),
        None => Ok(()),
    }
}

fn pinned(manifest: &Manifest, pins: &Pins) -> Result<(), Error> {
    let other = |what: &str, expected: &str, found: &str| Err(Error::Pin(format!("the {what} is {found}, and not {expected}")));
    let tool = manifest.tool.sha256.as_deref().unwrap_or("not recorded");
    let cluster = manifest.target.cluster_uid.as_deref().unwrap_or("none");
    let rows =
        [("catalog", &pins.catalog, manifest.catalog.sha256.as_str()), ("tool", &pins.tool, tool), ("cluster", &pins.cluster, cluster)];
    for (what, expected, found) in rows {
        if let Some(expected) = expected.as_deref().filter(|expected| !expected.eq_ignore_ascii_case(found)) {
            return other(what, expected, found);
        }
    }
    if let Some(expected) = pins.profile.as_deref() {
        let profile = &manifest.profile;
        if !expected.eq_ignore_ascii_case(&profile.sha256) && expected != profile.name {
            return other("profile", expected, &format!("{} ({})", profile.name, profile.sha256));
        }
    }
    if let Some((age, now)) = pins.newest {
        let started: Timestamp = manifest.started.parse().map_err(|_| Error::Pin("the run has no time".to_owned()))?;
        let old = now.duration_since(started);
        if old > age || old < SignedDuration::from_hours(-1) {
            return other("run", "as new as asked for", &format!("of {}", manifest.started));
        }
    }
    if let Some(path) = &pins.previous {
        let (_, _, expected) = super::peek(path)?;
        let found = manifest.previous.as_ref().map_or("none", |previous| &previous.manifest_sha256);
        if expected != found {
            return other("bundle before it", &expected, found);
        }
    }
    Ok(())
}
