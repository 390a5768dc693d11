//! Keys of machines outlive the people who made them, and open the source that everything is built from.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::delivery::last_written;
use crate::model::repository_credential::{self, Held};
use crate::model::{Field, GroupKind, Object, Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "repo-deploy-key-weak",
    title: "machine key or token for a repository is old, writable or weak",
    topic: "source",
    severity: Severity::Medium,
    why: "A key that nobody replaces is in every backup and with everybody who has left, and what it opens decides what is deployed.",
    fix: "Let the forge's app or a workload identity authenticate; replace the keys that are left each year by ones of Ed25519, and give each one repository.",
    how: "For the Secrets of Git repositories and credentials of Argo CD, those of Tekton for Git, and those that a GitRepository of Flux names: fails where a key is of DSA, or of RSA with less than 3072 bits, where a password or a token of Argo CD is for all of a host, and where a password, a token or a key, that of an account of Google included, was last written longer than `max_key_age_days` ago. Passes for an app of the forge and for workload identity, and for what is young enough. Is for review where the age, the Secret or what it holds does not show, and where a password or token of Tekton, which is for a whole host, may open more than builds need. Repositories without credentials are left out; without such an object nothing is assessed.",
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

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::SECRET) {
        let is_of_git = repository_credential::is_of_argo(object) || repository_credential::is_of_tekton(object);
        return if is_of_git { judge(object, object.at("metadata.name"), scan) } else { Verdict::Unseen };
    }
    let (provider, reference) = (object.at("spec.provider"), object.at("spec.secretRef.name"));
    let is_identity = !matches!(provider.str(), "" | "generic");
    if reference.is_empty() {
        return if is_identity { Verdict::Pass } else { Verdict::Unseen };
    }
    let mut secrets = scan.evidence.of_kind_in(object.world, kinds::SECRET);
    match secrets.find(|secret| secret.name == reference.str() && secret.namespace == object.namespace) {
        Some(secret) => judge(secret, reference, scan),
        // an app of GitHub alone can be in it
        None if provider.str() == "github" => Verdict::Pass,
        None => reference.fault(format!("how old the credential in Secret {} is, is not seen", reference.str())).doubt().into(),
    }
}

/// What is wrong with a Secret that opens a repository; `place` is where to say what it does not show itself.
fn judge(secret: &Object<'_>, place: Field<'_>, scan: &Scan<'_>) -> Verdict {
    let shows = !secret.at("data").is_empty() || !secret.at("stringData").is_empty();
    let Some(held) = Held::of(secret) else {
        return match () {
            () if repository_credential::is_of_app(secret) => Verdict::Pass,
            // a repository that anybody may read
            () if shows => Verdict::Unseen,
            () => aged(secret, place, scan, "the credential").map_or(Verdict::Pass, Fault::into),
        };
    };
    let weak = repository_credential::weak_key(secret).map(|(field, said)| {
        let said = format!("the key in Secret {} is of {said}", secret.name);
        field.fault(said).expected("a key of Ed25519").sensitive().of_its_object()
    });
    let faults: Vec<_> = weak.into_iter().chain(wide(secret, &held)).collect();
    let is_settled = faults.iter().any(|fault| !fault.doubt);
    let aged = if is_settled { None } else { aged(secret, held.field, scan, held.what) };
    faults.into_iter().chain(aged).collect()
}

/// A password for whatever repository a host has.
fn wide(secret: &Object<'_>, held: &Held<'_>) -> Option<Fault> {
    let (host, is_all) = repository_credential::host(secret)?;
    let password = held.password?;
    let expected = "one for an owner or a repository";
    if is_all {
        let said = format!("the password or token in Secret {} is for every repository of {host}", secret.name);
        return Some(password.fault(said).expected(expected).sensitive().of_its_object());
    }
    let said = format!(
        "Tekton shows the password or token in Secret {} to {host} for whatever repository: what it opens does not show",
        secret.name
    );
    Some(password.fault(said).expected(expected).sensitive().doubt().of_its_object())
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
