//! What enters the cluster in the clear can be read and changed on its way.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::exposure::{self, ROUTES};
use crate::model::isolation::named;
use crate::model::{Field, Object, Scan, kinds, service};

pub(super) static CHECK: Check = Check {
    id: "network-exposure-without-tls",
    title: "entry point is exposed without TLS",
    topic: "network",
    severity: Severity::Medium,
    why: "Passwords, sessions and answers that cross networks in the clear can be read and altered by whoever sits on the way.",
    fix: "List the hosts under `tls` with a certificate, as cert-manager keeps one, and let port 80 do nothing but redirect.",
    how: "Fails for each host of an Ingress that no entry of `tls` covers, for a default backend where every entry of `tls` names its hosts, as the other hosts are served by it, for an HTTP listener of a Gateway, or an HTTP server of one of Istio's, with a route that does more than redirect to HTTPS, and for a port of a LoadBalancer Service that speaks plain HTTP (`appProtocol`, else port 80) without `loadBalancerSourceRanges`. For review: an annotation says that TLS ends elsewhere, another Ingress has the host, HTTP is served beside TLS, the Service has a port for TLS too, or the Service before the proxies of an Istio Gateway is not seen. Does not apply to internal load balancers, Services before such proxies, and other Services.",
    blind: "TLS that ends ahead of the cluster, at a CDN or a load balancer set up by other means, does not show in the objects.",
    needs: &[kinds::HTTP_ROUTE, kinds::GRPC_ROUTE],
    beside: &[exposure::VIRTUAL_SERVICE],
    refs: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#tls", "https://gateway-api.sigs.k8s.io/guides/tls/"],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1040", "T1557"]), ("cwe", &["CWE-319"])],
    probe: Probe::Object(&[kinds::INGRESS, kinds::GATEWAY, exposure::ISTIO_GATEWAY, kinds::SERVICE], probe),
    ..Check::BASE
};

const LOAD_BALANCER: &str =
    "Serve TLS on the port, put an Ingress or Gateway with TLS in front, or name the callers in `loadBalancerSourceRanges`.";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::SERVICE) {
        return load_balancer(object, scan);
    }
    if object.is(exposure::ISTIO_GATEWAY) {
        return istio(object, scan);
    }
    if let Some(why) = exposure::closed(object) {
        return Verdict::Skip(why.into());
    }
    if object.is(kinds::GATEWAY) { gateway(object, scan) } else { ingress(object, scan) }
}

fn ingress(ingress: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let open = exposure::hosts_without_tls(ingress);
    let http_off = ingress.annotation("kubernetes.io/ingress.allow-http").str() == "false";
    if open.is_empty() {
        return plain_beside(ingress, http_off).into();
    }
    let annotation = exposure::tls_annotation(ingress);
    // Google's load balancer with a certificate of its own, and without HTTP
    if http_off && annotation.is_some_and(|key| key.contains("gke.io") || key.contains("gcp")) {
        return Verdict::Pass;
    }
    let fault = |host: Field<'_>| {
        let fault = |said: String| host.fault(format!("{} {said}", host_name(ingress, host))).expected("an entry under tls");
        if let Some(key) = annotation {
            fault(format!("has no entry under tls; the annotation {key} says that TLS ends elsewhere")).doubt()
        } else if let Some(other) = exposure::covered_elsewhere(scan.evidence, ingress, host) {
            fault(format!("has no entry under tls here, but in Ingress {}: some controllers join the two", other.name)).doubt()
        } else {
            fault("is served without TLS".to_owned())
        }
    };
    open.into_iter().map(fault).collect()
}

fn host_name(ingress: &Object<'_>, host: Field<'_>) -> String {
    match host.text() {
        Some(name) if !name.is_empty() => format!("host {name}"),
        _ if ingress.at("spec.tls").is_empty() => "every host".to_owned(),
        _ => "every host not listed".to_owned(),
    }
}

/// HTTP that stays open beside TLS.
fn plain_beside(ingress: &Object<'_>, http_off: bool) -> Option<Fault> {
    let redirect = ingress.annotation("nginx.ingress.kubernetes.io/ssl-redirect");
    let forced = ingress.annotation("nginx.ingress.kubernetes.io/force-ssl-redirect").str() == "true";
    if redirect.str() == "false" && !forced {
        return Some(
            redirect.fault("TLS is set up, but HTTP is served beside it instead of redirected").expected("true or absent").doubt(),
        );
    }
    let google = exposure::class(ingress) == "gce" && !http_off;
    let allow = ingress.annotation("kubernetes.io/ingress.allow-http");
    google.then(|| {
        allow.fault("Google's load balancer serves HTTP beside TLS unless a FrontendConfig redirects it").expected("false").doubt()
    })
}

fn gateway(gateway: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let plain: Vec<_> = exposure::plain_listeners(gateway).collect();
    let served = plain.iter().filter_map(|listener| Some((listener, exposure::serving_route(scan.evidence, gateway, *listener)?)));
    let faults: Vec<_> = served
        .map(|(listener, route)| {
            let said =
                format!("listener {} speaks HTTP, and {} {} does more than redirect", listener.key("name").str(), route.kind, route.name);
            listener.key("protocol").fault(said).expected("HTTPS, or routes that redirect to it")
        })
        .collect();
    // a route that was not seen may still use the listener
    if faults.is_empty() && !plain.is_empty() { Verdict::PassIfNone(ROUTES) } else { faults.into() }
}

/// A Gateway of Istio is as open as the Services before its proxies.
fn istio(gateway: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let plain: Vec<_> = exposure::plain_servers(gateway).collect();
    if plain.is_empty() {
        return Verdict::Pass;
    }
    let before: Vec<_> = exposure::services_before(scan.evidence, gateway).collect();
    let is_open = |service: &&Object<'_>| {
        matches!(service.at("spec.type").str(), "LoadBalancer" | "NodePort")
            && service::closed(service).is_none()
            && !service::has_source_ranges(service)
    };
    let open = before.iter().copied().find(is_open);
    if !before.is_empty() && open.is_none() {
        return Verdict::Skip("no Service before its proxies is open to everybody".into());
    }
    let Some(route) = exposure::serving_virtual_service(scan.evidence, gateway) else {
        return Verdict::PassIfNone(&[exposure::VIRTUAL_SERVICE]);
    };
    let fault = |server: Field<'_>| {
        let said =
            format!("port {} speaks HTTP, and VirtualService {} does more than redirect", server.at("port.number").str(), route.name);
        let fault = |said: String| server.at("port.protocol").fault(said).expected("HTTPS, or tls.httpsRedirect");
        match (open, open.and_then(service::tls_annotation)) {
            (Some(_), None) => fault(said),
            (Some(_), Some(key)) => fault(format!("{said}; the annotation {key} says that TLS ends elsewhere")).doubt(),
            (None, _) => fault(format!("{said}; who reaches its proxies does not show")).doubt(),
        }
    };
    plain.into_iter().map(fault).collect()
}

fn load_balancer(service: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if service.at("spec.type").text() != Some("LoadBalancer") {
        return Verdict::Skip("a Service without a load balancer".into());
    }
    if let Some(why) = service::closed(service) {
        return Verdict::Skip(why.into());
    }
    let ports = || service.at("spec.ports").items();
    let plain: Vec<_> = ports().filter(|port| service::speaks_http(*port)).collect();
    if plain.is_empty() {
        return if ports().any(|port| service::speaks_https(port)) {
            Verdict::Pass
        } else {
            Verdict::Skip("no port that speaks HTTP".into())
        };
    }
    if service::has_source_ranges(service) {
        return Verdict::Pass;
    }
    if let Some(gateway) = exposure::istio_gateway(scan.evidence, service) {
        return Verdict::Skip(format!("what it serves is up to {}, which is judged by itself", named(gateway)).into());
    }
    let fault = |port: Field<'_>| {
        let number = port.key("port");
        let said = format!("the load balancer of Service {} takes plain HTTP from every address on port {}", service.name, number.str());
        let fault = |doubt: &str| number.fault(format!("{said}{doubt}")).expected("TLS, or loadBalancerSourceRanges").fix(LOAD_BALANCER);
        if let Some(key) = service::tls_annotation(service) {
            fault(&format!("; the annotation {key} says that it ends TLS")).doubt()
        } else if ports().any(|port| service::speaks_https(port)) {
            fault("; beside the port for TLS it may do nothing but redirect").doubt()
        } else {
            fault("")
        }
    };
    plain.into_iter().map(fault).collect()
}
