//! The controls of a profile as OSCAL: a catalog of them, a profile with an objective for each check, and the scanner as a
//! component that validates them.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{CATALOG, PROFILE, document, line, metadata, objective, props, token, tool, uuid};
use crate::checks::{self, Check};
use crate::policy::{self, Profile, Requirement};
use crate::report::projection::rfc3339;

/// The resource that stands for NIST's catalog.
fn nist() -> String {
    uuid(&["resource", "NIST SP 800-53 Rev. 5"])
}

/// Writes the catalog. `modified` is when it was made.
///
/// # Errors
/// What the writer says.
pub fn write_catalog(profile: &Profile, modified: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for requirement in &profile.requirements {
        let name = if requirement.group.is_empty() { &requirement.framework } else { &requirement.group };
        match groups.iter_mut().find(|(group, _)| group == name) {
            Some((_, controls)) => controls.push(control(requirement)),
            None => groups.push((name, vec![control(requirement)])),
        }
    }
    let group =
        |(name, controls): (&str, Vec<Value>)| json!({"id": slug(name), "class": "group", "title": line(name), "controls": controls});
    let title = format!("Controls that cnscan assesses: {}", profile.title);
    let href = "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-53r5.pdf";
    let cited = profile.requirements.iter().any(|requirement| !requirement.supports.is_empty());
    let resource = json!({"uuid": nist(), "title": "NIST SP 800-53 Rev. 5", "rlinks": [{"href": href, "media-type": "application/pdf"}]});
    let content = json!({
        "uuid": uuid(&["catalog", &profile.name]),
        "metadata": metadata(&title, &rfc3339(modified), policy::catalog::VERSION),
        "groups": groups.into_iter().map(group).collect::<Vec<_>>(),
        "back-matter": cited.then(|| json!({"resources": [resource]})),
    });
    document("catalog", content, out)
}

/// Writes the profile, which imports the catalog and adds what each check determines.
///
/// # Errors
/// What the writer says.
pub fn write_profile(profile: &Profile, modified: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let ids: Vec<_> = profile.requirements.iter().map(|requirement| token(&requirement.id)).collect();
    let alter = |requirement: &Requirement| {
        let parts: Vec<_> = bound(requirement).map(|check| part(requirement, check)).collect();
        (!parts.is_empty()).then(|| json!({"control-id": token(&requirement.id), "adds": [{"position": "ending", "parts": parts}]}))
    };
    let alters: Vec<_> = profile.requirements.iter().filter_map(alter).collect();
    let content = json!({
        "uuid": uuid(&["profile", &profile.name]),
        "metadata": metadata(&format!("cnscan profile {}: {}", profile.name, profile.title), &rfc3339(modified), env!("CARGO_PKG_VERSION")),
        "imports": [{"href": CATALOG, "include-controls": [{"with-ids": ids}]}],
        "merge": {"as-is": true},
        "modify": (!alters.is_empty()).then(|| json!({"alters": alters})),
    });
    document("profile", content, out)
}

/// Writes the component definition.
///
/// # Errors
/// What the writer says.
pub fn write_components(profile: &Profile, modified: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let implemented = |requirement: &Requirement| {
        let rules =
            bound(requirement).flat_map(|check| props([("Rule_Id", check.id), ("Rule_Description", check.title), ("Check_Id", check.id)]));
        let rules: Vec<_> = rules.collect();
        let told = format!("Checks that speak to this control; together they show: {}.", requirement.coverage.as_str());
        (!rules.is_empty()).then(|| {
            json!({
                "uuid": uuid(&["implemented", &profile.name, &requirement.id]),
                "control-id": token(&requirement.id),
                "description": told,
                "props": rules,
            })
        })
    };
    let requirements: Vec<_> = profile.requirements.iter().filter_map(implemented).collect();
    let implementations = (!requirements.is_empty()).then(|| {
        json!([{
            "uuid": uuid(&["implementation", &profile.name]),
            "source": PROFILE,
            "description": "Automated checks that assess the controls of the profile.",
            "implemented-requirements": requirements,
        }])
    });
    let content = json!({
        "uuid": uuid(&["component-definition", &profile.name]),
        "metadata": metadata("cnscan as a component that validates", &rfc3339(modified), env!("CARGO_PKG_VERSION")),
        "components": [{
            "uuid": tool(),
            "type": "validation",
            "title": "cnscan",
            "description": "Security controls compliance scanner for cloud native systems.",
            "control-implementations": implementations,
        }],
    });
    document("component-definition", content, out)
}

fn bound(requirement: &Requirement) -> impl Iterator<Item = &'static Check> {
    requirement.checks.iter().filter_map(|id| checks::find(id))
}

/// `securing-artefacts`
fn slug(name: &str) -> String {
    token(&name.to_lowercase().replace(' ', "-"))
}

fn control(requirement: &Requirement) -> Value {
    let id = token(&requirement.id);
    let known = policy::Catalog::embedded().find(&requirement.id);
    let papers = known.into_iter().flat_map(|control| &control.papers).map(|paper| ("applicability", paper.as_str()));
    let ours = props(papers.chain([("framework", requirement.framework.as_str()), ("coverage", requirement.coverage.as_str())]));
    let label = json!({"name": "label", "value": line(&requirement.id)});
    let link = |nist_id: &String| json!({"href": format!("#{}", nist()), "rel": "related", "resource-fragment": fragment(nist_id), "text": line(&format!("NIST SP 800-53 {nist_id}"))});
    let statement = if requirement.summary.is_empty() { &requirement.title } else { &requirement.summary };
    let guidance = (!requirement.attest.is_empty()).then(
        || json!({"id": format!("{id}_gdn"), "name": "guidance", "title": "What a person supplies", "prose": line(&requirement.attest)}),
    );
    json!({
        "id": id,
        "class": "guideline",
        "title": line(&requirement.title),
        "props": std::iter::once(label).chain(ours).collect::<Vec<_>>(),
        "links": requirement.supports.iter().map(link).collect::<Vec<_>>(),
        "parts": std::iter::once(json!({"id": format!("{id}_smt"), "name": "statement", "prose": line(statement)})).chain(guidance).collect::<Vec<_>>(),
    })
}

/// `SC-7(21)` as NIST's own OSCAL has it: `sc-7.21`.
fn fragment(id: &str) -> String {
    line(&id.to_lowercase().replace('(', ".").replace(')', ""))
}

fn part(requirement: &Requirement, check: &Check) -> Value {
    json!({
        "id": objective(&requirement.id, check.id),
        "name": "assessment-objective",
        "title": line(check.id),
        "props": props([("check-id", check.id), ("severity", check.severity.as_str()), ("coverage", requirement.coverage.as_str())]),
        "prose": line(&format!("Determine that this fault is not there: {}.", check.title)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spelled_as_oscal_spells_them() {
        assert_eq!(fragment("SC-7(21)"), "sc-7.21");
        assert_eq!(slug("Securing Artefacts"), "securing-artefacts");
    }
}
