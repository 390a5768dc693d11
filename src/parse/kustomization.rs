//! Kustomizations: the names of their files, and what the paths in them mean.

use crate::discover::KUSTOMIZATIONS;

/// Whether a file is a kustomization by its name, which is all that `kustomize` asks for.
#[must_use]
pub fn is_kustomization(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| KUSTOMIZATIONS.contains(&last))
}

/// The folder of a file, by its name in reports: empty where names begin.
#[must_use]
pub fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name in reports of the file or folder at `path`, as the kustomization of that name writes it; `None` where it lies
/// outside, or is no path.
#[must_use]
pub fn beside(name: &str, path: &str) -> Option<String> {
    if path.contains('\n') {
        return None; // an inline patch
    }
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
