//! Manifests laid over a cluster: an object in a file takes the place of the cluster's, and of what that one made.

use std::collections::HashSet;

use crate::model::object::Object;

/// What two copies of an object share: group, kind, namespace, name.
type Identity<'a> = (&'a str, &'a str, &'a str, &'a str);

/// How many owners stand above one another at most: CronJob, Job, Pod, and one to spare.
const OWNERS: usize = 4;

/// The objects that are left, and how many of the cluster's gave way.
pub(super) fn lay(read: Vec<Vec<Object<'_>>>) -> (Vec<Vec<Object<'_>>>, usize) {
    let given = |object: &&Object<'_>| !object.live && !object.name.is_empty();
    let mut gone: HashSet<Identity<'_>> = read.iter().flatten().filter(given).map(identity).collect();
    if gone.is_empty() {
        return (read, 0);
    }
    for _ in 0..OWNERS {
        let owned =
            |object: &&Object<'_>| object.live && !gone.contains(&identity(object)) && owners(object).any(|owner| gone.contains(&owner));
        let found: Vec<_> = read.iter().flatten().filter(owned).map(identity).collect();
        if found.is_empty() {
            break;
        }
        gone.extend(found);
    }
    let before: usize = read.iter().map(Vec::len).sum();
    let keep =
        |objects: Vec<_>| objects.into_iter().filter(|object: &Object<'_>| !object.live || !gone.contains(&identity(object))).collect();
    let left: Vec<Vec<_>> = read.into_iter().map(keep).collect();
    let after: usize = left.iter().map(Vec::len).sum();
    (left, before - after)
}

fn identity<'a>(object: &Object<'a>) -> Identity<'a> {
    (object.group, object.kind, object.namespace_or_empty(), object.name)
}

/// What made an object: it lives in the same namespace.
fn owners<'a>(object: &Object<'a>) -> impl Iterator<Item = Identity<'a>> {
    let namespace = object.namespace_or_empty();
    object.at("metadata.ownerReferences").items().map(move |owner| {
        let group = owner.key("apiVersion").str().split_once('/').map_or("", |(group, _)| group);
        (group, owner.key("kind").str(), namespace, owner.key("name").str())
    })
}
