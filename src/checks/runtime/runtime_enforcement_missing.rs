//! Who detects an attack is a minute late; a profile that lists what a workload may do stops it.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::discover::few;
use crate::model::sensor::enforce::{self, Held, KINDS};
use crate::model::sensor::is_agent;
use crate::model::{GroupKind, Namespace, kinds};
use crate::settings::SYSTEM_NAMESPACES;

pub(super) static CHECK: Check = Check {
    id: "runtime-enforcement-missing",
    title: "processes and files of workloads are not restricted at run time",
    topic: "runtime",
    severity: Severity::Low,
    why: "A sensor reports what has happened; a workload that may run any binary and write any file lets it happen.",
    fix: "Record what each workload does (Security Profiles Operator, KubeArmor, NeuVector), bind the profile to it, and switch it to blocking.",
    how: "Fails a namespace for the pods that nothing of this kind selects: an Allow policy of KubeArmor, a policy of Tetragon that kills or overrides, a rule of NeuVector, a seccomp or AppArmor profile of type Localhost, a ProfileBinding. Passes where each pod is held to a list of what it may do: KubeArmor's Allow with the default posture block (of the namespace, else of the installation; audit where nobody says), NeuVector's process profile in the mode Protect, or Localhost profiles for both system calls and files of which the former is seen to refuse the rest. For review: what only blocks single actions, only reports, or is not seen. Where nothing of this kind is seen at all, that is asked once. Windows pods, agents and system namespaces are left out.",
    blind: "Policies of fapolicyd and the like on nodes, and profiles that are laid on nodes by other means.",
    assurance: Assurance::Enforcement,
    needs: &[kinds::NAMESPACE],
    beside: KINDS,
    settings: &[&SYSTEM_NAMESPACES],
    refs: &[
        "https://docs.kubearmor.io/",
        "https://github.com/kubernetes-sigs/security-profiles-operator",
        "https://open-docs.neuvector.com/policy/modes",
    ],
    maps: &[("owasp_k8s_2022", &["K01"]), ("owasp_k8s_2025", &["K01"]), ("mitre", &["T1059", "T1611"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const RESTS_ON: &[GroupKind] = KINDS;
const EXPECTED: &str = "a profile of what it may do, in blocking mode";

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    let pods: Vec<_> = namespace.pods().filter(|pod| !pod.is_windows() && !is_agent(pod)).collect();
    if pods.is_empty() {
        return Verdict::Skip("no workload in it".into());
    }
    let scan = namespace.scan();
    if !enforce::is_anywhere(scan) {
        return match scan.first_namespace(namespace.world()) {
            Some((first, count)) if first == namespace.name() => {
                let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
                let said = format!("nothing is seen that restricts processes and files of workloads, in {first}{more}");
                let place = namespace.field();
                place.fault(said).observed("").expected(EXPECTED).missing(RESTS_ON).into()
            }
            _ => Verdict::Skip("asked once: nothing of this kind was seen".into()),
        };
    }
    let held: Vec<_> = pods.iter().map(|pod| (pod.object().name, enforce::of_pod(namespace, pod))).collect();
    let free: Vec<_> = held.iter().filter(|(_, held)| *held == Held::No).map(|(name, _)| *name).collect();
    let fault = |said: String| -> Fault { namespace.field().fault(said).observed("").expected(EXPECTED) };
    let mut faults = Vec::new();
    if !free.is_empty() {
        faults.push(fault(format!("nothing restricts processes and files of {}", few(&free))).missing(RESTS_ON));
    }
    let partly = held.iter().find_map(|(_, held)| if let Held::Partly(why) = held { Some(*why) } else { None });
    if let Some(why) = partly {
        let names: Vec<_> = held.iter().filter(|(_, held)| *held == Held::Partly(why)).map(|(name, _)| *name).collect();
        faults.push(fault(format!("whether {} may do only what is listed: {why}", few(&names))).doubt());
    }
    faults.into()
}
