//! Kinds that are not listed: records that controllers keep of what happens, views of what is listed anyway, tokens,
//! and what shares out machines. No check could judge them, and there may be very many; whoever reads a cluster should
//! need no rights for them. A test sees to it that no check reads one.

/// By group; `*` for all of its kinds.
const RECORDS: &[(&str, &[&str])] = &[
    ("", &["ComponentStatus", "Endpoints", "Event"]),
    ("apps", &["ControllerRevision"]),
    ("certificates.k8s.io", &["PodCertificateRequest"]),
    ("coordination.k8s.io", &["*"]),
    ("custom.metrics.k8s.io", &["*"]),
    ("discovery.k8s.io", &["*"]),
    ("events.k8s.io", &["*"]),
    ("external.metrics.k8s.io", &["*"]),
    ("flowcontrol.apiserver.k8s.io", &["*"]),
    ("internal.apiserver.k8s.io", &["*"]),
    ("metrics.k8s.io", &["*"]),
    ("networking.k8s.io", &["IPAddress", "ServiceCIDR"]),
    ("resource.k8s.io", &["*"]),
    ("scheduling.k8s.io", &["*"]),
    ("storage.k8s.io", &["CSINode", "CSIStorageCapacity", "VolumeAttachment"]),
    ("storagemigration.k8s.io", &["*"]),
    ("acme.cert-manager.io", &["*"]),
    (
        "aquasecurity.github.io",
        &[
            "ClusterConfigAuditReport",
            "ClusterInfraAssessmentReport",
            "ClusterRbacAssessmentReport",
            "ConfigAuditReport",
            "ExposedSecretReport",
            "InfraAssessmentReport",
            "RbacAssessmentReport",
        ],
    ),
    ("authorization.openshift.io", &["*"]),
    ("cilium.io", &["CiliumEndpoint", "CiliumEndpointSlice", "CiliumIdentity", "CiliumNode"]),
    ("crd.projectcalico.org", &["BlockAffinity", "IPAMBlock", "IPAMHandle"]),
    ("image.openshift.io", &["Image", "ImageStreamTag", "ImageTag"]),
    ("oauth.openshift.io", &["*"]),
    ("project.openshift.io", &["*"]),
    ("reports.kyverno.io", &["*"]),
    ("spdx.softwarecomposition.kubescape.io", &["*"]),
];

/// Whether a kind is left out.
#[must_use]
pub fn is_record(group: &str, kind: &str) -> bool {
    RECORDS.iter().any(|(known, kinds)| *known == group && kinds.iter().any(|name| *name == "*" || *name == kind))
}
