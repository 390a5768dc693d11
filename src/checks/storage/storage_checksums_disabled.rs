//! Disks return wrong data now and then, without a word: only a checksum tells.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::replication::{BLOCK_POOL, FILESYSTEM, OBJECT_STORE};
use crate::model::{Field, GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "storage-checksums-disabled",
    title: "stored data has no checksums",
    topic: "storage",
    severity: Severity::Low,
    why: "Data that changed on a disk, by a fault or by somebody's hand, is read, copied and backed up as if it were right.",
    fix: "Leave the checksums and the scrubbing of the storage system switched on, or use a file system that has them.",
    how: "Fails for a Ceph cluster whose `bluestore_csum_type` is none (in `cephConfig`, or in rook-config-override), a pool with `csum_type: none`, `noscrub` or `nodeep-scrub`, and Longhorn with `snapshot-data-integrity` disabled. Passes for classes of Ceph, Longhorn and ZFS where nothing seen switches it off. For review: classes of other drivers, and a BackupStorageLocation whose `checksumAlgorithm` is empty, which some object stores need. Does not apply to other settings of Longhorn.",
    needs: &[kinds::CONFIG_MAP],
    blind: "What a provider does below a disk, flags that were set in Ceph by hand, and checksums that a database keeps itself.",
    refs: &[
        "https://docs.ceph.com/en/latest/rados/configuration/bluestore-config-ref/#checksums",
        "https://longhorn.io/docs/latest/advanced-resources/data-integrity/snapshot-data-integrity-check/",
        "https://rook.io/docs/rook/latest/CRDs/Block-Storage/ceph-block-pool-crd/",
    ],
    maps: &[("cwe", &["CWE-353"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

const CEPH: GroupKind = GroupKind::new("ceph.rook.io", "CephCluster");
const LONGHORN_SETTING: GroupKind = GroupKind::new("longhorn.io", "Setting");
const LONGHORN_VOLUME: GroupKind = GroupKind::new("longhorn.io", "Volume");
const LOCATION: GroupKind = GroupKind::new("velero.io", "BackupStorageLocation");
const SUBJECTS: &[GroupKind] =
    &[kinds::STORAGE_CLASS, CEPH, BLOCK_POOL, FILESYSTEM, OBJECT_STORE, LONGHORN_SETTING, LONGHORN_VOLUME, LOCATION];

const SWITCHES: &[GroupKind] = &[CEPH, BLOCK_POOL, FILESYSTEM, OBJECT_STORE];
const INTEGRITY: &[GroupKind] = &[LONGHORN_SETTING];
const SETTING: &str = "snapshot-data-integrity";
const EXPECTED: &str = "checksums";

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    match object.kind {
        "StorageClass" => class(object),
        "CephCluster" => cluster(object, scan).into(),
        "CephBlockPool" => pool(spec).collect(),
        "CephFilesystem" | "CephObjectStore" => {
            let single = ["metadataPool", "dataPool"].map(|key| spec.key(key));
            single.into_iter().chain(spec.key("dataPools").items()).flat_map(pool).collect()
        }
        "Setting" if object.name != SETTING => Verdict::Skip("another setting of Longhorn".into()),
        "Setting" => {
            let value = object.at("value");
            let off = value.str().contains("disabled");
            off.then(|| value.fault("Longhorn does not look after the checksums of snapshots").expected("fast-check or enabled")).into()
        }
        "Volume" => {
            let value = spec.key("snapshotDataIntegrity");
            let off = value.text() == Some("disabled");
            off.then(|| value.fault(format!("volume {} has no checksums of its snapshots", object.name)).expected("fast-check or enabled"))
                .into()
        }
        _ => location(spec),
    }
}

fn class(class: &Object<'_>) -> Verdict {
    let provisioner = class.at("provisioner");
    let driver = provisioner.str();
    match driver {
        "zfs.csi.openebs.io" => Verdict::Pass,
        "driver.longhorn.io" => Verdict::PassIfNone(INTEGRITY),
        _ if driver.ends_with("rbd.csi.ceph.com") || driver.ends_with("cephfs.csi.ceph.com") => Verdict::PassIfNone(SWITCHES),
        _ => {
            let said = format!("class {}: nothing is known of checksums that {driver} keeps of data", class.name);
            provisioner.fault(said).expected(EXPECTED).doubt().into()
        }
    }
}

const CHECKSUM: &str = "bluestore_csum_type";

/// By the object itself, or by the file that Rook hands to Ceph.
fn cluster(cluster: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let said = || format!("Ceph cluster {} writes without checksums", cluster.name);
    let sections = cluster.at("spec.cephConfig").entries();
    let set = sections.into_iter().flat_map(|(_, section)| section.entries()).find(|(key, value)| is_key(key) && value.str() == "none");
    if let Some((_, value)) = set {
        return Some(value.fault(said()).expected("crc32c"));
    }
    let own = |map: &&Object<'_>| map.name == "rook-config-override" && map.namespace == cluster.namespace;
    let file = scan.evidence.of_kind_in(cluster.world, kinds::CONFIG_MAP).find(own)?.at("data").key("config");
    let mut lines = file.str().lines().filter_map(|line| line.split(['#', ';']).next()?.split_once('='));
    let last = lines.rfind(|(key, _)| is_key(key))?;
    (last.1.trim() == "none").then(|| file.fault(said()).observed(format!("{CHECKSUM} = none")).expected("crc32c").of_its_object())
}

/// Ceph takes spaces and dashes for the lines below in names.
fn is_key(key: &str) -> bool {
    key.trim().replace([' ', '-'], "_") == CHECKSUM
}

/// What is set on a pool.
fn pool<'a>(pool: Field<'a>) -> impl Iterator<Item = Fault> + use<'a> {
    let parameters = pool.key("parameters");
    let none = parameters.key("csum_type");
    let none = (none.text() == Some("none")).then(|| none.fault("what is written to this pool gets no checksums").expected("crc32c"));
    let off = move |key: &'static str| {
        let field = parameters.key(key);
        let on = matches!(field.str(), "1" | "true" | "yes");
        on.then(|| field.fault(format!("nobody looks after the checksums of this pool ({key})")).expected("absent"))
    };
    none.into_iter().chain(["noscrub", "nodeep-scrub"].into_iter().filter_map(off))
}

fn location(spec: Field<'_>) -> Verdict {
    let algorithm = spec.at("config.checksumAlgorithm");
    if !spec.key("provider").str().ends_with("aws") {
        return Verdict::Skip("a location without such a setting".into());
    }
    let off = algorithm.text() == Some("");
    let said = "backups are sent without a checksum for the store to keep: does it make its own";
    off.then(|| algorithm.fault(said).expected("CRC32").doubt()).into()
}
