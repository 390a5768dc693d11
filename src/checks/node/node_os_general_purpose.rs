//! A system made for nodes has fewer doors than one made for everything.

use crate::checks::{Check, Probe, Severity, Surface, Verdict};
use crate::model::host_file::GROUP;
use crate::model::system::{Kind, known};
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "node-os-general-purpose",
    title: "node runs a general-purpose operating system",
    topic: "node",
    severity: Severity::Low,
    why: "Compilers, interpreters, package managers and remote shells on a node are what an intruder works with.",
    fix: "Use a system that is made for nodes and updated as a whole: Bottlerocket, Flatcar, Talos, Fedora CoreOS, Container-Optimized OS and the like.",
    how: "Compares what a Node says of its system, or a node's os-release, with a dated list. Fails for general-purpose distributions, passes for systems made for containers, and leaves others for review, as well as distributions that Kairos manages by the label of their node.",
    surfaces: &[Surface::Cluster, Surface::Manifest, Surface::Host],
    blind: "What was taken out of a general-purpose system.",
    refs: &["https://bottlerocket.dev/", "https://www.flatcar.org/docs/", "https://www.talos.dev/"],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"]), ("nsa_cisa", &["os-hardening"])],
    everywhere: true,
    probe: Probe::Object(&[kinds::NODE, OS_RELEASE], probe),
    ..Check::BASE
};

const OS_RELEASE: GroupKind = GroupKind::new(GROUP, "OsRelease");

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let is_node = object.is(kinds::NODE);
    let field = if is_node { object.at("status.nodeInfo.osImage") } else { object.at("PRETTY_NAME") };
    let words: Vec<_> = field.items_or_self().map(|part| part.str()).collect();
    let name = words.join(" ");
    if name.is_empty() || object.label("type").str() == "virtual-kubelet" {
        return Verdict::Skip("a node that says nothing of its system".into());
    }
    // it makes other systems immutable, and leaves them their names
    let by_kairos = object.label("kairos.io/managed").text() == Some("true");
    match known(&name) {
        Some(Kind::General) if by_kairos => {
            let said = format!("the node runs {name}, and by its label Kairos manages it: whether it was built by that does not show");
            field.fault(said).observed(name.clone()).doubt().into()
        }
        Some(Kind::Container) => Verdict::Pass,
        Some(Kind::General) => {
            field.fault(format!("the node runs {name}")).observed(name.clone()).expected("a system made for nodes").into()
        }
        None => {
            field.fault(format!("the node runs {name}: whether that is made for nodes is not known")).observed(name.clone()).doubt().into()
        }
    }
}
