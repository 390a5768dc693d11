//! Parts of the control plane and consoles over the cluster: which Service leads to one of them.

use crate::model::image::Image;
use crate::model::object::Object;
use crate::model::pod::{Container, ContainerKind, Pod};
use crate::model::scan::Scan;
use crate::model::service;

/// Something through which the cluster is run.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    /// For a person.
    pub name: &'static str,
    /// It asks everybody who he is.
    pub login: bool,
    /// The last parts of the repositories of its images.
    images: &'static [&'static str],
    /// The names that its own manifests give its Service.
    services: &'static [&'static str],
}

const CONSOLES: &[Console] = &[
    Console { name: "etcd", login: false, images: &["etcd", "coreos/etcd", "etcd-development/etcd"], services: &[] },
    Console {
        name: "the Kubernetes dashboard",
        login: false,
        images: &["kubernetesui/dashboard", "kubernetesui/dashboard-web", "kubernetesui/dashboard-api", "kubernetes-dashboard-amd64"],
        services: &["kubernetes-dashboard", "kubernetes-dashboard-kong-proxy", "kubernetes-dashboard-web"],
    },
    Console { name: "the scheduler", login: false, images: &["kube-scheduler"], services: &[] },
    Console { name: "the controller manager", login: false, images: &["kube-controller-manager"], services: &[] },
    Console { name: "kube-proxy", login: false, images: &["kube-proxy"], services: &[] },
    Console { name: "Argo CD", login: true, images: &[], services: &["argocd-server"] },
    Console { name: "Headlamp", login: true, images: &["headlamp-k8s/headlamp"], services: &["headlamp"] },
    Console { name: "Rancher", login: true, images: &["rancher/rancher"], services: &["rancher"] },
    Console { name: "Portainer", login: true, images: &["portainer/portainer-ce", "portainer/portainer-ee"], services: &["portainer"] },
];

/// What a Service leads to.
#[derive(Debug, Clone, Copy)]
pub enum Behind {
    /// This, as the image of a pod shows.
    Console(Console),
    /// This, if its name is to be trusted: its pods were not seen, or their images tell nothing.
    Named(Console),
    /// Pods that are nothing of the kind.
    Other,
    /// No pod of it was seen.
    Unseen,
}

/// What stands behind a Service, by the images of its pods, else by its name.
#[must_use]
pub fn behind(service: &Object<'_>, scan: &Scan<'_>) -> Behind {
    let namespace = service.namespace.and_then(|name| scan.namespace(service.world, name));
    let pods: Vec<_> = namespace.iter().flat_map(|namespace| namespace.pods()).filter(|pod| service::selects(service, pod)).collect();
    if let Some(console) = pods.iter().find_map(|pod| of_pod(pod, service)) {
        return Behind::Console(console);
    }
    let named = CONSOLES.iter().find(|console| console.services.contains(&service.name));
    match named {
        Some(console) => Behind::Named(*console),
        None if pods.is_empty() => Behind::Unseen,
        None => Behind::Other,
    }
}

fn of_pod(pod: &Pod<'_>, service: &Object<'_>) -> Option<Console> {
    let regular: Vec<_> = pod.containers().filter(|container| container.kind == ContainerKind::Regular).collect();
    // of several, the one that says that it listens where the Service leads
    let asked = |container: &&Container<'_>| regular.len() == 1 || listens(container, service);
    let runs = |console: &&Console| {
        regular.iter().filter(asked).any(|container| {
            let image = Image::parse(container.image().str());
            image.is_ok_and(|image| console.images.iter().any(|parts| image.ends_with(parts)))
        })
    };
    CONSOLES.iter().find(runs).copied()
}

fn listens(container: &Container<'_>, service: &Object<'_>) -> bool {
    let mut targets = service.at("spec.ports").items().map(|port| {
        let (own, target) = (port.key("port"), port.key("targetPort"));
        if target.is_empty() { own.str() } else { target.str() }
    });
    targets.any(|target| {
        let mut own = container.at("ports").items();
        own.any(|port| port.key("containerPort").str() == target || port.key("name").text() == Some(target))
    })
}
