//! How many copies of the data storage drivers keep.

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind};

/// A pool of a Ceph cluster that Rook runs.
pub const BLOCK_POOL: GroupKind = GroupKind::new("ceph.rook.io", "CephBlockPool");
/// A file system of one.
pub const FILESYSTEM: GroupKind = GroupKind::new("ceph.rook.io", "CephFilesystem");
/// An object store of one.
pub const OBJECT_STORE: GroupKind = GroupKind::new("ceph.rook.io", "CephObjectStore");

/// What is known of the copies.
#[derive(Debug, Clone, Copy)]
pub enum Copies<'a> {
    /// More than one.
    Many,
    /// A single one, by what is said here.
    One(Field<'a>),
    /// As many as there is of the node's disk: one.
    OfNode,
    /// It cannot be told from here, because of this.
    Unknown(&'static str, Field<'a>),
}

use Copies::{Many, OfNode, One, Unknown};

const ZONE: &str = "the provider keeps copies within one zone, which is lost as a whole";
const UNKNOWN: &str = "nothing is known of the copies that this driver keeps";
const UNSAID: &str = "without a number the driver keeps what its own settings say, which may be one copy";

/// Drivers with a parameter for the number of copies; without it they keep as many as stands here, or as they are set to.
const COUNTED: &[(&str, &[&str], Option<u32>)] = &[
    ("driver.longhorn.io", &["numberofreplicas"], None),
    ("pxd.portworx.com", &["repl"], Some(1)),
    ("kubernetes.io/portworx-volume", &["repl"], Some(1)),
    ("io.openebs.csi-mayastor", &["repl"], None),
    ("linstor.csi.linbit.com", &["autoplace", "placementcount"], None),
];

/// Drivers of a disk of the node.
const OF_NODE: &[&str] = &[
    "kubernetes.io/no-provisioner",
    "rancher.io/local-path",
    "k8s.io/minikube-hostpath",
    "docker.io/hostpath",
    "microk8s.io/hostpath",
    "kubernetes.io/host-path",
    "hostpath.csi.k8s.io",
    "openebs.io/local",
    "local.csi.openebs.io",
    "topolvm.io",
];

/// Drivers of disks of one zone, with the parameter and the parts of its values that make it more.
const ZONAL: &[(&str, &str, &[&str])] = &[
    ("ebs.csi.aws.com", "", &[]),
    ("ebs.csi.eks.amazonaws.com", "", &[]),
    ("kubernetes.io/aws-ebs", "", &[]),
    ("pd.csi.storage.gke.io", "replication-type", &["regional-pd"]),
    ("kubernetes.io/gce-pd", "replication-type", &["regional-pd"]),
    ("disk.csi.azure.com", "skuname", &["_ZRS"]),
    ("kubernetes.io/azure-disk", "skuname", &["_ZRS"]),
    ("file.csi.azure.com", "skuname", &["_ZRS", "_GRS", "_GZRS"]),
    ("cinder.csi.openstack.org", "", &[]),
    ("dobs.csi.digitalocean.com", "", &[]),
    ("csi.hetzner.cloud", "", &[]),
];

/// The copies that a class makes.
#[must_use]
pub fn of_class<'a>(class: &Object<'a>, evidence: &'a Evidence<'a>) -> Copies<'a> {
    let (provisioner, parameters) = (class.at("provisioner"), class.at("parameters"));
    let driver = provisioner.str();
    if OF_NODE.contains(&driver) {
        return OfNode;
    }
    if let Some((_, keys, default)) = COUNTED.iter().find(|(name, ..)| *name == driver) {
        return counted(parameters, provisioner, keys, *default);
    }
    if let Some((_, key, wide)) = ZONAL.iter().find(|(name, ..)| *name == driver) {
        let value = parameter(parameters, &[key]).map(|field| field.str().to_ascii_lowercase()).unwrap_or_default();
        let is_wide = wide.iter().any(|part| value.contains(&part.to_ascii_lowercase()));
        return if is_wide { Many } else { Unknown(ZONE, provisioner) };
    }
    if matches!(driver, "efs.csi.aws.com" | "filestore.csi.storage.gke.io") {
        return Many;
    }
    if driver.ends_with("rbd.csi.ceph.com") {
        return of_pool_named(parameters.key("pool"), class, evidence).unwrap_or(Unknown("the pool behind it was not seen", provisioner));
    }
    Unknown(UNKNOWN, provisioner)
}

fn counted<'a>(parameters: Field<'a>, driver: Field<'a>, keys: &[&str], default: Option<u32>) -> Copies<'a> {
    let given = parameter(parameters, keys);
    match (given.map(Field::str).map(str::parse::<u32>), default) {
        (Some(Ok(0 | 1)), _) | (None, Some(1)) => One(given.unwrap_or(driver)),
        (Some(Ok(_)), _) => Many,
        (None, _) => Unknown(UNSAID, driver),
        (Some(Err(_)), _) => Unknown("what is said is no number", given.unwrap_or(driver)),
    }
}

/// A parameter by any of its names, whose case most drivers do not mind; some put their own name in front.
fn parameter<'a>(parameters: Field<'a>, keys: &[&str]) -> Option<Field<'a>> {
    let is_it = |name: &str| name.rsplit('/').next().is_some_and(|name| keys.iter().any(|key| name.eq_ignore_ascii_case(key)));
    parameters.entries().into_iter().find(|(name, _)| is_it(name)).map(|(_, field)| field.as_string())
}

fn of_pool_named<'a>(name: Field<'a>, class: &Object<'a>, evidence: &'a Evidence<'a>) -> Option<Copies<'a>> {
    let mut pools = evidence.of_kind_in(class.world, BLOCK_POOL).filter(|pool| Some(pool.name) == name.text());
    pools.next().map(|pool| match of_pool(pool.at("spec")) {
        // what is wrong with the pool is said of the pool
        One(_) => One(name),
        copies => copies,
    })
}

/// The copies that the pools of an object of Rook keep, each with its place.
#[must_use]
pub fn of_ceph<'a>(object: &Object<'a>) -> Vec<Copies<'a>> {
    let spec = object.at("spec");
    if object.is(BLOCK_POOL) {
        return vec![of_pool(spec)];
    }
    let single = ["metadataPool", "dataPool"].into_iter().map(|key| spec.key(key)).filter(|pool| pool.exists());
    single.chain(spec.key("dataPools").items()).map(of_pool).collect()
}

fn of_pool(pool: Field<'_>) -> Copies<'_> {
    let (size, chunks) = (pool.at("replicated.size"), pool.at("erasureCoded.codingChunks"));
    let copies = match (size.int(), chunks.int()) {
        (Some(2..), _) | (_, Some(1..)) => Many,
        (Some(1), _) => One(size),
        _ => Unknown("it says neither how many copies nor how many coding chunks", pool),
    };
    match (copies, pool.key("failureDomain")) {
        (Many, domain) if domain.str() == "osd" => Unknown("the copies may all lie on disks of one host", domain),
        (copies, _) => copies,
    }
}
