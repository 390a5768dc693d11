//! A client that is told not to use TLS, or not to look whom it talks to, leaves the mesh on its way.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::mesh::{self, DESTINATION_RULE, Membership, Mesh};
use crate::model::service;
use crate::model::{Field, Namespace, Object, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-client-tls-disabled",
    title: "traffic is taken out of the mesh",
    topic: "mesh",
    severity: Severity::Medium,
    why: "What goes around the proxies, or without a look at the other side's certificate, is neither encrypted nor tied to an identity.",
    fix: "Take out the override: without one the proxies use the mesh's own TLS wherever the other side can.",
    how: "Fails a DestinationRule for a host of the cluster whose TLS mode is DISABLE, or SIMPLE or MUTUAL with insecureSkipVerify, for all of it, a port or a subset; and annotations of pods in a mesh that take ports which the pod declares out of it (excludeInboundPorts, includeInboundPorts, skip-inbound-ports). For review: hosts outside of the cluster or of the mesh, and ports that are skipped on the way out, as those of databases are. Without a mesh it does not apply.",
    blind: "Whether a host that is named by a ServiceEntry is within the mesh.",
    needs: &[kinds::NAMESPACE, kinds::SERVICE],
    beside: BESIDE,
    refs: &[
        "https://istio.io/latest/docs/reference/config/networking/destination-rule/",
        "https://istio.io/latest/docs/reference/config/annotations/",
        "https://linkerd.io/2/reference/proxy-configuration/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("cwe", &["CWE-295"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const BESIDE: &[crate::model::GroupKind] = &{
    let mut all = [DESTINATION_RULE; mesh::KINDS.len() + 1];
    let mut at = 0;
    while at < mesh::KINDS.len() {
        all[at + 1] = mesh::KINDS[at];
        at += 1;
    }
    all
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let rules: Vec<_> = mesh::within(namespace, DESTINATION_RULE).collect();
    if mesh::present(scan, namespace.world()).is_empty() && rules.is_empty() {
        return Verdict::Skip("no mesh was seen: mesh-workload-not-meshed says so".into());
    }
    let pods: Vec<_> = namespace.meshed().collect();
    if rules.is_empty() && pods.is_empty() {
        return Verdict::Skip("nothing in it is known to be in a mesh".into());
    }
    let of_rules = rules.into_iter().flat_map(|rule| of_rule(rule, namespace));
    of_rules.chain(pods.iter().flat_map(|(pod, mesh, _)| of_pod(pod, *mesh))).collect()
}

/// Every place in a DestinationRule where TLS is set.
fn of_rule(rule: &Object<'_>, namespace: &Namespace<'_>) -> Vec<Fault> {
    let host = rule.at("spec.host").str();
    let own = rule.at("spec.trafficPolicy");
    let subsets = rule.at("spec.subsets").items().map(|subset| subset.key("trafficPolicy"));
    let policies = std::iter::once(own).chain(subsets).collect::<Vec<_>>();
    let ports = policies.iter().flat_map(|policy| policy.key("portLevelSettings").items().collect::<Vec<_>>());
    let settings = policies.iter().copied().chain(ports).map(|policy| policy.key("tls")).filter(|tls| tls.exists());
    let known = standing(host, rule, namespace);
    let fault = |tls: Field<'_>| {
        let (mode, unverified) = (tls.key("mode"), tls.key("insecureSkipVerify"));
        match (mode.str(), unverified.is_true()) {
            ("DISABLE", _) => {
                Some(mode.fault(format!("DestinationRule {} turns TLS off for {host}", rule.name)).expected("ISTIO_MUTUAL, or absent"))
            }
            ("SIMPLE" | "MUTUAL", true) => {
                let said = format!("DestinationRule {} does not verify whom it reaches at {host}", rule.name);
                Some(unverified.fault(said).expected("false, or absent"))
            }
            _ => None,
        }
    };
    let settle = |fault: Fault| match known {
        Host::Meshed => fault,
        Host::Beside => fault.reworded(|said| format!("{said}, whose workloads are not in the mesh")).doubt(),
        Host::Outside => fault.reworded(|said| format!("{said}, which is outside of the cluster")).doubt(),
    };
    settings.filter_map(fault).map(|fault| settle(fault).of_its_object()).collect()
}

/// Where the host of a rule is.
#[derive(Clone, Copy)]
enum Host {
    Meshed,
    Beside,
    Outside,
}

fn standing<'a>(host: &str, rule: &Object<'a>, namespace: &Namespace<'a>) -> Host {
    let mut parts = host.split('.');
    let (name, place, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let inner = matches!(rest, None | Some("svc")) || host.ends_with(".local");
    if host == "*" || host == "*.local" || name == "*" && inner {
        return Host::Meshed;
    }
    // a name with one dot may be a Service with its namespace, or a host of the internet
    let scan = namespace.scan();
    let there = scan.namespace(rule.world, place.unwrap_or(namespace.name()));
    let found = there
        .and_then(|there| there.objects().find(|object| object.is(kinds::SERVICE) && object.name == name).map(|object| (there, object)));
    match found {
        Some((there, object)) => {
            let mut pods = there.pods().filter(|pod| service::selects(object, pod)).peekable();
            let beside = pods.peek().is_some() && pods.all(|pod| matches!(pod.membership(), Membership::Out(..)));
            if beside { Host::Beside } else { Host::Meshed }
        }
        None if place.is_none() || inner && rest.is_some() => Host::Meshed,
        None => Host::Outside,
    }
}

/// Annotations that take ports out of the mesh.
fn of_pod(pod: &Pod<'_>, mesh: Mesh) -> Vec<Fault> {
    let (inbound, outbound): (&[&'static str], &[&'static str]) = match mesh {
        Mesh::Istio => (
            &["traffic.sidecar.istio.io/excludeInboundPorts"],
            &["traffic.sidecar.istio.io/excludeOutboundPorts", "traffic.sidecar.istio.io/excludeOutboundIPRanges"],
        ),
        Mesh::Linkerd => (&["config.linkerd.io/skip-inbound-ports"], &["config.linkerd.io/skip-outbound-ports"]),
        Mesh::Kuma => (&["traffic.kuma.io/exclude-inbound-ports"], &["traffic.kuma.io/exclude-outbound-ports"]),
        Mesh::Consul => (
            &["consul.hashicorp.com/transparent-proxy-exclude-inbound-ports"],
            &["consul.hashicorp.com/transparent-proxy-exclude-outbound-ports"],
        ),
    };
    let containers = pod.containers().flat_map(|container| container.at("ports").items().collect::<Vec<_>>());
    let declared: Vec<i64> = containers.filter_map(|port| port.key("containerPort").int()).collect();
    let name = pod.object().name;
    let mut faults = Vec::new();
    for field in inbound.iter().map(|key| pod.annotation(key)).filter(|field| field.exists()) {
        let taken: Vec<_> = declared.iter().filter(|port| lists(field.str(), **port)).map(ToString::to_string).collect();
        if !taken.is_empty() {
            let said = format!("what comes to port {} of {name} goes around the mesh", taken.join(", "));
            faults.push(field.fault(said).expected("no port that the workload serves").of_its_object());
        }
    }
    let only = pod.annotation("traffic.sidecar.istio.io/includeInboundPorts");
    if mesh == Mesh::Istio && only.exists() && only.str() != "*" {
        let left: Vec<_> = declared.iter().filter(|port| !lists(only.str(), **port)).map(ToString::to_string).collect();
        if !left.is_empty() {
            let said = format!("what comes to port {} of {name} goes around the mesh", left.join(", "));
            faults.push(only.fault(said).expected("*, or absent").of_its_object());
        }
    }
    for field in outbound.iter().map(|key| pod.annotation(key)).filter(|field| !field.is_empty()) {
        let said = format!("what {name} sends to {} goes around the mesh", field.str());
        faults.push(field.fault(said).expected("absent").doubt().of_its_object());
    }
    faults
}

/// Whether a list of ports and ranges has one.
fn lists(list: &str, port: i64) -> bool {
    list.split(',').map(str::trim).any(|item| {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        item == "*" || first.parse().is_ok_and(|first: i64| last.parse().is_ok_and(|last: i64| (first..=last).contains(&port)))
    })
}
