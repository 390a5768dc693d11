//! All credentials of the cluster pass through the connection to the store that they come from.

use super::store::{CLUSTER_SECRET_STORE, SECRET_STORE};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Pod, Scan, kinds, plain_http, vault};
use crate::parse::Kind;

pub(super) static CHECK: Check = Check {
    id: "secret-store-connection-weak",
    title: "secret manager is reached without verified TLS or with static credentials",
    topic: "secret",
    severity: Severity::High,
    why: "Whoever listens to this connection, or stands in its middle, gets every credential that passes; a static one for the store itself opens all of it, for ever.",
    fix: "Use https with the authority's certificate, log in by the identity of a ServiceAccount, and limit cluster-wide stores to the namespaces that need them.",
    how: "Fails for a store of External Secrets, a VaultConnection, a SecretProviderClass, or a workload with Vault's annotations or variables, whose address is http (high; medium within a private network) or that does not verify the certificate; as medium, for a Vault server whose listener has TLS switched off, for a login to Vault, Conjur or another cluster by a static credential, and for a ClusterSecretStore without `conditions`, which serves every namespace. For review, as low: static keys for providers that are always spoken to by TLS. Does not apply to workloads that say nothing of Vault.",
    needs: &[kinds::CONFIG_MAP],
    blind: "TLS that a mesh adds, addresses that come from Secrets or ConfigMaps, pods without a Deployment, StatefulSet or DaemonSet, and stores of kinds that are not known.",
    refs: &[
        "https://external-secrets.io/latest/api/spec/",
        "https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference",
        "https://developer.hashicorp.com/vault/docs/configuration/listener/tcp",
    ],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("mitre", &["T1557"]), ("cwe", &["CWE-319", "CWE-295"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const CONNECTION: GroupKind = GroupKind::new("secrets.hashicorp.com", "VaultConnection");
const LOGIN: GroupKind = GroupKind::new("secrets.hashicorp.com", "VaultAuth");
const PROVIDER_CLASS: GroupKind = GroupKind::new("secrets-store.csi.x-k8s.io", "SecretProviderClass");
const SUBJECTS: &[GroupKind] =
    &[SECRET_STORE, CLUSTER_SECRET_STORE, CONNECTION, LOGIN, PROVIDER_CLASS, kinds::DEPLOYMENT, kinds::STATEFUL_SET, kinds::DAEMON_SET];

const BY_ACCOUNT: &str = "a login by the identity of a ServiceAccount";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    match object.kind {
        "SecretStore" | "ClusterSecretStore" => store(object),
        "VaultConnection" => {
            let verify = spec.key("skipTLSVerify");
            let open = verify.is_true().then(|| unverified(verify, "false"));
            plain_http::fault(spec.key("address"), "Vault is reached").into_iter().chain(open).collect()
        }
        "VaultAuth" => {
            let method = spec.key("method");
            let by_role = (method.text() == Some("appRole")).then_some(method);
            let by_secret = ["jwt.secretRef", "aws.secretRef"].map(|path| spec.at(path)).into_iter().find(|field| !field.is_empty());
            by_role.or(by_secret).map(|field| held(field, "Vault")).into()
        }
        "SecretProviderClass" => {
            let parameters = spec.key("parameters");
            let verify = parameters.key("vaultSkipTLSVerify").as_string();
            let open = is_on(verify).then(|| unverified(verify, "false"));
            plain_http::fault(parameters.key("vaultAddress"), "Vault is reached").into_iter().chain(open).collect()
        }
        _ => workload(object, scan),
    }
}

fn unverified(field: Field<'_>, expected: &'static str) -> Fault {
    field.fault("the certificate of the secret manager is not verified").expected(expected)
}

fn held(field: Field<'_>, store: &str) -> Fault {
    let said = format!("{store} is entered with a credential that lies in a Secret and does not expire by itself");
    // of a reference its name says more than what it begins with
    let fault = if field.kind() == Some(Kind::Mapping) { field.fault_at_key(said) } else { field.fault(said) };
    fault.expected(BY_ACCOUNT).severity(Severity::Medium)
}

/// As Go's `strconv.ParseBool` has it.
fn is_on(field: Field<'_>) -> bool {
    matches!(field.str(), "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// Where providers that know better logins keep the static ones.
const STATIC: &[(&str, &[&str])] = &[
    (
        "vault",
        &[
            "auth.tokenSecretRef",
            "auth.userPass",
            "auth.ldap",
            "auth.appRole",
            "auth.kubernetes.secretRef",
            "auth.jwt.secretRef",
            "auth.iam.secretRef",
            "auth.gcp.secretRef",
        ],
    ),
    ("conjur", &["auth.apikey"]),
    ("kubernetes", &["auth.token", "auth.cert"]),
];

/// Where providers say whether the certificate is verified, with the value that leaves that out.
const UNVERIFIED: &[(&str, &str, bool)] = &[("beyondtrust", "server.verifyCA", false), ("senhasegura", "ignoreSslCertificate", true)];

/// Where the static credentials are of providers that are spoken to by TLS alone.
const KEYS: &[(&str, &str)] = &[("aws", "auth.secretRef"), ("gcpsm", "auth.secretRef"), ("azurekv", "authSecretRef")];

fn store(store: &Object<'_>) -> Verdict {
    let Some((name, provider)) = super::store::provider(store) else {
        return Verdict::Skip("it names no provider".into());
    };
    if name == "fake" {
        return Verdict::Skip("its values stand in it: it reaches nothing".into());
    }
    let fields = provider.scalars().filter(|field| field.str().len() < 2048);
    let plain = fields.filter_map(|field| plain_http::fault(field, &format!("the secret manager ({name}) is reached")));
    let mut faults: Vec<_> = plain.collect();
    let trusting = UNVERIFIED.iter().filter(|(known, ..)| *known == name).map(|(_, path, bad)| (provider.at(path), *bad));
    faults.extend(
        trusting
            .filter(|(field, bad)| field.bool() == Some(*bad))
            .map(|(field, bad)| unverified(field, if bad { "false" } else { "true" })),
    );
    let paths = STATIC.iter().filter(|(known, _)| *known == name).flat_map(|(_, paths)| *paths);
    faults.extend(paths.map(|path| provider.at(path)).filter(|field| !field.is_empty()).map(|field| held(field, name)));
    let keys = KEYS.iter().filter(|(known, _)| *known == name).map(|(_, path)| provider.at(path)).filter(|field| !field.is_empty());
    faults.extend(keys.map(|field| held(field, name).severity(Severity::Low).doubt()));
    let conditions = store.at("spec.conditions");
    if store.is(CLUSTER_SECRET_STORE) && conditions.is_empty() {
        let said = format!("an ExternalSecret of any namespace may read what store {} reads", store.name);
        faults.push(conditions.fault(said).expected("namespaces, by name or selector").severity(Severity::Medium));
    }
    faults.into()
}

/// What workloads tell Vault's agent or client, and what a server listens to.
fn workload(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let (mut faults, mut speaks) = (Vec::new(), false);
    for pod in scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record }) {
        let annotations = pod.metadata().key("annotations");
        let (skip, service) = (annotations.key("vault.hashicorp.com/tls-skip-verify"), annotations.key("vault.hashicorp.com/service"));
        let variables = pod.containers().flat_map(|container| container.at("env").items());
        let named: Vec<_> = variables.filter(|variable| variable.key("name").str().starts_with("VAULT_")).collect();
        let of = |name: &'static str| {
            named.iter().filter(move |variable| variable.key("name").str() == name).map(|variable| variable.key("value"))
        };
        let flags = of("VAULT_SKIP_VERIFY").chain([skip]).filter(|field| field.exists());
        let addresses = of("VAULT_ADDR").chain([service]).filter(|field| field.exists());
        for field in flags {
            speaks = true;
            faults.extend(is_on(field).then(|| unverified(field, "false")));
        }
        for field in addresses {
            speaks = true;
            faults.extend(plain_http::fault(field, "Vault is reached"));
        }
        if vault::server(&pod).is_some() {
            speaks |= listeners(&pod, &mut faults);
        }
    }
    if speaks { faults.into() } else { Verdict::Skip("it says nothing of a secret manager".into()) }
}

/// The listeners of a server that others reach; whether any was seen.
fn listeners(pod: &Pod<'_>, faults: &mut Vec<Fault>) -> bool {
    let mut seen = false;
    for config in vault::configs(pod) {
        for block in config.blocks.iter().filter(|block| block.name == "listener" && block.label == "tcp") {
            seen = true;
            let off = block.attribute("tls_disable").filter(|(value, _)| matches!(*value, "1" | "true"));
            let own = block.attribute("address").is_some_and(|(address, _)| crate::model::address::is_loopback(address));
            if let Some((_, written)) = off.filter(|_| !own) {
                faults.push(
                    config.fault(written, "the listener of Vault has TLS switched off".into()).expected("0").severity(Severity::Medium),
                );
            }
        }
    }
    seen
}
