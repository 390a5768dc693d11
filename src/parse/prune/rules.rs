//! What is left out of objects, by kind: what no check reads, and what nobody should have.

use crate::discover::Resource;

/// What becomes of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Keep,
    Drop,
    /// Kept when its text is no longer than this.
    Short(usize),
    /// Each item of an array by this rule.
    Each(&'static Rule),
    /// The members of an object: each by its own rule, the others by the last one.
    Members(&'static [(&'static str, Rule)], &'static Rule),
}

use Rule::{Drop, Each, Keep, Members, Short};

/// Copies of the whole object that tools leave in it: of a Secret they hold its values.
const COPIES: [(&str, Rule); 4] = [
    ("kubectl.kubernetes.io/last-applied-configuration", Drop),
    ("kapp.k14s.io/original", Drop),
    ("kapp.k14s.io/original-diff", Drop),
    ("objectset.rio.cattle.io/applied", Drop),
];
const METADATA: Rule = Members(&[("managedFields", Drop), ("annotations", Members(&COPIES, &Keep))], &Keep);
/// When data was last written, by whomever: which keys it has is left out.
const WRITTEN: Rule = Each(&Members(&[("time", Keep), ("fieldsV1", Members(&[("f:data", Members(&[], &Drop))], &Drop))], &Drop));
/// A long annotation of a Secret may be yet another copy of it.
const SECRET: Rule =
    Members(&[("metadata", Members(&[("managedFields", WRITTEN), ("annotations", Members(&COPIES, &Short(1024)))], &Keep))], &Drop);

/// The rule of an object whose status is treated so; its kind stands on the list already.
macro_rules! object {
    ($status:expr $(, $spec:expr)?) => {
        Members(&[("apiVersion", Drop), ("kind", Drop), ("metadata", METADATA), ("status", $status) $(, ("spec", $spec))?], &Keep)
    };
}

/// What a controller of GitOps says of an object: whether it is as it should be, since when, and which image was chosen.
const RECONCILED: Rule = Members(
    &[
        ("conditions", Keep),
        ("latestRef", Keep),
        ("lastScanResult", Keep),
        ("sync", Keep),
        ("totalViolations", Keep),
        ("auditTimestamp", Keep),
    ],
    &Drop,
);
/// When a Secret was fetched, and whether that went well.
const FETCHED: Rule = Members(&[("refreshTime", Keep), ("conditions", Keep)], &Drop);
/// From when to when a certificate holds.
const ISSUED: Rule = Members(&[("notBefore", Keep), ("notAfter", Keep), ("renewalTime", Keep)], &Drop);
/// How a backup, or a place for them, has fared.
const BACKED_UP: Rule = Members(&[("phase", Keep), ("completionTimestamp", Keep)], &Drop);
/// Of what a scanner found, what it was and whether there is a mend; of what an image is made of, how much.
const FOUND: Rule = Members(
    &[
        ("components", Drop),
        (
            "vulnerabilities",
            Each(&Members(
                &[("vulnerabilityID", Keep), ("severity", Keep), ("fixedVersion", Keep), ("publishedDate", Keep), ("resource", Keep)],
                &Drop,
            )),
        ),
    ],
    &Keep,
);
const RESULT: Rule = Members(&[("message", Drop), ("properties", Drop)], &Keep);
const REPORT: Rule =
    Members(&[("apiVersion", Drop), ("kind", Drop), ("metadata", METADATA), ("report", FOUND), ("results", Each(&RESULT))], &Keep);

/// The rule of an object of a kind.
pub(super) fn of(resource: &Resource) -> Rule {
    const POD: Rule = Members(
        &[
            ("phase", Keep),
            ("qosClass", Keep),
            ("containerStatuses", Keep),
            ("initContainerStatuses", Keep),
            ("ephemeralContainerStatuses", Keep),
        ],
        &Drop,
    );
    const SCHEMAS: Rule = Members(&[("validation", Drop), ("versions", Each(&Members(&[("schema", Drop)], &Keep)))], &Keep);
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Secret") => SECRET,
        ("", "Pod") => object!(POD),
        ("", "Node") => object!(Members(&[("images", Drop)], &Keep)),
        ("", "Namespace") | ("apiregistration.k8s.io", "APIService") => object!(Keep),
        ("admissionregistration.k8s.io", _) => object!(Keep),
        ("apps", "DaemonSet") => object!(Members(&[("desiredNumberScheduled", Keep), ("numberReady", Keep)], &Drop)),
        // of what a workload was seen to do, only whether that is known is read
        ("spdx.softwarecomposition.kubescape.io", _) => object!(Drop, Drop),
        ("batch", "Job") => object!(Members(&[("completionTime", Keep), ("conditions", Keep)], &Drop)),
        ("", "Service") => object!(Members(&[("loadBalancer", Keep)], &Drop)),
        ("", "PersistentVolume" | "PersistentVolumeClaim") => object!(Members(&[("phase", Keep)], &Drop)),
        ("certificates.k8s.io", "CertificateSigningRequest") => object!(Members(&[("conditions", Keep)], &Drop)),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => object!(Drop, SCHEMAS),
        ("argoproj.io", "Application") | ("constraints.gatekeeper.sh", _) => object!(RECONCILED),
        ("external-secrets.io", "ExternalSecret") => object!(FETCHED),
        ("cert-manager.io", "Certificate") => object!(ISSUED),
        ("velero.io", "Backup" | "BackupStorageLocation") => object!(BACKED_UP),
        (group, _) if group.ends_with(".toolkit.fluxcd.io") => object!(RECONCILED),
        ("aquasecurity.github.io", "ClusterComplianceReport") => {
            object!(Members(&[("updateTimestamp", Keep)], &Drop), Members(&[("cron", Keep)], &Drop))
        }
        ("aquasecurity.github.io" | "wgpolicyk8s.io" | "openreports.io", _) => REPORT,
        _ => object!(Drop),
    }
}
