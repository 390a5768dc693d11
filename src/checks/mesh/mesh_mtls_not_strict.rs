//! A mesh that lets plaintext in as well protects only who does not attack.

use super::{KINDS, Remarks};
use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::mesh::{self, transport, transport::Transport};
use crate::model::{Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-mtls-not-strict",
    title: "mesh lets plaintext in",
    topic: "mesh",
    severity: Severity::High,
    why: "Whoever reaches the workload talks to it without showing who it is, so that rules on identities do not hold, and whoever is on the way reads along.",
    fix: "Set the mesh to strict mutual TLS as a whole (a PeerAuthentication STRICT in the root namespace of Istio, `cluster-authenticated` or narrower in Linkerd), and take out exceptions.",
    how: "For each workload in a mesh, the mode in force is worked out. Istio: the PeerAuthentication that selects it, else that of its namespace, else that of the root namespace, UNSET inheriting, PERMISSIVE by default; with a selector those of the root namespace are ignored; a mode of a port counts where a selector stands. Linkerd: the default inbound policy of pod, namespace and installation, and the Servers of its ports. Kuma: the backend of its Mesh and MeshTLS. Consul: mutualTLSMode. What lets in plaintext fails; policies of which the oldest does not show, and DISABLE in ambient, are for review. Without a mesh it does not apply.",
    blind: "Whether proxies run and follow the configuration, and what a mesh's configuration outside of Kubernetes says.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::CONFIG_MAP],
    beside: KINDS,
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

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if mesh::present(namespace.scan(), namespace.world()).is_empty() {
        return Verdict::Skip("no mesh was seen: mesh-workload-not-meshed says so".into());
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
