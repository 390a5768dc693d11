//! Who a binding speaks of.

use std::fmt;

use crate::model::{Field, UNSET_NAMESPACE};

/// Somebody to the authorizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity<'a> {
    /// A user by name; never an account.
    User(&'a str),
    /// A group by name.
    Group(&'a str),
    /// A ServiceAccount.
    Account {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
}

/// A subject as a binding names it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Who it is.
    pub identity: Identity<'a>,
    /// Where it stands.
    pub field: Field<'a>,
    /// Kubernetes itself puts it there.
    pub built_in: bool,
}

impl<'a> Identity<'a> {
    /// Reads one of a binding's `subjects`; `None` when it names nobody. An account without a namespace is of the binding's.
    pub(super) fn read(field: Field<'a>, namespace: &'a str) -> Option<Self> {
        let name = field.key("name").text().filter(|name| !name.is_empty())?;
        match field.key("kind").str() {
            "User" => Some(Identity::of_user(name)),
            "Group" => Some(Identity::Group(name)),
            "ServiceAccount" => {
                let own = field.key("namespace");
                Some(Identity::Account { namespace: if own.is_empty() { namespace } else { own.str() }, name })
            }
            _ => None,
        }
    }

    /// A user by name, who may be an account.
    #[must_use]
    pub fn of_user(name: &'a str) -> Self {
        let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
        account.map_or(Identity::User(name), |(namespace, name)| Identity::Account { namespace, name })
    }

    /// Reads `user:NAME`, `group:NAME` or `serviceaccount:NAMESPACE/NAME`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        match text.split_once(':')? {
            ("user", name) => Some(Identity::of_user(name)),
            ("group", name) => Some(Identity::Group(name)),
            ("serviceaccount", account) => account.split_once('/').map(|(namespace, name)| Identity::Account { namespace, name }),
            _ => None,
        }
    }

    /// Whether it is a part of the control plane. `system:` alone proves nothing: certificates, OIDC and cloud providers
    /// can issue any such name, and every node has that of kube-proxy.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        const USERS: [&str; 4] = ["system:apiserver", "system:kube-apiserver", "system:kube-controller-manager", "system:kube-scheduler"];
        const GROUPS: [&str; 2] = ["system:masters", "system:monitoring"];
        match self {
            Identity::User(name) => USERS.contains(&name),
            Identity::Group(name) => GROUPS.contains(&name),
            Identity::Account { .. } => false,
        }
    }

    /// Whether it is anybody, any user or any account of the cluster.
    #[must_use]
    pub fn is_everybody(self) -> bool {
        self.is_anonymous() || matches!(self, Identity::Group("system:authenticated" | "system:serviceaccounts"))
    }

    /// Whether it is who did not say who he is.
    #[must_use]
    pub fn is_anonymous(self) -> bool {
        matches!(self, Identity::User("system:anonymous") | Identity::Group("system:unauthenticated"))
    }

    /// Whether it is one or all of the nodes.
    #[must_use]
    pub fn is_node(self) -> bool {
        match self {
            Identity::User(name) => name.starts_with("system:node:"),
            Identity::Group(name) => name == "system:nodes",
            Identity::Account { .. } => false,
        }
    }

    /// The namespace whose accounts a group holds: `system:serviceaccounts:NAMESPACE`.
    #[must_use]
    pub fn namespace_group(self) -> Option<&'a str> {
        match self {
            Identity::Group(name) => name.strip_prefix("system:serviceaccounts:"),
            _ => None,
        }
    }

    /// The namespace of an account.
    #[must_use]
    pub fn account_namespace(self) -> Option<&'a str> {
        match self {
            Identity::Account { namespace, .. } => Some(namespace),
            _ => None,
        }
    }

    /// The groups that Kubernetes puts everybody of its kind in, but for `system:serviceaccounts:NAMESPACE`.
    #[must_use]
    pub fn groups(self) -> &'static [&'static str] {
        match self {
            Identity::Account { .. } => &["system:serviceaccounts", "system:authenticated"],
            Identity::User("system:anonymous") => &["system:unauthenticated"],
            Identity::User(name) if name.starts_with("system:node:") => &["system:nodes", "system:authenticated"],
            Identity::User(_) => &["system:authenticated"],
            Identity::Group("system:authenticated" | "system:unauthenticated") => &[],
            Identity::Group(_) if self.namespace_group().is_some() => &["system:serviceaccounts", "system:authenticated"],
            Identity::Group(_) => &["system:authenticated"],
        }
    }

    /// Whether Kubernetes puts another in this group.
    #[must_use]
    pub fn holds(self, other: Identity<'_>) -> bool {
        let Identity::Group(name) = self else { return false };
        other.groups().contains(&name) || self.namespace_group().is_some_and(|own| other.account_namespace() == Some(own))
    }

    /// Whether it may stand for people: a user or group that is no part of Kubernetes.
    #[must_use]
    pub fn is_people(self) -> bool {
        matches!(self, Identity::User(name) | Identity::Group(name) if !name.starts_with("system:"))
    }

    /// Whether an account is, or belongs to, this identity.
    #[must_use]
    pub fn includes_account(self, namespace: &str, name: &str) -> bool {
        match self {
            Identity::Account { namespace: own_namespace, name: own } => own_namespace == namespace && own == name,
            Identity::Group(_) => {
                self.namespace_group() == Some(namespace)
                    || matches!(self, Identity::Group("system:serviceaccounts" | "system:authenticated"))
            }
            Identity::User(_) => false,
        }
    }
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::User(name) => write!(out, "user {name}"),
            Identity::Group(name) => write!(out, "group {name}"),
            Identity::Account { namespace: UNSET_NAMESPACE, name } => write!(out, "service account {name}"),
            Identity::Account { namespace, name } => write!(out, "service account {namespace}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn a_user_may_be_an_account() {
        assert_eq!(Identity::parse("user:system:serviceaccount:shop:web"), Some(Identity::Account { namespace: "shop", name: "web" }));
        assert_eq!(Identity::parse("serviceaccount:shop/web"), Identity::parse("user:system:serviceaccount:shop:web"));
    }

    #[test]
    fn only_the_control_plane_is_built_in() {
        for text in ["group:system:masters", "user:system:kube-controller-manager", "group:system:monitoring"] {
            assert!(Identity::parse(text).is_some_and(Identity::is_built_in), "{text}");
        }
        let others = [
            "group:system:authenticated",
            "group:system:serviceaccounts:shop",
            "user:system:node:a",
            "group:devs",
            "user:system:anonymous",
        ];
        for text in others {
            assert!(Identity::parse(text).is_some_and(|identity| !identity.is_built_in()), "{text}");
        }
    }
}
