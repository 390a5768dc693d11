//! Attestations: what people vouch for, as files in Git, which reviews can see and history keeps.
//!
//! A file that cannot be understood stops the scan, with its place. One that can be and does not count (expired, approved by
//! whoever assessed it, its evidence another) is shown in every report.

mod evidence;
mod lint;
mod standing;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Error;
use super::config;
use super::text::{Located, Text};
use crate::discover::Place;
use crate::letters;

pub use standing::{Judged, Refused};

/// How many days an attestation may hold when nobody sets another limit: a year, and a day to renew it.
pub const LONGEST: u32 = 366;
/// Folders deeper than this hold none.
const DEEPEST: usize = 16;

/// A file of attestations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "attestations")]
struct Content {
    /// What people vouch for.
    attestations: Vec<Written>,
}

/// An attestation, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The id of a control of the catalog, or of a requirement of a profile's own.
    control: Located<String>,
    /// What is vouched for: how the control is met where checks cannot show it.
    statement: Located<String>,
    /// Of what; without a key in it, of all that a scan sees.
    scope: Scope,
    /// How it was found out.
    method: Method,
    /// Who looked or asked: a name, better with a mail address in `<>`.
    assessed_by: Located<String>,
    /// Who answers for it: somebody else.
    approved_by: Located<String>,
    /// The day on which it was found to be so: YYYY-MM-DD.
    collected: Located<String>,
    /// The last day it holds: YYYY-MM-DD.
    expires: Located<String>,
    /// What it rests on. To examine something, there has to be something.
    #[serde(default)]
    evidence: Vec<EvidenceWritten>,
}

/// What an attestation rests on, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceWritten {
    /// A file, from the folder of this one, which is held against its hash in every scan; or an https URL, which is not fetched.
    link: Located<String>,
    /// Of its bytes.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    sha256: Located<String>,
    /// In a few words.
    #[serde(default)]
    title: String,
}

/// What an attestation is about. A list that is empty narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Clusters, by the uid of their kube-system namespace or the name of the context; `*` stands for any text. Without it, files as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// Namespaces; `*` stands for any text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Only the reviews of these checks: the rest of the control is not vouched for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
}

/// How something was found out, in the words of NIST SP 800-53A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Somebody looked at documents, records or settings.
    Examine,
    /// Somebody asked those who know.
    Interview,
}

impl Method {
    /// The word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Examine => "examine",
            Method::Interview => "interview",
        }
    }
}

/// An attestation that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attestation {
    /// The control.
    pub control: String,
    /// What is vouched for.
    pub statement: String,
    /// Of what.
    pub scope: Scope,
    /// How it was found out.
    pub method: Method,
    /// Who looked or asked.
    pub assessed_by: String,
    /// Who answers for it.
    pub approved_by: String,
    /// The day on which it was found to be so.
    pub collected: String,
    /// The last day it holds.
    pub expires: String,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<Link>,
    /// Where it is written.
    pub location: Place,
}

/// What an attestation rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// A file, or a URL.
    pub link: String,
    /// In a few words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub title: String,
    /// As the attestation gives it.
    pub sha256: String,
    /// Whether it was held against what is there: files are, URLs are not.
    pub checked: bool,
}

/// A file of attestations, as read.
#[derive(Debug, Clone)]
pub struct File {
    /// In reports: from the Git root, else from the working directory, else its bare name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Of its bytes.
    pub sha256: String,
    /// The files that its attestations rest on and that are what they say: from its folder, with where each is.
    pub evidence: Vec<(String, PathBuf)>,
    entries: Vec<Entry>,
}

/// An attestation, and what is wrong with its evidence.
#[derive(Debug, Clone)]
struct Entry {
    written: Written,
    faults: Vec<Fault>,
    /// Only a part of it could be understood: it never counts, and what is wrong with that part is told.
    is_part: bool,
}

/// What is wrong with an attestation, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    line: u64,
    column: u64,
    why: String,
}

impl Fault {
    fn at<T>(place: &Located<T>, why: impl Into<String>) -> Self {
        Fault { line: place.line, column: place.column, why: why.into() }
    }
}

/// All attestations that a scan was given.
#[derive(Debug, Clone, Default)]
pub struct Attestations {
    /// By name.
    pub files: Vec<File>,
    /// YAML files of the folders given that hold none.
    pub others: Vec<String>,
    /// For how many days one may hold.
    pub limit: u32,
}

impl Attestations {
    /// Reads files, and the YAML files of folders.
    ///
    /// # Errors
    /// When one cannot be read or understood: then with the place.
    pub fn read(paths: &[PathBuf], limit: u32) -> Result<Self, Error> {
        let (texts, others) = found(paths)?;
        let files = texts.iter().map(|(path, text)| File::of(path, text)).collect::<Result<_, _>>()?;
        let mut all = Attestations { files, others, limit };
        all.settle();
        Ok(all)
    }

    /// Reads files under the names that they had elsewhere.
    ///
    /// # Errors
    /// See [`Attestations::read`].
    pub fn read_as(files: &[(PathBuf, String)], limit: u32) -> Result<Self, Error> {
        let read = |(path, name): &(PathBuf, String)| File::of(path, &Text { name: name.clone(), ..Text::read(path)? });
        let mut all = Attestations { files: files.iter().map(read).collect::<Result<_, _>>()?, others: Vec::new(), limit };
        all.settle();
        Ok(all)
    }

    /// The JSON Schema of a file.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Content).to_value()
    }

    /// Whether none was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.others.is_empty()
    }

    /// Each file once, in an order that does not hang on how they were given.
    fn settle(&mut self) {
        let place = |file: &File| file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
        self.files.sort_by(|a, b| (&a.name, place(a)).cmp(&(&b.name, place(b))));
        self.files.dedup_by(|next, kept| place(next) == place(kept));
        self.others.sort();
        self.others.dedup();
    }
}

/// Files with their texts under the names that reports give them, and what of the folders holds no attestations.
type Texts = (Vec<(PathBuf, Text)>, Vec<String>);

/// The files named, and the YAML files of the folders named.
fn found(paths: &[PathBuf]) -> Result<Texts, Error> {
    let mut all = Texts::default();
    for path in paths {
        if path.is_dir() {
            folder(path, DEEPEST, &mut all)?;
        } else {
            all.0.push((path.clone(), Text { name: config::name(path), ..Text::read(path)? }));
        }
    }
    Ok(all)
}

fn folder(place: &Path, depth: usize, all: &mut Texts) -> Result<(), Error> {
    let entries = fs::read_dir(place).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| Error::read(place, &error))?;
    let mut entries: Vec<_> = entries.into_iter().filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for path in entries.iter().map(fs::DirEntry::path) {
        // links may lead anywhere, and round
        let kind = path.symlink_metadata().map_err(|error| Error::read(&path, &error))?.file_type();
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if kind.is_dir() && depth > 0 {
            folder(&path, depth - 1, all)?;
        } else if kind.is_file() && is_yaml {
            let text = Text { name: config::name(&path), ..Text::read(&path)? };
            // evidence may be YAML as well, and lie beside
            let holds = text.body.lines().any(|line| line.trim_start_matches('\u{feff}').starts_with("attestations:"));
            if holds { all.0.push((path, text)) } else { all.1.push(text.name) }
        }
    }
    Ok(())
}

impl File {
    fn of(path: &Path, text: &Text) -> Result<Self, Error> {
        let content: Content = text.parse_as(Attestations::schema)?;
        let (name, sha256) = (text.name.clone(), text.sha256());
        let mut file = File { name, path: path.to_owned(), sha256, evidence: Vec::new(), entries: Vec::new() };
        for written in content.attestations {
            if let Some(Fault { line, column, why }) = written.flaws().into_iter().next() {
                return Err(Error::Mistake { file: file.name, line, column, what: why });
            }
            file.take(written, false);
        }
        file.settle();
        Ok(file)
    }

    /// Takes an attestation, and looks at what it rests on.
    fn take(&mut self, written: Written, is_part: bool) {
        let (faults, found) = evidence::look(&self.path, &written.evidence);
        self.evidence.extend(found);
        self.entries.push(Entry { written, faults, is_part });
    }

    fn settle(&mut self) {
        self.evidence.sort();
        self.evidence.dedup();
    }
}

fn is_hash(sha256: &str) -> bool {
    sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Written {
    /// What no day and no person can make right: with any of it, it is no attestation.
    fn flaws(&self) -> Vec<Fault> {
        let texts = [
            (&self.control, "`control` is empty: name the control that this speaks of"),
            (&self.statement, "`statement` is empty: say how the control is met"),
            (&self.assessed_by, "`assessed_by` is empty: say who looked or asked"),
            (&self.approved_by, "`approved_by` is empty: say who answers for it"),
        ];
        let empty = texts.iter().filter(|(value, _)| value.trim().is_empty());
        let mut flaws: Vec<_> = empty.map(|(place, why)| Fault::at(place, *why)).collect();
        let unfit = |key: &str, place: &Located<String>, why: Option<String>| why.map(|why| Fault::at(place, format!("`{key}`: {why}")));
        for (key, name) in [("control", &self.control), ("assessed_by", &self.assessed_by), ("approved_by", &self.approved_by)] {
            flaws.extend(unfit(key, name, letters::unfit_for_name(name)));
        }
        flaws.extend(unfit("statement", &self.statement, letters::unfit_for_text(&self.statement)));
        for day in [&self.collected, &self.expires] {
            flaws.extend(super::comment::date(day).err().map(|why| Fault::at(day, why)));
        }
        for evidence in &self.evidence {
            if !is_hash(&evidence.sha256) {
                flaws.push(Fault::at(&evidence.sha256, "`sha256` is no hash: it has 64 hexadecimal digits"));
            }
            if evidence.link.trim().is_empty() {
                flaws.push(Fault::at(&evidence.link, "`link` is empty: name a file or a URL"));
            }
        }
        for glob in self.scope.clusters.iter().chain(&self.scope.namespaces) {
            flaws.extend(super::pattern::word(glob).err().map(|what| Fault::at(&self.control, format!("`{glob}` in its scope is {what}"))));
        }
        flaws
    }

    fn day(text: &str) -> Date {
        // validated when it was read
        super::comment::date(text).unwrap_or_default()
    }
}
