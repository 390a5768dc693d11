//! What lets a workload show who it is: a mesh, SPIFFE, a certificate of its pod, or a token made for somebody.

use crate::model::GroupKind;
use crate::model::evidence::Evidence;
use crate::model::field::Field;
use crate::model::mesh::membership::Membership;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::model::selector::{Match, Selector};

/// SPIRE's registration of workloads.
pub const CLUSTER_SPIFFE_ID: GroupKind = GroupKind::new("spire.spiffe.io", "ClusterSPIFFEID");

/// Drivers whose volumes hold an identity.
const DRIVERS: &[&str] = &["csi.spiffe.io", "spiffe.csi.cert-manager.io", "csi.cert-manager.io"];

/// By annotations of its account, or by a label of the pod, clouds give it an identity of theirs.
const OF_ACCOUNT: &[&str] = &["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];

/// Whether a workload has an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// It has.
    Yes,
    /// None was seen.
    No,
    /// What decides it does not show.
    Unclear,
}

/// Whether a pod has an identity that others can verify.
#[must_use]
pub fn of_pod<'a>(namespace: &Namespace<'a>, pod: &Pod<'a>) -> Identity {
    match pod.membership() {
        Membership::In { .. } => return Identity::Yes,
        Membership::Unclear(..) => return Identity::Unclear,
        Membership::Out(..) => {}
    }
    if pod.volumes().any(of_volume) || of_cloud(pod) {
        return Identity::Yes;
    }
    let evidence: &'a Evidence<'a> = namespace.scan().evidence;
    let registered = evidence.of_kind_in(namespace.world(), CLUSTER_SPIFFE_ID).map(|object| registers(object, namespace, pod));
    registered.fold(Identity::No, |found, one| match (found, one) {
        (Identity::Yes, _) | (_, Identity::Yes) => Identity::Yes,
        (Identity::Unclear, _) | (_, Identity::Unclear) => Identity::Unclear,
        _ => Identity::No,
    })
}

/// A token with an audience of its own is of no use to anybody else.
fn of_volume(volume: Field<'_>) -> bool {
    let driver = volume.at("csi.driver").str();
    let mut sources = volume.at("projected.sources").items();
    DRIVERS.contains(&driver)
        || sources.any(|source| !source.at("serviceAccountToken.audience").is_empty() || source.key("podCertificate").exists())
}

fn of_cloud(pod: &Pod<'_>) -> bool {
    let label = pod.metadata().key("labels").key("azure.workload.identity/use").str() == "true";
    label || pod.account_documents().any(|account| OF_ACCOUNT.iter().any(|key| account.annotation(key).exists()))
}

fn registers<'a>(object: &Object<'a>, namespace: &Namespace<'a>, pod: &Pod<'a>) -> Identity {
    let in_namespace = Selector::given(object.at("spec.namespaceSelector"));
    let of_namespace = in_namespace.is_none_or(|selector| selector.matches_namespace(namespace.name(), namespace.documents().next()));
    let of_pod = Selector::given(object.at("spec.podSelector")).map_or(Match::Yes, |selector| selector.matches_pod(pod));
    match (of_namespace, of_pod) {
        (false, _) | (_, Match::No) => Identity::No,
        (true, Match::Yes) => Identity::Yes,
        (true, Match::Unknown) => Identity::Unclear,
    }
}
