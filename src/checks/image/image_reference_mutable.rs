//! A tag can be moved: what was reviewed and what runs are the same only by digest.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::image::{is_placeholder, matches};
use crate::model::{Container, Field, GroupKind, Image, Object, flux};

pub(super) static CHECK: Check = Check {
    id: "image-reference-mutable",
    title: "image is referenced by tag, not by digest",
    topic: "image",
    severity: Severity::Medium,
    why: "Whoever can push to the registry can put other content under a tag, and each node may hold another version of it.",
    fix: "Write the digest behind the name, `name:tag@sha256:…`, or let the policy that verifies signatures put it there.",
    how: "Fails for the `image` of each container, and each image volume, that has no digest: medium without a tag or with `latest`, low with any other tag; a tag beside a digest does no harm. For review: a placeholder, what is no valid reference, Knative, which looks digests up itself, an image that Flux may write with its digest, and one that a policy of Kyverno or Sigstore covers which may put the digest in.",
    needs: PINNING,
    blind: "What runs now (`containerStatuses[].imageID`), and tags that a registry keeps from being moved.",
    refs: &["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    maps: &[("owasp_k8s_2022", &["K02"]), ("mitre", &["T1525"]), ("cwe", &["CWE-345"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

/// Policies that replace tags by digests when pods are admitted.
const PINNING: &[GroupKind] = &[
    GroupKind::new("kyverno.io", "ClusterPolicy"),
    GroupKind::new("kyverno.io", "Policy"),
    GroupKind::new("policies.kyverno.io", "ImageValidatingPolicy"),
    GroupKind::new("policies.kyverno.io", "NamespacedImageValidatingPolicy"),
    GroupKind::new("policy.sigstore.dev", "ClusterImagePolicy"),
];

fn probe(container: &Container<'_>) -> Verdict {
    let user = format!("container {}", container.name());
    let own = judge(container, container.image(), &user);
    let volumes = container.image_volumes().filter_map(|volume| {
        let user = format!("volume {}", volume.key("name").str());
        judge(container, volume.at("image.reference").as_string(), &user)
    });
    own.into_iter().chain(volumes).collect()
}

fn judge(container: &Container<'_>, field: Field<'_>, user: &str) -> Option<Fault> {
    let text = field.str();
    let doubt = |said: String| Some(field.fault(said).expected("name@sha256:…").doubt());
    if is_placeholder(text) {
        return doubt(format!("{user}: what fills in {text} is not seen"));
    }
    let image = match Image::parse(text) {
        Ok(image) if image.digest.is_some() => return None,
        Ok(image) => image,
        Err(error) => return doubt(format!("{user} has no valid image reference: {}", error.as_str())),
    };
    let (said, severity) = match image.tag {
        None => (format!("{user} uses {text} without tag or digest, which means latest"), Severity::Medium),
        Some("latest") => (format!("{user} uses {text}, whatever that is at the time"), Severity::Medium),
        Some(tag) => {
            let name = text.strip_suffix(tag).and_then(|name| name.strip_suffix(':')).unwrap_or(text);
            (format!("{user} uses {name} by its tag {tag}, without digest"), Severity::Low)
        }
    };
    let fault = field.fault(said).expected("name@sha256:…").severity(severity);
    let object = container.pod.object();
    if object.group == "serving.knative.dev" {
        return Some(fault.reworded(|said| format!("{said}; Knative looks the digest up for each revision")).doubt());
    }
    if let Some(policy) = flux::setter(field).filter(|policy| flux::may_write_digests(container.pod.scan(), object.world, policy)) {
        return Some(fault.reworded(|said| format!("{said}; Flux writes it by ImagePolicy {policy}, with a digest if told to")).doubt());
    }
    Some(match pinned_by(container, &image) {
        Some(policy) => fault.reworded(|said| format!("{said}; {} {} may put the digest in", policy.kind, policy.name)).doubt(),
        None => fault,
    })
}

/// A policy of the same world that may see this image and turn its tag into a digest.
fn pinned_by<'a>(container: &Container<'a>, image: &Image<'_>) -> Option<&'a Object<'a>> {
    let pod = container.pod;
    let evidence = pod.scan().evidence;
    PINNING.iter().find_map(|kind| {
        let policies = evidence.of_kind_in(pod.object().world, *kind);
        let mut near = policies.filter(|policy| policy.namespace.is_none_or(|namespace| namespace == pod.namespace()));
        near.find(|policy| pins(policy, &image.canonical()))
    })
}

fn pins(policy: &Object<'_>, reference: &str) -> bool {
    match policy.group {
        // its webhook resolves every tag it lets through
        "policy.sigstore.dev" => policy.at("spec.images").items().any(|image| matches(image.key("glob").str(), reference)),
        "policies.kyverno.io" => policy.at("spec.validationConfigurations.mutateDigest").bool() != Some(false),
        _ => policy.at("spec.rules").items().flat_map(|rule| rule.key("verifyImages").items()).any(|rule| {
            let covers = rule.key("imageReferences").items().any(|pattern| matches(pattern.str(), reference));
            covers && rule.key("mutateDigest").bool() != Some(false)
        }),
    }
}
