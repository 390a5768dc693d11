//! A signature tells who signed; only provenance tells where, and from what, an image was built.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::image::{self, How};
use crate::model::admission::kinds::{AROUND_IMAGES, OF_IMAGES};
use crate::model::image::is_placeholder;
use crate::model::{Field, Image, Namespace};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "image-provenance-not-enforced",
    title: "build provenance is not verified at admission",
    topic: "image",
    severity: Severity::Low,
    why: "A signing key, once stolen or misused, signs what was built anywhere; provenance that names the builder and the source shows that.",
    fix: "Require a signed SLSA provenance attestation with conditions on the builder and the source repository.",
    how: "Fails for a namespace with workloads where no rule that refuses asks for a signed SLSA provenance attestation of an image. Is for review where such an attestation is asked for without a condition on the builder or the source, where the rule is not understood, or where only other attestations are asked for. Does not apply to system namespaces and those without workloads.",
    blind: "What is verified before admission, in pipelines and registries, and by engines that are not read.",
    assurance: Assurance::Enforcement,
    beside: AROUND_IMAGES,
    settings: &[&SYSTEM_NAMESPACES],
    refs: &["https://slsa.dev/spec/v1.0/verifying-artifacts", "https://docs.sigstore.dev/policy-controller/overview/"],
    maps: &[("owasp_k8s_2022", &["K02"]), ("mitre", &["T1195.002"]), ("cwe", &["CWE-353"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods().next().is_none() {
        return Verdict::Skip("no workload in it".into());
    }
    let judged: Vec<_> = namespace.images().into_iter().map(|(text, field)| judge(namespace, text, field)).collect();
    if judged.iter().all(|said| matches!(said, Said::Nothing(_))) {
        let said = format!("nothing is seen to ask images{} where they were built", namespace.after("of"));
        return namespace.field().fault(said).observed("").expected("a policy that verifies provenance").missing(OF_IMAGES).into();
    }
    let faults = judged.into_iter().filter_map(|said| match said {
        Said::Verified => None,
        Said::Nothing(field) => Some(
            field.fault(format!("no policy asks where {} was built", field.str())).expected("a rule that matches it").missing(OF_IMAGES),
        ),
        Said::Doubt(fault) => Some(*fault),
    });
    faults.collect()
}

enum Said<'a> {
    Verified,
    Nothing(Field<'a>),
    Doubt(Box<Fault>),
}

fn judge<'a>(namespace: &Namespace<'a>, text: &str, field: Field<'a>) -> Said<'a> {
    let doubt = |at: Field<'_>, said: String| Said::Doubt(Box::new(at.fault(said).doubt()));
    if is_placeholder(text) {
        return doubt(field, format!("what fills in {text} is not seen"));
    }
    let Ok(image) = Image::parse(text) else { return Said::Verified };
    let rules = image::rules(namespace, &image);
    let refusing = || rules.iter().filter(|rule| matches!(rule.how, How::Verified));
    let attestations = || refusing().flat_map(|rule| &rule.attestations);
    let mut provenance = attestations().filter(|one| one.is_provenance()).peekable();
    if let Some(first) = provenance.peek().copied() {
        if provenance.any(|one| one.names_origin) {
            return Said::Verified;
        }
        let said = format!("provenance of {text} is asked for, of whatever builder and source");
        return doubt(if first.conditions.exists() { first.conditions } else { first.kind }, said);
    }
    if let Some(other) = attestations().next() {
        return doubt(
            other.kind,
            format!("{text} has to have an attestation {}, which does not tell where it was built", other.kind.str()),
        );
    }
    match rules.iter().find_map(|rule| if let How::Unread(why) = &rule.how { Some((rule.policy, why)) } else { None }) {
        Some((policy, why)) => {
            doubt(field, format!("whether {} {} asks where {text} was built is not known: {why}", policy.kind, policy.name))
        }
        None => Said::Nothing(field),
    }
}
