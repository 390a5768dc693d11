//! All other keys are as safe as the one that they are encrypted with.

use super::store::{CLUSTER_SECRET_STORE, SECRET_STORE, provider};
use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::encryption::{self, Coverage};
use crate::model::{Container, Field, GroupKind, Object, Pod, Scan, kinds, vault};

pub(super) static CHECK: Check = Check {
    id: "secret-root-key-not-hsm",
    title: "root keys are not shown to be in an HSM or an external key service",
    topic: "secret",
    severity: Severity::Medium,
    why: "A key in software is a file: whoever has been root where it lies may have it, and nobody will know.",
    fix: "Unseal Vault, and encrypt what etcd keeps, by a key service whose keys are of the protection level HSM, or by PKCS #11.",
    how: "Fails for a Vault server that is sealed by a static key or by SoftHSM, or whose unseal keys lie in a Secret beside it (by its name, or by the operator of Bank-Vaults). Passes for PKCS #11 otherwise, a managed HSM of Azure, and authorities of AWS. For review: key services without a stated level of protection, transit, shares that people hold, a configuration that was not seen, and the KMS of an API server. Does not apply to workloads and stores without root keys.",
    surfaces: &[Surface::Manifest, Surface::Cluster, Surface::Host],
    needs: &[kinds::CONFIG_MAP, kinds::SECRET],
    blind: "The level of protection that a provider was told, how keys were made, and who holds the shares of one that is divided.",
    refs: &[
        "https://developer.hashicorp.com/vault/docs/configuration/seal",
        "https://bank-vaults.dev/docs/operator/unseal-keys/",
        "https://learn.microsoft.com/en-us/azure/key-vault/managed-hsm/overview",
    ],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("cwe", &["CWE-320"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const BANK_VAULTS: GroupKind = GroupKind::new("vault.banzaicloud.com", "Vault");
const AWS_ISSUER: GroupKind = GroupKind::new("awspca.cert-manager.io", "AWSPCAIssuer");
const AWS_CLUSTER_ISSUER: GroupKind = GroupKind::new("awspca.cert-manager.io", "AWSPCAClusterIssuer");
const ENCRYPTION: GroupKind = GroupKind::new("apiserver.config.k8s.io", "EncryptionConfiguration");
const SUBJECTS: &[GroupKind] =
    &[kinds::STATEFUL_SET, kinds::DEPLOYMENT, BANK_VAULTS, SECRET_STORE, CLUSTER_SECRET_STORE, AWS_ISSUER, AWS_CLUSTER_ISSUER, ENCRYPTION];

const EXPECTED: &str = "a key in an HSM";
/// How the host of a managed HSM of Azure ends.
const AZURE_HSM: &str = ".managedhsm.azure.net";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.kind {
        "AWSPCAIssuer" | "AWSPCAClusterIssuer" => Verdict::Pass,
        "Vault" => bank_vaults(object),
        "EncryptionConfiguration" => match encryption::of_secrets(object) {
            Coverage::Encrypted { name: "kms", provider, .. } => {
                let said = "whether the key behind this plug-in lies in an HSM is not said here";
                provider.fault_at_key(said).expected(EXPECTED).doubt().into()
            }
            _ => Verdict::Skip("no key service in it: etcd-encryption-not-kms says so".into()),
        },
        "SecretStore" | "ClusterSecretStore" => {
            let url = provider(object).filter(|(name, _)| *name == "azurekv").map(|(_, provider)| provider.key("vaultUrl"));
            let is_hsm = url.is_some_and(|url| url.str().trim_end_matches('/').ends_with(AZURE_HSM));
            if is_hsm { Verdict::Pass } else { Verdict::Skip("a store of secrets, not of keys".into()) }
        }
        _ => {
            let mut pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
            let found = pods.find_map(|pod| Some((pod, vault::server(&pod)?)));
            found.map_or_else(|| Verdict::Skip("it holds no root key".into()), |(pod, server)| sealed(&pod, &server))
        }
    }
}

/// How the operator keeps what opens its Vault.
fn bank_vaults(object: &Object<'_>) -> Verdict {
    let unseal = object.at("spec").key("unsealConfig");
    let outside =
        ["aws", "google", "azure", "alibaba", "oci", "vault", "hsm"].map(|key| unseal.key(key)).into_iter().find(|field| field.exists());
    match outside {
        // where nothing is said it is a Secret
        None => {
            let secret = unseal.key("kubernetes");
            secret.fault(format!("the unseal keys of Vault {} lie in a Secret of this cluster", object.name)).expected(EXPECTED).into()
        }
        Some(service) => service.fault("whether the key of this service lies in an HSM is not said here").expected(EXPECTED).doubt().into(),
    }
}

/// How a server is sealed: by its configuration, which a variable comes before, or by shares of a key.
fn sealed(pod: &Pod<'_>, server: &Container<'_>) -> Verdict {
    if vault::for_developers(server).is_some() {
        return Verdict::Skip("it runs for developers, and keeps nothing: secret-manager-not-ha says so".into());
    }
    let variable = server.at("env").items().find(|one| one.key("name").str() == "VAULT_SEAL_TYPE").map(|one| one.key("value"));
    if let Some(field) = variable.filter(|field| !field.is_empty()) {
        return by(field.str(), "", |said| field.fault(said)).into();
    }
    let configs = vault::configs(pod);
    let seal = configs.iter().find_map(|config| Some((config, config.block(&["seal"])?)));
    if let Some((config, block)) = seal {
        let detail = ["lib", "resource"].into_iter().find_map(|name| block.attribute(name)).map_or("", |(value, _)| value);
        return by(&block.label, detail, |said| config.fault(block.written(), said)).into();
    }
    if let Some(secret) = unseal_keys(pod) {
        let said = format!("Secret {} lies beside Vault and, by its name, opens it", secret.str());
        let fault = secret.fault(said).expected(EXPECTED).of_its_object();
        // a key service that was not seen may open it, and the Secret be what is needed to ask that
        return if configs.is_empty() { fault.doubt().into() } else { fault.into() };
    }
    let said = if configs.is_empty() {
        "how Vault is sealed is in a configuration that was not seen"
    } else {
        "Vault is opened by shares of a key in software: who holds them, and where, is not said here"
    };
    server.field.key("name").fault(said).expected(EXPECTED).doubt().into()
}

/// What is known of a seal.
fn by(kind: &str, detail: &str, fault: impl Fn(String) -> Fault) -> Option<Fault> {
    match kind {
        "pkcs11" if detail.to_ascii_lowercase().contains("softhsm") => {
            Some(fault("the key that opens Vault is in SoftHSM, which is a file".to_owned()).expected(EXPECTED))
        }
        "pkcs11" => None,
        "azurekeyvault" if detail.ends_with("managedhsm.azure.net") => None,
        "static" => Some(fault("the key that opens Vault is given to it as it is".to_owned()).expected(EXPECTED)),
        "transit" => {
            Some(fault("the key that opens Vault is in another Vault: how is that one sealed".to_owned()).expected(EXPECTED).doubt())
        }
        _ => Some(fault(format!("whether the key of this seal ({kind}) lies in an HSM is not said here")).expected(EXPECTED).doubt()),
    }
}

/// A Secret in the namespace of a server whose name says that it opens it.
fn unseal_keys<'a>(pod: &Pod<'a>) -> Option<Field<'a>> {
    let namespace = pod.scan().namespace(pod.object().world, pod.namespace())?;
    let opens = |name: &str| ["unseal", "vault-init", "vault-keys"].iter().any(|part| name.contains(part));
    let mut secrets = namespace.objects().filter(|object| object.is(kinds::SECRET));
    secrets.find(|secret| opens(secret.name)).map(|secret| secret.at("metadata.name"))
}
