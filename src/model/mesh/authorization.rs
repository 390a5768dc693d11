//! Who is let into a workload by its mesh.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::mesh::istio_rules::{self, Action, Source};
use crate::model::mesh::linkerd::{self, Guarded};
use crate::model::mesh::{CONSUL_INTENTIONS, KUMA_OLD_PERMISSION, KUMA_PERMISSION, Mesh, kuma};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::parse::Kind;

/// What a mesh makes of whoever comes.
#[derive(Debug, Clone)]
pub enum Admittance<'a> {
    /// Those that are named.
    Named,
    /// Everybody, or too many; `None` where nothing says otherwise.
    Wide(Option<Field<'a>>, String),
    /// What decides it does not show, or is for a person.
    Unclear(Option<Field<'a>>, String),
}

/// Who is let into a pod of a mesh: each thing that is to be said of it.
#[must_use]
pub fn of_pod<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>, mesh: Mesh) -> Vec<Admittance<'a>> {
    match mesh {
        Mesh::Istio => istio(namespace, pod),
        Mesh::Linkerd => linkerd(namespace, pod),
        Mesh::Kuma => kuma_permissions(namespace, pod),
        Mesh::Consul => consul(namespace),
    }
}

fn istio<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Admittance<'a>> {
    let policies = istio_rules::applied(namespace, pod);
    let of = |action| policies.iter().filter(move |policy| policy.action() == action);
    // what is denied is denied before anything is allowed
    if of(Action::Deny).any(|policy| policy.sure && !policy.by_target && policy.rules().any(is_about_everything)) {
        return vec![Admittance::Named];
    }
    if of(Action::Allow).next().is_none() {
        return vec![match of(Action::Custom).next() {
            Some(policy) => {
                let said = format!("AuthorizationPolicy {} leaves the decision to another service", policy.object.name);
                Admittance::Unclear(Some(policy.object.at("spec.action")), said)
            }
            None => Admittance::Wide(None, "no AuthorizationPolicy allows anything, so that everything is allowed".to_owned()),
        }];
    }
    if let Some(policy) = of(Action::Allow).next().filter(|_| of(Action::Allow).all(|policy| policy.by_target)) {
        let said = format!(
            "AuthorizationPolicy {} is kept to by a waypoint, which whoever calls a pod by its address passes by",
            policy.object.name
        );
        let own = [policy.object.at("spec.targetRefs"), policy.object.at("spec.targetRef")].into_iter().find(|field| field.exists());
        return vec![Admittance::Unclear(own, said)];
    }
    if !of(Action::Allow).any(|policy| policy.sure) {
        let said = "the one AuthorizationPolicy for it selects by a label that a controller sets at run time";
        return vec![Admittance::Unclear(of(Action::Allow).next().map(|policy| policy.object.at("spec.selector")), said.to_owned())];
    }
    let rules = of(Action::Allow).flat_map(|policy| policy.rules().map(|rule| (policy.object.name, rule)));
    let found: Vec<_> = rules.filter_map(|(name, rule)| of_rule(name, istio_rules::source(rule))).collect();
    if found.is_empty() { vec![Admittance::Named] } else { found }
}

/// Whether a rule matches every request: it asks for nothing.
fn is_about_everything(rule: Field<'_>) -> bool {
    rule.kind() == Some(Kind::Mapping) && ["from", "to", "when"].iter().all(|key| rule.key(key).is_empty())
}

fn of_rule<'a>(name: &str, source: Source<'a>) -> Option<Admittance<'a>> {
    let policy = format!("AuthorizationPolicy {name}");
    match source {
        Source::Named => None,
        Source::Everything(at) => Some(Admittance::Wide(Some(at), format!("{policy} allows everything"))),
        Source::AnyIdentity(at) => Some(Admittance::Wide(Some(at), format!("{policy} allows any identity"))),
        Source::Addresses(at) => Some(Admittance::Wide(Some(at), format!("{policy} asks for addresses, not for identities"))),
        Source::Request(at) => {
            Some(Admittance::Unclear(Some(at), format!("{policy} allows requests of a kind from anybody: whether they are meant for all")))
        }
    }
}

/// Any identity of the mesh is one too many.
fn linkerd<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Admittance<'a>> {
    let ports = linkerd::ports(namespace, pod);
    let of_port = |(port, guarded): &(i64, Guarded<'a>)| match guarded {
        Guarded::Open(at) => Some(Admittance::Wide(Some(*at), format!("Linkerd lets anybody in on port {port}"))),
        Guarded::AnyIdentity(at) => Some(Admittance::Wide(Some(*at), format!("Linkerd lets any identity of the mesh in on port {port}"))),
        Guarded::Named | Guarded::No => None,
    };
    let mut found: Vec<_> = ports.iter().filter_map(of_port).collect();
    let default = linkerd::default(pod);
    let left = ports.is_empty() || ports.iter().any(|(_, guarded)| matches!(guarded, Guarded::No));
    if left && default.policy != "deny" {
        let said = format!("no Server guards each port of it, and Linkerd's default is {}", default.policy);
        found.push(Admittance::Wide(default.at, said));
    }
    if found.is_empty() { vec![Admittance::Named] } else { found }
}

/// With mutual TLS, Kuma lets in only what a permission allows.
fn kuma_permissions<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Admittance<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let own = |object: &&'a Object<'a>| kuma::is_for(object, namespace, pod);
    let new: Vec<_> = evidence.of_kind_in(namespace.world(), KUMA_PERMISSION).filter(own).collect();
    // what a narrower target says of everybody takes the place of what wider ones do
    let said: Vec<_> = new.iter().filter_map(|object| Some((kuma::rank(object), *object, of_everybody(object)?))).collect();
    let narrowest = said.iter().map(|(rank, ..)| *rank).max();
    let by_clients = said.into_iter().filter(|(rank, _, action)| Some(*rank) == narrowest && is_allowed(action.str()));
    let by_identity = new.iter().filter_map(|object| Some((*object, of_every_identity(object)?)));
    let old = evidence.of_kind_in(namespace.world(), KUMA_OLD_PERMISSION).filter_map(|object| {
        let (from, to) = (object.at("spec.sources"), object.at("spec.destinations"));
        (kuma::is_every_service(from) && kuma::is_every_service(to)).then_some((object, from))
    });
    let wide = by_clients.map(|(_, object, at)| (object, at)).chain(by_identity).chain(old);
    let wide = wide.map(|(object, at)| Admittance::Wide(Some(at), format!("{} {} allows every service", object.kind, object.name)));
    let found: Vec<_> = wide.collect();
    if found.is_empty() { vec![Admittance::Named] } else { found }
}

fn is_allowed(action: &str) -> bool {
    matches!(action, "Allow" | "ALLOW" | "AllowWithShadowDeny" | "ALLOW_WITH_SHADOW_DENY")
}

/// What a permission says of the whole mesh as clients.
fn of_everybody<'a>(object: &'a Object<'a>) -> Option<Field<'a>> {
    let froms = object.at("spec.from").items().filter(|item| matches!(item.at("targetRef.kind").str(), "" | "Mesh"));
    froms.map(|item| item.at("default.action")).last()
}

/// An identity that a permission allows and that all of a trust domain have: `spiffe://default.mesh.local`.
fn of_every_identity<'a>(object: &'a Object<'a>) -> Option<Field<'a>> {
    let defaults = object.at("spec.rules").items().map(|rule| rule.key("default"));
    let allowed = defaults.flat_map(|one| ["allow", "allowWithShadowDeny"].into_iter().flat_map(move |key| one.key(key).items()));
    let mut wide = allowed.map(|item| item.key("spiffeID")).filter(|one| one.key("type").str() == "Prefix").map(|one| one.key("value"));
    wide.find(|value| value.text().is_some_and(|text| !text.trim_start_matches("spiffe://").trim_end_matches('/').contains('/')))
}

/// Whether what no intention speaks of is allowed is up to the access control of Consul.
fn consul<'a>(namespace: &Namespace<'a>) -> Vec<Admittance<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let intentions = || evidence.of_kind_in(namespace.world(), CONSUL_INTENTIONS);
    let every = |object: &&Object<'a>| object.at("spec.destination.name").str() == "*";
    let from_all = |object: &'a Object<'a>| object.at("spec.sources").items().find(|source| source.key("name").str() == "*");
    let open = intentions().filter_map(|object| Some((object, from_all(object)?)));
    let allows = open.filter(|(_, source)| source.key("action").str() == "allow");
    let found: Vec<_> = allows
        .map(|(object, source)| {
            let said = format!("ServiceIntentions {} allows every service to {}", object.name, object.at("spec.destination.name").str());
            Admittance::Wide(Some(source.key("action")), said)
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    let denies = intentions().filter(every).any(|object| from_all(object).is_some_and(|source| source.key("action").str() == "deny"));
    if denies {
        return vec![Admittance::Named];
    }
    vec![Admittance::Unclear(None, "whether Consul allows what no intention speaks of is up to its access control lists".to_owned())]
}
