//! An image that nobody updates keeps what was found in it since.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Image, Object, Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "image-freshness-unproved",
    title: "running images are stale against their source",
    topic: "image",
    severity: Severity::Low,
    why: "What was mended in the newer version stays open in the older one that runs on.",
    fix: "Let an image automation follow the newest version that is verified, and see to it that its sources are ready.",
    how: "Fails where Flux has chosen an image newer than the one that a workload runs for more than `image_update_days`, where it cannot scan a repository or fetch an artifact for more than a day, and where it last scanned one longer ago. Does not apply to objects without status, as in files, and to those that are suspended.",
    blind: "Images that no automation follows, and when an image was built.",
    needs: &[kinds::POD],
    settings: &[&DAYS],
    refs: &["https://fluxcd.io/flux/components/image/", "https://kubernetes.io/docs/concepts/containers/images/#updating-images"],
    maps: &[("owasp_k8s_2022", &["K10"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-672"])],
    everywhere: true,
    probe: Probe::Object(SOURCES, probe),
    ..Check::BASE
};

const IMAGE_POLICY: GroupKind = GroupKind::new("image.toolkit.fluxcd.io", "ImagePolicy");
const SOURCES: &[GroupKind] = &[
    IMAGE_POLICY,
    GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository"),
    GroupKind::new("source.toolkit.fluxcd.io", "OCIRepository"),
];

static DAYS: Setting = Setting {
    key: "image_update_days",
    help: "How many days a workload may run an image older than the one its image policy has chosen.",
    default: Default::Int(7),
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let status = object.at("status");
    if status.is_empty() {
        return Verdict::Skip("it has no status, as in files".into());
    }
    if object.at("spec.suspend").is_true() {
        return Verdict::Skip("suspended".into());
    }
    let not_ready = status.key("conditions").items().find(|one| one.key("type").str() == "Ready" && one.key("status").str() == "False");
    let since = not_ready.and_then(|one| Some((one.key("status"), time::read(one.key("lastTransitionTime").str())?)));
    let stuck = since.filter(|(_, then)| time::is_older(*then, scan.now, 1)).map(|(field, then)| {
        let said = format!("{} {} has not been ready for {} days", object.kind, object.name, time::days(then, scan.now));
        field.fault(said).expected("ready")
    });
    let scanned = status.at("lastScanResult.scanTime");
    let unscanned = time::read(scanned.str()).filter(|then| time::is_older(*then, scan.now, 1)).map(|then| {
        scanned.fault(format!("the repository was last scanned {} days ago", time::days(then, scan.now))).expected("within a day")
    });
    let behind = if object.is(IMAGE_POLICY) { behind(object, status, scan) } else { Vec::new() };
    stuck.into_iter().chain(unscanned).chain(behind).collect()
}

/// The workloads that run another version of the image than was chosen.
fn behind(policy: &Object<'_>, status: Field<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let latest = status.key("latestRef");
    let (name, tag) = (latest.key("name").str(), latest.key("tag").str());
    let ready = status.key("conditions").items().find(|one| one.key("type").str() == "Ready");
    let since = ready.and_then(|one| time::read(one.key("lastTransitionTime").str()));
    let limit = scan.settings.int(&DAYS);
    let long = since.is_some_and(|then| time::is_older(then, scan.now, limit));
    let Ok(chosen) = Image::parse(name) else { return Vec::new() };
    let images = crate::model::scanner::images(scan).filter(|(world, _, _)| *world == policy.world);
    let other = images
        .filter(|(_, _, image)| (image.domain, &image.path) == (chosen.domain, &chosen.path) && image.tag.is_some_and(|own| own != tag));
    let fault = |(_, field, image): (u16, Field<'_>, Image<'_>)| {
        let said = format!("{} runs by {}, and image policy {} has chosen {tag}", image.path, image.tag.unwrap_or_default(), policy.name);
        let fault = field.fault(said).expected(format!("{name}:{tag}")).of_its_object();
        if long { fault } else { fault.doubt() }
    };
    if tag.is_empty() { Vec::new() } else { other.map(fault).collect() }
}
