//! Profiles: which controls and requirements are held against, chosen by name or written by the user.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use serde::Serialize;

use super::catalog::{Catalog, Control, Coverage};
use super::given::{self, Given};
use super::profile_file::{ProfileFile, RequirementFile};
use super::text::{Located, Text};
use super::{Error, error};
use crate::checks;
use crate::discover;

/// The profile in force when nobody names one.
pub const DEFAULT: &str = "default";

/// How many profiles may extend one another; more is a circle.
const LONGEST_CHAIN: usize = 8;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/profiles");

/// What is held against: requirements in a fixed order.
#[derive(Debug, Clone)]
pub struct Profile {
    /// By which it is chosen.
    pub name: String,
    /// For a person.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Of its file, and of the profiles that it extends.
    pub sha256: String,
    /// What must hold: the catalog's controls in its order, then the profile's own.
    pub requirements: Vec<Requirement>,
    /// Checks that the profile leaves out although its requirements name them.
    pub excluded: Vec<String>,
    /// The files that it was read from, its own first; none for an embedded one.
    pub files: Vec<PathBuf>,
    /// Values that it sets; a configuration file overrides them.
    pub(crate) settings: Vec<Given>,
}

/// A control of the catalog, or a requirement of a profile's own: one shape for both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// `CNSC-…`, or the profile's own.
    pub id: String,
    /// `CNSC`, or the profile's own.
    pub framework: String,
    /// In a few words.
    pub title: String,
    /// The group of the catalog; the level or group that the profile gives; else its framework.
    pub group: String,
    /// What it asks for; may be empty.
    pub summary: String,
    /// What its checks can show.
    pub coverage: Coverage,
    /// NIST SP 800-53 Rev. 5 controls that it relates to.
    pub supports: Vec<String>,
    /// The checks that judge it, all of them in this release.
    pub checks: Vec<String>,
    /// Settings, among those that its checks judge, that it is about: a check that has some of them is asked about those
    /// alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// Checks bound to it that this release does not have.
    pub planned: Vec<String>,
    /// What all checks show together when they pass.
    pub proves: String,
    /// What they cannot show.
    pub leaves: String,
    /// What a person supplies for that.
    pub attest: String,
}

impl Profile {
    /// A profile by the name of an embedded one, or by the path of a file, which is relative to `beside`.
    ///
    /// # Errors
    /// When there is no such profile, or something in the file is wrong: then with the place.
    pub fn load(reference: &str, beside: &Path) -> Result<Self, Error> {
        find(reference, beside, LONGEST_CHAIN)
    }

    /// The embedded profiles, by name.
    ///
    /// # Panics
    /// When this program was built with a broken profile, which `tests/catalog.rs` forbids.
    #[must_use]
    pub fn embedded() -> Vec<Profile> {
        let profiles = embedded_texts().map(|text| build(&text, &Origin::Embedded, 1));
        let profiles: Result<Vec<_>, _> = profiles.collect();
        profiles.unwrap_or_else(|error| panic!("this program was built with a broken profile: {error}"))
    }

    /// The JSON Schema of a profile file, with the settings that this release has.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(ProfileFile).to_value();
        schema["properties"]["settings"] = given::schema();
        schema
    }

    /// A requirement by its id, in any case.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id.eq_ignore_ascii_case(id))
    }
}

impl Requirement {
    /// What a check of it is asked about; nothing where that is all that it judges.
    #[must_use]
    pub fn about(&self, check: &str) -> Vec<String> {
        if self.about.is_empty() {
            return Vec::new();
        }
        let aspects = checks::find(check).map(|check| check.aspects).unwrap_or_default();
        self.about.iter().filter(|name| aspects.iter().any(|aspect| aspect.name == name.as_str())).cloned().collect()
    }
}

impl From<&Control> for Requirement {
    fn from(control: &Control) -> Self {
        let (checks, planned) = split(&control.checks, &control.planned);
        Requirement {
            id: control.id.clone(),
            framework: super::catalog::ID.to_owned(),
            title: control.title.clone(),
            group: control.group.clone(),
            summary: control.summary.clone(),
            coverage: control.coverage,
            supports: control.nist.clone(),
            checks,
            about: Vec::new(),
            planned,
            proves: control.proves.clone(),
            leaves: control.leaves.clone(),
            attest: control.attest.clone(),
        }
    }
}

/// The checks that this release has, and those that it does not.
fn split<S: AsRef<str>>(checks: &[S], planned: &[String]) -> (Vec<String>, Vec<String>) {
    let all = checks.iter().map(AsRef::as_ref).chain(planned.iter().map(String::as_str)).map(str::to_owned);
    all.partition(|id| checks::find(id).is_some())
}

/// Where a profile comes from.
enum Origin {
    /// This program.
    Embedded,
    /// A file of the user's, in this folder.
    Folder(PathBuf),
}

fn find(reference: &str, beside: &Path, chain: usize) -> Result<Profile, Error> {
    let is_path = reference.contains(['/', '\\']) || [".yaml", ".yml", ".json"].iter().any(|end| reference.ends_with(end));
    if !is_path && let Some(text) = embedded_texts().find(|text| text.name == reference) {
        return build(&text, &Origin::Embedded, chain);
    }
    let path = beside.join(reference);
    if !is_path && !path.is_file() {
        let names: Vec<_> = embedded_texts().map(|text| text.name).collect();
        let said = error::unknown("profile", reference, names.iter().map(String::as_str));
        return Err(Error::Unknown(format!("{said} (there are {}; a file is given by its path)", names.join(", "))));
    }
    let folder = path.parent().unwrap_or(beside).to_owned();
    let mut profile = build(&Text::read(&path)?, &Origin::Folder(folder), chain)?;
    profile.files.insert(0, path);
    Ok(profile)
}

/// A data file that stands beside the profiles.
pub(crate) fn data(name: &str) -> Option<&'static str> {
    FILES.get_file(name).and_then(|file| file.contents_utf8())
}

/// The embedded profiles; beside them stand data files, which have no name.
fn embedded_texts() -> impl Iterator<Item = Text> {
    let texts = FILES.files().map(|file| {
        let name = file.path().display().to_string().trim_end_matches(".yaml").to_owned();
        Text { name, body: String::from_utf8_lossy(file.contents()).into_owned() }
    });
    let mut texts: Vec<_> = texts.filter(|text| text.body.lines().any(|line| line.starts_with("name:"))).collect();
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    texts.into_iter()
}

fn build(text: &Text, origin: &Origin, chain: usize) -> Result<Profile, Error> {
    let file: ProfileFile = text.parse_as(Profile::schema)?;
    let base = base(text, &file, origin, chain)?;
    let mut profile = Profile {
        sha256: base.as_ref().map_or_else(|| text.sha256(), |base| pair(&text.sha256(), &base.sha256)),
        title: if file.title.is_empty() { file.name.clone() } else { file.title.clone() },
        name: file.name.clone(),
        description: file.description.clone(),
        requirements: Vec::new(),
        excluded: Vec::new(),
        files: Vec::new(),
        settings: Vec::new(),
    };
    if let Some(base) = base {
        profile.files = base.files;
        (profile.requirements, profile.excluded, profile.settings) = (base.requirements, base.excluded, base.settings);
    }
    profile.settings.extend(Given::all(&text.name, &file.settings));
    profile.add_controls(text, &file)?;
    profile.add_requirements(text, &file, origin)?;
    profile.exclude(text, &file)?;
    if profile.requirements.is_empty() {
        let what = "selects nothing: give it `controls`, `papers`, `all: true`, `requirements` or `extends`";
        return Err(Error::Mistake { file: text.name.clone(), line: 1, column: 1, what: what.to_owned() });
    }
    Ok(profile)
}

/// The profile that this one extends.
fn base(text: &Text, file: &ProfileFile, origin: &Origin, chain: usize) -> Result<Option<Profile>, Error> {
    let Some(extends) = &file.extends else {
        return Ok(None);
    };
    let Some(chain) = chain.checked_sub(1) else {
        return Err(text.mistake(extends, "profiles extend one another in a circle, or too many of them do"));
    };
    let beside = match origin {
        Origin::Embedded => Path::new("."),
        Origin::Folder(folder) => folder,
    };
    let found = find(extends, beside, chain).map_err(|error| match error {
        Error::Unknown(what) => text.mistake(extends, what),
        other => other,
    });
    found.map(Some)
}

fn pair(own: &str, base: &str) -> String {
    discover::sha256(format!("{own} {base}\n"))
}

impl Profile {
    /// The catalog's controls that the file chooses, each once, in the catalog's order.
    fn add_controls(&mut self, text: &Text, file: &ProfileFile) -> Result<(), Error> {
        let catalog = Catalog::embedded();
        for paper in &file.papers {
            if !catalog.controls().any(|control| control.papers.contains(paper)) {
                let papers = catalog.controls().flat_map(|control| &control.papers).map(String::as_str);
                return Err(text.mistake(paper, error::unknown("paper", paper, papers)));
            }
        }
        if let Some(unknown) = file.controls.iter().find(|id| catalog.find(id).is_none()) {
            return Err(text.mistake(unknown, catalog.unknown(unknown)));
        }
        let is_chosen = |control: &Control| {
            file.all
                || file.papers.iter().any(|paper| control.papers.contains(paper))
                || file.controls.iter().any(|id| control.id.eq_ignore_ascii_case(id))
        };
        let chosen: Vec<_> = catalog.controls().filter(|control| is_chosen(control) && self.find(&control.id).is_none()).collect();
        self.requirements.extend(chosen.into_iter().map(Requirement::from));
        Ok(())
    }

    fn add_requirements(&mut self, text: &Text, file: &ProfileFile, origin: &Origin) -> Result<(), Error> {
        for own in &file.requirements {
            if self.find(&own.id).is_some() || Catalog::embedded().find(&own.id).is_some() {
                return Err(text.mistake(&own.id, format!("the id `{}` is taken: give the requirement another", *own.id)));
            }
            if let Origin::Folder(_) = origin
                && let Some(unknown) = own.checks.iter().find(|id| checks::find(id).is_none())
            {
                return Err(text.mistake(unknown, unknown_check(unknown)));
            }
            let requirement = requirement(own, file);
            let known = || requirement.checks.iter().filter_map(|id| checks::find(id)).flat_map(|check| check.aspects);
            if let Some(unknown) = own.about.iter().find(|name| !known().any(|aspect| aspect.name == name.as_str())) {
                let known = known().map(|aspect| aspect.name);
                return Err(text.mistake(unknown, error::unknown("setting", unknown, known)));
            }
            self.requirements.push(requirement);
        }
        Ok(())
    }

    /// Leaves out requirements, or checks of all requirements.
    fn exclude(&mut self, text: &Text, file: &ProfileFile) -> Result<(), Error> {
        for id in &file.exclude {
            let before = self.requirements.len();
            self.requirements.retain(|requirement| !requirement.id.eq_ignore_ascii_case(id));
            if self.requirements.len() < before {
                continue;
            }
            if !self.requirements.iter().any(|requirement| requirement.checks.contains(id)) {
                return Err(text.mistake(id, self.not_excludable(id)));
            }
            if !self.excluded.contains(id) {
                self.excluded.push(id.value.clone());
            }
        }
        Ok(())
    }

    fn not_excludable(&self, id: &Located<String>) -> String {
        if checks::find(id).is_some() || Catalog::embedded().find(id).is_some() {
            return format!("`{}` is not in this profile anyway: remove it from `exclude`", **id);
        }
        let ids = self.requirements.iter().flat_map(|requirement| std::iter::once(&requirement.id).chain(&requirement.checks));
        error::unknown("requirement or check", id, ids.map(String::as_str))
    }
}

/// What is said of an id that no check has.
pub(crate) fn unknown_check(id: &str) -> String {
    let planned = Catalog::embedded().controls().any(|control| control.planned.iter().chain(&control.checks).any(|known| known == id));
    if planned {
        return format!("the check `{id}` is planned, and not in this release");
    }
    error::unknown("check", id, checks::all().map(|check| check.id))
}

fn requirement(own: &RequirementFile, file: &ProfileFile) -> Requirement {
    let framework = [&own.framework, &file.framework, &file.name].into_iter().find(|name| !name.is_empty());
    let framework = framework.cloned().unwrap_or_default();
    let group = [&own.group, &own.level, &framework].into_iter().find(|name| !name.is_empty());
    let ids: Vec<&str> = own.checks.iter().map(|id| id.value.as_str()).collect();
    let (checks, planned) = split(&ids, &own.planned);
    Requirement {
        id: own.id.value.clone(),
        title: own.title.clone(),
        group: group.cloned().unwrap_or_default(),
        framework,
        summary: own.summary.clone(),
        coverage: own.coverage,
        supports: own.nist.clone(),
        checks,
        about: own.about.iter().map(|name| name.value.clone()).collect(),
        planned,
        proves: own.proves.clone(),
        leaves: own.leaves.clone(),
        attest: own.attest.clone(),
    }
}
