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
    for object in places.into_iter().flat_map(|place| in_place(evidence, namespace.world(), place, AUTHORIZATION_POLICY)) {
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

/// Whether a target is a Service of the pod, or the waypoint that its namespace uses.
fn leads_to<'a>(namespace: &Namespace<'a>, target: Field<'a>, pod: &Pod<'a>) -> bool {
    let name = target.key("name").str();
    match target.key("kind").str() {
        "Service" => namespace.objects().any(|object| object.name == name && service::selects(object, pod)),
        "Gateway" => {
            let own = pod.metadata().key("labels").key("istio.io/use-waypoint");
            let given = if own.exists() { Some(own) } else { pod.of_namespace(|document| document.label("istio.io/use-waypoint")) };
            given.is_some_and(|label| label.str() == name)
        }
        _ => false,
    }
}

/// What an allowing rule asks of the source. Its sources are alternatives: the widest counts.
#[must_use]
pub fn source(rule: Field<'_>) -> Source<'_> {
    let sources: Vec<_> = rule.key("from").items().map(|item| item.key("source")).collect();
    let limited = !rule.key("to").is_empty() || !rule.key("when").is_empty();
    if sources.is_empty() {
        let identity = ["source.principal", "source.namespace", "source.serviceAccount", "request.auth.principal"];
        let conditions = rule.key("when").items();
        let named = conditions.into_iter().any(|condition| {
            let key = condition.key("key").str();
            (identity.contains(&key) || key.starts_with("request.auth.claims")) && !condition.key("values").is_empty()
        });
        return match (named, limited) {
            (true, _) => Source::Named,
            (false, true) => Source::Request(rule),
            (false, false) => Source::Everything(rule),
        };
    }
    let mut widest = Source::Named;
    for one in sources {
        let has = |key: &'static str| one.key(key).items().find(|item| item.text() == Some("*"));
        let named = |key: &&'static str| !one.key(key).is_empty();
        let identities = ["principals", "namespaces", "serviceAccounts", "requestPrincipals"];
        let addresses = ["ipBlocks", "remoteIpBlocks", "notIpBlocks", "notRemoteIpBlocks"];
        let narrow = identities.iter().filter(|key| named(key)).any(|key| has(key).is_none());
        let any = ["principals", "namespaces", "requestPrincipals"].into_iter().find_map(has);
        if narrow {
            continue;
        }
        if let Some(any) = any.filter(|_| !limited) {
            widest = Source::AnyIdentity(any);
        } else if any.is_none() && addresses.iter().any(named) {
            return Source::Addresses(one);
        } else if any.is_none() && one.is_empty() {
            return if limited { Source::Request(rule) } else { Source::Everything(rule) };
        }
    }
    widest
}

/// Whether policies together let nobody in who brings no token of an end user: one keeps out whoever has none, or each that
/// lets anybody in asks for one, as what one of them allows is allowed.
#[must_use]
pub fn require_token(policies: &[Applied<'_>]) -> bool {
    let of = |action: Action| policies.iter().filter(move |policy| policy.action() == action);
    of(Action::Deny).any(requires_token) || of(Action::Allow).next().is_some() && of(Action::Allow).all(requires_token)
}

/// Whether a policy by itself does.
fn requires_token(policy: &Applied<'_>) -> bool {
    let asks = |rule: Field<'_>| {
        let conditions = rule.key("when").items();
        let by_claim = conditions
            .into_iter()
            .any(|condition| condition.key("key").str().starts_with("request.auth.") && !condition.key("values").is_empty());
        let mut sources = rule.key("from").items().map(|item| item.key("source").key("requestPrincipals")).peekable();
        by_claim || sources.peek().is_some() && sources.all(|principals| !principals.is_empty())
    };
    match policy.action() {
        Action::Allow => policy.rules().all(asks),
        // keep out who has no principal: `notRequestPrincipals: ["*"]`, on every path
        Action::Deny => policy.rules().any(|rule| {
            let lacks = |item: Field<'_>| item.at("source.notRequestPrincipals").items().any(|principal| principal.text() == Some("*"));
            rule.key("to").is_empty() && rule.key("from").items().any(lacks)
        }),
        Action::Custom | Action::Audit => false,
    }
}
