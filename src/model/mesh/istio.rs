//! Istio: who is injected, and which mode of mutual TLS is in force.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::mesh::membership::Membership;
use crate::model::mesh::transport::Transport;
use crate::model::mesh::{ISTIO_OPERATOR, Mesh, PEER_AUTHENTICATION, in_place, root_namespace};
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{Match, Selector};

/// Whether Istio puts a proxy into a pod, or takes it into ambient: the pod's own word beats that of its namespace, but for
/// a namespace that is out, where nobody is asked.
pub(super) fn membership<'a>(pod: &Pod<'a>) -> Membership<'a> {
    let labels = pod.metadata().key("labels");
    if pod.annotation("ambient.istio.io/redirection").str() == "enabled" {
        return Membership::In { mesh: Mesh::Istio, ambient: true, seen: true };
    }
    let of_namespace = |key: &'static str| pod.of_namespace(|document| document.label(key));
    let (injection, namespace_revision) = (of_namespace("istio-injection"), of_namespace("istio.io/rev"));
    let (inject, revision) = (labels.key("sidecar.istio.io/inject"), labels.key("istio.io/rev"));
    let sidecar = || Membership::In { mesh: Mesh::Istio, ambient: false, seen: false };
    let by_revision = |field: Field<'a>| match is_unknown_revision(pod, field.str()) {
        true => Membership::Unclear(field, format!("no control plane of the revision {} was seen", field.str())),
        false => sidecar(),
    };
    let old = pod.annotation("sidecar.istio.io/inject");
    let asked = match (injection, namespace_revision) {
        (Some(field), _) if field.str() == "disabled" => Some(Membership::Out(field, "its namespace is out of injection")),
        _ if inject.str() == "false" => Some(Membership::Out(inject, "injection is switched off")),
        _ if old.str() == "false" && inject.str() != "true" => Some(Membership::Out(old, "injection is switched off")),
        (Some(field), _) if field.str() == "enabled" => Some(sidecar()),
        (None, Some(field)) => Some(by_revision(field)),
        _ if revision.exists() => Some(by_revision(revision)),
        _ if inject.str() == "true" => Some(sidecar()),
        _ => None,
    };
    if let Some(found @ (Membership::In { .. } | Membership::Unclear(..))) = asked {
        return found;
    }
    let own = labels.key("istio.io/dataplane-mode");
    let mode = if own.exists() { Some(own) } else { of_namespace("istio.io/dataplane-mode") };
    match mode {
        Some(field) if field.str() == "ambient" => Membership::In { mesh: Mesh::Istio, ambient: true, seen: false },
        Some(field) => Membership::Out(field, "it is taken out of ambient"),
        None => asked.unwrap_or(Membership::Out(inject, "neither the pod nor its namespace asks for a sidecar or for ambient")),
    }
}

/// Whether control planes were seen, and none of this revision or tag.
fn is_unknown_revision(pod: &Pod<'_>, revision: &str) -> bool {
    let evidence = pod.scan().evidence;
    let world = pod.object().world;
    let planes = evidence.of_kind_in(world, kinds::DEPLOYMENT).filter(|object| object.label("app").str() == "istiod");
    let hooks = evidence.of_kind_in(world, kinds::MUTATING_WEBHOOK_CONFIGURATION);
    let hooks = hooks.filter(|object| object.label("app").str() == "sidecar-injector" || object.label("istio.io/tag").exists());
    let mut known = planes.chain(hooks).flat_map(|object| [object.label("istio.io/rev"), object.label("istio.io/tag")]).peekable();
    known.peek().is_some()
        && !known.any(|label| label.text().is_none_or(|label| label == revision) && label.exists())
        && revision != "default"
}

/// The root namespace where nothing else is said.
pub(super) const ROOT: &str = "istio-system";

/// The namespace whose policies are for the whole mesh.
pub(super) fn root<'e>(evidence: &'e Evidence<'_>, world: u16) -> &'e str {
    let maps = evidence.of_kind_in(world, kinds::CONFIG_MAP).filter(|map| map.name == "istio" || map.name.starts_with("istio-"));
    let of_map = maps.filter_map(|map| line(map.at("data.mesh").str(), "rootNamespace"));
    let operators = evidence.of_kind_in(world, ISTIO_OPERATOR).filter_map(|object| object.at("spec.meshConfig.rootNamespace").text());
    of_map.chain(operators).next().unwrap_or(ROOT)
}

/// The value of a key at the top of a configuration that stands in a text.
pub(super) fn line<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// A PeerAuthentication's word on a workload.
struct Word<'a> {
    object: &'a Object<'a>,
    mode: Field<'a>,
    /// Another one says something else, and which is older does not show.
    disputed: bool,
}

impl<'a> Word<'a> {
    /// The oldest of those that are for the same workloads.
    fn of(policies: Vec<&'a Object<'a>>) -> Option<Self> {
        let mode = |object: &Object<'a>| object.at("spec.mtls.mode");
        let of_ports = |object: &Object<'a>| -> Vec<(&'a str, &'a str)> {
            let entries = object.at("spec.portLevelMtls").entries();
            entries.into_iter().map(|(port, settings)| (port, settings.key("mode").str())).collect()
        };
        let age = |object: &Object<'a>| object.at("metadata.creationTimestamp").text();
        let unaged = policies.iter().any(|object| age(object).is_none());
        let differ = |a, b| mode(a).str() != mode(b).str() || of_ports(a) != of_ports(b);
        let disputed = unaged && policies.windows(2).any(|pair| differ(pair[0], pair[1]));
        let oldest = policies.into_iter().min_by_key(|object| (age(object), object.name))?;
        Some(Word { object: oldest, mode: mode(oldest), disputed })
    }

    fn is_set(&self) -> bool {
        self.disputed || !matches!(self.mode.str(), "" | "UNSET")
    }
}

/// The mode in force for a pod, and those of single ports that differ.
pub(super) fn transport<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>, ambient: bool) -> Vec<Transport<'a>> {
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let root = root_namespace(evidence, namespace.world());
    let selector = |object: &Object<'a>| Selector::given(object.at("spec.selector")).filter(|selector| !selector.selects_all());
    let own: Vec<_> = in_place(evidence, namespace.world(), namespace.name(), PEER_AUTHENTICATION).collect();
    let for_pod = |object: &&&'a Object<'a>| selector(object).is_some_and(|selector| selector.matches_pod(pod) != Match::No);
    // with a selector, those of the root namespace are ignored
    let workload = if namespace.name() == root { Vec::new() } else { own.iter().filter(for_pod).copied().collect() };
    let workload = Word::of(workload);
    let in_namespace = Word::of(own.iter().filter(|object| selector(object).is_none()).copied().collect());
    let of_mesh = in_place(evidence, namespace.world(), root, PEER_AUTHENTICATION).filter(|object| selector(object).is_none());
    let of_mesh = Word::of(of_mesh.collect());
    let mut found = Vec::new();
    let said = [workload.as_ref(), in_namespace.as_ref(), of_mesh.as_ref()].into_iter().flatten().find(|word| word.is_set());
    found.push(match said {
        None => {
            Transport::Open { at: None, said: "no PeerAuthentication in force says otherwise: plaintext is let in (PERMISSIVE)".to_owned() }
        }
        Some(word) => of_mode(word.mode, word, None, ambient),
    });
    // the modes of ports stand only where a selector does
    let ports = workload.as_ref().map(|word| word.object.at("spec.portLevelMtls").entries()).unwrap_or_default();
    for (port, settings) in ports {
        let mode = settings.key("mode");
        if !matches!(mode.str(), "" | "UNSET" | "STRICT") {
            found.extend(workload.as_ref().map(|word| of_mode(mode, word, Some(port), ambient)));
        }
    }
    found
}

fn of_mode<'a>(mode: Field<'a>, word: &Word<'a>, port: Option<&str>, ambient: bool) -> Transport<'a> {
    if word.disputed && port.is_none() {
        let said = "several PeerAuthentications for the same workloads differ: the oldest is in force, which does not show";
        return Transport::Unclear(mode, said.to_owned());
    }
    let on = port.map(|port| format!(" on port {port}")).unwrap_or_default();
    let name = word.object.name;
    match mode.str() {
        "STRICT" => Transport::Strict,
        "DISABLE" if ambient => {
            Transport::Unclear(mode, format!("PeerAuthentication {name} says DISABLE{on}, which ambient does not follow"))
        }
        said @ ("DISABLE" | "PERMISSIVE") => {
            Transport::Open { at: Some(mode), said: format!("PeerAuthentication {name} lets plaintext in{on} ({said})") }
        }
        other => Transport::Unclear(mode, format!("PeerAuthentication {name} has the mode {other}{on}, which is not known")),
    }
}
