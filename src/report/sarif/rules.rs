//! One rule per check and severity seen: GitHub reads how bad a result is from its rule.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel};

use super::taxonomies::Taxonomies;
use super::words;
use crate::assess::{Assessment, CheckInfo, Control, Severity};
use crate::report::text::NAME;

/// GitHub keeps so many tags of a rule.
const MOST_TAGS: usize = 10;

/// How a severity is said in SARIF and to GitHub.
struct Scale {
    level: &'static str,
    /// Within GitHub's band of that name; `info` has none and is the least of `low`.
    security_severity: &'static str,
    problem_severity: &'static str,
}

fn scale(severity: Severity) -> Scale {
    let (level, security_severity, problem_severity) = match severity {
        Severity::Critical => ("error", "9.5", "error"),
        Severity::High => ("error", "8.0", "error"),
        Severity::Medium => ("warning", "5.5", "warning"),
        Severity::Low => ("note", "2.5", "recommendation"),
        Severity::Info => ("note", "0.1", "recommendation"),
    };
    Scale { level, security_severity, problem_severity }
}

/// The level of a failure.
pub(super) fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// The rules of a log, in order.
pub(super) struct Rules<'a> {
    checks: BTreeMap<&'a str, &'a CheckInfo>,
    controls: BTreeMap<&'a str, &'a Control>,
    /// Where each stands in the list.
    index: BTreeMap<(&'a str, Severity), usize>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(assessment: &'a Assessment, seen: impl Iterator<Item = (&'a str, Severity)>) -> Self {
        let keys: BTreeSet<_> = seen.collect();
        Rules {
            checks: assessment.checks.iter().map(|check| (&*check.id, check)).collect(),
            controls: assessment.controls.iter().map(|control| (control.id.as_str(), control)).collect(),
            index: keys.into_iter().enumerate().map(|(index, key)| (key, index)).collect(),
        }
    }

    /// The severity that a check has by itself.
    pub(super) fn own_severity(&self, check: &str) -> Option<Severity> {
        self.checks.get(check).map(|check| check.severity)
    }

    /// The id of a rule and where it stands.
    pub(super) fn of(&self, check: &'a str, severity: Severity) -> (String, i64) {
        (self.id(check, severity), self.index.get(&(check, severity)).map_or(-1, |index| *index as i64))
    }

    fn id(&self, check: &str, severity: Severity) -> String {
        if self.own_severity(check) == Some(severity) { check.to_owned() } else { format!("{check}/{}", severity.as_str()) }
    }

    /// The rules, with their relationships where the log has taxonomies.
    pub(super) fn descriptors(&self, taxonomies: Option<&Taxonomies<'_>>) -> Vec<ReportingDescriptor> {
        self.index.keys().map(|(check, severity)| self.descriptor(check, *severity, taxonomies)).collect()
    }

    fn descriptor(&self, check: &str, severity: Severity, taxonomies: Option<&Taxonomies<'_>>) -> ReportingDescriptor {
        let id = self.id(check, severity);
        let text = |text: String| MultiformatMessageString::builder().text(text).build();
        let mut rule = ReportingDescriptor::builder().id(&id).name(words::pascal(&id)).build();
        rule.default_configuration = Some(ReportingConfiguration::builder().level(json!(scale(severity).level)).build());
        let Some(info) = self.checks.get(check) else {
            let unknown = format!("The result does not describe the check {}.", words::paragraph(check, NAME));
            rule.short_description = Some(text(words::limited(&unknown, words::DESCRIPTION)));
            rule.full_description = rule.short_description.clone();
            rule.help = Some(text(unknown));
            rule.properties = Some(properties(severity, vec!["security".to_owned()]));
            return rule;
        };
        rule.short_description = Some(text(words::limited(&words::sentence(&info.title), words::DESCRIPTION)));
        rule.full_description = Some(text(words::limited(&words::sentence(&info.why), words::DESCRIPTION)));
        rule.help = Some(MultiformatMessageString::builder().text(self.help(info)).markdown(self.page(info)).build());
        rule.help_uri = info.refs.iter().find(|uri| uri.starts_with("https://")).cloned();
        rule.properties = Some(properties(severity, self.tags(info)));
        rule.relationships = taxonomies.map(|taxonomies| taxonomies.relationships(&info.controls));
        rule
    }

    fn cited(&self, info: &CheckInfo) -> impl Iterator<Item = &Control> {
        info.controls.iter().filter_map(|id| self.controls.get(&**id).copied())
    }

    /// The NIST controls that the check's controls relate to, those of the first control first.
    fn related(&self, info: &CheckInfo) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.cited(info).flat_map(|control| &control.supports).map(String::as_str).filter(|id| seen.insert(*id)).collect()
    }

    /// GitHub ignores taxonomies, so the ids stand in the tags, those of most use first.
    fn tags(&self, info: &CheckInfo) -> Vec<String> {
        let fixed = ["security".to_owned(), info.topic.clone()];
        // in the form by which GitHub knows weaknesses
        let weaknesses = info.maps.get("cwe").into_iter().flatten().take(2);
        let weaknesses =
            weaknesses.map(|cwe| format!("external/cwe/cwe-{:0>3}", cwe.trim_start_matches(|char: char| !char.is_ascii_digit())));
        let controls: Vec<_> = info.controls.iter().map(ToString::to_string).collect();
        let nist = self.related(info).into_iter().map(|id| format!("NIST-800-53/{id}"));
        let (first, rest) = controls.split_at(controls.len().min(4));
        let tags = fixed.into_iter().chain(weaknesses).chain(first.iter().cloned()).chain(nist.take(3)).chain(rest.iter().cloned());
        let mut seen = BTreeSet::new();
        tags.filter(|tag| !tag.is_empty() && seen.insert(tag.clone())).take(MOST_TAGS).collect()
    }

    /// Plain text, for readers without Markdown.
    fn help(&self, info: &CheckInfo) -> String {
        let mut parts = vec![words::sentence(&info.why), format!("How to fix: {}", words::sentence(&info.fix))];
        parts.extend((!info.how.is_empty()).then(|| format!("How it is decided: {}", words::sentence(&info.how))));
        if !info.controls.is_empty() {
            let controls: Vec<_> = info.controls.iter().map(|id| &**id).collect();
            parts.push(format!("Controls: {}.", controls.join(", ")));
        }
        let related = self.related(info);
        if !related.is_empty() {
            parts.push(format!("Related NIST SP 800-53 controls: {}.", related.join(", ")));
        }
        if !info.refs.is_empty() {
            parts.push(format!("Sources: {}", info.refs.join(" ")));
        }
        parts.join("\n\n")
    }

    /// The check's page, and what it serves.
    fn page(&self, info: &CheckInfo) -> String {
        let help = info.help.trim();
        let mut page = if help.is_empty() { format!("{}\n\n**How to fix.** {}", info.why, info.fix) } else { help.to_owned() };
        let rows: Vec<_> = self
            .cited(info)
            .map(|control| format!("| {} | {} | {} |", words::cell(&control.id), words::cell(&control.title), control.supports.join(", ")))
            .collect();
        if !rows.is_empty() {
            page.push_str("\n\n| Control | | Related NIST SP 800-53 |\n|---|---|---|\n");
            page.push_str(&rows.join("\n"));
        }
        if !info.refs.is_empty() {
            let sources: Vec<_> = info.refs.iter().map(|uri| format!("- <{uri}>")).collect();
            page.push_str("\n\n**Sources**\n\n");
            page.push_str(&sources.join("\n"));
        }
        page
    }
}

fn properties(severity: Severity, tags: Vec<String>) -> PropertyBag {
    let scale = scale(severity);
    let rest = [("precision", "high"), ("problem.severity", scale.problem_severity), ("security-severity", scale.security_severity)];
    let rest: BTreeMap<_, _> = rest.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    PropertyBag::builder().tags(tags).additional_properties(rest).build()
}
