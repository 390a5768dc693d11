//! Which aspects of its check a subject was looked at for, and which of them a fault is about.

use super::batch::Batch;
use super::outcome::{Looked, Standing};
use super::{Runner, Seat, Who};
use crate::checks::{Aspect, Check, Of};
use crate::model::{Fault, Scan};

impl Seat<'_> {
    /// The aspects of a check that this subject is looked at for.
    fn aspects<'s>(&'s self, own: &'static Check, scan: &'s Scan<'_>) -> impl Iterator<Item = &'static Aspect> + 's {
        own.aspects.iter().filter(move |aspect| match aspect.of {
            Of::Every => true,
            Of::Roles(roles) => matches!(self.who, Who::Component(_, _, role) if roles.contains(&role)),
            Of::Kind(kind) => self.object.is_some_and(|object| object.is(kind)),
            Of::Path(is) => self.object.is_some_and(|object| is(object.name, object.at("type").str() == "folder")),
            Of::Seen(is) => is(scan),
        })
    }

    /// What a fault of this subject is about. One that does not say is about all of them; so is a doubt about what decides
    /// no aspect by itself, such as a file that was not seen.
    pub(super) fn about(&self, own: &'static Check, scan: &Scan<'_>, standing: Standing, fault: &Fault) -> Vec<&'static str> {
        if own.aspects.is_empty() {
            return Vec::new();
        }
        let is_named = |aspect: &&Aspect| fault.about.contains(&aspect.setting());
        let named: Vec<_> = self.aspects(own, scan).filter(is_named).map(|aspect| aspect.name).collect();
        let is_of_all = fault.about.is_empty() || standing == Standing::Review;
        if named.is_empty() && is_of_all { self.aspects(own, scan).map(|aspect| aspect.name).collect() } else { named }
    }
}

impl Runner<'_> {
    /// Counts a subject for each aspect that it was looked at for.
    pub(super) fn look(self, batch: &mut Batch, check: u16, seat: &Seat<'_>, count: fn(&mut Looked)) {
        let own = self.checks[check as usize];
        // one of every subject is counted with the check itself
        for aspect in seat.aspects(own, self.scan).filter(|aspect| !matches!(aspect.of, Of::Every)) {
            count(batch.tallies[check as usize].aspects.entry(aspect.name.into()).or_default());
        }
    }
}
