//! A Secret that somebody made by hand has no origin to be renewed from.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::delivery;
use crate::model::{GroupKind, Namespace, kinds};

pub(super) static CHECK: Check = Check {
    id: "secret-manager-missing",
    title: "Secrets are not delivered by a manager",
    topic: "secret",
    severity: Severity::Low,
    why: "What is copied into a Secret by hand is renewed by hand, if at all, and nobody can tell where it came from or who has it.",
    fix: "Have a manager deliver it at run time (External Secrets, Secrets Store CSI, Vault), best as a credential made for the purpose.",
    how: "Takes the Secrets that pods of a namespace need, by `env`, `envFrom` or volumes and not `optional`, and passes where each is the target of a manager's object (ExternalSecret, SealedSecret, Vault, SecretProviderClass, Certificate and others) or is owned by one. Fails where, in a live cluster, no manager of any kind was seen; in files, and where a manager has some of them, it is for review. Does not apply to system namespaces, nor where no Secret is used.",
    needs: &[kinds::SECRET],
    beside: MANAGERS,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    blind: "Who makes Secrets that no object in the evidence speaks of, and whether a manager renews what it delivers.",
    refs: &["https://external-secrets.io/latest/", "https://secrets-store-csi-driver.sigs.k8s.io/"],
    maps: &[("cis", &["5.4.2"]), ("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("cwe", &["CWE-522"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const MANAGERS: &[GroupKind] = delivery::MANAGERS;

fn probe(namespace: &Namespace<'_>) -> Verdict {
    if namespace.is_system() {
        return Verdict::Skip("a system namespace".into());
    }
    let used = delivery::used_secrets(namespace);
    let delivered = delivery::is_delivered_otherwise(namespace);
    if used.is_empty() {
        return if delivered { Verdict::Pass } else { Verdict::Skip("no workload uses a Secret".into()) };
    }
    let managed = delivery::Managed::of(namespace);
    let (owned, by_hand): (Vec<_>, Vec<_>) = used.iter().partition(|(name, _)| managed.makes(name));
    let Some((_, first)) = by_hand.first() else { return Verdict::Pass };
    let names: Vec<_> = by_hand.iter().map(|(name, _)| **name).take(3).collect();
    let more = if by_hand.len() > names.len() { format!(" and {} more", by_hand.len() - names.len()) } else { String::new() };
    let said = format!("workloads{} use Secrets that no manager is seen to deliver: {}{more}", namespace.after("of"), names.join(", "));
    let fault = first.fault(said).expected("an ExternalSecret, a CSI volume or the like");
    // one that delivers some may deliver the others by ways that objects do not show; and files do not show who owns what
    let live = namespace.pods().any(|pod| pod.object().at("metadata.uid").exists());
    let sure = live && owned.is_empty() && !delivered && !managed.any();
    if sure { fault.missing(MANAGERS).into() } else { fault.doubt().into() }
}
