//! A mesh that lets plaintext in as well protects only who does not attack.

use super::{KINDS, Remarks};
use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::isolation::{Isolation, OTHER_POLICIES};
use crate::model::mesh::{self, transport, transport::Transport};
use crate::model::network::Direction;
use crate::model::network::fit::{Fit, Who};
use crate::model::network::guard::Action;
use crate::model::{GroupKind, Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-mtls-not-strict",
    title: "mesh lets plaintext in",
    topic: "mesh",
    severity: Severity::High,
    why: "Whoever reaches the workload talks to it without showing who it is, so that rules on identities do not hold, and whoever is on the way reads along.",
    fix: "Set the mesh to strict mutual TLS as a whole (a PeerAuthentication STRICT in the root namespace of Istio, `cluster-authenticated` or narrower in Linkerd), and take out exceptions.",
    how: "For each workload in a mesh, the mode in force is worked out. Istio: the PeerAuthentication that selects it, else that of its namespace, else that of the root namespace, UNSET inheriting, PERMISSIVE by default; with a selector those of the root namespace are ignored; a mode of a port counts where a selector stands. Linkerd: the default inbound policy of pod, namespace and installation, and the Servers of its ports. Kuma: the backend of its Mesh and MeshTLS. Consul: mutualTLSMode. Cilium: namespaces that are closed to all but rules with required authentication pass, others with such rules are for review. What lets in plaintext fails; policies of which the oldest does not show, and DISABLE in ambient, are for review. Without a mesh it does not apply.",
    blind: "Whether proxies run and follow the configuration, and what a mesh's configuration outside of Kubernetes says.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::CONFIG_MAP],
    beside: BESIDE,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "https://linkerd.io/2/reference/authorization-policy/",
        "https://kuma.io/docs/latest/policies/meshtls/",
        "https://developer.hashicorp.com/consul/docs/k8s/connect/onboarding-tproxy-mode",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1557", "T1040"]), ("cwe", &["CWE-319"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const BESIDE: &[GroupKind] = &{
    let mut all = [KINDS[0]; KINDS.len() + OTHER_POLICIES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < KINDS.len() { KINDS[at] } else { OTHER_POLICIES[at - KINDS.len()] };
        at += 1;
    }
    all
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if mesh::present(namespace.scan(), namespace.world()).is_empty() {
        return of_cilium(namespace).unwrap_or(Verdict::Skip("no mesh was seen: mesh-workload-not-meshed says so".into()));
    }
    let (mut remarks, mut any) = (Remarks::new(), false);
    for (pod, mesh, ambient) in namespace.meshed() {
        any = true;
        for found in transport::of_pod(namespace, &pod, mesh, ambient) {
            match found {
                Transport::Strict => {}
                Transport::Open { at, said } => remarks.add(at, said, false, pod.object().name),
                Transport::Unclear(at, said) => remarks.add(Some(at), said, true, pod.object().name),
            }
        }
    }
    if !any {
        return Verdict::Skip("no workload in it is known to be in a mesh: mesh-workload-not-meshed says so".into());
    }
    remarks.faults(namespace, "strict mutual TLS", KINDS).into()
}

/// Cilium asks for an identity on both sides where a rule says so (`authentication.mode: required`); nothing where none does.
fn of_cilium(namespace: &Namespace<'_>) -> Option<Verdict> {
    let who = Who { namespace, pod: None };
    let guards = namespace.guards().filter(|guard| guard.object.group == "cilium.io" && guard.selects(who) != Fit::No);
    let rules = guards.flat_map(|guard| guard.rules(Direction::Ingress)).filter(|clause| clause.action == Action::Allow);
    let (asking, others): (Vec<_>, Vec<_>) = rules.partition(|clause| clause.field.at("authentication.mode").text() == Some("required"));
    asking.first()?;
    if let Some(other) = others.first() {
        let said = "Cilium asks for an identity in other rules for this namespace, and not in this one";
        return Some(other.field.fault(said).expected("authentication.mode: required").doubt().of_its_object().into());
    }
    let closed = matches!(namespace.isolates_by_default(Direction::Ingress), Isolation::Yes);
    let open = || namespace.field().fault("Cilium asks for identities where a rule allows, and not everything else is denied").doubt();
    Some((!closed).then(open).into())
}
