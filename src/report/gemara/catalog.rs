//! The controls of a profile as Gemara has them: a ControlCatalog, and how it maps to the CNSC guidelines and to NIST.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{ATTEST, CONTROLS, VERSION, author, requirement};
use crate::checks::{self, Check, Surface};
use crate::policy::{Coverage, Profile, Requirement, catalog};
use crate::report::yaml;

/// The groups of objects that requirements apply to.
pub(super) const MANIFEST: &str = "manifest";
pub(super) const CLUSTER: &str = "cluster";
const HOST: &str = "host";

/// Writes the ControlCatalog: a control for each requirement of the profile, a requirement for each of its checks.
///
/// # Errors
/// What the writer says.
pub fn write_controls(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<&str, Value> = BTreeMap::new();
    for requirement in &profile.requirements {
        let name = group(requirement);
        groups.entry(name).or_insert_with(|| json!({"id": name, "title": name, "description": format!("Controls of {name}.")}));
    }
    let mut metadata = metadata("ControlCatalog", CONTROLS, "Controls whose requirements cnscan assesses, mapped to the CNSC guidelines.");
    metadata["mapping-references"] = json!([cnsc()]);
    metadata["applicability-groups"] = json!([
        {"id": MANIFEST, "title": "Kubernetes manifests", "description": "Files that hold Kubernetes objects."},
        {"id": CLUSTER, "title": "Live cluster", "description": "Objects read from an API server."},
        {"id": HOST, "title": "Node", "description": "Command lines and files of the components that run a cluster."},
    ]);
    let document = json!({
        "title": format!("Controls that cnscan assesses: {}", profile.title),
        "metadata": metadata,
        "groups": groups.values().collect::<Vec<_>>(),
        "controls": profile.requirements.iter().map(control).collect::<Vec<_>>(),
    });
    yaml::document(&document, out)
}

/// What a mapping leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The guidelines of the CNSC catalog.
    Cnsc,
    /// The controls of NIST SP 800-53 Rev. 5.
    Nist,
}

/// Writes the MappingDocument of the profile's controls.
///
/// # Errors
/// What the writer says.
pub fn write_mapping(profile: &Profile, target: Target, out: &mut dyn Write) -> io::Result<()> {
    let (id, reference, kind, title) = match target {
        Target::Cnsc => ("CNSCAN-CNSC-MAPPING", cnsc(), "Guideline", "Cloud Native Security Controls"),
        Target::Nist => ("CNSCAN-NIST-800-53-MAPPING", nist(), "Control", "NIST SP 800-53 Rev. 5"),
    };
    let title = format!("Controls that cnscan assesses to {title}");
    let mut metadata = metadata("MappingDocument", id, &format!("{title}."));
    let own = json!({"id": CONTROLS, "title": "Controls that cnscan assesses", "version": env!("CARGO_PKG_VERSION")});
    metadata["mapping-references"] = json!([own, reference]);
    let document = json!({
        "title": title,
        "metadata": metadata,
        "source-reference": {"reference-id": CONTROLS, "entry-type": "Control"},
        "target-reference": {"reference-id": reference["id"], "entry-type": kind},
        "mappings": profile.requirements.iter().map(|requirement| mapping(requirement, target)).collect::<Vec<_>>(),
    });
    yaml::document(&document, out)
}

fn metadata(kind: &str, id: &str, description: &str) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    json!({"id": id, "type": kind, "gemara-version": VERSION, "version": version, "description": description, "author": author(version)})
}

fn cnsc() -> Value {
    json!({
        "id": catalog::ID,
        "title": "Cloud Native Security Controls Catalog",
        "version": catalog::VERSION,
        "url": "https://contribute.cncf.io/community/tags/security-and-compliance/publications/controls-catalog/",
    })
}

fn nist() -> Value {
    let url = "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-53r5.pdf";
    json!({"id": "NIST-800-53", "title": "NIST SP 800-53 Rev. 5", "version": "rev5", "url": url})
}

fn group(requirement: &Requirement) -> &str {
    if requirement.group.is_empty() { &requirement.framework } else { &requirement.group }
}

fn control(requirement: &Requirement) -> Value {
    let objective = if requirement.summary.is_empty() { &requirement.title } else { &requirement.summary };
    let checks = requirement.checks.iter().filter_map(|id| checks::find(id)).map(|check| assessed(requirement, check));
    let planned = requirement.planned.iter().map(|id| planned(requirement, id));
    let person = (requirement.coverage != Coverage::Full || requirement.checks.is_empty() && requirement.planned.is_empty())
        .then(|| person(requirement));
    let mut control = json!({
        "id": requirement.id,
        "title": requirement.title,
        "objective": objective,
        "group": group(requirement),
        "state": "Active",
        "assessment-requirements": checks.chain(planned).chain(person).collect::<Vec<_>>(),
    });
    if requirement.framework == catalog::ID {
        let entry = json!({"reference-id": requirement.id, "remarks": covers(requirement)});
        control["guidelines"] = json!([{"reference-id": catalog::ID, "entries": [entry]}]);
    }
    control
}

fn covers(requirement: &Requirement) -> String {
    match requirement.coverage {
        Coverage::Full => "Its checks show all of the guideline.".to_owned(),
        Coverage::Partial => sentences("Its checks show a part of the guideline.", &requirement.leaves),
        Coverage::None => "No check speaks to the guideline: a person must.".to_owned(),
    }
}

fn sentences(first: &str, leaves: &str) -> String {
    if leaves.is_empty() { first.to_owned() } else { format!("{first} They leave open: {leaves}") }
}

fn assessed(control: &Requirement, check: &Check) -> Value {
    let surface = |surface: &Surface| match surface {
        Surface::Manifest => MANIFEST,
        Surface::Cluster => CLUSTER,
        Surface::Host => HOST,
    };
    let surfaces: Vec<_> = check.surfaces.iter().map(surface).collect();
    json!({
        "id": requirement(&control.id, check.id),
        "text": format!("This fault MUST NOT be found: {}.", check.title),
        "applicability": surfaces,
        "recommendation": check.fix,
        "state": "Active",
    })
}

fn planned(control: &Requirement, id: &str) -> Value {
    json!({
        "id": requirement(&control.id, id),
        "text": format!("What the check {id} will look for MUST NOT be found; this release does not have it."),
        "applicability": [MANIFEST, CLUSTER],
        "state": "Draft",
    })
}

fn person(control: &Requirement) -> Value {
    let asked = if control.attest.is_empty() { "what its checks cannot show" } else { control.attest.trim_end_matches('.') };
    json!({
        "id": requirement(&control.id, ATTEST),
        "text": format!("A person MUST supply what checks cannot show. Asked for: {asked}."),
        "applicability": [MANIFEST, CLUSTER],
        "state": "Active",
    })
}

fn mapping(requirement: &Requirement, target: Target) -> Value {
    let id = &requirement.id;
    let targets: Vec<Value> = match target {
        Target::Cnsc if requirement.framework == catalog::ID => vec![json!({"entry-id": id, "rationale": covers(requirement)})],
        Target::Cnsc => Vec::new(),
        Target::Nist => requirement.supports.iter().map(|control| json!({"entry-id": control})).collect(),
    };
    if targets.is_empty() {
        return json!({"id": id, "source": id, "relationship": "no-match"});
    }
    // nothing here is said to fulfil what it maps to: NIST mappings are "relates to" at their source
    let relationship = if target == Target::Cnsc { "supports" } else { "relates-to" };
    json!({"id": id, "source": id, "targets": targets, "relationship": relationship})
}
