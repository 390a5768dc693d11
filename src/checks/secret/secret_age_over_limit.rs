//! The older a credential is, the more have seen it, and the fewer remember who.

use std::collections::HashSet;

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::delivery::last_written;
use crate::model::{Field, Namespace, Object, Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "secret-age-over-limit",
    title: "Secret is older than the limit for rotation, or a token that never expires",
    topic: "secret",
    severity: Severity::Medium,
    why: "Whoever has copied such a value at any time, from a backup, a log or a colleague's machine, can still use it.",
    fix: "Replace the value at its source and here; use tokens of the TokenRequest API, as projected volumes have them, in place of Secrets with tokens.",
    how: "Fails for a Secret with the token of a ServiceAccount, which never expires (medium, and it says whether the token was ever used); and, as low, for a Secret as a cluster shows it that workloads use and whose data was last written more than the setting (90 days) ago. For review: when the data was written does not show, and the Secret itself is older. Does not apply to releases of Helm, tokens for joining nodes, what cert-manager renews, and, but for tokens, to files.",
    needs: &[kinds::SECRET, kinds::SERVICE_ACCOUNT],
    settings: &[&DAYS],
    blind: "Data of Secrets are never read: only their metadata tells when some data was written, not whether all of it is new; and whether the issuer refuses what is old.",
    refs: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
        "https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-legacy-token-last-used",
    ],
    maps: &[
        ("owasp_k8s_2022", &["K06", "K08"]),
        ("owasp_k8s_2025", &["K03", "K09"]),
        ("mitre", &["T1528"]),
        ("cwe", &["CWE-324", "CWE-613"]),
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static DAYS: Setting = Setting {
    key: "secret_days",
    help: "After how many days the data of a Secret that workloads use has to be replaced.",
    default: Default::Int(90),
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let (mut faults, mut judged, mut used) = (Vec::new(), false, None);
    for secret in namespace.objects().filter(|object| object.is(kinds::SECRET)) {
        if is_token(secret) {
            faults.push(token(secret));
        } else if is_of_cluster(secret) && !is_renewed(secret) && used.get_or_insert_with(|| consumed(namespace)).contains(secret.name) {
            judged = true;
            faults.extend(old(secret, scan));
        }
    }
    if faults.is_empty() && !judged {
        return Verdict::Skip("no Secret in it that has an age to judge".into());
    }
    faults.into()
}

/// Whether it was read from a cluster, or written down from one: what only files have has no age.
fn is_of_cluster(secret: &Object<'_>) -> bool {
    secret.at("metadata.uid").exists()
}

/// Of the type, which a cluster's lists leave out, or with the annotation that the API server wants of that type.
fn is_token(secret: &Object<'_>) -> bool {
    match secret.at("type").text() {
        Some(kind) => kind == "kubernetes.io/service-account-token",
        None => is_of_cluster(secret) && secret.annotation("kubernetes.io/service-account.name").exists(),
    }
}

fn token(secret: &Object<'_>) -> Fault {
    let account = secret.annotation("kubernetes.io/service-account.name");
    let (last, invalid) = (secret.label("kubernetes.io/legacy-token-last-used"), secret.label("kubernetes.io/legacy-token-invalid-since"));
    let use_of_it = match (last.text(), invalid.text()) {
        (_, Some(day)) => format!(", and is refused since {day} until somebody takes the label away"),
        (Some(day), _) => format!(", and was last used on {day}"),
        (None, None) if is_of_cluster(secret) => ", and was never seen in use".to_owned(),
        (None, None) => String::new(),
    };
    let said = format!("Secret {} holds a token of ServiceAccount {} that never expires{use_of_it}", secret.name, account.str());
    account.fault(said).expected("a token by TokenRequest").of_its_object()
}

/// Whether something other than a person replaces its data, or it is no credential.
fn is_renewed(secret: &Object<'_>) -> bool {
    secret.label("owner").text() == Some("helm") && secret.name.starts_with("sh.helm.release.")
        || secret.namespace == Some("kube-system") && secret.name.starts_with("bootstrap-token-")
        || secret.annotation("cert-manager.io/certificate-name").exists()
}

/// The Secrets that workloads of a namespace name: in variables, volumes, and for pulling images.
fn consumed<'a>(namespace: &Namespace<'a>) -> HashSet<&'a str> {
    let mut used = HashSet::new();
    for pod in namespace.pods() {
        for container in pod.containers() {
            used.extend(container.at("env").items().filter_map(|variable| variable.at("valueFrom.secretKeyRef.name").text()));
            used.extend(container.at("envFrom").items().filter_map(|source| source.at("secretRef.name").text()));
        }
        for volume in pod.volumes() {
            used.extend(volume.at("secret.secretName").text());
            used.extend(volume.at("projected.sources").items().filter_map(|source| source.at("secret.name").text()));
        }
        used.extend(pod.at("imagePullSecrets").items().filter_map(|reference| reference.key("name").text()));
    }
    let accounts = namespace.objects().filter(|object| object.is(kinds::SERVICE_ACCOUNT));
    used.extend(accounts.flat_map(|account| account.at("imagePullSecrets").items()).filter_map(|reference| reference.key("name").text()));
    used
}

fn old(secret: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let (limit, made) = (scan.settings.int(&DAYS), secret.at("metadata.creationTimestamp"));
    let at = |field: Field<'_>| field.text().and_then(time::read);
    let written = last_written(secret);
    let (then, field) = written.or_else(|| Some((at(made)?, made)))?;
    if !time::is_older(then, scan.now, limit) {
        return None;
    }
    let days = time::days(then, scan.now);
    let expected = format!("{limit} days or less");
    let fault = match written {
        Some(_) => field.fault(format!("the data of Secret {}, which workloads use, is {days} days old", secret.name)),
        None => field.fault(format!("Secret {} is {days} days old, and when its data was last written does not show", secret.name)).doubt(),
    };
    Some(fault.expected(expected).severity(Severity::Low).of_its_object())
}
