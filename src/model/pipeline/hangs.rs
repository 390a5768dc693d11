//! On what commands hang, and what hangs on them.

/// On what a command hangs, and what hangs on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hangs {
    /// The conditions that it stands under.
    pub(super) under: Vec<u64>,
    /// What its failure ends.
    pub(super) ends: Ends,
}

/// What the failure of a command ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ends {
    /// All that follows.
    #[default]
    All,
    /// What follows within the same chain of commands.
    Chain(u64),
    Nothing,
}

impl Ends {
    /// What it ends within what ends this.
    pub(super) fn and(self, inner: Self) -> Self {
        match (self, inner) {
            (Ends::All, inner) => inner,
            (_, Ends::Nothing) => Ends::Nothing,
            (outer, _) => outer,
        }
    }

    /// The same among the chains of another script.
    pub(super) fn shifted(self, base: u64) -> Self {
        if let Ends::Chain(name) = self { Ends::Chain(name + base) } else { self }
    }
}

/// What decides of two: what ends nothing does so in any place.
pub(super) fn within(outer: Option<Ends>, inner: Option<Ends>) -> Option<Ends> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(outer.and(inner)),
        (outer, inner) => outer.or(inner),
    }
}
