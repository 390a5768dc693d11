//! Lists in sentences.

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
    let mut named: Vec<_> = identities.iter().map(ToString::to_string).collect();
    for kind in ["service account ", "group ", "user "] {
        if identities.len() > 1 && named.iter().all(|name| name.starts_with(kind)) {
            named.iter_mut().for_each(|name| name.replace_range(..kind.len(), ""));
            return format!("{}s {}", kind.trim_end(), some(&named));
        }
    }
    some(&named)
}

/// `cluster-wide`, `in namespace a`, `in 3 namespaces`.
pub(super) fn place(holders: &[&Holder<'_>]) -> String {
    let mut namespaces: Vec<&str> = Vec::new();
    for holder in holders {
        match holder.namespace {
            None => return "cluster-wide".to_owned(),
            Some(namespace) if !namespaces.contains(&namespace) => namespaces.push(namespace),
            Some(_) => {}
        }
    }
    match namespaces.as_slice() {
        [UNSET_NAMESPACE] => "in its namespace".to_owned(),
        [one] => format!("in namespace {one}"),
        all => format!("in {} namespaces", all.len()),
    }
}
