//! The joins, made once a scan.

use std::collections::{HashMap, HashSet};

use super::{Binding, Holder, Identity, Rbac, Role, RoleSet, Rule, Subject, builtin, selector};
use crate::model::kinds::{self, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING};
use crate::model::{Evidence, Extent, Field, Object};

impl<'a> Rbac<'a> {
    /// Joins the roles and bindings of the evidence.
    pub(in crate::model) fn index(evidence: &Evidence<'a>) -> Self {
        let mut rbac = Rbac::default();
        let mut worlds: Vec<u16> = Vec::new();
        for object in [ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING].iter().flat_map(|kind| evidence.of_kind(*kind)) {
            if !worlds.contains(&object.world) {
                worlds.push(object.world);
            }
            if object.is(ROLE) || object.is(CLUSTER_ROLE) {
                rbac.add_role(object);
            }
        }
        for &world in &worlds {
            rbac.add_built_in(world);
        }
        for &world in &worlds {
            rbac.aggregate(world, evidence);
        }
        rbac.settle_rules(evidence);
        let mut bindings: Vec<_> = [ROLE_BINDING, CLUSTER_ROLE_BINDING].iter().flat_map(|kind| evidence.of_kind(*kind)).collect();
        bindings.sort_by_key(|object| object.id);
        for object in bindings {
            rbac.add_binding(object, evidence.assumed_namespace());
        }
        rbac.join();
        rbac
    }

    fn add_role(&mut self, object: &Object<'a>) {
        let written = object.at("rules");
        let rules = written.items().map(Rule::read).collect();
        let malformed = written.items().find_map(Rule::malformed);
        let set = self.set(object.world, object.namespace, object.name);
        self.role_of.insert(object.id, self.roles.len() as u32);
        let (namespace, name, overwritten) = (object.namespace, object.name, is_overwritten(object));
        self.push(Role { object: Some(object.id), namespace, name, rules, overwritten, malformed, set, like: 0 });
    }

    /// Adds the roles that Kubernetes makes, where no document shows them.
    fn add_built_in(&mut self, world: u16) {
        for role in builtin::roles() {
            if self.set_of.contains_key(&(world, role.namespace, role.name)) {
                continue;
            }
            let set = self.set(world, role.namespace, role.name);
            let rules = role.rules.clone();
            let (namespace, name) = (role.namespace, role.name);
            self.push(Role { object: None, namespace, name, rules, overwritten: false, malformed: None, set, like: 0 });
        }
    }

    fn push(&mut self, role: Role<'a>) {
        self.sets[role.set as usize].copies.push(self.roles.len() as u32);
        self.roles.push(role);
    }

    fn set(&mut self, world: u16, namespace: Option<&'a str>, name: &'a str) -> u32 {
        let next = self.sets.len() as u32;
        *self.set_of.entry((world, namespace, name)).or_insert_with(|| {
            let (copies, distinct, holders) = (Vec::new(), Vec::new(), Vec::new());
            self.sets.push(RoleSet { copies, distinct, reach: vec![next], gives_everything: false, gives_built_in: false, holders });
            if namespace.is_some() {
                self.sets_named.entry((world, name)).or_default().push(next);
            }
            next
        })
    }

    /// Finds which cluster roles take in which.
    fn aggregate(&mut self, world: u16, evidence: &Evidence<'a>) {
        let sets: Vec<u32> =
            self.set_of.iter().filter(|((of, namespace, _), _)| *of == world && namespace.is_none()).map(|(_, &set)| set).collect();
        let mut sources: HashMap<u32, Vec<u32>> = HashMap::new();
        for &set in &sets {
            let copies = self.sets[set as usize].copies.iter().map(|&role| &self.roles[role as usize]);
            let selectors: Vec<_> = copies.filter_map(|role| Selectors::of(role, evidence)).collect();
            if selectors.is_empty() {
                continue;
            }
            let chosen = sets.iter().copied().filter(|&other| {
                let mut copies = self.sets[other as usize].copies.iter().map(|&role| &self.roles[role as usize]);
                other != set && copies.any(|role| selectors.iter().any(|selectors| selectors.choose(role, evidence)))
            });
            let mut chosen: Vec<u32> = chosen.collect();
            chosen.sort_unstable();
            sources.insert(set, chosen);
        }
        for &set in sources.keys() {
            self.sets[set as usize].reach = reach(set, &sources);
        }
    }

    /// Marks the rules that Kubernetes puts into a role, and leaves those that aggregation filled in to where they come from.
    fn settle_rules(&mut self, evidence: &Evidence<'a>) {
        let is_whole = matches!(evidence.extent(CLUSTER_ROLE, None), Extent::Whole);
        for at in 0..self.roles.len() {
            let role = &self.roles[at];
            if role.object.is_none() {
                continue;
            }
            let own = builtin::role(role.namespace, role.name).map(builtin::rules_of).unwrap_or_default();
            let taken_in = &self.sets[role.set as usize].reach[1..];
            let sources = taken_in.iter().flat_map(|&set| &self.sets[set as usize].copies).map(|&role| &self.roles[role as usize]);
            let filled: Vec<&Rule<'_>> = sources.flat_map(|source| &source.rules).collect();
            let mut rules = role.rules.clone();
            // what it selects is all there is to it, once all that it may select was seen
            if role.overwritten && is_whole {
                rules.clear();
            }
            rules.retain(|rule| !filled.iter().any(|source| source.same(rule)));
            for rule in &mut rules {
                rule.built_in = !own.is_empty() && rule.is_covered(&own);
            }
            self.roles[at].rules = rules;
        }
        for at in 0..self.sets.len() {
            for (role, like) in likes(&self.sets[at].copies, &self.roles) {
                self.roles[role as usize].like = like;
                if role == like {
                    self.sets[at].distinct.push(role);
                }
            }
        }
        for at in 0..self.sets.len() {
            let roles =
                self.sets[at].reach.iter().flat_map(|&set| &self.sets[set as usize].distinct).map(|&role| &self.roles[role as usize]);
            let rules = roles.flat_map(|role| &role.rules);
            let (everything, built_in) = rules.fold((false, false), |(all, own), rule| (all || rule.is_all(), own || rule.built_in));
            (self.sets[at].gives_everything, self.sets[at].gives_built_in) = (everything, built_in);
        }
    }

    fn add_binding(&mut self, object: &Object<'a>, assumed: &'a str) {
        let reference = object.at("roleRef");
        let role = reference.key("name").str();
        let to_cluster_role = reference.key("kind").str() == CLUSTER_ROLE.kind;
        let of_account = object.namespace.unwrap_or(assumed);
        let subject = |field: Field<'a>| {
            let identity = Identity::read(field, of_account)?;
            Some(Subject { identity, field, built_in: builtin::binds(object.namespace, object.name, role, identity) })
        };
        let subjects: Vec<_> = object.at("subjects").items().filter_map(subject).collect();
        let number = self.bindings.len() as u32;
        for subject in &subjects {
            let known = self.by_identity.entry((object.world, subject.identity)).or_default();
            if known.last() == Some(&number) {
                continue;
            }
            known.push(number);
            if let Some(namespace) = subject.identity.namespace_group() {
                self.by_namespace_group.entry((object.world, namespace)).or_default().push(number);
            }
            if let Identity::Account { namespace, name } = subject.identity {
                let namespaces = self.accounts_named.entry((object.world, name)).or_default();
                if known.len() == 1 {
                    namespaces.push(namespace);
                    self.accounts_of.entry((object.world, namespace)).or_default().push(name);
                }
            }
        }
        let in_namespace = if to_cluster_role { None } else { object.namespace };
        let set = self.set_of.get(&(object.world, in_namespace, role)).copied();
        // a ClusterRoleBinding cannot bind a Role
        let set = set.filter(|_| to_cluster_role || object.namespace.is_some());
        self.binding_of.insert(object.id, number);
        let (name, namespace) = (object.name, object.namespace);
        self.bindings.push(Binding { object: object.id, world: object.world, namespace, name, role, to_cluster_role, subjects, set });
    }

    fn join(&mut self) {
        let mut known = HashSet::new();
        for binding in &self.bindings {
            let Some(set) = binding.set else { continue };
            let reach = self.sets[set as usize].reach.clone();
            for subject in &binding.subjects {
                let holder = Holder { identity: subject.identity, namespace: binding.namespace };
                for &set in &reach {
                    if known.insert((set, holder.identity, holder.namespace)) {
                        self.sets[set as usize].holders.push(holder);
                    }
                }
                let rules =
                    reach.iter().flat_map(|&set| &self.sets[set as usize].distinct).flat_map(|&role| &self.roles[role as usize].rules);
                for group in rules.flat_map(operated) {
                    let groups = self.operated.entry((binding.world, holder.identity)).or_default();
                    if !groups.contains(&group) {
                        groups.push(group);
                    }
                }
            }
        }
    }
}

/// Whether Kubernetes writes other rules into a role as soon as it is there. One that was read from a cluster has those.
fn is_overwritten(object: &Object<'_>) -> bool {
    let is_written = !object.live && ["metadata.uid", "metadata.resourceVersion"].iter().all(|path| object.at(path).is_empty());
    is_written && object.is(CLUSTER_ROLE) && object.at("aggregationRule").exists()
}

/// Each copy of a role with the first that grants the same.
fn likes(copies: &[u32], roles: &[Role<'_>]) -> Vec<(u32, u32)> {
    if let [only] = copies {
        return vec![(*only, *only)];
    }
    let mut first = HashMap::new();
    let content = |role: u32| roles[role as usize].rules.iter().map(Rule::content).collect::<Vec<_>>();
    copies.iter().map(|&role| (role, *first.entry(content(role)).or_insert(role))).collect()
}

/// The groups outside Kubernetes whose resources' status or finalizers a rule lets write.
fn operated<'r, 'a>(rule: &'r Rule<'a>) -> impl Iterator<Item = &'a str> + use<'r, 'a> {
    let parts = || rule.resources.iter().filter_map(|resource| resource.rsplit_once('/')).map(|(_, part)| part);
    let writes_parts = parts().any(|part| matches!(part, "status" | "finalizers"))
        && rule.verbs.iter().any(|verb| matches!(*verb, "update" | "patch" | "*"));
    let writes = writes_parts || rule.resources.contains(&"*") && rule.verbs.contains(&"*");
    let groups = if writes { rule.groups.as_slice() } else { &[] };
    groups.iter().copied().filter(|group| *group != "*" && !kinds::is_built_in(group))
}

/// A set and all it takes in, directly or through others; itself first.
fn reach(set: u32, sources: &HashMap<u32, Vec<u32>>) -> Vec<u32> {
    let mut reach = vec![set];
    let mut at = 0;
    while at < reach.len() {
        for &source in sources.get(&reach[at]).into_iter().flatten() {
            if !reach.contains(&source) {
                reach.push(source);
            }
        }
        at += 1;
    }
    reach
}

/// How a role chooses the roles it takes in.
enum Selectors<'a> {
    Written(Field<'a>),
    BuiltIn(&'static builtin::BuiltInRole),
}

impl<'a> Selectors<'a> {
    fn of(role: &Role<'a>, evidence: &Evidence<'a>) -> Option<Self> {
        match role.object {
            Some(object) => {
                let written = evidence.object(object).at("aggregationRule.clusterRoleSelectors");
                (!written.is_empty()).then_some(Selectors::Written(written))
            }
            None => builtin::role(role.namespace, role.name).filter(|role| !role.selects.is_empty()).map(Selectors::BuiltIn),
        }
    }

    fn choose(&self, role: &Role<'a>, evidence: &Evidence<'a>) -> bool {
        let label = |key: &str| label(role, evidence, key);
        match self {
            Selectors::Written(selectors) => selectors.items().any(|selector| selector::selects(selector, label)),
            Selectors::BuiltIn(own) => {
                own.selects.iter().any(|wanted| label(&format!("{}{wanted}", builtin::LABEL_PREFIX)) == Some("true"))
            }
        }
    }
}

fn label<'a>(role: &Role<'a>, evidence: &Evidence<'a>, key: &str) -> Option<&'a str> {
    match role.object {
        Some(object) => {
            let labels = evidence.object(object).at("metadata.labels").entries();
            labels.into_iter().find(|(own, _)| *own == key).and_then(|(_, value)| value.text())
        }
        None => {
            let own = builtin::role(role.namespace, role.name)?;
            if key == "kubernetes.io/bootstrapping" {
                return Some("rbac-defaults");
            }
            let wanted = key.strip_prefix(builtin::LABEL_PREFIX)?;
            own.labels.contains(&wanted).then_some("true")
        }
    }
}
