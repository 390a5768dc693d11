//! One rule of a role, and what it allows: as the authorizer of Kubernetes decides it.

use crate::model::Field;
use crate::parse::Kind;

/// A rule: every combination of its lists is allowed.
#[derive(Debug, Clone, Default)]
pub struct Rule<'a> {
    /// What may be done.
    pub verbs: Vec<&'a str>,
    /// API groups, `""` for the core one.
    pub groups: Vec<&'a str>,
    /// Resources, and subresources as `pods/exec`.
    pub resources: Vec<&'a str>,
    /// Only objects of these names; all when empty.
    pub names: Vec<&'a str>,
    /// Paths that are no resources.
    pub urls: Vec<&'a str>,
    /// Kubernetes itself puts it into the role of this name.
    pub built_in: bool,
    pub(super) field: Option<Field<'a>>,
    /// A binding in a namespace is known to give all of it.
    pub(super) is_namespaced: bool,
}

impl<'a> Rule<'a> {
    pub(super) fn read(field: Field<'a>) -> Self {
        let list = |key| field.key(key).items().map(Field::str).collect();
        let rule = Rule {
            verbs: list("verbs"),
            groups: list("apiGroups"),
            resources: list("resources"),
            names: list("resourceNames"),
            urls: list("nonResourceURLs"),
            built_in: false,
            field: Some(field),
            is_namespaced: false,
        };
        Rule { is_namespaced: rule.has_all_in_namespace(), ..rule }
    }

    /// Whether a list of it is something else, so that the API server would refuse the role.
    pub(super) fn malformed(field: Field<'a>) -> Option<Field<'a>> {
        let lists = ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"];
        lists.into_iter().map(|key| field.key(key)).find(|list| list.kind().is_some_and(|kind| kind != Kind::Sequence))
    }

    /// Where a value of one of its lists stands; the list when the value is not there; `None` for a rule that no file has.
    #[must_use]
    pub fn place(&self, list: &'static str, value: &str) -> Option<Field<'a>> {
        let list = self.field?.key(list);
        Some(list.items().find(|item| item.str() == value).unwrap_or(list))
    }

    /// Whether it allows a verb on a resource (`pods`, `pods/exec`) of a group; `name` is `""` where the request has none
    /// (creating, and listing without a selector for one name).
    ///
    /// `pods/*` matches no subresource: RBAC knows `*` and `*/exec` only.
    #[must_use]
    pub fn allows(&self, verb: &str, group: &str, resource: &str, name: &str) -> bool {
        has(&self.verbs, verb)
            && has(&self.groups, group)
            && self.resources.iter().any(|own| matches_resource(own, resource))
            && (self.names.is_empty() || self.names.contains(&name))
    }

    /// Whether it allows a verb on a path that is no resource.
    #[must_use]
    pub fn allows_url(&self, verb: &str, url: &str) -> bool {
        let matches = |own: &&str| *own == "*" || *own == url || own.strip_suffix('*').is_some_and(|start| url.starts_with(start));
        has(&self.verbs, verb) && self.urls.iter().any(matches)
    }

    /// Every verb on every resource of every group.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.names.is_empty() && [&self.verbs, &self.groups, &self.resources].iter().all(|list| list.contains(&"*"))
    }

    /// A wildcard in its verbs, or one for whole resources (`*`, `*/scale`).
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.verbs.contains(&"*") || self.resources.iter().any(|resource| *resource == "*" || resource.starts_with("*/"))
    }

    /// All that it says.
    pub(super) fn content(&self) -> [&[&'a str]; 5] {
        [&self.verbs, &self.groups, &self.resources, &self.names, &self.urls]
    }

    /// Whether it says the same as another.
    pub(super) fn same(&self, other: &Rule<'_>) -> bool {
        self.content() == other.content()
    }

    /// Whether the rules together allow all that this one allows.
    pub(super) fn is_covered(&self, rules: &[Rule<'_>]) -> bool {
        let unnamed = [""];
        let names = if self.names.is_empty() { &unnamed[..] } else { &self.names };
        self.verbs.iter().all(|verb| {
            let resources = self.groups.iter().all(|group| {
                self.resources.iter().all(|resource| {
                    let allowed = |name: &&str| rules.iter().any(|rule| rule.allows(verb, group, resource, name));
                    names.iter().all(allowed)
                })
            });
            resources && self.urls.iter().all(|url| rules.iter().any(|rule| rule.allows_url(verb, url)))
        })
    }
}

fn has(list: &[&str], wanted: &str) -> bool {
    list.iter().any(|own| *own == "*" || *own == wanted)
}

fn matches_resource(own: &str, resource: &str) -> bool {
    let any_with_subresource = || {
        let (subresource, wanted) = (own.strip_prefix("*/"), resource.split_once('/'));
        subresource.is_some_and(|subresource| wanted.is_some_and(|(_, wanted)| wanted == subresource))
    };
    own == "*" || own == resource || any_with_subresource()
}

#[cfg(test)]
mod tests {
    use super::Rule;

    fn rule(verbs: &[&'static str], resources: &[&'static str], names: &[&'static str]) -> Rule<'static> {
        Rule { verbs: verbs.into(), groups: vec![""], resources: resources.into(), names: names.into(), ..Rule::default() }
    }

    #[test]
    fn resources_match_as_in_the_authorizer() {
        let allows = |own, resource| rule(&["get"], &[own], &[]).allows("get", "", resource, "");
        assert!(allows("*", "pods/exec") && allows("pods/exec", "pods/exec") && allows("*/exec", "pods/exec"));
        assert!(!allows("pods", "pods/exec") && !allows("pods/*", "pods/exec") && !allows("*/exec", "exec") && !allows("Pods", "pods"));
    }

    #[test]
    fn a_name_restricts_what_has_a_name() {
        let named = rule(&["get", "create"], &["secrets"], &["tls"]);
        assert!(named.allows("get", "", "secrets", "tls"));
        assert!(!named.allows("get", "", "secrets", "other") && !named.allows("create", "", "secrets", ""));
    }

    #[test]
    fn paths_match_by_prefix() {
        let rule = Rule { verbs: vec!["get"], urls: vec!["/healthz/*"], ..Rule::default() };
        assert!(rule.allows_url("get", "/healthz/etcd") && !rule.allows_url("get", "/metrics") && !rule.allows_url("post", "/healthz/x"));
    }

    #[test]
    fn coverage_is_by_combination() {
        let wide = [rule(&["get", "list"], &["pods"], &[]), rule(&["get"], &["secrets"], &["tls"])];
        assert!(rule(&["list"], &["pods"], &[]).is_covered(&wide) && rule(&["get"], &["pods", "secrets"], &["tls"]).is_covered(&wide));
        assert!(!rule(&["get"], &["secrets"], &[]).is_covered(&wide) && !rule(&["*"], &["pods"], &[]).is_covered(&wide));
    }
}
