//! Where anything can be pulled from, a slip of the pen or a name that looks alike is enough.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::admission::kinds::OF_PODS;
use crate::model::admission::registries::{self, Limit};
use crate::model::image::is_placeholder;
use crate::model::{Container, Field, GroupKind, Image, Namespace, kinds};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "image-registry-not-restricted",
    title: "images may come from any registry",
    topic: "image",
    severity: Severity::Medium,
    why: "Images that nobody vetted, and names that only look like those of vetted ones, run as soon as somebody writes them.",
    fix: "List the registries in the setting `allowed_registries`, and have admission refuse others by a list whose entries end in `/`.",
    how: "Fails for an image outside of `allowed_registries`, where that is set; for a list of Gatekeeper or Kyverno that also lets in names which only begin alike, as its entries do not end in `/` or `/*`; and where nothing is seen to refuse other registries. Passes where a list of Gatekeeper, Kyverno (for all three lists of containers) or OpenShift does. For review: placeholders, policies on images in a way that is not read, and a missing policy where the input may be a part of the cluster, which is asked once where it comes to the same for every namespace; does not apply to system namespaces and those without workloads.",
    assurance: Assurance::Enforcement,
    needs: POLICIES,
    beside: OF_PODS,
    settings: &[&ALLOWED, &crate::settings::SYSTEM_NAMESPACES],
    blind: "Policies other than lists of Gatekeeper, Kyverno and OpenShift are named, not read; mirrors and pull-through caches that runtimes are set to.",
    refs: &[
        "https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos",
        "https://kyverno.io/policies/best-practices/restrict-image-registries/restrict-image-registries/",
    ],
    maps: &[("owasp_k8s_2022", &["K02"]), ("mitre", &["T1525"]), ("cwe", &["CWE-829"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static ALLOWED: Setting = Setting {
    key: "allowed_registries",
    help: "Registries, or repositories below them, that images may come from: `registry.example.com`, `docker.io/library`. Whole parts of the name count.",
    default: Default::Strings(&[]),
};

/// The kinds that may limit registries.
const POLICIES: &[GroupKind] = &[
    GroupKind::new("kyverno.io", "ClusterPolicy"),
    GroupKind::new("kyverno.io", "Policy"),
    GroupKind::new("constraints.gatekeeper.sh", "K8sAllowedRepos"),
    registries::CLUSTER_IMAGE,
    kinds::VALIDATING_ADMISSION_POLICY,
];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    if namespace.pods().next().is_none() {
        return Verdict::Skip("no workload in it".into());
    }
    let allowed: Vec<_> = namespace.scan().settings.strings(&ALLOWED).collect();
    let containers = namespace.pods().flat_map(|pod| pod.containers());
    let mut faults: Vec<_> =
        if allowed.is_empty() { Vec::new() } else { containers.flat_map(|container| outside(&container, &allowed)).collect() };
    let declared = if allowed.is_empty() { ", and no list of allowed ones is declared" } else { "" };
    match registries::limit(namespace) {
        Limit::Kept => {}
        Limit::Open(open) => faults.extend(open),
        Limit::Unread(policy) => {
            let said = format!("{} {} speaks of images: whether it limits their registries is not read", policy.kind, policy.name);
            faults.push(namespace.field().fault(said).observed("").doubt());
        }
        Limit::None => match asked_at(namespace) {
            Some((first, _)) if first != namespace.name() => {
                if faults.is_empty() {
                    return Verdict::Skip("asked once: nothing limits the registries of any namespace".into());
                }
            }
            asked => {
                let of = match asked {
                    Some((_, count @ 2..)) => format!(" of the {count} namespaces that have workloads"),
                    _ => namespace.after("of"),
                };
                let said = format!("nothing is seen to refuse images{of} from any registry{declared}");
                faults.push(namespace.field().fault(said).observed("").expected("a policy that refuses others").missing(POLICIES));
            }
        },
    }
    faults.into()
}

/// Where nothing limits any namespace, the first of them that counts, and how many do: one question is enough then.
fn asked_at<'a>(namespace: &Namespace<'a>) -> Option<(&'a str, usize)> {
    if registries::are_unlimited(namespace) { namespace.scan().first_namespace(namespace.world()) } else { None }
}

fn outside<'a>(container: &Container<'a>, allowed: &[&str]) -> Vec<Fault> {
    let volumes = container.image_volumes().map(|volume| volume.at("image.reference"));
    [container.image()].into_iter().chain(volumes).filter_map(|field| judge(field, allowed)).collect()
}

fn judge(field: Field<'_>, allowed: &[&str]) -> Option<Fault> {
    let text = field.str();
    let expected = || allowed.join(", ");
    if is_placeholder(text) {
        return Some(field.fault(format!("what fills in {text} is not seen")).expected(expected()).doubt());
    }
    // what is no reference at all, image-reference-mutable says
    let image = Image::parse(text).ok()?;
    let name = format!("{}/{}", image.domain, image.path);
    let within = |entry: &&str| name.strip_prefix(entry.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let said = || format!("{name} is in none of the registries that are allowed");
    (!allowed.iter().any(within)).then(|| field.fault(said()).expected(expected()))
}
