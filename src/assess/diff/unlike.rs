//! Results of unlike things: why a comparison may mislead.

use super::live;
use crate::assess::against::pinned;
use crate::assess::{Assessment, Edition, Pin, Scope, Version, vouch};

/// What differs between the results besides what was found.
pub(super) fn warnings(old: &Assessment, new: &Assessment) -> Vec<String> {
    let complete = |scope: &Scope| if scope.complete { "whole" } else { "a part" }.to_owned();
    let version = |version: &Version| format!("{}{}", version.version, if version.assumed { " (assumed)" } else { "" });
    let pairs = [
        ("profiles", pin(&old.profile), pin(&new.profile)),
        ("catalogs", edition(&old.catalog), edition(&new.catalog)),
        ("configurations", old.config.as_ref().map_or("none".to_owned(), pin), new.config.as_ref().map_or("none".to_owned(), pin)),
        ("attestations", vouch::named(old), vouch::named(new)),
        ("releases of the tool", old.tool.version.clone(), new.tool.version.clone()),
        ("Kubernetes versions judged by", version(&old.kubernetes_version), version(&new.kubernetes_version)),
        ("scopes", old.scope.kind.clone(), new.scope.kind.clone()),
        ("clusters", live::name(old), live::name(new)),
        ("extents of the input", complete(&old.scope), complete(&new.scope)),
    ];
    let differing = pairs.into_iter().filter(|(_, old, new)| old != new);
    differing.map(|(what, old, new)| format!("the {what} differ: {old}, then {new}")).collect()
}

fn pin(pin: &Pin) -> String {
    pinned([&pin.name, &pin.version, &pin.sha256])
}

fn edition(edition: &Edition) -> String {
    pinned([&edition.id, &edition.version, &edition.sha256])
}
