//! The embedded catalog against an edition of it that upstream publishes (Gemara YAML).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, number};
use super::text::Text;
use super::{Control, Error};

/// A catalog as upstream publishes it, from one file or from the files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream {
    /// The edition that its metadata name.
    pub version: Option<String>,
    /// Id → guideline.
    pub guidelines: BTreeMap<String, Guideline>,
    /// Control → NIST SP 800-53 ids; `None` when no mapping document was among the files.
    pub nist: Option<BTreeMap<String, Vec<String>>>,
}

/// A control as upstream has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Guideline {
    /// `CNSC-…`
    pub id: String,
    /// In a few words.
    pub title: String,
    /// Which group it is in.
    #[serde(default)]
    pub group: String,
    /// The papers that it applies to.
    #[serde(default)]
    pub applicability: Vec<String>,
}

/// A document of upstream's: whatever of these it has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    metadata: Metadata,
    guidelines: Vec<Guideline>,
    mappings: Option<Vec<Mapping>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metadata {
    r#type: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Mapping {
    source: String,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    entry_id: String,
}

impl Upstream {
    /// Reads a file, or the `.yaml` files of a folder.
    ///
    /// # Errors
    /// When something cannot be read, or there is no control in it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut upstream = Upstream::default();
        for file in files(path)? {
            upstream.add(Text::read(&file)?.parse()?);
        }
        if upstream.guidelines.is_empty() {
            let why = "no `guidelines` in it: a catalog in Gemara YAML is expected".to_owned();
            return Err(Error::Read { path: path.display().to_string(), why });
        }
        Ok(upstream)
    }

    fn add(&mut self, document: Document) {
        if let Some(mappings) = document.mappings {
            let nist = self.nist.get_or_insert_default();
            for mapping in mappings {
                nist.entry(mapping.source).or_default().extend(mapping.targets.into_iter().map(|target| target.entry_id));
            }
        } else if document.metadata.r#type.is_empty() || document.metadata.r#type == "GuidanceCatalog" {
            self.version = self.version.take().or(document.metadata.version);
        }
        self.guidelines.extend(document.guidelines.into_iter().map(|guideline| (guideline.id.clone(), guideline)));
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| Error::read(path, &error))?;
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    Ok(files)
}

/// What upstream has otherwise than the embedded catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The edition, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Change<String>>,
    /// Controls that only upstream has: id and title.
    pub added: Vec<(String, String)>,
    /// Controls that only the embedded catalog has: id and title.
    pub dropped: Vec<(String, String)>,
    /// Other titles.
    pub renamed: Vec<Change<String>>,
    /// Other groups.
    pub regrouped: Vec<Change<String>>,
    /// Other papers.
    pub applicability: Vec<Change<Vec<String>>>,
    /// Other NIST mappings.
    pub nist: Vec<Change<Vec<String>>>,
    /// Whether the mappings were compared: a mapping document was there.
    pub nist_compared: bool,
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// Of the control; `CNSC` for the catalog itself.
    pub id: String,
    /// As embedded.
    pub ours: T,
    /// As upstream has it.
    pub theirs: T,
}

/// What upstream has otherwise than the embedded catalog, a line each, for a person.
///
/// # Errors
/// When upstream's files cannot be read.
pub fn diff(ours: &Catalog, path: &Path) -> Result<Vec<String>, Error> {
    Ok(Diff::new(ours, &Upstream::read(path)?).lines())
}

impl Diff {
    /// A line a difference, and a word on what could not be compared.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        fn changes<'d, T>(what: &'d str, list: &'d [Change<T>], show: impl Fn(&T) -> String + 'd) -> impl Iterator<Item = String> + 'd {
            list.iter().map(move |Change { id, ours, theirs }| format!("{id}: {what}: {} → {}", show(ours), show(theirs)))
        }
        let list = |ids: &Vec<String>| {
            if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
        };
        let mut lines: Vec<String> = changes("edition", self.version.as_slice(), String::clone).collect();
        lines.extend(self.added.iter().map(|(id, title)| format!("{id}: only upstream: {title}")));
        lines.extend(self.dropped.iter().map(|(id, title)| format!("{id}: not upstream: {title}")));
        lines.extend(changes("title", &self.renamed, String::clone));
        lines.extend(changes("group", &self.regrouped, String::clone));
        lines.extend(changes("papers", &self.applicability, list));
        lines.extend(changes("NIST", &self.nist, list));
        if lines.is_empty() {
            lines.push("no difference".to_owned());
        }
        if !self.nist_compared {
            lines.push("the NIST mappings were not compared: no mapping document in what was given".to_owned());
        }
        lines
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Diff { nist_compared: self.nist_compared, ..Diff::default() }
    }

    /// The difference between the embedded catalog and upstream's, in the order of control numbers.
    #[must_use]
    pub fn new(ours: &Catalog, theirs: &Upstream) -> Self {
        let version = theirs.version.as_ref().and_then(|version| change(&ours.id, &ours.version, version));
        let mut diff = Diff { version, nist_compared: theirs.nist.is_some(), ..Diff::default() };
        let mut controls: Vec<_> = ours.controls().collect();
        controls.sort_by_key(|control| number(&control.id));
        for control in controls {
            match theirs.guidelines.get(&control.id) {
                Some(guideline) => diff.compare(control, guideline, theirs.nist.as_ref()),
                None => diff.dropped.push((control.id.clone(), control.title.clone())),
            }
        }
        let new = theirs.guidelines.values().filter(|guideline| ours.find(&guideline.id).is_none());
        diff.added = new.map(|guideline| (guideline.id.clone(), guideline.title.clone())).collect();
        diff.added.sort_by_key(|(id, _)| number(id));
        diff
    }

    fn compare(&mut self, control: &Control, guideline: &Guideline, nist: Option<&BTreeMap<String, Vec<String>>>) {
        self.renamed.extend(change(&control.id, &control.title, &guideline.title));
        self.regrouped.extend(change(&control.id, &control.group, &guideline.group));
        self.applicability.extend(change(&control.id, &sorted(&control.papers), &sorted(&guideline.applicability)));
        if let Some(nist) = nist {
            let theirs = nist.get(&control.id).map(|ids| sorted(ids)).unwrap_or_default();
            self.nist.extend(change(&control.id, &sorted(&control.nist), &theirs));
        }
    }
}

fn change<T: Clone + PartialEq>(id: &str, ours: &T, theirs: &T) -> Option<Change<T>> {
    (ours != theirs).then(|| Change { id: id.to_owned(), ours: ours.clone(), theirs: theirs.clone() })
}

/// Order and repetition mean nothing in these lists.
fn sorted(list: &[String]) -> Vec<String> {
    let mut list = list.to_vec();
    list.sort();
    list.dedup();
    list
}
