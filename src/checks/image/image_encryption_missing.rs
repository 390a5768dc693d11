//! What is confidential while it runs is confidential in its image, and in memory, as well.

use crate::checks::pod::data_class::{self, DataClass};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Pod, kinds};

pub(super) static CHECK: Check = Check {
    id: "image-encryption-missing",
    title: "confidential workload is neither encrypted nor in a confidential runtime",
    topic: "image",
    severity: Severity::Low,
    why: "Who has the registry, the node or its memory reads what is in the image and what it works on.",
    fix: "Run the workload with the RuntimeClass of a confidential virtual machine, or encrypt its image with ocicrypt and release the key after attestation.",
    how: "For pods whose labels, or those of their namespace, declare a class of data that is not public: passes with a RuntimeClass whose handler starts confidential virtual machines or enclaves (Kata with TDX, SEV, SNP or Secure Execution, kata-cc, enclave-cc). Without one it is for review: the image may be encrypted, which only the registry shows, and not every class needs that. Never fails. Does not apply where no class is declared.",
    unread: true,
    blind: "Manifests of images, keys and attestation; what a handler really starts; steps of pipelines that encrypt, which are not read yet.",
    settings: &[&data_class::CLASS_LABELS, &data_class::PUBLIC_CLASSES],
    needs: &[kinds::RUNTIME_CLASS, kinds::NAMESPACE],
    refs: &["https://github.com/containers/ocicrypt", "https://confidentialcontainers.org/docs/"],
    maps: &[("cwe", &["CWE-311"])],
    probe: Probe::Pod(probe),
    ..Check::BASE
};

/// Handlers of confidential virtual machines and enclaves, by how their names end or begin.
const ENDS: [&str; 4] = ["-tdx", "-snp", "-sev", "-se"];
const BEGINNINGS: [&str; 2] = ["kata-cc", "enclave-cc"];

fn probe(pod: &Pod<'_>) -> Verdict {
    let DataClass::Sensitive(class) = data_class::of(pod) else {
        return Verdict::Skip("its owner declared no sensitive class of data".into());
    };
    let field = pod.at("runtimeClassName");
    let name = field.str();
    let said = match handler(pod, name) {
        Some(handler) if is_confidential(handler) => return Verdict::Pass,
        Some(_) => format!("pod of class {class} has RuntimeClass {name}, which is none of a confidential runtime"),
        None if name.is_empty() => {
            format!("pod of class {class} runs in no confidential runtime: is its image encrypted, or need it not be")
        }
        None => format!("pod of class {class} has RuntimeClass {name}, which is not among what was seen"),
    };
    field.fault(said).expected("a confidential RuntimeClass, or an encrypted image").doubt().into()
}

/// The handler of the RuntimeClass of this name.
fn handler<'a>(pod: &Pod<'a>, name: &str) -> Option<&'a str> {
    let mut classes = pod.scan().evidence.of_kind_in(pod.object().world, kinds::RUNTIME_CLASS);
    classes.find(|class| !name.is_empty() && class.name == name).map(|class| class.at("handler").str())
}

fn is_confidential(handler: &str) -> bool {
    let of_kata = handler.starts_with("kata-") && ENDS.iter().any(|end| handler.ends_with(end));
    of_kata || BEGINNINGS.iter().any(|beginning| handler.starts_with(beginning))
}
