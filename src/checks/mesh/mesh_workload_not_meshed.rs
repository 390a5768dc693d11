//! A workload beside the mesh has no identity, and what it sends and gets goes in the clear.

use super::{KINDS, Remarks};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::discover::few;
use crate::model::glob::glob;
use crate::model::mesh::{self, Membership, transport};
use crate::model::{GroupKind, Namespace, Pod, kinds};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

static BESIDE: Setting = Setting {
    key: "workloads_beside_mesh",
    help: "Workloads that are meant to stay out of the mesh, as NAMESPACE/NAME, with `*` for anything.",
    default: Default::Strings(&[]),
};

pub(super) static CHECK: Check = Check {
    id: "mesh-workload-not-meshed",
    title: "workload is outside the mesh",
    topic: "mesh",
    severity: Severity::Medium,
    why: "It cannot show who it is, nor be told apart from an attacker, and the mesh has to let in plaintext for its sake.",
    fix: "Label the namespace for injection or for ambient, and take out what opts pods out of it; or name the workload in `workloads_beside_mesh`.",
    how: "Where there is a mesh, fails each application pod that carries no proxy and is not asked into the mesh: Istio by the labels of pod and namespace, revisions and ambient included, where a pod's opt-out beats its namespace and a namespace that is out cannot be opted into; Linkerd, Kuma and Consul by their annotations and labels. A running pod without the proxy that its template asks for fails as well. For review: no mesh at all, asked once; files that ask for a proxy, as it is put in at admission; revisions without a control plane. Pods on the network of their node, gateways, finished Jobs, control planes and system namespaces are left out.",
    blind: "Proxies that a webhook of another name puts in.",
    needs: &[kinds::NAMESPACE, kinds::POD, kinds::DEPLOYMENT, kinds::MUTATING_WEBHOOK_CONFIGURATION, kinds::CONFIG_MAP],
    beside: BESIDES,
    settings: &[&SYSTEM_NAMESPACES, &BESIDE],
    refs: &[
        "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/",
        "https://istio.io/latest/docs/ambient/usage/add-workloads/",
        "https://linkerd.io/2/features/proxy-injection/",
        "https://kuma.io/docs/latest/production/dp-config/dpp-on-kubernetes/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("cwe", &["CWE-319"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const BESIDES: &[GroupKind] = KINDS;
const RESTS_ON: &[GroupKind] = &[kinds::NAMESPACE];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let Some(pods) = subjects(namespace) else { return Verdict::Skip("no application in it that could be in a mesh".into()) };
    if mesh::present(namespace.scan(), namespace.world()).is_empty() {
        return without(namespace);
    }
    let (mut remarks, mut asked) = (Remarks::new(), Vec::new());
    for pod in &pods {
        let name = pod.object().name;
        match pod.membership() {
            Membership::In { seen: true, .. } => {}
            Membership::In { .. } => match unproxied(pod) {
                Some(running) => {
                    let said = format!("its running pod {} has no proxy, although it is asked for", running.object().name);
                    remarks.add(Some(pod.object().at("metadata.name")), said, false, name);
                }
                None if pod.running().next().is_some() => {}
                None => asked.push(name),
            },
            Membership::Out(field, why) if field.exists() => remarks.add(Some(field), why.to_owned(), false, name),
            Membership::Out(_, why) => remarks.add(None, format!("outside the mesh, as {why}"), false, name),
            Membership::Unclear(field, why) => {
                let place = if field.exists() { field } else { pod.object().at("metadata.name") };
                remarks.add(Some(place), why, true, name);
            }
        }
    }
    let faults = remarks.faults(namespace, "a proxy, or ambient", RESTS_ON);
    if faults.is_empty() && !asked.is_empty() {
        let said = format!("the mesh is asked for, and whether the proxies are there shows only in the cluster: {}", few(&asked));
        return Verdict::Review(said.into());
    }
    faults.into()
}

/// The pods to look at; none of a namespace that is left out.
fn subjects<'a>(namespace: &Namespace<'a>) -> Option<Vec<Pod<'a>>> {
    if namespace.is_system() || namespace.is_control_plane() {
        return None;
    }
    let apart: Vec<_> = namespace.scan().settings.strings(&BESIDE).collect();
    let is_meant = |pod: &Pod<'_>| {
        let is = |pattern: &&str| pattern.split_once('/').is_some_and(|(a, b)| glob(a, namespace.name()) && glob(b, pod.object().name));
        !apart.iter().any(is)
    };
    let pods: Vec<_> = namespace.applications().filter(is_meant).collect();
    (!pods.is_empty()).then_some(pods)
}

/// No mesh at all: asked once.
fn without(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let records = scan.evidence.namespaces().iter().filter(|record| record.world == namespace.world());
    let first = records.map(|record| Namespace { scan, record }).find(|place| subjects(place).is_some());
    if first.is_some_and(|first| first.name() != namespace.name()) {
        return Verdict::Skip("asked once: no mesh was seen".into());
    }
    let encrypted = transport::node_encryption(scan.evidence, namespace.world()).is_some();
    let beside = if encrypted { "; Cilium encrypts what goes from node to node, which tells nobody who sends it" } else { "" };
    let said = format!("no mesh was seen that gives workloads an identity{beside}");
    namespace.field().fault(said).expected("a mesh, where workloads are to know each other").severity(Severity::Low).doubt().into()
}

/// A running pod of a template without the proxy.
fn unproxied<'a>(pod: &Pod<'a>) -> Option<Pod<'a>> {
    pod.running().find(|running| !matches!(running.membership(), Membership::In { seen: true, .. }))
}
