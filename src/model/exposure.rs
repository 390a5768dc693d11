//! Where HTTP enters the cluster: Ingresses, Gateways and what is known of their TLS.

use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::service;
use crate::model::{GroupKind, kinds};

/// The routes that may be attached to an HTTP listener.
pub const ROUTES: &[GroupKind] = &[kinds::HTTP_ROUTE, kinds::GRPC_ROUTE];

/// Istio's own Gateway, which configures proxies that a Service leads to.
pub const ISTIO_GATEWAY: GroupKind = GroupKind::new("networking.istio.io", "Gateway");
/// Istio's routes.
pub const VIRTUAL_SERVICE: GroupKind = GroupKind::new("networking.istio.io", "VirtualService");

/// Annotations by which TLS ends without `spec.tls`; `""`: any value but the empty one.
const TLS: &[(&str, &str)] = &[
    ("alb.ingress.kubernetes.io/certificate-arn", ""),
    ("appgw.ingress.kubernetes.io/appgw-ssl-certificate", ""),
    ("ingress.gcp.kubernetes.io/pre-shared-cert", ""),
    ("networking.gke.io/managed-certificates", ""),
    ("networking.gke.io/certmap", ""),
    ("nginx.ingress.kubernetes.io/force-ssl-redirect", "true"),
    ("nginx.ingress.kubernetes.io/ssl-passthrough", "true"),
    ("haproxy-ingress.github.io/ssl-passthrough", "true"),
    ("haproxy.org/ssl-passthrough", "true"),
    ("haproxy.org/ssl-redirect", "true"),
    ("route.openshift.io/termination", ""),
    ("traefik.ingress.kubernetes.io/router.tls", "true"),
];

/// The class of an Ingress: the annotation is older, and wins.
#[must_use]
pub fn class<'a>(ingress: &Object<'a>) -> &'a str {
    let annotation = ingress.annotation("kubernetes.io/ingress.class").str();
    if annotation.is_empty() { ingress.at("spec.ingressClassName").str() } else { annotation }
}

/// Why an Ingress or Gateway cannot be reached from the internet; `None` when it may be.
#[must_use]
pub fn closed(object: &Object<'_>) -> Option<&'static str> {
    let internal = if object.is(kinds::GATEWAY) { is_internal_gateway(object) } else { is_internal_ingress(object) };
    internal.then_some("an internal load balancer")
}

fn is_internal_ingress(ingress: &Object<'_>) -> bool {
    let annotations = ingress.at("metadata.annotations");
    let scheme = annotations.key("alb.ingress.kubernetes.io/scheme").str();
    // the scheme of an AWS load balancer is internal unless said otherwise, here or elsewhere in its group
    let alone = annotations.key("alb.ingress.kubernetes.io/group.name").is_empty();
    scheme == "internal"
        || scheme.is_empty() && class(ingress) == "alb" && alone
        || class(ingress) == "gce-internal"
        || annotations.key("appgw.ingress.kubernetes.io/use-private-ip").str() == "true"
}

fn is_internal_gateway(gateway: &Object<'_>) -> bool {
    // the classes that Google Cloud makes internal load balancers of
    matches!(gateway.at("spec.gatewayClassName").str(), "gke-l7-rilb" | "gke-l7-rilb-mc" | "gke-l7-cross-regional-internal-managed-mc")
        || service::is_internal(gateway.at("spec.infrastructure.annotations"))
        || service::is_internal(gateway.at("metadata.annotations"))
        || gateway.annotation("networking.istio.io/service-type").str() == "ClusterIP"
}

/// The annotation by which TLS ends ahead of `spec.tls`, or beside it.
#[must_use]
pub fn tls_annotation(ingress: &Object<'_>) -> Option<&'static str> {
    let annotations = ingress.at("metadata.annotations");
    let https = annotations.key("alb.ingress.kubernetes.io/listen-ports").str().contains("HTTPS");
    let listed = TLS.iter().find(|(key, value)| {
        let given = annotations.key(key).str();
        if value.is_empty() { !given.is_empty() } else { given == *value }
    });
    listed.map(|(key, _)| *key).or(https.then_some("alb.ingress.kubernetes.io/listen-ports"))
}

/// Hosts (or their absence, which means every host) for which an Ingress has no TLS.
#[must_use]
pub fn hosts_without_tls<'a>(ingress: &Object<'a>) -> Vec<Field<'a>> {
    let spec = ingress.at("spec");
    let tls = spec.key("tls");
    // an entry without hosts stands for all of them
    if tls.items().any(|entry| entry.key("hosts").is_empty()) {
        return Vec::new();
    }
    let mut hosts: Vec<_> = spec.key("rules").items().map(|rule| rule.key("host")).filter(|host| !lists(ingress, host.str())).collect();
    // a rule without a host says it of every other host as well
    if !hosts.iter().any(|host| host.is_empty()) {
        // `backend` was its name before networking.k8s.io/v1
        hosts.extend(["defaultBackend", "backend"].into_iter().map(|key| spec.key(key)).filter(|backend| backend.exists()));
    }
    hosts
}

/// The names of the Services that an Ingress leads to.
pub fn backends<'a>(ingress: &Object<'a>) -> impl Iterator<Item = Field<'a>> {
    let spec = ingress.at("spec");
    let paths = spec.key("rules").items().flat_map(|rule| rule.at("http.paths").items()).map(|path| path.key("backend"));
    // before networking.k8s.io/v1 they had other names
    let all = ["defaultBackend", "backend"].into_iter().map(move |key| spec.key(key)).chain(paths);
    all.flat_map(|backend| [backend.at("service.name"), backend.key("serviceName")]).filter(|name| name.exists())
}

/// Another Ingress that has TLS for a host.
#[must_use]
pub fn covered_elsewhere<'e>(evidence: &'e Evidence<'_>, ingress: &Object<'_>, host: Field<'_>) -> Option<&'e Object<'e>> {
    let mut others = evidence.of_kind_in(ingress.world, kinds::INGRESS).filter(|other| other.id != ingress.id);
    others.find(|other| other.name != ingress.name && lists(other, host.str()))
}

/// Whether the TLS of an Ingress is for a host by name.
fn lists(ingress: &Object<'_>, host: &str) -> bool {
    let entries = ingress.at("spec.tls").items();
    entries.flat_map(|entry| entry.key("hosts").items()).any(|listed| covers(listed.str(), host))
}

/// Whether a host of a certificate fits a host of a rule: `*.` stands for one label.
fn covers(listed: &str, host: &str) -> bool {
    if listed == host {
        return !host.is_empty();
    }
    let parent = listed.strip_prefix("*.").zip(host.split_once('.'));
    parent.is_some_and(|(listed, (label, parent))| listed == parent && label != "*")
}

/// The listeners of a Gateway that speak HTTP without TLS.
pub fn plain_listeners<'a>(gateway: &Object<'a>) -> impl Iterator<Item = Field<'a>> {
    gateway.at("spec.listeners").items().filter(|listener| listener.key("protocol").text() == Some("HTTP"))
}

/// A route attached to a listener that does more than send people to HTTPS.
#[must_use]
pub fn serving_route<'e>(evidence: &'e Evidence<'_>, gateway: &Object<'_>, listener: Field<'_>) -> Option<&'e Object<'e>> {
    let mut routes = ROUTES.iter().flat_map(|kind| evidence.of_kind_in(gateway.world, *kind));
    routes.find(|route| is_attached(evidence, route, gateway, listener) && !only_redirects(route))
}

fn is_attached(evidence: &Evidence<'_>, route: &Object<'_>, gateway: &Object<'_>, listener: Field<'_>) -> bool {
    let namespace_of = |object: &Object<'_>| object.namespace.map_or_else(|| evidence.assumed_namespace().to_owned(), str::to_owned);
    let own = namespace_of(route);
    let fits = |given: Field<'_>, wanted: &str| given.is_empty() || given.str() == wanted;
    // by default a listener takes routes of the gateway's own namespace alone
    let from = listener.at("allowedRoutes.namespaces.from");
    if own != namespace_of(gateway) && !matches!(from.str(), "All" | "Selector") {
        return false;
    }
    let names = |parent: Field<'_>| {
        let namespace = parent.key("namespace").text().unwrap_or(&own);
        fits(parent.key("kind"), "Gateway")
            && parent.key("name").str() == gateway.name
            && namespace == namespace_of(gateway)
            && fits(parent.key("sectionName"), listener.key("name").str())
            && fits(parent.key("port"), listener.key("port").str())
    };
    let hosts = route.at("spec.hostnames");
    let hostname = listener.key("hostname").str();
    let shares_host = hostname.is_empty() || hosts.is_empty() || hosts.items().any(|host| overlap(hostname, host.str()));
    shares_host && route.at("spec.parentRefs").items().any(names)
}

/// Whether two host names, either of which may begin with `*.`, have a host in common. Other than in certificates the
/// star of a Gateway stands for any number of labels.
fn overlap(one: &str, other: &str) -> bool {
    let within = |wide: &str, host: &str| wide.strip_prefix('*').is_some_and(|parent| host.trim_start_matches('*').ends_with(parent));
    one == other || within(one, other) || within(other, one)
}

fn only_redirects(route: &Object<'_>) -> bool {
    let to_https = |filter: Field<'_>| {
        filter.key("type").text() == Some("RequestRedirect") && filter.at("requestRedirect.scheme").text() == Some("https")
    };
    route.at("spec.rules").items().all(|rule| rule.key("filters").items().any(to_https))
}

/// Whether a Service leads to the proxies that a Gateway of Istio configures.
fn is_behind(service: &Object<'_>, gateway: &Object<'_>) -> bool {
    let (selector, asked) = (service.at("spec.selector"), gateway.at("spec.selector").entries());
    !asked.is_empty() && asked.iter().all(|(key, value)| value.text().is_some() && selector.key(key).text() == value.text())
}

/// The Gateway of Istio that configures the proxies behind a Service.
#[must_use]
pub fn istio_gateway<'e>(evidence: &'e Evidence<'_>, service: &Object<'_>) -> Option<&'e Object<'e>> {
    evidence.of_kind_in(service.world, ISTIO_GATEWAY).find(|gateway| is_behind(service, gateway))
}

/// The Services that lead to the proxies that a Gateway of Istio configures.
pub fn services_before<'e>(evidence: &'e Evidence<'_>, gateway: &Object<'_>) -> impl Iterator<Item = &'e Object<'e>> {
    evidence.of_kind_in(gateway.world, kinds::SERVICE).filter(|service| is_behind(service, gateway))
}

/// The servers of a Gateway of Istio that speak HTTP and do not redirect it.
pub fn plain_servers<'a>(gateway: &Object<'a>) -> impl Iterator<Item = Field<'a>> {
    let is_plain = |server: &Field<'a>| matches!(server.at("port.protocol").str(), "HTTP" | "HTTP2" | "GRPC" | "GRPC-Web");
    gateway.at("spec.servers").items().filter(is_plain).filter(|server| !server.at("tls.httpsRedirect").is_true())
}

/// A VirtualService of a Gateway of Istio that does more than redirect to HTTPS.
#[must_use]
pub fn serving_virtual_service<'e>(evidence: &'e Evidence<'_>, gateway: &Object<'_>) -> Option<&'e Object<'e>> {
    let names = |route: &Object<'_>| {
        route.at("spec.gateways").items().any(|item| match item.str().split_once('/') {
            Some((namespace, name)) => gateway.namespace == Some(namespace) && gateway.name == name,
            None => item.str() == gateway.name && route.namespace == gateway.namespace,
        })
    };
    let serves = |route: &Object<'_>| route.at("spec.http").items().any(|rule| rule.at("redirect.scheme").str() != "https");
    evidence.of_kind_in(gateway.world, VIRTUAL_SERVICE).find(|route| names(route) && serves(route))
}

#[cfg(test)]
mod tests {
    use super::{covers, overlap};

    #[test]
    fn a_star_is_one_label_in_a_certificate_and_any_number_in_a_gateway() {
        assert!(covers("a.example.com", "a.example.com") && covers("*.example.com", "a.example.com"));
        assert!(covers("*.example.com", "*.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com") && !covers("*.example.com", "example.com"));
        assert!(!covers("a.example.com", "*.example.com") && !covers("", ""));
        assert!(overlap("*.example.com", "a.b.example.com") && overlap("a.example.com", "*.example.com"));
        assert!(overlap("*.example.com", "*.b.example.com") && !overlap("*.example.com", "example.com"));
        assert!(!overlap("a.example.com", "b.example.com"));
    }
}
