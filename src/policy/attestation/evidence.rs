//! The files that attestations rest on, held against the hashes that they give.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{EvidenceWritten, Fault};
use crate::discover::root;
use crate::policy::hex;

/// What is wrong with the evidence of an attestation in this file, and the files that are what it says.
pub(super) fn look(file: &Path, evidence: &[EvidenceWritten]) -> (Vec<Fault>, Vec<(String, PathBuf)>) {
    let (mut faults, mut found) = (Vec::new(), Vec::new());
    for one in evidence.iter().filter(|one| !is_url(&one.link)) {
        match place(file, &one.link).and_then(|path| Ok((hash(&path)?, path))) {
            Err(why) => faults.push(Fault::at(&one.link, why)),
            Ok((sha256, _)) if !sha256.eq_ignore_ascii_case(&one.sha256) => {
                let why = format!("{} is not what was attested: its sha256 is {sha256}", one.link.value);
                faults.push(Fault::at(&one.sha256, why));
            }
            Ok((_, path)) => found.push((one.link.value.clone(), path)),
        }
    }
    (faults, found)
}

/// Whether it is to be fetched from somewhere, which a scan never does.
pub(super) fn is_url(link: &str) -> bool {
    link.split_once("://").is_some_and(|(scheme, rest)| !rest.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Where the file is, within the repository of the attestation, or within its folder when it is in none.
fn place(file: &Path, link: &str) -> Result<PathBuf, String> {
    let written = Path::new(link);
    if !written.components().all(|part| matches!(part, Component::Normal(_) | Component::ParentDir | Component::CurDir)) {
        return Err(format!("{link} is an absolute path: write it from the folder of this file"));
    }
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{link} is not there"),
        _ => format!("{link}: {error}"),
    };
    let folder = file.canonicalize().map_err(failed)?;
    let folder = folder.parent().unwrap_or(Path::new("/"));
    let top = root::git_root(folder).unwrap_or_else(|| folder.to_owned());
    let path = folder.join(written).canonicalize().map_err(failed)?;
    if !path.starts_with(&top) {
        return Err(format!("{link} is outside of the repository (or of the folder, where there is none)"));
    }
    if path.is_file() { Ok(path) } else { Err(format!("{link} is no file")) }
}

fn hash(path: &Path) -> Result<String, String> {
    let failed = |error: io::Error| format!("{}: {error}", path.file_name().unwrap_or_default().to_string_lossy());
    let mut hash = Sha256::new();
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => break,
            read => hash.update(&piece[..read]),
        }
    }
    Ok(hex(&hash.finalize()))
}
