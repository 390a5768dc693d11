//! Signatures, SBOMs and charts lie beside images, where the registry can keep what is no image.

use std::collections::BTreeMap;

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Image, Map, Object, Pod, Scan, kinds, registry};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "registry-oci-unsupported",
    title: "artefacts are kept outside an OCI registry",
    topic: "image",
    severity: Severity::Info,
    why: "A registry that knows only images of old can keep neither signatures nor attestations beside them, and nobody then asks for any.",
    fix: "Publish to a registry that conforms to the specifications of OCI, and name it in `oci_registries` where its name does not tell.",
    how: "Looks at the registries that images in use come from: passes for those that providers are known to run so, those in `oci_registries`, and those from which Flux or Argo CD fetches OCI artefacts. Fails for those in `non_oci_registries`. Any other is for review, once each. Does not apply where nothing runs.",
    unread: true,
    blind: "Where pipelines publish to, which is not read yet; what a registry says itself. That an artefact is fetched from one is taken from the object that asks for it.",
    assurance: Assurance::Configuration,
    needs: &[kinds::POD],
    beside: SOURCES,
    settings: &[&OCI, &OTHERS],
    refs: &["https://github.com/opencontainers/distribution-spec", "https://oras.land/docs/compatible_oci_registries"],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

static OCI: Setting = Setting {
    key: "oci_registries",
    help: "Hosts of registries that conform to the specifications of OCI, beside those that are known.",
    default: Default::Strings(&[]),
};

static OTHERS: Setting = Setting {
    key: "non_oci_registries",
    help: "Hosts of registries that do not conform to the specifications of OCI.",
    default: Default::Strings(&[]),
};

const OCI_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository");
const HELM_REPOSITORY: GroupKind = GroupKind::new("source.toolkit.fluxcd.io", "HelmRepository");
const APPLICATION: GroupKind = GroupKind::new("argoproj.io", "Application");
const SOURCES: &[GroupKind] = &[OCI_REPOSITORY, HELM_REPOSITORY, APPLICATION];

fn probe(scan: &Scan<'_>) -> Verdict {
    // what is said once is said of the first image by name, whatever the order of files
    let mut used: BTreeMap<&str, Field<'_>> = BTreeMap::new();
    for (text, field) in first_images(scan) {
        if let Ok(image) = Image::parse(text) {
            let first = used.entry(image.domain).or_insert(field);
            if text < first.str() {
                *first = field;
            }
        }
    }
    if used.is_empty() {
        return Verdict::Skip("nothing runs".into());
    }
    let is_set = |setting: &'static Setting, host: &str| scan.settings.strings(setting).any(|known| known == host);
    let unknown = used.into_iter().filter(|(host, _)| is_set(&OTHERS, host) || !registry::is_provided(host) && !is_set(&OCI, host));
    let faults = unknown.filter_map(|(host, field)| {
        if is_set(&OTHERS, host) {
            let said = format!("registry {host} keeps no artefacts of OCI, as non_oci_registries has it");
            return Some(field.fault(said).expected("an OCI registry").of_its_object());
        }
        let keeps = SOURCES.iter().flat_map(|kind| scan.evidence.of_kind(*kind)).any(|object| artefacts(object).any(|one| one == host));
        let said = || format!("whether registry {host} keeps artefacts of OCI does not show: name its product and version");
        (!keeps).then(|| field.fault(said()).expected("an entry in oci_registries").doubt().of_its_object())
    });
    faults.collect()
}

/// The first image by name of those that begin alike: few are left to take apart.
fn first_images<'a>(scan: &'a Scan<'a>) -> impl Iterator<Item = (&'a str, Field<'a>)> {
    let mut found: Map<&str, (&str, Field<'a>)> = Map::default();
    let pods = scan.evidence.pods().iter().map(|record| Pod { scan, record });
    for field in pods.flat_map(|pod| pod.containers()).map(|container| container.image()) {
        let text = field.str();
        let begin = text.split_once('/').map_or("", |(begin, _)| begin);
        let first = found.entry(begin).or_insert((text, field));
        if first.0.is_empty() || !text.is_empty() && text < first.0 {
            *first = (text, field);
        }
    }
    found.into_values()
}

/// The hosts from which an object has artefacts fetched.
fn artefacts<'a>(object: &Object<'a>) -> impl Iterator<Item = &'a str> {
    let spec = object.at("spec");
    let urls = match object.kind {
        "Application" => spec.key("sources").items().chain([spec.key("source")]).map(|source| source.key("repoURL")).collect(),
        _ => vec![spec.key("url")],
    };
    urls.into_iter().map(Field::str).filter(|url| url.starts_with("oci://")).map(registry::host)
}
