//! The kinds by which clusters say what they admit: the one list of them.

use crate::model::kinds::joined;
use crate::model::{GroupKind, kinds};

/// Gatekeeper's constraints: a kind for each template.
pub const CONSTRAINT: GroupKind = GroupKind::new("constraints.gatekeeper.sh", "*");
/// What a kind of constraints refuses.
pub const CONSTRAINT_TEMPLATE: GroupKind = GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate");
/// Gatekeeper's own configuration, which exempts namespaces.
pub const GATEKEEPER_CONFIG: GroupKind = GroupKind::new("config.gatekeeper.sh", "Config");
/// Kyverno's policies for all namespaces, and for one.
pub const CLUSTER_POLICY: GroupKind = GroupKind::new("kyverno.io", "ClusterPolicy");
/// See [`CLUSTER_POLICY`].
pub const POLICY: GroupKind = GroupKind::new("kyverno.io", "Policy");
/// Exceptions from them.
pub const POLICY_EXCEPTION: GroupKind = GroupKind::new("kyverno.io", "PolicyException");
/// Kyverno's policies in CEL, for all namespaces, and for one.
pub const VALIDATING_POLICY: GroupKind = GroupKind::new("policies.kyverno.io", "ValidatingPolicy");
/// See [`VALIDATING_POLICY`].
pub const NAMESPACED_VALIDATING_POLICY: GroupKind = GroupKind::new("policies.kyverno.io", "NamespacedValidatingPolicy");
/// Exceptions from these.
pub const CEL_EXCEPTION: GroupKind = GroupKind::new("policies.kyverno.io", "PolicyException");
/// Kyverno's policies for images, for all namespaces, and for one.
pub const IMAGE_POLICY: GroupKind = GroupKind::new("policies.kyverno.io", "ImageValidatingPolicy");
/// See [`IMAGE_POLICY`].
pub const NAMESPACED_IMAGE_POLICY: GroupKind = GroupKind::new("policies.kyverno.io", "NamespacedImageValidatingPolicy");
/// Kubewarden's policies, for all namespaces, and for one, alone and in groups.
pub const KUBEWARDEN: [GroupKind; 4] = [
    GroupKind::new("policies.kubewarden.io", "AdmissionPolicy"),
    GroupKind::new("policies.kubewarden.io", "AdmissionPolicyGroup"),
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicy"),
    GroupKind::new("policies.kubewarden.io", "ClusterAdmissionPolicyGroup"),
];
/// Where there are any, OpenShift admits no pod but under one of them.
pub const SECURITY_CONTEXT_CONSTRAINTS: GroupKind = GroupKind::new("security.openshift.io", "SecurityContextConstraints");
/// Policies of sigstore's policy-controller.
pub const SIGSTORE_POLICY: GroupKind = GroupKind::new("policy.sigstore.dev", "ClusterImagePolicy");

/// Those that may refuse pods for what they are, with what widens or narrows them.
pub const OF_PODS: &[GroupKind] = &joined::<18>(
    &[
        kinds::VALIDATING_ADMISSION_POLICY,
        kinds::VALIDATING_ADMISSION_POLICY_BINDING,
        CONSTRAINT,
        CONSTRAINT_TEMPLATE,
        GATEKEEPER_CONFIG,
        CLUSTER_POLICY,
        POLICY,
        POLICY_EXCEPTION,
        VALIDATING_POLICY,
        NAMESPACED_VALIDATING_POLICY,
        CEL_EXCEPTION,
        SECURITY_CONTEXT_CONSTRAINTS,
        // the engines' own configuration, and what they are asked about
        kinds::CONFIG_MAP,
        kinds::VALIDATING_WEBHOOK_CONFIGURATION,
    ],
    &KUBEWARDEN,
);

/// Those that say of themselves whether they refuse or report.
pub const WITH_ACTION: &[GroupKind] = &joined::<13>(
    &[
        kinds::VALIDATING_ADMISSION_POLICY,
        CONSTRAINT,
        CLUSTER_POLICY,
        POLICY,
        VALIDATING_POLICY,
        NAMESPACED_VALIDATING_POLICY,
        IMAGE_POLICY,
        NAMESPACED_IMAGE_POLICY,
        SIGSTORE_POLICY,
    ],
    &KUBEWARDEN,
);

/// OpenShift's policies for images, which its nodes keep to.
pub const OPENSHIFT_IMAGE_POLICIES: [GroupKind; 2] =
    [GroupKind::new("config.openshift.io", "ClusterImagePolicy"), GroupKind::new("config.openshift.io", "ImagePolicy")];
/// Policies of other verifiers, which are named and not read.
pub const OTHER_VERIFIERS: [GroupKind; 4] = [
    GroupKind::new("portieris.cloud.ibm.com", "ClusterImagePolicy"),
    GroupKind::new("portieris.cloud.ibm.com", "ImagePolicy"),
    GroupKind::new("config.ratify.deislabs.io", "Verifier"),
    GroupKind::new("config.ratify.deislabs.io", "NamespacedVerifier"),
];

/// Those that verify images.
pub const OF_IMAGES: &[GroupKind] = &joined::<15>(
    &[
        CLUSTER_POLICY,
        POLICY,
        IMAGE_POLICY,
        NAMESPACED_IMAGE_POLICY,
        SIGSTORE_POLICY,
        OPENSHIFT_IMAGE_POLICIES[0],
        OPENSHIFT_IMAGE_POLICIES[1],
        OTHER_VERIFIERS[0],
        OTHER_VERIFIERS[1],
        OTHER_VERIFIERS[2],
        OTHER_VERIFIERS[3],
    ],
    &KUBEWARDEN,
);

/// The same with what widens or narrows them.
pub const AROUND_IMAGES: &[GroupKind] =
    &joined::<19>(OF_IMAGES, &[kinds::CONFIG_MAP, kinds::VALIDATING_WEBHOOK_CONFIGURATION, POLICY_EXCEPTION, CEL_EXCEPTION]);
