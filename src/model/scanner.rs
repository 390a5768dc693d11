//! Reports that scanners in the cluster keep: what they found in an image, and what it is made of.

use jiff::Timestamp;

use crate::model::evidence::Evidence;
use crate::model::field::unnoticed;
use crate::model::image::{DEFAULT_DOMAIN, Image};
use crate::model::{GroupKind, Map, Object, Scan, time};

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Vulnerabilities.
    Vulnerabilities,
    /// The parts of an image.
    Parts,
}

/// The kinds with vulnerabilities.
pub const VULNERABILITIES: &[GroupKind] = &[
    GroupKind::new("aquasecurity.github.io", "VulnerabilityReport"),
    GroupKind::new("aquasecurity.github.io", "ClusterVulnerabilityReport"),
];

/// The kinds with parts.
pub const PARTS: &[GroupKind] =
    &[GroupKind::new("aquasecurity.github.io", "SbomReport"), GroupKind::new("aquasecurity.github.io", "ClusterSbomReport")];

impl About {
    fn kinds(self) -> &'static [GroupKind] {
        match self {
            About::Vulnerabilities => VULNERABILITIES,
            About::Parts => PARTS,
        }
    }
}

/// The reports of a scan, by world and repository.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    by_repository: Map<(u16, String), Vec<u32>>,
    any: bool,
}

impl Scanned {
    fn read(evidence: &Evidence<'_>, about: About) -> Self {
        let mut scanned = Scanned::default();
        for object in about.kinds().iter().flat_map(|kind| evidence.of_kind(*kind)) {
            scanned.any = true;
            scanned.by_repository.entry((object.world, repository(object))).or_default().push(object.id);
        }
        scanned
    }
}

fn of<'e>(evidence: &'e Evidence<'_>, about: About) -> &'e Scanned {
    evidence.lazy.scanned[about as usize].get_or_init(|| unnoticed(|| Scanned::read(evidence, about)))
}

/// Registry and repository, as references have them.
fn repository(report: &Object<'_>) -> String {
    let server = match report.at("report.registry.server").str() {
        "" | "index.docker.io" => DEFAULT_DOMAIN,
        server => server,
    };
    let path = report.at("report.artifact.repository").str();
    let official = server == DEFAULT_DOMAIN && !path.contains('/');
    format!("{server}/{}{path}", if official { "library/" } else { "" })
}

/// Whether there is any report.
#[must_use]
pub fn reports(evidence: &Evidence<'_>, about: About) -> bool {
    of(evidence, about).any
}

/// What is known of an image.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// No report is about it.
    Nothing,
    /// The newest report about it, and when it was made.
    Report(&'a Object<'a>, Option<Timestamp>),
    /// Reports are about its repository, by tag where it is used by digest.
    ByTagOnly(&'a Object<'a>),
}

/// What reports say of an image.
#[must_use]
pub fn known<'a>(scan: &'a Scan<'a>, world: u16, about: About, image: &Image<'_>) -> Known<'a> {
    let key = (world, format!("{}/{}", image.domain, image.path));
    let reports = of(scan.evidence, about).by_repository.get(&key);
    let reports = || reports.into_iter().flatten().map(|id| scan.evidence.object(*id));
    let tag = image.tag.or(image.digest.is_none().then_some("latest"));
    let is_own = |report: &&Object<'_>| {
        let (own_tag, own_digest) = (report.at("report.artifact.tag").text(), report.at("report.artifact.digest").text());
        match image.digest {
            Some(digest) => own_digest == Some(digest) || own_digest.is_none() && tag.is_some() && own_tag == tag,
            None => own_tag == tag,
        }
    };
    let newest = reports().filter(is_own).max_by_key(|report| updated(report));
    match (newest, reports().next()) {
        (Some(report), _) => Known::Report(report, updated(report)),
        (None, Some(report)) if image.digest.is_some() => Known::ByTagOnly(report),
        _ => Known::Nothing,
    }
}

fn updated(report: &Object<'_>) -> Option<Timestamp> {
    report.at("report.updateTimestamp").text().and_then(time::read)
}

/// Each image that runs, once a world, with the first place that names it; what is no reference is left out.
pub fn images<'a>(scan: &'a Scan<'a>) -> impl Iterator<Item = (u16, crate::model::Field<'a>, Image<'a>)> {
    let mut seen = std::collections::HashSet::new();
    let namespaces = scan.evidence.namespaces().iter().filter_map(|record| scan.namespace(record.world, record.name()));
    let used = namespaces.flat_map(|namespace| namespace.images().into_iter().map(move |(text, field)| (namespace.world(), text, field)));
    used.filter_map(move |(world, text, field)| Some((world, field, Image::parse(text).ok()?)).filter(|_| seen.insert((world, text))))
}
