//! What runs the cluster is best attacked where it can be reached: its database, its consoles, its metrics.

use crate::checks::{Aspect, Check, Fault, Of, Probe, Severity, Surface, Verdict};
use crate::model::address::{is_loopback, is_private};
use crate::model::admin::{self, Behind};
use crate::model::{Field, GroupKind, Object, Scan, exposure, kinds, service};

pub(super) static CHECK: Check = Check {
    id: "control-plane-endpoint-public",
    title: "control plane or console is reachable from anywhere",
    topic: "control_plane",
    severity: Severity::High,
    why: "Whoever reaches a console or a component of the control plane tries its flaws and stolen passwords at leisure; without a check of its certificate even the API server may be somebody else.",
    fix: "Keep them behind a private address, a list of source addresses or a proxy that knows who asks; let clients check the certificate.",
    how: "Fails where a NodePort Service, a LoadBalancer Service that is neither internal nor limited to source ranges, or an Ingress leads to etcd, the Kubernetes dashboard, the scheduler, the controller manager or kube-proxy, known by the images behind it; where a kubeconfig has `insecure-skip-tls-verify: true`; and, low, where `metricsBindAddress` of kube-proxy is no loopback address. For review: consoles with a login of their own (Argo CD, Headlamp, Rancher, Portainer), what only the Service's name tells, and a `server` of a kubeconfig that is no private address. Does not apply to other Services and Ingresses.",
    surfaces: &[Surface::Host, Surface::Cluster, Surface::Manifest],
    needs: NEEDS,
    blind: "What the provider exports of the cluster's endpoint, firewalls, and routes of the Gateway API.",
    refs: &["https://kubernetes.io/docs/concepts/security/controlling-access/"],
    maps: &[
        ("cis", &["4.3.1"]),
        ("owasp_k8s_2022", &["K09", "K06"]),
        ("owasp_k8s_2025", &["K06", "K07", "K09"]),
        ("mitre", &["T1133", "T1190"]),
        ("cwe", &["CWE-668"]),
    ],
    aspects: &[Aspect { name: "kube-proxy/metricsBindAddress", of: Of::Kind(KUBE_PROXY) }],
    probe: Probe::Object(&[kinds::SERVICE, kinds::INGRESS, KUBECONFIG, KUBE_PROXY], probe),
    ..Check::BASE
};

const NEEDS: &[GroupKind] = &[kinds::SERVICE, kinds::POD, kinds::DEPLOYMENT];
const KUBECONFIG: GroupKind = GroupKind::new("", "Config");
const KUBE_PROXY: GroupKind = GroupKind::new("kubeproxy.config.k8s.io", "KubeProxyConfiguration");

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.kind {
        "Service" => exposed_service(object, scan),
        "Ingress" => ingress(object, scan),
        "Config" => object.at("clusters").items().flat_map(|entry| cluster(entry.key("cluster"))).collect(),
        _ => metrics(object.at("metricsBindAddress")).into(),
    }
}

fn exposed_service(service: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let kind = service.at("spec.type");
    let way = match kind.text() {
        Some("NodePort") => "on every node",
        Some("LoadBalancer") if service::closed(service).is_none() && !service::has_source_ranges(service) => "by a load balancer",
        _ => return Verdict::Skip("a Service that is not open to everybody".into()),
    };
    let namespace = service.namespace.unwrap_or(scan.evidence.assumed_namespace());
    match admin::behind(scan, service.world, namespace, service.name) {
        Some(found) => open(found, kind, way).into(),
        None => Verdict::Skip("no part of the control plane is seen behind it".into()),
    }
}

/// A fault for what stands open; of a name alone, or where it asks for a login, a doubt.
fn open(found: Behind, field: Field<'_>, way: &str) -> Fault {
    let (Behind::Console(console) | Behind::Named(console)) = found;
    let login = if console.login { ", behind a login of its own" } else { "" };
    let fault = field.fault(format!("{} is reachable {way}{login}", console.name)).expected("no way in from outside of the cluster");
    if console.login || matches!(found, Behind::Named(_)) { fault.doubt() } else { fault }
}

fn ingress(ingress: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if let Some(why) = exposure::closed(ingress) {
        return Verdict::Skip(why.into());
    }
    let namespace = ingress.namespace.unwrap_or(scan.evidence.assumed_namespace());
    let found = exposure::backends(ingress).filter_map(|field| Some((field, admin::behind(scan, ingress.world, namespace, field.str())?)));
    let faults: Vec<_> = found.map(|(field, behind)| open(behind, field, "by this Ingress")).collect();
    if faults.is_empty() { Verdict::Skip("no part of the control plane is seen behind it".into()) } else { faults.into() }
}

/// The API server as a kubeconfig knows it.
fn cluster(cluster: Field<'_>) -> Option<Fault> {
    let unchecked = cluster.key("insecure-skip-tls-verify");
    if unchecked.is_true() {
        return Some(unchecked.fault("the API server's certificate is not checked: anybody may stand in for it").expected("false"));
    }
    let server = cluster.key("server");
    let host = server.str().split_once("://").map_or(server.str(), |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let said = || format!("the API server is at {host}: nothing here shows that only known addresses reach it");
    (!host.is_empty() && !is_private(host)).then(|| server.fault(said()).expected("a private address, or one limited to some").doubt())
}

/// The default is the loopback address.
fn metrics(address: Field<'_>) -> Option<Fault> {
    let host = address.str();
    let open = !host.is_empty() && !is_loopback(host);
    let said = || format!("kube-proxy shows its metrics on {host}");
    open.then(|| address.fault(said()).expected("127.0.0.1:10249").severity(Severity::Low))
}
