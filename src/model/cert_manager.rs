//! cert-manager: which version runs, as what it does by default depends on it.

use std::collections::BTreeMap;

use crate::model::evidence::Evidence;
use crate::model::field::{Field, unnoticed};
use crate::model::image::Image;
use crate::model::object::Object;

/// The oldest version of each world, as its controller's image says: major and minor.
pub(crate) type Versions = BTreeMap<u16, (u32, u32)>;

/// Which version runs in a world, when its controller is seen with a tag that tells.
#[must_use]
pub fn version(evidence: &Evidence<'_>, world: u16) -> Option<(u32, u32)> {
    evidence.lazy.cert_manager.get_or_init(|| unnoticed(|| versions(evidence))).get(&world).copied()
}

fn versions(evidence: &Evidence<'_>) -> Versions {
    let mut found = Versions::new();
    for record in evidence.pods() {
        for image in record.images() {
            let tag =
                Image::parse(image.str()).ok().filter(|image| image.base_name() == "cert-manager-controller").and_then(|image| image.tag);
            if let Some(version) = tag.and_then(number) {
                let known = found.entry(evidence.object(record.object).world).or_insert(version);
                *known = version.min(*known);
            }
        }
    }
    found
}

/// `v1.18.2`, as major and minor.
fn number(tag: &str) -> Option<(u32, u32)> {
    let mut parts = tag.strip_prefix('v').unwrap_or(tag).split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The usages of a certificate that is for servers and not for clients: it is for what it says, and nothing else.
#[must_use]
pub fn for_servers_alone<'a>(certificate: &Object<'a>) -> Option<Field<'a>> {
    let usages = certificate.at("spec.usages");
    let names: Vec<&str> = usages.items().map(Field::str).collect();
    let is_for_clients = names.iter().any(|usage| matches!(*usage, "client auth" | "any"));
    (names.contains(&"server auth") && !is_for_clients).then_some(usages)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn tags_are_read() {
        assert_eq!((number("v1.18.2"), number("1.9.0-beta.1")), (Some((1, 18)), Some((1, 9))));
        assert_eq!((number("latest"), number("v1"), number("")), (None, None, None));
    }
}
