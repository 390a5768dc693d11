//! What every API server has from its start: roles and bindings, as `bootstrap.txt` lists them.

use std::sync::LazyLock;

use super::rule::Rule;
use super::subject::Identity;

/// A role that Kubernetes makes.
#[derive(Debug)]
pub(super) struct BuiltInRole {
    pub(super) namespace: Option<&'static str>,
    pub(super) name: &'static str,
    /// Labels that other roles select it by, without their prefix.
    pub(super) labels: Vec<&'static str>,
    /// Labels that it selects others by, without their prefix.
    pub(super) selects: Vec<&'static str>,
    pub(super) rules: Vec<Rule<'static>>,
}

/// A binding that Kubernetes or kubeadm makes.
#[derive(Debug)]
pub(super) struct BuiltInBinding {
    namespace: Option<&'static str>,
    name: &'static str,
    role: &'static str,
    subjects: Vec<Identity<'static>>,
}

/// What labels of aggregation begin with.
pub(super) const LABEL_PREFIX: &str = "rbac.authorization.k8s.io/";

#[derive(Debug, Default)]
struct BuiltIn {
    roles: Vec<BuiltInRole>,
    bindings: Vec<BuiltInBinding>,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| BuiltIn::read(include_str!("bootstrap.txt")));

/// All built-in roles.
pub(super) fn roles() -> &'static [BuiltInRole] {
    &BUILT_IN.roles
}

/// A built-in role by name.
pub(super) fn role(namespace: Option<&str>, name: &str) -> Option<&'static BuiltInRole> {
    BUILT_IN.roles.iter().find(|role| role.name == name && role.namespace == namespace)
}

/// The rules that Kubernetes gives a role of this name, those of aggregated roles included.
pub(super) fn rules_of(role: &BuiltInRole) -> Vec<Rule<'static>> {
    let mut rules = role.rules.clone();
    let sources = roles().iter().filter(|source| source.labels.iter().any(|label| role.selects.contains(label)));
    rules.extend(sources.flat_map(rules_of));
    rules
}

/// Whether a binding of this name to this role is to have this subject.
pub(super) fn binds(namespace: Option<&str>, name: &str, role: &str, subject: Identity<'_>) -> bool {
    let found = BUILT_IN.bindings.iter().find(|binding| binding.name == name && binding.namespace == namespace && binding.role == role);
    found.is_some_and(|binding| binding.subjects.contains(&subject))
}

/// The rules that Kubernetes' own bindings give somebody.
pub(super) fn rules_of_subject(identity: Identity<'_>) -> Vec<Rule<'static>> {
    let bindings = BUILT_IN.bindings.iter().filter(|binding| binding.subjects.contains(&identity));
    let roles = bindings.filter_map(|binding| role(None, binding.role).or_else(|| role(binding.namespace, binding.role)));
    roles.flat_map(rules_of).collect()
}

impl BuiltIn {
    fn read(text: &'static str) -> Self {
        let mut all = BuiltIn::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut parts = line.split('|').map(str::trim);
            let head = parts.next().unwrap_or_default();
            let rest: Vec<_> = parts.collect();
            let list = |at: usize| words(rest.get(at).copied().unwrap_or_default());
            if line.starts_with(' ') {
                let rule = match rest.first() {
                    Some(&"url") => Rule { verbs: words(head), urls: list(1), ..Rule::default() },
                    _ => Rule { verbs: words(head), groups: groups(list(0)), resources: list(1), names: list(2), ..Rule::default() },
                };
                if let Some(role) = all.roles.last_mut() {
                    role.rules.push(Rule { built_in: true, ..rule });
                }
                continue;
            }
            let (kind, full) = head.split_once(' ').unwrap_or_default();
            let (namespace, name) = match kind {
                "Role" | "RoleBinding" => full.split_once('/').map_or((None, full), |(namespace, name)| (Some(namespace), name)),
                _ => (None, full),
            };
            if kind.ends_with("Binding") {
                let subjects = list(1).into_iter().filter_map(Identity::parse).collect();
                all.bindings.push(BuiltInBinding { namespace, name, role: rest.first().copied().unwrap_or_default(), subjects });
            } else {
                all.roles.push(BuiltInRole { namespace, name, labels: list(0), selects: list(1), rules: Vec::new() });
            }
        }
        all
    }
}

fn words(text: &'static str) -> Vec<&'static str> {
    text.split(',').filter(|word| !word.is_empty()).collect()
}

fn groups(names: Vec<&'static str>) -> Vec<&'static str> {
    names.into_iter().map(|name| if name == "core" { "" } else { name }).collect()
}

#[cfg(test)]
mod tests {
    use super::{binds, role, roles, rules_of};
    use crate::model::rbac::Identity;

    #[test]
    fn the_list_is_read_whole() {
        assert!(roles().len() > 60, "{}", roles().len());
        let empty: Vec<_> = roles().iter().filter(|role| rules_of(role).is_empty()).map(|role| role.name).collect();
        assert!(empty.is_empty(), "{empty:?}");
    }

    #[test]
    fn admin_has_what_edit_and_view_have() {
        let allows = |name, verb, resource| {
            role(None, name).is_some_and(|role| rules_of(role).iter().any(|rule| rule.allows(verb, "", resource, "")))
        };
        assert!(allows("admin", "list", "secrets") && allows("edit", "create", "pods/exec") && allows("edit", "list", "pods"));
        assert!(!allows("view", "list", "secrets") && allows("cluster-admin", "get", "nodes/proxy"));
    }

    #[test]
    fn a_binding_is_built_in_by_name_role_and_subject() {
        let masters = Identity::Group("system:masters");
        assert!(binds(None, "cluster-admin", "cluster-admin", masters));
        assert!(!binds(None, "cluster-admin", "edit", masters) && !binds(None, "cluster-admin", "cluster-admin", Identity::Group("devs")));
        assert!(binds(
            Some("kube-public"),
            "kubeadm:bootstrap-signer-clusterinfo",
            "kubeadm:bootstrap-signer-clusterinfo",
            Identity::User("system:anonymous")
        ));
    }
}
