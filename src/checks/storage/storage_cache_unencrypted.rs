//! Caches hold the same data as the store they relieve, and are forgotten when that is encrypted.

use super::encryption::{self, AtRest};
use crate::checks::pod::data_class::{self, CLASS_LABELS, DataClass, PUBLIC_CLASSES};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Container, Field, GroupKind, Image, Namespace, Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "storage-cache-unencrypted",
    title: "cache holds data on an unencrypted medium",
    topic: "storage",
    severity: Severity::Low,
    why: "What is cached on a node's disk, or sent to a cache in the clear, is there to be read although the database behind it is encrypted.",
    fix: "Use `emptyDir.medium: Memory` with a `sizeLimit` or an encrypted storage class, and TLS towards caches on the network.",
    how: "For pods of a sensitive class (`data_class_labels`): fails for an emptyDir on the node's disk, an ephemeral volume of a class that does not encrypt, and a Redis, Valkey, KeyDB or memcached without its flag for TLS. For review: drivers that are not known, servers of other than official images or with a configuration out of sight, input that may lack Nodes and, where no class is declared, such servers and, once a namespace, emptyDirs on disk. Does not apply to public data, nor where nothing looks like a cache.",
    needs: &[kinds::NODE, kinds::STORAGE_CLASS],
    settings: &[&CLASS_LABELS, &PUBLIC_CLASSES],
    blind: "Encryption of the nodes' disks, swap, the content of configuration files, and TLS that a mesh adds.",
    refs: &["https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"],
    maps: &[("cwe", &["CWE-311", "CWE-524"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

const NODES: &[GroupKind] = &[kinds::NODE];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let (mut faults, mut looked_at, mut public, mut unsaid) = (Vec::new(), false, false, 0);
    for pod in namespace.pods() {
        let classes = pod.volumes().filter_map(|volume| made_unencrypted(&pod, volume));
        let servers = pod.containers().filter_map(|container| server(&container));
        match data_class::of(&pod) {
            DataClass::Public => public = true,
            DataClass::Sensitive(class) => {
                faults.extend(disks(&pod).map(|field| {
                    let said = format!("pod of class {class} writes to the node's disk, which nothing shows to be encrypted");
                    field.fault(said).expected("medium: Memory, or an encrypted class").missing(NODES)
                }));
                faults.extend(classes.chain(servers));
            }
            DataClass::Undeclared => {
                unsaid += usize::from(disks(&pod).next().is_some());
                faults.extend(servers.map(Fault::doubt));
            }
        }
        looked_at |= pod.volumes().any(|volume| !volume.at("emptyDir.medium").str().is_empty());
    }
    faults.extend((unsaid > 0).then(|| undeclared(namespace, unsaid)));
    match (faults.is_empty(), looked_at, public) {
        (true, false, true) => Verdict::Skip("its owner declared the data public".into()),
        (true, false, false) => Verdict::Skip("nothing in it looks like a cache".into()),
        _ => faults.into(),
    }
}

fn disks<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Field<'a>> + use<'a> {
    pod.volumes().map(|volume| volume.key("emptyDir")).filter(|field| field.exists() && field.key("medium").str().is_empty())
}

/// What only the owner can say of the data, asked once: a label on the namespace answers it for every pod.
fn undeclared(namespace: &Namespace<'_>, count: usize) -> Fault {
    let pods = if count == 1 { "1 pod writes".to_owned() } else { format!("{count} pods write") };
    let said = format!("{pods} to the node's disk, and nothing says how sensitive the data{} is", namespace.after("of"));
    namespace.field().fault(said).expected("a class on the namespace or its pods, or medium: Memory").doubt()
}

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
