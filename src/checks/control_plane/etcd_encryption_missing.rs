//! The API server writes Secrets to its database as they are, unless it is told to encrypt them.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::component::{ENCRYPTION, Joined};
use crate::model::encryption::{Coverage, of_secrets};
use crate::model::{Component, Object, Role};

pub(super) static CHECK: Check = Check {
    id: "etcd-encryption-missing",
    title: "Secrets are not encrypted in etcd",
    topic: "control_plane",
    severity: Severity::High,
    why: "Whoever gets hold of etcd's files or a backup of them reads every Secret: base64 hides nothing.",
    fix: "Give the API server an EncryptionConfiguration, restart it, then write all Secrets anew: `kubectl get secrets -A -o json | kubectl replace -f -`.",
    how: "Fails when `--encryption-provider-config` is absent, or in the file that it names the first entry that matches secrets (`secrets`, `*.` or `*.*`) has identity as its first provider, or no entry matches them: the first matching entry counts, and its first provider writes. A later identity is left for review, as old objects may still be plain; so is a file that is missing, and a file that no API server in the evidence is seen to use. k3s is judged by `secrets-encryption`.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "Whether existing Secrets were written anew, and what a provider's control plane does: its description tells.",
    refs: &["https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"],
    maps: &[
        ("cis", &["1.2.27", "1.2.28"]),
        ("owasp_k8s_2022", &["K08"]),
        ("owasp_k8s_2025", &["K03"]),
        ("mitre", &["T1552"]),
        ("nsa_cisa", &["encryption"]),
        ("cwe", &["CWE-312", "CWE-311"]),
    ],
    probe: Probe::Component(&[Role::ApiServer, Role::Encryption], probe),
    ..Check::BASE
};

fn probe(server: &Component<'_>) -> Verdict {
    let flag = server.flag("encryption-provider-config");
    match server.joined("encryption-provider-config", ENCRYPTION) {
        Joined::Found(file) => by_file(server, file),
        Joined::Lost(path) => flag.doubt(format!("{path} is not among the files: whether it encrypts Secrets is not known")),
        Joined::Unset if server.flag("secrets-encryption").is_set() => Verdict::Pass,
        Joined::Unset => flag
            .fault("Secrets are written to etcd in the clear")
            .expected("an EncryptionConfiguration with a provider other than identity")
            .into(),
    }
}

fn by_file(server: &Component<'_>, file: &Object<'_>) -> Verdict {
    match of_secrets(file) {
        Coverage::None => file
            .at("resources")
            .fault_at_key("no entry matches secrets, so they are written in the clear")
            .expected("an entry for secrets")
            .into(),
        Coverage::Plain(first) => first
            .fault("identity comes first for secrets, so they are written in the clear")
            .expected("identity last, or not at all")
            .into(),
        Coverage::Encrypted { identity: Some(later), .. } => later
            .fault("Secrets that were written before encryption may still be plain: identity reads them")
            .expected("no identity once all is written anew")
            .severity(Severity::Low)
            .doubt()
            .into(),
        Coverage::Encrypted { .. } if server.role() == Role::Encryption => {
            file.at("kind").fault("it encrypts Secrets, but no API server here is seen to use it").observed("").doubt().into()
        }
        Coverage::Encrypted { .. } => Verdict::Pass,
    }
}
