//! A key that lies beside what it encrypts protects from nobody who has both.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::component::{ENCRYPTION, Joined};
use crate::model::encryption::{Coverage, of_secrets};
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "etcd-encryption-not-kms",
    title: "keys that encrypt Secrets are local or weak",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "Who copies the node's disk has the key as well as the data; a key in a file is rotated by hand, if at all.",
    fix: "Use a KMS v2 plugin with keys in an external KMS or HSM as the first provider for secrets.",
    how: "Looks at the provider that writes Secrets. Fails when it is aescbc, aesgcm or secretbox (the key lies in the file), or a KMS plugin of the v1 API, which is deprecated since 1.28 and off since 1.29. Passes for KMS v2. Where Secrets are not encrypted at all, etcd-encryption-missing says so, and this does not apply.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "What stands behind the plugin, and a provider's control plane.",
    refs: &[
        "https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/",
        "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers",
    ],
    maps: &[("cis", &["1.2.28"]), ("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("cwe", &["CWE-320", "CWE-522"])],
    probe: Probe::Component(&[Role::ApiServer, Role::Encryption], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let Joined::Found(file) = server.joined("encryption-provider-config", ENCRYPTION) else {
        return Verdict::Skip("no encryption configuration is there to look at".into());
    };
    let Coverage::Encrypted { name, provider, .. } = of_secrets(file) else {
        return Verdict::Skip("Secrets are not encrypted: etcd-encryption-missing says so".into());
    };
    let expected = "kms with apiVersion v2";
    let said = match name {
        "kms" => {
            let version = provider.key("apiVersion");
            // v1 is the default of the field
            let old = version.str() != "v2";
            return old
                .then(|| version.fault("the KMS plugin speaks v1, which is deprecated since 1.28 and off since 1.29").expected("v2"))
                .into();
        }
        "aescbc" => "aescbc is open to padding oracles, and its key lies in this file",
        "aesgcm" => "aesgcm needs a new key every 200,000 writes, and its key lies in this file",
        _ => "the key lies in this file, on the node that it protects",
    };
    provider.fault_at_key(said).observed(name.to_owned()).expected(expected).into()
}
