//! Holds findings against exceptions, and remembers which exceptions were of use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::civil::Date;

use super::builtin;
use super::comment::Words;
use super::exception::{Candidate, Exceptions, Excuse, KeptComment, Rule};
use super::remark::Remark;

/// How much was scanned of what exceptions may be for: what is said of one that matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Whole,
    /// Files, which are a part of something.
    Files,
    /// A part of a cluster.
    Part,
}

impl Reach {
    /// What to do with an exception that matches nothing.
    fn advice(self) -> &'static str {
        match self {
            Reach::Whole => "remove it",
            Reach::Files => "remove it, unless it is for what files say that were not scanned",
            Reach::Part => "remove it, unless it is for a part of the cluster that was not scanned",
        }
    }
}

/// Findings, each once: what several overlays make of one line is one, and may be asked about in its source and as it was made.
type Marks = HashSet<u64>;

/// By what a finding is known again.
fn mark(candidate: &Candidate<'_>) -> u64 {
    let Candidate { check, kind, namespace, name, container, path, place, observed, .. } = candidate;
    let mut hasher = DefaultHasher::new();
    (check, kind, namespace, name, container, path, place, observed).hash(&mut hasher);
    hasher.finish()
}

/// Decides for one finding after the other.
#[derive(Debug)]
pub struct Excuser<'p> {
    exceptions: &'p Exceptions,
    today: Date,
    reach: Reach,
    /// Check → the exceptions for it, by index, in the order of the file.
    config: HashMap<&'p str, Vec<usize>>,
    /// The findings that each exception of the configuration file covers, or would were it in force.
    covered: Vec<Marks>,
    /// File → its comments.
    comments: HashMap<u32, Vec<Comment>>,
    /// Comments that are kept without their files.
    kept: Vec<(Comment, &'p KeptComment)>,
    /// Subject and check → whether a finding needed the annotation.
    annotations: BTreeMap<(String, String), bool>,
    /// Findings that stand although their file excuses them.
    refused: Marks,
    notices: BTreeSet<String>,
}

#[derive(Debug)]
struct Comment {
    words: Words,
    covers: (u32, u32),
    place: String,
    /// The findings that it covers.
    used: Marks,
}

impl Comment {
    fn of(place: &str, text: &str, covers: (u32, u32)) -> Result<Self, String> {
        Ok(Comment { words: Words::comment(text)?, covers, place: place.to_owned(), used: Marks::new() })
    }
}

impl<'p> Excuser<'p> {
    /// Ready for a scan on this day.
    #[must_use]
    pub fn new(exceptions: &'p Exceptions, today: Date, reach: Reach) -> Self {
        let mut excuser = Excuser {
            exceptions,
            today,
            reach,
            config: by_check(&exceptions.config),
            covered: vec![Marks::new(); exceptions.config.len()],
            comments: HashMap::new(),
            kept: exceptions.kept.iter().filter_map(|kept| Some((Comment::of(&kept.place, &kept.text, (0, 0)).ok()?, kept))).collect(),
            annotations: BTreeMap::new(),
            refused: Marks::new(),
            notices: BTreeSet::new(),
        };
        excuser.notices.extend(exceptions.config.iter().filter_map(Rule::unknown));
        excuser
    }

    /// Takes a comment: the file's index, its name and line for notices, what stands behind `cnscan:`, and the
    /// byte range that it covers.
    pub fn comment(&mut self, file: u32, place: &str, text: &str, covers: (u32, u32)) {
        match Comment::of(place, text, covers) {
            Ok(comment) => self.comments.entry(file).or_default().push(comment),
            Err(why) => self.note(format!("{place}: this comment excuses nothing: {why}")),
        }
    }

    /// Takes an annotation of an object, for which see [`Candidate::annotation`] as well: this one is for notices of
    /// what cannot be understood or is not needed. `subject` is the object for a person; the same as [`subject`] gives.
    pub fn annotation(&mut self, subject: &str, check: &str, value: &str) {
        match Words::annotation(check, value) {
            Ok(_) => {
                self.annotations.entry((subject.to_owned(), check.to_owned())).or_default();
            }
            Err(why) => self.note(format!("{subject}: the annotation cnscan/excuse.{check} excuses nothing: {why}")),
        }
    }

    /// Takes an annotation of ours whose key says nothing that is known.
    pub fn stray(&mut self, subject: &str, key: &str) {
        self.note(format!("{subject}: the annotation {key} excuses nothing: {}", super::comment::stray(key)));
    }

    /// Whether a finding is excused, and by whom.
    pub fn excuse(&mut self, candidate: &Candidate<'_>) -> Option<Excuse> {
        let by_config = self.by_config(candidate);
        // asked even when the configuration file has spoken: a comment that covers a finding is not useless
        let by_comment = self.by_comment(candidate);
        let by_annotation = self.by_annotation(candidate);
        let inline = by_comment.or(by_annotation);
        let is_allowed = self.exceptions.inline.allows(candidate.severity);
        if by_config.is_none() && inline.is_some() && !is_allowed {
            self.refused.insert(mark(candidate));
        }
        by_config.or(inline.filter(|_| is_allowed)).or_else(|| self.exceptions.builtin.then(|| builtin::excuse(candidate)).flatten())
    }

    fn by_config(&mut self, candidate: &Candidate<'_>) -> Option<Excuse> {
        let mut found = None;
        for &index in self.config.get(candidate.check)? {
            let rule = &self.exceptions.config[index];
            if !rule.pattern.covers(candidate) {
                continue;
            }
            self.covered[index].insert(mark(candidate));
            if found.is_none() && rule.expires.is_none_or(|day| self.today <= day) {
                found = Some(rule.excuse("config"));
            }
        }
        found
    }

    fn by_comment(&mut self, candidate: &Candidate<'_>) -> Option<Excuse> {
        let (start, today) = (candidate.span.0, self.today);
        let mut found = None;
        let own = self.comments.get_mut(&candidate.file).into_iter().flatten();
        let own = own.filter(|comment| (comment.covers.0..comment.covers.1).contains(&start));
        let kept = self.kept.iter_mut().filter(|(_, kept)| kept.covers(candidate)).map(|(comment, _)| comment);
        for comment in own.chain(kept) {
            if comment.words.check != candidate.check {
                continue;
            }
            comment.used.insert(mark(candidate));
            if found.is_none() && is_in_force(&comment.words, today) {
                found = Some(excuse("comment", &comment.words));
            }
        }
        found
    }

    fn by_annotation(&mut self, candidate: &Candidate<'_>) -> Option<Excuse> {
        let value = candidate.annotation?;
        let subject = subject(candidate.kind, candidate.namespace, candidate.name);
        let words = match Words::annotation(candidate.check, value) {
            Ok(words) => words,
            Err(why) => {
                self.note(format!("{subject}: the annotation cnscan/excuse.{} excuses nothing: {why}", candidate.check));
                return None;
            }
        };
        if !is_in_force(&words, self.today) {
            let day = words.until.unwrap_or_default();
            self.note(format!("{subject}: the annotation cnscan/excuse.{} expired on {day}", candidate.check));
        }
        self.annotations.insert((subject, candidate.check.to_owned()), true);
        is_in_force(&words, self.today).then(|| excuse("annotation", &words))
    }

    fn note(&mut self, notice: String) {
        self.notices.insert(notice);
    }

    fn is_selected(&self, id: &str) -> bool {
        self.exceptions.selected.contains(&id)
    }

    /// What is to be said when all findings were decided: exceptions that expired, matched nothing, or cannot be
    /// understood. In a stable order.
    #[must_use]
    pub fn notices(self) -> Vec<String> {
        let said: BTreeSet<_> = self.remarks().iter().filter_map(Remark::said).collect();
        said.into_iter().collect()
    }

    /// The same, with what each depends on.
    #[must_use]
    pub fn remarks(self) -> Vec<Remark> {
        let advice = self.reach.advice();
        let mut said: Vec<_> = self
            .exceptions
            .config
            .iter()
            .zip(&self.covered)
            .filter_map(|(rule, covered)| self.of_rule(rule, covered.len() as u32))
            .collect();
        said.extend(self.comments.values().flatten().filter_map(|comment| self.of_comment(comment)));
        for ((subject, check), used) in self.annotations.iter().filter(|((_, check), _)| self.is_selected(check)) {
            let text = format!("{subject}: the annotation cnscan/excuse.{check} matches no finding: {advice}");
            said.push(Remark::unless(u32::from(*used), text));
        }
        let behind =
            format!(" excused by comments or annotations stand all the same: `exceptions_inline` is {}", self.exceptions.inline.as_str());
        said.push(Remark::counted(self.refused.len() as u32, String::new(), ["", &behind]));
        said.extend(self.notices.into_iter().map(Remark::always));
        said
    }

    fn of_rule(&self, rule: &Rule, covered: u32) -> Option<Remark> {
        let (place, check) = (&rule.place, &rule.check);
        if let Some(day) = rule.expires.filter(|day| self.today > *day) {
            let expired = format!("{place}: the exception for {check} expired on {day}: ");
            return Some(Remark::counted(covered, format!("{expired}it matches no finding"), [&expired, " open again"]));
        }
        if !rule.ids.iter().any(|id| self.is_selected(id)) {
            return None;
        }
        let lead = format!("{place}: the exception for {check}");
        let none = format!("{lead} matches no finding: {}", self.reach.advice());
        // what is meant for everything for ever is a check switched off, and has to be seen as one
        Some(match (rule.pattern.names_nothing(), rule.expires) {
            (false, Some(_)) => Remark::unless(covered, none),
            (false, None) => {
                let behind = ", and for good: let it end by `expires`";
                Remark::counted(covered, none, [&format!("{lead} has no `expires`: it excuses "), behind])
            }
            (true, Some(_)) => {
                let behind = ", whatever they are of: name under `match` what it is for";
                Remark::counted(covered, none, [&format!("{lead} has no `match` that narrows it: it excuses "), behind])
            }
            (true, None) => {
                let behind = ", whatever they are of and for good: name under `match` what it is for, and let it end by `expires`";
                Remark::counted(
                    covered,
                    none,
                    [&format!("{lead} has neither a `match` that narrows it nor `expires`: it excuses "), behind],
                )
            }
        })
    }

    fn of_comment(&self, comment: &Comment) -> Option<Remark> {
        let Comment { words, place, used, .. } = comment;
        if let Some(day) = words.until.filter(|day| self.today > *day) {
            return Some(Remark::always(format!("{place}: the excuse for {} expired on {day}", words.check)));
        }
        let lead = format!("{place}: the excuse for {}", words.check);
        let none = format!("{lead} matches no finding: {}", self.reach.advice());
        // above a key it is for all that stands below: what comes to stand there later is excused as well
        let several = [&*format!("{lead} excuses "), " below it: beside a value it would excuse that one alone"];
        self.is_selected(&words.check).then(|| Remark::unless_several(used.len() as u32, none, several))
    }
}

/// An object in notices.
#[must_use]
pub fn subject(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

fn by_check(rules: &[Rule]) -> HashMap<&str, Vec<usize>> {
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        for id in &rule.ids {
            index.entry(id).or_default().push(at);
        }
    }
    index
}

fn is_in_force(words: &Words, today: Date) -> bool {
    words.until.is_none_or(|day| today <= day)
}

fn excuse(by: &'static str, words: &Words) -> Excuse {
    let expires = words.until.map(|day| day.to_string());
    Excuse { by, reason: words.reason.clone(), owner: String::new(), approver: String::new(), expires }
}
