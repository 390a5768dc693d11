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
    /// What follows within the same chain of commands, or the same function.
    Chain(u64),
    /// What follows within the one and within the other.
    Both(u64, u64),
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

/// What tells the names of calls of functions from those of conditions.
pub(super) const CALL: u64 = 1 << 62;

impl Hangs {
    /// The conditions that it stands under, calls of functions left out.
    pub(super) fn conditions(&self) -> Vec<u64> {
        self.under.iter().copied().filter(|name| !is_call(*name)).collect()
    }
}

fn is_call(name: u64) -> bool {
    name & (CALL | 1 << 63) == CALL
}

/// Of a condition all ways that it can go: one of these is gone wherever it is met.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// What it stands under.
    pub(super) under: Vec<u64>,
    pub(super) names: Vec<u64>,
}

impl Ways {
    /// The same among the conditions of another script.
    pub(super) fn shifted(self, outer: &[u64], base: u64) -> Self {
        let under = outer.iter().copied().chain(self.under.into_iter().map(|name| shifted(name, base)));
        let under = under.filter(|name| !is_call(*name)).collect();
        Ways { under, names: self.names.into_iter().map(|name| shifted(name, base)).collect() }
    }
}

/// A condition among those of another script; what has a name of its own keeps it.
pub(super) fn shifted(name: u64, base: u64) -> u64 {
    if name >> 63 == 1 { name } else { name + base }
}

/// Whether one of some commands is run wherever what stands under `beside` is: they are told by what they stand under.
pub(super) fn is_met(ones: &[Vec<u64>], beside: &[u64], ways: &[Ways]) -> bool {
    let mut known: Vec<Vec<u64>> = ones.to_vec();
    loop {
        let covers = |known: &[Vec<u64>], under: &[u64]| known.iter().any(|one| under.starts_with(one));
        let goes = |ways: &Ways, name: u64| covers(&known, &ways.under.iter().copied().chain([name]).collect::<Vec<_>>());
        let is_new = |ways: &&Ways| !covers(&known, &ways.under) && ways.names.iter().all(|name| goes(ways, *name));
        let Some(found) = ways.iter().find(is_new) else { return covers(&known, beside) };
        known.push(found.under.clone());
    }
}

/// What decides of two: what ends nothing does so in any place.
pub(super) fn within(outer: Option<Ends>, inner: Option<Ends>) -> Option<Ends> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(outer.and(inner)),
        (outer, inner) => outer.or(inner),
    }
}
