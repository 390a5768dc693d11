//! Who runs a control plane that cannot be seen, by the marks that its provider leaves.

use crate::discover::List;
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

/// The provider that runs the control plane, and what it was recognised by. Where the API server is among the pods, the
/// cluster's owner runs it, whatever the provider's marks.
pub(super) fn by(version: &str, lists: &[List]) -> Option<(&'static str, String)> {
    let has = |wanted: &dyn Fn(&str) -> bool, text: &str| {
        let finder = memchr::memmem::Finder::new(text);
        lists.iter().any(|list| wanted(list.uri.split('?').next().unwrap_or_default()) && finder.find(list.text.as_bytes()).is_some())
    };
    let (provider, sign) = PROVIDERS.iter().find_map(|provider| {
        if provider.version.is_some_and(|mark| version.contains(mark)) {
            return Some((provider, format!("its version {version}")));
        }
        let label = provider.labels.iter().find(|label| has(&|path| path == "/api/v1/nodes", &format!("\"{label}\":")))?;
        Some((provider, format!("{BY_LABEL}{label} of its nodes")))
    })?;
    let runs_here = has(&|path| path.starts_with("/api/v1/") && path.ends_with("/pods"), "\"component\":\"kube-apiserver\"");
    (!runs_here).then_some((provider.name, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(uri: &str, text: &str) -> List {
        List { uri: uri.to_owned(), items: 1, text: text.to_owned() }
    }

    fn nodes(label: &str) -> List {
        list("/api/v1/nodes", &format!("{{\"items\":[{{\"metadata\":{{\"labels\":{{\"{label}\":\"x\"}}}}}}]}}"))
    }

    #[test]
    fn managed_clusters_are_known_by_version_or_nodes() {
        let name = |version: &str, lists: &[List]| by(version, lists).map(|(name, _)| name);
        assert_eq!(by("v1.34.1-eks-113cf36", &[]), Some(("EKS", "its version v1.34.1-eks-113cf36".to_owned())));
        assert_eq!(name("v1.34.1-gke.1829001", &[]), Some("GKE"));
        assert_eq!(
            by("v1.34.1", &[nodes("kubernetes.azure.com/cluster")]),
            Some(("AKS", "the label kubernetes.azure.com/cluster of its nodes".to_owned()))
        );
        assert_eq!(name("v1.34.1", &[nodes("eks.amazonaws.com/nodegroup")]), Some("EKS"));
        assert_eq!(name("v1.34.1", &[nodes("doks.digitalocean.com/node-pool")]), Some("DigitalOcean Kubernetes"));
        assert_eq!(name("v1.34.1+IKS", &[]), Some("IBM Cloud Kubernetes Service"));
        for other in ["v1.34.1+k3s1", "v1.34.1+rke2r1", "v1.34.1"] {
            assert_eq!(name(other, &[nodes("kubernetes.io/os")]), None);
        }
        // a value, or a label of another list, is no mark
        assert_eq!(name("v1.34.1", &[list("/api/v1/pods", "{\"lke.linode.com/pool-id\":\"x\"}")]), None);
        assert_eq!(name("v1.34.1", &[list("/api/v1/nodes", "{\"a\":\"lke.linode.com/pool-id\"}")]), None);
    }

    #[test]
    fn a_control_plane_among_the_pods_is_the_owners_own() {
        let own = list("/api/v1/namespaces/kube-system/pods", "{\"labels\":{\"component\":\"kube-apiserver\"}}");
        assert_eq!(by("v1.34.1-gke.100", &[own]), None);
    }
}
