//! The findings as the page shows them: by state and check, with the namespaces, objects and controls they lead to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::assess::{Assessment, Baseline, CheckInfo, Control, Finding, FindingVerdict, Severity, Subject};

/// What a finding asks of a reader, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum State {
    Failed,
    /// A failure that the baseline has.
    Known,
    Review,
    Excused,
    Note,
}

impl State {
    pub(super) const ALL: [State; 5] = [State::Failed, State::Known, State::Review, State::Excused, State::Note];

    pub(super) fn of(finding: &Finding) -> Self {
        match finding.verdict {
            FindingVerdict::Note => State::Note,
            _ if finding.excused.is_some() => State::Excused,
            FindingVerdict::Review => State::Review,
            FindingVerdict::Fail if finding.baseline == Some(Baseline::Unchanged) => State::Known,
            FindingVerdict::Fail => State::Failed,
        }
    }

    /// In the page's address and for the style.
    pub(super) fn slug(self) -> &'static str {
        match self {
            State::Failed => "failed",
            State::Known => "known",
            State::Review => "review",
            State::Excused => "excused",
            State::Note => "note",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            State::Failed => "Failed",
            State::Known => "Failed, known before",
            State::Review => "To review",
            State::Excused => "Excused",
            State::Note => "Note",
        }
    }
}

/// Findings of one state and check.
pub(super) struct Group<'a> {
    pub(super) state: State,
    pub(super) severity: Severity,
    pub(super) check: &'a str,
    /// Absent when the result does not describe the check.
    pub(super) info: Option<&'a CheckInfo>,
    pub(super) findings: Vec<&'a Finding>,
}

impl<'a> Group<'a> {
    pub(super) fn title(&self) -> &'a str {
        &self.findings[0].title
    }
}

/// An object as findings name it: the namespace that owns it, kind, name.
pub(super) type Object<'a> = (&'a str, &'a str, &'a str);

/// The object of a finding. A namespace belongs to itself: who owns it mends it.
pub(super) fn object(subject: &Subject) -> Object<'_> {
    let own = subject.kind == "Namespace" && subject.namespace.is_empty();
    (if own { &subject.name } else { &subject.namespace }, &subject.kind, &subject.name)
}

/// How many findings of each severity are open, and how many are for review.
#[derive(Default, Clone, Copy)]
pub(super) struct Counts {
    /// Its number in the order of the map.
    pub(super) seat: usize,
    pub(super) failures: [u32; Severity::ALL.len()],
    pub(super) reviews: u32,
    pub(super) others: u32,
}

impl Counts {
    fn add(&mut self, finding: &Finding) {
        match State::of(finding) {
            State::Failed | State::Known => {
                let seat = Severity::ALL.iter().position(|severity| *severity == finding.severity);
                seat.into_iter().for_each(|seat| self.failures[seat] += 1);
            }
            State::Review => self.reviews += 1,
            State::Excused | State::Note => self.others += 1,
        }
    }

    pub(super) fn failed(&self) -> u32 {
        self.failures.iter().sum()
    }
}

/// Everything that parts of the page link to, by number: names from the input make no anchors.
pub(super) struct Index<'a> {
    pub(super) groups: Vec<Group<'a>>,
    pub(super) namespaces: BTreeMap<&'a str, Counts>,
    pub(super) objects: BTreeMap<Object<'a>, Counts>,
    /// The controls that findings cite, with their number in the result where it has them.
    pub(super) cited: BTreeMap<&'a str, (usize, Option<&'a Control>)>,
    numbers: HashMap<&'a str, usize>,
    /// How many findings there are.
    pub(super) total: usize,
}

impl<'a> Index<'a> {
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let infos: HashMap<&str, &CheckInfo> = assessment.checks.iter().map(|check| (&*check.id, check)).collect();
        let numbers: HashMap<&str, usize> =
            assessment.controls.iter().enumerate().rev().map(|(number, control)| (control.id.as_str(), number)).collect();
        let mut seats: HashMap<(State, &str), usize> = HashMap::new();
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut namespaces: BTreeMap<&str, Counts> = BTreeMap::new();
        let mut objects: BTreeMap<Object<'_>, Counts> = BTreeMap::new();
        let mut cited = BTreeSet::new();
        for finding in &assessment.findings {
            let (state, check) = (State::of(finding), &*finding.check);
            let seat = *seats.entry((state, check)).or_insert(groups.len());
            if seat == groups.len() {
                let info = infos.get(check).copied();
                groups.push(Group { state, severity: finding.severity, check, info, findings: Vec::new() });
            }
            let group = &mut groups[seat];
            group.severity = group.severity.min(finding.severity);
            group.findings.push(finding);
            let object = object(&finding.subject);
            namespaces.entry(object.0).or_default().add(finding);
            objects.entry(object).or_default().add(finding);
            cited.extend(finding.controls.iter().map(|id| &**id));
        }
        namespaces.values_mut().enumerate().for_each(|(seat, counts)| counts.seat = seat);
        objects.values_mut().enumerate().for_each(|(seat, counts)| counts.seat = seat);
        groups.sort_by(|a, b| {
            let size = |group: &Group<'_>| std::cmp::Reverse(group.findings.len());
            (a.state, a.severity, size(a), a.check).cmp(&(b.state, b.severity, size(b), b.check))
        });
        let control = |number: usize| &assessment.controls[number];
        let cited = cited.into_iter().enumerate().map(|(seat, id)| (id, (seat, numbers.get(id).map(|number| control(*number)))));
        Index { groups, namespaces, objects, cited: cited.collect(), numbers, total: assessment.findings.len() }
    }

    /// The number of a control in the result: its anchor is `k` and that.
    pub(super) fn control(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// The numbers of the groups of a check: their anchors are `g` and that.
    pub(super) fn groups_of(&self, check: &str) -> impl Iterator<Item = (usize, &Group<'a>)> {
        self.groups.iter().enumerate().filter(move |(_, group)| group.check == check)
    }
}
