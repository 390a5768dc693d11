//! Istio's AuthorizationPolicies: which are in force for a workload, and what they let in.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::mesh::{AUTHORIZATION_POLICY, in_place, root_namespace};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{Match, Selector};
use crate::model::service;

/// An AuthorizationPolicy that is in force for a workload.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// The policy.
    pub object: &'a Object<'a>,
    /// It is bound to a Service or a waypoint, rather than selecting pods.
    pub by_target: bool,
    /// Whether that is so rests on a label that does not show.
    pub sure: bool,
}

/// On trial, a policy is written of and not kept to.
pub const DRY_RUN: &str = "istio.io/dry-run";

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It lets in what its rules match, so that all else is kept out.
    Allow,
    /// It keeps out what its rules match.
    Deny,
    /// It asks somebody else.
    Custom,
    /// It takes notes.
    Audit,
}

/// What an allowing rule asks of the source.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// An identity.
    Named,
    /// Nothing at all: everything is allowed.
    Everything(Field<'a>),
    /// Any identity, whichever.
    AnyIdentity(Field<'a>),
    /// Addresses only.
    Addresses(Field<'a>),
    /// Nothing of the source, something of the request.
    Request(Field<'a>),
}

impl<'a> Applied<'a> {
    /// What it does.
    #[must_use]
    pub fn action(&self) -> Action {
        match self.object.at("spec.action").str() {
            "DENY" => Action::Deny,
            "CUSTOM" => Action::Custom,
            "AUDIT" => Action::Audit,
            _ => Action::Allow,
        }
    }

    /// Its rules; one that allows and has none allows nothing.
    pub fn rules(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.object.at("spec.rules").items()
    }
}

/// The policies in force for a pod: those of its namespace and of the root namespace, by selector or by target.
#[must_use]
pub fn applied<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Vec<Applied<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let root = root_namespace(evidence, namespace.world());
    let places = if root == namespace.name() { vec![root] } else { vec![root, namespace.name()] };
    let mut found = Vec::new();
    let all = places.into_iter().flat_map(|place| in_place(evidence, namespace.world(), place, AUTHORIZATION_POLICY));
    for object in all.filter(|object| object.annotation(DRY_RUN).str() != "true") {
        let targets = [object.at("spec.targetRef")].into_iter().filter(|one| one.exists()).chain(object.at("spec.targetRefs").items());
        let targets: Vec<_> = targets.collect();
        if !targets.is_empty() {
            if targets.iter().any(|target| leads_to(namespace, *target, pod)) {
                found.push(Applied { object, by_target: true, sure: true });
            }
            continue;
        }
        match Selector::or_all(object.at("spec.selector")).matches_pod(pod) {
            Match::No => {}
            fit => found.push(Applied { object, by_target: false, sure: fit == Match::Yes }),
        }
    }
    found
}

/// Whether a target is a Service of the pod that goes by a waypoint, or the waypoint that it goes by: no proxy beside the pod
/// keeps to a policy with a target.
fn leads_to<'a>(namespace: &Namespace<'a>, target: Field<'a>, pod: &Pod<'a>) -> bool {
    const WAYPOINT: &str = "istio.io/use-waypoint";
    let name = target.key("name").str();
    let given = |own: Field<'a>| if own.exists() { Some(own) } else { pod.of_namespace(|document| document.label(WAYPOINT)) };
    let services = || namespace.objects().filter(|object| service::selects(object, pod));
    let by_waypoint = |object: &Object<'a>| given(object.label(WAYPOINT)).is_some_and(|label| !matches!(label.str(), "" | "none"));
    match target.key("kind").str() {
        "Service" => services().any(|object| object.name == name && by_waypoint(object)),
        "Gateway" => {
            let own = given(pod.metadata().key("labels").key(WAYPOINT));
            own.is_some_and(|label| label.str() == name) || services().any(|object| object.label(WAYPOINT).text() == Some(name))
        }
        _ => false,
    }
}

/// Whether a value is that of any source: a star, or for principals any of a trust domain (`cluster.local/*`).
fn is_any(of_principal: bool, value: Field<'_>) -> bool {
    let of_domain = |text: &str| {
        let domain = text.strip_suffix("/ns/*").or_else(|| text.strip_suffix("/*"));
        domain.is_some_and(|domain| !domain.contains('/'))
    };
    value.text() == Some("*") || of_principal && of_domain(value.str())
}

/// Whether a rule is about some requests only: each of its operations names something.
fn is_limited(rule: Field<'_>) -> bool {
    let all =
        |item: Field<'_>| item.key("operation").entries().iter().all(|(_, list)| list.items().any(|one| matches!(one.str(), "*" | "/*")));
    let operations = rule.key("to");
    !rule.key("when").is_empty() || !operations.is_empty() && !operations.items().any(all)
}

/// What an allowing rule asks of the source. Its sources are alternatives: the widest counts.
#[must_use]
pub fn source(rule: Field<'_>) -> Source<'_> {
    let sources: Vec<_> = rule.key("from").items().map(|item| item.key("source")).collect();
    let limited = is_limited(rule);
    if conditioned(rule) {
        return Source::Named;
    }
    if sources.is_empty() {
        return if limited { Source::Request(rule) } else { Source::Everything(rule) };
    }
    let mut widest = Source::Named;
    for one in sources {
        let any = |key: &'static str| one.key(key).items().find(|value| is_any(key == "principals", *value));
        let named = |key: &&'static str| !one.key(key).is_empty();
        let identities = ["principals", "namespaces", "serviceAccounts", "requestPrincipals"];
        let addresses = ["ipBlocks", "remoteIpBlocks", "notIpBlocks", "notRemoteIpBlocks"];
        if identities.iter().filter(|key| named(key)).any(|key| any(key).is_none()) {
            continue;
        }
        match identities.into_iter().find_map(any) {
            Some(_) if limited => return Source::Request(rule),
            Some(any) => widest = Source::AnyIdentity(any),
            None if addresses.iter().any(named) => return Source::Addresses(one),
            // nothing, or only whom it is not for
            None => return if limited { Source::Request(rule) } else { Source::Everything(if one.is_empty() { rule } else { one }) },
        }
    }
    widest
}

/// Whether a condition asks for an identity.
fn conditioned(rule: Field<'_>) -> bool {
    let identity = ["source.principal", "source.namespace", "source.serviceAccount", "request.auth.principal"];
    rule.key("when").items().any(|condition| {
        let (key, values) = (condition.key("key").str(), condition.key("values"));
        (identity.contains(&key) || key.starts_with("request.auth.claims"))
            && !values.is_empty()
            && !values.items().any(|value| is_any(key == "source.principal", value))
    })
}

/// Whether some policies together let nobody in who brings no token of an end user: one keeps out who has none, or all that let
/// anybody in ask for one.
#[must_use]
pub fn require_token(policies: &[Applied<'_>]) -> bool {
    let of = |action| policies.iter().filter(move |policy| policy.action() == action);
    // keep out who has no principal: `notRequestPrincipals: ["*"]`, on every path
    let denied = of(Action::Deny).flat_map(Applied::rules).any(|rule| {
        let lacks = |item: Field<'_>| {
            let source = item.key("source");
            let alone = source.entries().len() == 1;
            alone && source.key("notRequestPrincipals").items().any(|principal| principal.text() == Some("*"))
        };
        rule.key("to").is_empty() && rule.key("when").is_empty() && rule.key("from").items().any(lacks)
    });
    denied || of(Action::Allow).next().is_some() && of(Action::Allow).flat_map(Applied::rules).all(asks_for_token)
}

fn asks_for_token(rule: Field<'_>) -> bool {
    let by_claim = rule
        .key("when")
        .items()
        .any(|condition| condition.key("key").str().starts_with("request.auth.") && !condition.key("values").is_empty());
    let mut sources = rule.key("from").items().map(|item| item.key("source").key("requestPrincipals")).peekable();
    by_claim || sources.peek().is_some() && sources.all(|principals| !principals.is_empty())
}
