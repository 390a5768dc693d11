//! A disk that fails takes the only copy of its data with it.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::replication::{self, BLOCK_POOL, Copies, FILESYSTEM, OBJECT_STORE};
use crate::model::{Field, Object, Scan, kinds, volume};

pub(super) static CHECK: Check = Check {
    id: "storage-replication-missing",
    title: "data have no second copy",
    topic: "storage",
    severity: Severity::Medium,
    why: "The loss of one disk, or of the node that it is in, is the loss of all data on it.",
    fix: "Have the class keep at least two copies, in places that fail apart, or run the database in several replicas that copy to each other.",
    how: "Fails for a StorageClass that asks for one copy (Longhorn, Portworx, Mayastor, LINSTOR), a Ceph pool with `replicated.size: 1`, and a StatefulSet of one replica whose claims are of a class on the node's disk. For review: no number is given, disks of one zone, drivers that are not known, and a Ceph pool without numbers or with `failureDomain: osd`. Does not apply to StatefulSets of several replicas, without claims, or of a class not seen.",
    needs: &[kinds::STORAGE_CLASS, kinds::PERSISTENT_VOLUME_CLAIM],
    blind: "Copies that a database makes by itself, copies below the driver, backups; and what a provider's disks are worth.",
    refs: &[
        "https://rook.io/docs/rook/latest/CRDs/Block-Storage/ceph-block-pool-crd/",
        "https://longhorn.io/docs/latest/references/storage-class-parameters/",
        "https://docs.portworx.com/portworx-csi/reference/storageclass-parameters",
    ],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"]), ("mitre", &["T1485"])],
    probe: Probe::Object(&[kinds::STORAGE_CLASS, kinds::STATEFUL_SET, BLOCK_POOL, FILESYSTEM, OBJECT_STORE], probe),
    ..Check::BASE
};

const EXPECTED: &str = "at least 2 copies";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.kind {
        "StorageClass" => match replication::of_class(object, scan.evidence) {
            Copies::OfNode => Verdict::Skip("a class of the node's disks: the workloads on them are judged".into()),
            copies => fault(copies, &format!("class {}", object.name)).into(),
        },
        "StatefulSet" => stateful(object, scan),
        _ => {
            let pools = replication::of_ceph(object);
            pools.into_iter().filter_map(|copies| fault(copies, &format!("{} {}", object.kind, object.name))).collect()
        }
    }
}

fn fault(copies: Copies<'_>, what: &str) -> Option<Fault> {
    match copies {
        Copies::Many | Copies::OfNode => None,
        Copies::One(field) => Some(field.fault(format!("{what} keeps one copy of the data")).expected(EXPECTED)),
        Copies::Unknown(why, field) => Some(field.fault(format!("{what}: {why}")).expected(EXPECTED).doubt()),
    }
}

/// One replica on a disk of its node. Several replicas may well copy to each other.
fn stateful(set: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let templates: Vec<_> = set.at("spec.volumeClaimTemplates").items().collect();
    if templates.is_empty() {
        return Verdict::Skip("no storage of its own".into());
    }
    if set.at("spec.replicas").int().is_some_and(|count| count != 1) {
        return Verdict::Skip("several replicas: whether they copy to each other is theirs".into());
    }
    let classes: Vec<_> = templates.into_iter().map(|claim| class_of(claim, set.world, scan)).collect();
    let on_node = |class: &Object<'_>| matches!(replication::of_class(class, scan.evidence), Copies::OfNode);
    let on_node = classes.iter().filter_map(|(field, class)| Some((field, class.filter(|class| on_node(class))?)));
    let faults = on_node.map(|(field, class)| {
        let said = format!("the only replica of {} keeps its data on the node's disk, by class {}", set.name, class.name);
        field.fault(said).expected("a class that keeps copies, or replicas that do")
    });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() && classes.iter().any(|(_, class)| class.is_none()) {
        return Verdict::Skip("its class was not seen".into());
    }
    faults.into()
}

/// Where a claim names its class, and the class: of several copies the first.
fn class_of<'a>(claim: Field<'a>, world: u16, scan: &'a Scan<'a>) -> (Field<'a>, Option<&'a Object<'a>>) {
    let field = claim.at("spec").key("storageClassName");
    let mut classes = scan.evidence.of_kind_in(world, kinds::STORAGE_CLASS);
    let class = classes.find(|class| match field.text() {
        Some(name) => class.name == name,
        None => volume::is_default_class(class),
    });
    (field, class)
}
