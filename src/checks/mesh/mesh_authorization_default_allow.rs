//! To know who calls is worth something only where somebody is turned away for it.

use super::{KINDS, Remarks};
use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::mesh::{self, authorization, authorization::Admittance};
use crate::model::{Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-authorization-default-allow",
    title: "mesh lets any workload in",
    topic: "mesh",
    severity: Severity::High,
    why: "Every workload of the mesh may call every other one, so that one that is taken over reaches all of them.",
    fix: "Put a policy that allows nothing into the root namespace, and allow named principals to the workloads that they call.",
    how: "For each workload in a mesh, the policies in force are worked out. Istio: AuthorizationPolicies of its namespace and the root namespace by selector; one with a target counts where a waypoint keeps to it, and alone is for review, as it is passed by; without one that allows, everything is allowed, and an empty `spec` allows nothing; policies on trial (dry-run) count for nothing. An allowing rule fails that asks for nothing, for any principal or for addresses alone; rules on requests from anybody, and CUSTOM alone, are for review. Linkerd: a default other than `deny` where no Server guards each declared port, and authorizations for everybody or any identity. Kuma: permissions from everybody, by the mesh or by an identity of a whole trust domain, where no narrower one says otherwise. Consul: intentions from everybody; without one for `*` it is for review. Without a mesh it does not apply.",
    blind: "What an external authorizer decides, and whether the principals named are the right ones.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE, kinds::CONFIG_MAP, kinds::SERVICE],
    beside: KINDS,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    refs: &[
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
        "https://linkerd.io/2/reference/authorization-policy/",
        "https://kuma.io/docs/latest/policies/meshtrafficpermission/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("cwe", &["CWE-862"])],
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
    for (pod, mesh, _) in namespace.meshed() {
        any = true;
        for found in authorization::of_pod(namespace, &pod, mesh) {
            match found {
                Admittance::Named => {}
                Admittance::Wide(at, said) => remarks.add(at, said, false, pod.object().name),
                Admittance::Unclear(at, said) => remarks.add(at, said, true, pod.object().name),
            }
        }
    }
    if !any {
        return Verdict::Skip("no workload in it is known to be in a mesh: mesh-workload-not-meshed says so".into());
    }
    remarks.faults(namespace, "a policy that allows named identities", KINDS).into()
}
