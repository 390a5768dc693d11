//! What is known of the encryption of volumes, by driver: by default, and by which parameter.

use crate::model::Field;

/// Whether a driver encrypts a volume at rest.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtRest<'a> {
    /// It does: it is said here, or the provider always does, with keys of its own.
    Encrypted,
    /// It is switched off here.
    Off(Field<'a>),
    /// The driver only hands out folders or disks as they are.
    Plain,
    /// It cannot be told from here, because of this; said, or left out, here.
    Unknown(&'static str, Field<'a>),
}

/// How a driver handles encryption.
#[derive(Debug, Clone, Copy)]
enum Driver {
    /// The provider encrypts every disk.
    Always,
    /// It has a parameter, read by Go's `strconv.ParseBool`; without it, this decides.
    Parameter(&'static str, &'static str),
    /// It has a parameter that only the very word `true` switches on; without it, this decides.
    Exactly(&'static str, &'static str),
    /// It has a parameter that a single word switches on; without it, this decides.
    Word(&'static str, &'static str, &'static str),
    /// It has none, and hands out what this decides.
    Elsewhere(&'static str),
    /// It has no means to.
    Never,
}

use Driver::{Always, Elsewhere, Exactly, Never, Parameter, Word};

const ACCOUNT: &str = "the account's default for the region decides";
const NODES: &str = "the driver does not encrypt unless told to, so the disks below would have to";
const CLUSTER: &str = "the driver does not encrypt unless told to, so the Ceph cluster's disks would have to";
const PROVIDER: &str = "the driver does not encrypt unless told to, so the provider's disks would have to";
const BACKEND: &str = "the storage system behind the driver decides";

const DRIVERS: &[(&str, Driver)] = &[
    ("ebs.csi.aws.com", Exactly("encrypted", ACCOUNT)),
    ("ebs.csi.eks.amazonaws.com", Exactly("encrypted", ACCOUNT)),
    ("kubernetes.io/aws-ebs", Exactly("encrypted", ACCOUNT)),
    ("pd.csi.storage.gke.io", Always),
    ("kubernetes.io/gce-pd", Always),
    ("filestore.csi.storage.gke.io", Always),
    ("disk.csi.azure.com", Always),
    ("kubernetes.io/azure-disk", Always),
    ("file.csi.azure.com", Always),
    ("kubernetes.io/azure-file", Always),
    ("blob.csi.azure.com", Always),
    ("dobs.csi.digitalocean.com", Always),
    ("diskplugin.csi.alibabacloud.com", Parameter("encrypted", ACCOUNT)),
    ("csi.cloudscale.ch", Exactly("luks-encrypted", PROVIDER)),
    ("storage.csi.upcloud.com", Word("encryption", "data-at-rest", PROVIDER)),
    ("csi.vsphere.vmware.com", Elsewhere("the storage policy of vSphere decides")),
    ("cinder.csi.openstack.org", Elsewhere("the type of the volume in OpenStack decides")),
    ("efs.csi.aws.com", Elsewhere("the file system behind it decides")),
    ("driver.longhorn.io", Parameter("encrypted", NODES)),
    ("rbd.csi.ceph.com", Parameter("encrypted", CLUSTER)),
    ("cephfs.csi.ceph.com", Parameter("encrypted", CLUSTER)),
    ("pxd.portworx.com", Parameter("secure", NODES)),
    ("kubernetes.io/portworx-volume", Parameter("secure", NODES)),
    ("linstor.csi.linbit.com", Parameter("encryption", NODES)),
    ("csi.trident.netapp.io", Parameter("encryption", BACKEND)),
    ("kubernetes.io/no-provisioner", Never),
    ("rancher.io/local-path", Never),
    ("k8s.io/minikube-hostpath", Never),
    ("docker.io/hostpath", Never),
    ("microk8s.io/hostpath", Never),
    ("kubernetes.io/host-path", Never),
    ("hostpath.csi.k8s.io", Never),
    ("openebs.io/local", Never),
    ("local.csi.openebs.io", Never),
    ("topolvm.io", Never),
    ("nfs.csi.k8s.io", Never),
];

/// Judges a driver with the parameters of a class, or the attributes of a volume.
pub(super) fn judge<'a>(driver: &str, parameters: Field<'a>) -> AtRest<'a> {
    let known = DRIVERS.iter().find(|(name, _)| *name == driver || is_of_operator(driver, name));
    match known {
        None => AtRest::Unknown("nothing is known of this driver", parameters),
        Some((_, Always)) => AtRest::Encrypted,
        Some((_, Never)) => AtRest::Plain,
        Some((_, Elsewhere(why))) => AtRest::Unknown(why, parameters.key("encrypted")),
        Some((_, Word(key, word, otherwise))) => by_parameter(parameters, key, otherwise, |value| Some(value == *word)),
        Some((_, Parameter(key, otherwise))) => by_parameter(parameters, key, otherwise, parse_bool),
        Some((_, Exactly(key, otherwise))) => by_parameter(parameters, key, otherwise, |value| Some(value == "true")),
    }
}

/// Rook puts the namespace of its operator in front of Ceph's drivers.
fn is_of_operator(driver: &str, name: &str) -> bool {
    name.ends_with(".csi.ceph.com") && driver.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
}

fn by_parameter<'a>(parameters: Field<'a>, key: &'static str, otherwise: &'static str, read: impl Fn(&str) -> Option<bool>) -> AtRest<'a> {
    // drivers differ in whether the case of a key matters, and some put their name in front: who wrote it meant it
    let entries = parameters.entries();
    let is_it = |name: &str| name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(key));
    let given = entries.iter().find(|(name, _)| is_it(name)).map(|(_, field)| *field);
    match given.map(|field| (field, field.as_string().text().map(&read))) {
        None => AtRest::Unknown(otherwise, parameters.key(key)),
        Some((_, Some(Some(true)))) => AtRest::Encrypted,
        Some((field, Some(Some(false)))) => AtRest::Off(field),
        Some((field, _)) => AtRest::Unknown("the value is neither true nor false", field),
    }
}

/// As Go's `strconv.ParseBool` has it.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}
