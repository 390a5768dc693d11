//! How controls map to another framework: what the catalog says of NIST SP 800-53, or a Gemara MappingDocument of the user's.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::text::{Located, Text};
use super::{Error, error};

/// The framework that the catalog itself maps to.
pub const NIST: &str = "nist-800-53";

/// How controls map to a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The framework by its name, or the mapping by that of its file.
    pub name: String,
    /// The framework, for a person.
    pub title: String,
    /// Of the framework, where the mapping says it.
    pub version: String,
    /// Of the file; empty for what the catalog says.
    pub sha256: String,
    /// By the id of a control; `None`: what the catalog says of each.
    pub links: Option<BTreeMap<String, Vec<Link>>>,
}

/// What a control has to do with a control of the framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// In the framework.
    pub target: String,
    /// As Gemara names it: `supports`, `relates-to`.
    pub relationship: String,
    /// How far the one satisfies the other, from 1 to 10, where the mapping says it.
    pub strength: Option<u8>,
}

/// A Gemara MappingDocument, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    title: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    target_reference: Reference,
    #[serde(default)]
    mappings: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metadata {
    mapping_references: Vec<Framework>,
}

#[derive(Deserialize)]
struct Framework {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    version: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Reference {
    reference_id: String,
}

#[derive(Deserialize)]
struct Entry {
    source: String,
    #[serde(default)]
    targets: Vec<Target>,
    relationship: Located<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    entry_id: String,
    #[serde(default)]
    strength: Option<Located<i64>>,
}

const RELATIONSHIPS: [&str; 9] =
    ["implements", "implemented-by", "supports", "supported-by", "equivalent", "subsumes", "subsumed-by", "no-match", "relates-to"];

impl Mapping {
    /// The embedded mapping by its name, or a file's.
    ///
    /// # Errors
    /// When there is none of that name, or something in the file is wrong: then with the place.
    pub fn load(reference: &str) -> Result<Self, Error> {
        if reference.eq_ignore_ascii_case(NIST) {
            return Ok(Mapping {
                name: NIST.to_owned(),
                title: "NIST SP 800-53".to_owned(),
                version: "Rev. 5".to_owned(),
                sha256: String::new(),
                links: None,
            });
        }
        let path = Path::new(reference);
        let is_path = reference.contains(['/', '\\']) || path.extension().is_some();
        if !is_path && !path.is_file() {
            let said = error::unknown("framework", reference, [NIST]);
            return Err(Error::Unknown(format!("{said} (there is {NIST}; a mapping file is given by its path)")));
        }
        Self::parse(&Text::read(path)?)
    }

    fn parse(text: &Text) -> Result<Self, Error> {
        let document: Document = text.parse()?;
        if document.mappings.is_empty() {
            let why = "no `mappings` in it: a Gemara MappingDocument is expected".to_owned();
            return Err(Error::Read { path: text.name.clone(), why });
        }
        let mut links: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        for entry in &document.mappings {
            let word = &entry.relationship;
            if !RELATIONSHIPS.contains(&word.value.as_str()) {
                return Err(text.mistake(word, error::unknown("relationship", word, RELATIONSHIPS)));
            }
            // a control that maps to nothing is known to the mapping all the same
            let own = links.entry(entry.source.clone()).or_default();
            if word.value == "no-match" {
                continue;
            }
            for target in &entry.targets {
                let strength = target.strength.as_ref().map(|given| strength(text, given)).transpose()?;
                own.push(Link { target: target.entry_id.clone(), relationship: word.value.clone(), strength });
            }
        }
        let id = &document.target_reference.reference_id;
        let framework = document.metadata.mapping_references.iter().find(|framework| framework.id == *id);
        let title = [framework.map_or("", |framework| &framework.title), id, &document.title, &text.name];
        Ok(Mapping {
            name: if id.is_empty() { text.name.clone() } else { id.clone() },
            title: title.into_iter().find(|title| !title.is_empty()).unwrap_or_default().to_owned(),
            version: framework.map(|framework| framework.version.clone()).unwrap_or_default(),
            sha256: text.sha256(),
            links: Some(links),
        })
    }
}

fn strength(text: &Text, given: &Located<i64>) -> Result<u8, Error> {
    let strength = u8::try_from(given.value).ok().filter(|strength| (1..=10).contains(strength));
    strength.ok_or_else(|| text.mistake(given, format!("a strength is a number from 1 to 10, not {}", given.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<Mapping, String> {
        let text = Text { name: "own.yaml".to_owned(), body: body.to_owned() };
        Mapping::parse(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_mapping_is_read_with_its_strengths() {
        let mapping = parsed(
            "metadata: {mapping-references: [{id: ISO, title: ISO 27001, version: '2022'}]}\ntarget-reference: {reference-id: ISO, entry-type: Control}\nmappings:\n- {id: a, source: CNSC-1, relationship: supports, targets: [{entry-id: A.5, strength: 7}, {entry-id: A.6}]}\n- {id: b, source: CNSC-2, relationship: no-match}\n",
        );
        let mapping = mapping.expect("a mapping");
        assert_eq!((mapping.name.as_str(), mapping.title.as_str(), mapping.version.as_str()), ("ISO", "ISO 27001", "2022"));
        let links = mapping.links.expect("links");
        assert_eq!(
            links["CNSC-1"].iter().map(|link| (link.target.as_str(), link.strength)).collect::<Vec<_>>(),
            [("A.5", Some(7)), ("A.6", None)]
        );
        assert!(links["CNSC-2"].is_empty());
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let entry = |rest: &str| parsed(&format!("mappings:\n- {{id: a, source: CNSC-1, {rest}}}\n")).expect_err(rest);
        assert!(entry("relationship: suports").starts_with("own.yaml:2:41: "), "{}", entry("relationship: suports"));
        let strong = entry("relationship: supports, targets: [{entry-id: A, strength: 11}]");
        assert!(strong.contains("own.yaml:2:") && strong.contains("from 1 to 10, not 11"), "{strong}");
        assert!(parsed("guidelines: []\n").expect_err("no mapping").contains("MappingDocument"));
        assert!(Mapping::load("nist").expect_err("unknown").to_string().contains(NIST));
    }
}
