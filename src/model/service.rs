//! Services: who may reach them, and the pods behind them.

use crate::model::field::Field;
use crate::model::kinds;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;

/// Annotations that keep a load balancer off the internet, with the value that does it; `""`: any value but the empty one.
const INTERNAL: &[(&str, &str)] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "0.0.0.0/0"),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("networking.gke.io/load-balancer-type", "Internal"),
    ("cloud.google.com/load-balancer-type", "Internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("oci-network-load-balancer.oraclecloud.com/internal", "true"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""),
    ("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true"),
    ("service.beta.kubernetes.io/do-loadbalancer-network", "INTERNAL"),
    ("load-balancer.hetzner.cloud/disable-public-network", "true"),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", "true"),
];

/// Annotations by which a load balancer itself ends TLS.
const TLS: &[&str] = &[
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
    "service.beta.kubernetes.io/oci-load-balancer-ssl-ports",
    "service.beta.kubernetes.io/scw-loadbalancer-certificate-ids",
    "load-balancer.hetzner.cloud/http-certificates",
];

/// Whether annotations say that a load balancer is internal.
#[must_use]
pub fn is_internal(annotations: Field<'_>) -> bool {
    INTERNAL.iter().any(|(key, value)| {
        let given = annotations.key(key).str();
        if value.is_empty() { !given.is_empty() } else { given.eq_ignore_ascii_case(value) }
    })
}

/// The annotation by which a load balancer ends TLS.
#[must_use]
pub fn tls_annotation(service: &Object<'_>) -> Option<&'static str> {
    let annotations = service.at("metadata.annotations");
    TLS.iter().copied().find(|key| !annotations.key(key).is_empty())
}

/// Why a Service of the type LoadBalancer is not open to every address; `None` when it is.
#[must_use]
pub fn closed(service: &Object<'_>) -> Option<&'static str> {
    let annotations = service.at("metadata.annotations");
    // the AWS Load Balancer Controller makes internal ones unless it is told otherwise
    let aws = service.at("spec.loadBalancerClass").str() == "service.k8s.aws/nlb"
        || matches!(annotations.key("service.beta.kubernetes.io/aws-load-balancer-type").str(), "external" | "nlb-ip");
    let scheme = annotations.key("service.beta.kubernetes.io/aws-load-balancer-scheme");
    let declared_public = annotations.key("service.beta.kubernetes.io/aws-load-balancer-internal").str() == "false";
    if is_internal(annotations) || aws && scheme.is_empty() && !declared_public {
        return Some("an internal load balancer");
    }
    None
}

/// Whether only some addresses may use its load balancer.
#[must_use]
pub fn has_source_ranges(service: &Object<'_>) -> bool {
    let listed = service.at("spec.loadBalancerSourceRanges");
    let annotation = service.annotation("service.beta.kubernetes.io/load-balancer-source-ranges").str();
    let mut ranges =
        listed.items().map(Field::str).chain(annotation.split(',')).map(str::trim).filter(|range| !range.is_empty()).peekable();
    ranges.peek().is_some()
        && ranges.all(|range| !matches!(range, "0.0.0.0/0" | "::/0" | "0.0.0.0/1" | "128.0.0.0/1" | "::/1" | "8000::/1"))
}

/// Whether a port of a Service speaks HTTP in the clear: it says so, or it is 80.
#[must_use]
pub fn speaks_http(port: Field<'_>) -> bool {
    let http = matches!(port.key("appProtocol").str(), "http" | "kubernetes.io/h2c" | "kubernetes.io/ws");
    let unsaid = port.key("appProtocol").is_empty() && port.key("port").str() == "80";
    matches!(port.key("protocol").text(), None | Some("TCP")) && (http || unsaid)
}

/// Whether a port of a Service speaks HTTP over TLS: it says so, or it is 443.
#[must_use]
pub fn speaks_https(port: Field<'_>) -> bool {
    port.key("port").str() == "443" || matches!(port.key("appProtocol").str(), "https" | "kubernetes.io/wss")
}

/// Whether a Service sends traffic to a pod.
#[must_use]
pub fn selects<'a>(service: &Object<'a>, pod: &Pod<'a>) -> bool {
    let selector = service.at("spec.selector").entries();
    let labels = pod.metadata().key("labels");
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.key(key).text() == value.text())
}

impl<'a> Namespace<'a> {
    /// A Service through which a pod is meant to be reached from outside of the cluster.
    #[must_use]
    pub fn public_service(&self, pod: &Pod<'a>) -> Option<&'a Object<'a>> {
        let public =
            |object: &&Object<'_>| object.is(kinds::SERVICE) && matches!(object.at("spec.type").str(), "LoadBalancer" | "NodePort");
        self.objects().filter(public).find(|service| closed(service).is_none() && selects(service, pod))
    }
}
