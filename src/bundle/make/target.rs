//! What was assessed, by what tells it from others.

use std::fs;
use std::path::Path;

use crate::assess::Assessment;
use crate::bundle::Target;
use crate::discover::root;

pub(super) fn of(assessment: &Assessment, folder: &Path) -> Target {
    let cluster = assessment.scope.cluster.as_ref();
    Target {
        kind: assessment.scope.kind.clone(),
        revision: if cluster.is_none() { revision(folder) } else { None },
        cluster_uid: cluster.and_then(|cluster| cluster.uid.clone()),
        server_version: cluster.map(|cluster| cluster.version.clone()),
        kubernetes_version: assessment.kubernetes_version.clone(),
        complete: assessment.scope.complete,
    }
}

/// The commit that is checked out, as Git's own files say.
fn revision(folder: &Path) -> Option<String> {
    let top = root::git_root(&folder.canonicalize().ok()?)?;
    let git = top.join(".git");
    // of a further work tree, a file that says where
    let git = match fs::read_to_string(&git) {
        Ok(text) => top.join(text.strip_prefix("gitdir:")?.trim()),
        Err(_) => git,
    };
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(name) => {
            let shared = fs::read_to_string(git.join("commondir")).map_or_else(|_| git.clone(), |text| git.join(text.trim()));
            [&git, &shared].into_iter().find_map(|folder| loose(folder, name)).or_else(|| packed(&shared, name))?
        }
    };
    (commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(commit)
}

fn loose(git: &Path, name: &str) -> Option<String> {
    let named = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    fs::read_to_string(git.join(name)).ok().filter(|_| named).map(|text| text.trim().to_owned())
}

fn packed(git: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(git.join("packed-refs")).ok()?;
    text.lines().find_map(|line| line.split_once(' ').filter(|(_, own)| *own == name).map(|(commit, _)| commit.to_owned()))
}
