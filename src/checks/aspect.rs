//! What a check that judges several settings may be asked of alone: a number of a benchmark is often about one of them.

use crate::model::{GroupKind, Role, Scan};

/// One setting, or one file, among those that a check judges.
#[derive(Debug, Clone, Copy)]
pub struct Aspect {
    /// What has the setting, and the setting: `kube-apiserver/profiling`.
    pub name: &'static str,
    /// Which subjects are looked at for it.
    pub of: Of,
}

/// The subjects of a check that are looked at for an aspect.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// All of them.
    Every,
    /// Components of these roles.
    Roles(&'static [Role]),
    /// Objects of a kind.
    Kind(GroupKind),
    /// Files of a node, by their path; folders with the second argument.
    Path(fn(&str, bool) -> bool),
    /// The scan as a whole, where this is in it.
    Seen(fn(&Scan<'_>) -> bool),
}

impl Aspect {
    /// One of every subject.
    pub(crate) const fn every(name: &'static str) -> Self {
        Aspect { name, of: Of::Every }
    }

    /// One of components.
    pub(crate) const fn roles(roles: &'static [Role], name: &'static str) -> Self {
        Aspect { name, of: Of::Roles(roles) }
    }

    /// One of files.
    pub(crate) const fn path(is: fn(&str, bool) -> bool, name: &'static str) -> Self {
        Aspect { name, of: Of::Path(is) }
    }

    /// What it is about: the name behind the slash.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.name.rsplit_once('/').map_or(self.name, |(_, setting)| setting)
    }

    /// What has it: the name before the slash.
    #[must_use]
    pub fn holder(&self) -> &'static str {
        self.name.rsplit_once('/').map_or("", |(holder, _)| holder)
    }
}
