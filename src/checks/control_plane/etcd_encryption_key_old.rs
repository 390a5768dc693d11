//! A key that is never changed loses all that it ever encrypted at once.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::component::{ENCRYPTION, Joined};
use crate::model::dated;
use crate::model::encryption::{Coverage, of_secrets};
use crate::model::{Component, Role};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "etcd-encryption-key-old",
    title: "rotation of the keys that encrypt Secrets is not shown",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "The longer a key is in use, the more is lost with it, and the more people have had it.",
    fix: "Rotate by the policy of the KMS; with local keys add a new one in front, restart, and write all Secrets anew.",
    how: "Looks at the first key of the provider that writes Secrets. Fails when its name has a date in it (2026-05-01, 20260501) that is older than the setting. A key without a date, and a KMS plugin, are for review: the metric apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds shows the age.",
    surfaces: &[Surface::Host, Surface::Cluster],
    settings: &[&OLDEST],
    blind: "When a key came into use, where its name does not say, and what a KMS does.",
    refs: &["https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key"],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("cwe", &["CWE-324"])],
    probe: Probe::Component(&[Role::ApiServer, Role::Encryption], probe),
    ..Check::BASE
};

static OLDEST: Setting = Setting {
    key: "encryption_key_days",
    help: "How old a key that encrypts Secrets may be, in days, by the date in its name.",
    default: Default::Int(365),
};

fn probe(server: &Component<'_>) -> Verdict {
    let Joined::Found(file) = server.joined("encryption-provider-config", ENCRYPTION) else {
        return Verdict::Skip("no encryption configuration is there to look at".into());
    };
    let Coverage::Encrypted { name, provider, .. } = of_secrets(file) else {
        return Verdict::Skip("Secrets are not encrypted: etcd-encryption-missing says so".into());
    };
    if name == "kms" {
        let said = "when the KMS last changed its key is not seen: its policy or the metric of the API server shows it";
        return provider.key("name").fault(said).doubt().into();
    }
    let settings = server.scan().settings;
    let key = provider.at("keys").items().next().map_or(provider.at("keys"), |key| key.key("name"));
    let Some(day) = dated::day_in(key.str()) else {
        return key
            .fault(format!("the name of key {} does not say since when it is in use", key.str()))
            .expected("a date in the name")
            .doubt()
            .into();
    };
    let age = server.scan().today() - day;
    let most = settings.int(&OLDEST);
    (age > most)
        .then(|| key.fault(format!("key {} is {age} days old by its name", key.str())).expected(format!("{most} days or less")))
        .into()
}
