//! The API server takes every NetworkPolicy; whether anything comes of it is up to the network plug-in.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::cni::{self, Enforcement};
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-cni-not-enforcing",
    title: "network plug-in does not enforce NetworkPolicies",
    topic: "network",
    severity: Severity::Critical,
    why: "The policies are stored and listed, and no packet is ever held up by them: every denial that the namespaces count on is missing.",
    fix: "Install a plug-in that enforces policies (Calico, Cilium, Antrea and others), or the policy part that goes with the one in use.",
    how: "Fails where the network plug-in, known by the images of a DaemonSet, has no means to enforce the NetworkPolicies that are there (flannel alone, the VPC CNI or Weave Net without the policy agent, kindnet before kind 0.24) or is told not to (Cilium's `enable-policy: never`, `--run-firewall=false`, the VPC CNI's agent without `--enable-network-policy=true`). For review: a version that is not known, no policy seen, and other agents that may be out of sight. Does not apply to other DaemonSets, nor where another agent enforces.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::DAEMON_SET, kinds::NETWORK_POLICY, kinds::CONFIG_MAP],
    blind: "Plug-ins that no object shows: k3s enforces policies within its own program; managed clusters run theirs out of sight. Whether the agent is up on each node.",
    refs: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites",
        "https://docs.cilium.io/en/stable/security/policy/intro/",
        "https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html",
    ],
    maps: &[("cis", &["5.3.1"]), ("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"])],
    probe: Probe::Object(&[kinds::DAEMON_SET, cni::INSTALLATION], probe),
    ..Check::BASE
};

const AGENTS: &[GroupKind] = &[kinds::DAEMON_SET];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let expected = "a plug-in that enforces policies";
    match cni::enforcement(object, scan) {
        None => Verdict::Skip("no network plug-in that is known".into()),
        Some(Enforcement::Yes) => Verdict::Pass,
        Some(Enforcement::Unknown(name, field)) => {
            field.fault(format!("whether this version of {name} enforces policies is not known")).expected(expected).doubt().into()
        }
        Some(Enforcement::No(name, field)) => without(object, scan, name, field),
        Some(Enforcement::Off(name, field)) => without(object, scan, name, field),
    }
}

/// It does not; another agent may, and without policies there is nothing to enforce.
fn without(object: &Object<'_>, scan: &Scan<'_>, name: &str, field: Field<'_>) -> Verdict {
    let mut agents = [kinds::DAEMON_SET, cni::INSTALLATION].into_iter().flat_map(|kind| scan.evidence.of_kind_in(object.world, kind));
    if agents.any(|other| other.id != object.id && matches!(cni::enforcement(other, scan), Some(Enforcement::Yes))) {
        return Verdict::Skip("another agent enforces the policies".into());
    }
    let fault = |said: String| field.fault(said).expected("a plug-in that enforces policies").missing(AGENTS);
    let count = scan.evidence.of_kind_in(object.world, kinds::NETWORK_POLICY).count();
    match count {
        0 if scan.is_whole(kinds::NETWORK_POLICY, None) => Verdict::Skip("no NetworkPolicy that it could enforce".into()),
        0 => fault(format!("{name} enforces no NetworkPolicy; none was seen that counts on it")).doubt().into(),
        1 => fault(format!("{name} does not enforce the NetworkPolicy that the cluster has")).into(),
        _ => fault(format!("{name} does not enforce the {count} NetworkPolicies that the cluster has")).into(),
    }
}
