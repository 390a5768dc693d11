//! Where nothing verifies signatures, whatever can be pulled can run, whoever built it.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::image::{self, How, Rule};
use crate::model::admission::kinds::{AROUND_IMAGES, OF_IMAGES};
use crate::model::image::is_placeholder;
use crate::model::{Field, Image, Map, Namespace, Object, UNSET_NAMESPACE};
use crate::settings::{Default, SYSTEM_NAMESPACES, Setting};

pub(super) static CHECK: Check = Check {
    id: "image-signature-not-enforced",
    title: "unsigned images can be admitted",
    topic: "image",
    severity: Severity::Medium,
    why: "Whatever can be pulled can run: a registry, a mirror or a tag that somebody took over is enough to bring in an image of his.",
    fix: "Have admission refuse images without a signature of yours: Kyverno image rules with `failureAction: Enforce`, or sigstore's policy-controller in labelled namespaces, with a key or an issuer and subject written out.",
    how: "Fails for a namespace with workloads where an image is verified by no rule that refuses: none matches it, the rule only reports or does not require it, or anybody may have signed it (static pass, no identity, patterns that fit strangers), or its expressions let an unsigned one in. Kyverno image rules and image policies, policy-controller with its namespace label and no-match policy, OpenShift image policies and Kubewarden's verifier are read. Is for review where a rule is not understood or another verifier is there. Does not apply to system namespaces and those without workloads.",
    blind: "What is verified elsewhere: by nodes (policy.json), an image policy webhook of the API server, Binary Authorization, a registry; Connaisseur, Portieris and Ratify are named, not read.",
    assurance: Assurance::Enforcement,
    beside: AROUND_IMAGES,
    settings: &[&REQUIRE, &SYSTEM_NAMESPACES],
    refs: &[
        "https://docs.sigstore.dev/policy-controller/overview/",
        "https://kyverno.io/docs/policy-types/image-validating-policy/",
        "https://kyverno.io/docs/policy-types/cluster-policy/verify-images/",
    ],
    maps: &[
        ("cis", &["5.5.1"]),
        ("owasp_k8s_2022", &["K02", "K04"]),
        ("owasp_k8s_2025", &["K04"]),
        ("mitre", &["T1195.002", "T1525"]),
        ("nsa_cisa", &["supply-chain"]),
        ("cwe", &["CWE-347"]),
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static REQUIRE: Setting = Setting {
    key: "require_signatures",
    help: "Signatures of images are required: what is not verified is then of high severity.",
    default: Default::Bool(false),
};

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods().next().is_none() {
        return Verdict::Skip("no workload in it".into());
    }
    let severity = if namespace.scan().settings.bool(&REQUIRE) { Severity::High } else { Severity::Medium };
    let judged: Vec<_> = namespace.images().into_iter().map(|(text, field)| (field, judge(namespace, text, field))).collect();
    let none = |(_, said): &(Field<'_>, Said)| matches!(said, Said::Nothing);
    if judged.iter().all(none) {
        let said = format!("nothing is seen to refuse unsigned images{}", namespace.after("in"));
        let fault = namespace.field().fault(said).observed("").expected("a policy that verifies signatures").severity(severity);
        return if namespace.name() == UNSET_NAMESPACE { fault.doubt() } else { fault.missing(OF_IMAGES) }.into();
    }
    let mut told: Map<_, ()> = Map::default();
    let faults = judged.into_iter().filter_map(|(field, said)| match said {
        Said::Verified => None,
        Said::Nothing => {
            let fault =
                field.fault(format!("no policy that verifies signatures speaks of {}", field.str())).expected("a rule that matches it");
            Some(fault.missing(OF_IMAGES))
        }
        Said::Fault(fault) => Some(*fault),
    });
    let faults = faults.filter(|fault| told.insert((fault.place.file, fault.place.span, fault.message.clone()), ()).is_none());
    faults.map(|fault| fault.severity(severity)).collect()
}

enum Said {
    Verified,
    Nothing,
    Fault(Box<Fault>),
}

fn judge(namespace: &Namespace<'_>, text: &str, field: Field<'_>) -> Said {
    let doubt = |said: String| Said::Fault(Box::new(field.fault(said).doubt()));
    if is_placeholder(text) {
        return doubt(format!("what fills in {text} is not seen"));
    }
    // what is no reference at all, image-reference-mutable says
    let Ok(image) = Image::parse(text) else { return Said::Verified };
    let rules = image::rules(namespace, &image);
    let fault = |field: Field<'_>, said: String, expected: &'static str| Said::Fault(Box::new(field.fault(said).expected(expected)));
    match best(&rules) {
        None => Said::Nothing,
        Some(Rule { how: How::Verified, .. }) => Said::Verified,
        Some(Rule { how: How::Unread(why), policy, .. }) => {
            doubt(format!("whether {} keeps out an unsigned {text} is not known: {why}", named(policy)))
        }
        Some(Rule { how: How::ByAnybody(at), policy, .. }) => fault(
            *at,
            format!("{} takes a signature of anybody for {text}", named(policy)),
            "a key, or an issuer and a subject written out",
        ),
        Some(Rule { how: How::Reported(at), policy, .. }) => {
            fault(*at, format!("{} lets an unsigned {text} in, and reports it", named(policy)), "an action that refuses")
        }
        Some(Rule { how: How::Unasked(at), policy, .. }) => {
            let said = format!("{} lets an unsigned {text} in, as no expression of it asks for its signature", named(policy));
            let fault = at.fault(said).expected("an expression that refuses what is not signed");
            Said::Fault(Box::new(fault.missing(OF_IMAGES)))
        }
        Some(Rule { how: How::Unmatched(at), .. }) => {
            let said = format!("no ClusterImagePolicy speaks of {text}, and `no-match-policy: {}` lets that in", at.str());
            fault(*at, said, "`deny`, or a policy that matches it")
        }
    }
}

/// Every rule that matches has to be kept to, so that the strictest decides.
fn best<'r, 'a>(rules: &'r [Rule<'a>]) -> Option<&'r Rule<'a>> {
    rules.iter().min_by_key(|rule| match rule.how {
        How::Verified => 0,
        How::Unread(_) => 1,
        How::ByAnybody(_) => 2,
        How::Reported(_) => 3,
        How::Unasked(_) | How::Unmatched(_) => 4,
    })
}

fn named(policy: &Object<'_>) -> String {
    format!("{} {}", policy.kind, policy.name)
}
