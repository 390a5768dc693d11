//! What the checks said: counts, findings, passes, errors. It borrows nothing from the evidence, which may go.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::origin::GitSource;
use crate::model::{Quality, Severity};

/// What the checks said. It borrows nothing from the evidence, which may go.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// One a check, in the order given.
    pub tallies: Vec<Tally>,
    /// Failures, reviews and notes, in the order of the input.
    pub findings: Findings,
    /// What passed, when asked for.
    pub passes: Vec<(u16, Arc<Subject>)>,
    /// Checks that broke: which, on what, with what words.
    pub errors: Vec<(u16, Arc<Subject>, String)>,
    /// How many pods, and how many other objects, were not judged again, as their controllers are.
    pub copies: [u32; 2],
    /// Credentials in what another shard judges: file, and byte range.
    pub hidden: Vec<(u32, (u32, u32))>,
}

/// Findings in order, in the pieces that they were found in: to join those would take the memory of all once more, while
/// the evidence is still held.
#[derive(Debug, Default)]
pub struct Findings(Vec<Vec<Finding>>);

impl Findings {
    pub(super) fn append(&mut self, next: Findings) {
        self.0.extend(next.0);
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter().flatten()
    }

    /// Each, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.0.iter_mut().flatten()
    }
}

impl From<Vec<Finding>> for Findings {
    fn from(piece: Vec<Finding>) -> Self {
        Findings(if piece.is_empty() { Vec::new() } else { vec![piece] })
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<Finding>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

/// How often a check said what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Subjects that passed.
    pub passed: u32,
    /// Subjects that failed.
    pub failed: u32,
    /// Subjects that a person must look at.
    pub review: u32,
    /// Subjects that it broke on.
    pub errors: u32,
    /// Subjects that it does not apply to, by reason.
    pub skipped: BTreeMap<Cow<'static, str>, u32>,
    /// Of a check with aspects: how many subjects were looked at for each.
    pub aspects: BTreeMap<Cow<'static, str>, Looked>,
}

/// How many subjects a check looked at for one of its aspects. What it found there, its findings say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Looked {
    /// So many were judged.
    pub judged: u32,
    /// To so many it does not apply.
    pub skipped: u32,
    /// On so many it broke.
    pub errors: u32,
}

impl Looked {
    /// Adds those of another.
    pub fn add(&mut self, other: Looked) {
        let sums = [&mut self.judged, &mut self.skipped, &mut self.errors];
        sums.into_iter().zip([other.judged, other.skipped, other.errors]).for_each(|(sum, more)| *sum = sum.saturating_add(more));
    }
}

impl Tally {
    /// All subjects looked at.
    #[must_use]
    pub fn subjects(&self) -> u32 {
        self.passed + self.failed + self.review + self.errors + self.skipped.values().sum::<u32>()
    }

    pub(super) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.review += other.review;
        self.errors += other.errors;
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        for (aspect, looked) in other.aspects {
            self.aspects.entry(aspect).or_default().add(looked);
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As written.
    pub api_version: String,
    /// Its API group.
    pub group: String,
    /// As written.
    pub kind: String,
    /// Empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Empty when it is no container.
    pub container: String,
    /// How many running pods it stands for, other than itself.
    pub pods: u32,
    /// It was seen in a running cluster.
    pub live: bool,
}

impl Subject {
    pub(super) fn named(api_version: &str, kind: &str, name: &str, live: bool) -> Self {
        let (api_version, kind, name) = (api_version.to_owned(), kind.to_owned(), name.to_owned());
        let (group, namespace, container) = Default::default();
        Subject { api_version, group, kind, namespace, name, container, pods: 0, live }
    }
}

/// How a fault counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It fails its subject.
    Fail,
    /// It leaves its subject undecided.
    Review,
    /// It changes nothing.
    Note,
}

/// A place in the sources of what another tool made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Which file.
    pub file: u32,
    /// Where in its text, in bytes.
    pub span: (u32, u32),
    /// All of what is shown there.
    pub whole: (u32, u32),
    /// How well the place fits.
    pub quality: Quality,
    /// It is what stands there that was found, so that a comment there is about it; not what something else adds to it.
    pub is_own: bool,
}

/// A fault with its check and subject, free of the evidence.
#[derive(Debug)]
pub struct Finding {
    /// Index of the check.
    pub check: u16,
    /// What it was found on.
    pub subject: Arc<Subject>,
    /// How it counts.
    pub standing: Standing,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// What was seen.
    pub observed: Cow<'static, str>,
    /// What should stand there.
    pub expected: Cow<'static, str>,
    /// Where the check's own advice does not fit.
    pub fix: Option<Cow<'static, str>>,
    /// The value is a credential, and stands in this byte range.
    pub sensitive: Option<(u32, u32)>,
    /// Which file.
    pub file: u32,
    /// Where in its text, in bytes.
    pub span: (u32, u32),
    /// Where in the object.
    pub path: Box<str>,
    /// How well the place fits.
    pub quality: Quality,
    /// `decisions.md` 20, without the ordinal of equal ones.
    pub fingerprint: [u8; 16],
    /// The images of the container, or of all containers of the pod, where it runs on every node or by itself: those
    /// that the built-in exceptions may know.
    pub images: Option<Arc<[Box<str>]>>,
    /// What is worth knowing beside it.
    pub notes: Vec<String>,
    /// The aspects of its check that it is about.
    pub about: Vec<&'static str>,
    /// Where it was written, when another tool made what was judged.
    pub written: Option<Box<Written>>,
    /// Where its object comes from, when it was read from no file.
    pub source: Option<Arc<GitSource>>,
}

pub(super) fn fingerprint(check: &str, subject: &Subject, path: &str) -> [u8; 16] {
    let slash = if subject.group.is_empty() { "" } else { "/" };
    let kind = [&*subject.group, slash, &subject.kind];
    let rest = [&*subject.namespace, &subject.name, &subject.container, path].map(|part| ["\u{1f}", part]);
    let parts = [check, "\u{1f}"].into_iter().chain(kind).chain(rest.into_iter().flatten());
    let mut text = String::with_capacity(256);
    parts.for_each(|part| text.push_str(part));
    let digest = Sha256::digest(text);
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}
