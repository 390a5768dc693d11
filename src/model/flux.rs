//! Flux's automation of images: a comment behind a reference names the ImagePolicy that writes it anew.

use crate::model::{Field, GroupKind, Scan};

const IMAGE_POLICY: GroupKind = GroupKind::new("image.toolkit.fluxcd.io", "ImagePolicy");

/// The policy that a comment behind a value names: `# {"$imagepolicy": "flux-system:web"}`. One that sets only the name
/// or the tag of an image (`flux-system:web:tag`) stands behind another value.
#[must_use]
pub fn setter(field: Field<'_>) -> Option<&str> {
    if !field.exists() {
        return None;
    }
    let source = field.root().tree.source();
    let rest = source[field.whole_span().1 as usize..].lines().next()?;
    let (before, comment) = rest.split_once('#')?;
    let marker = comment.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (key, policy) = marker.split_once(':')?;
    let policy = policy.trim().trim_matches('"');
    (before.trim().is_empty() && key.trim() == "\"$imagepolicy\"" && policy.matches(':').count() == 1).then_some(policy)
}

/// Whether a policy, by `namespace:name`, writes digests, or may as it was not seen.
#[must_use]
pub fn may_write_digests(scan: &Scan<'_>, world: u16, policy: &str) -> bool {
    let (namespace, name) = policy.split_once(':').unwrap_or_default();
    let mut copies = scan.evidence.of_kind_in(world, IMAGE_POLICY).filter(|own| own.name == name && own.namespace == Some(namespace));
    // without the field, which is `Never` then, only the tag is written
    let writes = |reflection: &str| !matches!(reflection, "" | "Never");
    match copies.next() {
        Some(first) => copies.chain([first]).any(|own| writes(own.at("spec.digestReflectionPolicy").str())),
        None => true,
    }
}
