//! How a version of the Pod Security Standards is chosen and applied.

use crate::checks::{Fault, Verdict};
use crate::model::{KubernetesVersion, Pod, Quality, UNSET_NAMESPACE, admission};

pub use crate::model::standard::*;

/// Judges a pod by each version of a control that may apply to it. Where several may, they must agree: a fault in
/// only one of them is a doubt.
pub(super) fn judge(pod: &Pod<'_>, control: &Control, faults: impl Fn(KubernetesVersion) -> Vec<Fault>) -> Verdict {
    let at = |version| match control.spares(pod, version) {
        None if !control.relaxes(pod, version) => faults(version).into_iter().map(|fault| noted(fault, pod, control)).collect(),
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

/// With whether admission refuses such pods where it runs: what is unset and let in differs from what is set so on purpose.
fn noted(fault: Fault, pod: &Pod<'_>, control: &Control) -> Fault {
    if pod.namespace() == UNSET_NAMESPACE {
        return fault;
    }
    let Some(namespace) = pod.scan().namespace(pod.object().world, pod.namespace()) else { return fault };
    let answer = admission::by_control(&namespace).find(|(own, _)| own.name == control.name);
    let Some((_, answer)) = answer else { return fault };
    let how = if fault.place.quality == Quality::Value { "set explicitly" } else { "left unset" };
    let by = answer.by.join(", ");
    let said = match (answer.open.first(), answer.unsure.first()) {
        (None, None) => format!("admission refuses such pods here: {by}"),
        (Some(_), _) if by.is_empty() => "nothing seen refuses such pods here at admission".to_owned(),
        (Some(open), _) => format!("admission refuses only some of such pods here ({by}), not {open}"),
        (None, Some(why)) => format!("whether admission refuses such pods here is not known ({why})"),
    };
    fault.note(format!("{how}; {said}"))
}
