//! The files that flags name, where they are among those that were read.

use crate::model::component::Component;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};
use crate::parse::host::GROUP;

/// What became of a file that a flag names.
#[derive(Debug, Clone)]
pub enum Joined<'a> {
    /// No flag names one.
    Unset,
    /// This one.
    Found(&'a Object<'a>),
    /// It is not among the files, or it is not clear which of them it is.
    Lost(String),
}

impl<'a> Component<'a> {
    /// The file that a flag names, of one of some kinds; a component that is a lone file is its own.
    #[must_use]
    pub fn joined(&self, flag: &'static str, wanted: &[GroupKind]) -> Joined<'a> {
        if wanted.iter().any(|kind| self.object().is(*kind)) {
            return Joined::Found(self.object());
        }
        let held = self.flag(flag);
        if !held.is_set() || held.is_empty() {
            return Joined::Unset;
        }
        match self.file(held.str(), wanted) {
            Some(found) => Joined::Found(found),
            None => Joined::Lost(self.record.on_node(held.str())),
        }
    }

    /// What of some kinds is in the file at a path, as the component sees it.
    #[must_use]
    pub fn file(&self, path: &str, wanted: &[GroupKind]) -> Option<&'a Object<'a>> {
        let evidence = self.scan.evidence;
        at_path(evidence, self.object(), &self.record.on_node(path), wanted).map(|found| evidence.object(found.id))
    }
}

impl super::ComponentRecord<'_> {
    /// A path of the container as the node has it.
    pub(super) fn on_node(&self, path: &str) -> String {
        let mounted = self.mounts.iter().find_map(|(within, host)| {
            let rest = path.strip_prefix(within)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{host}{rest}"))
        });
        mounted.unwrap_or_else(|| path.to_owned())
    }
}

/// The object of a kind in the file at a path of a node: by the whole path below the node's root; elsewhere by the longest
/// end of its path, else the only one there is.
pub(super) fn at_path<'e, 'a>(evidence: &'e Evidence<'a>, beside: &Object<'_>, path: &str, wanted: &[GroupKind]) -> Option<&'e Object<'a>> {
    let same: Vec<&Object<'a>> =
        wanted.iter().flat_map(|kind| evidence.of_kind_in(beside.world, *kind)).filter(|object| !object.live).collect();
    let name = |object: &Object<'a>| evidence.files()[object.file() as usize].name();
    if evidence.files()[beside.file() as usize].host {
        // where the root is the folder that names are relative to, nothing stands before the path
        let below = path.strip_prefix('/')?;
        return same.into_iter().find(|object| name(object) == below || name(object).ends_with(path));
    }
    // what the same object has written to its nodes goes by its path
    if let Some(own) = same.iter().find(|object| object.file() == beside.file() && object.name == path) {
        return Some(own);
    }
    let tail = |object: &Object<'a>| {
        let parts = name(object).rsplit('/').zip(path.rsplit('/'));
        parts.take_while(|(own, wanted)| own == wanted).count()
    };
    // certificates have the same names everywhere, and other files of a node are no guess either
    let least = |kind: &GroupKind| {
        if kind.group != GROUP {
            0
        } else if kind.kind == "Certificate" {
            2
        } else {
            1
        }
    };
    let needed = wanted.iter().map(least).max().unwrap_or_default();
    let longest = same.iter().map(|object| tail(object)).max().filter(|longest| *longest >= needed)?;
    let mut best = same.iter().filter(|object| tail(object) == longest);
    let found = best.next()?;
    best.next().is_none().then_some(*found)
}
