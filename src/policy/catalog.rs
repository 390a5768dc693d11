//! The Cloud Native Security Controls catalog as this release knows it: facts, our summaries, and the checks of each control.

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::text::{Text, hex};
use super::{Error, error, shipped};

/// The catalog's own name.
pub const ID: &str = "CNSC";

/// The edition of the catalog that is embedded.
pub const VERSION: &str = "1.1.0";

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/controls");

/// All controls, by group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catalog {
    /// [`ID`]
    pub id: String,
    /// [`VERSION`]
    pub version: String,
    /// Of its files, names included.
    pub sha256: String,
    /// In the catalog's order.
    pub groups: Vec<Group>,
}

/// A group of controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The short name: `securing-artefacts`.
    pub slug: String,
    /// As the catalog has it: `Securing Artefacts`.
    pub title: String,
    /// In the catalog's order.
    pub controls: Vec<Control>,
}

/// A control of the catalog. Id, title, group, papers and NIST mapping are the catalog's; the sentences are ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// `CNSC-…`
    pub id: String,
    /// As the catalog has it.
    pub title: String,
    /// The title of its group.
    #[serde(skip_deserializing)]
    pub group: String,
    /// The papers that it applies to: the catalog's `applicability`.
    pub papers: Vec<String>,
    /// NIST SP 800-53 Rev. 5 controls that it relates to.
    #[serde(default)]
    pub nist: Vec<String>,
    /// What it asks for.
    pub summary: String,
    /// What its checks can show.
    pub coverage: Coverage,
    /// The checks that judge it.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Checks bound to it that do not exist yet.
    #[serde(default)]
    pub planned: Vec<String>,
    /// What all of them show together when they pass.
    #[serde(default)]
    pub proves: String,
    /// What they cannot show.
    #[serde(default)]
    pub leaves: String,
    /// What a person supplies for that.
    #[serde(default)]
    pub attest: String,
}

/// What the checks of a control can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// All that it asks.
    Full,
    /// A part of it.
    Partial,
    /// Nothing: a person must.
    None,
}

impl Coverage {
    /// The lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Coverage::Full => "full",
            Coverage::Partial => "partial",
            Coverage::None => "none",
        }
    }
}

/// A file of `controls/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: String,
    controls: Vec<Control>,
}

impl Catalog {
    /// The embedded catalog, parsed once.
    ///
    /// # Panics
    /// When this program was built with a broken catalog, which `tests/catalog.rs` forbids.
    #[must_use]
    pub fn embedded() -> &'static Catalog {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| match Self::parse(&FILES) {
            Ok(catalog) => catalog,
            Err(error) => panic!("this program was built with a broken catalog: {error}"),
        })
    }

    /// A control by its id, in any case.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Control> {
        self.controls().find(|control| control.id.eq_ignore_ascii_case(id))
    }

    /// A group by its short name or its title, in any case.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.slug.eq_ignore_ascii_case(name) || group.title.eq_ignore_ascii_case(name))
    }

    /// All controls, in the catalog's order of groups.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.groups.iter().flat_map(|group| &group.controls)
    }

    /// What is said of an id that no control has.
    pub(crate) fn unknown(&self, id: &str) -> String {
        error::unknown("control", id, self.controls().map(|control| control.id.as_str()))
    }

    fn parse(files: &Dir<'_>) -> Result<Self, Error> {
        let mut hash = Sha256::new();
        let mut files: Vec<_> = files.files().collect();
        files.sort_by_key(|file| file.path());
        let mut groups = Vec::with_capacity(files.len());
        for file in files {
            let name = file.path().display().to_string();
            let text = Text { body: String::from_utf8_lossy(file.contents()).into_owned(), name };
            // lengths keep apart what bytes alone could shift between a name and a content
            hash.update(format!("{} {}\n", text.name, text.body.len()));
            hash.update(&text.body);
            groups.push(group(&text)?);
        }
        groups.sort_by_key(|group| group.controls.first().map_or(u32::MAX, |control| number(&control.id)));
        Ok(Catalog { id: ID.to_owned(), version: VERSION.to_owned(), sha256: hex(&hash.finalize()), groups })
    }
}

fn group(text: &Text) -> Result<Group, Error> {
    let File { group: title, mut controls } = shipped::read(text)?;
    for control in &mut controls {
        control.group.clone_from(&title);
    }
    controls.sort_by_key(|control| number(&control.id));
    let slug = text.name.trim_end_matches(".yaml").to_owned();
    Ok(Group { slug, title, controls })
}

/// The number in `CNSC-12`, by which the catalog is ordered.
pub(crate) fn number(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX)
}
