//! A release that gets no fixes has known holes.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::release::{self, Support};
use crate::model::{Component, Field, KubernetesVersion, Role, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "kubernetes-version-unsupported",
    title: "Kubernetes version is out of support, or kubelets are too far from the server",
    topic: "control_plane",
    severity: Severity::High,
    why: "Flaws that are found after a release has ended are never mended in it; a kubelet too old or too new for its server is tested by nobody.",
    fix: "Upgrade one minor release at a time, the control plane first.",
    how: "Reads the version of the API server, of the images of static pods, of a kubeadm configuration and of each Node. Fails when the minor release has ended by a dated table, when a kubelet is newer than the server, or more than three minors older (two before 1.25). A release that the table does not know, a table older than six months, and a provider's build are for review.",
    surfaces: &[Surface::Cluster, Surface::Host, Surface::Manifest],
    needs: &[kinds::NODE, kinds::POD],
    blind: "Patch releases within a minor one, and what a provider supports longer.",
    refs: &["https://kubernetes.io/releases/", "https://kubernetes.io/releases/version-skew-policy/"],
    maps: &[("owasp_k8s_2022", &["K10"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-1104"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let today = scan.today();
    let served = evidence.cluster().map(|captured| captured.cluster.version.as_str());
    let mut seen = 0;
    let mut faults = Vec::new();
    if let (Some(served), Some(first)) = (served, evidence.objects().first()) {
        seen += 1;
        faults.extend(judge(first.at("kind"), "the API server", served, today).map(|fault| fault.observed(served.to_owned())));
    }
    let server = evidence.served_version();
    let mut places = Vec::new();
    for record in evidence.components().records().iter().filter(|record| served.is_none() && record.role != Role::Etcd) {
        let component = Component { scan, record };
        let Some(version) = component.own_version() else { continue };
        seen += 1;
        // an installer's file has one version for all
        let place = (record.object, component.version_place().whole_span());
        if places.contains(&place) {
            continue;
        }
        places.push(place);
        let who = component.role().program();
        faults.extend(judge(component.version_place(), who, &version.to_string(), today));
    }
    for node in evidence.of_kind(kinds::NODE) {
        let field = node.at("status.nodeInfo.kubeletVersion");
        let Ok(version) = field.str().parse::<KubernetesVersion>() else { continue };
        seen += 1;
        let who = format!("the kubelet of node {}", node.name);
        faults.extend(judge(field, &who, field.str(), today));
        faults.extend(server.and_then(|server| skewed(field, node.name, version, server)));
    }
    if seen == 0 { Verdict::Unseen } else { faults.into() }
}

fn judge(field: Field<'_>, who: &str, written: &str, today: i64) -> Option<Fault> {
    let version: KubernetesVersion = written.parse().ok()?;
    let by_provider = ["-eks", "-gke", "-aks"].iter().any(|mark| written.contains(mark));
    match release::support(version, today) {
        Support::Ended(day, before) => {
            let when = if before { "before" } else { "on" };
            let fault =
                field.fault(format!("{who} has version {written}, whose support ended {when} {day}")).expected("a supported release");
            Some(if by_provider { fault.doubt() } else { fault })
        }
        Support::Unknown => Some(field.fault(format!("{who} has version {written}, which this release of cnscan does not know")).doubt()),
        Support::Stale => Some(
            field
                .fault(format!("{who} has version {written}: the table of releases is older than six months"))
                .severity(Severity::Low)
                .doubt(),
        ),
        Support::Supported => None,
    }
}

fn skewed(field: Field<'_>, node: &str, kubelet: KubernetesVersion, server: KubernetesVersion) -> Option<Fault> {
    let most = if server.0 < 25 { 2 } else { 3 };
    if kubelet > server {
        return Some(
            field
                .fault(format!("the kubelet of node {node} is newer than the API server, {server}"))
                .expected(format!("{server} or older")),
        );
    }
    let behind = server.0 - kubelet.0;
    (behind > most).then(|| {
        field
            .fault(format!("the kubelet of node {node} is {behind} minor releases behind the API server"))
            .expected(format!("{most} at most"))
    })
}
