//! What a scan was held against, as a bundle keeps it: the files of the user's, under names from which they can be read again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bundle::archive::fits;
use crate::bundle::manifest::{Placed, Recipe};
use crate::bundle::redact::Everywhere;
use crate::bundle::store::{Files, LARGEST, safe};
use crate::bundle::{Error, Scanned};
use crate::discover::root;
use crate::discover::sha256;

/// Puts profile, configuration, attestations with their evidence, and baseline into the bundle.
pub(super) fn keep(scanned: &Scanned<'_>, everywhere: &Everywhere, recipe: &mut Recipe, files: &mut Files) -> Result<(), Error> {
    let policy = scanned.policy;
    recipe.profile = profile(&policy.profile, files)?;
    if let Some(config) = &policy.config.file {
        let name = Path::new(&config.name).file_name().unwrap_or_default();
        let path = config.folder.join(name);
        let bytes = same(&path, &config.sha256)?;
        recipe.config = Some(Placed { path: put("policy/config/cnscan.yaml".to_owned(), bytes, files)?, name: config.name.clone() });
    }
    for (number, file) in policy.attestations.files.iter().enumerate() {
        let folder = format!("policy/attestations/{number}");
        let name = Path::new(&file.name);
        let beside = |path: &Path| root::joined(root::normal(&Path::new("/").join(path)).strip_prefix("/").unwrap_or(path));
        let path = put(format!("{folder}/{}", beside(name)), same(&file.path, &file.sha256)?, files)?;
        recipe.attestations.push(Placed { path, name: file.name.clone() });
        for (link, path) in &file.evidence {
            let place = format!("{folder}/{}", beside(&name.parent().unwrap_or(Path::new("")).join(link)));
            put(place, read(path)?, files)?;
        }
    }
    if let Some(baseline) = &scanned.baseline {
        let bytes = earlier(read(baseline)?, everywhere, files);
        recipe.baseline = Some(put("policy/baseline.json".to_owned(), bytes, files)?);
    }
    Ok(())
}

/// An earlier result without what follows from inputs that may hold secrets: their hashes, and the id that is made of these. What is
/// the same input as in this bundle keeps its hash.
fn earlier(bytes: Vec<u8>, everywhere: &Everywhere, files: &Files) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else { return bytes };
    let was = value.clone();
    let kept: HashSet<_> = files.iter().filter(|(path, _)| path.starts_with("inputs/")).map(|(_, bytes)| sha256(bytes)).collect();
    for input in value["inputs"].as_array_mut().into_iter().flatten() {
        if input["sha256"].as_str().is_some_and(|hash| !hash.is_empty() && !kept.contains(hash)) {
            input["sha256"] = "".into();
        }
    }
    super::result::replace(&mut value, everywhere);
    if value == was {
        return bytes;
    }
    // nothing else of it is held against the scan
    for finding in value["findings"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        ["line_hash", "location", "snippet", "message", "observed", "notes"].iter().for_each(|key| drop(finding.remove(*key)));
    }
    for input in value["inputs"].as_array_mut().into_iter().flatten().filter(|input| input["sha256"] == "") {
        input["bytes"] = 0.into();
    }
    if let Some(all) = value.as_object_mut() {
        all.remove("passes");
    }
    if let Some(before) = value["baseline"].as_object_mut() {
        before.insert("run".to_owned(), "".into());
    }
    value["run"]["id"] = "".into();
    let id = sha256(value.to_string());
    value["run"]["id"] = id[..32].into();
    value.to_string().into_bytes()
}

/// The name of an embedded profile; the place of a file, which is kept with those that it extends.
fn profile(profile: &crate::policy::Profile, files: &mut Files) -> Result<String, Error> {
    let Some(first) = profile.files.first() else { return Ok(profile.name.clone()) };
    let canonical = |path: &PathBuf| path.canonicalize().map_err(|error| unread(path, &error));
    let all: Vec<_> = profile.files.iter().map(canonical).collect::<Result<_, _>>()?;
    let own = canonical(first)?;
    let top = all.iter().filter_map(|path| path.parent()).fold(own.parent().unwrap_or(Path::new("/")), |top, folder| {
        top.ancestors().find(|ancestor| folder.starts_with(ancestor)).unwrap_or(Path::new("/"))
    });
    let place = |path: &Path| format!("policy/profile/{}", root::relative(path, top).unwrap_or_default());
    for path in &all {
        put(place(path), read(path)?, files)?;
    }
    Ok(place(&own))
}

fn put(path: String, bytes: Vec<u8>, files: &mut Files) -> Result<String, Error> {
    let wrong = |why: &str| Error::Write { path: path.clone(), why: why.to_owned() };
    if safe(&path).is_err() || !fits(&path) {
        return Err(wrong("a bundle cannot hold a file of this name: take a shorter or plainer one"));
    }
    if bytes.len() as u64 > LARGEST {
        return Err(wrong("it is larger than a file of a bundle may be"));
    }
    files.insert(path.clone(), bytes);
    Ok(path)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    crate::trouble::bytes(path).map_err(|error| unread(path, &error))
}

fn unread(path: &Path, error: &std::io::Error) -> Error {
    Error::Read { path: path.display().to_string(), why: crate::trouble::said(error) }
}

/// A file that still is what the scan read.
fn same(path: &Path, expected: &str) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if sha256(&bytes) == expected {
        return Ok(bytes);
    }
    Err(Error::Read { path: path.display().to_string(), why: "it was changed while the scan ran: scan again".to_owned() })
}
