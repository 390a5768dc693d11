//! How checks judge what rules grant: what is dangerous in a rule, and how bad it is that somebody holds it.
//!
//! A fault sits in the rule that causes it, once, and names who holds it; where Kubernetes itself makes the role, at the
//! binding's reference to it. A rule that nobody is seen to hold is a doubt, or a note where every binding was seen.
//! Rules with wildcards are left to `rbac-wildcard-rule`; what the control plane holds is its own affair.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::checks::{Fault, Severity, Verdict};
use crate::model::rbac::{Binding, Holder, Identity, Role, Rule};
use crate::model::{GroupKind, Object, Scan, kinds};
use crate::settings::Setting;

use super::owners;
use super::words::{and, people, place, some};

/// The kinds that these checks look at.
pub(super) const KINDS: &[GroupKind] = &[kinds::ROLE, kinds::CLUSTER_ROLE, kinds::ROLE_BINDING, kinds::CLUSTER_ROLE_BINDING];
pub(super) const BINDINGS: &[GroupKind] = &[kinds::ROLE_BINDING, kinds::CLUSTER_ROLE_BINDING];

/// What a check looks for.
pub(super) struct Danger {
    /// What in a rule is dangerous.
    pub(super) find: for<'r> fn(&'r Rule<'r>) -> Option<Hit<'r>>,
    /// How bad it is that this one holds it.
    pub(super) weigh: fn(&Case<'_>, &Holder<'_>) -> Weight,
    /// The owner's lists of who is to hold it.
    pub(super) listed: &'static [&'static Setting],
    /// What should stand there.
    pub(super) expected: &'static str,
    /// Whether it judges rules with wildcards as well.
    pub(super) wildcards: bool,
    /// Whether it counts what Kubernetes' own roles grant when somebody else is bound to them.
    pub(super) built_in: BuiltIn,
}

/// What of Kubernetes' own roles counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltIn {
    /// All of it.
    Counts,
    /// Not `admin` and `edit` for people in one namespace: that is what they are made for.
    CountsButForTenants,
    /// None of it.
    Spared,
}

/// The dangerous part of a rule.
#[derive(Debug)]
pub(super) struct Hit<'r> {
    /// Which list of the rule, and which value of it.
    pub(super) list: &'static str,
    pub(super) value: &'r str,
    /// What one can do by it.
    pub(super) what: String,
}

/// A rule with a hit in it.
pub(super) struct Case<'c> {
    pub(super) scan: &'c Scan<'c>,
    pub(super) world: u16,
    pub(super) rule: &'c Rule<'c>,
    pub(super) hit: Hit<'c>,
}

/// How bad it is that somebody holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Fail(Severity),
    /// Bad, because of this.
    Because(Severity, &'static str),
    /// Undecided, because of this.
    Review(Severity, &'static str),
    /// Worth saying, with this.
    Note(&'static str),
    Pass,
}

impl<'c> Case<'c> {
    /// Whether the same one may do something else in all of the cluster.
    pub(super) fn may_everywhere(&self, holder: &Holder<'_>, allows: impl Fn(&Rule<'_>) -> bool) -> bool {
        self.scan.evidence.rbac().may_everywhere(self.world, holder.identity, allows)
    }

    /// Whether anybody of these whom a binding names may do something in all of the cluster.
    pub(super) fn any_everywhere(&self, is_he: impl Fn(Identity<'_>) -> bool, allows: impl Fn(&Rule<'_>) -> bool) -> bool {
        self.scan.evidence.rbac().other_may_everywhere(self.world, is_he, allows)
    }

    /// Whether every binding there is was seen.
    pub(super) fn all_bindings_seen(&self) -> bool {
        BINDINGS.iter().all(|kind| self.scan.is_whole(*kind, None))
    }

    /// Whether the holder is a controller of one of these API groups: its operator, or one that watches its resources.
    pub(super) fn controls(&self, holder: &Holder<'_>, groups: &[&str]) -> bool {
        let watches = |rule: &Rule<'_>| rule.verbs.contains(&"watch") && rule.groups.iter().any(|group| groups.contains(group));
        self.operates(holder, groups) || self.may_everywhere(holder, watches)
    }

    /// Whether the holder is the operator of one of these API groups (`*`: of any), as his rights show.
    pub(super) fn operates(&self, holder: &Holder<'_>, groups: &[&str]) -> bool {
        let own = self.scan.evidence.rbac().operated_groups(self.world, holder.identity);
        own.iter().any(|own| groups.iter().any(|group| *group == "*" || group == own))
    }
}

/// Judges a role by its rules, and a binding by those of Kubernetes' own roles that it gives.
pub(super) fn judge(object: &Object<'_>, scan: &Scan<'_>, danger: &Danger) -> Verdict {
    let rbac = scan.evidence.rbac();
    if let Some(role) = rbac.role(object.id) {
        return judge_role(object, scan, role, danger);
    }
    match rbac.binding(object.id) {
        Some(binding) => judge_binding(object, scan, binding, danger),
        None => Verdict::Pass,
    }
}

fn judge_role(object: &Object<'_>, scan: &Scan<'_>, role: &Role<'_>, danger: &Danger) -> Verdict {
    if let Some(list) = role.malformed {
        return list.fault("this is no list, the API server would refuse the role").expected("a list").doubt().into();
    }
    if !role.rules.is_empty() && role.rules.iter().all(|rule| rule.built_in) {
        return Verdict::Skip("a role as Kubernetes makes it: its bindings are judged".into());
    }
    let rules = || role.rules.iter().enumerate().filter(|(_, rule)| !rule.built_in);
    let rbac = scan.evidence.rbac();
    let holders = rbac.holders(role);
    if holders.is_empty() {
        let forms = rules().map(|(_, rule)| forms(rule, role.namespace.is_some()));
        let faults = forms.filter_map(|forms| forms.iter().find_map(|form| unbound(object, scan, form, role, danger)));
        return faults.map(|fault| fault.expected(danger.expected)).collect();
    }
    let found = rbac.once_for_copies(scan, role, std::ptr::from_ref(danger).addr(), || {
        let found = rules().filter_map(|(at, rule)| Some((at, worst(scan, object.world, rule, holders, danger, "")?)));
        found.collect::<Vec<_>>()
    });
    let fault = |(at, found): &(usize, Found)| {
        let place = role.rules[*at].place(found.list, &found.value)?;
        Some(weighed(place.fault(found.said.clone()), found.weight).expected(danger.expected))
    };
    found.iter().filter_map(fault).collect()
}

/// A rule as it is, or what a binding in a namespace gives of it.
pub(super) fn forms<'r, 'a>(rule: &'r Rule<'a>, in_namespace: bool) -> Cow<'r, [Rule<'a>]> {
    if in_namespace { rule.in_namespace() } else { Cow::Borrowed(std::slice::from_ref(rule)) }
}

/// What to say of a rule, and where in it.
struct Found {
    weight: Weight,
    said: String,
    list: &'static str,
    value: String,
}

/// The worst that holders make of a rule, each of what his binding gives of it.
fn worst(scan: &Scan<'_>, world: u16, rule: &Rule<'_>, holders: &[Holder<'_>], danger: &Danger, through: &str) -> Option<Found> {
    let mut worst: Option<Found> = None;
    for in_namespace in [false, true] {
        let of_scope = holders.iter().filter(|holder| holder.namespace.is_some() == in_namespace);
        if of_scope.clone().next().is_none() {
            continue;
        }
        for form in forms(rule, in_namespace).iter() {
            let Some(hit) = find(form, danger) else { continue };
            let of_scope: Vec<_> = of_scope.clone().collect();
            let case = Case { scan, world, rule: form, hit };
            let (weight, who) = weigh(&case, &of_scope, danger);
            let Some((weight, said)) = said(&case, weight, &who, through) else { continue };
            if worst.as_ref().is_none_or(|worst| weight < worst.weight) {
                worst = Some(Found { weight, said, list: case.hit.list, value: case.hit.value.to_owned() });
            }
        }
    }
    worst
}

/// A fault in a role that nothing seen binds: what it grants reaches nobody yet.
fn unbound(object: &Object<'_>, scan: &Scan<'_>, rule: &Rule<'_>, role: &Role<'_>, danger: &Danger) -> Option<Fault> {
    let hit = find(rule, danger)?;
    let field = rule.place(hit.list, hit.value)?;
    let case = Case { scan, world: object.world, rule, hit };
    let somebody = Holder { identity: Identity::Account { namespace: "", name: "" }, namespace: role.namespace };
    let said = || format!("whoever is bound to {} {} can {}; no binding of it was seen", object.kind, object.name, case.hit.what);
    match (danger.weigh)(&case, &somebody) {
        // that of everything is left to a check of bindings, of which there is none
        Weight::Pass if !case.rule.is_all() => None,
        Weight::Note(why) => Some(field.fault(format!("{}: {why}", said())).severity(Severity::Info)),
        _ if case.all_bindings_seen() => Some(field.fault(said()).severity(Severity::Info)),
        _ => Some(field.fault(said()).severity(Severity::Low).doubt()),
    }
}

fn judge_binding(object: &Object<'_>, scan: &Scan<'_>, binding: &Binding<'_>, danger: &Danger) -> Verdict {
    if !binding.is_resolved() {
        return Verdict::Skip("the role it binds is not in the evidence: rbac-cluster-admin-binding says so".into());
    }
    let rbac = scan.evidence.rbac();
    let others = binding.subjects.iter().filter(|subject| !subject.built_in && !subject.identity.is_built_in());
    let holders: Vec<_> = others.map(|subject| Holder { identity: subject.identity, namespace: binding.namespace }).collect();
    if holders.is_empty() {
        return Verdict::Skip("it binds nobody, or only what Kubernetes itself binds".into());
    }
    if danger.built_in == BuiltIn::Spared || !rbac.gives_built_in(binding) {
        return Verdict::Skip("the role it binds is judged by its own rules".into());
    }
    let through = format!(" through {}", binding.role);
    let rules = rbac.rules_of(binding).map(|(_, rule)| rule).filter(|rule| rule.built_in && !rule.is_all());
    let found = rules.filter_map(|rule| worst(scan, object.world, rule, &holders, danger, &through));
    let worst = found.reduce(|worst, found| if found.weight < worst.weight { found } else { worst });
    let fault = worst.map(|found| weighed(object.at("roleRef.name").fault(found.said), found.weight));
    fault.map(|fault| fault.expected("a role made for the purpose")).into()
}

/// The hit in a rule without wildcards: those are `rbac-wildcard-rule`'s.
fn find<'r>(rule: &'r Rule<'r>, danger: &Danger) -> Option<Hit<'r>> {
    if rule.has_wildcard() && !danger.wildcards { None } else { (danger.find)(rule) }
}

/// The worst that any holder makes of it, and who makes it so bad.
fn weigh<'h>(case: &Case<'_>, holders: &[&'h Holder<'h>], danger: &Danger) -> (Weight, Vec<&'h Holder<'h>>) {
    let any_listed = owners::any(case.scan, danger.listed);
    let mut worst = Weight::Pass;
    let mut who = Vec::new();
    for holder in holders.iter().copied().filter(|holder| !holder.identity.is_built_in()) {
        let spared = danger.built_in == BuiltIn::CountsButForTenants && case.rule.built_in && is_tenant(holder);
        let weight = if spared {
            Weight::Pass
        } else if any_listed && owners::lists(case.scan, holder.identity, danger.listed) {
            Weight::Note("the owner's settings list it")
        } else {
            (danger.weigh)(case, holder)
        };
        if weight < worst {
            worst = weight;
            who.clear();
        }
        if weight == worst {
            who.push(holder);
        }
    }
    (worst, who)
}

fn is_tenant(holder: &Holder<'_>) -> bool {
    holder.namespace.is_some() && holder.identity.is_people()
}

/// The sentence for a weight; none where all is well.
fn said(case: &Case<'_>, weight: Weight, who: &[&Holder<'_>], through: &str) -> Option<(Weight, String)> {
    let mut known = HashSet::new();
    let identities: Vec<Identity<'_>> = who.iter().map(|holder| holder.identity).filter(|identity| known.insert(*identity)).collect();
    let said = format!("{} can {} {}{through}", people(&identities), case.hit.what, place(who));
    match weight {
        Weight::Pass => None,
        Weight::Fail(_) => Some((weight, said)),
        Weight::Because(_, why) | Weight::Review(_, why) | Weight::Note(why) => Some((weight, format!("{said}: {why}"))),
    }
}

fn weighed(fault: Fault, weight: Weight) -> Fault {
    match weight {
        Weight::Fail(severity) | Weight::Because(severity, _) => fault.severity(severity),
        Weight::Review(severity, _) => fault.severity(severity).doubt(),
        Weight::Note(_) | Weight::Pass => fault.severity(Severity::Info),
    }
}

/// A right by the groups, resources and verbs that make it.
pub(super) struct Right {
    pub(super) groups: &'static [&'static str],
    pub(super) resources: &'static [&'static str],
    pub(super) verbs: &'static [&'static str],
}

impl Right {
    /// The resources and verbs of it that a rule names.
    pub(super) fn named<'r>(&self, rule: &'r Rule<'r>) -> Option<(Vec<&'r str>, Vec<&'r str>)> {
        if !rule.groups.iter().any(|group| *group == "*" || self.groups.contains(group)) {
            return None;
        }
        let verbs: Vec<_> = rule.verbs.iter().copied().filter(|verb| self.verbs.contains(verb)).collect();
        if verbs.is_empty() {
            return None;
        }
        let resources: Vec<_> = rule.resources.iter().copied().filter(|resource| self.resources.contains(resource)).collect();
        (!resources.is_empty()).then_some((resources, verbs))
    }
}

/// The hit on the first resource that any of the rights has; all of them are said.
pub(super) fn hit<'r>(rule: &'r Rule<'r>, rights: &[Right]) -> Option<Hit<'r>> {
    let (mut all_resources, mut all_verbs) = (Vec::new(), Vec::new());
    for (resources, verbs) in rights.iter().filter_map(|right| right.named(rule)) {
        all_resources.extend(resources.into_iter().filter(|resource| !all_resources.contains(resource)).collect::<Vec<_>>());
        all_verbs.extend(verbs.into_iter().filter(|verb| !all_verbs.contains(verb)).collect::<Vec<_>>());
    }
    let value = *all_resources.first()?;
    Some(Hit { list: "resources", value, what: format!("{} {}", and(&all_verbs), some(&all_resources)) })
}
