//! JUnit XML, as the two schemas that CI servers hold it against have it: what only one of them allows is left out.
//!
//! A suite is a check, and a failed test is a failure, so that the counts are those of the result; the controls stand in
//! the suite's properties. Two more suites say what was not looked at: `evidence` has the gaps, as errors, and
//! `controls` has the controls that nothing was decided of, as skipped tests.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::projection::{self, Outcome};
use super::text::{NAME, Origin, SENTENCE, clean, clean_path, object, plural, point, spot, words};
use crate::assess::{Assessment, CheckError, CheckInfo, CheckVerdict, Control, Finding, Gap, Pass, Status, Subject};

/// The longest path shown.
const PATH: usize = 300;

/// Writes the report.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let mut xml = Writer::new_with_indent(&mut out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(BytesStart::new("testsuites")))?;
    let started = projection::times(assessment).0.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let facts = facts(assessment);
    for (id, suite) in suites(assessment).enumerate() {
        suite.write(id, &started, &facts, &mut xml)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    drop(xml);
    out.write_all(b"\n")?;
    out.flush()
}

/// A suite: its tests, and what is known of all of them.
struct Suite {
    name: String,
    package: String,
    properties: Vec<(&'static str, String)>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    outcome: Told,
}

/// What JUnit can say of a test.
enum Told {
    Passed,
    Failed { kind: String, message: String, text: String },
    Broke { kind: String, message: String },
    Skipped { message: String },
}

fn suites(assessment: &Assessment) -> impl Iterator<Item = Suite> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &assessment.findings {
        findings.entry(&finding.check).or_default().push(finding);
    }
    let mut passes: BTreeMap<&str, Vec<&Pass>> = BTreeMap::new();
    assessment.passes.iter().for_each(|pass| passes.entry(&pass.check).or_default().push(pass));
    let mut errors: BTreeMap<&str, Vec<&CheckError>> = BTreeMap::new();
    assessment.errors.iter().for_each(|error| errors.entry(&error.check).or_default().push(error));
    let described: BTreeMap<&str, &CheckInfo> = assessment.checks.iter().map(|check| (&*check.id, check)).collect();
    // a result may speak of checks that it does not describe
    let others = findings.keys().chain(passes.keys()).chain(errors.keys()).copied().filter(|id| !described.contains_key(id));
    let others: std::collections::BTreeSet<_> = others.collect();
    let ids: Vec<_> = assessment.checks.iter().map(|check| &*check.id).chain(others).collect();
    let of_checks = ids.into_iter().map(move |id| {
        let mut found = Found { id, info: described.get(id).copied(), cases: Vec::new() };
        findings.remove(id).unwrap_or_default().into_iter().for_each(|finding| found.finding(finding));
        errors.remove(id).unwrap_or_default().into_iter().for_each(|error| found.broken(error));
        found.passes(&passes.remove(id).unwrap_or_default());
        found.suite()
    });
    of_checks.chain([evidence(assessment), controls(assessment)]).filter(|suite| !suite.cases.is_empty())
}

/// What was found by a check.
struct Found<'a> {
    id: &'a str,
    info: Option<&'a CheckInfo>,
    cases: Vec<Case>,
}

impl Found<'_> {
    fn finding(&mut self, finding: &Finding) {
        let Some(outcome) = Outcome::of_finding(finding) else { return };
        let said = clean(if finding.message.is_empty() { &finding.title } else { &finding.message }, SENTENCE).into_owned();
        let told = match outcome {
            Outcome::Excused => {
                let (by, reason) = finding.excused.as_deref().map_or(("", ""), |excuse| (&excuse.by, &excuse.reason));
                Told::Skipped { message: format!("excused by {}: {}; {said}", clean(by, NAME), clean(reason, SENTENCE)) }
            }
            Outcome::Review => Told::Skipped { message: format!("review: {said}") },
            // no failure of this run, and not passed either
            _ if finding.is_known_failure() => {
                Told::Skipped { message: format!("known from the baseline, still {}: {said}", finding.severity.as_str()) }
            }
            _ => Told::Failed { kind: finding.severity.as_str().to_owned(), message: said, text: text(finding) },
        };
        self.cases.push(Case { name: name(finding), outcome: told });
    }

    fn broken(&mut self, error: &CheckError) {
        let message = format!("the check broke: {}", clean(&error.message, SENTENCE));
        self.cases.push(Case { name: on(&error.subject), outcome: Told::Broke { kind: "check-error".to_owned(), message } });
    }

    /// What passed one by one where the result has it, else in one test; then what does not apply.
    fn passes(&mut self, passes: &[&Pass]) {
        self.cases.extend(passes.iter().map(|pass| Case { name: on(&pass.subject), outcome: Told::Passed }));
        let Some(info) = self.info else { return };
        let ran = !matches!(info.verdict, CheckVerdict::NotAssessed | CheckVerdict::NotSelected | CheckVerdict::Planned);
        if ran && passes.is_empty() && info.passed > 0 {
            self.cases.push(Case { name: "subjects that pass".to_owned(), outcome: Told::Passed });
        }
        for (why, count) in &info.skipped {
            let message = format!("does not apply to {}: {}", plural(*count as usize, "subject"), clean(why, SENTENCE));
            self.cases.push(Case { name: clean(why, NAME).into_owned(), outcome: Told::Skipped { message } });
        }
        let unrun = match info.verdict {
            CheckVerdict::NotAssessed => "not assessed: the evidence that it reads was not given, or could not be read",
            CheckVerdict::Skip if info.skipped.is_empty() => "does not apply: there is no subject",
            CheckVerdict::NotSelected => "not run: not selected",
            CheckVerdict::Planned => "not run: planned for a later release",
            _ => return,
        };
        self.cases.push(Case { name: "all subjects".to_owned(), outcome: Told::Skipped { message: unrun.to_owned() } });
    }

    fn suite(self) -> Suite {
        let mut properties = Vec::new();
        if let Some(info) = self.info {
            properties.push(("title", clean(&info.title, SENTENCE).into_owned()));
            properties.push(("severity", info.severity.as_str().to_owned()));
            properties.push(("controls", clean(&info.controls.join(", "), SENTENCE * 4).into_owned()));
            properties.push(("verdict", info.verdict.as_str().to_owned()));
            properties.push(("passed", info.passed.to_string()));
        }
        let package = self.info.map_or("", |info| &info.topic);
        Suite { name: named(self.id), package: format!("cnscan.{}", clean(package, NAME)), properties, cases: self.cases }
    }
}

/// What is in the way of the evidence.
fn evidence(assessment: &Assessment) -> Suite {
    let case = |gap: &Gap| {
        let place = gap.location.as_ref().map(|place| format!("{} ", point(place, "", PATH))).unwrap_or_default();
        let name = format!("{place}{}", clean(&gap.what, SENTENCE));
        Case { name, outcome: Told::Broke { kind: "gap".to_owned(), message: format!("not looked at: {}", clean(&gap.why, SENTENCE)) } }
    };
    let cases = assessment.gaps.iter().map(case).collect();
    Suite { name: "evidence".to_owned(), package: "cnscan".to_owned(), properties: Vec::new(), cases }
}

/// Controls that nothing was decided of.
fn controls(assessment: &Assessment) -> Suite {
    let told = |control: &&Control| matches!(control.status, Status::NotAssessed | Status::NotApplicable);
    let case = |control: &Control| {
        let name = format!("{} {}", clean(&control.id, NAME), clean(&control.title, NAME));
        let message = format!("{}: {}", control.status.as_str(), clean(&control.reason, SENTENCE));
        Case { name, outcome: Told::Skipped { message } }
    };
    let cases = assessment.controls.iter().filter(told).map(case).collect();
    Suite { name: "controls".to_owned(), package: "cnscan".to_owned(), properties: Vec::new(), cases }
}

/// What every suite says of the run.
fn facts(assessment: &Assessment) -> Vec<(&'static str, String)> {
    let pin = |name: &str, version: &str| clean(format!("{name} {version}").trim(), SENTENCE).into_owned();
    vec![
        ("catalog", pin(&assessment.catalog.id, &assessment.catalog.version)),
        ("profile", pin(&assessment.profile.name, &assessment.profile.version)),
        ("tool", pin(&assessment.tool.name, &assessment.tool.version)),
    ]
}

fn named(id: &str) -> String {
    let name = clean(id, NAME);
    if name.trim().is_empty() { "(unnamed)".to_owned() } else { name.into_owned() }
}

/// Without line and value, so that it stays the same test when the file moves on.
fn name(finding: &Finding) -> String {
    let origin = Origin::of(finding).name("", PATH);
    let path = if finding.path.is_empty() { String::new() } else { format!(" {}", clean_path(&finding.path, PATH)) };
    format!("{origin} {}{path}", on(&finding.subject))
}

fn on(subject: &Subject) -> String {
    let container = if subject.container.is_empty() { String::new() } else { format!(" container {}", clean(&subject.container, NAME)) };
    object(subject) + &container
}

/// The place, what was seen, and how to mend it; the source lines last.
fn text(finding: &Finding) -> String {
    let fix = Some(&*finding.fix).filter(|fix| !fix.is_empty()).map(|fix| format!("How to fix: {}", clean(fix, SENTENCE)));
    let cited = Some(finding.controls.join(", ")).filter(|ids| !ids.is_empty()).map(|ids| format!("Controls: {}", clean(&ids, SENTENCE)));
    let snippet = finding.snippet.as_deref().unwrap_or_default();
    let source = snippet.split('\n').map(|line| clean(line, SENTENCE).into_owned()).collect::<Vec<_>>().join("\n");
    let source = Some(source).filter(|source| !source.trim().is_empty());
    let lines = [Some(spot(finding, "", PATH)), words::detail(finding, false), fix, cited, source];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

impl Suite {
    fn write<W: Write>(&self, id: usize, started: &str, facts: &[(&str, String)], xml: &mut Writer<W>) -> io::Result<()> {
        let count = |told: fn(&Told) -> bool| self.cases.iter().filter(|case| told(&case.outcome)).count().to_string();
        let mut start = BytesStart::new("testsuite");
        for (key, value) in [
            ("name", &self.name),
            ("package", &self.package),
            ("id", &id.to_string()),
            ("timestamp", &started.to_owned()),
            // no name of a host is written anywhere
            ("hostname", &"localhost".to_owned()),
            ("tests", &self.cases.len().to_string()),
            ("failures", &count(|told| matches!(told, Told::Failed { .. }))),
            ("errors", &count(|told| matches!(told, Told::Broke { .. }))),
            ("skipped", &count(|told| matches!(told, Told::Skipped { .. }))),
            ("time", &"0.000".to_owned()),
        ] {
            start.push_attribute((key, &*legal(value)));
        }
        xml.write_event(Event::Start(start))?;
        xml.write_event(Event::Start(BytesStart::new("properties")))?;
        for (name, value) in
            self.properties.iter().map(|(name, value)| (*name, value)).chain(facts.iter().map(|(name, value)| (*name, value)))
        {
            let property = BytesStart::new("property").with_attributes([("name", name), ("value", &*legal(value))]);
            xml.write_event(Event::Empty(property))?;
        }
        xml.write_event(Event::End(BytesEnd::new("properties")))?;
        for case in &self.cases {
            case.write(&self.name, xml)?;
        }
        for stream in ["system-out", "system-err"] {
            xml.write_event(Event::Empty(BytesStart::new(stream)))?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))
    }
}

impl Case {
    fn write<W: Write>(&self, class: &str, xml: &mut Writer<W>) -> io::Result<()> {
        let mut start = BytesStart::new("testcase");
        for (key, value) in [("classname", class), ("name", &self.name), ("time", "0.000")] {
            start.push_attribute((key, &*legal(value)));
        }
        let (tag, kind, message, text) = match &self.outcome {
            Told::Passed => return xml.write_event(Event::Empty(start)),
            Told::Failed { kind, message, text } => ("failure", Some(kind), message, text.as_str()),
            Told::Broke { kind, message } => ("error", Some(kind), message, ""),
            Told::Skipped { message } => ("skipped", None, message, ""),
        };
        xml.write_event(Event::Start(start))?;
        let mut element = BytesStart::new(tag);
        if let Some(kind) = kind {
            element.push_attribute(("type", &*legal(kind)));
        }
        element.push_attribute(("message", &*legal(message)));
        if text.is_empty() {
            xml.write_event(Event::Empty(element))?;
        } else {
            xml.write_event(Event::Start(element))?;
            xml.write_event(Event::Text(BytesText::new(&legal(text))))?;
            xml.write_event(Event::End(BytesEnd::new(tag)))?;
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}

/// The text with what XML 1.0 forbids, even escaped, written out.
fn legal(text: &str) -> std::borrow::Cow<'_, str> {
    let fits = |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(fits) {
        return text.into();
    }
    text.chars()
        .flat_map(|char| if fits(char) { char.to_string() } else { char.escape_unicode().to_string() }.chars().collect::<Vec<_>>())
        .collect()
}
