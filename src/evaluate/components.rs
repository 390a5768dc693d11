//! Checks of the components that run a cluster.

use super::batch::Batch;
use super::plan::Plan;
use super::{Runner, Seat, Who, place_of};
use crate::model::Component;

impl Runner<'_> {
    /// Each component with the checks of its role.
    pub(super) fn components(self, batch: &mut Batch, plan: &Plan) {
        if plan.components.is_empty() {
            return;
        }
        for record in self.scan.evidence.components().records() {
            let component = Component { scan: self.scan, record };
            let object = component.object();
            let seat = Seat::new(Who::Component(object, record.container), place_of(object), Some(object), object.namespace, object.live);
            let seat = seat.standing_for(record.nodes.len() as u32);
            for &(check, (_, probe)) in plan.components.iter().filter(|(_, (roles, _))| roles.contains(&record.role)) {
                self.run(batch, check, &seat, || probe(&component));
            }
        }
    }
}
