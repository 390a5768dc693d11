//! The kinds that the model and the checks name, and what is known of them.

use std::sync::LazyLock;

use foldhash::HashMap;

/// A kind by its API group; the version does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKind {
    /// `""` for the core group.
    pub group: &'static str,
    /// As in `kind:`.
    pub kind: &'static str,
}

impl GroupKind {
    /// A kind of a group.
    #[must_use]
    pub const fn new(group: &'static str, kind: &'static str) -> Self {
        GroupKind { group, kind }
    }
}

/// Two lists as one of so many kinds.
#[must_use]
pub const fn joined<const N: usize>(first: &[GroupKind], more: &[GroupKind]) -> [GroupKind; N] {
    let mut all = [GroupKind::new("", ""); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { more[at - first.len()] };
        at += 1;
    }
    all
}

impl std::fmt::Display for GroupKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.group.is_empty() { out.write_str(self.kind) } else { write!(out, "{}/{}", self.group, self.kind) }
    }
}

macro_rules! kinds {
    ($($name:ident = $group:literal, $kind:literal;)*) => {
        $(#[doc = concat!("`", $kind, "` of `", $group, "`")] pub const $name: GroupKind = GroupKind::new($group, $kind);)*
    };
}

kinds! {
    ADMISSION_CONFIGURATION = "apiserver.config.k8s.io", "AdmissionConfiguration";
    CLUSTER_ROLE = "rbac.authorization.k8s.io", "ClusterRole";
    CLUSTER_ROLE_BINDING = "rbac.authorization.k8s.io", "ClusterRoleBinding";
    CONFIG_MAP = "", "ConfigMap";
    CRON_JOB = "batch", "CronJob";
    CSI_DRIVER = "storage.k8s.io", "CSIDriver";
    DAEMON_SET = "apps", "DaemonSet";
    DEPLOYMENT = "apps", "Deployment";
    GATEWAY = "gateway.networking.k8s.io", "Gateway";
    GRPC_ROUTE = "gateway.networking.k8s.io", "GRPCRoute";
    HTTP_ROUTE = "gateway.networking.k8s.io", "HTTPRoute";
    INGRESS = "networking.k8s.io", "Ingress";
    INGRESS_CLASS = "networking.k8s.io", "IngressClass";
    JOB = "batch", "Job";
    KUBELET_CONFIGURATION = "kubelet.config.k8s.io", "KubeletConfiguration";
    LIMIT_RANGE = "", "LimitRange";
    MUTATING_ADMISSION_POLICY = "admissionregistration.k8s.io", "MutatingAdmissionPolicy";
    MUTATING_WEBHOOK_CONFIGURATION = "admissionregistration.k8s.io", "MutatingWebhookConfiguration";
    NAMESPACE = "", "Namespace";
    NETWORK_POLICY = "networking.k8s.io", "NetworkPolicy";
    NODE = "", "Node";
    OLD_ADMISSION_CONFIGURATION = "apiserver.k8s.io", "AdmissionConfiguration";
    PERSISTENT_VOLUME = "", "PersistentVolume";
    PERSISTENT_VOLUME_CLAIM = "", "PersistentVolumeClaim";
    POD = "", "Pod";
    POD_DISRUPTION_BUDGET = "policy", "PodDisruptionBudget";
    POD_SECURITY_CONFIGURATION = "pod-security.admission.config.k8s.io", "PodSecurityConfiguration";
    POD_TEMPLATE = "", "PodTemplate";
    REPLICA_SET = "apps", "ReplicaSet";
    REPLICATION_CONTROLLER = "", "ReplicationController";
    RESOURCE_QUOTA = "", "ResourceQuota";
    ROLE = "rbac.authorization.k8s.io", "Role";
    ROLE_BINDING = "rbac.authorization.k8s.io", "RoleBinding";
    RUNTIME_CLASS = "node.k8s.io", "RuntimeClass";
    SECRET = "", "Secret";
    SERVICE = "", "Service";
    SERVICE_ACCOUNT = "", "ServiceAccount";
    STATEFUL_SET = "apps", "StatefulSet";
    STORAGE_CLASS = "storage.k8s.io", "StorageClass";
    VALIDATING_ADMISSION_POLICY = "admissionregistration.k8s.io", "ValidatingAdmissionPolicy";
    VALIDATING_ADMISSION_POLICY_BINDING = "admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding";
    VALIDATING_WEBHOOK_CONFIGURATION = "admissionregistration.k8s.io", "ValidatingWebhookConfiguration";
    VOLUME_ATTRIBUTES_CLASS = "storage.k8s.io", "VolumeAttributesClass";
}

/// The resources whose names do not follow from their kinds by the rules of English.
const PLURALS: &[(&str, &str)] = &[
    ("Endpoints", "endpoints"),
    ("SecurityContextConstraints", "securitycontextconstraints"),
    ("TracingPolicyNamespaced", "tracingpoliciesnamespaced"),
];

/// The name of a kind's resource in the API, as rules of RBAC have it; `*` stands for itself.
#[must_use]
pub fn resource(kind: &str) -> String {
    if let Some((_, plural)) = PLURALS.iter().find(|(known, _)| *known == kind) {
        return (*plural).to_owned();
    }
    let one = kind.to_lowercase();
    let is_vowel = |letter: Option<char>| letter.is_some_and(|letter| "aeiou".contains(letter));
    match one.strip_suffix('y') {
        _ if one == "*" => one,
        Some(stem) if !is_vowel(stem.chars().next_back()) => format!("{stem}ies"),
        _ if one.ends_with(['s', 'x']) || one.ends_with("ch") || one.ends_with("sh") => one + "es",
        _ => one + "s",
    }
}

/// The group of an `apiVersion`, with the groups that kinds have left replaced by where they live now.
#[must_use]
pub fn group<'a>(api_version: &'a str, kind: &str) -> &'a str {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        _ => group,
    }
}

/// Built-in kinds that have no namespace.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("", &["Namespace", "Node", "PersistentVolume", "ComponentStatus"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice", "DeviceTaintRule"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
];

/// Whether a group is one that Kubernetes itself serves.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    group.ends_with(".k8s.io") && !is_foreign(group) || matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy" | "extensions")
}

/// Groups below `k8s.io` that live outside Kubernetes itself.
fn is_foreign(group: &str) -> bool {
    group.ends_with(".x-k8s.io")
        || matches!(
            group,
            "gateway.networking.k8s.io" | "policy.networking.k8s.io" | "snapshot.storage.k8s.io" | "metrics.k8s.io" | "agones.dev"
        )
        || group.ends_with("kustomize.config.k8s.io")
}

/// Whether a group's kinds are configuration files of components, which no API server keeps and no namespace holds.
pub(crate) fn is_configuration(group: &str) -> bool {
    group.ends_with(".config.k8s.io") && !is_foreign(group)
        || matches!(group, "apiserver.k8s.io" | "audit.k8s.io" | "kubeadm.k8s.io" | "host.cnscan")
}

/// Whether an API server serves a kind, rather than that only files hold it, as they do a kubeconfig.
#[must_use]
pub fn is_served(group: &str, kind: &str) -> bool {
    !is_configuration(group) && (group, kind) != ("", "Config")
}

/// Whether objects of a kind have a namespace; `None` when the kind is not known.
#[must_use]
pub fn is_namespaced(group: &str, kind: &str) -> Option<bool> {
    let cluster = CLUSTER_SCOPED.iter().any(|(known, kinds)| *known == group && kinds.contains(&kind));
    // what only files hold, a kubeconfig too, is in no namespace
    if cluster || !is_served(group, kind) {
        return Some(false);
    }
    is_built_in(group).then_some(true)
}

/// The kinds of Kubernetes' own groups, those of older versions included.
const SERVED: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "Binding",
            "ComponentStatus",
            "Config",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
            "Status",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["ConversionReview", "CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("apps", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "Scale", "StatefulSet"]),
    ("autoscaling", &["HorizontalPodAutoscaler", "Scale"]),
    ("batch", &["CronJob", "Job"]),
    ("coordination.k8s.io", &["Lease", "LeaseCandidate"]),
    ("discovery.k8s.io", &["EndpointSlice"]),
    ("networking.k8s.io", &["ClusterCIDR", "IPAddress", "Ingress", "IngressClass", "NetworkPolicy", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["Eviction", "PodDisruptionBudget", "PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("storage.k8s.io", &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"]),
];

/// A kind of Kubernetes itself, and whether its objects have a namespace, found at once: every object is asked for it.
pub(crate) fn own(group: &str, kind: &str) -> Option<(GroupKind, Option<bool>)> {
    type Known = (GroupKind, Option<bool>);
    static OWN: LazyLock<HashMap<(&str, &str), Known>> = LazyLock::new(|| {
        let known = |(group, kind)| ((group, kind), (GroupKind { group, kind }, is_namespaced(group, kind)));
        served().map(known).collect()
    });
    OWN.get(&(group, kind)).copied()
}

/// Resources of groups that Kubernetes itself serves, by their names.
fn served() -> impl Iterator<Item = (&'static str, &'static str)> {
    SERVED.iter().flat_map(|(group, kinds)| kinds.iter().map(move |kind| (*group, *kind)))
}

/// The group that a resource of Kubernetes itself is of; the core one where several have it.
#[must_use]
pub fn group_of_resource(name: &str) -> Option<&'static str> {
    const VIRTUAL: &[(&str, &str)] = &[
        ("users", ""),
        ("groups", ""),
        ("userextras", "authentication.k8s.io"),
        ("tokenreviews", "authentication.k8s.io"),
        ("subjectaccessreviews", "authorization.k8s.io"),
        ("certificatesigningrequests", "certificates.k8s.io"),
        ("signers", "certificates.k8s.io"),
    ];
    let served = || served().find(|(_, kind)| resource(kind) == name).map(|(group, _)| group);
    served().or_else(|| VIRTUAL.iter().find(|(known, _)| *known == name).map(|(_, group)| *group))
}

/// The names of those resources.
pub fn resources() -> impl Iterator<Item = String> {
    served().map(|(_, kind)| resource(kind))
}

/// Whether objects of a resource have a namespace; `None` when it is not known.
#[must_use]
pub fn is_namespaced_resource(group: &str, name: &str) -> Option<bool> {
    let name = name.split('/').next().unwrap_or(name);
    let (own, kind) = served().find(|(own, kind)| *own == group && resource(kind) == name)?;
    is_namespaced(own, kind)
}

/// Whether `kubectl apply` would find no such kind in a group that is Kubernetes' own; with the name that may be meant.
#[must_use]
pub fn is_misnamed(group: &str, kind: &str) -> Option<Option<&'static str>> {
    let (_, kinds) = SERVED.iter().find(|(known, _)| *known == group)?;
    let plain = kind.strip_suffix("List").unwrap_or(kind);
    if plain.is_empty() || kinds.contains(&plain) {
        return None;
    }
    Some(kinds.iter().copied().find(|known| known.eq_ignore_ascii_case(kind)))
}
