//! SARIF 2.1.0, in two profiles.
//!
//! [`write()`] is for GitHub code scanning: open failures that stand in a file, and nothing else, because GitHub makes an
//! alert of every result, passed and suppressed ones too, and refuses a log with a result that has no place.
//! [`write_full`] has all that the format can say. Both stream: one result at a time stands in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Message, Result as SarifResult, Run, RunAutomationDetails, Tool, ToolComponent, VersionControlDetails,
};

use crate::assess::Assessment;
use crate::report::json::pretty;

mod invocation;
pub(super) mod place;
mod properties;
mod results;
mod rules;
mod select;
mod taxonomies;
pub(super) mod words;

use results::{Alerts, Everything};
use rules::Rules;
use select::Selection;
use taxonomies::Taxonomies;

/// Writes the profile for GitHub. What it leaves out, [`omitted`] says.
///
/// # Errors
/// What the writer says.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let selection = Selection::new(assessment);
    let rules = Rules::new(assessment, selection.kept.iter().map(|finding| (&*finding.check, finding.severity)));
    let mut driver = driver(assessment);
    driver.rules = Some(rules.descriptors(None));
    let mut run = run(assessment, driver);
    run.invocations = Some(vec![invocation::of(assessment, invocation::Profile::GitHub)]);
    run.properties = Some(properties::of_alerts(assessment, &selection.omitted));
    log(&run, Alerts { rules: &rules, findings: &selection.kept, is_compared: results::is_compared(assessment) }, out)
}

/// Writes everything: reviews, notes, passes, what does not apply or could not be decided, suppressions, taxonomies.
///
/// # Errors
/// What the writer says.
pub fn write_full(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    let rules = Rules::new(assessment, results::rules_named(assessment));
    let taxonomies = Taxonomies::new(assessment);
    let mut driver = driver(assessment);
    driver.rules = Some(rules.descriptors(Some(&taxonomies)));
    driver.supported_taxonomies = Some(taxonomies.references());
    let mut run = run(assessment, driver);
    run.taxonomies = Some(taxonomies.components(assessment));
    run.invocations = Some(vec![invocation::of(assessment, invocation::Profile::Full)]);
    run.properties = Some(properties::of_everything(assessment));
    log(&run, Everything::new(assessment, &rules, &taxonomies), out)
}

/// What the GitHub profile leaves out, and what an upload of it may do: one line each, for a person.
#[must_use]
pub fn omitted(assessment: &Assessment) -> Vec<String> {
    let mut lines = Selection::new(assessment).omitted.lines();
    let unseen = assessment.gaps.len() + assessment.errors.len();
    if unseen > 0 {
        let gaps = if unseen == 1 { "1 part of the input was".to_owned() } else { format!("{unseen} parts of the input were") };
        lines.push(format!("{gaps} not looked at: uploading this closes GitHub's open alerts there as if they were fixed"));
    }
    lines
}

/// Results that are made while they are written.
trait Results {
    fn each(&self) -> impl Iterator<Item = SarifResult>;
}

/// [`Results`] as serde wants them.
struct Stream<R>(R);

impl<R: Results> Serialize for Stream<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.each())
    }
}

/// A run whose results are not in memory.
#[derive(Serialize)]
struct StreamedRun<'a, R> {
    #[serde(flatten)]
    run: &'a Run,
    results: R,
}

#[derive(Serialize)]
struct Log<'a, R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [StreamedRun<'a, R>; 1],
}

fn log<R: Results>(run: &Run, results: R, out: &mut dyn Write) -> io::Result<()> {
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    pretty(&Log { schema, version: "2.1.0", runs: [StreamedRun { run, results: Stream(results) }] }, out)
}

fn driver(assessment: &Assessment) -> ToolComponent {
    let tool = &assessment.tool;
    let mut driver = ToolComponent::builder()
        .name(&tool.name)
        .full_name(format!("{} {}", tool.name, tool.version))
        .version(&tool.version)
        .semantic_version(&tool.version)
        .notifications(invocation::descriptors())
        .build();
    let home = env!("CARGO_PKG_REPOSITORY");
    driver.information_uri = (!home.is_empty()).then(|| home.to_owned());
    driver
}

/// All of a run but its results.
fn run(assessment: &Assessment, driver: ToolComponent) -> Run {
    let root = ArtifactLocation::builder().description(Message::from("The root of the checked-out repository.")).build();
    // GitHub's category is all before the last slash: uploads of one category replace each other
    let surface = if assessment.scope.kind == "files" { "manifest" } else { &assessment.scope.kind };
    let mut run = Run::builder()
        .tool(Tool::from(driver))
        .automation_details(RunAutomationDetails::builder().id(format!("cnscan/{surface}/")).build())
        .original_uri_base_ids(BTreeMap::from([(place::ROOT.to_owned(), root)]))
        .column_kind(json!("utf16CodeUnits"))
        // a lone CR ends a line in YAML; SARIF's default does not have it
        .newline_sequences(["\r\n", "\n", "\r"].map(str::to_owned))
        .build();
    run.version_control_provenance = place::repository(assessment).map(|repository| {
        let root = ArtifactLocation::builder().uri_base_id(place::ROOT).build();
        vec![VersionControlDetails::builder().repository_uri(repository).mapped_to(root).build()]
    });
    run
}
