//! Lists in sentences.

use std::collections::HashSet;
use std::mem::discriminant;

use crate::model::UNSET_NAMESPACE;
use crate::model::rbac::{Holder, Identity};

/// How many are named before the rest is counted.
const NAMED: usize = 3;

/// `a, b and c`.
pub(super) fn and<T: AsRef<str>>(items: &[T]) -> String {
    let mut said = String::new();
    for (at, item) in items.iter().enumerate() {
        let between = match at {
            0 => "",
            at if at + 1 == items.len() => " and ",
            _ => ", ",
        };
        said.push_str(between);
        said.push_str(item.as_ref());
    }
    said
}

/// `a, b, c and 3 more`.
pub(super) fn some<T: AsRef<str>>(items: &[T]) -> String {
    // to count a single one would be no shorter than to name it
    if items.len() <= NAMED + 1 {
        return and(items);
    }
    let mut named: Vec<_> = items.iter().take(NAMED).map(|item| item.as_ref().to_owned()).collect();
    named.push(format!("{} more", items.len() - NAMED));
    and(&named)
}

/// `user a, group b and 3 more`; `service accounts a, b and c`.
pub(super) fn people(identities: &[Identity<'_>]) -> String {
    let same_kind = |identity: &Identity<'_>| Some(discriminant(identity)) == identities.first().map(discriminant);
    let shared = identities.len() > 1 && identities.iter().all(same_kind);
    let name = |identity: &Identity<'_>| {
        let full = identity.to_string();
        let kinds = ["service account ", "group ", "user "];
        let short = kinds.iter().find_map(|kind| full.strip_prefix(kind)).filter(|_| shared);
        short.unwrap_or(&full).to_owned()
    };
    // one beyond what is named tells whether the rest has to be counted
    let mut named: Vec<_> = identities.iter().take(NAMED + 1).map(name).collect();
    if identities.len() > NAMED + 1 {
        named[NAMED] = format!("{} more", identities.len() - NAMED);
    }
    let kind = match identities.first() {
        Some(Identity::Account { .. }) => "service accounts ",
        Some(Identity::Group(_)) => "groups ",
        _ => "users ",
    };
    format!("{}{}", if shared { kind } else { "" }, and(&named))
}

/// `cluster-wide`, `in namespace a`, `in 3 namespaces`.
pub(super) fn place(holders: &[&Holder<'_>]) -> String {
    let namespaces: Option<HashSet<&str>> = holders.iter().map(|holder| holder.namespace).collect();
    let Some(namespaces) = namespaces else { return "cluster-wide".to_owned() };
    match namespaces.iter().next() {
        Some(&UNSET_NAMESPACE) if namespaces.len() == 1 => "in its namespace".to_owned(),
        Some(one) if namespaces.len() == 1 => format!("in namespace {one}"),
        _ => format!("in {} namespaces", namespaces.len()),
    }
}
