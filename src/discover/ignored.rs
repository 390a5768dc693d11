//! What `.gitignore` and `.cnscanignore` leave out. Files outside the repository have no say: what is scanned
//! must not differ by machine.

use std::path::Path;
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Error;

/// What Git leaves out.
pub(super) const GIT: &str = ".gitignore";

/// What only this tool leaves out; it wins over Git's.
pub(super) const OWN: &str = ".cnscanignore";

/// The ignore files of a folder and of those above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(Option<Rc<Level>>);

/// The ignore files of one folder.
#[derive(Debug)]
struct Level {
    git: Option<Gitignore>,
    own: Option<Gitignore>,
    /// A repository begins here: Git's rules from further up do not reach into it.
    is_root: bool,
    outer: Rules,
}

impl Rules {
    /// The rules within a folder that has these ignore files.
    pub(super) fn within(&self, folder: &Path, has: Has) -> Result<Self, Error> {
        if !has.git && !has.own && !has.repository {
            return Ok(self.clone());
        }
        // Git ignores what it cannot read in its file, and so do we; our own file is to be right
        let git = has.git.then(|| read(folder, GIT).0);
        let own = match has.own.then(|| read(folder, OWN)) {
            Some((_, Some(error))) => {
                return Err(Error::Ignore { what: error.to_string() });
            }
            own => own.map(|(rules, _)| rules),
        };
        Ok(Rules(Some(Rc::new(Level { git, own, is_root: has.repository, outer: self.clone() }))))
    }

    /// Why a file or folder is left out; `None` when it is not. `within` is the folder that names are relative to.
    pub(super) fn reason(&self, path: &Path, is_folder: bool, within: &Path) -> Option<String> {
        self.0.as_ref()?;
        let own = self.levels().filter_map(|level| level.own.as_ref());
        let git = self.repository().filter_map(|level| level.git.as_ref());
        match first(own, path, is_folder).or_else(|| first(git, path, is_folder))? {
            Match::Ignore(glob) => {
                let file = glob.from().and_then(|file| super::root::relative(file, within));
                Some(format!("{} says `{}`", file.as_deref().unwrap_or("an ignore file"), glob.original()))
            }
            _ => None,
        }
    }

    /// From the innermost folder outwards.
    fn levels(&self) -> impl Iterator<Item = &Level> {
        std::iter::successors(self.0.as_deref(), |level| level.outer.0.as_deref())
    }

    /// From the innermost folder out to where its repository begins.
    fn repository(&self) -> impl Iterator<Item = &Level> {
        std::iter::successors(self.0.as_deref(), |level| if level.is_root { None } else { level.outer.0.as_deref() })
    }
}

/// What of interest a folder holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Has {
    pub(super) git: bool,
    pub(super) own: bool,
    pub(super) repository: bool,
}

impl Has {
    /// Looks at a folder that is not being listed.
    pub(super) fn look(folder: &Path) -> Self {
        Has { git: folder.join(GIT).is_file(), own: folder.join(OWN).is_file(), repository: folder.join(".git").exists() }
    }
}

fn read(folder: &Path, name: &str) -> (Gitignore, Option<ignore::Error>) {
    let mut builder = GitignoreBuilder::new(folder);
    let error = builder.add(folder.join(name));
    match builder.build() {
        Ok(rules) => (rules, error),
        Err(broken) => (Gitignore::empty(), error.or(Some(broken))),
    }
}

/// What the first file that has a word on a path says of it.
fn first<'r>(mut files: impl Iterator<Item = &'r Gitignore>, path: &Path, is_folder: bool) -> Option<Match<&'r ignore::gitignore::Glob>> {
    files.find_map(|rules| Some(rules.matched(path, is_folder)).filter(|said| !said.is_none()))
}
