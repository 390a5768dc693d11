//! What boots a node decides over all that runs on it: secure boot and a TPM show that nobody changed it.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::{Field, GroupKind, Object, Scan};

pub(super) static CHECK: Check = Check {
    id: "node-boot-integrity-unproved",
    title: "nodes boot without secure boot or a virtual TPM",
    topic: "node",
    severity: Severity::Medium,
    why: "A changed boot loader or kernel survives every restart and sees every Secret of the node.",
    fix: "Switch on secure boot, vTPM and integrity monitoring in the machine template, and let workloads' identities rest on attestation of the node.",
    how: "Reads machine templates of the Cluster API for Google and Azure, and node pools of Config Connector. Fails where secure boot or the virtual TPM is switched off, or left out where that means off. Passes where both are on.",
    surfaces: &[Surface::Manifest, Surface::Cluster, Surface::Host],
    blind: "Other providers' templates, exports of cloud settings, labels of node feature discovery, SPIRE's and Keylime's attestation of nodes.",
    refs: &[
        "https://cloud.google.com/kubernetes-engine/docs/how-to/shielded-gke-nodes",
        "https://capz.sigs.k8s.io/self-managed/trusted-launch-for-vms",
    ],
    maps: &[("mitre", &["T1542"]), ("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"])],
    everywhere: true,
    probe: Probe::Object(&[GOOGLE, AZURE, POOL], probe),
    ..Check::BASE
};

const CAPI: &str = "infrastructure.cluster.x-k8s.io";
const GOOGLE: GroupKind = GroupKind::new(CAPI, "GCPMachineTemplate");
const AZURE: GroupKind = GroupKind::new(CAPI, "AzureMachineTemplate");
const POOL: GroupKind = GroupKind::new("container.cnrm.cloud.google.com", "ContainerNodePool");

fn probe(object: &Object<'_>, _: &Scan<'_>) -> Verdict {
    let on = |field: Field<'_>, words: [&str; 2]| words.contains(&field.str());
    let off = |field: Field<'_>, what: &str| -> Fault { field.fault(format!("{what} is not switched on for these nodes")).expected("on") };
    let (secure, tpm, words) = match object.kind {
        "GCPMachineTemplate" => {
            let shielded = object.at("spec.template.spec.shieldedInstanceConfig");
            (shielded.key("secureBoot"), shielded.key("virtualizedTrustedPlatformModule"), ["Enabled", "Enabled"])
        }
        "AzureMachineTemplate" => {
            let profile = object.at("spec.template.spec.securityProfile.uefiSettings");
            (profile.key("secureBootEnabled"), profile.key("vTpmEnabled"), ["true", "true"])
        }
        _ => {
            let shielded = object.at("spec.nodeConfig.shieldedInstanceConfig");
            (shielded.key("enableSecureBoot"), shielded.key("enableIntegrityMonitoring"), ["true", "true"])
        }
    };
    // Google switches the virtual TPM and integrity monitoring on where nothing is said
    let by_default = object.kind != "AzureMachineTemplate" && !tpm.exists();
    let faults = [
        (!on(secure, words)).then(|| off(secure, "secure boot")),
        (!on(tpm, words) && !by_default)
            .then(|| off(tpm, if object.kind == "ContainerNodePool" { "integrity monitoring" } else { "a virtual TPM" })),
    ];
    faults.into_iter().flatten().collect()
}
