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
    /// It has a parameter of just this name, read by Go's `strconv.ParseBool`; without it, this decides.
    Parameter(&'static str, &'static str),
    /// It has a parameter that only the very word `true` switches on; without it, this decides.
    Exactly(&'static str, &'static str),
    /// It has a parameter that a single word switches on; without it, this decides.
    Word(&'static str, &'static str, &'static str),
    /// It has a parameter that asks for a place which encrypts; where it does not ask, this decides.
    Request(&'static str, &'static str),
    /// LINSTOR's: a layer of LUKS encrypts; what its parameter does without one is not confirmed.
    Layers,
    /// It has none, and hands out what this decides.
    Elsewhere(&'static str),
    /// It has no means to.
    Never,
}

use Driver::{Always, Elsewhere, Exactly, Layers, Never, Parameter, Request, Word};

const ACCOUNT: &str = "the account's default for the region decides";
const NODES: &str = "the driver does not encrypt unless told to, so the disks below would have to";
const CLUSTER: &str = "the driver does not encrypt unless told to, so the Ceph cluster's disks would have to";
const PROVIDER: &str = "the driver does not encrypt unless told to, so the provider's disks would have to";
const BACKEND: &str = "the storage system behind the driver decides";

// Confirmed on 2026-11-26 in the drivers' sources: Longhorn (csi/util.go) and Ceph (ParseEncryptionOpts; `encrypted` of CephFS in its
// documentation since 3.8) read `encrypted` by ParseBool, its name as it is written; Trident's `encryption: "true"` is granted by
// pools of ONTAP alone, while "false" fits every pool; LINSTOR (pkg/volume/parameter.go) knows no case of names, and its layers are
// those of `layerList`, where public classes that encrypt all name `luks` beside `encryption`. Storage policies of vSphere, types of
// Cinder and file systems of EFS are set where no manifest shows them: always for review.
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
    ("linstor.csi.linbit.com", Layers),
    ("csi.trident.netapp.io", Request("encryption", BACKEND)),
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
        Some((_, Exactly(key, otherwise))) => by_parameter(parameters, key, otherwise, |value| Some(value == "true")),
        Some((_, Parameter(key, otherwise))) => match by_parameter(parameters, key, otherwise, parse_bool) {
            AtRest::Encrypted if parameter(parameters, |name| name.rsplit('/').next() == Some(key)).is_none() => {
                let given = parameter(parameters, |name| is_called(name, key)).unwrap_or(parameters);
                AtRest::Unknown("the driver may not know its parameter by a name in other letters", given)
            }
            verdict => verdict,
        },
        Some((_, Request(key, otherwise))) => match by_parameter(parameters, key, otherwise, parse_bool) {
            AtRest::Off(field) => AtRest::Unknown(otherwise, field),
            verdict => verdict,
        },
        Some((_, Layers)) => by_layers(parameters),
    }
}

/// Rook puts the namespace of its operator in front of Ceph's drivers.
fn is_of_operator(driver: &str, name: &str) -> bool {
    name.ends_with(".csi.ceph.com") && driver.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
}

/// Drivers differ in whether the case of a key matters, and some put their name in front: who wrote it meant it.
fn is_called(name: &str, key: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(key))
}

fn parameter<'a>(parameters: Field<'a>, is_it: impl Fn(&str) -> bool) -> Option<Field<'a>> {
    parameters.entries().into_iter().find(|(name, _)| is_it(name)).map(|(_, field)| field)
}

fn by_parameter<'a>(parameters: Field<'a>, key: &'static str, otherwise: &'static str, read: impl Fn(&str) -> Option<bool>) -> AtRest<'a> {
    let given = parameter(parameters, |name| is_called(name, key));
    match given.map(|field| (field, field.as_string().text().map(&read))) {
        None => AtRest::Unknown(otherwise, parameters.key(key)),
        Some((_, Some(Some(true)))) => AtRest::Encrypted,
        Some((field, Some(Some(false)))) => AtRest::Off(field),
        Some((field, _)) => AtRest::Unknown("the value is neither true nor false", field),
    }
}

fn by_layers(parameters: Field<'_>) -> AtRest<'_> {
    let layers = parameter(parameters, |name| is_called(name, "layerList"));
    if layers.is_some_and(|layers| layers.str().split(' ').any(|layer| layer.eq_ignore_ascii_case("luks"))) {
        return AtRest::Encrypted;
    }
    match by_parameter(parameters, "encryption", NODES, parse_bool) {
        AtRest::Encrypted => {
            let given = parameter(parameters, |name| is_called(name, "encryption")).unwrap_or(parameters);
            AtRest::Unknown("encryption is asked for, but `layerList` names no layer `luks`", given)
        }
        verdict => verdict,
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
