//! Results, one at a time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{Location, Message, PropertyBag, Result as SarifResult, ResultKind, ResultLevel, Suppression};

use super::rules::{self, Rules};
use super::taxonomies::Taxonomies;
use super::{Results, place, words};
use crate::assess::{Assessment, Baseline, CheckError, CheckInfo, CheckVerdict, Excuse, Finding, FindingVerdict, Pass, Severity, Subject};
use crate::report::text::{SENTENCE, plural};

/// By which GitHub knows an alert again.
const LINE_HASH: &str = "primaryLocationLineHash";
/// By which we do.
const FINGERPRINT: &str = "cnscanFinding/v1";

/// The results for GitHub: failures with a place.
pub(super) struct Alerts<'a> {
    pub(super) rules: &'a Rules<'a>,
    pub(super) findings: &'a [&'a Finding],
    /// Whether there is a baseline. GitHub does not read its states, other viewers do.
    pub(super) is_compared: bool,
}

impl Results for Alerts<'_> {
    fn each(&self) -> impl Iterator<Item = SarifResult> {
        self.findings.iter().map(|finding| self.alert(finding))
    }
}

impl Alerts<'_> {
    fn alert(&self, finding: &Finding) -> SarifResult {
        let (id, index) = self.rules.of(&finding.check, finding.severity);
        let mut result = SarifResult::builder()
            .rule_id(id)
            .rule_index(index)
            .kind(ResultKind::Fail)
            .level(rules::level(finding.severity))
            .message(text(words::message(&finding.subject, &finding.message)))
            .build();
        // no snippets: GitHub has the file
        result.locations = place::physical(finding, false).map(|place| vec![Location::builder().physical_location(place).build()]);
        let mut prints = fingerprints(finding);
        // an alert must have one; the action that uploads fills in GitHub's own where it can
        prints
            .entry(LINE_HASH.to_owned())
            .or_insert_with(|| format!("{}:1", finding.fingerprint.get(..16).unwrap_or(&finding.fingerprint)));
        result.partial_fingerprints = Some(prints);
        result.baseline_state = self.is_compared.then(|| state(finding).into());
        result
    }
}

fn fingerprints(finding: &Finding) -> BTreeMap<String, String> {
    // the lines of a dump are not those of the source
    let hash = finding.line_hash.iter().filter(|_| place::told(finding).is_none()).map(|hash| (LINE_HASH.to_owned(), hash.to_string()));
    hash.chain([(FINGERPRINT.to_owned(), finding.fingerprint.to_string())]).collect()
}

/// Whether a result was held against a baseline: then each of its results has a state, else none has.
pub(super) fn is_compared(assessment: &Assessment) -> bool {
    assessment.baseline.is_some() || assessment.findings.iter().any(|finding| finding.baseline.is_some())
}

/// The state against the baseline. What is there now and was something else there is `updated`; `absent` is none, as what is gone
/// need not be fixed: `cnscan diff` tells.
fn state(finding: &Finding) -> &'static str {
    match (finding.baseline, &finding.was) {
        (Some(_), Some(_)) => "updated",
        (Some(Baseline::New), None) => "new",
        (Some(Baseline::Unchanged) | None, _) => "unchanged",
    }
}

fn text(text: String) -> Message {
    Message::builder().text(text).build()
}

/// The checks that have something to say besides their findings.
fn is_undecided(check: &CheckInfo) -> bool {
    check.verdict == CheckVerdict::NotAssessed
}

/// Every rule that a result of the full log names.
pub(super) fn rules_named(assessment: &Assessment) -> impl Iterator<Item = (&str, Severity)> {
    let own: BTreeMap<&str, Severity> = assessment.checks.iter().map(|check| (&*check.id, check.severity)).collect();
    let said = assessment.checks.iter().filter(|check| is_undecided(check) || !check.skipped.is_empty()).map(|check| &*check.id);
    let named = assessment.passes.iter().map(|pass| &*pass.check).chain(assessment.errors.iter().map(|error| &*error.check)).chain(said);
    let named = named.map(move |check| (check, own.get(check).copied().unwrap_or(UNKNOWN)));
    assessment.findings.iter().map(|finding| (&*finding.check, finding.severity)).chain(named)
}

/// The severity of a check that the result does not describe.
const UNKNOWN: Severity = Severity::Info;

/// All results.
pub(super) struct Everything<'a> {
    assessment: &'a Assessment,
    rules: &'a Rules<'a>,
    taxonomies: &'a Taxonomies<'a>,
    /// Suppressions stand on all results or on none.
    has_excuses: bool,
    /// So does the state against a baseline.
    has_baseline: bool,
    is_one_repository: bool,
}

impl Results for Everything<'_> {
    fn each(&self) -> impl Iterator<Item = SarifResult> {
        let assessment = self.assessment;
        let findings = assessment.findings.iter().map(|finding| self.finding(finding));
        let passes = assessment.passes.iter().map(|pass| self.pass(pass));
        let skipped = assessment.checks.iter().flat_map(|check| check.skipped.iter().map(|(why, count)| self.skipped(check, why, *count)));
        let undecided = assessment.checks.iter().filter(|check| is_undecided(check)).map(|check| self.undecided(check));
        let errors = assessment.errors.iter().map(|error| self.error(error));
        findings.chain(passes).chain(skipped).chain(undecided).chain(errors)
    }
}

impl<'a> Everything<'a> {
    pub(super) fn new(assessment: &'a Assessment, rules: &'a Rules<'a>, taxonomies: &'a Taxonomies<'a>) -> Self {
        let has_excuses = assessment.findings.iter().any(|finding| finding.excused.is_some());
        let has_baseline = is_compared(assessment);
        let is_one_repository = place::repository(assessment).is_some();
        Everything { assessment, rules, taxonomies, has_excuses, has_baseline, is_one_repository }
    }

    /// What all results have. Any other kind than `fail` has the level `none`.
    fn result(&self, check: &'a str, severity: Severity, kind: ResultKind, message: String) -> SarifResult {
        let (id, index) = self.rules.of(check, severity);
        let level = if kind == ResultKind::Fail { rules::level(severity) } else { ResultLevel::None };
        let mut result = SarifResult::builder().rule_id(id).rule_index(index).kind(kind).level(level).message(text(message)).build();
        result.suppressions = self.has_excuses.then(Vec::new);
        // findings are compared; what is no problem is no news
        result.baseline_state = self.has_baseline.then(|| json!("unchanged"));
        result
    }

    /// What speaks of a check as a whole, or of a subject it has nothing against.
    fn remark(&self, check: &'a str, kind: ResultKind, message: String) -> SarifResult {
        self.result(check, self.rules.own_severity(check).unwrap_or(UNKNOWN), kind, message)
    }

    fn finding(&self, finding: &'a Finding) -> SarifResult {
        let kind = match finding.verdict {
            FindingVerdict::Fail => ResultKind::Fail,
            FindingVerdict::Review => ResultKind::Review,
            FindingVerdict::Note => ResultKind::Informational,
        };
        let mut result = self.result(&finding.check, finding.severity, kind, words::message(&finding.subject, &finding.message));
        let mut location = Location::builder().logical_locations(vec![place::logical(&finding.subject, &finding.path)]).build();
        // which of several repositories a path is in, the properties say
        location.physical_location = place::physical(finding, true).filter(|_| place::told(finding).is_none() || self.is_one_repository);
        result.locations = Some(vec![location]);
        result.partial_fingerprints = Some(fingerprints(finding));
        result.taxa = Some(self.taxonomies.taxa(&finding.controls));
        if let Some(excuse) = &finding.excused {
            result.suppressions = Some(vec![suppression(excuse)]);
        }
        result.baseline_state = self.has_baseline.then(|| state(finding).into());
        let parts = [("path", &finding.path), ("observed", &finding.observed), ("expected", &finding.expected), ("fix", &finding.fix)];
        let filled = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let source = finding.source.as_ref().map(|source| ("source", json!(source)));
        let was = finding.was.as_ref().map(|was| ("was", json!(was)));
        result.properties = Some(bag(filled.map(|(key, value)| (key, Value::from(&**value))).chain(source).chain(was)));
        result
    }

    fn pass(&self, pass: &'a Pass) -> SarifResult {
        let mut result = self.remark(&pass.check, ResultKind::Pass, words::message(&pass.subject, "passes"));
        result.locations = Some(vec![on(&pass.subject)]);
        result
    }

    fn skipped(&self, check: &'a CheckInfo, why: &str, count: u32) -> SarifResult {
        let subjects = plural(count as usize, "subject");
        let message = words::sentence(&format!("does not apply to {subjects}: {}", words::paragraph(why, SENTENCE)));
        let mut result = self.remark(&check.id, ResultKind::NotApplicable, message);
        result.properties = Some(bag([("subjects", Value::from(count))]));
        result
    }

    fn undecided(&self, check: &'a CheckInfo) -> SarifResult {
        let message = "Not assessed: the evidence that it reads was not given, or could not be read.".to_owned();
        self.remark(&check.id, ResultKind::Open, message)
    }

    fn error(&self, error: &'a CheckError) -> SarifResult {
        let message = words::message(&error.subject, &format!("the check broke: {}", error.message));
        let mut result = self.remark(&error.check, ResultKind::Open, message);
        result.locations = Some(vec![on(&error.subject)]);
        result
    }
}

fn on(subject: &Subject) -> Location {
    Location::builder().logical_locations(vec![place::logical(subject, "")]).build()
}

fn suppression(excuse: &Excuse) -> Suppression {
    let in_source = matches!(excuse.by.as_str(), "comment" | "annotation");
    let parts = [
        ("by", Some(&excuse.by)),
        ("owner", Some(&excuse.owner)),
        ("approver", Some(&excuse.approver)),
        ("expires", excuse.expires.as_ref()),
    ];
    let filled = parts.into_iter().filter_map(|(key, value)| Some((key, Value::from(value.filter(|value| !value.is_empty())?.as_str()))));
    Suppression::builder()
        .kind(json!(if in_source { "inSource" } else { "external" }))
        .status(json!("accepted"))
        .justification(words::paragraph(&excuse.reason, SENTENCE))
        .properties(bag(filled))
        .build()
}

pub(super) fn bag<'k>(properties: impl IntoIterator<Item = (&'k str, Value)>) -> PropertyBag {
    let properties: BTreeMap<_, _> = properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(properties).build()
}
