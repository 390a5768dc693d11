//! Controls as SARIF taxonomies: the frameworks of the profile, and NIST SP 800-53, with the ids that occur.

use std::collections::{BTreeMap, BTreeSet};

use serde_sarif::sarif::{
    MultiformatMessageString, ReportingDescriptor, ReportingDescriptorReference, ReportingDescriptorRelationship, ToolComponent,
    ToolComponentReference,
};

use super::words;
use crate::assess::{Assessment, Control};
use crate::report::text::NAME;

/// The framework of the embedded catalog.
const CNSC: &str = "CNSC";
/// The framework that controls relate to.
const NIST: &str = "NIST-800-53";

/// What is known of a framework, whatever was scanned.
struct Known {
    name: &'static str,
    /// Version 5 UUIDs of `cnscan/taxonomy/NAME` in the URL namespace.
    guid: &'static str,
    organization: &'static str,
    uri: &'static str,
    text: &'static str,
}

const KNOWN: [Known; 2] = [
    Known {
        name: CNSC,
        guid: "2121dd31-5bc6-5b99-8728-05e404316a54",
        organization: "CNCF TAG Security and Compliance",
        uri: "https://contribute.cncf.io/community/tags/security-and-compliance/publications/controls-catalog/",
        text: "Cloud Native Security Controls Catalog.",
    },
    Known {
        name: NIST,
        guid: "ecf5f837-750f-5ec9-a909-0c3629d2df88",
        organization: "NIST",
        uri: "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-53r5.pdf",
        text: "NIST SP 800-53 Rev. 5.",
    },
];

/// A framework and the ids of it that occur.
struct Taxonomy<'a> {
    name: &'a str,
    /// Id and title, in order.
    taxa: Vec<(&'a str, &'a str)>,
}

/// The frameworks that an assessment speaks of.
pub(super) struct Taxonomies<'a> {
    list: Vec<Taxonomy<'a>>,
    /// Where each control stands: taxonomy, taxon.
    places: BTreeMap<&'a str, (usize, usize)>,
    nist: BTreeMap<&'a str, usize>,
    controls: BTreeMap<&'a str, &'a Control>,
}

impl<'a> Taxonomies<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let mut list: Vec<Taxonomy<'a>> = Vec::new();
        let mut places = BTreeMap::new();
        for control in &assessment.controls {
            let at = list.iter().position(|taxonomy| taxonomy.name == control.framework).unwrap_or_else(|| {
                list.push(Taxonomy { name: &control.framework, taxa: Vec::new() });
                list.len() - 1
            });
            places.insert(control.id.as_str(), (at, list[at].taxa.len()));
            list[at].taxa.push((&control.id, &control.title));
        }
        let supports: BTreeSet<&str> = assessment.controls.iter().flat_map(|control| &control.supports).map(String::as_str).collect();
        let nist = supports.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        if !supports.is_empty() {
            list.push(Taxonomy { name: NIST, taxa: supports.into_iter().map(|id| (id, "")).collect() });
        }
        let controls = assessment.controls.iter().map(|control| (control.id.as_str(), control)).collect();
        Taxonomies { list, places, nist, controls }
    }

    /// The taxa of some controls: they themselves, then what they relate to.
    pub(super) fn taxa(&self, controls: &[impl AsRef<str>]) -> Vec<ReportingDescriptorReference> {
        let own = controls.iter().filter_map(|id| self.places.get(id.as_ref()));
        let cited = controls.iter().filter_map(|id| self.controls.get(id.as_ref()));
        let nist: BTreeSet<_> = cited.flat_map(|control| &control.supports).filter_map(|id| self.nist.get(id.as_str())).collect();
        let last = self.list.len().saturating_sub(1);
        own.copied().chain(nist.into_iter().map(|taxon| (last, *taxon))).map(|(at, taxon)| self.reference(at, taxon)).collect()
    }

    /// The same as relationships: catalogs say `relates-to`, so nothing stronger than `relevant`.
    pub(super) fn relationships(&self, controls: &[impl AsRef<str>]) -> Vec<ReportingDescriptorRelationship> {
        let related = |target| ReportingDescriptorRelationship::builder().target(target).kinds(vec!["relevant".to_owned()]).build();
        self.taxa(controls).into_iter().map(related).collect()
    }

    fn reference(&self, at: usize, taxon: usize) -> ReportingDescriptorReference {
        let taxonomy = &self.list[at];
        let component = ToolComponentReference::builder().name(taxonomy.name).index(at as i64).build();
        ReportingDescriptorReference::builder().id(taxonomy.taxa[taxon].0).index(taxon as i64).tool_component(component).build()
    }

    /// The frameworks, as the tool names them.
    pub(super) fn references(&self) -> Vec<ToolComponentReference> {
        let reference = |(index, taxonomy): (usize, &Taxonomy<'_>)| {
            let mut reference = ToolComponentReference::builder().name(taxonomy.name).index(index as i64).build();
            reference.guid = known(taxonomy.name).map(|known| known.guid.to_owned());
            reference
        };
        self.list.iter().enumerate().map(reference).collect()
    }

    /// The frameworks, with their ids.
    pub(super) fn components(&self, assessment: &Assessment) -> Vec<ToolComponent> {
        self.list.iter().map(|taxonomy| component(taxonomy, assessment)).collect()
    }
}

fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

fn component(taxonomy: &Taxonomy<'_>, assessment: &Assessment) -> ToolComponent {
    let mut component = ToolComponent::builder().name(taxonomy.name).is_comprehensive(false).build();
    component.taxa = Some(taxonomy.taxa.iter().map(|(id, title)| taxon(id, title)).collect());
    let version = match taxonomy.name {
        CNSC => assessment.catalog.version.as_str(),
        NIST => "5",
        _ => assessment.profile.version.as_str(),
    };
    component.version = (!version.is_empty()).then(|| version.to_owned());
    let text = known(taxonomy.name).map_or(assessment.profile.title.as_str(), |known| known.text);
    let text = if text.is_empty() { taxonomy.name } else { text };
    component.short_description = Some(MultiformatMessageString::builder().text(words::sentence(text)).build());
    if let Some(known) = known(taxonomy.name) {
        component.guid = Some(known.guid.to_owned());
        component.organization = Some(known.organization.to_owned());
        component.information_uri = Some(known.uri.to_owned());
    }
    component
}

fn taxon(id: &str, title: &str) -> ReportingDescriptor {
    let mut taxon = ReportingDescriptor::builder().id(id).build();
    if !title.is_empty() {
        taxon.name = Some(words::paragraph(title, NAME));
        taxon.short_description =
            Some(MultiformatMessageString::builder().text(words::limited(&words::sentence(title), words::DESCRIPTION)).build());
    }
    taxon
}
