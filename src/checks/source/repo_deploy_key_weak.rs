//! Keys of machines outlive the people who made them, and open the source that everything is built from.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::delivery::last_written;
use crate::model::registry_client::secret_text;
use crate::model::ssh_key::{self, SshKey};
use crate::model::{Field, GroupKind, Object, Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "repo-deploy-key-weak",
    title: "machine key or token for a repository is old, writable or weak",
    topic: "source",
    severity: Severity::Medium,
    why: "A key that nobody replaces is in every backup and with everybody who has left, and what it opens decides what is deployed.",
    fix: "Let the forge's app or a workload identity authenticate; replace the keys that are left each year by ones of Ed25519, and give each one repository.",
    how: "For the Secrets of Git repositories and credentials of Argo CD, those of Tekton for Git, and those that a GitRepository of Flux names: fails where a key is of DSA, or of RSA with less than 3072 bits, where a password or a token is for all of a host, and where a password, a token or a key was last written longer than `max_key_age_days` ago. Passes for an app of the forge and for workload identity, and for what is young enough. Is for review where the age, the Secret or what it holds does not show. Repositories without credentials are left out; without such an object nothing is assessed.",
    unread: true,
    everywhere: true,
    blind: "Deploy keys and tokens as the forge lists them: exports are not read yet. Whether a key may write, and whose the account behind a token is.",
    assurance: Assurance::Configuration,
    needs: &[kinds::SECRET],
    settings: &[&DAYS],
    refs: &[
        "https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-repositories-yaml/",
        "https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference",
        "https://tekton.dev/docs/pipelines/auth/",
    ],
    maps: &[("cwe", &["CWE-324", "CWE-326"]), ("owasp_cicd", &["CICD-SEC-6"]), ("mitre", &["T1552.004"])],
    probe: Probe::Object(&[kinds::SECRET, GIT_REPOSITORY], probe),
    ..Check::BASE
};

static DAYS: Setting = Setting {
    key: "max_key_age_days",
    help: "After how many days a key or token for a repository has to be replaced.",
    default: Default::Int(365),
};

const GIT_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "GitRepository");

/// Keys of SSH, by the names that Argo CD, Flux and Tekton have for them.
const KEYS: &[&str] = &["sshPrivateKey", "identity", "ssh-privatekey"];
const PASSWORDS: &[&str] = &["password", "bearerToken"];
/// What an app of the forge, or a workload identity, needs.
const APPS: &[&str] = &["githubAppPrivateKey", "useAzureWorkloadIdentity", "gcpServiceAccountKey"];
/// Below which a key of RSA is too short.
const BITS: usize = 3072;

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::SECRET) {
        return if is_of_argo(object) || is_of_tekton(object) { judge(object, object.at("metadata.name"), scan) } else { Verdict::Unseen };
    }
    let (provider, reference) = (object.at("spec.provider"), object.at("spec.secretRef.name"));
    if !matches!(provider.str(), "" | "generic") {
        return Verdict::Pass;
    }
    if reference.is_empty() {
        return Verdict::Unseen;
    }
    let mut secrets = scan.evidence.of_kind_in(object.world, kinds::SECRET);
    match secrets.find(|secret| secret.name == reference.str() && secret.namespace == object.namespace) {
        Some(secret) => judge(secret, reference, scan),
        None => reference.fault(format!("how old the credential in Secret {} is, is not seen", reference.str())).doubt().into(),
    }
}

fn is_of_argo(secret: &Object<'_>) -> bool {
    let about = secret.label("argocd.argoproj.io/secret-type").str();
    let is_git = || secret_text(secret, "type").1.is_none_or(|kind| matches!(&*kind, "" | "git"));
    matches!(about, "repository" | "repo-creds" | "repository-write" | "repo-write-creds") && is_git()
}

fn is_of_tekton(secret: &Object<'_>) -> bool {
    let annotations = secret.at("metadata.annotations");
    annotations.exists() && annotations.entries().iter().any(|(key, _)| key.starts_with("tekton.dev/git-"))
}

/// What is wrong with a Secret that opens a repository; `place` is where to say what it does not show itself.
fn judge(secret: &Object<'_>, place: Field<'_>, scan: &Scan<'_>) -> Verdict {
    let held = |key: &&'static str| {
        let field = secret_text(secret, key).0;
        (!field.is_empty()).then_some(field)
    };
    let (key, password) = (KEYS.iter().find_map(held), PASSWORDS.iter().find_map(held));
    let shows = !secret.at("data").is_empty() || !secret.at("stringData").is_empty();
    let Some(credential) = key.or(password) else {
        return match () {
            () if APPS.iter().find_map(held).is_some() => Verdict::Pass,
            // a repository that anybody may read
            () if shows => Verdict::Unseen,
            () => aged(secret, place, scan, "the credential").map_or(Verdict::Pass, Fault::into),
        };
    };
    let weak = KEYS.iter().find_map(|name| weak(secret, name));
    let wide = password.filter(|_| key.is_none()).and_then(|password| wide(secret, password));
    let what = if key.is_some() { "the key" } else { "the password or token" };
    let faults: Vec<_> = weak.into_iter().chain(wide).collect();
    let aged = if faults.is_empty() { aged(secret, credential, scan, what) } else { None };
    faults.into_iter().chain(aged).collect()
}

/// A key that can be broken; the public half of it may stand beside it.
fn weak(secret: &Object<'_>, name: &'static str) -> Option<Fault> {
    let (field, text) = secret_text(secret, name);
    let beside = || if name == "identity" { secret_text(secret, "identity.pub").1 } else { None };
    let said = match text.and_then(|text| ssh_key::read(&text)).or_else(|| ssh_key::read(&beside()?))? {
        SshKey::Dsa => format!("the key in Secret {} is of DSA", secret.name),
        SshKey::Rsa(bits) if bits < BITS => format!("the key in Secret {} is of RSA with {bits} bits", secret.name),
        _ => return None,
    };
    Some(field.fault(said).expected("a key of Ed25519").sensitive().of_its_object())
}

/// A password for whatever repository a host has.
fn wide(secret: &Object<'_>, password: Field<'_>) -> Option<Fault> {
    let templates = secret.label("argocd.argoproj.io/secret-type").str().ends_with("creds");
    let (_, url) = secret_text(secret, "url");
    let rest = url.as_deref().filter(|_| templates)?.split_once("://").map(|(_, rest)| rest)?.to_owned();
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let said = || format!("the password or token in Secret {} is for every repository of {host}", secret.name);
    path.is_empty().then(|| password.fault(said()).expected("one for an owner or a repository").sensitive().of_its_object())
}

/// A credential that was written long ago, or whose age does not show.
fn aged(secret: &Object<'_>, place: Field<'_>, scan: &Scan<'_>, what: &str) -> Option<Fault> {
    let limit = scan.settings.int(&DAYS);
    let (name, made) = (secret.name, secret.at("metadata.creationTimestamp"));
    let expected = format!("{limit} days or less");
    match (last_written(secret), made.text().and_then(time::read)) {
        (Some((then, field)), _) if time::is_older(then, scan.now, limit) => {
            let said = format!("{what} in Secret {name} was written {} days ago", time::days(then, scan.now));
            Some(field.fault(said).expected(expected).of_its_object())
        }
        (None, Some(then)) if time::is_older(then, scan.now, limit) => {
            let said = format!("Secret {name} is {} days old, and when {what} was last written does not show", time::days(then, scan.now));
            Some(made.fault(said).expected(expected).doubt().of_its_object())
        }
        (None, None) => {
            let said = format!("how old {what} in Secret {name} is does not show");
            Some(place.fault(said).expected(expected).sensitive().doubt().of_its_object())
        }
        _ => None,
    }
}
