//! Who may do what: roles, bindings and subjects, joined once a scan.
//!
//! Roles of one name in one world are copies of one role: a binding binds them all, as a danger in any copy counts.
//! What Kubernetes itself makes (`admin`, `edit`, `view`, `cluster-admin`, `system:*`) is there without any document.

mod builtin;
mod index;
mod memo;
mod rule;
mod scope;
mod selector;
mod subject;

use std::sync::Arc;

pub use rule::Rule;
pub use scope::is_asked_within;
pub use subject::{Identity, Subject};

use crate::model::{Field, Map, Scan};

/// All roles and bindings of the evidence.
#[derive(Debug, Default)]
pub struct Rbac<'a> {
    roles: Vec<Role<'a>>,
    sets: Vec<RoleSet<'a>>,
    bindings: Vec<Binding<'a>>,
    role_of: Map<u32, u32>,
    binding_of: Map<u32, u32>,
    set_of: Map<(u16, Option<&'a str>, &'a str), u32>,
    /// Roles with a namespace, by name alone.
    sets_named: Map<(u16, &'a str), Vec<u32>>,
    by_identity: Map<(u16, Identity<'a>), Vec<u32>>,
    /// Bindings of `system:serviceaccounts:NAMESPACE`, by the namespace.
    by_namespace_group: Map<(u16, &'a str), Vec<u32>>,
    /// The namespaces of the accounts that bindings name, by the account's name.
    accounts_named: Map<(u16, &'a str), Vec<&'a str>>,
    /// The names of the accounts that bindings name, by their namespace.
    accounts_of: Map<(u16, &'a str), Vec<&'a str>>,
    operated: Map<(u16, Identity<'a>), Vec<&'a str>>,
    memo: memo::Memo,
}

/// A Role or ClusterRole.
#[derive(Debug)]
pub struct Role<'a> {
    /// The number of its object; `None` when Kubernetes makes it and no document shows it.
    pub object: Option<u32>,
    /// `None` for a ClusterRole.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// Its own rules. Those that aggregation fills in are left to the roles they come from.
    pub rules: Vec<Rule<'a>>,
    /// Nobody's rules but those of the roles that it selects stay in it, as Kubernetes writes them over what is written here.
    pub overwritten: bool,
    /// A list of a rule that is none: the API server would refuse the role.
    pub malformed: Option<Field<'a>>,
    set: u32,
    /// The number of the first copy of it that says the same.
    like: u32,
}

/// The copies of a role, and who holds it.
#[derive(Debug)]
struct RoleSet<'a> {
    copies: Vec<u32>,
    /// Those of them that differ in their rules: what a hundred copies grant, one grants.
    distinct: Vec<u32>,
    /// It and all the roles whose rules it takes in.
    reach: Vec<u32>,
    gives_everything: bool,
    gives_built_in: bool,
    holders: Vec<Holder<'a>>,
}

/// Somebody who holds a role, through a binding of it or of a role that takes it in.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// Who.
    pub identity: Identity<'a>,
    /// In which namespace; `None`: in all of the cluster.
    pub namespace: Option<&'a str>,
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug)]
pub struct Binding<'a> {
    /// The number of its object.
    pub object: u32,
    /// Objects of different worlds are never joined.
    pub world: u16,
    /// Where it binds; `None`: in all of the cluster.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// The name of the role it binds.
    pub role: &'a str,
    /// Whether that is a ClusterRole.
    pub to_cluster_role: bool,
    /// Whom it binds.
    pub subjects: Vec<Subject<'a>>,
    set: Option<u32>,
}

impl Binding<'_> {
    /// Whether the role it binds is known: seen, or made by Kubernetes.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.set.is_some()
    }
}

impl<'a> Rbac<'a> {
    /// The role that an object is.
    #[must_use]
    pub fn role(&self, object: u32) -> Option<&Role<'a>> {
        self.role_of.get(&object).map(|&role| &self.roles[role as usize])
    }

    /// The binding that an object is.
    #[must_use]
    pub fn binding(&self, object: u32) -> Option<&Binding<'a>> {
        self.binding_of.get(&object).map(|&binding| &self.bindings[binding as usize])
    }

    /// All bindings, in the order of the input.
    #[must_use]
    pub fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// Who holds a role; each once a scope.
    #[must_use]
    pub fn holders(&self, role: &Role<'_>) -> &[Holder<'a>] {
        &self.sets[role.set as usize].holders
    }

    /// What `find` finds in a role, which is kept for those of its copies that say the same; `seeker` tells who looks.
    pub fn once_for_copies<T: Send + Sync + 'static>(
        &self,
        scan: &Scan<'_>,
        role: &Role<'_>,
        seeker: usize,
        find: impl FnOnce() -> T,
    ) -> Arc<T> {
        let alone = self.sets[role.set as usize].copies.len() == 1;
        if alone { Arc::new(find()) } else { self.memo.once(scan, role.like, seeker, find) }
    }

    /// The roles that a binding gives: the one it names, and those that this one takes in; of equal copies one.
    pub fn roles_of<'r>(&'r self, binding: &'r Binding<'a>) -> impl Iterator<Item = &'r Role<'a>> + 'r {
        let reach = binding.set.map(|set| self.sets[set as usize].reach.as_slice()).unwrap_or_default();
        reach.iter().flat_map(|&set| &self.sets[set as usize].distinct).map(|&role| &self.roles[role as usize])
    }

    /// Whether a binding gives every verb on every resource.
    #[must_use]
    pub fn gives_everything(&self, binding: &Binding<'_>) -> bool {
        binding.set.is_some_and(|set| self.sets[set as usize].gives_everything)
    }

    /// Whether nothing that a binding gives every verb on every resource by is written in a role that keeps its rules.
    #[must_use]
    pub fn gives_everything_until_overwritten(&self, binding: &Binding<'a>) -> bool {
        !self.rules_of(binding).any(|(role, rule)| !role.overwritten && rule.is_all())
    }

    /// Whether a binding gives any rule that Kubernetes itself makes.
    #[must_use]
    pub fn gives_built_in(&self, binding: &Binding<'_>) -> bool {
        binding.set.is_some_and(|set| self.sets[set as usize].gives_built_in)
    }

    /// The rules that a binding gives, with the roles they stand in.
    pub fn rules_of<'r>(&'r self, binding: &'r Binding<'a>) -> impl Iterator<Item = (&'r Role<'a>, &'r Rule<'a>)> + 'r {
        self.roles_of(binding).flat_map(|role| role.rules.iter().map(move |rule| (role, rule)))
    }

    /// The bindings that name somebody.
    pub fn bindings_of<'r>(&'r self, world: u16, identity: Identity<'a>) -> impl Iterator<Item = &'r Binding<'a>> + 'r {
        self.by_identity.get(&(world, identity)).into_iter().flatten().map(|&binding| &self.bindings[binding as usize])
    }

    /// The bindings that name somebody, himself or a group that Kubernetes puts him in.
    pub fn bindings_including<'r>(&'r self, world: u16, identity: Identity<'a>) -> impl Iterator<Item = &'r Binding<'a>> + 'r {
        self.bindings_of(world, identity).chain(self.bindings_of_groups(world, identity))
    }

    /// The bindings of the groups that Kubernetes puts somebody in.
    pub fn bindings_of_groups<'r>(&'r self, world: u16, identity: Identity<'a>) -> impl Iterator<Item = &'r Binding<'a>> + 'r {
        let own = identity.account_namespace().and_then(|namespace| self.by_namespace_group.get(&(world, namespace)));
        let of_namespace = own.into_iter().flatten().map(|&binding| &self.bindings[binding as usize]);
        let groups = identity.groups().iter().flat_map(move |group| self.bindings_of(world, Identity::Group(group)));
        of_namespace.chain(groups)
    }

    /// Whether anybody else whom a binding names may, in all of the cluster, do what `allows` looks for in a rule.
    pub fn other_may_everywhere(&self, world: u16, is_he: impl Fn(Identity<'a>) -> bool, allows: impl Fn(&Rule<'a>) -> bool) -> bool {
        let others = self.by_identity.keys().filter(|(of, identity)| *of == world && is_he(*identity));
        others.copied().any(|(_, identity)| self.may_everywhere(world, identity, &allows))
    }

    /// The namespaces in which bindings name an account of this name.
    #[must_use]
    pub fn namespaces_of_account<'r>(&'r self, world: u16, name: &'r str) -> &'r [&'r str] {
        self.accounts_named.get(&(world, name)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The accounts of a namespace that bindings name.
    #[must_use]
    pub fn accounts_of<'r>(&'r self, world: u16, namespace: &'r str) -> &'r [&'a str] {
        self.accounts_of.get(&(world, namespace)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of a role by its name, those it takes in included: of `clusterroles`, or of `roles` in one namespace or
    /// in any. `None` when there is no such role in the evidence.
    #[must_use]
    pub fn rules_named(&self, world: u16, resource: &str, namespace: Option<&str>, name: &str) -> Option<Vec<&Rule<'a>>> {
        let sets: Vec<u32> = match (resource, namespace) {
            ("clusterroles", _) => self.set_of.get(&(world, None, name)).copied().into_iter().collect(),
            (_, Some(namespace)) => self.set_of.get(&(world, Some(namespace), name)).copied().into_iter().collect(),
            (_, None) => self.sets_named.get(&(world, name)).cloned().unwrap_or_default(),
        };
        let reach = sets.iter().flat_map(|&set| &self.sets[set as usize].reach);
        let roles = reach.flat_map(|&set| &self.sets[set as usize].distinct).map(|&role| &self.roles[role as usize]);
        (!sets.is_empty()).then(|| roles.flat_map(|role| &role.rules).collect())
    }

    /// The rules that Kubernetes itself gives somebody.
    #[must_use]
    pub fn built_in_rules(identity: Identity<'_>) -> Vec<Rule<'static>> {
        builtin::rules_of_subject(identity)
    }

    /// The bindings that name an account, itself or by a group that every account of its namespace or of the cluster is in.
    pub fn bindings_of_service_account<'r>(
        &'r self,
        world: u16,
        namespace: &'r str,
        name: &'r str,
    ) -> impl Iterator<Item = &'r Binding<'a>> + 'r {
        let includes = move |binding: &&Binding<'_>| {
            binding.world == world && binding.subjects.iter().any(|subject| subject.identity.includes_account(namespace, name))
        };
        self.bindings.iter().filter(includes)
    }

    /// What an account may do: the rules of its bindings, each with the binding that says where.
    pub fn grants<'r>(
        &'r self,
        world: u16,
        namespace: &'r str,
        name: &'r str,
    ) -> impl Iterator<Item = (&'r Binding<'a>, &'r Rule<'a>)> + 'r {
        let bindings = self.bindings_of_service_account(world, namespace, name);
        bindings.flat_map(|binding| self.rules_of(binding).map(move |(_, rule)| (binding, rule)))
    }

    /// Whether somebody may, by himself or by a group that Kubernetes puts him in, do in all of the cluster what `allows`
    /// looks for in a rule.
    pub fn may_everywhere(&self, world: u16, identity: Identity<'a>, allows: impl Fn(&Rule<'a>) -> bool) -> bool {
        let everywhere = self.bindings_including(world, identity).filter(|binding| binding.namespace.is_none());
        everywhere.flat_map(|binding| self.rules_of(binding)).any(|(_, rule)| allows(rule))
    }

    /// The API groups whose resources somebody runs: he writes their status or finalizers, as only their operator does.
    #[must_use]
    pub fn operated_groups(&self, world: u16, identity: Identity<'a>) -> &[&'a str] {
        self.operated.get(&(world, identity)).map(Vec::as_slice).unwrap_or_default()
    }
}
