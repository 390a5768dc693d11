//! Secrets as workloads use them, and the managers that deliver them.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::model::field::Field;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::{GroupKind, kinds, time};

/// The kinds by which managers deliver Secrets.
pub const MANAGERS: &[GroupKind] = &[
    GroupKind::new("external-secrets.io", "ExternalSecret"),
    GroupKind::new("external-secrets.io", "ClusterExternalSecret"),
    GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass"),
    GroupKind::new("secrets.hashicorp.com", "VaultStaticSecret"),
    GroupKind::new("secrets.hashicorp.com", "VaultDynamicSecret"),
    GroupKind::new("secrets.hashicorp.com", "VaultPKISecret"),
    GroupKind::new("secrets.infisical.com", "InfisicalSecret"),
    GroupKind::new("onepassword.com", "OnePasswordItem"),
    GroupKind::new("bitnami.com", "SealedSecret"),
    CERTIFICATE,
];

/// What makes certificates, and nothing else.
const CERTIFICATE: GroupKind = GroupKind::new("cert-manager.io", "Certificate");

/// The Secrets that workloads of a namespace cannot do without, each with the first place that names it; those that
/// Kubernetes or Helm fill are left out.
#[must_use]
pub fn used_secrets<'a>(namespace: &Namespace<'a>) -> BTreeMap<&'a str, Field<'a>> {
    let mut used = used_by(namespace.pods());
    for secret in namespace.objects().filter(|object| object.is(kinds::SECRET) && !is_plain(object)) {
        used.remove(secret.name);
    }
    used
}

/// The Secrets that pods cannot do without, each with the first place that names it.
#[must_use]
pub fn used_by<'a>(pods: impl Iterator<Item = Pod<'a>>) -> BTreeMap<&'a str, Field<'a>> {
    let mut used = BTreeMap::new();
    for pod in pods {
        let variables = pod.containers().flat_map(|container| {
            let single = container.at("env").items().map(|variable| variable.at("valueFrom.secretKeyRef"));
            let all = container.at("envFrom").items().map(|source| source.at("secretRef"));
            single.chain(all).map(|reference| (reference, "name")).collect::<Vec<_>>()
        });
        let volumes = pod.volumes().flat_map(|volume| {
            let projected = volume.at("projected.sources").items().map(|source| (source.at("secret"), "name"));
            projected.chain([(volume.at("secret"), "secretName")]).collect::<Vec<_>>()
        });
        let needed = variables.chain(volumes).filter(|(reference, _)| reference.exists() && !reference.key("optional").is_true());
        for field in needed.map(|(reference, key)| reference.key(key)) {
            if let Some(name) = field.text().filter(|name| !name.is_empty()) {
                used.entry(name).or_insert(field);
            }
        }
    }
    used
}

/// When some data of a Secret were last written, and what tells.
#[must_use]
pub fn last_written<'a>(secret: &Object<'a>) -> Option<(Timestamp, Field<'a>)> {
    let with_data = secret.at("metadata.managedFields").items().filter(|entry| entry.key("fieldsV1").key("f:data").exists());
    let times = with_data.map(|entry| entry.key("time")).filter_map(|field| Some((time::read(field.text()?)?, field)));
    times.max_by_key(|(time, _)| *time)
}

/// Whether a Secret is one that somebody fills with what he likes.
fn is_plain(secret: &Object<'_>) -> bool {
    !matches!(secret.at("type").str(), "kubernetes.io/service-account-token" | "helm.sh/release.v1" | "bootstrap.kubernetes.io/token")
}

/// Whether a workload of a namespace gets secrets past Secrets: from a CSI driver or an agent.
#[must_use]
pub fn is_delivered_otherwise(namespace: &Namespace<'_>) -> bool {
    namespace.pods().any(|pod| is_injected(&pod))
}

/// Whether a pod gets secrets past Secrets.
#[must_use]
pub fn is_injected(pod: &Pod<'_>) -> bool {
    let injected = pod.annotation("vault.hashicorp.com/agent-inject").str() == "true";
    injected || pod.volumes().any(|volume| volume.at("csi.driver").str() == "secrets-store.csi.k8s.io")
}

/// What managers make in a namespace.
#[derive(Debug)]
pub struct Managed<'a> {
    names: HashSet<&'a str>,
    any: bool,
}

impl<'a> Managed<'a> {
    /// Gathers it from the objects of a namespace.
    #[must_use]
    pub fn of(namespace: &Namespace<'a>) -> Self {
        let mut managed = Managed { names: HashSet::new(), any: false };
        for object in namespace.objects() {
            if MANAGERS.iter().any(|kind| object.is(*kind)) {
                managed.names.extend(targets(object));
            } else if object.is(kinds::SECRET) && is_owned(object) {
                managed.names.insert(object.name);
            }
        }
        let scan = namespace.scan();
        let others = MANAGERS.iter().filter(|kind| **kind != CERTIFICATE);
        managed.any = others.into_iter().any(|kind| scan.evidence.of_kind_in(namespace.world(), *kind).next().is_some());
        managed
    }

    /// Whether a manager makes the Secret of this name.
    #[must_use]
    pub fn makes(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether any manager is seen in the same world.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any
    }
}

/// The names of the Secrets that an object of a manager has made.
fn targets<'a>(object: &Object<'a>) -> Vec<&'a str> {
    let spec = object.at("spec");
    let named = match object.kind {
        "ExternalSecret" => spec.at("target.name"),
        "VaultStaticSecret" | "VaultDynamicSecret" | "VaultPKISecret" => spec.at("destination.name"),
        "SecretProviderClass" => return spec.key("secretObjects").items().map(|secret| secret.key("secretName").str()).collect(),
        "InfisicalSecret" => spec.at("managedSecretReference.secretName"),
        "Certificate" => spec.key("secretName"),
        "SealedSecret" => spec.at("template.metadata.name"),
        _ => spec.key("target"),
    };
    vec![named.text().unwrap_or(object.name)]
}

fn is_owned(secret: &Object<'_>) -> bool {
    let mut owners = secret.at("metadata.ownerReferences").items();
    let by_manager = owners.any(|owner| MANAGERS.iter().any(|kind| owner.key("kind").str() == kind.kind));
    by_manager || secret.label("reconcile.external-secrets.io/managed").text() == Some("true")
}
