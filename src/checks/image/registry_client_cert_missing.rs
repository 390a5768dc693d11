//! A token may be copied to another machine; the key of a certificate need never leave it.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::address::is_loopback;
use crate::model::host_file::GROUP;
use crate::model::{Field, GroupKind, Object, Scan, cert_manager, kinds, registry, registry_client};

pub(super) static CHECK: Check = Check {
    id: "registry-client-cert-missing",
    title: "registry clients present no certificate",
    topic: "image",
    severity: Severity::Low,
    why: "A registry that asks for no certificate takes whoever has the token, or nothing, for one of its clients.",
    fix: "Give clients of your own registries a certificate (`certSecretRef` with tls.crt and tls.key, `client` in hosts.toml), and have the registry demand one.",
    how: "For sources of Flux in OCI registries, and for the hosts.toml of containerd on nodes: fails where neither names a client's certificate for a registry, or where the Secret that Flux is given has a CA alone. Passes where Flux is given a Secret with tls.crt and tls.key, or one that cert-manager makes and not for servers alone, and where each host of a hosts.toml, and the registry behind them, has `client`. Is for review for registries that providers run, which take tokens and offer no mutual TLS, and where the Secret, or what is in it, was not seen. Registries at a loopback address are left out. Without a client's configuration nothing is assessed.",
    unread: true,
    everywhere: true,
    surfaces: &[Surface::Manifest, Surface::Cluster, Surface::Host],
    blind: "Certificates beside hosts.toml, those of Docker, Podman, k3s, RKE2 and BuildKit, what the registry demands, and meshes in front of it; pipelines are not read yet.",
    assurance: Assurance::Configuration,
    needs: NEEDS,
    beside: &[CERTIFICATE],
    refs: &[
        "https://fluxcd.io/flux/components/source/ocirepositories/#cert-secret-reference",
        "https://github.com/containerd/containerd/blob/main/docs/hosts.md",
        "https://distribution.github.io/distribution/about/configuration/",
    ],
    maps: &[("cwe", &["CWE-306"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const HOSTS: GroupKind = GroupKind::new(GROUP, "ContainerdHosts");
const CERTIFICATE: GroupKind = GroupKind::new("cert-manager.io", "Certificate");
const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository"),
    GroupKind::new("source.toolkit.fluxcd.io", "HelmRepository"),
    GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository"),
    HOSTS,
];
const NEEDS: &[GroupKind] = &[kinds::SECRET];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(HOSTS) {
        return node(object);
    }
    let spec = object.at("spec");
    let address = if object.kind == "ImageRepository" { spec.key("image") } else { spec.key("url") };
    let is_registry = object.kind != "HelmRepository" || spec.key("type").str() == "oci";
    let host = registry::host(address.str());
    if !is_registry || host.is_empty() || is_loopback(host) {
        return Verdict::Unseen;
    }
    let reference = spec.at("certSecretRef.name");
    if !reference.is_empty() {
        return given(object, reference, scan).map_or(Verdict::Pass, Fault::into);
    }
    let fault = reference.fault(format!("{} {} is fetched from {host} without a certificate of the client", object.kind, object.name));
    if registry::is_provided(host) {
        return fault.reworded(|said| format!("{said}, which its provider does not offer: clients have a token")).doubt().into();
    }
    fault.expected("a Secret with tls.crt and tls.key").into()
}

/// What is wrong with the Secret that a source is given.
fn given(object: &Object<'_>, reference: Field<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let name = reference.str();
    let is_made = |certificate: &&Object<'_>| certificate.namespace == object.namespace && certificate.at("spec.secretName").str() == name;
    if let Some(certificate) = scan.evidence.of_kind_in(object.world, CERTIFICATE).find(is_made) {
        let said = || format!("Certificate {} is for servers alone, and is used as that of a client", certificate.name);
        let usages = cert_manager::for_servers_alone(certificate);
        return usages.map(|usages| usages.fault(said()).expected("client auth").of_its_object());
    }
    let mut secrets = scan.evidence.of_kind_in(object.world, kinds::SECRET);
    let secret = secrets.find(|secret| secret.name == name && secret.namespace == object.namespace);
    let doubt = |said: String| Some(reference.fault(said).expected("tls.crt and tls.key").doubt());
    let Some(secret) = secret else { return doubt(format!("whether Secret {name} has a certificate of the client is not seen")) };
    let has = |key: &'static str| ["data", "stringData"].iter().any(|part| !secret.at(part).key(key).is_empty());
    if has("tls.crt") && has("tls.key") || has("certFile") && has("keyFile") {
        return None;
    }
    if secret.at("data").is_empty() && secret.at("stringData").is_empty() {
        if secret.at("type").str() == "kubernetes.io/tls" && !secret.at("data").exists() && !secret.at("stringData").exists() {
            return None;
        }
        return doubt(format!("what is in Secret {name} is not seen"));
    }
    Some(reference.fault(format!("Secret {name} has no certificate of the client")).expected("tls.crt and tls.key"))
}

/// How containerd reaches a registry, or the mirrors in front of it.
fn node(hosts: &Object<'_>) -> Verdict {
    let reached = registry_client::reached(hosts).into_iter().filter(|(url, ..)| !is_loopback(registry::host(url)));
    let mut seen = false;
    let faults: Vec<_> = reached
        .inspect(|_| seen = true)
        .filter(|(_, _, client)| !client.scalars().any(|path| !path.is_empty()))
        .map(|(url, field, _)| {
            let host = registry::host(url);
            let fault = field.fault_at_key(format!("containerd reaches {host} without a certificate of the client")).observed("");
            match registry::is_provided(host) {
                true => fault.reworded(|said| format!("{said}, which its provider does not offer")).doubt(),
                false => fault.expected("client, with a certificate and its key"),
            }
        })
        .collect();
    if seen { faults.into() } else { Verdict::Unseen }
}
