//! The guard against alias bombs: go-yaml's own count, without making what it counts.

use super::tree::{Kind, NodeId, Tree};

const LOW: f64 = 400_000.0;
const HIGH: f64 = 4_000_000.0;

/// Whether go-yaml refuses the document under `root` for "excessive aliasing".
///
/// It walks as go-yaml decodes, aliases followed, and stops where go-yaml stops. That bounds it: no more
/// than 400,000 steps, or a tenth of all, may come from aliases, and 99 in 100 below that.
pub(super) fn excessive(tree: &Tree, root: NodeId) -> bool {
    let mut steps = 1_u64;
    let mut aliased = 0_u64;
    // ranges of nodes still to visit; the innermost last
    let mut ranges = vec![(root, tree.next(root))];
    while let Some((at, end)) = ranges.last_mut() {
        if at >= end {
            ranges.pop();
            continue;
        }
        let id = *at;
        *at += 1;
        let within = ranges.len() > 1;
        if super::keys::is_merge(tree, id) {
            continue;
        }
        steps += 1;
        aliased += u64::from(within);
        if aliased > 100 && steps > 1000 && aliased as f64 / steps as f64 > allowed(steps as f64) {
            return true;
        }
        if let Some(target) = tree.target(id).filter(|_| tree.kind(id) == Kind::Alias) {
            ranges.push((target, tree.next(target)));
        }
    }
    false
}

fn allowed(steps: f64) -> f64 {
    0.99 - 0.89 * ((steps - LOW) / (HIGH - LOW)).clamp(0.0, 1.0)
}
