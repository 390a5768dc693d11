//! Checks of the evidence as a whole, and of the components that run a cluster.

use super::batch::Batch;
use super::plan::Plan;
use super::{Runner, Seat, Who, place_of};
use crate::model::Component;

impl Runner<'_> {
    pub(super) fn whole(self, batch: &mut Batch, plan: &Plan) {
        // without any object there is no cluster to speak of
        let Some(first) = self.scan.evidence.objects().first().filter(|_| self.split.is_first()) else { return };
        let seat = Seat::new(Who::Cluster, place_of(first), None, None, first.live);
        for &(check, probe) in &plan.whole {
            self.run(batch, check, &seat, || probe(self.scan));
        }
        self.components(batch, plan);
    }

    /// Each component with the checks of its role.
    fn components(self, batch: &mut Batch, plan: &Plan) {
        if plan.components.is_empty() {
            return;
        }
        for record in self.scan.evidence.components().records() {
            let component = Component { scan: self.scan, record };
            let object = component.object();
            let seat = Seat::new(
                Who::Component(object, record.container, record.role),
                place_of(object),
                Some(object),
                object.namespace,
                object.live,
            );
            let seat = seat.standing_for(record.nodes.len() as u32);
            for &(check, (_, probe)) in plan.components.iter().filter(|(_, (roles, _))| roles.contains(&record.role)) {
                self.run(batch, check, &seat, || probe(&component));
            }
        }
    }
}
