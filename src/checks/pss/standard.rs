//! How a version of the Pod Security Standards is chosen and applied.

use crate::checks::{Fault, Verdict};
use crate::model::{KubernetesVersion, Pod};

pub use crate::model::standard::*;

/// Judges a pod by each version of a control that may apply to it. Where several may, they must agree: a fault in
/// only one of them is a doubt.
pub(super) fn judge(pod: &Pod<'_>, control: &Control, faults: impl Fn(KubernetesVersion) -> Vec<Fault>) -> Verdict {
    let at = |version| match control.spares(pod, version) {
        None if !control.relaxes(pod, version) => faults(version),
        _ => Vec::new(),
    };
    let (oldest, latest) = match control.revisions {
        [0] => (KubernetesVersion::LATEST, KubernetesVersion::LATEST),
        _ => pod.standard_versions(),
    };
    if control.revision(oldest) == control.revision(latest) {
        return match control.spares(pod, latest) {
            Some(why) => Verdict::Skip(why),
            None => at(latest).into(),
        };
    }
    differing((oldest, at(oldest)), (latest, at(latest))).into()
}

/// What two versions refuse stands; what only one of them does is a doubt.
fn differing(oldest: (KubernetesVersion, Vec<Fault>), latest: (KubernetesVersion, Vec<Fault>)) -> Vec<Fault> {
    let ((old, first), (new, last)) = (oldest, latest);
    let same = |one: &Fault, other: &Fault| one.place == other.place && one.message == other.message;
    let (both, gone): (Vec<_>, Vec<_>) = first.into_iter().partition(|fault| last.iter().any(|other| same(fault, other)));
    let come: Vec<_> = last.into_iter().filter(|fault| !both.iter().any(|other| same(fault, other))).collect();
    let gone = gone.into_iter().map(|fault| doubted(fault, old, new));
    let come = come.into_iter().map(|fault| doubted(fault, new, old));
    both.into_iter().chain(gone).chain(come).collect()
}

fn doubted(fault: Fault, refuses: KubernetesVersion, allows: KubernetesVersion) -> Fault {
    fault.reworded(|said| format!("{said} (refused by version {refuses} of the standard, not by {allows})")).doubt()
}
