//! Parts of the control plane and consoles over the cluster: which Service leads to one of them.

use std::collections::HashMap;

use crate::model::field::unnoticed;
use crate::model::object::Object;
use crate::model::pod::{Container, ContainerKind, Pod};
use crate::model::scan::Scan;
use crate::model::{kinds, service};

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
}

/// The Services that lead to a console, by world, namespace and name.
pub(crate) type Consoles = HashMap<(u16, String, String), Console>;

/// What stands behind a Service of a namespace, by the images of its pods, else by its name.
#[must_use]
pub fn behind(scan: &Scan<'_>, world: u16, namespace: &str, service: &str) -> Option<Behind> {
    let seen = scan.evidence.lazy.consoles.get_or_init(|| unnoticed(|| consoles(scan)));
    let console = if seen.is_empty() { None } else { seen.get(&(world, namespace.to_owned(), service.to_owned())) };
    let named = || CONSOLES.iter().find(|console| console.services.contains(&service)).copied();
    console.copied().map(Behind::Console).or_else(|| named().map(Behind::Named))
}

/// Few pods are consoles, so they look for their Services rather than each Service for its pods.
fn consoles(scan: &Scan<'_>) -> Consoles {
    let mut found = Consoles::new();
    for pod in (0..scan.evidence.pods().len() as u32).map(|id| scan.pod(id)) {
        if !pod.containers().any(|container| of_container(&container).is_some()) {
            continue;
        }
        let world = pod.object().world;
        let objects = scan.namespace(world, pod.namespace()).into_iter().flat_map(|namespace| namespace.objects());
        for service in objects.filter(|object| object.is(kinds::SERVICE) && service::selects(object, &pod)) {
            if let Some(console) = of_pod(&pod, service) {
                found.insert((world, pod.namespace().to_owned(), service.name.to_owned()), console);
            }
        }
    }
    found
}

fn of_pod(pod: &Pod<'_>, service: &Object<'_>) -> Option<Console> {
    let regular: Vec<_> = pod.containers().filter(|container| container.kind == ContainerKind::Regular).collect();
    // of several, the one that says that it listens where the Service leads
    let asked = |container: &&Container<'_>| regular.len() == 1 || listens(container, service);
    regular.iter().filter(asked).find_map(of_container)
}

fn of_container(container: &Container<'_>) -> Option<Console> {
    let image = container.reference().ok()?;
    CONSOLES.iter().find(|console| console.images.iter().any(|parts| image.ends_with(parts))).copied()
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
