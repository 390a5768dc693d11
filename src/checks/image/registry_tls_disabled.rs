//! Who stands between a client and a registry that is not checked hands out the images.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::address::is_loopback;
use crate::model::registry_client::{Client, secret_text};
use crate::model::{Field, GroupKind, Object, Pod, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "registry-tls-disabled",
    title: "registry is reached without verified TLS",
    topic: "image",
    severity: Severity::High,
    why: "Whoever stands between the client and the registry reads what is pulled and pushed, and may put another image in its place.",
    fix: "Remove the switch, and have the client trust the CA of the registry.",
    how: "Fails for a HelmRepository (of OCI), OCIRepository or ImageRepository of Flux with `insecure: true`; for a Secret of Argo CD for a Helm or OCI repository with `insecure` or `insecureOCIForceHttp`; and for a container whose own command line runs kaniko, skopeo, buildah, podman, crane, cosign, helm, oras or dockerd with a switch that gives up TLS or its verification. Registries at a loopback address, and those of kind and k3d by their names, are spared. Does not apply to other objects.",
    unread: true,
    blind: "Scripts in command lines, settings in mounted files and ConfigMaps, values of Secrets in a running cluster, files of nodes (hosts.toml, registries.yaml); pipelines and files of repositories are not read yet.",
    needs: NEEDS,
    refs: &[
        "https://fluxcd.io/flux/components/source/ocirepositories/#insecure",
        "https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-repositories-yaml/",
        "https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md",
    ],
    maps: &[("cwe", &["CWE-295", "CWE-319"]), ("owasp_k8s_2022", &["K02"]), ("mitre", &["T1557", "T1195.002"])],
    probe: Probe::Any(probe),
    ..Check::BASE
};

const HELM_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "HelmRepository");
const OCI_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository");
const IMAGE_REPOSITORY: GroupKind = GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository");
const SOURCES: &[GroupKind] = &[HELM_REPOSITORY, OCI_REPOSITORY, IMAGE_REPOSITORY];
const NEEDS: &[GroupKind] = &[HELM_REPOSITORY, OCI_REPOSITORY, IMAGE_REPOSITORY, kinds::SECRET, kinds::POD];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if SOURCES.iter().any(|kind| object.is(*kind)) {
        return match registry(object) {
            Some(address) => by_source(object, address).into(),
            None => Verdict::Skip("a Helm repository that is no registry".into()),
        };
    }
    if object.is(kinds::SECRET) && is_registry_of_argo(object) {
        return by_secret(object).into();
    }
    let pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
    let clients: Vec<_> = pods.flat_map(|pod| pod.containers()).filter_map(|container| Client::of(&container)).collect();
    match clients.is_empty() {
        true => Verdict::Skip("no client of a registry that is known".into()),
        false => clients.iter().filter_map(by_client).collect(),
    }
}

/// Where the registry of a source is; `None` for a Helm repository that is none.
fn registry<'a>(source: &Object<'a>) -> Option<Field<'a>> {
    let spec = source.at("spec");
    match source.kind {
        "HelmRepository" => (spec.key("type").str() == "oci").then(|| spec.key("url")),
        "ImageRepository" => Some(spec.key("image")),
        _ => Some(spec.key("url")),
    }
}

fn by_source(source: &Object<'_>, address: Field<'_>) -> Option<Fault> {
    let insecure = source.at("spec.insecure");
    let bare = insecure.is_true() && !is_local(address.str());
    bare.then(|| insecure.fault(format!("{} {} is fetched without TLS", source.kind, source.name)).expected("false or absent"))
}

/// A Secret that tells Argo CD of a registry: of charts, or of other artefacts.
fn is_registry_of_argo(secret: &Object<'_>) -> bool {
    let label = secret.label("argocd.argoproj.io/secret-type").str();
    matches!(label, "repository" | "repo-creds") && matches!(secret_text(secret, "type").1.as_deref(), Some("helm" | "oci"))
}

fn by_secret(secret: &Object<'_>) -> Option<Fault> {
    if secret_text(secret, "url").1.is_some_and(|url| is_local(&url)) {
        return None;
    }
    let switches = [("insecure", "its certificate is not checked"), ("insecureOCIForceHttp", "it is reached without TLS")];
    switches.into_iter().find_map(|(key, why)| {
        let (field, text) = secret_text(secret, key);
        (text.as_deref() == Some("true")).then(|| {
            let said = format!("the registry of Secret {} is insecure to Argo CD: {why}", secret.name);
            field.fault(said).observed("true").expected("false or absent")
        })
    })
}

fn by_client(client: &Client<'_>) -> Option<Fault> {
    let bare = client.bare()?;
    if client.words().any(|word| is_local(word.str())) {
        return None;
    }
    let said = format!("{} is told to do without verified TLS", client.name());
    Some(bare.fault(said).expected("no such switch"))
}

/// Whether an address, or one within a word, is that of a registry on the same machine, or of a cluster for tests.
fn is_local(word: &str) -> bool {
    let plain = word.rsplit_once("://").map_or(word, |(_, rest)| rest);
    let plain = plain.rsplit_once('=').map_or(plain, |(_, value)| value);
    let host = plain.split('/').next().unwrap_or_default();
    !host.is_empty() && (is_loopback(host) || host.starts_with("kind-registry") || host.starts_with("k3d-"))
}
