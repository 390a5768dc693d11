//! What the standard's controls have in common: which version judges, and what to say where versions differ.

use crate::checks::{Fault, Verdict};
use crate::model::{KubernetesVersion, Pod};

/// Judges a pod by each version that may apply. Where none is pinned, the oldest supported and the latest known
/// version must agree; a fault in only one of them is a doubt.
pub(super) fn judge(pod: &Pod<'_>, faults: impl Fn(KubernetesVersion) -> Vec<Fault>) -> Verdict {
    let mut judged: Vec<_> = pod.standard_versions().into_iter().map(|version| (version, faults(version))).collect();
    let Some((latest, last)) = judged.pop() else { return Verdict::Pass };
    match judged.pop() {
        Some((oldest, first)) if first.is_empty() != last.is_empty() => {
            let (refuses, allows) = if last.is_empty() { (oldest, latest) } else { (latest, oldest) };
            let faults = if last.is_empty() { first } else { last };
            let doubt = |fault: Fault| {
                fault.reworded(|said| format!("{said} (refused by version {refuses} of the standard, not by {allows})")).doubt()
            };
            faults.into_iter().map(doubt).collect()
        }
        _ => last.into(),
    }
}
