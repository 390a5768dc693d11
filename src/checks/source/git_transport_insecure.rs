//! Whoever stands between a controller and its repository decides what is applied, unless the transport tells who answers.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Scan, credential, kinds};

pub(super) static CHECK: Check = Check {
    id: "git-transport-insecure",
    title: "repository is reached without SSH or verified TLS",
    topic: "source",
    severity: Severity::Medium,
    why: "Over plain HTTP, or where nobody checks whose key or certificate it is, whoever stands between reads the source, and changes what is applied.",
    fix: "Use SSH with the host's keys pinned, or https with verification on; keep credentials in a Secret rather than in the URL.",
    how: "For the Git repositories that GitRepositories of Flux, Applications and ApplicationSets of Argo CD, and its Secrets of repositories and credentials name: fails for a URL of http:// or git://, for one with a password in it, and where a Secret of Argo CD has `insecure` or `insecureIgnoreHostKey` true. Is for review where a variable stands for the start of a URL, or a value of a Secret cannot be read. Charts and OCI artifacts are left out. Without such an object nothing is assessed.",
    blind: "Files of repositories are not read yet: submodules, pipelines, scripts, Dockerfiles, manifests of packages. How people reach a repository, and whose the pinned keys are.",
    everywhere: true,
    refs: &[
        "https://fluxcd.io/flux/components/source/gitrepositories/#url",
        "https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories",
        "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslVerify",
    ],
    maps: &[("cwe", &["CWE-319", "CWE-295", "CWE-322"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const SUBJECTS: &[GroupKind] = &[
    GroupKind::new("source.toolkit.fluxcd.io", "GitRepository"),
    GroupKind::new("argoproj.io", "Application"),
    GroupKind::new("argoproj.io", "ApplicationSet"),
    kinds::SECRET,
];

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    match object.kind {
        "Secret" => secret(object),
        "GitRepository" => judged(vec![object.at("spec.url")]),
        "Application" => judged(sources(object.at("spec"))),
        _ => {
            let read = object.at("spec.generators").items().flat_map(repositories);
            judged(sources(object.at("spec.template.spec")).into_iter().chain(read).collect())
        }
    }
}

/// The Git repositories that a generator reads; a matrix and a merge hold generators of their own.
fn repositories(generator: Field<'_>) -> Vec<Field<'_>> {
    let inner = ["matrix.generators", "merge.generators"].into_iter().flat_map(|path| generator.at(path).items());
    inner.chain([generator]).map(|one| one.at("git.repoURL")).collect()
}

/// The Git repositories that an Application is made from.
fn sources(spec: Field<'_>) -> Vec<Field<'_>> {
    let all = spec.key("sources").items().chain([spec.key("source"), spec.at("sourceHydrator.drySource")]);
    all.filter(|source| source.key("chart").is_empty()).map(|source| source.key("repoURL")).collect()
}

fn judged(urls: Vec<Field<'_>>) -> Verdict {
    let urls: Vec<_> = urls.into_iter().filter(|url| !url.is_empty() && !url.str().starts_with("oci://")).collect();
    match urls.is_empty() {
        true => Verdict::Unseen,
        false => urls.into_iter().filter_map(|url| in_url(url, url.str())).collect(),
    }
}

/// A Secret that tells Argo CD of a Git repository, or of the credentials of some.
fn secret(secret: &Object<'_>) -> Verdict {
    let about = secret.label("argocd.argoproj.io/secret-type").str();
    let kind = value(secret, "type");
    // charts are no source, and `type` is `git` where it is left out
    let is_git = kind.is_none_or(|(_, kind)| kind.is_none_or(|kind| matches!(kind.as_str(), "" | "git")));
    if !matches!(about, "repository" | "repo-creds" | "repository-write" | "repo-write-creds") || !is_git {
        return Verdict::Unseen;
    }
    let unread =
        |field: Field<'_>, key: &str| field.fault(format!("what {key} is cannot be read")).expected("a value that can be read").doubt();
    let url = value(secret, "url").and_then(|(field, url)| match url {
        Some(url) => in_url(field, &url),
        None => Some(unread(field, "the URL")),
    });
    let switches = ["insecure", "insecureIgnoreHostKey"].into_iter().filter_map(|key| {
        let (field, value) = value(secret, key)?;
        // as Go reads truth
        match value.as_deref() {
            Some("" | "0" | "f" | "F" | "false" | "False" | "FALSE") => None,
            Some("1" | "t" | "T" | "true" | "True" | "TRUE") => {
                let said = format!("{key} of {} has Argo CD trust whoever answers for the repository", secret.name);
                Some(field.fault(said).expected("false or absent"))
            }
            _ => Some(unread(field, key)),
        }
    });
    url.into_iter().chain(switches).collect()
}

/// A value of a Secret, where it has one, as text where it can be read. What `stringData` says wins.
fn value<'a>(secret: &Object<'a>, key: &'a str) -> Option<(Field<'a>, Option<String>)> {
    let (plain, encoded) = (secret.at("stringData").key(key), secret.at("data").key(key));
    if plain.exists() {
        return Some((plain, plain.text().map(str::to_owned)));
    }
    let decoded = || credential::decode(encoded.str()).and_then(|bytes| String::from_utf8(bytes).ok());
    encoded.exists().then(|| (encoded, decoded()))
}

fn in_url(field: Field<'_>, url: &str) -> Option<Fault> {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        let is_variable = url.starts_with("{{") || url.starts_with('$');
        return is_variable
            .then(|| field.fault("a variable stands for how the repository is reached").expected("ssh:// or https://").doubt());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.split_once(':').is_some_and(|(_, password)| !password.is_empty()) {
        return Some(
            field.fault(format!("the URL of the repository at {host} has a password in it")).expected("a Secret for it").sensitive(),
        );
    }
    let is_plain = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "git");
    is_plain
        .then(|| field.fault(format!("the repository at {host} is reached without TLS, over {scheme}://")).expected("ssh:// or https://"))
}
