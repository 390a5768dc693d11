//! The policies of a scan that may refuse pods, each read once.

use crate::model::admission::catalogue::Catalogue;
use crate::model::admission::reach::Reach;
use crate::model::admission::ruling::{self, Rulings};
use crate::model::admission::{action, cel_policy, gatekeeper, kinds, kubewarden, kyverno};
use crate::model::field::unnoticed;
use crate::model::namespace::Namespace;
use crate::model::selector::Selector;
use crate::model::{Field, GroupKind, Object, Scan, kinds as k8s, webhook};

/// A rule of a policy: some have one, Kyverno's have several.
#[derive(Debug)]
pub(super) struct Rule {
    /// The policy, by its number.
    pub(super) object: u32,
    /// Which of its rules.
    pub(super) index: usize,
    engine: Engine,
    /// What it does with each sample of each control.
    pub(super) rulings: Rulings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Kubernetes,
    Kyverno,
    KyvernoCel,
    Gatekeeper,
    Kubewarden,
    OpenShift,
}

/// The rules of all policies, by world.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// The pods that they are shown.
    pub(super) shown: Catalogue,
    rules: Vec<(u16, Rule)>,
}

impl Policies {
    /// Those of a scan, read when first asked for.
    pub(super) fn of<'s>(scan: &'s Scan<'_>) -> &'s Policies {
        scan.evidence.lazy.policies.get_or_init(|| unnoticed(|| Policies::read(scan)))
    }

    fn read(scan: &Scan<'_>) -> Policies {
        let mut seen: Vec<_> = scan.evidence.kinds().filter_map(|(group, kind)| Some((group, kind, engine(group, kind)?))).collect();
        seen.sort_unstable_by_key(|(group, kind, _)| (*group, *kind));
        let objects = seen.iter().flat_map(|(group, kind, _)| scan.evidence.named(group, kind));
        let shown = Catalogue::of(objects.flat_map(|object| object.at("spec").scalars()).map(Field::str));
        let mut rules = Vec::new();
        for (group, kind, engine) in seen {
            for object in scan.evidence.named(group, kind) {
                let found: Vec<_> = match engine {
                    Engine::Kyverno => {
                        let each = object.at("spec.rules").items().enumerate();
                        each.filter_map(|(index, rule)| Some((index, kyverno::rulings(rule, &shown)?))).collect()
                    }
                    Engine::Kubernetes | Engine::KyvernoCel => vec![(0, cel_policy::rulings(object, &shown))],
                    Engine::Gatekeeper => vec![(0, gatekeeper::rulings(object, scan.evidence, &shown))],
                    Engine::Kubewarden => vec![(0, kubewarden::rulings(object, &shown))],
                    Engine::OpenShift => vec![(0, ruling::unknown(&shown))],
                };
                let rule = |(index, rulings)| (object.world, Rule { object: object.id, index, engine, rulings });
                rules.extend(found.into_iter().map(rule));
            }
        }
        Policies { shown, rules }
    }

    /// The rules that refuse pods of a namespace, with which of them: by creating them, and by adding ephemeral containers.
    pub(super) fn in_force<'s>(&'s self, namespace: &Namespace<'s>) -> Vec<InForce<'s>> {
        let own = self.rules.iter().filter(|(world, _)| *world == namespace.world());
        let webhooks = Webhooks::of(namespace, |engine| own.clone().any(|(_, rule)| rule.engine == engine));
        own.filter_map(|(_, rule)| {
            let object = namespace.scan().evidence.object(rule.object);
            let (pods, ephemeral) = rule.reach(object, namespace, &webhooks);
            (pods != Reach::None || ephemeral != Reach::None).then_some(InForce { object, rule, pods, ephemeral })
        })
        .collect()
    }
}

/// A rule with the pods of a namespace that it refuses.
pub(super) struct InForce<'s> {
    pub(super) object: &'s Object<'s>,
    pub(super) rule: &'s Rule,
    pub(super) pods: Reach,
    pub(super) ephemeral: Reach,
}

fn engine(group: &str, kind: &str) -> Option<Engine> {
    let is = |known: GroupKind| known.group == group && (known.kind == "*" || known.kind == kind);
    let any = |known: &[GroupKind]| known.iter().any(|known| is(*known));
    match () {
        () if is(k8s::VALIDATING_ADMISSION_POLICY) => Some(Engine::Kubernetes),
        () if any(&[kinds::CLUSTER_POLICY, kinds::POLICY]) => Some(Engine::Kyverno),
        () if any(&[kinds::VALIDATING_POLICY, kinds::NAMESPACED_VALIDATING_POLICY]) => Some(Engine::KyvernoCel),
        () if is(kinds::CONSTRAINT) => Some(Engine::Gatekeeper),
        () if any(&kinds::KUBEWARDEN) => Some(Engine::Kubewarden),
        () if is(kinds::SECURITY_CONTEXT_CONSTRAINTS) => Some(Engine::OpenShift),
        () => None,
    }
}

impl Rule {
    fn reach(&self, object: &Object<'_>, namespace: &Namespace<'_>, webhooks: &Webhooks) -> (Reach, Reach) {
        let both = |reach: Reach| (reach.clone(), reach);
        match self.engine {
            Engine::Kubernetes => (cel_policy::reach(object, namespace, false), cel_policy::reach(object, namespace, true)),
            Engine::Kyverno | Engine::KyvernoCel if webhooks.kyverno == Reach::None => both(Reach::None),
            Engine::Kyverno => {
                let Some(rule) = object.at("spec.rules").items().nth(self.index) else { return both(Reach::None) };
                let enforced = kyverno::enforces(object.at("spec"), rule.key("validate"), namespace).min(webhooks.kyverno.clone());
                let reach = |operation| match &enforced {
                    Reach::None => Reach::None,
                    enforced => kyverno::reach(object, rule, namespace, operation).min(enforced.clone()),
                };
                (reach("CREATE"), reach("UPDATE"))
            }
            Engine::KyvernoCel if !action::refuses(object) => both(Reach::None),
            Engine::KyvernoCel => both(cel_policy::reach_unbound(object, namespace).min(webhooks.kyverno.clone())),
            Engine::Gatekeeper => both(gatekeeper::reach(object, namespace).min(webhooks.gatekeeper.clone())),
            Engine::Kubewarden => (kubewarden::reach(object, namespace, false), kubewarden::reach(object, namespace, true)),
            Engine::OpenShift => both(Reach::Unsure("what its constraints let in is not read".to_owned())),
        }
    }
}

/// Whether engines are asked about pods of a namespace.
struct Webhooks {
    kyverno: Reach,
    gatekeeper: Reach,
}

impl Webhooks {
    /// Of engines that have no rule here nothing is asked.
    fn of(namespace: &Namespace<'_>, is_there: impl Fn(Engine) -> bool) -> Self {
        let evidence = namespace.scan().evidence;
        let all = || {
            evidence.of_kind_in(namespace.world(), k8s::VALIDATING_WEBHOOK_CONFIGURATION).flat_map(|object| object.at("webhooks").items())
        };
        // what is there and about pods tells; `None`: nothing is
        let asked = |is_own: &dyn Fn(&str) -> bool| {
            let own = all().filter(|webhook| is_own(webhook.key("name").str()));
            let mut about_pods =
                own.filter(|webhook| webhook.key("rules").items().any(|rule| webhook::asks(rule, "CREATE", "pods"))).peekable();
            about_pods.peek()?;
            Some(if about_pods.any(|webhook| may_select(webhook, namespace)) { Reach::All } else { Reach::None })
        };
        let mut webhooks = Webhooks { kyverno: Reach::All, gatekeeper: Reach::All };
        if is_there(Engine::Kyverno) || is_there(Engine::KyvernoCel) {
            let seen = asked(&|name| name.starts_with("validate.kyverno.svc"));
            webhooks.kyverno = seen.unwrap_or(Reach::All).min(kyverno::asked(namespace));
        }
        if is_there(Engine::Gatekeeper) {
            webhooks.gatekeeper = asked(&|name| name == "validation.gatekeeper.sh").unwrap_or_else(|| gatekeeper::asked(namespace));
        }
        webhooks
    }
}

fn may_select(webhook: Field<'_>, namespace: &Namespace<'_>) -> bool {
    let Some(selector) = Selector::given(webhook.key("namespaceSelector")) else { return true };
    let mut documents = namespace.documents().peekable();
    if documents.peek().is_none() {
        let by_name = selector.keys().iter().all(|key| *key == "kubernetes.io/metadata.name");
        return !by_name || selector.matches_namespace(namespace.name(), None);
    }
    documents.any(|document| selector.matches_namespace(namespace.name(), Some(document)))
}
