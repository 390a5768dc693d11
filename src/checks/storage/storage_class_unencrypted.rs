//! Disks are read by whoever holds them: the node's owner, the provider, the finder of a backup.

use super::encryption::{self, AtRest};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::claim::Use;
use crate::model::{Field, GroupKind, Object, Scan, kinds};
use crate::parse::Kind;

pub(super) static CHECK: Check = Check {
    id: "storage-class-unencrypted",
    title: "storage class or volume without encryption at rest",
    topic: "storage",
    severity: Severity::High,
    why: "A disk, its snapshot or its backup that gets out of the cluster's hands gives away all data on it unless it is encrypted.",
    fix: "Set the driver's encryption parameter with a key of your own, and move the data: a class changes nothing about the volumes it has made.",
    how: "Fails for a StorageClass, PersistentVolume or VolumeAttributesClass whose encryption parameter is off (EBS, Alibaba Cloud, cloudscale.ch, UpCloud, Longhorn, Ceph, Portworx, LINSTOR), for volumes of drivers that encrypt nothing, and for classes and folders of a node's disk or NFS that a claim uses. Passes where the parameter is on (of LINSTOR, where a layer is LUKS; of Trident, where it is asked for), and for the disks of Google Cloud, Azure and DigitalOcean, which are always encrypted. For review: the parameter is not set or written in other letters, Trident's that does not ask, LINSTOR's without such a layer, the driver is not known, or a claim may come to be bound to a plain folder; what a class made is judged with the class.",
    needs: &[kinds::PERSISTENT_VOLUME_CLAIM, kinds::STORAGE_CLASS, kinds::POD],
    blind: "Encryption below the driver: LUKS on a node, a storage system's own, defaults of a cloud account.",
    refs: &[
        "https://kubernetes.io/docs/concepts/storage/storage-classes/",
        "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md",
        "https://longhorn.io/docs/latest/advanced-resources/security/volume-encryption/",
    ],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("nsa_cisa", &["encryption"]), ("cwe", &["CWE-311"])],
    probe: Probe::Object(&[kinds::STORAGE_CLASS, kinds::PERSISTENT_VOLUME, kinds::VOLUME_ATTRIBUTES_CLASS], probe),
    ..Check::BASE
};

const CLAIMS: &[GroupKind] = &[kinds::PERSISTENT_VOLUME_CLAIM, kinds::STATEFUL_SET];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(kinds::VOLUME_ATTRIBUTES_CLASS) {
        return attributes(object);
    }
    if object.is(kinds::STORAGE_CLASS) { class(object, scan) } else { volume(object, scan) }
}

/// What volumes are changed to. Most drivers change no encryption, so that only a word on it counts.
fn attributes(class: &Object<'_>) -> Verdict {
    let driver = class.at("driverName");
    match encryption::judge(driver.str(), class.at("parameters")) {
        verdict @ AtRest::Off(_) => told(verdict, driver, driver.str(), "volume attributes class", class.name),
        AtRest::Unknown(_, field) if field.kind() == Some(Kind::Scalar) => {
            let said = format!("volume attributes class {} says of encryption what is neither true nor false", class.name);
            field.fault(said).expected("true").doubt().into()
        }
        _ => Verdict::Skip("volume attributes that leave encryption as it is".into()),
    }
}

fn class(class: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let provisioner = class.at("provisioner");
    let driver = provisioner.str();
    match encryption::judge(driver, class.at("parameters")) {
        AtRest::Encrypted => Verdict::Pass,
        AtRest::Plain if scan.evidence.volumes().is_asked_for(class) => {
            let said = format!("claims use class {}, whose provisioner {driver} encrypts nothing", class.name);
            provisioner.fault(said).expected("a driver that encrypts").into()
        }
        AtRest::Plain => Verdict::PassIfNone(CLAIMS),
        verdict => told(verdict, provisioner, driver, "class", class.name),
    }
}

fn volume(volume: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let csi = volume.at("spec.csi");
    if csi.exists() {
        return by_driver(volume, csi, scan);
    }
    let plain = ["nfs", "hostPath", "local"].iter().map(|source| volume.at("spec").key(source)).find(|source| source.exists());
    if let Some(source) = plain {
        let said = format!("volume {} is a folder that nothing is known to encrypt", volume.name);
        let fault = source.key("path").fault(said).expected("a driver that encrypts");
        return match scan.evidence.claims().use_of(volume) {
            Use::Bound => fault.into(),
            Use::Possible => fault.reworded(|said| format!("{said}, and a claim was seen that it fits")).doubt().into(),
            Use::Unseen => Verdict::PassIfNone(CLAIMS),
        };
    }
    let managed = ["gcePersistentDisk", "azureDisk", "azureFile"];
    if managed.iter().any(|source| volume.at("spec").key(source).exists()) {
        return Verdict::Pass;
    }
    volume.at("spec").fault(format!("volume {}: whether its source is encrypted is not known", volume.name)).doubt().into()
}

/// What a class has made is judged with the class, unless the volume says more.
fn by_driver(volume: &Object<'_>, csi: Field<'_>, scan: &Scan<'_>) -> Verdict {
    let driver = csi.key("driver");
    let verdict = encryption::judge(driver.str(), csi.key("volumeAttributes"));
    let asked = volume.at("spec.storageClassName").text();
    let made_by_class = volume.annotation("pv.kubernetes.io/provisioned-by").exists();
    let mut classes = scan.evidence.of_kind_in(volume.world, kinds::STORAGE_CLASS);
    if matches!(verdict, AtRest::Unknown(..)) && made_by_class && classes.any(|class| Some(class.name) == asked) {
        return Verdict::Skip("made by a class that is judged itself".into());
    }
    match verdict {
        AtRest::Encrypted => Verdict::Pass,
        AtRest::Plain => plain(driver, volume.name).into(),
        verdict => told(verdict, driver, driver.str(), "volume", volume.name),
    }
}

fn plain(driver: Field<'_>, name: &str) -> Fault {
    driver.fault(format!("volume {name} is of driver {}, which encrypts nothing", driver.str())).expected("a driver that encrypts")
}

fn told(verdict: AtRest<'_>, place: Field<'_>, driver: &str, what: &str, name: &str) -> Verdict {
    match verdict {
        AtRest::Off(field) if matches!(field.str(), "true" | "True" | "TRUE" | "1" | "t" | "T" | "yes") => {
            let said = format!("{what} {name} is not encrypted: driver {driver} takes only `true` in small letters for it");
            field.fault(said).expected("true").into()
        }
        AtRest::Off(field) => field.fault(format!("{what} {name} switches encryption off")).expected("true").into(),
        AtRest::Unknown(why, field) => {
            let field = if field.exists() { field } else { place };
            field.fault(format!("{what} {name} ({driver}): {why}")).expected("encryption that is stated").doubt().into()
        }
        AtRest::Encrypted | AtRest::Plain => Verdict::Pass,
    }
}
