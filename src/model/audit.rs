//! An audit policy, as the API server applies it: what it records of a request.

use crate::model::{Field, Object};

/// How much of a request is recorded, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    None,
    /// Who, what, when.
    Metadata,
    /// The body that was sent as well.
    Request,
    /// The answer as well.
    RequestResponse,
}

impl Level {
    fn read(text: &str) -> Option<Level> {
        Some(match text {
            "None" => Level::None,
            "Metadata" => Level::Metadata,
            "Request" => Level::Request,
            "RequestResponse" => Level::RequestResponse,
            _ => return None,
        })
    }
}

/// A request that a policy is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// What it is, for a person.
    pub what: &'static str,
    /// Who asks; his groups.
    pub user: &'static str,
    /// See `user`.
    pub groups: &'static [&'static str],
    /// `create`
    pub verb: &'static str,
    /// The API group.
    pub group: &'static str,
    /// `pods/exec` with its subresource.
    pub resource: &'static str,
    /// Where.
    pub namespace: &'static str,
}

/// The groups of whoever has shown who he is.
pub const PEOPLE: &[&str] = &["system:authenticated"];

impl Request {
    /// One of an ordinary user, in a namespace like any other.
    #[must_use]
    pub const fn asked(what: &'static str, verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Request { what, user: "jane", groups: PEOPLE, verb, group, resource, namespace: "shop" }
    }
}

/// What a policy records of a request, and the rule that decides; no rule: nothing is recorded.
#[must_use]
pub fn decides<'a>(policy: &Object<'a>, request: &Request) -> (Level, Option<Field<'a>>) {
    let rule = policy.at("rules").items().find(|rule| matches(*rule, request));
    let level = rule.and_then(|rule| Level::read(rule.key("level").str()));
    (level.unwrap_or(Level::None), rule)
}

/// Whether a policy leaves out the stage in which answers are recorded, for all or for what a rule matches.
#[must_use]
pub fn omits_complete<'a>(policy: &Object<'a>, rule: Option<Field<'a>>) -> Option<Field<'a>> {
    let stages = [Some(policy.at("omitStages")), rule.map(|rule| rule.key("omitStages"))];
    stages.into_iter().flatten().flat_map(Field::items).find(|stage| stage.str() == "ResponseComplete")
}

fn matches(rule: Field<'_>, request: &Request) -> bool {
    let says = |key: &'static str, value: &str| {
        let list = rule.key(key);
        list.is_empty() || list.items().any(|item| item.str() == value)
    };
    let groups = rule.key("userGroups");
    let in_group = groups.is_empty() || groups.items().any(|group| request.groups.contains(&group.str()));
    if !says("users", request.user) || !in_group || !says("verbs", request.verb) {
        return false;
    }
    let (namespaces, resources) = (rule.key("namespaces"), rule.key("resources"));
    // a rule about paths matches no request for a resource
    if namespaces.is_empty() && resources.is_empty() {
        return rule.key("nonResourceURLs").is_empty();
    }
    says("namespaces", request.namespace) && (resources.is_empty() || resources.items().any(|entry| covers(entry, request)))
}

/// Whether an entry of a rule speaks of the resource. One that names objects matches some only, and is no answer for all.
fn covers(entry: Field<'_>, request: &Request) -> bool {
    let group = entry.key("group").str();
    if group != request.group && group != "*" {
        return false;
    }
    let listed = entry.key("resources");
    if listed.is_empty() {
        return true;
    }
    let (resource, subresource) = request.resource.split_once('/').unwrap_or((request.resource, ""));
    let named = !entry.key("resourceNames").is_empty();
    !named
        && listed.items().any(|item| {
            let item = item.str();
            item == request.resource
                || item == "*"
                || !subresource.is_empty() && item.strip_prefix("*/") == Some(subresource)
                || item.strip_suffix("/*") == Some(resource)
        })
}
