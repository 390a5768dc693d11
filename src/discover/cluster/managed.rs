//! Who runs a control plane that cannot be seen, by the marks that its provider leaves.

use super::told::Told;
use crate::discover::wants::BY_LABEL;

/// A provider of control planes, and its marks.
struct Provider {
    name: &'static str,
    /// A part of the version, where the provider marks it.
    version: Option<&'static str>,
    /// Labels that its nodes have, and no others.
    labels: &'static [&'static str],
}

const PROVIDERS: &[Provider] = &[
    Provider { name: "EKS", version: Some("-eks-"), labels: &["eks.amazonaws.com/nodegroup", "eks.amazonaws.com/compute-type"] },
    Provider { name: "GKE", version: Some("-gke."), labels: &["cloud.google.com/gke-nodepool"] },
    Provider { name: "AKS", version: Some("-aks"), labels: &["kubernetes.azure.com/cluster"] },
    Provider { name: "DigitalOcean Kubernetes", version: None, labels: &["doks.digitalocean.com/node-pool"] },
    Provider { name: "Linode Kubernetes Engine", version: None, labels: &["lke.linode.com/pool-id"] },
    Provider { name: "Scaleway Kapsule", version: None, labels: &["k8s.scaleway.com/pool-name"] },
    Provider { name: "Alibaba Cloud ACK", version: Some("-aliyun."), labels: &["alibabacloud.com/nodepool-id"] },
    Provider { name: "Tencent TKE", version: Some("-tke."), labels: &[] },
    Provider { name: "IBM Cloud Kubernetes Service", version: Some("+IKS"), labels: &["ibm-cloud.kubernetes.io/worker-id"] },
];

/// The labels by which providers are known.
pub(super) fn labels() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().flat_map(|provider| provider.labels.iter().copied())
}

/// The provider that runs the control plane, and what it was recognised by. Where the API server is among the pods, the
/// cluster's owner runs it, whatever the provider's marks.
pub(super) fn by(version: &str, told: &Told) -> Option<(&'static str, String)> {
    let (provider, sign) = PROVIDERS.iter().find_map(|provider| {
        if provider.version.is_some_and(|mark| version.contains(mark)) {
            return Some((provider, format!("its version {version}")));
        }
        let label = provider.labels.iter().find(|label| told.labels.contains(*label))?;
        Some((provider, format!("{BY_LABEL}{label} of its nodes")))
    })?;
    (!told.control_plane).then_some((provider.name, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Resource;

    fn list(plural: &str, kind: &str, text: &str) -> Told {
        let (group, version, kind, plural) = (String::new(), "v1".to_owned(), kind.to_owned(), plural.to_owned());
        Told::by(&Resource { group, version, kind, plural, namespaced: true }, text)
    }

    fn nodes(label: &str) -> Told {
        list("nodes", "Node", &format!("{{\"items\":[{{\"metadata\":{{\"name\":\"n\",\"labels\":{{\"{label}\":\"x\"}}}}}}]}}"))
    }

    #[test]
    fn managed_clusters_are_known_by_version_or_nodes() {
        let none = Told::default();
        let name = |version: &str, told: &Told| by(version, told).map(|(name, _)| name);
        assert_eq!(by("v1.34.1-eks-113cf36", &none), Some(("EKS", "its version v1.34.1-eks-113cf36".to_owned())));
        assert_eq!(name("v1.34.1-gke.1829001", &none), Some("GKE"));
        assert_eq!(
            by("v1.34.1", &nodes("kubernetes.azure.com/cluster")),
            Some(("AKS", "the label kubernetes.azure.com/cluster of its nodes".to_owned()))
        );
        assert_eq!(name("v1.34.1", &nodes("eks.amazonaws.com/nodegroup")), Some("EKS"));
        assert_eq!(name("v1.34.1", &nodes("doks.digitalocean.com/node-pool")), Some("DigitalOcean Kubernetes"));
        assert_eq!(name("v1.34.1+IKS", &none), Some("IBM Cloud Kubernetes Service"));
        for other in ["v1.34.1+k3s1", "v1.34.1+rke2r1", "v1.34.1"] {
            assert_eq!(name(other, &nodes("kubernetes.io/os")), None);
        }
        // a value, or a label of another list, is no mark
        assert_eq!(name("v1.34.1", &list("pods", "Pod", "{\"lke.linode.com/pool-id\":\"x\"}")), None);
        assert_eq!(name("v1.34.1", &list("nodes", "Node", "{\"a\":\"lke.linode.com/pool-id\"}")), None);
    }

    #[test]
    fn a_control_plane_among_the_pods_is_the_owners_own() {
        let own = list("pods", "Pod", "{\"labels\":{\"component\":\"kube-apiserver\"}}");
        assert_eq!(by("v1.34.1-gke.100", &own), None);
        let mut both = nodes("kubernetes.azure.com/cluster");
        both.add(own);
        assert_eq!(by("v1.34.1", &both), None);
    }
}
