//! Which policies verify the signatures of an image before it runs, and what they ask of where it was built.

use crate::model::admission::reach::Reach;
use crate::model::admission::trust::{self, Trust};
use crate::model::admission::{action, cel_policy, image_cel, kinds, kubewarden, kyverno, reach};
use crate::model::image::{Image, matches};
use crate::model::namespace::Namespace;
use crate::model::{Field, Object, kinds as k8s};

/// A rule of a policy that speaks of an image.
#[derive(Debug)]
pub struct Rule<'a> {
    /// The policy.
    pub policy: &'a Object<'a>,
    /// What becomes of the image.
    pub how: How<'a>,
    /// The attestations that it has to have.
    pub attestations: Vec<Attestation<'a>>,
}

/// What a rule does with an image.
#[derive(Debug, Clone)]
pub enum How<'a> {
    /// It is refused without the signature of somebody in particular.
    Verified,
    /// Anybody may have signed it, as stands here.
    ByAnybody(Field<'a>),
    /// It is let in, and reported, as stands here.
    Reported(Field<'a>),
    /// It is let in, as what stands here asks for no signature of it.
    Unasked(Field<'a>),
    /// It is let in, as no policy speaks of it: so it stands here.
    Unmatched(Field<'a>),
    /// That is not read, for this reason.
    Unread(String),
}

/// Something signed that is said of an image.
#[derive(Debug, Clone, Copy)]
pub struct Attestation<'a> {
    /// Where its type stands.
    pub kind: Field<'a>,
    /// Where it is said what it has to say, if anywhere.
    pub conditions: Field<'a>,
    /// It is asked for the builder or the source.
    pub names_origin: bool,
}

impl Attestation<'_> {
    /// Whether it tells where the image was built.
    #[must_use]
    pub fn is_provenance(&self) -> bool {
        let kind = self.kind.str();
        kind.starts_with("https://slsa.dev/provenance/") || matches!(kind, "slsaprovenance" | "slsaprovenance02" | "slsaprovenance1")
    }
}

/// The rules that speak of an image in a namespace.
#[must_use]
pub fn rules<'a>(namespace: &Namespace<'a>, image: &Image<'_>) -> Vec<Rule<'a>> {
    let evidence = namespace.scan().evidence;
    let mut rules = Vec::new();
    for kind in kinds::OF_IMAGES {
        for policy in evidence.of_kind_in(namespace.world(), *kind) {
            match policy.group {
                "kyverno.io" => of_kyverno(policy, namespace, image, &mut rules),
                "policies.kyverno.io" => rules.extend(of_kyverno_cel(policy, namespace, image)),
                "policies.kubewarden.io" => rules.extend(of_kubewarden(policy, namespace, image)),
                "config.openshift.io" => rules.extend(of_openshift(policy, namespace, image)),
                "policy.sigstore.dev" => {}
                _ => rules.push(Rule { policy, how: How::Unread("it is not read".to_owned()), attestations: Vec::new() }),
            }
        }
    }
    of_sigstore(namespace, image, &mut rules);
    rules
}

/// An image as policies may write it: official ones of Docker Hub have no `library/` for some.
fn names(image: &Image<'_>) -> Vec<String> {
    let full = image.canonical();
    let short = full.replacen("docker.io/library/", "docker.io/", 1);
    let index = full.replacen("docker.io/", "index.docker.io/", 1);
    vec![full, short, index]
}

fn settled<'a>(trust: Trust<'a>, refuses: Result<(), Field<'a>>) -> Option<How<'a>> {
    Some(match (trust, refuses) {
        (Trust::Nothing, _) => return None,
        (_, Err(field)) => How::Reported(field),
        (Trust::Anybody(field), Ok(())) => How::ByAnybody(field),
        (Trust::Unread, Ok(())) => How::Unread("a pattern of its signers is not understood".to_owned()),
        (Trust::Real, Ok(())) => How::Verified,
    })
}

fn of_kyverno<'a>(policy: &'a Object<'a>, namespace: &Namespace<'a>, image: &Image<'_>, rules: &mut Vec<Rule<'a>>) {
    let names = names(image);
    let spec = policy.at("spec");
    for rule in spec.key("rules").items() {
        for verify in rule.key("verifyImages").items() {
            let fits = |key| verify.key(key).items().any(|pattern: Field<'_>| names.iter().any(|name| matches(pattern.str(), name)));
            let old = verify.key("image");
            let covers = fits("imageReferences") || !old.is_empty() && names.iter().any(|name| matches(old.str(), name));
            if !covers || fits("skipImageReferences") {
                continue;
            }
            let own = verify.key("failureAction");
            let said = if own.exists() { own } else { spec.key("validationFailureAction") };
            let required = verify.key("required");
            let enforced = kyverno::enforces(spec, verify, namespace);
            let refuses = match () {
                () if required.bool() == Some(false) => Err(required),
                () if enforced == Reach::None => Err(said),
                () => Ok(()),
            };
            let attested = verify.key("attestations").items().map(|one| trust::of_sets(one.key("attestors")));
            let keys = !verify.key("key").is_empty() || !verify.key("roots").is_empty();
            let signers = [trust::of_sets(verify.key("attestors")), if keys { Trust::Real } else { Trust::Nothing }];
            let trust = trust::any_of(signers.into_iter().chain(attested));
            let reach = kyverno::reach(policy, rule, namespace, "CREATE").min(kyverno::asked(namespace));
            let reach = if refuses.is_ok() { reach.min(enforced) } else { reach };
            let how = match (reach, settled(trust, refuses)) {
                (Reach::None | Reach::Part(_), _) | (_, None) => continue,
                (Reach::Unsure(why), Some(How::Verified | How::ByAnybody(_))) => How::Unread(why),
                (_, Some(How::Verified)) if !rule.key("preconditions").is_empty() => {
                    How::Unread("its preconditions are not read".to_owned())
                }
                (_, Some(how)) => how,
            };
            let attestations = verify.key("attestations").items().map(|one| {
                let kind = [one.key("type"), one.key("predicateType")].into_iter().find(|kind| kind.exists()).unwrap_or(one.key("type"));
                attestation(kind, one.key("conditions"))
            });
            rules.push(Rule { policy, how, attestations: attestations.collect() });
        }
    }
}

fn attestation<'a>(kind: Field<'a>, conditions: Field<'a>) -> Attestation<'a> {
    Attestation { kind, conditions, names_origin: conditions.scalars().any(|text| names_origin(text.str())) }
}

/// Whether a condition is about who built an image, or from what.
fn names_origin(text: &str) -> bool {
    let words = [
        "builder",
        "invocation",
        "configSource",
        "materials",
        "resolvedDependencies",
        "externalParameters",
        "workflow",
        "repository",
        "source",
    ];
    words.iter().any(|word| text.contains(word))
}

/// These refuse only by their expressions, which have to ask for a signature, or something signed, of one of the attestors.
fn of_kyverno_cel<'a>(policy: &'a Object<'a>, namespace: &Namespace<'a>, image: &Image<'_>) -> Option<Rule<'a>> {
    let spec = policy.at("spec");
    let references = spec.key("matchImageReferences");
    let names = names(image);
    let by_glob = references.items().any(|one| names.iter().any(|name| matches(one.key("glob").str(), name)));
    let by_expression = references.items().any(|one| !one.key("expression").is_empty());
    if !by_glob && !by_expression {
        return None;
    }
    let validations = || {
        spec.key("validations")
            .items()
            .map(|one| one.key("expression"))
            .chain(spec.key("variables").items().map(|one| one.key("expression")))
    };
    let asks = |word: &str| validations().any(|one| one.str().contains(word));
    let attested = asks("verifyAttestationSignatures");
    let refuses = match action::of(policy) {
        Some(action::Action::Reports(field) | action::Action::Unasked(field)) => Err(field),
        _ => Ok(()),
    };
    let unread = |why: &str| How::Unread(why.to_owned());
    let reach = cel_policy::reach_unbound(policy, namespace).min(kyverno::asked(namespace));
    if matches!(reach, Reach::None | Reach::Part(_)) {
        return None;
    }
    let lists = lists(namespace, image);
    let how = match (image_cel::asked(spec, namespace.name(), &image.canonical(), &lists), refuses, reach) {
        (Trust::Nothing, ..) => How::Unasked(spec.key("validations")),
        (_, Err(field), _) => How::Reported(field),
        (Trust::Unread, ..) => unread("its expressions are not understood"),
        (_, _, Reach::Unsure(why)) => How::Unread(why),
        (Trust::Anybody(field), ..) => How::ByAnybody(field),
        (Trust::Real, ..) if !by_glob => unread("an expression says which images it is for"),
        (Trust::Real, ..) if !spec.key("matchConditions").is_empty() => unread("its conditions are not read"),
        (Trust::Real, ..) => How::Verified,
    };
    let origin =
        validations().find(|one| one.str().contains("payload") || one.str().contains("Payload")).unwrap_or(spec.key("validations"));
    let attestations = spec.key("attestations").items().map(|one| Attestation {
        kind: one.key("intoto").key("type"),
        conditions: if origin.text().is_some() { origin } else { one.key("conditions") },
        names_origin: attested && names_origin(origin.str()),
    });
    Some(Rule { policy, how, attestations: if attested { attestations.collect() } else { Vec::new() } })
}

/// In which lists of the pods of a namespace an image stands.
fn lists(namespace: &Namespace<'_>, image: &Image<'_>) -> Vec<&'static str> {
    let own = |text: &str| Image::parse(text).is_ok_and(|other| other.canonical() == image.canonical());
    let containers = namespace.pods().flat_map(|pod| pod.containers());
    let mut lists: Vec<_> = containers.filter(|container| own(container.image().str())).map(|container| container.list).collect();
    lists.sort_unstable();
    lists.dedup();
    lists
}

/// The module that verifies signatures, by its list of images.
fn of_kubewarden<'a>(policy: &'a Object<'a>, namespace: &Namespace<'a>, image: &Image<'_>) -> Option<Rule<'a>> {
    let module = policy.at("spec.module").str();
    let reference = module.split_once("://").map_or(module, |(_, rest)| rest);
    let is_verifier = Image::parse(reference).is_ok_and(|module| module.base_name() == "verify-image-signatures");
    let refuses = match action::of(policy) {
        Some(action::Action::Reports(field)) => Err(field),
        _ => Ok(()),
    };
    let reach = kubewarden::about(policy, namespace, false);
    if !is_verifier || reach == Reach::None {
        return None;
    }
    let names = names(image);
    let mut entries = policy.at("spec.settings.signatures").items();
    let entry = entries.find(|entry| names.iter().any(|name| matches(entry.key("image").str(), name)))?;
    let identities = entry.key("keyless").items().map(trust::of_identity);
    let certain = ["pubKeys", "githubActions", "certificates", "certificate", "keylessPrefix"].iter().any(|key| !entry.key(key).is_empty());
    let trust = trust::any_of(identities.chain([if certain { Trust::Real } else { Trust::Nothing }]));
    let how = match (reach, settled(trust, refuses)?) {
        (Reach::Unsure(why) | Reach::Part(why), How::Verified | How::ByAnybody(_)) => How::Unread(why),
        (_, how) => how,
    };
    Some(Rule { policy, how, attestations: Vec::new() })
}

/// Its nodes refuse what lies in a scope and is not signed as the policy says.
fn of_openshift<'a>(policy: &'a Object<'a>, namespace: &Namespace<'a>, image: &Image<'_>) -> Option<Rule<'a>> {
    let of_here = policy.kind == "ClusterImagePolicy" || policy.namespace == Some(namespace.name());
    let name = format!("{}/{}", image.domain, image.path);
    let within = |scope: &str| match scope.strip_prefix("*.") {
        Some(domain) => image.domain.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')),
        None => name.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) || scope == image.canonical(),
    };
    if !of_here || !policy.at("spec.scopes").items().any(|scope| within(scope.str())) {
        return None;
    }
    let root = policy.at("spec.policy.rootOfTrust");
    let fulcio = root.at("fulcioCAWithRekor.fulcioSubject");
    let trust = match root.key("policyType").str() {
        "FulcioCAWithRekor" if fulcio.key("signedEmail").is_empty() || fulcio.key("oidcIssuer").is_empty() => Trust::Anybody(fulcio),
        "" => Trust::Nothing,
        _ => Trust::Real,
    };
    Some(Rule { policy, how: settled(trust, Ok(()))?, attestations: Vec::new() })
}

/// Its controller looks only at namespaces that are taken in, by a label unless its webhook says otherwise; there it refuses
/// what no policy speaks of, unless told otherwise.
fn of_sigstore<'a>(namespace: &Namespace<'a>, image: &Image<'_>, rules: &mut Vec<Rule<'a>>) {
    let evidence = namespace.scan().evidence;
    let Some(first) = evidence.of_kind_in(namespace.world(), kinds::SIGSTORE_POLICY).next() else { return };
    let taken_in = is_taken_in(namespace);
    if taken_in == Reach::None {
        return;
    }
    let before = rules.len();
    let names = names(image);
    for policy in evidence.of_kind_in(namespace.world(), kinds::SIGSTORE_POLICY) {
        let spec = policy.at("spec");
        let covers = spec.key("images").items().any(|one| names.iter().any(|name| globs(one.key("glob").str(), name)));
        if !covers {
            continue;
        }
        let refuses = match action::of(policy) {
            Some(action::Action::Reports(field)) => Err(field),
            _ => Ok(()),
        };
        let trust = trust::any_of(spec.key("authorities").items().map(trust::of_authority));
        let how = match (&taken_in, settled(trust, refuses)) {
            (_, None) => How::Unread("it has no authorities".to_owned()),
            (Reach::Unsure(why), Some(How::Verified)) => How::Unread(why.clone()),
            (_, Some(How::Verified)) if !spec.key("match").is_empty() => How::Unread("it is for some resources only".to_owned()),
            (_, Some(how)) => how,
        };
        let attested = spec.key("authorities").items().flat_map(|authority| authority.key("attestations").items());
        let attestations = attested.map(|one| attestation(one.key("predicateType"), one.key("policy"))).collect();
        rules.push(Rule { policy, how, attestations });
    }
    if rules.len() > before {
        return;
    }
    let mut maps = evidence.of_kind_in(namespace.world(), k8s::CONFIG_MAP);
    let map = maps.find(|map| map.name == "config-policy-controller").map(|map| map.at("data").key("no-match-policy"));
    let how = match (map.filter(|word| matches!(word.str(), "allow" | "warn")), taken_in) {
        (Some(word), _) => How::Unmatched(word),
        (None, Reach::Unsure(why)) => How::Unread(why),
        // refused, as nothing speaks of it
        (None, _) => How::Verified,
    };
    rules.push(Rule { policy: first, how, attestations: Vec::new() });
}

const TAKEN_IN: &str = "policy.sigstore.dev/include";

fn is_taken_in(namespace: &Namespace<'_>) -> Reach {
    let evidence = namespace.scan().evidence;
    let hooks =
        evidence.of_kind_in(namespace.world(), k8s::VALIDATING_WEBHOOK_CONFIGURATION).flat_map(|object| object.at("webhooks").items());
    let mut own = hooks.filter(|webhook| webhook.key("name").str().ends_with("policy.sigstore.dev") && !webhook.key("rules").is_empty());
    if let Some(webhook) = own.next() {
        return reach::of_selector(webhook.key("namespaceSelector"), namespace);
    }
    let mut labels = namespace.documents().map(|document| document.label(TAKEN_IN).text() == Some("true"));
    match labels.next() {
        None => Reach::Unsure("labels of the namespace that are not seen decide".to_owned()),
        Some(true) if labels.all(|included| included) => Reach::All,
        Some(_) => Reach::None,
    }
}

/// `*` stops at slashes, `**` does not; a pattern without a tag fits every tag and digest.
fn globs(pattern: &str, name: &str) -> bool {
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty() || matches!(text[0], b':' | b'@'),
            [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| fits(rest, &text[at..])),
            [b'*', rest @ ..] => {
                let end = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
                (0..=end).any(|at| fits(rest, &text[at..]))
            }
            [first, rest @ ..] => text.first() == Some(first) && fits(rest, &text[1..]),
        }
    }
    // few stars, so that this ends
    pattern.matches('*').count() <= 8 && fits(pattern.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::globs;

    #[test]
    fn globs_stop_at_slashes() {
        assert!(globs("**", "ghcr.io/a/b:1") && globs("ghcr.io/a/*", "ghcr.io/a/b:1") && globs("ghcr.io/a/b", "ghcr.io/a/b@sha256:1"));
        assert!(globs("ghcr.io/a/**", "ghcr.io/a/b/c") && globs("ghcr.io/*/b*", "ghcr.io/a/bc:1"));
        assert!(!globs("ghcr.io/a/*", "ghcr.io/a/b/c") && !globs("*", "ghcr.io/a/b") && !globs("ghcr.io/a", "ghcr.io/ab"));
    }
}
