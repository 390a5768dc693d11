//! Caches hold the same data as the store they relieve, and are forgotten when that is encrypted.

use super::encryption::{self, AtRest};
use crate::checks::pod::data_class::{self, CLASS_LABELS, DataClass, PUBLIC_CLASSES};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field, GroupKind, Image, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "storage-cache-unencrypted",
    title: "cache holds data on an unencrypted medium",
    topic: "storage",
    severity: Severity::Low,
    why: "What is cached on a node's disk, or sent to a cache in the clear, is there to be read although the database behind it is encrypted.",
    fix: "Use `emptyDir.medium: Memory` with a `sizeLimit` or an encrypted storage class, and TLS towards caches on the network.",
    needs: &[kinds::NODE, kinds::STORAGE_CLASS],
    settings: &[&CLASS_LABELS, &PUBLIC_CLASSES],
    blind: "Encryption of the nodes' disks, swap, the content of configuration files, and TLS that a mesh adds.",
    refs: &["https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"],
    maps: &[("cwe", &["CWE-311", "CWE-524"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

const NODES: &[GroupKind] = &[kinds::NODE];

fn probe(pod: &Pod<'_>) -> Verdict {
    let mut disks =
        pod.volumes().map(|volume| volume.key("emptyDir")).filter(|field| field.exists() && field.key("medium").str().is_empty());
    let memory = pod.volumes().any(|volume| !volume.at("emptyDir.medium").str().is_empty());
    let classes = pod.volumes().filter_map(|volume| made_unencrypted(pod, volume));
    let servers = pod.containers().filter_map(|container| server(&container));
    match data_class::of(pod) {
        DataClass::Public => Verdict::Skip("its owner declared its data public".into()),
        DataClass::Sensitive(class) => {
            let disks = disks.map(|field| {
                let said = format!("pod of class {class} writes to the node's disk, which nothing shows to be encrypted");
                field.fault(said).expected("medium: Memory, or an encrypted class").missing(NODES)
            });
            let faults: Vec<_> = disks.chain(classes).chain(servers).collect();
            if faults.is_empty() && !memory { Verdict::Skip(NONE.into()) } else { faults.into() }
        }
        DataClass::Undeclared => {
            // one question a pod, whatever it has of caches
            let said = "nothing says how sensitive the pod's data is, and it may be cached unencrypted: label the pod or its namespace with a class";
            let disk = disks.next().map(|field| field.fault(said).expected("a class, or medium: Memory").doubt());
            match disk.or_else(|| servers.map(Fault::doubt).next()) {
                Some(fault) => fault.into(),
                None if memory => Verdict::Pass,
                None => Verdict::Skip(NONE.into()),
            }
        }
    }
}

const NONE: &str = "nothing in it looks like a cache";

/// A volume made for the pod's life by a class that does not encrypt.
fn made_unencrypted(pod: &Pod<'_>, volume: Field<'_>) -> Option<Fault> {
    let name = volume.at("ephemeral.volumeClaimTemplate.spec").key("storageClassName");
    let text = name.text()?;
    let mut classes = pod.scan().evidence.of_kind_in(pod.object().world, kinds::STORAGE_CLASS);
    let class = classes.find(|class| class.name == text)?;
    let fault = || {
        name.fault(format!("a volume made for the pod is of class {text}, which does not say that it encrypts"))
            .expected("an encrypted class")
    };
    match encryption::judge(class.at("provisioner").str(), class.at("parameters")) {
        AtRest::Encrypted => None,
        AtRest::Unknown(..) => Some(fault().doubt()),
        AtRest::Off(_) | AtRest::Plain => Some(fault()),
    }
}

/// Cache servers that speak in the clear unless told otherwise, with the flags that tell them.
const SERVERS: &[(&str, &[&str])] =
    &[("redis", &["--tls-port"]), ("valkey", &["--tls-port"]), ("keydb", &["--tls-port"]), ("memcached", &["-Z", "--enable-ssl"])];

fn server(container: &Container<'_>) -> Option<Fault> {
    let field = container.image();
    let image = Image::parse(field.str()).ok()?;
    let (name, flags) = SERVERS.iter().find(|(name, _)| *name == image.base_name())?;
    let words = || ["command", "args"].iter().flat_map(|list| container.at(list).items()).filter_map(Field::text);
    if words().any(|word| flags.iter().any(|flag| word.split_whitespace().any(|part| part.split('=').next() == Some(*flag)))) {
        return None;
    }
    let fault = field.fault(format!("container {} runs {name} without TLS", container.name())).expected(flags.join(" or "));
    // a configuration out of sight, or an image with switches of its own, may turn it on
    let official = image.domain == crate::model::image::DEFAULT_DOMAIN && image.path.starts_with("library/");
    let configured = words().any(|word| word.contains(".conf") || word.contains("$("));
    Some(if official && !configured { fault } else { fault.doubt() })
}
